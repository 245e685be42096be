/**
 * One run of a benchmark: what was chosen, one thing after the other, each on new nodes.
 *
 * Machines drift, so the yardsticks are measured for a moment before each scenario and at the end. A scenario that fails is
 * reported as failed, and the others still run.
 */
import { yardstickRun } from './figures.ts'
import type { Run } from './load/generator.ts'
import type { Measured } from './load/meter.ts'
import { type NewNodes, onNewNodes } from './nodes.ts'
import type { Resource, Scenario } from './scenario.ts'
import { generate, type Server } from './servers.ts'
import type { Place, Store } from './stores.ts'
import type { YardstickRun } from './yardstick.ts'

export interface Options {
  readonly seconds: number
  readonly connections: number
  /** Names of what is to be measured. */
  readonly chosen: ReadonlySet<string>
  /** How many messages the deep queue of SQS holds. */
  readonly deepMessages: number
  /** How many messages go through the queue of its `churn`. */
  readonly churnMessages: number
  /** The entry file of the node to be measured. */
  readonly entry: string
  /** A server that already runs, instead of a node of our own. */
  readonly against?: Server
}

/** What holds for all scenarios of a benchmark. */
export interface Conditions {
  /** Flags that its nodes need. */
  readonly nodeArgs: readonly string[]
  /** An operation beside which others stand, measured with each of them. */
  readonly reference?: Scenario
}

/** A run, or why there is no figure. */
export type Outcome = { readonly measured: Measured } | { readonly failure: string }

export interface Results {
  readonly ceiling: readonly YardstickRun[]
  /** Of the reference, where there is one. */
  readonly reference: readonly YardstickRun[]
  /** By the name of the scenario. */
  readonly outcomes: Readonly<Record<string, Outcome>>
  /** What went wrong outside the scenarios. */
  readonly failures: readonly string[]
}

/** What load is put on, by way of the nodes that share it. */
interface Target extends Pick<Resource, 'resource'> {
  readonly servers: readonly Server[]
}

const WARM_UP_SECONDS = 2

export class Session {
  readonly options: Options
  readonly store: Store
  /** Is told what is being done. */
  readonly say: (text: string) => void
  readonly #conditions: Conditions
  readonly #ceiling: YardstickRun[] = []
  readonly #reference: YardstickRun[] = []
  readonly #outcomes: Record<string, Outcome> = {}
  readonly #failures: string[] = []

  constructor(options: Options, store: Store, conditions: Conditions, say: (text: string) => void) {
    this.options = options
    this.store = store
    this.say = say
    this.#conditions = conditions
  }

  /** Runs those that were chosen. */
  async runAll(scenarios: readonly Scenario[]): Promise<void> {
    for (const scenario of scenarios.filter(({ name }) => this.options.chosen.has(name))) {
      await this.measure(scenario, () => this.#onNewResource(scenario))
    }
  }

  /** Measures the yardsticks, and then a scenario by `run`. */
  async measure({ name, title }: Pick<Scenario, 'name' | 'title'>, run: () => Promise<Measured>): Promise<void> {
    this.say(title)
    await this.#measureYardsticks()
    this.#outcomes[name] = await outcomeOf(run)
  }

  /** Does something that is no scenario, if it was chosen. Undefined if it wasn't, or failed. */
  async step<T>(name: string, work: (session: this) => Promise<T>): Promise<T | undefined> {
    if (!this.options.chosen.has(name)) return undefined
    this.say(name)
    try {
      return await work(this)
    } catch (error) {
      this.#failures.push(`${name}: ${(error as Error).message}`)
      return undefined
    }
  }

  /** Measures the yardsticks for the last time. */
  async end(): Promise<Results> {
    await this.#measureYardsticks()
    return {
      ceiling: this.#ceiling,
      reference: this.#reference,
      outcomes: this.#outcomes,
      failures: this.#failures,
    }
  }

  load({ servers, resource }: Target, run: Pick<Run, 'flow'> & Partial<Run>): Promise<Measured> {
    const { connections, seconds } = this.options
    return generate({
      endpoints: servers.map(({ endpoint }) => endpoint),
      serverPids: servers.flatMap(({ pid }) => pid ?? []),
      postgresPid: this.store.postgresPid,
      resource,
      connections,
      warmUpSeconds: WARM_UP_SECONDS,
      seconds,
      ...run,
    })
  }

  newNodes(count: number): NewNodes {
    return { store: this.store, entry: this.options.entry, count, args: this.#conditions.nodeArgs }
  }

  async #measureYardsticks(): Promise<void> {
    const { reference } = this.#conditions
    this.#ceiling.push(await this.store.ceiling.measure())
    if (reference !== undefined) this.#reference.push(yardstickRun(await this.#onNewResource(reference)))
  }

  async #onNewResource(scenario: Scenario): Promise<Measured> {
    const { against } = this.options
    if (against === undefined) {
      return onNewNodes(this.newNodes(scenario.twoNodes ? 2 : 1), async (servers, place) => {
        const { resource } = await scenario.on(servers[0])
        return this.#run(scenario, { servers, resource }, place)
      })
    }
    const { resource, remove } = await scenario.on(against)
    const measured = await this.#run(scenario, { servers: [against], resource })
    await remove()
    return measured
  }

  async #run(scenario: Scenario, target: Target, place?: Place): Promise<Measured> {
    const { flow, pairSeconds, deaf, filled, warmUpSeconds = WARM_UP_SECONDS } = scenario
    const { seconds } = this.options
    if (filled) await this.load(target, { flow: 'sendBatch', seconds })
    if (pairSeconds === undefined) return this.load(target, { flow, warmUpSeconds })
    const database = place?.database
    const deafening = deaf && database && { url: database.url, applicationName: database.applicationName(1) }
    return this.load(target, { flow, connections: 2, seconds: Math.max(pairSeconds, seconds), deafening })
  }
}

async function outcomeOf(run: () => Promise<Measured>): Promise<Outcome> {
  try {
    return { measured: await run() }
  } catch (error) {
    return { failure: (error as Error).message }
  }
}
