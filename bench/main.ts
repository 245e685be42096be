/**
 * `npm run bench -- sqs`: how fast a node is, beside the ceiling measured in the same run.
 *
 * Exit codes: 0 when everything ran (a missed target is a finding, not a failure), 1 when something failed, 2 when it
 * was called wrongly.
 */
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { names } from './load/scenarios.ts'
import { machine } from './machine.ts'
import { failuresIn, type Setting, textReport, writeJson } from './report.ts'
import { benchSqs, type Options } from './sqs.ts'

const USAGE = `Usage: npm run bench -- sqs [options]

  --seconds N        how long each scenario is measured (5; at most 300)
  --connections N    connections that the load comes over (64; 2 to 1024: some send, some receive)
  --scenario NAME    only this one; may be repeated: ${names.join(', ')}
  --deep N           messages that the deep queue holds (1000000; at most 10000000)
  --server FILE      the entry file of the node to be measured (bin/millrace.mjs), such as another checkout's
  --against URL      puts the load on a server that already runs, and cleans up after itself
  --against-pid N    that server's process, so that its CPU time is measured
  --allow-remote     lets --against leave this machine
`

class UsageError extends Error {}

const root = fileURLToPath(new URL('..', import.meta.url))

async function main(args: string[]): Promise<number> {
  const options = readOptions(args)
  const results = await benchSqs(options, (text) => console.error(text))
  const setting: Setting = {
    date: new Date().toISOString(),
    machine: machine(),
    server: options.against?.endpoint ?? options.entry,
    connections: options.connections,
    seconds: options.seconds,
    deepMessages: options.deepMessages,
  }
  console.log(`\n${textReport(setting, results)}`)
  console.log(writeJson(root, setting, results))
  return failuresIn(results).length > 0 ? 1 : 0
}

function readOptions(args: string[]): Options {
  const { values, positionals } = parse(args)
  if (positionals.join() !== 'sqs') throw new UsageError('the service to be measured is: sqs')
  const unknown = values.scenario.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new UsageError(`no scenario is called ${unknown}`)
  const url = values.against === undefined ? undefined : serverUrl(values.against, values['allow-remote'])
  const pid = values['against-pid'] === undefined ? undefined : count(values['against-pid'], 'against-pid', 2 ** 22)
  return {
    seconds: count(values.seconds, 'seconds', 300),
    connections: count(values.connections, 'connections', 1024, 2),
    chosen: new Set(values.scenario.length > 0 ? values.scenario : names),
    deepMessages: count(values.deep, 'deep', 10_000_000),
    entry: values.server,
    against: url && { endpoint: url.origin, pid, stop: async () => {} },
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        seconds: { type: 'string', default: '5' },
        connections: { type: 'string', default: '64' },
        scenario: { type: 'string', multiple: true, default: [] },
        deep: { type: 'string', default: '1000000' },
        server: { type: 'string', default: `${root}bin/millrace.mjs` },
        against: { type: 'string' },
        'against-pid': { type: 'string' },
        'allow-remote': { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error })
  }
}

function count(text: string, option: string, most: number, least = 1): number {
  const value = Number(text)
  if (!(Number.isInteger(value) && value >= least && value <= most)) {
    throw new UsageError(`--${option} takes a whole number from ${least} to ${most}, not ${text}`)
  }
  return value
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

function serverUrl(text: string, allowRemote: boolean): URL {
  const url = URL.parse(text)
  if (url?.protocol !== 'http:') throw new UsageError(`--against takes an http URL, not ${text}`)
  if (!allowRemote && !LOOPBACK.test(url.hostname)) {
    throw new UsageError(`${url.hostname} isn't this machine: add --allow-remote if you may put load on it`)
  }
  return url
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const isUsage = error instanceof UsageError
  console.error(isUsage ? `${error.message}\n\n${USAGE}` : error)
  process.exitCode = isUsage ? 2 : 1
}
