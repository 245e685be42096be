/** The end of a run: empty the queues, see that they stay empty, and say what was found. */
import type { Ledger } from './ledger.ts'
import { countMessages, type Queues } from './queues.ts'
import { type Consumer, deleteAll, type Held, receive } from './receiving.ts'
import { type Rule, rules } from './rules.ts'
import type { Scene } from './scene.ts'
import type { Workers } from './workers.ts'

/** Longer than any delay, any visibility timeout and any lease of a run. */
export const LATER_MS = 3600_000
/** A machine's clock is set now and then, if only by a little. */
const CLOCK_TOLERANCE_MS = 1000
const DRAIN = { limit: 10, visibilitySeconds: 30, waitSeconds: 0 }
const EVIDENCE_SHOWN = 5

type Workloads = Pick<Workers, 'fifo' | 'fanOut'>

/** After a last fault, brings out what is hidden and takes it; after another one, nothing may be left. */
export async function finish(
  scene: Scene,
  { standard, fifo, move }: Queues,
  { fifo: workload, fanOut }: Workloads,
): Promise<void> {
  const { ledger, site } = scene
  await site.upset()
  await scene.shiftClock(LATER_MS)
  for (const queue of [standard, move.destination]) {
    const consumer = { scene, queue, random: scene.random }
    await drain(consumer, () => receive(consumer, DRAIN))
  }
  const consumer = { scene, queue: fifo, random: scene.random }
  await drain(consumer, () => workload.receive(consumer, DRAIN))
  ledger.checkArrivals()
  await fanOut.finish()
  await site.upset()
  for (const url of site.urls) {
    const behindMs = scene.now() - (await scene.shiftClock(0, url))
    if (behindMs > CLOCK_TOLERANCE_MS) ledger.violate('clock', `${url} is ${behindMs} ms behind`)
  }
  for (const queue of [standard, fifo, move.source, move.dead, move.destination]) {
    const left = await countMessages(scene, queue.url)
    if (left > 0) ledger.violate('stays', `${queue.name} holds ${left} messages after it was emptied`)
  }
}

async function drain(consumer: Consumer, next: () => Promise<Held[]>): Promise<void> {
  for (let messages = await next(); messages.length > 0; messages = await next()) await deleteAll(consumer, messages)
  const left = await countMessages(consumer.scene, consumer.queue.url)
  if (left > 0)
    consumer.scene.ledger.violate('hidden', `${consumer.queue.name} hides ${left} messages for longer than any timeout`)
}

export interface Verdict {
  readonly passed: number
  readonly failed: number
}

/** Prints figures, rules and evidence. */
export function report(ledger: Ledger, title: string, mayBeZero: readonly string[] = []): Verdict {
  for (const name of ledger.figures.missing(mayBeZero)) ledger.violate('exercised', `${name}: 0; let it run for longer`)
  const byRule = Map.groupBy(ledger.violations, ({ rule }) => rule)
  console.log(`\n${title}\n${ledger.figures}\n`)
  for (const [rule, sentence] of Object.entries(rules)) {
    const broken = byRule.get(rule as Rule) ?? []
    console.log(`  ${broken.length === 0 ? 'ok    ' : 'FAILED'}  ${sentence}`)
    for (const { evidence } of broken.slice(0, EVIDENCE_SHOWN)) console.log(`            ${evidence}`)
    if (broken.length > EVIDENCE_SHOWN) console.log(`            and ${broken.length - EVIDENCE_SHOWN} more`)
  }
  return { passed: Object.keys(rules).length - byRule.size, failed: byRule.size }
}
