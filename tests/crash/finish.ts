/** The end of a run: empty the queues, see that they stay empty, and say what was found. */
import { inspect } from './inspection.ts'
import type { Ledger } from './ledger.ts'
import { countMessages, type Queues } from './queues.ts'
import { type Consumer, deleteAll, type Held, receive } from './receiving.ts'
import { type Rule, rules } from './rules.ts'
import type { Scene } from './scene.ts'
import type { FifoWorkload } from './workload-fifo.ts'

/** Longer than any delay and any visibility timeout of a run. */
const LATER_MS = 3600_000
/** A machine's clock is set now and then, if only by a little. */
const CLOCK_TOLERANCE_MS = 1000
const DRAIN = { limit: 10, visibilitySeconds: 30, waitSeconds: 0 }
const EVIDENCE_SHOWN = 5

/** After a last kill, brings out what is hidden and takes it; after another one, nothing may be left. */
export async function finish(scene: Scene, { standard, fifo, move }: Queues, workload: FifoWorkload): Promise<void> {
  const { ledger, node } = scene
  await restart(scene)
  await scene.shiftClock(LATER_MS)
  for (const queue of [standard, move.destination]) {
    const consumer = { scene, queue, random: scene.random }
    await drain(consumer, () => receive(consumer, DRAIN))
  }
  const consumer = { scene, queue: fifo, random: scene.random }
  await drain(consumer, () => workload.receive(consumer, DRAIN))
  ledger.checkArrivals()
  await restart(scene)
  const behindMs = scene.now() - (await scene.shiftClock(0))
  if (behindMs > CLOCK_TOLERANCE_MS) ledger.violate('clock', `it is ${behindMs} ms behind`)
  for (const queue of [standard, fifo, move.source, move.dead, move.destination]) {
    const left = await countMessages(scene, queue.url)
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

async function drain(consumer: Consumer, next: () => Promise<Held[]>): Promise<void> {
  for (let messages = await next(); messages.length > 0; messages = await next()) await deleteAll(consumer, messages)
  const left = await countMessages(consumer.scene, consumer.queue.url)
  if (left > 0)
    consumer.scene.ledger.violate('hidden', `${consumer.queue.name} hides ${left} messages for longer than any timeout`)
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
