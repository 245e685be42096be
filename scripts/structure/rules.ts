/**
 * The rules that keep the architecture's shape and that no linter knows: what may import what, and where time, SQL and
 * size belong. Each says what to do instead. ARCHITECTURE.md has the reasons.
 */
import { findCycles } from './cycles.ts'
import type { Source } from './source.ts'

export interface Finding {
  readonly path: string
  readonly line?: number
  readonly what: string
}

export interface Rule {
  readonly name: string
  readonly instead: string
  check(sources: readonly Source[]): Finding[]
}

const MAX_LINES = 400

/** Where a rule does not hold, and why. A path that ends in a slash stands for the folder. */
interface Exceptions {
  readonly [path: string]: string
}

const MACHINE_TIME_ALLOWED: Exceptions = {
  'src/kernel/clock/': 'this is where the machine’s time becomes the platform’s',
  'src/kernel/edge/in-hand.ts': 'time-outs of sockets are in real time, whatever the platform’s clock says',
  'src/testing/': 'a test that waits for another process or a socket waits in real time',
}

const SQL_ALLOWED: Exceptions = {
  'src/kernel/store/': 'the engines speak SQL',
  'src/kernel/jobs/': 'the durable job table has no service to live in',
  'src/kernel/outbound/store.ts': 'the outbox has no service to live in',
  'src/kernel/nodes/store.ts': 'where nodes listen has no service to live in',
  'src/kernel/auth/store.ts': 'the keys of session tokens have no service to live in',
  'src/kernel/clock/offset.ts': 'how far the clock was shifted must survive, and has no service to live in',
  'src/testing/': 'suites look into the tables',
}

export const rules: readonly Rule[] = [
  {
    name: 'no-import-cycles',
    instead: 'Move what both sides need into a file of its own that imports neither. Type-only imports count too.',
    check: (sources) =>
      findCycles(importGraph(sources)).map((cycle) => ({
        path: cycle[0] as string,
        what: `imports itself: ${[...cycle, cycle[0]].join(' → ')}`,
      })),
  },
  {
    name: 'one-door-per-service',
    instead:
      'A service reaches another only through its index.ts: export there what others may call. Better still, deliver ' +
      'to an ARN through kernel/targets.',
    check: importRule((importer, imported) => {
      const from = serviceOf(importer)
      const to = serviceOf(imported)
      return from !== undefined && to !== undefined && from !== to && imported !== `src/services/${to}/index.ts`
    }),
  },
  {
    name: 'kernel-knows-no-service',
    instead:
      'Only src/platform.ts names services. What the kernel needs of one belongs in the Service or RunningService ' +
      'interface (kernel/kernel.ts), as a fact that any service could state.',
    check: importRule(
      (importer, imported) =>
        importer.startsWith('src/') &&
        importer !== 'src/platform.ts' &&
        serviceOf(importer) === undefined &&
        serviceOf(imported) !== undefined,
    ),
  },
  {
    name: 'time-comes-from-the-clock',
    instead: 'Use kernel.clock (now(), at()) or, in a command, tx.now: both follow a shifted clock.',
    check: (sources) =>
      sources
        .filter(({ path }) => path.startsWith('src/') && !isExcepted(path, MACHINE_TIME_ALLOWED))
        .flatMap(({ path, machineTime }) => machineTime.map(({ line, text }) => ({ path, line, what: text }))),
  },
  {
    name: 'sql-lives-in-stores',
    instead: 'Move the statement into the service’s store.ts (or store/), behind a command or a transaction function.',
    check: (sources) =>
      sources
        .filter(({ path }) => path.startsWith('src/') && !isTest(path) && !isStore(path))
        .flatMap(({ path, texts }) =>
          texts
            .filter(({ text }) => isSql(text))
            .map(({ line, text }) => ({ path, line, what: text.trim().replace(/\s+/g, ' ').slice(0, 60) })),
        ),
  },
  {
    name: 'files-read-in-one-sitting',
    instead: `A file has at most ${MAX_LINES} lines. Make it the folder of its name, with one file per operation or noun.`,
    check: (sources) =>
      sources
        .filter(({ lineCount }) => lineCount > MAX_LINES)
        .map(({ path, lineCount }) => ({ path, what: `${lineCount} lines` })),
  },
]

function importGraph(sources: readonly Source[]): Map<string, string[]> {
  return new Map(sources.map(({ path, imports }) => [path, imports.map(({ text }) => text)]))
}

function importRule(isForbidden: (importer: string, imported: string) => boolean): Rule['check'] {
  return (sources) =>
    sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ text }) => isForbidden(path, text))
        .map(({ line, text }) => ({ path, line, what: `imports ${text}` })),
    )
}

/** `sqs` for `src/services/sqs/model/fifo.ts`. */
const serviceOf = (path: string): string | undefined => /^src\/services\/([^/]+)\//.exec(path)?.[1]

const isTest = (path: string): boolean => path.endsWith('.test.ts')

const isStore = (path: string): boolean =>
  /^src\/services\/[^/]+\/store[^/]*(\/|$)/.test(path) || isExcepted(path, SQL_ALLOWED)

const isExcepted = (path: string, exceptions: Exceptions): boolean =>
  Object.keys(exceptions).some((excepted) => (excepted.endsWith('/') ? path.startsWith(excepted) : path === excepted))

/** A guess, made to fit statements and miss prose: SQL verbs in their order at the start of the text or of a CTE. */
const isSql = (text: string): boolean =>
  /^\s*(select\s.+\sfrom\s|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s|with\s+\S+\s+as\s*\(|(create|drop|alter)\s+table\s)/is.test(
    text,
  )
