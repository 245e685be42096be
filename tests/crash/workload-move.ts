/**
 * Move tasks, one after the other: messages are brought into a dead-letter queue by receiving them too often, and a task
 * moves them on to a third queue, slowly enough for kills to come in between.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { ListMessageMoveTasksResultEntry } from '@aws-sdk/client-sqs'
import { countMessages, type MoveQueues } from './queues.ts'
import type { Queue } from './receiving.ts'
import type { Scene } from './scene.ts'

const MESSAGES = 40
const MOVED_PER_SECOND = 20
/** It takes two seconds, and the node is away for some of them. */
const TASK_DEADLINE_MS = 30_000

export async function moveRepeatedly(scene: Scene, queues: MoveQueues): Promise<void> {
  for (let cycle = 0; cycle === 0 || !scene.ending; cycle++) {
    const { acknowledged, unknown } = await fill(scene, queues, `move-${cycle}`)
    await exhaust(scene, queues.source)
    const task = await move(scene, queues)
    const moved = task.ApproximateNumberOfMessagesMoved ?? 0
    if (task.Status !== 'COMPLETED')
      scene.ledger.violate('moved', `task ${cycle} is ${task.Status}: ${task.FailureReason}`)
    if (moved < acknowledged || moved > acknowledged + unknown)
      scene.ledger.violate(
        'moved',
        `task ${cycle} moved ${moved} of ${acknowledged} messages, or ${acknowledged + unknown}`,
      )
    const left = await countMessages(scene, queues.dead.url)
    if (left > 0) scene.ledger.violate('moved', `task ${cycle} left ${left} messages behind`)
    scene.ledger.figures.movesCompleted++
    scene.ledger.figures.moved += moved
  }
}

/** Sends to the source, and enters the messages into the ledger where the task will bring them. */
async function fill(scene: Scene, { source, destination }: MoveQueues, name: string) {
  const { ledger } = scene
  let acknowledged = 0
  let unknown = 0
  for (let first = 0; first < MESSAGES; first += 10) {
    const keys = Array.from({ length: 10 }, (_, i) => `${name}.${first + i}`)
    const entries = keys.map((key) => ledger.mayArrive(destination.name, key))
    const Entries = keys.map((MessageBody, i) => ({ Id: String(i), MessageBody }))
    const outcome = await scene.call((sqs) => sqs.sendMessageBatch({ QueueUrl: source.url, Entries }))
    if (outcome.kind === 'answered') {
      acknowledged += entries.length
      for (const entry of entries) entry.mustArrive = true // under an id of its own: it starts anew
    } else unknown += entries.length
  }
  ledger.figures.sendsAcknowledged += acknowledged
  ledger.figures.sendsUnknown += unknown
  return { acknowledged, unknown }
}

/** Receives until everything has gone to the dead-letter queue. */
async function exhaust(scene: Scene, { url }: Queue): Promise<void> {
  const input = { QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }
  while ((await countMessages(scene, url)) > 0) await scene.call((sqs) => sqs.receiveMessage(input))
}

/** Starts a task, if the start that was cut off didn't, and waits for it to end. */
async function move(scene: Scene, { dead, destination }: MoveQueues): Promise<ListMessageMoveTasksResultEntry> {
  const input = { SourceArn: dead.arn, DestinationArn: destination.arn, MaxNumberOfMessagesPerSecond: MOVED_PER_SECOND }
  const previous = await newestTask(scene, dead.arn)
  const deadline = scene.now() + TASK_DEADLINE_MS
  for (;;) {
    const task = await newestTask(scene, dead.arn)
    const isNew = task !== undefined && task.StartedTimestamp !== previous?.StartedTimestamp
    if (!isNew) await scene.call((sqs) => sqs.startMessageMoveTask(input))
    else if (task.Status !== 'RUNNING' || scene.now() > deadline) return task
    await pause(100)
  }
}

async function newestTask(scene: Scene, SourceArn: string): Promise<ListMessageMoveTasksResultEntry | undefined> {
  const tasks = await scene.callUntilAnswered((sqs) => sqs.listMessageMoveTasks({ SourceArn, MaxResults: 1 }))
  return tasks?.Results?.[0]
}
