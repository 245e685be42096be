/**
 * The load generator, a process of its own: it takes one run as JSON in its argument, drives it, and prints one JSON
 * result. It ends by itself after the run's time; it ends with an error message when a single request failed.
 */
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { DELIVERY, startDelivery } from './delivery.ts'
import { drive, type FlowName, flows, type Load } from './flows.ts'
import { HttpConnection } from './http-client.ts'
import { type Measured, Meter } from './meter.ts'
import { QueueRequests } from './sqs-requests.ts'

export interface Run {
  /** Scheme, host and port: `http://127.0.0.1:4566`. */
  readonly endpoint: string
  readonly queueUrl: string
  readonly flow: FlowName | 'delivery'
  readonly connections: number
  readonly warmUpSeconds: number
  /** The longest that the measured window lasts; a run whose connections all finish ends earlier. */
  readonly seconds: number
  /** Ends a `sendBatch` run after so many messages. */
  readonly messages?: number
  /** The process whose CPU time is read. */
  readonly serverPid?: number
}

async function perform(run: Run): Promise<Measured> {
  const { hostname, port, host } = new URL(run.endpoint)
  const disconnected = Promise.withResolvers<never>()
  const open = () => HttpConnection.open({ host: hostname, port: Number(port) || 80 }, disconnected.reject)
  const connections = await Promise.all(Array.from({ length: run.connections }, open))
  const meter = new Meter(run.serverPid)
  const load = start(run, connections, new QueueRequests(host, run.queueUrl), meter)
  const during = (seconds: number) => Promise.race([sleep(seconds * 1000), load.ended, disconnected.promise])
  try {
    if (run.warmUpSeconds > 0) await during(run.warmUpSeconds)
    meter.begin()
    await during(run.seconds)
    return meter.end(run.flow === 'delivery' ? DELIVERY : undefined)
  } finally {
    load.stop()
    for (const connection of connections) connection.close()
  }
}

function start(run: Run, connections: readonly HttpConnection[], requests: QueueRequests, meter: Meter): Load {
  if (run.flow === 'delivery') return startDelivery(connections, requests, meter)
  const flow = flows[run.flow]
  const budget = { messages: run.messages ?? Number.POSITIVE_INFINITY }
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
