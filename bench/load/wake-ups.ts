/**
 * How long it takes to wake a receiver that waits on another node: from the beginning of a send on the first connection,
 * to an idle queue, to the arrival of the answer to the long poll that was parked on the second.
 *
 * One message at a time, about two a second. The pauses between them are spread evenly, so that sends hit every moment
 * of whatever a node does at fixed intervals.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Deafener, type Deafening } from './deafener.ts'
import { drive, type Flow, type Load, once } from './flows.ts'
import type { HttpConnection } from './http-client.ts'
import type { Meter } from './meter.ts'
import { type QueueRequests, readMessages } from './sqs-requests.ts'

/** The name of the figure in the meter. */
export const WAKE_UP = 'wake-up'
const LONG_POLL_SECONDS = 20
const SHORTEST_PAUSE_MILLIS = 100
/** A node looks again every second: so long, and every moment of it is as likely. */
const PAUSE_SPREAD_MILLIS = 1000
/** The multiples of the golden ratio fall evenly between whole numbers, however many are taken. */
const GOLDEN_RATIO = (1 + Math.sqrt(5)) / 2

/** The pause before the `n`th send, in milliseconds. */
export const pauseMillis = (n: number): number => SHORTEST_PAUSE_MILLIS + ((n * GOLDEN_RATIO) % 1) * PAUSE_SPREAD_MILLIS

export interface WakeUps {
  readonly connections: readonly HttpConnection[]
  readonly requests: QueueRequests
  readonly meter: Meter
  /** Cuts the receiver's node off from notifications right before each send. */
  readonly deafening?: Deafening
}

/** Runs until `stop`. `ended` rejects when a request failed. */
export function startWakeUps({ connections, requests, meter, deafening }: WakeUps): Load {
  const [sender, receiver] = connections
  if (sender === undefined || receiver === undefined) throw new Error('wake-ups need a sender and a receiver')
  const deafener = deafening && new Deafener(deafening)
  const send = requests.send()
  let isOver = false

  const keepWaking = async () => {
    for (let n = 0; !isOver; n++) {
      let arrivedAt = 0
      const received = drive(
        receiver,
        receiveOne(requests, meter, () => (arrivedAt = performance.now())),
        meter,
      )
      await sleep(pauseMillis(n))
      await deafener?.deafen()
      const sentAt = performance.now()
      await Promise.all([received, drive(sender, once(send), meter)])
      meter.record(WAKE_UP, arrivedAt - sentAt)
    }
  }
  const stop = () => {
    isOver = true
    void deafener?.close()
  }
  return { ended: keepWaking(), stop }
}

function* receiveOne(requests: QueueRequests, meter: Meter, arrived: () => void): Flow {
  const [message] = readMessages(yield requests.receive(1, LONG_POLL_SECONDS))
  arrived()
  if (message === undefined) throw new Error('a long poll came back empty')
  yield requests.delete(message)
  meter.messages(1)
}
