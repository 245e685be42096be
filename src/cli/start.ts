/** `millrace start`: runs a node until it is told to stop. */
import { constants } from 'node:os'
import { resolve } from 'node:path'
import { SystemClock } from '../kernel/clock/clock.ts'
import { type Config, type Environment, readConfig } from '../kernel/config/config.ts'
import { type Platform, startPlatform } from '../platform.ts'
import { fail } from './fail.ts'
import { version } from './version.ts'

/** What a stop may take in all. */
const STOP_MS = 9500

/** Rejects if the node can't be started. */
export async function start(args: readonly string[], env: Environment): Promise<void> {
  const config = readConfig(args, env)
  const platform = await startPlatform(config)
  process.stdout.write(greeting(platform, config))
  stopOnSignal(platform)
  fail(await platform.lost) // a supervisor starts the node anew, which finds everything that was acknowledged
}

/** One request to stop can arrive as several signals, from a process group and from npm: those are one. */
const SAME_REQUEST_MS = 500

/** The first signal drains; a second one ends the process there and then, which loses nothing that was acknowledged. */
function stopOnSignal(platform: Platform): void {
  const clock = new SystemClock()
  let stoppingSince: number | undefined
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stoppingSince === undefined) {
        stoppingSince = clock.now()
        void stop(platform, clock)
      } else if (clock.now() > stoppingSince + SAME_REQUEST_MS) process.exit(128 + constants.signals[signal])
    })
  }
}

async function stop(platform: Platform, clock: SystemClock): Promise<void> {
  clock.at(clock.now() + STOP_MS, () => fail(new Error('the node did not stop in time')))
  try {
    await platform.close()
    process.exit(0)
  } catch (error) {
    fail(error)
  }
}

function greeting({ url }: Platform, config: Config): string {
  return `Millrace ${version()} is ready at ${url}
Data: ${whereData(config)}

Try it with the AWS CLI; any credentials pass:
  export AWS_DEFAULT_REGION=${config.region} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
  aws --endpoint-url ${url} sqs create-queue --queue-name hello
  aws --endpoint-url ${url} sqs send-message --queue-url ${url}/000000000000/hello --message-body 'Hello!'
`
}

function whereData({ store, dataDir, ephemeral }: Config): string {
  if (store !== undefined) {
    const { host, pathname } = new URL(store)
    return `in PostgreSQL at ${host}${pathname}`
  }
  return ephemeral ? 'in memory, gone when the process ends' : resolve(dataDir)
}
