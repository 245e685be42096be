/** Giving back what was received for a client that hung up before it got it: as if the receive had not been. */
import { single } from '../../../kernel/store/store.ts'
import type { QueueAddress } from '../model/names.ts'
import { ChangedGroups } from './groups.ts'
import { findQueue, WAKE_CHANNEL, wakeKey } from './queue-row.ts'

export interface ReleaseCall {
  readonly queue: QueueAddress
  readonly messages: readonly { readonly id: number; readonly receiveCount: number }[]
}

export const releaseMessages = single('sqs.release', async (tx, call: ReleaseCall): Promise<void> => {
  const queue = await findQueue(tx, call.queue)
  if (queue === undefined) return
  const changed = new ChangedGroups()
  for (const { id, receiveCount } of call.messages) {
    const released = await tx.get<{ groupId: string | null }>(
      `update sqs_message set visible_at = ?, receive_count = receive_count - 1,
         first_received_at = case when receive_count = 1 then null else first_received_at end
       where backlog_id = ? and id = ? and receive_count = ? returning group_id as "groupId"`,
      [tx.now, queue.backlogId, id, receiveCount],
    )
    if (queue.fifo && released?.groupId) changed.add(queue, released.groupId, id)
  }
  await changed.settle(tx)
  tx.wake(WAKE_CHANNEL, wakeKey(queue), call.messages.length)
})
