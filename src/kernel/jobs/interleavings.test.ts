import assert from 'node:assert/strict'
import { after, before, mock, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { pino } from 'pino'
import { SystemClock } from '../clock/clock.ts'
import { cancel, type Job, type JobOutcome, type RunningJobs, schedule, startJobs } from './jobs.ts'
import { type Connection, TestStore } from './test-store.ts'

before(() => mock.timers.enable({ apis: ['Date', 'setTimeout'], now: 1_700_000_000_000 }))
after(() => mock.timers.reset())

type Step =
  | { readonly do: 'schedule'; readonly key: string; readonly inMs: number }
  | { readonly do: 'cancel'; readonly key: string }
  | { readonly do: 'end' | 'fail' | 'repeat'; readonly pick: number }
  | { readonly do: 'crash' | 'stop'; readonly pick: number }
  | { readonly do: 'pass'; readonly ms: number }

const pick = fc.nat(100)
const key = fc.constantFrom('a', 'b', 'c')
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('schedule'), key, inMs: fc.oneof(fc.constant(0), fc.nat(20_000)) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel'), key }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('end', 'fail', 'repeat'), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('crash', 'stop'), pick }) },
  // Less than it takes to renew a lease: with more, time would pass that no node has seen.
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass'), ms: fc.nat(9_000) }) },
) as fc.Arbitrary<Step>

interface Run {
  readonly job: Job
  readonly node: Node
  readonly end: (outcome: JobOutcome) => void
  readonly fail: (error: Error) => void
}

interface Node {
  readonly jobs: RunningJobs
  readonly connection: Connection
}

/** Two nodes over one store; a node that crashes or stops is replaced by another. */
class Simulation {
  readonly #clock = new SystemClock()
  readonly #store = new TestStore(this.#clock)
  readonly #nodes: Node[] = []
  #runs: Run[] = []
  /** The payloads that a handler has completed; each scheduling has its own. */
  readonly completed = new Set<number>()
  /** Those that may never complete: replaced before they began, or cancelled. */
  readonly excused = new Set<number>()
  /** Runs that began while another of the same job was under way. */
  readonly overlaps: Job[] = []
  readonly #latest = new Map<string, number>()
  #scheduled = 0

  constructor() {
    this.#startNode()
    this.#startNode()
  }

  get scheduled(): number {
    return this.#scheduled
  }

  get rows(): unknown[] {
    return this.#store.jobs()
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'schedule':
        await this.#schedule(step.key, step.inMs)
        break
      case 'cancel':
        if (await this.#store.transaction((tx) => cancel(tx, 'k', step.key))) this.#excuseLatest(step.key)
        break
      case 'crash':
      case 'stop':
        await this.#leave(this.#nodes[step.pick % this.#nodes.length] as Node, step.do)
        break
      case 'pass':
        this.#clock.shift(step.ms)
        break
      default:
        this.#end(this.#runs[step.pick % this.#runs.length], step.do)
    }
    await settle()
  }

  /** Time passes and every handler succeeds, until nothing is left to do. */
  async runDry(): Promise<void> {
    for (let round = 0; round < 200 && this.rows.length > 0; round++) {
      for (const run of [...this.#runs]) this.#end(run, 'end')
      await this.take({ do: 'pass', ms: 9_000 })
    }
  }

  close(): void {
    this.#store.close()
  }

  #startNode(): void {
    const connection = this.#store.connect()
    const node: Node = {
      connection,
      jobs: startJobs({
        store: connection,
        clock: this.#clock,
        log: pino({ level: 'silent' }),
        nodeId: crypto.randomUUID(),
        handlers: { k: (job) => this.#run(job, node) },
      }),
    }
    this.#nodes.push(node)
  }

  #run(job: Job, node: Node): Promise<JobOutcome> {
    if (this.#runs.some((other) => other.job.key === job.key)) this.overlaps.push(job)
    return new Promise((end, fail) => this.#runs.push({ job, node, end, fail }))
  }

  #end(run: Run | undefined, how: 'end' | 'fail' | 'repeat'): void {
    if (run === undefined) return
    this.#runs = this.#runs.filter((other) => other !== run)
    if (how === 'fail') return run.fail(new Error('failed'))
    this.completed.add(run.job.payload as number)
    run.end(how === 'end' ? { done: true } : { again: this.#clock.now() + 1_000 })
  }

  async #schedule(key: string, inMs: number): Promise<void> {
    const payload = this.#scheduled++
    this.#excuseLatest(key)
    this.#latest.set(key, payload)
    await this.#store.transaction((tx) => schedule(tx, { kind: 'k', key, due: this.#clock.now() + inMs, payload }))
  }

  #excuseLatest(key: string): void {
    const payload = this.#latest.get(key)
    if (payload !== undefined) this.excused.add(payload)
  }

  async #leave(node: Node, how: 'crash' | 'stop'): Promise<void> {
    this.#nodes.splice(this.#nodes.indexOf(node), 1)
    // Its process ends with it. After a crash the jobs are still leased, and wait until the leases expire.
    this.#runs = this.#runs.filter((run) => run.node !== node)
    if (how === 'crash') node.connection.cut()
    else {
      const stopped = node.jobs.stop(0)
      await settle()
      await stopped
    }
    this.#startNode()
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) {
    await nextTurn()
    if (turn % 4 === 3) mock.timers.tick(1)
  }
}

test('every job is completed, whatever crashes, and none runs twice at once', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
      const simulation = new Simulation()
      for (const step of steps) await simulation.take(step)
      await simulation.runDry()
      simulation.close()
      assert.deepEqual(simulation.rows, [])
      assert.deepEqual(simulation.overlaps, [])
      for (let payload = 0; payload < simulation.scheduled; payload++) {
        const { completed, excused } = simulation
        assert.ok(completed.has(payload) || excused.has(payload), `scheduling ${payload} never completed`)
      }
    }),
    { numRuns: 60 },
  )
})
