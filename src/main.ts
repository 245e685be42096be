/**
 * The program. Standard output is for the person who started it; the log goes to standard error.
 *
 * Exit codes: 0 after a graceful stop, 1 if the node could not start or stop, 2 if it was called wrongly.
 */
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { resolve } from 'node:path'
import { SystemClock } from './kernel/clock/clock.ts'
import { type Config, ConfigError, readConfig } from './kernel/config/config.ts'
import { type Platform, startPlatform } from './platform.ts'

/** What a stop may take in all. */
const STOP_MS = 9500

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    const { helpText } = await import('./kernel/config/help.ts')
    process.stdout.write(helpText())
  } else if (args.includes('--version')) {
    process.stdout.write(`${version()}\n`)
  } else {
    await start(readConfig(args[0] === 'start' ? args.slice(1) : args, process.env))
  }
}

async function start(config: Config): Promise<void> {
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

function version(): string {
  const file = new URL('../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

/** One line for what people can mend; the whole story for what only we can. */
function fail(error: unknown): never {
  const { name, code, message, stack } = error as NodeJS.ErrnoException
  if (error instanceof ConfigError) {
    process.stderr.write(`millrace: ${message}\nTry: millrace --help\n`)
    process.exit(2)
  }
  const mendable = code !== undefined || name === 'CannotOpenStore'
  process.stderr.write(`millrace: ${mendable ? explain(code, message) : stack}\n`)
  process.exit(1)
}

function explain(code: string | undefined, message: string): string {
  if (code === 'EADDRINUSE') return `the port is taken (${message}); stop what uses it, or choose one with --port`
  return message
}

await main(process.argv.slice(2)).catch(fail)
