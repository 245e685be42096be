/** FIFO topics: what their clients see. Deduplication itself is a matter of the store. */

/**
 * The SequenceNumber, of twenty digits: ordered as the ids it is made from, as text and as number.
 * The leading 1 keeps clients that read a number from shortening it.
 */
export const sequenceNumber = (id: number) => `1${String(id).padStart(19, '0')}`
