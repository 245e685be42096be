/** The results as text for a person and as a JSON file for a comparison. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CeilingRun } from './ceiling.ts'
import type { Churn, Look } from './churn.ts'
import { type Figures, figuresOf, medianOf, over } from './figures.ts'
import { scenarios } from './load/scenarios.ts'
import type { Machine } from './machine.ts'
import type { Outcome, Results } from './sqs.ts'
import type { Store } from './stores.ts'
import { deepPercent, judge, twinRatio, type Verdict } from './targets.ts'

/** What the figures came from. */
export interface Setting {
  /** ISO 8601, UTC. */
  readonly date: string
  readonly machine: Machine
  readonly server: string
  readonly store: Pick<Store, 'title' | 'isShared'>
  readonly ceiling: Pick<Store['ceiling'], 'title' | 'unit'>
  readonly connections: number
  readonly seconds: number
  readonly deepMessages: number
}

export function textReport(setting: Setting, results: Results): string {
  const { machine, connections, seconds, server, store, ceiling } = setting
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryMiB} MiB, ${machine.os}, node ${machine.node}`,
    `${server}; ${store.title}; ${connections} connections, ${seconds} s each, messages of 200 bytes`,
    '',
    table(scenarioTable(setting, results)),
    '',
    `msg/ceiling: messages per ${ceiling.unit}. CPU is microseconds of all threads per request (× that of the ceiling).`,
    `cores: busy with server + ${store.isShared ? 'PostgreSQL + ' : ''}generator + anything else on the machine. limit: what was saturated.`,
    ...disturbance(setting, results),
    ...(store.isShared ? cpuReport(setting, results) : []),
    ...(results.churn ? churnReport(results.churn) : []),
    '',
    table([['figure', 'target', 'measured', '', ''], ...verdicts(setting, results).map(verdictRow)]),
    ...failuresIn(results).map((failure) => `\nFAILED ${failure}`),
    '',
  ].join('\n')
}

/** Writes `bench-results/<date>.json` under `folder`; returns its path. */
export function writeJson(folder: string, setting: Setting, results: Results): string {
  const { cores } = setting.machine
  const withFigures = (outcomes: Results['empty']) =>
    Object.fromEntries(
      Object.entries(outcomes).map(([name, outcome]) => [
        name,
        'measured' in outcome ? { ...outcome, figures: figuresOf(outcome.measured, cores) } : outcome,
      ]),
    )
  const json = {
    setting,
    ceilingMedian: medianOf(results.ceiling),
    ...results,
    empty: withFigures(results.empty),
    deep: withFigures(results.deep),
    targets: verdicts(setting, results),
  }
  mkdirSync(join(folder, 'bench-results'), { recursive: true })
  const path = join(folder, 'bench-results', `${setting.date.replaceAll(':', '-')}.json`)
  writeFileSync(path, `${JSON.stringify(json, undefined, 2)}\n`)
  return path
}

const verdicts = ({ store, machine }: Setting, results: Results): Verdict[] =>
  judge(results, { isShared: store.isShared, cores: machine.cores })

/** Shared machines give other figures: says so when more than a tenth of a core was someone else's. */
function disturbance({ machine }: Setting, { empty, deep }: Results): string[] {
  const runs = [...Object.values(empty), ...Object.values(deep)].flatMap((one) =>
    'measured' in one ? [one.measured] : [],
  )
  const most = Math.max(0, ...runs.map((run) => figuresOf(run, machine.cores).otherCores ?? 0))
  return most > 0.1 ? ['', `NOTE: other programs used up to ${number(most, 2)} cores during a scenario.`] : []
}

/** Whatever went wrong, with the place it went wrong in. */
export function failuresIn({ failures, empty, deep }: Results): string[] {
  const of = (outcomes: Results['empty'], where: string) =>
    Object.entries(outcomes).flatMap(([name, outcome]) =>
      'failure' in outcome ? [`${name}${where}: ${outcome.failure}`] : [],
    )
  return [...failures, ...of(empty, ''), ...of(deep, ', deep')]
}

type Row = readonly string[]

// biome-ignore format: a row reads as a row
const HEADINGS: Row = [
  'scenario', 'msg/s', 'req/s', 'msg/ceiling', 'p50 ms', 'p99 ms', 'server CPU', 'PostgreSQL CPU', 'generator CPU', 'cores', 'limit', '% of empty',
]
const POSTGRES_COLUMN = HEADINGS.indexOf('PostgreSQL CPU')

function scenarioTable({ machine, store, ceiling, deepMessages }: Setting, results: Results): Row[] {
  const median = medianOf(results.ceiling)
  const row = (title: string, outcome: Outcome | undefined, percent?: number): Row[] => {
    if (outcome === undefined) return []
    if ('failure' in outcome) return [[title, 'FAILED, see below']]
    return [figuresRow(title, figuresOf(outcome.measured, machine.cores), median, percent)]
  }
  const rows = [
    HEADINGS,
    ceilingRow(ceiling.title, results.ceiling),
    ...scenarios.flatMap(({ name, title }) => row(title, results.empty[name])),
    ...scenarios.flatMap(({ name, title }) =>
      row(`${title}, ${whole(deepMessages)} deep`, results.deep[name], deepPercent(results, name)),
    ),
  ]
  return store.isShared ? rows : rows.map((row) => row.toSpliced(POSTGRES_COLUMN, 1))
}

function ceilingRow(title: string, runs: readonly CeilingRun[]): Row {
  const median = medianOf(runs)
  const rates = runs.map(({ perSecond }) => perSecond)
  const spread = `${whole(Math.min(...rates))} to ${whole(Math.max(...rates))} in ${runs.length} runs`
  const latency = [number(median.p50Millis, 2), number(median.p99Millis, 2)]
  const cpu = [median.serverMicros, median.postgresMicros, median.generatorMicros].map((micros) => number(micros, 1))
  return [`${title} (median)`, '', whole(median.perSecond), '', ...latency, ...cpu, spread]
}

function figuresRow(title: string, figures: Figures, ceiling: CeilingRun, percent?: number): Row {
  const { serverCores, postgresCores, generatorCores, otherCores } = figures
  const cores = [serverCores, ...(postgresCores === undefined ? [] : [postgresCores]), generatorCores, otherCores]
  return [
    title,
    whole(figures.messagesPerSecond),
    whole(figures.requestsPerSecond),
    number(figures.messagesPerSecond / ceiling.perSecond, 2),
    number(figures.p50Millis, 2),
    number(figures.p99Millis, 2),
    besideCeiling(figures.serverMicrosPerRequest, ceiling.serverMicros),
    besideCeiling(figures.postgresMicrosPerRequest, ceiling.postgresMicros),
    besideCeiling(figures.generatorMicrosPerRequest, ceiling.generatorMicros),
    cores.map((busy) => number(busy, 2)).join(' + '),
    figures.limit,
    percent === undefined ? '' : number(percent, 0),
  ]
}

/** Who needs how much CPU for a message: what needs more cores first, the nodes or PostgreSQL. */
function cpuReport({ machine, ceiling }: Setting, results: Results): string[] {
  const rows = scenarios.flatMap(({ name, title, twin }): Row[] => {
    const outcome = results.empty[name]
    if (outcome === undefined || 'failure' in outcome) return []
    const { serverMicrosPerMessage: nodes, postgresMicrosPerMessage: postgres } = figuresOf(
      outcome.measured,
      machine.cores,
    )
    const besideOne = twin && number(twinRatio(results, name, twin), 2)
    return [[title, number(nodes, 1), number(postgres, 1), number(over(nodes, postgres), 2), besideOne ?? '']]
  })
  if (rows.length === 0) return []
  const { postgresMicros } = medianOf(results.ceiling)
  return [
    '',
    'CPU of nodes and of PostgreSQL, microseconds per message:',
    table([
      ['scenario', 'nodes', 'PostgreSQL', 'ratio', '× one node'],
      [`${ceiling.title} (median)`, '', number(postgresMicros, 1)],
      ...rows,
    ]),
    '',
    'Two nodes are judged below only where one node, PostgreSQL and the load left cores for them.',
  ]
}

/** Tables and indexes that never were as large are left out. */
const NOTABLE_BYTES = 2 ** 20

function churnReport({ looks, messagesPerSecond }: Churn): string[] {
  const row = (title: string, read: (look: Look) => number | undefined, digits: number): Row => {
    const values = looks.map(read)
    return [title, ...values.map((value) => number(value, digits)), number(over(values.at(-1), values[0]), 2)]
  }
  const bytesOf = (name: string) => (look: Look) => look.relations.find((relation) => relation.name === name)?.bytes
  const notable = new Set(
    looks.flatMap(({ relations }) => relations.filter(({ bytes }) => bytes >= NOTABLE_BYTES).map(({ name }) => name)),
  )
  return [
    '',
    `Churn: ${whole(messagesPerSecond)} messages a second sent, received and deleted.`,
    table([
      ['after messages', ...looks.map(({ messages }) => whole(messages)), 'last × first'],
      row('receive, p50 ms', ({ receive }) => receive.p50Millis, 2),
      row('receive, p99 ms', ({ receive }) => receive.p99Millis, 2),
      ...[...notable].sort().map((name) => row(`${name}, MiB`, (look) => over(bytesOf(name)(look), 2 ** 20), 1)),
      row('dead rows', deadRows, 0),
    ]),
  ]
}

const deadRows = ({ relations }: Look) => relations.reduce((sum, { deadRows }) => sum + (deadRows ?? 0), 0)

const verdictRow = ({ figure, wanted, unit, measured, met }: Verdict): Row => [
  figure,
  wanted,
  number(measured, 2),
  unit,
  met === undefined ? 'not measured' : met ? 'ok' : 'miss',
]

const besideCeiling = (micros: number | undefined, ceilingMicros: number | undefined) =>
  micros === undefined || ceilingMicros === undefined
    ? number(micros, 1)
    : `${number(micros, 1)} (${number(micros / ceilingMicros, 2)})`

const number = (value: number | undefined, digits: number) => (value === undefined ? '–' : value.toFixed(digits))
const whole = (value: number) => Math.round(value).toLocaleString('en-US')

/** Columns as wide as their widest cell; the last cell of a row may run on. */
function table(rows: readonly Row[]): string {
  const widthOf = (column: number) =>
    Math.max(...rows.map((row) => (column < row.length - 1 ? (row[column] ?? '').length : 0)))
  const widths = Array.from({ length: Math.max(...rows.map((row) => row.length)) }, (_, column) => widthOf(column))
  return rows
    .map((row) =>
      row
        .map((cell, n) => cell.padEnd(widths[n] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
