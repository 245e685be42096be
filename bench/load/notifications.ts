/**
 * How many notifications a second reach an endpoint over HTTP, and how long after their publishing was begun.
 *
 * The endpoint is in this process, subscribed to the topic and confirmed before the load begins. Messages are published by
 * ten, while no more than so many are on their way: what is measured is publishing and delivering together, as fast as
 * they go, and the delivery never has to wait for something to deliver. Most of a notification's time is spent behind the
 * others, so that it says how many those are, not how fast an idle node is.
 */
import { drive, type Flow, type Load, once } from './flows.ts'
import type { HttpConnection } from './http-client.ts'
import { HttpEndpoint } from './http-endpoint.ts'
import type { Meter } from './meter.ts'
import { nowMicros } from './pace.ts'
import { BATCH_ENTRIES, type Call, Digits, messageBody } from './sdk-requests.ts'
import { requireNoFailedMember, type TopicRequests } from './sns-requests.ts'

/** The name of the figure in the meter. */
export const NOTIFICATION = 'notification'
const MOST_ON_THEIR_WAY = 1000
/** When its publishing began, in microseconds, as the first characters of a message: of a form, too. */
const SINCE_MARKER = 'TTTTTTTTTTTT'
const SINCE = /^\d{12}/
/** In the document of a notification. */
const SINCE_IN_DOCUMENT = /"Message" ?: ?"(\d{12})/

interface NotificationFlow {
  /** The endpoint gets the message alone; otherwise a signed document. */
  readonly raw: boolean
  /** There is another endpoint, which never answers. */
  readonly besideSlow?: true
}

export const notificationFlows = {
  http: { raw: true },
  httpSigned: { raw: false },
  httpBesideSlow: { raw: true, besideSlow: true },
} as const satisfies Readonly<Record<string, NotificationFlow>>
export type NotificationFlowName = keyof typeof notificationFlows

export interface Notifications extends NotificationFlow {
  readonly connections: readonly HttpConnection[]
  readonly requests: TopicRequests
  readonly meter: Meter
}

/** Subscribes the endpoints, and publishes until `stop`. `ended` rejects when a request failed. */
export async function startNotifications(options: Notifications): Promise<Load> {
  const { connections, requests, meter, raw, besideSlow } = options
  const publishing = new Publishing(connections, requests, meter)
  const endpoints = [
    await subscribe(options, (body) => {
      const since = (raw ? SINCE : SINCE_IN_DOCUMENT).exec(body.toString('latin1'))?.at(-1)
      meter.record(NOTIFICATION, (nowMicros() - Number(since)) / 1000)
      meter.messages(1)
      publishing.arrived()
      return true
    }),
  ]
  if (besideSlow) endpoints.push(await subscribe(options, () => false))
  publishing.begin()
  const stop = () => {
    publishing.stop()
    for (const endpoint of endpoints) endpoint.close()
  }
  return { ended: publishing.failed, stop }
}

/** Resolves when the endpoint's subscription is confirmed. `onNotification` says whether it answers one. */
async function subscribe(
  { connections, requests, meter, raw }: Notifications,
  onNotification: (body: Buffer) => boolean,
): Promise<HttpEndpoint> {
  const [connection] = connections as [HttpConnection]
  const asked = Promise.withResolvers<string>()
  const endpoint = await HttpEndpoint.open((type, body) => {
    if (type === 'Notification') return onNotification(body)
    asked.resolve((JSON.parse(body.toString()) as { Token: string }).Token)
    return true
  })
  await drive(connection, once(requests.subscribe(endpoint.url, raw)), meter)
  await drive(connection, once(requests.confirm(await asked.promise)), meter)
  return endpoint
}

class Publishing {
  /** Rejects when messages can't be published. */
  readonly failed: Promise<never>
  readonly #meter: Meter
  readonly #idle: Publisher[]
  #onTheirWay = 0
  #isOver = false
  #fail: (error: unknown) => void = () => {}

  constructor(connections: readonly HttpConnection[], requests: TopicRequests, meter: Meter) {
    this.failed = new Promise((_, reject) => {
      this.#fail = reject
    })
    this.#meter = meter
    this.#idle = connections.map((connection) => new Publisher(connection, requests))
  }

  begin(): void {
    while (!this.#isOver && this.#onTheirWay + BATCH_ENTRIES <= MOST_ON_THEIR_WAY) {
      const publisher = this.#idle.pop()
      if (publisher === undefined) return
      this.#onTheirWay += BATCH_ENTRIES
      this.#publish(publisher).catch(this.#fail)
    }
  }

  stop(): void {
    this.#isOver = true
  }

  arrived(): void {
    this.#onTheirWay--
    this.begin()
  }

  async #publish(publisher: Publisher): Promise<void> {
    const { connection, call, since } = publisher
    since.write(nowMicros())
    await drive(connection, wholeBatch(call), this.#meter)
    this.#idle.push(publisher)
    this.begin()
  }
}

function* wholeBatch(call: Call): Flow {
  requireNoFailedMember(yield call)
}

class Publisher {
  readonly connection: HttpConnection
  readonly call: Call
  readonly since: Digits

  constructor(connection: HttpConnection, requests: TopicRequests) {
    const call = requests.publishBatch(messageBody(SINCE_MARKER))
    this.connection = connection
    this.call = call
    this.since = new Digits(call.data, SINCE_MARKER)
  }
}
