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
/** It takes two seconds; a node that dies keeps the job for half a minute, and there may be several such nodes. */
const TASK_DEADLINE_MS = 150_000
/** Also the answer to an attempt to start whose predecessor did start, without an answer. */
const ALREADY_RUNNING = 'InvalidParameterValue'

export async function moveRepeatedly(scene: Scene, queues: MoveQueues): Promise<void> {
  let movable = 0 // at most: a send without an answer may be stored later
  for (let cycle = 0; cycle === 0 || !scene.ending; cycle++) {
    const { acknowledged, attempted } = await fill(scene, queues, `move-${cycle}`)
    await exhaust(scene, queues.source)
    movable += attempted
    const task = await move(scene, queues)
    const moved = task.ApproximateNumberOfMessagesMoved ?? 0
    if (task.Status !== 'COMPLETED')
      scene.ledger.violate('moved', `task ${cycle} is ${task.Status}: ${task.FailureReason}`)
    if (moved < acknowledged || moved > movable)
      scene.ledger.violate(
        'moved',
        `task ${cycle} moved ${moved} messages: ${acknowledged} were acknowledged, ${movable} attempted`,
      )
    movable -= moved
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
  let attempted = 0
  for (let first = 0; first < MESSAGES; first += 10) {
    const keys = Array.from({ length: 10 }, (_, i) => `${name}.${first + i}`)
    const entries = keys.map((key) => ledger.mayArrive(destination.name, key))
    const Entries = keys.map((MessageBody, i) => ({ Id: String(i), MessageBody }))
    const outcome = await scene.call((sqs) => sqs.sendMessageBatch({ QueueUrl: source.url, Entries }))
    const isAcknowledged = outcome.kind === 'answered'
    for (const entry of entries) {
      entry.attempts += outcome.attempts
      entry.mustArrive = isAcknowledged // under an id of its own: it starts anew
    }
    attempted += entries.length * outcome.attempts
    if (isAcknowledged) acknowledged += entries.length
    else ledger.figures.sendsUnknown += entries.length
  }
  ledger.figures.sendsAcknowledged += acknowledged
  return { acknowledged, attempted }
}

/** Receives until everything has gone to the dead-letter queue, with two consumers that get in each other's way. */
async function exhaust(scene: Scene, { url }: Queue): Promise<void> {
  const input = { QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }
  const receiveOnce = () => scene.call((sqs) => sqs.receiveMessage(input))
  while ((await countMessages(scene, url)) > 0) await Promise.all([receiveOnce(), receiveOnce()])
}

/** Starts a task, if the start that was cut off didn't, and waits for it to end. */
async function move(scene: Scene, { dead, destination }: MoveQueues): Promise<ListMessageMoveTasksResultEntry> {
  const input = { SourceArn: dead.arn, DestinationArn: destination.arn, MaxNumberOfMessagesPerSecond: MOVED_PER_SECOND }
  const previous = await newestTask(scene, dead.arn)
  const deadline = performance.now() + TASK_DEADLINE_MS
  for (;;) {
    const task = await newestTask(scene, dead.arn)
    const isNew = task !== undefined && task.StartedTimestamp !== previous?.StartedTimestamp
    if (!isNew) await scene.call((sqs) => sqs.startMessageMoveTask(input), [ALREADY_RUNNING])
    else if (task.Status !== 'RUNNING' || performance.now() > deadline) return task
    await pause(100)
  }
}

async function newestTask(scene: Scene, SourceArn: string): Promise<ListMessageMoveTasksResultEntry | undefined> {
  const tasks = await scene.callUntilAnswered((sqs) => sqs.listMessageMoveTasks({ SourceArn, MaxResults: 1 }))
  return tasks?.Results?.[0]
}
