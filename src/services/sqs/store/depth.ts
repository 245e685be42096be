/** How many messages a backlog holds. Kept as counters, since counting a million rows takes tens of milliseconds. */
import { single, type Tx } from '../../../kernel/store/store.ts'
import type { QueueAddress } from '../model/names.ts'

/** Sums the changes of a batch, so that each backlog's counter is written once. */
export class DepthChanges {
  readonly #changes = new Map<number, number>()

  add(backlogId: number, messages: number): void {
    this.#changes.set(backlogId, (this.#changes.get(backlogId) ?? 0) + messages)
  }

  async save(tx: Tx): Promise<void> {
    const changes = [...this.#changes].sort(([a], [b]) => a - b) // one order for all, so that nobody waits in a circle
    for (const [backlogId, change] of changes) await changeDepth(tx, backlogId, change)
  }
}

export async function changeDepth(tx: Tx, backlogId: number, change: number): Promise<void> {
  if (change === 0) return
  await tx.later(
    `insert into sqs_depth (backlog_id, lane, messages) values (?, ?, ?)
     on conflict (backlog_id, lane) do update set messages = sqs_depth.messages + excluded.messages`,
    [backlogId, tx.lane, change],
  )
}

export interface Depth {
  readonly visible: number
  readonly inFlight: number
  readonly delayed: number
}

/** Exact at this instant. Costs by the number of hidden messages, not of all. */
export async function depthOf(tx: Tx, backlogId: number): Promise<Depth> {
  // One statement, so that the counter and the messages are of one moment.
  const { total, hidden, delayed } = (await tx.get(
    `select (select cast(coalesce(sum(messages), 0) as bigint) from sqs_depth where backlog_id = ?) as total,
       count(*) as hidden, coalesce(sum(case when receive_count = 0 then 1 else 0 end), 0) as delayed
     from sqs_message where backlog_id = ? and visible_at > ?`,
    [backlogId, backlogId, tx.now],
  )) as { total: number; hidden: number; delayed: number }
  return { visible: total - hidden, inFlight: hidden - delayed, delayed }
}

/** Messages received and neither deleted nor visible again. */
export async function countInFlight(tx: Tx, backlogId: number): Promise<number> {
  const row = await tx.get<{ n: number }>(
    'select count(*) as n from sqs_message where backlog_id = ? and visible_at > ? and receive_count > 0',
    [backlogId, tx.now],
  )
  return (row as { n: number }).n
}

export interface QueueDepth extends Depth, QueueAddress {}

/** The depths of queues, those first that hold most; `limit` of them. */
export const depths = single('sqs.depths', async (tx, { limit }: { limit: number }): Promise<QueueDepth[]> => {
  const queues = await tx.all<QueueAddress & { backlogId: number }>(
    `select q.account as "accountId", q.region, q.name, q.backlog_id as "backlogId"
     from sqs_queue q left join sqs_depth d on d.backlog_id = q.backlog_id
     group by q.account, q.region, q.name, q.backlog_id order by coalesce(sum(d.messages), 0) desc, q.name limit ?`,
    [limit],
  )
  const measured: QueueDepth[] = []
  for (const { backlogId, ...queue } of queues) measured.push({ ...queue, ...(await depthOf(tx, backlogId)) })
  return measured
})
