/**
 * The cluster test: three nodes on one PostgreSQL, with producers and consumers spread over all of them that repeat calls
 * as the official SDK does. One after the other, each kind of fault strikes again and again for a while. What must hold
 * is in ../workload/rules.ts; how it is known, in ../workload/ledger.ts; what strikes, in faults.ts.
 *
 *     npm run test:cluster -- --seconds 15 --fault kill --fault cut --seed 42
 *
 * `--seconds` is for each fault; without `--fault` all have their turn. Exit code 1 if a rule was broken. A seed repeats
 * what is tried, not the machine's pace.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { PostgresServer } from '../../src/testing/postgres-server.ts'
import { Figures } from '../workload/figures.ts'
import { finish, LATER_MS, report, type Verdict } from '../workload/finish.ts'
import { Ledger } from '../workload/ledger.ts'
import { createQueues } from '../workload/queues.ts'
import { Random } from '../workload/random.ts'
import { Scene } from '../workload/scene.ts'
import { startWorkers, type Workers } from '../workload/workers.ts'
import { Cluster } from './cluster.ts'
import { type Fault, faults } from './faults.ts'
import { inspect } from './inspection.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '15' },
    fault: { type: 'string', multiple: true, default: Object.keys(faults) },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const seconds = Number(values.seconds)
if (!(seconds > 0)) throw new Error('--seconds takes a number above 0')
const chosen = values.fault.map((name) => {
  const fault = faults[name]
  if (fault === undefined) throw new Error(`--fault takes one of ${Object.keys(faults).join(', ')}`)
  return [name, fault] as const
})

const NODES = 3
const EXTRA_TIME_MS = 30_000
/** What was begun is done within seconds, once the leases of the dead have been made to expire. */
const END_DEADLINE_MS = 60_000

console.log(`Cluster test: ${NODES} nodes, ${seconds} s of each fault, --seed ${values.seed}`)
const postgres = await PostgresServer.start()
process.once('exit', () => postgres.removeNow())
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const verdicts: Verdict[] = []
for (const [name, fault] of chosen) verdicts.push(await test(name, fault))
await postgres.remove()
const sum = (count: keyof Verdict) => verdicts.reduce((total, verdict) => total + verdict[count], 0)
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`)
process.exitCode = sum('failed') === 0 ? 0 : 1

async function test(name: string, fault: Fault): Promise<Verdict> {
  const random = new Random(`${values.seed}/${name}`)
  const ledger = new Ledger(new Figures())
  const { cutsClientsOff, args } = fault
  const options = { nodes: NODES, args, cutsClientsOff, random: random.fork('site') }
  const cluster = await Cluster.start(postgres, name, options)
  const killNow = () => cluster.killNow()
  process.once('exit', killNow)
  cluster.onProblem = (problem) => ledger.violate('recovers', problem)
  const scene = new Scene({ site: cluster, ledger, random })
  const queues = await createQueues(scene)
  const workers = await startWorkers(scene, queues)
  cluster.fault = () => fault.happen({ cluster, postgres, scene, random }, cluster.faults)
  await Promise.race([strike(cluster, fault, scene), workers.done]) // a worker that fails ends the run
  scene.end()
  await Promise.race([end(scene, workers), tooLate()])
  await finish(scene, queues, workers)
  for (const problem of await inspect(cluster.databaseUrl)) ledger.violate('stored', problem)
  await cluster.close()
  process.off('exit', killNow)
  const verdict = report(ledger, `${name}: ${fault.what}`, fault.leavesOut)
  const errors = [...scene.errors].map(([code, count]) => `${count} × ${code}`)
  console.log(`\n  clients met: ${errors.join(', ') || 'no errors'}`)
  console.log(`  slowest recovery of all nodes: ${cluster.slowestRecoveryMs} ms`)
  return verdict
}

/** For as long as was asked for, and then until everything has been put to the test. */
async function strike(cluster: Cluster, { everyMs, leavesOut }: Fault, { ledger, random }: Scene): Promise<void> {
  const { figures } = ledger
  const end = performance.now() + seconds * 1000
  const isOver = () => performance.now() > (figures.missing(leavesOut).length > 0 ? end + EXTRA_TIME_MS : end)
  while (!isOver()) {
    await pause(random.int(100, everyMs))
    await cluster.upset()
    figures.faults = cluster.faults
  }
}

/** A move task may have to wait for the lease of a node that died. */
async function end(scene: Scene, workers: Workers): Promise<void> {
  await workers.doneExceptMoves
  await scene.shiftClock(LATER_MS)
  await workers.done
}

async function tooLate(): Promise<never> {
  await pause(END_DEADLINE_MS, undefined, { ref: false })
  throw new Error(`work has not come to an end ${END_DEADLINE_MS} ms after the last fault`)
}
