/**
 * Metrics, as Prometheus scrapes them.
 *
 * What is counted per request is a plain number here: an increment costs a few nanoseconds, and the client library (its
 * import takes 40 ms and 14 MB) is loaded by the first scrape, which it renders together with the process's own figures.
 */
import type { Metric, MetricValue, Registry } from 'prom-client'

export interface Counter {
  inc(by?: number): void
}

export interface Histogram {
  observe(value: number): void
}

/** A metric with labels; `with` takes one value per label name and returns the same child for the same values. */
export interface Family<Child> {
  with(...labelValues: string[]): Child
}

export interface GaugeSample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/**
 * Where a part of the platform defines what it counts, at its start. Names are without the prefix `millrace_`, which is
 * added (`sqs_messages_visible`), and each is taken once.
 */
export interface Metrics {
  counter(name: string, help: string, labelNames: readonly string[]): Family<Counter>
  /** `buckets` are upper bounds, ascending. */
  histogram(name: string, help: string, labelNames: readonly string[], buckets: readonly number[]): Family<Histogram>
  /** `collect` runs once per scrape; one that fails leaves this gauge out and is logged. */
  gauge(name: string, help: string, collect: () => readonly GaugeSample[] | Promise<readonly GaugeSample[]>): void
}

/** Upper bounds in seconds for the time of a request; the last ones hold long polls. */
export const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30]

type Labels = Readonly<Record<string, string>>

class CounterChild implements Counter {
  value = 0
  inc(by = 1): void {
    this.value += by
  }
}

class HistogramChild implements Histogram {
  readonly bounds: readonly number[]
  /** How many values fell into each bucket alone; the last one is everything above the last bound. */
  readonly counts: Float64Array
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  observe(value: number): void {
    let bucket = 0
    while (bucket < this.bounds.length && value > (this.bounds[bucket] as number)) bucket++
    this.counts[bucket] = (this.counts[bucket] as number) + 1
    this.sum += value
  }
}

class Children<Child> implements Family<Child> {
  readonly #labelNames: readonly string[]
  readonly #make: () => Child
  readonly #children = new Map<string, { labels: Labels; child: Child }>()

  constructor(labelNames: readonly string[], make: () => Child) {
    this.#labelNames = labelNames
    this.#make = make
  }

  with(...values: string[]): Child {
    const key = values.join('\n')
    let entry = this.#children.get(key)
    if (entry === undefined) {
      const labels = Object.fromEntries(this.#labelNames.map((name, i) => [name, values[i] ?? '']))
      entry = { labels, child: this.#make() }
      this.#children.set(key, entry)
    }
    return entry.child
  }

  entries() {
    return this.#children.values()
  }
}

type Samples = () => MetricValue<string>[] | Promise<MetricValue<string>[]>

/** What a thread of the node has counted: the samples of its counters and histograms, by metric. Plain data. */
export type Counted = Readonly<Record<string, readonly MetricValue<string>[]>>

interface Definition {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'histogram' | 'gauge'
  readonly samples: Samples
}

/** The metrics of one node. */
export class NodeMetrics implements Metrics {
  readonly #definitions: Definition[] = []
  readonly #onCollectError: (name: string, error: unknown) => void
  #registry: Promise<Registry> | undefined
  /** What the node's other threads had counted when the last scrape began. */
  #others: readonly Counted[] = []

  constructor(onCollectError: (name: string, error: unknown) => void) {
    this.#onCollectError = onCollectError
  }

  counter(name: string, help: string, labelNames: readonly string[]): Family<Counter> {
    const family = new Children(labelNames, () => new CounterChild())
    this.#define(name, help, 'counter', () =>
      Array.from(family.entries(), ({ labels, child }) => ({ labels, value: child.value })),
    )
    return family
  }

  histogram(name: string, help: string, labelNames: readonly string[], buckets: readonly number[]): Family<Histogram> {
    const family = new Children(labelNames, () => new HistogramChild(buckets))
    this.#define(name, help, 'histogram', () =>
      Array.from(family.entries()).flatMap(({ labels, child }) => histogramSamples(`millrace_${name}`, labels, child)),
    )
    return family
  }

  gauge(name: string, help: string, collect: () => readonly GaugeSample[] | Promise<readonly GaugeSample[]>): void {
    this.#define(name, help, 'gauge', async () => {
      try {
        return [...(await collect())]
      } catch (error) {
        this.#onCollectError(name, error)
        return []
      }
    })
  }

  /** What was counted here; what is measured at a scrape (gauges) is the node's, and measured once. */
  async counted(): Promise<Counted> {
    const counting = this.#definitions.filter(({ type }) => type !== 'gauge')
    return Object.fromEntries(await Promise.all(counting.map(async ({ name, samples }) => [name, await samples()])))
  }

  /** The answer to a scrape. `others` is what other threads of the node have counted, which is added. */
  async render(others: readonly Counted[] = []): Promise<{ contentType: string; body: string }> {
    this.#registry ??= this.#createRegistry()
    const registry = await this.#registry
    this.#others = others
    return { contentType: registry.contentType, body: await registry.metrics() }
  }

  #define(name: string, help: string, type: Definition['type'], samples: Samples): void {
    if (this.#registry !== undefined) throw new Error(`metric ${name} is defined after the first scrape`)
    if (this.#definitions.some((other) => other.name === `millrace_${name}`)) throw new Error(`metric ${name} exists`)
    this.#definitions.push({ name: `millrace_${name}`, help, type, samples })
  }

  async #createRegistry(): Promise<Registry> {
    const { Registry, collectDefaultMetrics } = await import('prom-client')
    const registry = new Registry()
    for (const { name, help, type, samples } of this.#definitions) {
      const get = async () => {
        const values = summed([await samples(), ...this.#others.map((other) => other[name] ?? [])])
        return { name, help, type, aggregator: 'sum', values }
      }
      // The registry asks a metric for no more than its name and values.
      registry.registerMetric({ name, get } as unknown as Metric)
    }
    collectDefaultMetrics({ register: registry })
    return registry
  }
}

/** Adds up the samples of one metric by their labels. */
function summed(sources: readonly (readonly MetricValue<string>[])[]): MetricValue<string>[] {
  const [own = []] = sources
  if (sources.length === 1) return [...own]
  const sums = new Map<string, MetricValue<string>>()
  for (const sample of sources.flat()) {
    const key = JSON.stringify([(sample as { metricName?: string }).metricName, sample.labels])
    sums.set(key, { ...sample, value: (sums.get(key)?.value ?? 0) + sample.value })
  }
  return [...sums.values()]
}

function histogramSamples(name: string, labels: Labels, { bounds, counts, sum }: HistogramChild) {
  let count = 0
  const buckets = Array.from(counts, (inBucket, i) => {
    count += inBucket
    return { metricName: `${name}_bucket`, labels: { ...labels, le: bounds[i] ?? '+Inf' }, value: count }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ]
}
