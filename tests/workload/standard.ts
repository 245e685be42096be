/** A standard queue: single and batch sends, some delayed or large; consumers that delete, give back, wait and forget. */
import { bodyOf, type Entry } from './ledger.ts'
import type { Random } from './random.ts'
import { changeVisibility, deleteAfterFault, deleteAll, type Queue, receive } from './receiving.ts'
import { rest, type Scene } from './scene.ts'

/** Producers wait while more than this waits to be deleted, so that the end of the run has little left to empty. */
const MAX_BACKLOG = 1000

export async function produceStandard(scene: Scene, queue: Queue, name: string): Promise<void> {
  const { ledger, random: shared } = scene
  const random = shared.fork(name)
  for (let n = 0; !scene.ending; n++) {
    await rest(random, ledger.figures.sendsAcknowledged - ledger.figures.deleted > MAX_BACKLOG ? 200 : 15)
    if (random.chance(0.4)) await sendBatch(scene, queue, random, `${name}-${n}`)
    else await sendOne(scene, queue, random, `${name}-${n}`)
  }
}

/** In seconds. The longest are over only when the clock is shifted at the end. */
const delayOf = (random: Random): number | undefined => (random.chance(0.1) ? random.pick([1, 2, 900]) : undefined)

/** Large ones spill over onto pages of their own. */
const keyOf = (random: Random, name: string): string =>
  random.chance(0.05) ? `${name}/${random.int(5_000, 60_000)}` : name

function enter(scene: Scene, queue: Queue, key: string, delaySeconds: number | undefined): Entry {
  return scene.ledger.mayArrive(queue.name, key, delaySeconds === undefined ? 0 : scene.now() + delaySeconds * 1000)
}

async function sendOne(scene: Scene, queue: Queue, random: Random, name: string): Promise<void> {
  const { ledger } = scene
  const DelaySeconds = delayOf(random)
  const key = keyOf(random, name)
  await scene.site.pick()
  const entry = enter(scene, queue, key, DelaySeconds)
  const outcome = await scene.call((sqs) =>
    sqs.sendMessage({ QueueUrl: queue.url, MessageBody: bodyOf(key), DelaySeconds }),
  )
  entry.attempts += outcome.attempts
  if (outcome.kind === 'unknown') ledger.figures.sendsUnknown++
  if (outcome.kind !== 'answered') return
  ledger.figures.sendsAcknowledged++
  ledger.acknowledged(entry, outcome.value.MessageId as string)
}

async function sendBatch(scene: Scene, queue: Queue, random: Random, name: string): Promise<void> {
  const { ledger } = scene
  await scene.site.pick()
  const batch = Array.from({ length: random.int(1, 10) }, (_, i) => {
    const delaySeconds = delayOf(random)
    return { delaySeconds, entry: enter(scene, queue, `${name}.${i}`, delaySeconds) }
  })
  const Entries = batch.map(({ entry, delaySeconds }, i) => ({
    Id: String(i),
    MessageBody: bodyOf(entry.key),
    DelaySeconds: delaySeconds,
  }))
  const outcome = await scene.call((sqs) => sqs.sendMessageBatch({ QueueUrl: queue.url, Entries }))
  for (const { entry } of batch) entry.attempts += outcome.attempts
  if (outcome.kind === 'unknown') ledger.figures.sendsUnknown += batch.length
  if (outcome.kind !== 'answered') return
  for (const { Id, Code } of outcome.value.Failed ?? []) ledger.violate('answers', `entry ${Id} of ${name}: ${Code}`)
  for (const { Id, MessageId } of outcome.value.Successful ?? []) {
    ledger.figures.sendsAcknowledged++
    ledger.acknowledged((batch[Number(Id)] as (typeof batch)[number]).entry, MessageId as string)
  }
}

export async function consumeStandard(scene: Scene, queue: Queue, name: string): Promise<void> {
  const random = scene.random.fork(name)
  const consumer = { scene, queue, random }
  while (!scene.ending) {
    const messages = await receive(consumer, {
      limit: random.int(1, 10),
      visibilitySeconds: random.pick([1, 2, 5]),
      waitSeconds: random.int(0, 1),
    })
    const fate = random.int(1, 100)
    if (messages.length === 0) await rest(random, 20)
    else if (fate <= 5)
      continue // forgotten: they come again after their timeout
    else if (fate <= 15) for (const message of messages) await changeVisibility(consumer, message)
    else if (fate <= 25) await deleteAfterFault(consumer, messages)
    else {
      const unknown = await deleteAll(consumer, messages)
      if (random.chance(0.7)) await deleteAll(consumer, unknown)
    }
  }
}
