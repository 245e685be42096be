/** The results as text for a person and as a JSON file for a comparison. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Benchmark } from './benchmark.ts'
import { type Figures, figuresOf, medianOf, over } from './figures.ts'
import type { Machine } from './machine.ts'
import type { Scenario } from './scenario.ts'
import type { Results } from './session.ts'
import type { Store } from './stores.ts'
import { number, type Row, table, whole } from './table.ts'
import { judge, runOf, twinRatio, type Verdict } from './targets.ts'
import type { Ceiling, YardstickRun } from './yardstick.ts'

/** What the figures came from. */
export interface Setting {
  /** ISO 8601, UTC. */
  readonly date: string
  readonly service: string
  readonly machine: Machine
  readonly server: string
  readonly store: Pick<Store, 'title' | 'isShared'>
  readonly ceiling: Pick<Ceiling, 'title' | 'unit'>
  readonly connections: number
  readonly seconds: number
  /** Where there is a deep queue. */
  readonly deepMessages?: number
}

export function textReport(benchmark: Benchmark, setting: Setting, results: Results): string {
  const { machine, connections, seconds, server, store, ceiling, service, deepMessages } = setting
  const { reference } = benchmark
  return [
    `${service}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryMiB} MiB, ${machine.os}, node ${machine.node}`,
    `${server}; ${store.title}; ${connections} connections, ${seconds} s each, messages of 200 bytes`,
    ...(deepMessages === undefined ? [] : [`The deep queue holds ${whole(deepMessages)} messages.`]),
    '',
    table(scenarioTable(benchmark, setting, results)),
    '',
    `msg/ceiling: messages per ${ceiling.unit}. CPU is microseconds of all threads per request (× that of the ceiling).`,
    ...(reference ? [`msg/reference: messages per ${reference.title}.`] : []),
    `cores: busy with server + ${store.isShared ? 'PostgreSQL + ' : ''}generator + anything else on the machine. limit: what was saturated.`,
    ...disturbance(setting, results),
    ...(store.isShared || reference ? cpuReport(benchmark, setting, results) : []),
    ...benchmark.report(results, machine.cores),
    '',
    table([['figure', 'target', 'measured', '', ''], ...verdicts(benchmark, setting, results).map(verdictRow)]),
    ...failuresIn(results).map((failure) => `\nFAILED ${failure}`),
    '',
  ].join('\n')
}

/** Writes `bench-results/<date>.json` under `folder`; returns its path. */
export function writeJson(folder: string, benchmark: Benchmark, setting: Setting, results: Results): string {
  const { cores } = setting.machine
  const outcomes = Object.entries(results.outcomes).map(([name, outcome]) => [
    name,
    'measured' in outcome ? { ...outcome, figures: figuresOf(outcome.measured, cores) } : outcome,
  ])
  const json = {
    setting,
    ceilingMedian: medianOf(results.ceiling),
    ...(benchmark.reference && { referenceMedian: medianOf(results.reference) }),
    ...results,
    outcomes: Object.fromEntries(outcomes),
    targets: verdicts(benchmark, setting, results),
  }
  mkdirSync(join(folder, 'bench-results'), { recursive: true })
  const path = join(folder, 'bench-results', `${setting.date.replaceAll(':', '-')}.json`)
  writeFileSync(path, `${JSON.stringify(json, undefined, 2)}\n`)
  return path
}

const verdicts = (benchmark: Benchmark, { store, machine }: Setting, results: Results): Verdict[] =>
  judge(benchmark.targets(store.isShared), results, machine.cores)

/** Shared machines give other figures: says so when more than a tenth of a core was someone else's. */
function disturbance({ machine }: Setting, { outcomes }: Results): string[] {
  const runs = Object.values(outcomes).flatMap((one) => ('measured' in one ? [one.measured] : []))
  const most = Math.max(0, ...runs.map((run) => figuresOf(run, machine.cores).otherCores ?? 0))
  return most > 0.1 ? ['', `NOTE: other programs used up to ${number(most, 2)} cores during a scenario.`] : []
}

/** Whatever went wrong, with the place it went wrong in. */
export function failuresIn({ failures, outcomes }: Results): string[] {
  const failed = Object.entries(outcomes).flatMap(([name, outcome]) =>
    'failure' in outcome ? [`${name}: ${outcome.failure}`] : [],
  )
  return [...failures, ...failed]
}

// biome-ignore format: a row reads as a row
const HEADINGS: Row = [
  'scenario', 'msg/s', 'req/s', 'msg/ceiling', 'msg/reference', 'p50 ms', 'p99 ms', 'server CPU', 'PostgreSQL CPU', 'generator CPU', 'cores', 'limit', 'beside',
]

function scenarioTable({ scenarios, reference }: Benchmark, { machine, store, ceiling }: Setting, results: Results) {
  const medians = { ceiling: medianOf(results.ceiling), reference: medianOf(results.reference) }
  const rows = scenarios.flatMap((scenario): Row[] => {
    const outcome = results.outcomes[scenario.name]
    if (outcome === undefined) return []
    if ('failure' in outcome) return [[scenario.title, 'FAILED, see below']]
    return [
      figuresRow(scenario.title, figuresOf(outcome.measured, machine.cores), medians, besideTwin(scenario, results)),
    ]
  })
  const left = new Set([...(reference ? [] : ['msg/reference']), ...(store.isShared ? [] : ['PostgreSQL CPU'])])
  return [
    HEADINGS,
    yardstickRow(ceiling.title, results.ceiling),
    ...(reference ? [yardstickRow(reference.title, results.reference)] : []),
    ...rows,
  ].map((row) => row.filter((_, column) => !left.has(HEADINGS[column] as string)))
}

function besideTwin({ name, twin }: Scenario, results: Results): string {
  const ratio = twin && twinRatio(results, name, twin)
  return ratio ? `${number(ratio, 2)} × ${twin}` : ''
}

function yardstickRow(title: string, runs: readonly YardstickRun[]): Row {
  const median = medianOf(runs)
  const rates = runs.map(({ perSecond }) => perSecond)
  const spread = `${whole(Math.min(...rates))} to ${whole(Math.max(...rates))} in ${runs.length} runs`
  const latency = [number(median.p50Millis, 2), number(median.p99Millis, 2)]
  const cpu = [median.serverMicros, median.postgresMicros, median.generatorMicros].map((micros) => number(micros, 1))
  return [`${title} (median)`, '', whole(median.perSecond), '', '', ...latency, ...cpu, spread]
}

function figuresRow(
  title: string,
  figures: Figures,
  { ceiling, reference }: Readonly<Record<'ceiling' | 'reference', YardstickRun>>,
  beside: string,
): Row {
  const { serverCores, postgresCores, generatorCores, otherCores } = figures
  const cores = [serverCores, ...(postgresCores === undefined ? [] : [postgresCores]), generatorCores, otherCores]
  return [
    title,
    whole(figures.messagesPerSecond),
    whole(figures.requestsPerSecond),
    number(figures.messagesPerSecond / ceiling.perSecond, 2),
    number(figures.messagesPerSecond / reference.perSecond, 2),
    number(figures.p50Millis, 2),
    number(figures.p99Millis, 2),
    besideCeiling(figures.serverMicrosPerRequest, ceiling.serverMicros),
    besideCeiling(figures.postgresMicrosPerRequest, ceiling.postgresMicros),
    besideCeiling(figures.generatorMicrosPerRequest, ceiling.generatorMicros),
    cores.map((busy) => number(busy, 2)).join(' + '),
    figures.limit,
    beside,
  ]
}

/** Who needs how much CPU for a message, and for a copy of it: what needs more cores first, the nodes or PostgreSQL. */
function cpuReport({ scenarios, reference }: Benchmark, { machine, store, ceiling }: Setting, results: Results) {
  const hasCopies = scenarios.some(({ copies }) => copies !== undefined)
  const ofReference = reference && medianOf(results.reference)
  const headings = (who: string) => [who, ...(reference ? ['× reference'] : []), ...(hasCopies ? ['a copy'] : [])]
  const cells = (micros: number | undefined, copies?: number, one?: number) => [
    number(micros, 1),
    ...(reference ? [number(over(micros, one), 2)] : []),
    ...(hasCopies ? [copies === undefined ? '' : number(over(micros, copies), 1)] : []),
  ]
  const row = (title: string, [nodes, postgres]: readonly (number | undefined)[], copies?: number): Row => [
    title,
    ...cells(nodes, copies, ofReference?.serverMicros),
    ...(store.isShared
      ? [...cells(postgres, copies, ofReference?.postgresMicros), number(over(nodes, postgres), 2)]
      : []),
  ]
  const yardstick = (title: string, { serverMicros, postgresMicros }: YardstickRun) =>
    row(`${title} (median)`, [serverMicros, postgresMicros])
  const rows = scenarios.flatMap(({ name, title, copies }): Row[] => {
    const run = runOf(results, name)
    if (run === undefined) return []
    const { serverMicrosPerMessage, postgresMicrosPerMessage } = figuresOf(run, machine.cores)
    return [row(title, [serverMicrosPerMessage, postgresMicrosPerMessage], copies)]
  })
  if (rows.length === 0) return []
  return [
    '',
    `CPU of nodes${store.isShared ? ' and of PostgreSQL' : ''}, microseconds per message:`,
    table([
      ['scenario', ...headings('nodes'), ...(store.isShared ? [...headings('PostgreSQL'), 'ratio'] : [])],
      yardstick(ceiling.title, medianOf(results.ceiling)),
      ...(reference && ofReference ? [yardstick(reference.title, ofReference)] : []),
      ...rows,
    ]),
  ]
}

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
