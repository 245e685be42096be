/**
 * The crash test: producers and consumers work with a node that is killed with SIGKILL at random moments and started
 * again on the same data. What must hold is in ../workload/rules.ts; how it is known, in ../workload/ledger.ts.
 *
 *     npm run test:crash -- --rounds 200 --seed 42
 *
 * Exit code 1 if a rule was broken; the data folder is then kept. A seed repeats what is tried, not the machine's pace.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { finish, report } from '../workload/finish.ts'
import { Ledger } from '../workload/ledger.ts'
import { createQueues } from '../workload/queues.ts'
import { Random } from '../workload/random.ts'
import { Scene } from '../workload/scene.ts'
import { startWorkers } from '../workload/workers.ts'
import { CrashFigures } from './figures.ts'
import { inspect } from './inspection.ts'
import { SingleNode } from './single-node.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '200' }, seed: { type: 'string' } } })
const rounds = Number(values.rounds)
if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number above 0')
const seed = values.seed ?? String(Date.now() % 1_000_000)
/** What was begun is done within seconds. */
const END_DEADLINE_MS = 60_000

const site = new SingleNode()
const { node, dataDir } = site
console.log(`Crash test: ${rounds} rounds, --seed ${seed}, data in ${dataDir}`)
process.once('exit', () => node.killNow())
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const figures = new CrashFigures()
const ledger = new Ledger(figures)
const random = new Random(seed)
node.onEnd = (how) => ledger.violate('recovers', how)
await site.start()
// With the SDK's own repeats the ledger could not tell the node's duplicates from the client's.
const scene = new Scene({ site, ledger, random, maxAttempts: 1 })
const queues = await createQueues(scene)
const workers = await startWorkers(scene, queues)
const { done } = workers
await Promise.race([kills(), done]) // a worker that fails ends the run
scene.end()
await Promise.race([done, tooLate()])
await finish(scene, queues, workers)
await node.kill()
look()
figures.faults = site.faults
const { passed, failed } = report(ledger, `${rounds} rounds`)
console.log(`\n${ledger.violations.length} violations\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
if (failed === 0) site.removeData()

async function kills(): Promise<void> {
  const moments = random.fork('kills')
  for (let round = 1; round <= rounds; round++) {
    await pause(moments.int(30, 1000))
    await site.upset(async () => {
      if (round % 5 === 0) look()
      if (round % 4 !== 0) return
      await node.killWhileStarting(moments.int(10, 500))
      figures.killsWhileStarting++
    })
    if (round % 20 === 0) console.log(`  round ${round}, ${ledger.violations.length} violations`)
  }
}

async function tooLate(): Promise<never> {
  await pause(END_DEADLINE_MS, undefined, { ref: false })
  throw new Error(`work has not come to an end ${END_DEADLINE_MS} ms after the last kill`)
}

function look(): void {
  for (const problem of inspect(dataDir)) ledger.violate('stored', problem)
  figures.inspections++
}
