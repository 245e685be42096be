/** The results as text for a person and as a JSON file for a comparison. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BareFigures, bareFiguresOf, type Figures, figuresOf } from './figures.ts'
import { scenarios } from './load/scenarios.ts'
import type { Machine } from './machine.ts'
import type { Outcome, Results } from './sqs.ts'
import { deepPercent, judge, type Verdict } from './targets.ts'

/** What the figures came from. */
export interface Setting {
  /** ISO 8601, UTC. */
  readonly date: string
  readonly machine: Machine
  readonly server: string
  readonly connections: number
  readonly seconds: number
  readonly deepMessages: number
}

export function textReport(setting: Setting, results: Results): string {
  const { machine, connections, seconds, server } = setting
  const bare = bareFiguresOf(results.bare)
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryMiB} MiB, ${machine.os}, node ${machine.node}`,
    `${server}; ${connections} connections, ${seconds} s each, messages of 200 bytes`,
    '',
    table([HEADINGS, bareRow(bare, results), ...scenarioRows(setting, results, bare)]),
    '',
    'msg/bare: messages per request of the bare server. CPU is microseconds of all threads per request, (× the bare run).',
    'cores: busy with server + generator + anything else on the machine. limit: what was saturated.',
    ...disturbance(setting, results),
    '',
    table([['figure', 'target', 'measured', '', ''], ...judge(results).map(verdictRow)]),
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
    bareMedian: bareFiguresOf(results.bare),
    ...results,
    empty: withFigures(results.empty),
    deep: withFigures(results.deep),
    targets: judge(results),
  }
  mkdirSync(join(folder, 'bench-results'), { recursive: true })
  const path = join(folder, 'bench-results', `${setting.date.replaceAll(':', '-')}.json`)
  writeFileSync(path, `${JSON.stringify(json, undefined, 2)}\n`)
  return path
}

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
  'scenario', 'msg/s', 'req/s', 'msg/bare', 'p50 ms', 'p99 ms', 'server CPU', 'generator CPU', 'cores', 'limit', '% of empty',
]

function bareRow(bare: BareFigures, { bare: runs }: Results): Row {
  const rates = runs.map((run) => run.requests / run.seconds)
  const cpu = [bare.serverMicrosPerRequest, bare.generatorMicrosPerRequest].map((micros) => number(micros, 1))
  const spread = `${whole(Math.min(...rates))} to ${whole(Math.max(...rates))} in ${runs.length} runs`
  const latency = [number(bare.p50Millis, 2), number(bare.p99Millis, 2)]
  return ['bare node:http (median)', '', whole(bare.requestsPerSecond), '', ...latency, ...cpu, spread]
}

function scenarioRows({ machine, deepMessages }: Setting, results: Results, bare: BareFigures): Row[] {
  const row = (title: string, outcome: Outcome | undefined, percent?: number): Row[] => {
    if (outcome === undefined) return []
    if ('failure' in outcome) return [[title, 'FAILED, see below']]
    return [figuresRow(title, figuresOf(outcome.measured, machine.cores), bare, percent)]
  }
  return [
    ...scenarios.flatMap(({ name, title }) => row(title, results.empty[name])),
    ...scenarios.flatMap(({ name, title }) =>
      row(`${title}, ${whole(deepMessages)} deep`, results.deep[name], deepPercent(results, name)),
    ),
  ]
}

function figuresRow(title: string, figures: Figures, bare: BareFigures, percent?: number): Row {
  const { serverMicrosPerRequest: server, generatorMicrosPerRequest: generator } = figures
  const cores = [figures.serverCores, figures.generatorCores, figures.otherCores]
  return [
    title,
    whole(figures.messagesPerSecond),
    whole(figures.requestsPerSecond),
    number(figures.messagesPerSecond / bare.requestsPerSecond, 2),
    number(figures.p50Millis, 2),
    number(figures.p99Millis, 2),
    besideBare(server, bare.serverMicrosPerRequest),
    besideBare(generator, bare.generatorMicrosPerRequest),
    cores.map((busy) => number(busy, 2)).join(' + '),
    figures.limit,
    percent === undefined ? '' : number(percent, 0),
  ]
}

const verdictRow = ({ figure, wanted, unit, measured, met }: Verdict): Row => [
  figure,
  wanted,
  number(measured, 2),
  unit,
  met === undefined ? 'not measured' : met ? 'ok' : 'miss',
]

const besideBare = (micros: number | undefined, bareMicros: number | undefined) =>
  micros === undefined || bareMicros === undefined
    ? number(micros, 1)
    : `${number(micros, 1)} (${number(micros / bareMicros, 2)})`

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
