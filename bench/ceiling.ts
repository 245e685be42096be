/** What figures stand beside: the best that can be hoped for on this machine, measured in the same run. */
import type { Measured } from './load/meter.ts'
import { generate, startBareServer } from './servers.ts'

/** CPU time is in microseconds of all threads, for one operation of the ceiling. */
export interface CeilingRun {
  readonly perSecond: number
  readonly p50Millis?: number
  readonly p99Millis?: number
  readonly serverMicros?: number
  readonly postgresMicros?: number
  readonly generatorMicros?: number
}

export interface Ceiling {
  readonly title: string
  /** One operation of it, in a word. */
  readonly unit: string
  /** Runs it for a moment. Machines drift: call it often, and take the median. */
  measure(): Promise<CeilingRun>
  close(): Promise<void>
}

const SECONDS = 2
const WARM_UP_SECONDS = 1

/** What `node:http` does with the same requests. */
export async function bareServerCeiling(connections: number): Promise<Ceiling> {
  const server = await startBareServer()
  const run = {
    endpoints: [server.endpoint],
    serverPids: [server.pid],
    queueUrl: 'http://127.0.0.1:4566/000000000000/bench',
    flow: 'send',
    connections,
    warmUpSeconds: WARM_UP_SECONDS,
    seconds: SECONDS,
  } as const
  return {
    title: 'bare node:http',
    unit: 'bare request',
    measure: async () => bareRun(await generate(run)),
    close: () => server.stop(),
  }
}

export const bareRun = ({ requests, seconds, latency, ...cpu }: Measured): CeilingRun => ({
  perSecond: requests / seconds,
  p50Millis: latency.p50Millis,
  p99Millis: latency.p99Millis,
  serverMicros: cpu.serverCpuMicros === undefined ? undefined : cpu.serverCpuMicros / requests,
  generatorMicros: cpu.generatorCpuMicros / requests,
})
