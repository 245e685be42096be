/** Message move tasks. The work itself is a durable job: see jobs.ts. */
import { randomUUID } from 'node:crypto'
import type { ListMessageMoveTasksResultEntry } from '@aws-sdk/client-sqs'
import type { PartialHandlers } from '../../../kernel/protocol/types.ts'
import { decodeTaskHandle, encodeTaskHandle, parseMoveArn, tasksToList } from '../model/move-task.ts'
import { cancelMove, listMoves, type MoveTask, startMove } from '../store.ts'
import type { SQS, SqsContext } from './context.ts'

export const moveTasks = (sqs: SqsContext) =>
  ({
    async StartMessageMoveTask({ SourceArn, DestinationArn, MaxNumberOfMessagesPerSecond }, { accountId }) {
      parseMoveArn('SourceArn', SourceArn)
      if (DestinationArn !== undefined) parseMoveArn('DestinationArn', DestinationArn)
      const taskId = randomUUID()
      await sqs.store.execute(startMove, {
        taskId,
        accountId,
        sourceArn: SourceArn,
        destinationArn: DestinationArn,
        maxPerSecond: MaxNumberOfMessagesPerSecond,
      })
      return { TaskHandle: encodeTaskHandle({ taskId, sourceArn: SourceArn }) }
    },

    async CancelMessageMoveTask({ TaskHandle }) {
      const moved = await sqs.store.execute(cancelMove, decodeTaskHandle(TaskHandle))
      return { ApproximateNumberOfMessagesMoved: moved }
    },

    async ListMessageMoveTasks({ SourceArn, MaxResults }) {
      parseMoveArn('SourceArn', SourceArn)
      const tasks = await sqs.store.execute(listMoves, { sourceArn: SourceArn, limit: tasksToList(MaxResults) })
      return { Results: tasks.length > 0 ? tasks.map(describeTask) : undefined }
    },
  }) satisfies PartialHandlers<SQS>

/** A task's handle is shown only while it can be cancelled. */
const describeTask = (task: MoveTask): ListMessageMoveTasksResultEntry => ({
  TaskHandle: task.status === 'RUNNING' ? encodeTaskHandle(task) : undefined,
  Status: task.status,
  SourceArn: task.sourceArn,
  DestinationArn: task.destinationArn ?? undefined,
  MaxNumberOfMessagesPerSecond: task.maxPerSecond ?? undefined,
  ApproximateNumberOfMessagesMoved: task.moved,
  ApproximateNumberOfMessagesToMove: task.toMove,
  FailureReason: task.failure ?? undefined,
  StartedTimestamp: task.startedAt,
})
