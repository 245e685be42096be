/**
 * The SQS benchmark: every scenario beside the store's ceiling, measured in the same run.
 *
 * Machines drift, so the ceiling is measured for a moment before each scenario and at the end; the median counts. A
 * scenario that fails is reported as failed, and the others still run.
 */
import type { CeilingRun } from './ceiling.ts'
import { type Churn, churn } from './churn.ts'
import type { Run } from './load/generator.ts'
import type { Measured } from './load/meter.ts'
import { CHURN, DEEP, type Scenario, START_UP, scenarios } from './load/scenarios.ts'
import { residentBytes } from './machine.ts'
import { inNewPlace, onNewNodes } from './nodes.ts'
import { createQueue, deleteQueue } from './queue.ts'
import { generate, type Server, startNode } from './servers.ts'
import type { Place, Store } from './stores.ts'

export interface Options {
  readonly seconds: number
  readonly connections: number
  /** Names of scenarios, `startup`, `deep` and `churn`. */
  readonly chosen: ReadonlySet<string>
  /** How many messages the deep queue holds. */
  readonly deepMessages: number
  /** How many messages go through the queue of `churn`. */
  readonly churnMessages: number
  /** The entry file of the node to be measured. */
  readonly entry: string
  /** A server that already runs, instead of a node of our own. */
  readonly against?: Server
}

/** A run, or why there is no figure. */
export type Outcome = { readonly measured: Measured } | { readonly failure: string }

export interface Results {
  readonly ceiling: readonly CeilingRun[]
  readonly empty: Readonly<Record<string, Outcome>>
  readonly deep: Readonly<Record<string, Outcome>>
  /** What went wrong outside the scenarios. */
  readonly failures: readonly string[]
  readonly startUpMillis: readonly number[]
  readonly deepStartUpMillis: readonly number[]
  readonly idleBytes?: number
  readonly deepBytes?: number
  readonly churn?: Churn
}

const WARM_UP_SECONDS = 2
const FILL_DEADLINE_SECONDS = 900
const EMPTY_STARTS = 5
const DEEP_STARTS = 3

/** Runs what was chosen; `say` is told what is being done. */
export function benchSqs(options: Options, store: Store, say: (text: string) => void): Promise<Results> {
  return new Bench(options, store, say).run()
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
/** What a node is and holds, besides how it bears a load. */
type NodeResults = Pick<Results, 'startUpMillis' | 'deepStartUpMillis' | 'idleBytes' | 'deepBytes' | 'churn'>

/** What load is put on: a queue, by way of the nodes that share it. */
interface Target {
  readonly servers: readonly Server[]
  readonly queueUrl: string
}

class Bench {
  readonly #options: Options
  readonly #store: Store
  readonly #say: (text: string) => void
  readonly #ceiling: CeilingRun[] = []
  readonly #empty: Record<string, Outcome> = {}
  readonly #deep: Record<string, Outcome> = {}
  readonly #failures: string[] = []
  readonly #node: Mutable<NodeResults> = { startUpMillis: [], deepStartUpMillis: [] }

  constructor(options: Options, store: Store, say: (text: string) => void) {
    this.#options = options
    this.#store = store
    this.#say = say
  }

  async run(): Promise<Results> {
    const { chosen, against } = this.#options
    if (chosen.has(START_UP) && against === undefined) await this.#step('start-up', () => this.#startUps())
    for (const scenario of scenarios.filter(({ name }) => chosen.has(name))) {
      this.#say(scenario.title)
      await this.#measureCeiling()
      this.#empty[scenario.name] = await outcomeOf(() => this.#onNewQueue(scenario))
    }
    if (chosen.has(DEEP)) await this.#step('the deep queue', () => this.#deepQueue())
    if (chosen.has(CHURN)) await this.#step('churn', () => this.#churn())
    await this.#measureCeiling()
    return {
      ceiling: this.#ceiling,
      empty: this.#empty,
      deep: this.#deep,
      failures: this.#failures,
      ...this.#node,
    }
  }

  async #step(title: string, measure: () => Promise<void>): Promise<void> {
    this.#say(title)
    try {
      await measure()
    } catch (error) {
      this.#failures.push(`${title}: ${(error as Error).message}`)
    }
  }

  async #measureCeiling(): Promise<void> {
    this.#ceiling.push(await this.#store.ceiling.measure())
  }

  async #startUps(): Promise<void> {
    const millis: number[] = []
    for (let n = 0; n < EMPTY_STARTS; n++) {
      await onNewNodes(this.#newNodes(1), async ([node]) => {
        millis.push(node.startUpMillis)
        await createQueue(node.endpoint, 'idle', false)
        this.#node.idleBytes = residentBytes(node.pid)
      })
    }
    this.#node.startUpMillis = millis
  }

  async #onNewQueue(scenario: Scenario): Promise<Measured> {
    const { against } = this.#options
    if (against === undefined) {
      const nodes = this.#newNodes(scenario.twoNodes ? 2 : 1)
      return onNewNodes(nodes, async (servers, place) => {
        return this.#measure(scenario, { servers, queueUrl: await newQueue(servers[0], scenario) }, place)
      })
    }
    const queueUrl = await newQueue(against, scenario)
    const measured = await this.#measure(scenario, { servers: [against], queueUrl })
    // A node of ours goes with its data; someone else's server is left as it was found.
    await deleteQueue(against.endpoint, queueUrl)
    return measured
  }

  async #measure(scenario: Scenario, target: Target, place?: Place): Promise<Measured> {
    const { flow, pairSeconds, deaf, filled } = scenario
    const { seconds } = this.#options
    if (filled) await this.#load(target, { flow: 'sendBatch', seconds })
    if (pairSeconds === undefined) return this.#load(target, { flow })
    const database = place?.database
    const deafening = deaf && database && { url: database.url, applicationName: database.applicationName(1) }
    return this.#load(target, { flow, connections: 2, seconds: Math.max(pairSeconds, seconds), deafening })
  }

  async #deepQueue(): Promise<void> {
    const { against } = this.#options
    if (against === undefined) return inNewPlace(this.#store, (place) => this.#deepNode(place))
    const queueUrl = await this.#fill(against)
    await this.#onDeepQueue(against, queueUrl)
    await deleteQueue(against.endpoint, queueUrl)
  }

  /** Fills a node, starts it again a few times on what it holds, and puts the last one under load. */
  async #deepNode(place: Place): Promise<void> {
    const start = () => startNode(this.#options.entry, place.nodeArgs(0))
    let node = await start()
    try {
      const queuePath = new URL(await this.#fill(node)).pathname
      this.#node.deepBytes = residentBytes(node.pid)
      const millis: number[] = []
      for (let n = 0; n < DEEP_STARTS; n++) {
        await node.stop()
        node = await start()
        millis.push(node.startUpMillis)
      }
      this.#node.deepStartUpMillis = millis
      await this.#onDeepQueue(node, node.endpoint + queuePath)
    } finally {
      await node.stop()
    }
  }

  async #fill(server: Server): Promise<string> {
    const { deepMessages } = this.#options
    const queueUrl = await createQueue(server.endpoint, DEEP, false)
    const filled = await this.#load(
      { servers: [server], queueUrl },
      { flow: 'sendBatch', warmUpSeconds: 0, seconds: FILL_DEADLINE_SECONDS, messages: deepMessages },
    )
    if (filled.messages < deepMessages) throw new Error(`holds ${filled.messages} messages after ${filled.seconds} s`)
    this.#say(`  filled with ${filled.messages} messages in ${filled.seconds.toFixed(1)} s`)
    return queueUrl
  }

  async #onDeepQueue(server: Server, queueUrl: string): Promise<void> {
    for (const { name, title, flow } of scenarios.filter(({ deep }) => deep)) {
      this.#say(`  ${title}, deep`)
      await this.#measureCeiling()
      this.#deep[name] = await outcomeOf(() => this.#load({ servers: [server], queueUrl }, { flow }))
    }
  }

  async #churn(): Promise<void> {
    const { entry, connections, churnMessages: messages } = this.#options
    this.#node.churn = await churn({ store: this.#store, entry, connections, messages }, this.#say)
  }

  #load({ servers, queueUrl }: Target, run: Pick<Run, 'flow'> & Partial<Run>): Promise<Measured> {
    const { connections, seconds } = this.#options
    return generate({
      endpoints: servers.map(({ endpoint }) => endpoint),
      serverPids: servers.flatMap(({ pid }) => pid ?? []),
      postgresPid: this.#store.postgresPid,
      queueUrl,
      connections,
      warmUpSeconds: WARM_UP_SECONDS,
      seconds,
      ...run,
    })
  }

  #newNodes(count: number) {
    return { store: this.#store, entry: this.#options.entry, count }
  }
}

const newQueue = ({ endpoint }: Server, { name, fifo }: Scenario) => createQueue(endpoint, name, fifo === true)

async function outcomeOf(run: () => Promise<Measured>): Promise<Outcome> {
  try {
    return { measured: await run() }
  } catch (error) {
    return { failure: (error as Error).message }
  }
}
