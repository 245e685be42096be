/**
 * How long a message takes to someone who waits for it: from the moment its sending was due to the arrival of the
 * answer to a long poll.
 *
 * Sending is an open loop: messages fall due at a fixed rate whether or not earlier ones were answered, and one that
 * finds every sender busy waits with its time running. The time due travels in the body. The first half of the
 * connections send, the others receive and delete: with two nodes, senders are on one and receivers on the other.
 */
import { drive, type Flow, type Load } from './flows.ts'
import type { HttpConnection } from './http-client.ts'
import type { Meter } from './meter.ts'
import { atRate, nowMicros } from './pace.ts'
import { type Call, Digits, messageBody } from './sdk-requests.ts'
import { type QueueRequests, readMessages, requireNoFailedEntry } from './sqs-requests.ts'

const DELIVERIES_PER_SECOND = 1000
/** The name of the figure in the meter. */
export const DELIVERY = 'delivery'
const LONG_POLL_SECONDS = 20
/** Microseconds since the generator began, as the first characters of a body. */
const DUE_MARKER = '############'

/** Runs until `stop`, which ends the sending. `ended` rejects when a request failed. */
export function startDelivery(connections: readonly HttpConnection[], requests: QueueRequests, meter: Meter): Load {
  const half = Math.ceil(connections.length / 2)
  const receivers = connections.slice(half).map((connection) => drive(connection, receiveAll(requests, meter), meter))
  const sending = new Sending(connections.slice(0, half), requests, meter)
  return { ended: Promise.race([...receivers, sending.failed]), stop: () => sending.stop() }
}

function* receiveAll(requests: QueueRequests, meter: Meter): Flow {
  const receive = requests.receive(10, LONG_POLL_SECONDS)
  while (true) {
    const messages = readMessages(yield receive)
    const arrived = nowMicros()
    for (const { Body } of messages) {
      meter.record(DELIVERY, (arrived - Number(Body.slice(0, DUE_MARKER.length))) / 1000)
    }
    if (messages.length === 0) {
      meter.emptyReceive()
      continue
    }
    requireNoFailedEntry(yield requests.deleteBatch(messages))
    meter.messages(messages.length)
  }
}

class Sending {
  /** Rejects when a message can't be sent. */
  readonly failed: Promise<never>
  readonly #meter: Meter
  readonly #idle: Sender[]
  readonly #waitingMicros: number[] = []
  /** Ends the sending. */
  readonly stop: () => void
  #fail: (error: unknown) => void = () => {}

  constructor(connections: readonly HttpConnection[], requests: QueueRequests, meter: Meter) {
    this.failed = new Promise((_, reject) => {
      this.#fail = reject
    })
    this.#meter = meter
    this.#idle = connections.map((connection) => new Sender(connection, requests))
    this.stop = atRate(DELIVERIES_PER_SECOND, (count) => this.#due(count))
  }

  /** The delay of a late tick isn't the server's: the time begins now. */
  #due(count: number): void {
    for (let n = 0; n < count; n++) this.#waitingMicros.push(nowMicros())
    this.#sendWaiting()
  }

  #sendWaiting(): void {
    while (this.#waitingMicros.length > 0) {
      const sender = this.#idle.pop()
      if (sender === undefined) return
      this.#send(sender, this.#waitingMicros.shift() as number)
    }
  }

  #send(sender: Sender, dueMicros: number): void {
    const sentAt = performance.now()
    sender.dueAt.write(dueMicros)
    sender.connection.request(sender.call.data, (status, body) => {
      if (status !== 200) return this.#fail(new Error(`SendMessage answered ${status}: ${body.toString()}`))
      this.#meter.answered('SendMessage', performance.now() - sentAt)
      this.#idle.push(sender)
      this.#sendWaiting()
    })
  }
}

class Sender {
  readonly connection: HttpConnection
  readonly call: Call
  readonly dueAt: Digits

  constructor(connection: HttpConnection, requests: QueueRequests) {
    const call = requests.send(messageBody(DUE_MARKER))
    this.connection = connection
    this.call = call
    this.dueAt = new Digits(call.data, DUE_MARKER)
  }
}
