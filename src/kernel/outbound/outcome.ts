/** What came of sending something to the outside, for the durable job that did it. The far side never makes it throw. */
export type SendOutcome =
  | { readonly type: 'delivered' }
  /** It may succeed later: the far side was away, slow or busy. */
  | { readonly type: 'retry'; readonly reason: string }
  /** No retry helps. */
  | { readonly type: 'failed'; readonly reason: string }

export const DELIVERED = { type: 'delivered' } as const
export const retry = (reason: string) => ({ type: 'retry', reason }) as const
export const failed = (reason: string) => ({ type: 'failed', reason }) as const
