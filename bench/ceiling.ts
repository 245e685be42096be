/** What `node:http` does with the same requests. */
import { yardstickRun } from './figures.ts'
import type { Run } from './load/generator.ts'
import { generate, startBareServer } from './servers.ts'
import type { Ceiling } from './yardstick.ts'

const SECONDS = 2
const WARM_UP_SECONDS = 1

/** What it is asked: the requests of a flow. */
export type BareRequests = Pick<Run, 'flow' | 'resource'>

export async function bareServerCeiling(connections: number, requests: BareRequests): Promise<Ceiling> {
  const server = await startBareServer()
  const run = {
    ...requests,
    endpoints: [server.endpoint],
    serverPids: [server.pid],
    connections,
    warmUpSeconds: WARM_UP_SECONDS,
    seconds: SECONDS,
  }
  return {
    title: 'bare node:http',
    unit: 'bare request',
    measure: async () => yardstickRun(await generate(run)),
    close: () => server.stop(),
  }
}
