/**
 * The SQS benchmark: every scenario beside the bare server's ceiling, measured in the same run.
 *
 * Machines drift, so the bare server runs for a moment before each scenario and at the end; its median counts. A
 * scenario that fails is reported as failed, and the others still run.
 */
import type { Measured } from './load/meter.ts'
import { DEEP, type Scenario, START_UP, scenarios } from './load/scenarios.ts'
import { residentBytes } from './machine.ts'
import { createQueue, deleteQueue } from './queue.ts'
import { generate, type Node, newFolder, removeFolder, type Server, startBareServer, startNode } from './servers.ts'

export interface Options {
  readonly seconds: number
  readonly connections: number
  /** Names of scenarios, `startup` and `deep`. */
  readonly chosen: ReadonlySet<string>
  /** How many messages the deep queue holds. */
  readonly deepMessages: number
  /** The entry file of the node to be measured. */
  readonly entry: string
  /** A server that already runs, instead of a node of our own. */
  readonly against?: Server
}

/** A run, or why there is no figure. */
export type Outcome = { readonly measured: Measured } | { readonly failure: string }

export interface Results {
  readonly bare: readonly Measured[]
  readonly empty: Readonly<Record<string, Outcome>>
  readonly deep: Readonly<Record<string, Outcome>>
  /** What went wrong outside the scenarios. */
  readonly failures: readonly string[]
  readonly startUpMillis: readonly number[]
  readonly deepStartUpMillis: readonly number[]
  readonly idleBytes?: number
  readonly deepBytes?: number
}

const WARM_UP_SECONDS = 2
const BARE_SECONDS = 2
const BARE_WARM_UP_SECONDS = 1
const FILL_DEADLINE_SECONDS = 900
const EMPTY_STARTS = 5
const DEEP_STARTS = 3

/** Runs what was chosen; `say` is told what is being done. */
export async function benchSqs(options: Options, say: (text: string) => void): Promise<Results> {
  const bare = await startBareServer()
  const bench = new Bench(options, bare, say)
  try {
    return await bench.run()
  } finally {
    await bare.stop()
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

class Bench {
  readonly #options: Options
  readonly #bare: Server
  readonly #say: (text: string) => void
  readonly #bareRuns: Measured[] = []
  readonly #empty: Record<string, Outcome> = {}
  readonly #deep: Record<string, Outcome> = {}
  readonly #failures: string[] = []
  readonly #node: Mutable<Pick<Results, 'startUpMillis' | 'deepStartUpMillis' | 'idleBytes' | 'deepBytes'>> = {
    startUpMillis: [],
    deepStartUpMillis: [],
  }

  constructor(options: Options, bare: Server, say: (text: string) => void) {
    this.#options = options
    this.#bare = bare
    this.#say = say
  }

  async run(): Promise<Results> {
    const { chosen, against } = this.#options
    if (chosen.has(START_UP) && against === undefined) await this.#step('start-up', () => this.#startUps())
    for (const scenario of scenarios.filter(({ name }) => chosen.has(name))) {
      this.#say(scenario.title)
      await this.#runBare()
      this.#empty[scenario.name] = await outcomeOf(() => this.#onNewQueue(scenario))
    }
    if (chosen.has(DEEP)) await this.#step('the deep queue', () => this.#deepQueue())
    await this.#runBare()
    return {
      bare: this.#bareRuns,
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

  async #runBare(): Promise<void> {
    const times = { warmUpSeconds: BARE_WARM_UP_SECONDS, seconds: BARE_SECONDS }
    this.#bareRuns.push(await this.#load(this.#bare, 'http://127.0.0.1:4566/000000000000/bench', 'send', times))
  }

  async #startUps(): Promise<void> {
    const millis: number[] = []
    for (let n = 0; n < EMPTY_STARTS; n++) {
      await onNewNode(this.#options.entry, async (node) => {
        millis.push(node.startUpMillis)
        await createQueue(node.endpoint, 'idle', false)
        this.#node.idleBytes = residentBytes(node.pid)
      })
    }
    this.#node.startUpMillis = millis
  }

  #onNewQueue(scenario: Scenario): Promise<Measured> {
    return this.#onServer(async (server) => {
      const queueUrl = await createQueue(server.endpoint, scenario.name, scenario.fifo === true)
      const { seconds } = this.#options
      if (scenario.filled) await this.#load(server, queueUrl, 'sendBatch', { warmUpSeconds: WARM_UP_SECONDS, seconds })
      const measured = await this.#load(server, queueUrl, scenario.flow)
      // A node of ours goes with its data; someone else's server is left as it was found.
      if (this.#options.against) await deleteQueue(server.endpoint, queueUrl)
      return measured
    })
  }

  async #onServer<T>(use: (server: Server) => Promise<T>): Promise<T> {
    const { against, entry } = this.#options
    return against ? use(against) : onNewNode(entry, use)
  }

  async #deepQueue(): Promise<void> {
    const { against } = this.#options
    if (against === undefined) return inNewFolder((folder) => this.#deepNode(folder))
    const queueUrl = await this.#fill(against)
    await this.#onDeepQueue(against, queueUrl)
    await deleteQueue(against.endpoint, queueUrl)
  }

  /** Fills a node, starts it again a few times on what it holds, and puts the last one under load. */
  async #deepNode(folder: string): Promise<void> {
    const { entry } = this.#options
    let node = await startNode(entry, folder)
    try {
      const queuePath = new URL(await this.#fill(node)).pathname
      this.#node.deepBytes = residentBytes(node.pid)
      const millis: number[] = []
      for (let n = 0; n < DEEP_STARTS; n++) {
        await node.stop()
        node = await startNode(entry, folder)
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
    const filled = await this.#load(server, queueUrl, 'sendBatch', {
      warmUpSeconds: 0,
      seconds: FILL_DEADLINE_SECONDS,
      messages: deepMessages,
    })
    if (filled.messages < deepMessages) throw new Error(`holds ${filled.messages} messages after ${filled.seconds} s`)
    this.#say(`  filled with ${filled.messages} messages in ${filled.seconds.toFixed(1)} s`)
    return queueUrl
  }

  async #onDeepQueue(server: Server, queueUrl: string): Promise<void> {
    for (const scenario of scenarios.filter(({ deep }) => deep)) {
      this.#say(`  ${scenario.title}, deep`)
      await this.#runBare()
      this.#deep[scenario.name] = await outcomeOf(() => this.#load(server, queueUrl, scenario.flow))
    }
  }

  #load(server: Server, queueUrl: string, flow: Scenario['flow'], times?: Times): Promise<Measured> {
    const { connections, seconds } = this.#options
    const { endpoint, pid } = server
    const during = times ?? { warmUpSeconds: WARM_UP_SECONDS, seconds }
    return generate({ endpoint, serverPid: pid, queueUrl, flow, connections, ...during })
  }
}

interface Times {
  readonly warmUpSeconds: number
  readonly seconds: number
  readonly messages?: number
}

async function outcomeOf(run: () => Promise<Measured>): Promise<Outcome> {
  try {
    return { measured: await run() }
  } catch (error) {
    return { failure: (error as Error).message }
  }
}

const onNewNode = <T>(entry: string, use: (node: Node) => Promise<T>): Promise<T> =>
  inNewFolder(async (folder) => {
    const node = await startNode(entry, folder)
    try {
      return await use(node)
    } finally {
      await node.stop()
    }
  })

async function inNewFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = newFolder()
  try {
    return await use(folder)
  } finally {
    removeFolder(folder)
  }
}
