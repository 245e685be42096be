/**
 * The load generator, a process of its own: it takes one run as JSON in its argument, drives it, and prints one JSON
 * result. It ends by itself after the run's time; it ends with an error message when a single request failed.
 */
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Deafening } from './deafener.ts'
import { DELIVERY, startDelivery } from './delivery.ts'
import { drive, type Flow, type FlowName, flows, type Load, type TopicFlowName, topicFlows } from './flows.ts'
import { HttpConnection } from './http-client.ts'
import { type Measured, Meter, type Watched } from './meter.ts'
import { NOTIFICATION, type NotificationFlowName, notificationFlows, startNotifications } from './notifications.ts'
import { TopicRequests } from './sns-requests.ts'
import { QueueRequests } from './sqs-requests.ts'
import { RECEIVE, startSteady } from './steady.ts'
import { startWakeUps, WAKE_UP } from './wake-ups.ts'

/** Runs that are more than each connection doing the same, and the latency that counts for each. */
const headlines = { delivery: DELIVERY, steady: RECEIVE, wakeUps: WAKE_UP } as const

export interface Run extends Watched {
  /**
   * Scheme, host and port of each node: `http://127.0.0.1:4566`. The connections are dealt out in equal parts, in their
   * order.
   */
  readonly endpoints: readonly string[]
  /** What the load is put on: the URL of a queue, or the ARN of a topic. */
  readonly resource: string
  readonly flow: FlowName | TopicFlowName | NotificationFlowName | keyof typeof headlines
  readonly connections: number
  readonly warmUpSeconds: number
  /** The longest that the measured window lasts; a run whose connections all finish ends earlier. */
  readonly seconds: number
  /** Ends a `sendBatch` or `churn` run after so many messages. */
  readonly messages?: number
  /** For `wakeUps`. */
  readonly deafening?: Deafening
}

async function perform(run: Run): Promise<Measured> {
  const disconnected = Promise.withResolvers<never>()
  const connections = await Promise.all(
    Array.from({ length: run.connections }, (_, n) => {
      const url = new URL(run.endpoints[Math.floor((n * run.endpoints.length) / run.connections)] as string)
      return HttpConnection.open({ host: url.hostname, port: Number(url.port) || 80 }, disconnected.reject)
    }),
  )
  const meter = new Meter(run)
  const load = await start(run, connections, meter)
  const during = (seconds: number) => Promise.race([sleep(seconds * 1000), load.ended, disconnected.promise])
  try {
    if (run.warmUpSeconds > 0) await during(run.warmUpSeconds)
    meter.begin()
    await during(run.seconds)
    return meter.end(headlineOf(run.flow))
  } finally {
    load.stop()
    for (const connection of connections) connection.close()
  }
}

function headlineOf(flow: Run['flow']): string | undefined {
  if (isNameIn(notificationFlows, flow)) return NOTIFICATION
  return isNameIn(headlines, flow) ? headlines[flow] : undefined
}

async function start(run: Run, connections: readonly HttpConnection[], meter: Meter): Promise<Load> {
  const { flow, resource } = run
  // All nodes are called by the name of the first, as they would be behind a load balancer.
  const { host } = new URL(run.endpoints[0] as string)
  if (isNameIn(topicFlows, flow)) {
    const requests = new TopicRequests(host, resource)
    return driveAll(connections, () => topicFlows[flow]({ requests, meter }), meter)
  }
  if (isNameIn(notificationFlows, flow)) {
    const requests = new TopicRequests(host, resource)
    return startNotifications({ ...notificationFlows[flow], connections, requests, meter })
  }
  const requests = new QueueRequests(host, resource)
  if (flow === 'delivery') return startDelivery(connections, requests, meter)
  if (flow === 'steady') return startSteady(connections, requests, meter)
  if (flow === 'wakeUps') return startWakeUps({ connections, requests, meter, deafening: run.deafening })
  const budget = { messages: run.messages ?? Number.POSITIVE_INFINITY, surplus: 0 }
  return driveAll(connections, (connection) => flows[flow]({ requests, meter, budget, connection }), meter)
}

const isNameIn = <N extends string>(table: Readonly<Record<N, unknown>>, name: string): name is N => name in table

/** Runs a flow over each connection, which it is told the number of. */
function driveAll(connections: readonly HttpConnection[], flow: (connection: number) => Flow, meter: Meter): Load {
  const driven = connections.map((connection, n) => drive(connection, flow(n), meter))
  return { ended: Promise.all(driven), stop: () => {} }
}

try {
  const measured = await perform(JSON.parse(process.argv[2] ?? '') as Run)
  process.stdout.write(JSON.stringify(measured), () => process.exit(0))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`, () => process.exit(1))
}
