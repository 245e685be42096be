/**
 * `npm run bench -- sqs`, or `sns`: how fast a node is, beside the ceiling measured in the same run. `npm run bench -- patterns`
 * measures the pattern index by itself, `hostile` how long the worst requests hold a node's one thread.
 *
 * Exit codes: 0 when everything ran (a missed target is a finding, not a failure), 1 when something failed, 2 when it
 * was called wrongly.
 */
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Benchmark } from './benchmark.ts'
import { LEAST_CHURN } from './churn.ts'
import { machine } from './machine.ts'
import { failuresIn, type Setting, textReport, writeJson } from './report.ts'
import { type Options, Session } from './session.ts'
import { sns } from './sns.ts'
import { DEEP, sqs } from './sqs.ts'
import { embeddedStore, postgresStore, type Store } from './stores.ts'

const benchmarks: Readonly<Record<string, Benchmark>> = { sqs, sns }

const USAGE = `Usage: npm run bench -- sqs|sns [options]
       npm run bench -- patterns [seconds per figure]
       npm run bench -- hostile [part of a name]

  --seconds N        how long each scenario is measured (5; at most 300)
  --connections N    connections that the load comes over (64; 2 to 1024: some send, some receive)
  --scenario NAME    only this one; may be repeated:
${Object.entries(benchmarks).map(scenarioUsage).join('\n')}
  --store WHERE      PostgreSQL instead of the embedded store: \`postgres\` starts one from this machine's programs,
                     \`postgres://…\` is a server, by a user who may create databases; the ceiling is pgbench's
  --deep N           sqs: messages that the deep queue holds (1000000; at most 10000000)
  --churn N          sqs: messages that go through the queue of \`churn\`, which runs only when it is named (10000000)
  --server FILE      the entry file of the node to be measured (bin/millrace.mjs), such as another checkout's
  --against URL      puts the load on a server that already runs, and cleans up after itself
  --against-pid N    that server's process, so that its CPU time is measured
  --allow-remote     lets --against leave this machine
`

function scenarioUsage([service, { names }]: [string, Benchmark]): string {
  const onlyShared = names(true).filter((name) => !names(false).includes(name))
  const more = onlyShared.length > 0 ? `; with --store also ${onlyShared.join(', ')}` : ''
  return `                     ${service}: ${names(false).join(', ')}${more}`
}

class UsageError extends Error {}

const pathOf = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const root = pathOf('..')

async function main(args: string[]): Promise<number> {
  if (args[0] === 'patterns') return benchPatterns(args.slice(1))
  if (args[0] === 'hostile') return benchHostile(args.slice(1))
  const { benchmark, store: where, options } = readOptions(args)
  const store = await openStore(where, benchmark, options.connections)
  try {
    const session = new Session(options, store, benchmark, (text) => console.error(text))
    const results = await benchmark.measure(session)
    const setting: Setting = {
      date: new Date().toISOString(),
      service: benchmark.title,
      machine: machine(),
      server: options.against?.endpoint ?? options.entry,
      store: { title: store.title, isShared: store.isShared },
      ceiling: { title: store.ceiling.title, unit: store.ceiling.unit },
      connections: options.connections,
      seconds: options.seconds,
      deepMessages: options.chosen.has(DEEP) ? options.deepMessages : undefined,
    }
    console.log(`\n${textReport(benchmark, setting, results)}`)
    console.log(writeJson(root, benchmark, setting, results))
    return failuresIn(results).length > 0 ? 1 : 0
  } finally {
    await store.close()
  }
}

/** In a process of its own, which can collect its garbage when it has to. */
function benchPatterns(args: string[]): number {
  const { status } = spawnSync(process.execPath, ['--expose-gc', pathOf('patterns.ts'), ...args], { stdio: 'inherit' })
  return status ?? 1
}

/** How long single requests hold a node's one thread. */
function benchHostile(args: string[]): number {
  const { status } = spawnSync(process.execPath, [pathOf('hostile.ts'), ...args], { stdio: 'inherit' })
  return status ?? 1
}

/** `postgres` is one of our own. */
function openStore(where: string | undefined, { bareRequests }: Benchmark, connections: number): Promise<Store> {
  if (where === undefined) return embeddedStore(connections, bareRequests)
  return postgresStore(where === 'postgres' ? undefined : where, connections)
}

interface Called {
  readonly benchmark: Benchmark
  readonly store: string | undefined
  readonly options: Options
}

function readOptions(args: string[]): Called {
  const { values, positionals } = parse(args)
  const service = positionals.join()
  const benchmark = Object.hasOwn(benchmarks, service) ? benchmarks[service] : undefined
  if (benchmark === undefined) throw new UsageError('what can be measured is: sqs, sns, patterns, hostile')
  const { store, deep, churn } = values
  if (benchmark !== sqs && (deep ?? churn) !== undefined) throw new UsageError('--deep and --churn are for sqs')
  if (store !== undefined) checkStore(store, values.against)
  const url = values.against === undefined ? undefined : serverUrl(values.against, values['allow-remote'])
  const pid = values['against-pid'] === undefined ? undefined : count(values['against-pid'], 'against-pid', 2 ** 22)
  const options = {
    seconds: count(values.seconds, 'seconds', 300),
    connections: count(values.connections, 'connections', 1024, 2),
    chosen: choose(benchmark, values.scenario, store !== undefined),
    deepMessages: count(deep ?? '1000000', 'deep', 10_000_000),
    churnMessages: count(churn ?? '10000000', 'churn', 1_000_000_000, LEAST_CHURN),
    entry: values.server,
    against: url && { endpoint: url.origin, pid, stop: async () => {} },
  }
  return { benchmark, store, options }
}

function choose({ names, onlyWhenNamed }: Benchmark, named: readonly string[], isShared: boolean): Set<string> {
  const known = names(isShared)
  const unknown = named.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new UsageError(`no scenario is called ${unknown}${isShared ? '' : ' without --store'}`)
  }
  return new Set(named.length > 0 ? named : known.filter((name) => name !== onlyWhenNamed))
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
        deep: { type: 'string' },
        churn: { type: 'string' },
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
