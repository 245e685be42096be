/** What befalls a cluster. Each is one disturbance, from its beginning to the moment from which the nodes are on their own. */
import { setTimeout as pause } from 'node:timers/promises'
import type { PostgresServer } from '../../src/testing/postgres-server.ts'
import type { Random } from '../workload/random.ts'
import type { Scene } from '../workload/scene.ts'
import type { Cluster, Member } from './cluster.ts'

export interface Stage {
  readonly cluster: Cluster
  readonly postgres: PostgresServer
  readonly scene: Scene
  readonly random: Random
}

export interface Fault {
  readonly what: string
  /** Whether clients lose their connections; if not, every call has to be answered. */
  readonly cutsClientsOff: boolean
  /** Figures that it may leave at zero. */
  readonly leavesOut: readonly string[]
  /** Flags of the nodes. */
  readonly args: readonly string[]
  /** Longest time between two of them, in milliseconds. */
  readonly everyMs: number
  /** `round` counts from 0: what comes in two kinds takes turns, so that a short run has both. */
  happen(stage: Stage, round: number): Promise<void>
}

/** More than a job's lease (30 s), far less than the five minutes for which deduplication ids are remembered. */
const PAST_LEASES_MS = 40_000

/** A statement has one second; a node waits five more for an answer, so that silence comes to an end within a short run. */
const IMPATIENT = ['--store-statement-timeout-ms', '1000']
const LOST_PATIENCE_MS = 7_000

export const faults: Readonly<Record<string, Fault>> = {
  kill: {
    what: 'a node is killed with SIGKILL, and started again',
    cutsClientsOff: true,
    leavesOut: [],
    args: [],
    everyMs: 1500,
    async happen({ cluster, random }) {
      const { node } = anyOf(cluster, random)
      await node.kill()
      await pause(random.int(0, 1000))
      await node.start()
    },
  },

  restart: {
    what: 'PostgreSQL is restarted under load, at times without a proper stop',
    cutsClientsOff: false,
    leavesOut: [],
    args: [],
    everyMs: 3000,
    async happen({ postgres, random }, round) {
      await postgres.stop(round % 2 === 0 ? 'immediate' : 'fast')
      await pause(random.int(0, 1500))
      await postgres.start()
    },
  },

  freeze: {
    what: 'a node is stopped in its tracks (SIGSTOP) until what it holds has expired, and goes on',
    cutsClientsOff: false,
    leavesOut: ['sendsUnknown', 'deletesUnknown'],
    args: IMPATIENT,
    everyMs: 1500,
    async happen({ cluster, scene, random }, round) {
      const { node } = anyOf(cluster, random)
      const another = cluster.urls.find((url) => url !== node.url)
      node.freeze()
      try {
        await pause(random.int(200, 2500)) // longer than most visibility timeouts
        if (round % 2 === 0) await scene.shiftClock(PAST_LEASES_MS, another)
      } finally {
        node.resume()
      }
    },
  },

  cut: {
    what: 'a node is cut off from PostgreSQL, by ended connections or by silence',
    cutsClientsOff: false,
    leavesOut: [],
    args: IMPATIENT,
    everyMs: 1500,
    async happen({ cluster, random }, round) {
      const { proxy } = anyOf(cluster, random)
      if (round % 2 === 0) proxy.cut()
      else proxy.silence()
      await pause(round % 4 === 1 ? LOST_PATIENCE_MS : random.int(100, 3000))
      proxy.restore()
    },
  },
}

const anyOf = ({ members }: Cluster, random: Random): Member => random.pick(members as [Member, ...Member[]])
