/**
 * Message move tasks: bringing the messages of a dead-letter queue back, or elsewhere. The task is a row, its work a
 * durable job that moves a slice at a time, so it goes on after a restart where it was.
 */
import { schedule } from '../../../kernel/jobs/jobs.ts'
import { single, type Tx } from '../../../kernel/store/store.ts'
import {
  moveBetweenQueueTypes,
  moveResourceMissing,
  moveTaskAlreadyRunning,
  moveTaskMissing,
  sourceIsNotDeadLetterQueue,
} from '../errors.ts'
import { checkMoveArguments } from '../model/move-task.ts'
import { parseQueueArn, type QueueAddress } from '../model/names.ts'
import { moveBack } from './move-messages.ts'
import { findForSending, findQueue, holdQueue, type Queue } from './queue-row.ts'
import { countUnexpired } from './retention.ts'

export const MOVE_JOB = 'sqs.move'

export type MoveStatus = 'RUNNING' | 'COMPLETED' | 'CANCELLING' | 'CANCELLED' | 'FAILED'

export interface MoveTask {
  readonly taskId: string
  readonly sourceArn: string
  readonly destinationArn: string | null
  readonly maxPerSecond: number | null
  readonly status: MoveStatus
  readonly moved: number
  readonly toMove: number
  readonly failure: string | null
  readonly startedAt: number
}

interface MoveTaskRow extends MoveTask {
  readonly lastId: number
  readonly afterId: number
}

const COLUMNS = `task_id as "taskId", source_arn as "sourceArn", destination_arn as "destinationArn",
  max_per_second as "maxPerSecond", status, moved, to_move as "toMove", failure, started_at as "startedAt",
  last_id as "lastId", after_id as "afterId"`

export interface StartMoveCall {
  readonly taskId: string
  readonly accountId: string
  readonly sourceArn: string
  readonly destinationArn: string | undefined
  readonly maxPerSecond: number | undefined
}

/** A task moves what is in the queue when it begins, not what arrives while it runs. */
export const startMove = single('sqs.startMove', async (tx, call: StartMoveCall): Promise<void> => {
  const source = await queueByArn(tx, call.sourceArn, 'SourceArn')
  const isDeadLetterQueue = await tx.get('select 1 as one from sqs_queue where dead_letter_arn = ? limit 1', [
    source.arn,
  ])
  if (isDeadLetterQueue === undefined) throw sourceIsNotDeadLetterQueue()
  const destination =
    call.destinationArn === undefined ? undefined : await queueByArn(tx, call.destinationArn, 'DestinationArn')
  checkMoveArguments(source.arn, destination?.arn, call.maxPerSecond)
  if (destination !== undefined && destination.fifo !== source.fifo) throw moveBetweenQueueTypes()
  await holdQueue(tx, source) // of two that start at once, the second finds the first
  const running = await tx.get(
    `select 1 as one from sqs_move_task where source_arn = ? and status in ('RUNNING', 'CANCELLING')`,
    [source.arn],
  )
  if (running !== undefined) throw moveTaskAlreadyRunning()
  await tx.run(FORGET_OLDER, [source.arn, source.arn, MAX_LISTED - 1])
  const { visible, inFlight, delayed } = await countUnexpired(tx, source)
  const [lastId] = (await tx.nextIds(1)) as [number]
  const row = {
    task_id: call.taskId,
    account: call.accountId,
    source_arn: source.arn,
    destination_arn: destination?.arn ?? null,
    max_per_second: call.maxPerSecond ?? null,
    status: 'RUNNING',
    moved: 0,
    to_move: visible + inFlight + delayed,
    last_id: lastId,
    after_id: 0,
    failure: null,
    started_at: tx.now,
  }
  await tx.insertMany('sqs_move_task', Object.keys(row), [Object.values(row)])
  await schedule(tx, { kind: MOVE_JOB, key: call.taskId, due: tx.now, payload: { taskId: call.taskId } })
})

/** No more tasks of a source are ever listed. */
const MAX_LISTED = 10
const FORGET_OLDER = `
  delete from sqs_move_task where source_arn = ? and task_id not in (
    select task_id from sqs_move_task where source_arn = ? order by started_at desc, last_id desc limit ?)`

/** To be called with every queue that is deleted; a task that is running finds its row gone, and ends. */
export async function forgetMoves(tx: Tx, { arn }: Pick<Queue, 'arn'>): Promise<void> {
  await tx.run('delete from sqs_move_task where source_arn = ?', [arn])
}

async function queueByArn(tx: Tx, arn: string, parameter: 'SourceArn' | 'DestinationArn'): Promise<Queue> {
  const address = parseQueueArn(arn)
  const queue = address === undefined ? undefined : await findQueue(tx, address)
  if (queue === undefined) throw moveResourceMissing(parameter)
  return queue
}

/** Newest first. */
export const listMoves = single(
  'sqs.listMoves',
  async (tx, { sourceArn, limit }: { sourceArn: string; limit: number }): Promise<MoveTask[]> => {
    const source = await queueByArn(tx, sourceArn, 'SourceArn')
    return tx.all<MoveTask>(
      `select ${COLUMNS} from sqs_move_task where source_arn = ? order by started_at desc, last_id desc limit ?`,
      [source.arn, limit],
    )
  },
)

/** What was moved stays moved. Answers how many messages that is. */
export const cancelMove = single(
  'sqs.cancelMove',
  async (tx, { taskId, sourceArn }: { taskId: string; sourceArn: string }): Promise<number> => {
    const source = await queueByArn(tx, sourceArn, 'SourceArn')
    const task = await findTask(tx, taskId)
    if (task?.status !== 'RUNNING' || task.sourceArn !== source.arn) throw moveTaskMissing()
    await tx.run(`update sqs_move_task set status = 'CANCELLED' where task_id = ?`, [taskId])
    return task.moved
  },
)

/** The task is held until the end of the transaction: a slice and a cancellation come one after the other. */
function findTask(tx: Tx, taskId: string): Promise<MoveTaskRow | undefined> {
  void tx.lock('select 1 from sqs_move_task where task_id = ?', [taskId])
  return tx.get<MoveTaskRow>(`select ${COLUMNS} from sqs_move_task where task_id = ?`, [taskId])
}

/** How many messages one transaction moves at most, when no rate is set. */
const SLICE = 200
const SECOND_MS = 1_000

/** Moves a slice; answers when the next one is due, or undefined when the task has ended. */
export const moveSlice = single(
  'sqs.moveSlice',
  async (tx, { taskId }: { taskId: string }): Promise<number | undefined> => {
    const task = await findTask(tx, taskId)
    if (task?.status !== 'RUNNING') return undefined
    const source = await findQueue(tx, parseQueueArn(task.sourceArn) as QueueAddress)
    if (source === undefined) return end(tx, taskId, 'FAILED', QUEUE_IS_GONE)
    const destination = task.destinationArn === null ? undefined : await queueByArnOrNone(tx, task.destinationArn)
    if (task.destinationArn !== null && destination === undefined) return end(tx, taskId, 'FAILED', QUEUE_IS_GONE)
    const limit = Math.min(task.maxPerSecond ?? SLICE, SLICE)
    const slice = await moveBack(tx, source, destination, { after: task.afterId, last: task.lastId, limit })
    await tx.run('update sqs_move_task set moved = moved + ?, after_id = ? where task_id = ?', [
      slice.moved,
      slice.after,
      taskId,
    ])
    if (slice.failed) return end(tx, taskId, 'FAILED', QUEUE_IS_GONE)
    if (slice.finished) return end(tx, taskId, 'COMPLETED', null)
    if (slice.after === task.afterId) return tx.now // it only took bundles apart
    return task.maxPerSecond === null ? tx.now : tx.now + Math.ceil((SECOND_MS * limit) / task.maxPerSecond)
  },
)

const QUEUE_IS_GONE = 'AWS.SimpleQueueService.NonExistentQueue'

async function queueByArnOrNone(tx: Tx, arn: string): Promise<Queue | undefined> {
  const address = parseQueueArn(arn)
  return address === undefined ? undefined : findForSending(tx, address)
}

async function end(tx: Tx, taskId: string, status: MoveStatus, failure: string | null): Promise<undefined> {
  await tx.run('update sqs_move_task set status = ?, failure = ? where task_id = ?', [status, failure, taskId])
  return undefined
}
