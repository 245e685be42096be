/** The end of a run: empty the queues, see that they stay empty, and say what was found. */
import { inspect } from './inspection.ts'
import type { Ledger } from './ledger.ts'
import type { Queues } from './queues.ts'
import { deleteAll, type Held, type Queue, receiveChecked } from './receiving.ts'
import { type Rule, rules } from './rules.ts'
import type { Scene } from './scene.ts'
import type { FifoWorkload } from './workload-fifo.ts'
import { countMessages } from './workload-move.ts'

/** Longer than any delay and any visibility timeout of a run. */
const LATER_MS = 3600_000
const DRAIN = { limit: 10, visibilitySeconds: 30, waitSeconds: 0 }
const EVIDENCE_SHOWN = 5

/** After a last kill, brings out what is hidden and takes it; after another one, nothing may be left. */
export async function finish(scene: Scene, { standard, fifo, move }: Queues, workload: FifoWorkload): Promise<void> {
  const { ledger, node } = scene
  await restart(scene)
  await scene.shiftClock(LATER_MS)
  await drain(scene, standard, () => receiveChecked(scene, standard, DRAIN))
  await drain(scene, move.destination, () => receiveChecked(scene, move.destination, DRAIN))
  await drain(scene, fifo, () => workload.receive(DRAIN))
  ledger.checkArrivals()
  await restart(scene)
  for (const queue of [standard, fifo, move.source, move.dead, move.destination]) {
    const left = await countMessages(scene, queue)
    if (left > 0) ledger.violate('stays', `${queue.name} holds ${left} messages after it was emptied`)
  }
  await node.kill()
  for (const problem of inspect(node.dataDir)) ledger.violate('files', problem)
  ledger.figures.inspections++
}

async function restart({ node, ledger }: Scene): Promise<void> {
  await node.kill()
  ledger.figures.kills++
  await node.start()
}

async function drain(scene: Scene, queue: Queue, receive: () => Promise<Held[]>): Promise<void> {
  for (;;) {
    const messages = await receive()
    if (messages.length === 0) break
    const { refused } = await deleteAll(scene, queue, messages)
    for (const { entry } of refused) scene.ledger.violate('handles', `the handle of ${entry.key} was refused`)
  }
  const left = await countMessages(scene, queue)
  if (left > 0) scene.ledger.violate('hidden', `${queue.name} hides ${left} messages for longer than any timeout`)
}

/** Prints figures, rules and evidence; answers the exit code. */
export function report(ledger: Ledger, rounds: number): number {
  for (const name of ledger.figures.missing()) ledger.violate('exercised', `${name}: 0; run more rounds`)
  const byRule = Map.groupBy(ledger.violations, ({ rule }) => rule)
  console.log(`\n${rounds} rounds\n${ledger.figures}\n`)
  for (const [rule, sentence] of Object.entries(rules)) {
    const broken = byRule.get(rule as Rule) ?? []
    console.log(`  ${broken.length === 0 ? 'ok    ' : 'FAILED'}  ${sentence}`)
    for (const { evidence } of broken.slice(0, EVIDENCE_SHOWN)) console.log(`            ${evidence}`)
    if (broken.length > EVIDENCE_SHOWN) console.log(`            and ${broken.length - EVIDENCE_SHOWN} more`)
  }
  const failed = byRule.size
  console.log(
    `\n${ledger.violations.length} violations\n${Object.keys(rules).length - failed} passed, ${failed} failed`,
  )
  return failed === 0 ? 0 : 1
}
