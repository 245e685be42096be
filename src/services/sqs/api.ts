/** The operations of SQS: together all 23 of them, or this does not compile. */
import type { Handlers } from '../../kernel/protocol/types.ts'
import type { SQS, SqsContext } from './api/context.ts'
import { moveTasks } from './api/move-tasks.ts'
import { queues } from './api/queues.ts'
import { receipts } from './api/receipts.ts'
import { receiving } from './api/receive.ts'
import { sending } from './api/send.ts'

export const api = (sqs: SqsContext): Handlers<SQS> => ({
  ...queues(sqs),
  ...sending(sqs),
  ...receiving(sqs),
  ...receipts(sqs),
  ...moveTasks(sqs),
})
