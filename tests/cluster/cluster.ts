/**
 * Nodes that share a database, as the site of a run. Calls go to any node that is up, as a load balancer would send them;
 * now and then it notices too late that one isn't.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import type { PostgresServer } from '../../src/testing/postgres-server.ts'
import { NodeUnderTest } from '../workload/node-under-test.ts'
import type { Random } from '../workload/random.ts'
import type { Site } from '../workload/scene.ts'
import { StoreProxy } from './store-proxy.ts'

const STRAY_PROBABILITY = 0.01
/** Time for a node to be ready again once what kept it from being so is over. */
const RECOVERY_DEADLINE_MS = 20_000

/** One node, and its way to the database. */
export interface Member {
  readonly node: NodeUnderTest
  readonly proxy: StoreProxy
}

export interface ClusterOptions {
  readonly nodes: number
  /** Flags of each. */
  readonly args: readonly string[]
  readonly cutsClientsOff: boolean
  readonly random: Random
}

export class Cluster implements Site {
  readonly members: readonly Member[]
  readonly cutsClientsOff: boolean
  readonly databaseUrl: string
  faults = 0
  slowestRecoveryMs = 0
  /** Told of whatever a node should have done by itself, and hasn't. */
  onProblem: (problem: string) => void = () => undefined
  /** What `upset` does. */
  fault: () => Promise<void> = async () => undefined
  readonly #random: Random

  private constructor(databaseUrl: string, members: readonly Member[], cutsClientsOff: boolean, random: Random) {
    this.databaseUrl = databaseUrl
    this.members = members
    this.cutsClientsOff = cutsClientsOff
    this.#random = random
  }

  /** On a new database of the given name. Resolves when all nodes are ready. */
  static async start(postgres: PostgresServer, name: string, options: ClusterOptions): Promise<Cluster> {
    await createDatabase(postgres, name)
    const members: Member[] = []
    for (let i = 0; i < options.nodes; i++) {
      const proxy = await StoreProxy.start(postgres.port)
      members.push({ proxy, node: new NodeUnderTest({ store: postgres.url(name, proxy.port), args: options.args }) })
    }
    const cluster = new Cluster(postgres.url(name), members, options.cutsClientsOff, options.random)
    for (const [i, { node }] of members.entries())
      node.onEnd = (how) => {
        cluster.onProblem(`node ${i + 1} ${how}`)
        void node.start() // as a supervisor would, so that the run can go on
      }
    await Promise.all(members.map(({ node }) => node.start())) // at once: they have to agree on who migrates
    return cluster
  }

  get urls(): readonly string[] {
    return this.members.map(({ node }) => node.url)
  }

  async pick(): Promise<string> {
    for (;;) {
      const nodes = this.members.map(({ node }) => node)
      const up = nodes.filter(({ isUp }) => isUp)
      const candidates = up.length === 0 || this.#random.chance(STRAY_PROBABILITY) ? nodes : up
      if (up.length > 0) return this.#random.pick(candidates as [NodeUnderTest, ...NodeUnderTest[]]).url
      await Promise.race(nodes.map((node) => node.up()))
    }
  }

  async upset(): Promise<void> {
    await this.fault()
    await this.#recovered()
    this.faults++
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map(({ node }) => node.kill()))
    for (const { proxy } of this.members) proxy.close()
  }

  /** For the end of this process, when there is no time to wait. */
  killNow(): void {
    for (const { node } of this.members) node.killNow()
  }

  /** Nobody helps the nodes: they are only asked how they are. */
  async #recovered(): Promise<void> {
    const began = performance.now()
    const deadline = began + RECOVERY_DEADLINE_MS
    for (const url of this.urls) {
      for (let health = await healthOf(url); health !== 'ready'; health = await healthOf(url)) {
        if (performance.now() > deadline)
          return this.onProblem(
            `${url} is not ready ${RECOVERY_DEADLINE_MS} ms after fault ${this.faults + 1}: ${health}`,
          )
        await pause(50)
      }
    }
    this.slowestRecoveryMs = Math.max(this.slowestRecoveryMs, Math.round(performance.now() - began))
  }
}

async function healthOf(url: string): Promise<string> {
  try {
    const answer = await fetch(`${url}/_millrace/health`, { signal: AbortSignal.timeout(5_000) })
    return answer.ok ? 'ready' : await answer.text()
  } catch (error) {
    return String(error)
  }
}

async function createDatabase(postgres: PostgresServer, name: string): Promise<void> {
  const admin = new Client({ connectionString: postgres.url('postgres') })
  await admin.connect()
  await admin.query(`create database "${name}"`)
  await admin.end()
}
