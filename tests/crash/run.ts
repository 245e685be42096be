/**
 * The crash test: producers and consumers work with a node that is killed with SIGKILL at random moments and started
 * again on the same data. What must hold is in rules.ts; how it is known, in ledger.ts.
 *
 *     npm run test:crash -- --rounds 200 --seed 42
 *
 * Exit code 1 if a rule was broken; the data folder is then kept. A seed repeats what is tried, not the machine's pace.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { finish, report } from './finish.ts'
import { inspect } from './inspection.ts'
import { Ledger } from './ledger.ts'
import { NodeUnderTest } from './node-under-test.ts'
import { createQueues } from './queues.ts'
import { Random } from './random.ts'
import { Scene } from './scene.ts'
import { FifoWorkload } from './workload-fifo.ts'
import { moveRepeatedly } from './workload-move.ts'
import { purgeRepeatedly } from './workload-purge.ts'
import { consumeStandard, produceStandard } from './workload-standard.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '200' }, seed: { type: 'string' } } })
const rounds = Number(values.rounds)
if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number above 0')
const seed = values.seed ?? String(Date.now() % 1_000_000)
/** What was begun is done within seconds. */
const END_DEADLINE_MS = 60_000

const node = new NodeUnderTest()
console.log(`Crash test: ${rounds} rounds, --seed ${seed}, data in ${node.dataDir}`)
process.once('exit', () => node.killNow())
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const ledger = new Ledger()
const random = new Random(seed)
node.onEnd = (how) => ledger.violate('starts', how)
await node.start()
const scene = new Scene(node, ledger, random)
const queues = await createQueues(scene)
const fifo = new FifoWorkload(scene, queues.fifo)

const workers = [
  ...['p1', 'p2', 'p3'].map((name) => produceStandard(scene, queues.standard, name)),
  ...['c1', 'c2', 'c3'].map((name) => consumeStandard(scene, queues.standard, name)),
  ...['g1', 'g2', 'g3', 'g4', 'g5', 'g6'].map((group) => fifo.produce(group)),
  ...['f1', 'f2', 'f3'].map((name) => fifo.consume(name)),
  moveRepeatedly(scene, queues.move),
  consumeStandard(scene, queues.move.destination, 'm1'),
  purgeRepeatedly(scene),
]
const work = Promise.all(workers)
await Promise.race([kills(), work]) // a worker that fails ends the run
scene.end()
await Promise.race([work, tooLate()])
await finish(scene, queues, fifo)
process.exitCode = report(ledger, rounds)
if (process.exitCode === 0) node.removeData()

async function kills(): Promise<void> {
  const moments = random.fork('kills')
  for (let round = 1; round <= rounds; round++) {
    await pause(moments.int(30, 1000))
    await node.kill()
    ledger.figures.kills++
    if (round % 5 === 0) look()
    if (round % 4 === 0) {
      await node.killWhileStarting(moments.int(10, 500))
      ledger.figures.killsWhileStarting++
    }
    await node.start()
    if (round % 20 === 0) console.log(`  round ${round}, ${ledger.violations.length} violations`)
  }
}

async function tooLate(): Promise<never> {
  await pause(END_DEADLINE_MS, undefined, { ref: false })
  throw new Error(`work has not come to an end ${END_DEADLINE_MS} ms after the last kill`)
}

function look(): void {
  for (const problem of inspect(node.dataDir)) ledger.violate('files', problem)
  ledger.figures.inspections++
}
