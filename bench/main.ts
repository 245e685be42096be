/**
 * `npm run bench -- sqs`: how fast a node is, beside the ceiling measured in the same run.
 *
 * Exit codes: 0 when everything ran (a missed target is a finding, not a failure), 1 when something failed, 2 when it
 * was called wrongly.
 */
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { LEAST_CHURN } from './churn.ts'
import { CHURN, namesOf } from './load/scenarios.ts'
import { machine } from './machine.ts'
import { failuresIn, type Setting, textReport, writeJson } from './report.ts'
import { benchSqs, type Options } from './sqs.ts'
import { embeddedStore, postgresStore, type Store } from './stores.ts'

const USAGE = `Usage: npm run bench -- sqs [options]

  --seconds N        how long each scenario is measured (5; at most 300)
  --connections N    connections that the load comes over (64; 2 to 1024: some send, some receive)
  --scenario NAME    only this one; may be repeated: ${namesOf(false).join(', ')};
                     with --store also ${namesOf(true)
                       .filter((name) => !namesOf(false).includes(name))
                       .join(', ')}
  --store WHERE      PostgreSQL instead of the embedded store: \`postgres\` starts one from this machine's programs,
                     \`postgres://…\` is a server, by a user who may create databases; the ceiling is pgbench's
  --deep N           messages that the deep queue holds (1000000; at most 10000000)
  --churn N          messages that go through the queue of \`churn\`, which runs only when it is named (10000000)
  --server FILE      the entry file of the node to be measured (bin/millrace.mjs), such as another checkout's
  --against URL      puts the load on a server that already runs, and cleans up after itself
  --against-pid N    that server's process, so that its CPU time is measured
  --allow-remote     lets --against leave this machine
`

class UsageError extends Error {}

const root = fileURLToPath(new URL('..', import.meta.url))

async function main(args: string[]): Promise<number> {
  const { store: where, ...options } = readOptions(args)
  const store = await openStore(where, options.connections)
  try {
    return await bench(options, store)
  } finally {
    await store.close()
  }
}

async function bench(options: Options, store: Store): Promise<number> {
  const results = await benchSqs(options, store, (text) => console.error(text))
  const setting: Setting = {
    date: new Date().toISOString(),
    machine: machine(),
    server: options.against?.endpoint ?? options.entry,
    store: { title: store.title, isShared: store.isShared },
    ceiling: { title: store.ceiling.title, unit: store.ceiling.unit },
    connections: options.connections,
    seconds: options.seconds,
    deepMessages: options.deepMessages,
  }
  console.log(`\n${textReport(setting, results)}`)
  console.log(writeJson(root, setting, results))
  return failuresIn(results).length > 0 ? 1 : 0
}

/** `postgres` is one of our own. */
function openStore(where: string | undefined, connections: number): Promise<Store> {
  if (where === undefined) return embeddedStore(connections)
  return postgresStore(where === 'postgres' ? undefined : where, connections)
}

function readOptions(args: string[]): Options & { readonly store: string | undefined } {
  const { values, positionals } = parse(args)
  if (positionals.join() !== 'sqs') throw new UsageError('the service to be measured is: sqs')
  const { store } = values
  if (store !== undefined) checkStore(store, values.against)
  const names = namesOf(store !== undefined)
  const unknown = values.scenario.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new UsageError(`no scenario is called ${unknown}${store ? '' : ' without --store'}`)
  const url = values.against === undefined ? undefined : serverUrl(values.against, values['allow-remote'])
  const pid = values['against-pid'] === undefined ? undefined : count(values['against-pid'], 'against-pid', 2 ** 22)
  return {
    seconds: count(values.seconds, 'seconds', 300),
    connections: count(values.connections, 'connections', 1024, 2),
    chosen: new Set(values.scenario.length > 0 ? values.scenario : names.filter((name) => name !== CHURN)),
    store,
    deepMessages: count(values.deep, 'deep', 10_000_000),
    churnMessages: count(values.churn, 'churn', 1_000_000_000, LEAST_CHURN),
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
        store: { type: 'string' },
        deep: { type: 'string', default: '1000000' },
        churn: { type: 'string', default: '10000000' },
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

function checkStore(store: string, against: string | undefined): void {
  if (against !== undefined) throw new UsageError('--store is for nodes of our own, not with --against')
  if (store === 'postgres' || (/^postgres(ql)?:\/\//.test(store) && URL.canParse(store))) return
  throw new UsageError(`--store takes postgres, or an address like postgres://user:password@host:5432, not ${store}`)
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
