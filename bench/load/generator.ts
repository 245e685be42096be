/**
 * The load generator, a process of its own: it takes one run as JSON in its argument, drives it, and prints one JSON
 * result. It ends by itself after the run's time; it ends with an error message when a single request failed.
 */
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Deafening } from './deafener.ts'
import { DELIVERY, startDelivery } from './delivery.ts'
import { drive, type FlowName, flows, type Load } from './flows.ts'
import { HttpConnection } from './http-client.ts'
import { type Measured, Meter, type Watched } from './meter.ts'
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
  readonly queueUrl: string
  readonly flow: FlowName | keyof typeof headlines
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
  const load = start(run, connections, meter)
  const during = (seconds: number) => Promise.race([sleep(seconds * 1000), load.ended, disconnected.promise])
  try {
    if (run.warmUpSeconds > 0) await during(run.warmUpSeconds)
    meter.begin()
    await during(run.seconds)
    return meter.end(run.flow in headlines ? headlines[run.flow as keyof typeof headlines] : undefined)
  } finally {
    load.stop()
    for (const connection of connections) connection.close()
  }
}

function start(run: Run, connections: readonly HttpConnection[], meter: Meter): Load {
  // All nodes are called by the name of the first, as they would be behind a load balancer.
  const requests = new QueueRequests(new URL(run.endpoints[0] as string).host, run.queueUrl)
  if (run.flow === 'delivery') return startDelivery(connections, requests, meter)
  if (run.flow === 'steady') return startSteady(connections, requests, meter)
  if (run.flow === 'wakeUps') return startWakeUps({ connections, requests, meter, deafening: run.deafening })
  const flow = flows[run.flow]
  const budget = { messages: run.messages ?? Number.POSITIVE_INFINITY, surplus: 0 }
  const driven = connections.map((connection, n) => {
    return drive(connection, flow({ requests, meter, budget, connection: n }), meter)
  })
  return { ended: Promise.all(driven), stop: () => {} }
}

try {
  const measured = await perform(JSON.parse(process.argv[2] ?? '') as Run)
  process.stdout.write(JSON.stringify(measured), () => process.exit(0))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`, () => process.exit(1))
}
