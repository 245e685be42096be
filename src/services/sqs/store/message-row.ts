/** A message as a claim returns it. */
export interface ClaimedMessage {
  readonly id: number
  readonly messageId: string
  readonly body: string
  /** JSON, or null. */
  readonly attributes: string | null
  readonly sentAt: number
  /** Including this receive. */
  readonly receiveCount: number
  readonly firstReceivedAt: number
  readonly sender: string
  readonly groupId: string | null
  readonly deduplicationId: string | null
  readonly deadLetterSource: string | null
  readonly traceHeader: string | null
}

export const CLAIMED_COLUMNS = `id, message_id as "messageId", body, attributes, sent_at as "sentAt",
  receive_count as "receiveCount", first_received_at as "firstReceivedAt", sender, group_id as "groupId",
  deduplication_id as "deduplicationId", dead_letter_source as "deadLetterSource", trace_header as "traceHeader"`

/** What one receive got. A replayed receive attempt carries the time of the original, so that its handles are the same. */
export interface ClaimedMessages {
  readonly messages: readonly ClaimedMessage[]
  readonly receivedAt: number
  /** The search ended early, or some had to leave: there may be more to receive. */
  readonly mayBeMore: boolean
}
