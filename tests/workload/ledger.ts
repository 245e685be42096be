/**
 * What this process knows of every message, from the answers it got and from those it didn't get, and what that lets it
 * demand of each receive.
 *
 * A call without an answer may have happened or not, and one that the client repeated may have happened twice; so the
 * ledger keeps bounds that hold in every case. Times are of the nodes' clock: a call took effect somewhere between
 * `issuedAt` and `answeredAt`.
 */
import type { Message as ReceivedMessage } from '@aws-sdk/client-sqs'
import type { Figures } from './figures.ts'
import type { Rule } from './rules.ts'

/** Between which two times a call that was answered took effect, and how often it reached a node. */
export interface Span {
  readonly issuedAt: number
  readonly answeredAt: number
  readonly attempts: number
}

/** What was sent: one message or, where sends may be stored more than once, several with the same body. */
export interface Entry {
  readonly queue: string
  /** Unique within the queue; the body begins with it. */
  readonly key: string
  /** No copy is received before this: the end of the delay. 0 if there is none. */
  readonly delayedUntil: number
  /** It has a deduplication id: stored once, however often it was sent. */
  readonly once: boolean
  /** Those that may have stored it. */
  attempts: number
  /** Undefined until the send was acknowledged. */
  acknowledgedId: string | undefined
  /** Whether it must arrive. */
  mustArrive: boolean
  /** What was received, by message id. */
  readonly copies: Map<string, Copy>
}

/** One stored message. */
export interface Copy {
  readonly entry: Entry
  readonly id: string
  /** It isn't received before this: the end of its delay, then of its latest visibility timeout. 0 if that is not known. */
  hiddenUntil: number
  /** Calls that change its timeout, and may still do so: under way, or not answered, or repeated. */
  changes: number
  latest: (Span & { readonly count: number }) | undefined
  /** `attempted` if an answer is missing; the time of the answer if there is one. */
  deletion: 'none' | 'attempted' | number
  /** The highest receive count of a handle with which a deletion was tried. */
  deletedWith: number
}

export interface Violation {
  readonly rule: Rule
  readonly evidence: string
}

export class Ledger {
  readonly figures: Figures
  readonly violations: Violation[] = []
  readonly #entries = new Map<string, Entry>()

  constructor(figures: Figures) {
    this.figures = figures
  }

  violate(rule: Rule, evidence: string): void {
    this.violations.push({ rule, evidence })
  }

  /** A message that may arrive from now on, and not before `delayedUntil`. */
  mayArrive(queue: string, key: string, delayedUntil = 0): Entry {
    const entry: Entry = {
      queue,
      key,
      delayedUntil,
      once: queue.endsWith('.fifo'),
      attempts: 0,
      acknowledgedId: undefined,
      mustArrive: false,
      copies: new Map(),
    }
    this.#entries.set(`${queue} ${key}`, entry)
    return entry
  }

  acknowledged(entry: Entry, messageId: string): void {
    const known = entry.acknowledgedId ?? (entry.once ? onlyCopy(entry)?.id : undefined)
    if (known !== undefined && known !== messageId)
      this.violate('deduplicated', `${nameOf(entry)} is ${known}, but a repeat was answered with ${messageId}`)
    entry.acknowledgedId = messageId
    entry.mustArrive = true
  }

  /** Undefined for a message that is not in the ledger. */
  received(queue: string, message: ReceivedMessage, span: Span, visibilityMs: number): Copy | undefined {
    const key = keyOf(message.Body as string)
    const entry = this.#entries.get(`${queue} ${key}`)
    if (entry === undefined || message.Body !== bodyOf(key)) {
      this.violate('arrives', `${queue} delivered ${key.slice(0, 100)} as nobody has sent it`)
      return undefined
    }
    this.figures.received++
    const copy = this.#copyOf(entry, message.MessageId as string)
    if (typeof copy.deletion === 'number' && span.issuedAt > copy.deletion)
      this.violate('stays', `${nameOf(entry)} was received ${span.answeredAt - copy.deletion} ms after its deletion`)
    const count = Number(message.Attributes?.ApproximateReceiveCount)
    if (!this.#isLatest(copy, count, span)) return copy
    if (span.answeredAt < copy.hiddenUntil)
      this.violate(
        copy.latest === undefined ? 'delayed' : 'hidden',
        `${nameOf(entry)} was received ${copy.hiddenUntil - span.answeredAt} ms early`,
      )
    if (copy.latest === undefined && copy.hiddenUntil > 0) this.figures.delayed++
    copy.latest = { ...span, count }
    copy.hiddenUntil = copy.changes > 0 ? 0 : span.issuedAt + visibilityMs
    this.#checkDeletedByHolder(copy)
    return copy
  }

  #copyOf(entry: Entry, id: string): Copy {
    const known = entry.copies.get(id)
    if (known !== undefined) return known
    const original = entry.acknowledgedId ?? onlyCopy(entry)?.id
    if (entry.once && original !== undefined && original !== id)
      this.violate('deduplicated', `${nameOf(entry)} is ${original}, but was also received as ${id}`)
    const hiddenUntil = entry.delayedUntil
    const copy: Copy = { entry, id, hiddenUntil, changes: 0, latest: undefined, deletion: 'none', deletedWith: 0 }
    entry.copies.set(id, copy)
    return copy
  }

  /** Answers may overtake one another, so a lower count is wrong only if its receive began after the other had ended. */
  #isLatest({ entry, latest }: Copy, count: number, span: Span): boolean {
    if (latest === undefined || count > latest.count) return true
    if (count === latest.count || span.issuedAt > latest.answeredAt)
      this.violate('counts', `${nameOf(entry)} was received as number ${count} after number ${latest.count}`)
    return false
  }

  /**
   * To be told before the call: until the answer, which goes to the function that is returned, the message may be hidden
   * or not. Without an answer, or with a repeat on the way, nobody knows when that ends.
   */
  changing(copy: Copy, visibilityMs: number): (answer: Span | undefined) => void {
    const { hiddenUntil, latest } = copy
    copy.changes++
    copy.hiddenUntil = 0
    return (answer) => {
      if (answer === undefined) return
      this.figures.visibilityChanges++
      if (answer.attempts > 1) return
      copy.changes--
      // A change has no effect once the message is visible again.
      const tookEffect = answer.answeredAt < hiddenUntil && copy.latest === latest
      if (tookEffect && copy.changes === 0) copy.hiddenUntil = answer.issuedAt + visibilityMs
    }
  }

  /** To be told before the call; `count` is of the receive whose handle is used. */
  deleting(copy: Copy, count: number): void {
    if (copy.deletion === 'none') copy.deletion = 'attempted'
    copy.deletedWith = Math.max(copy.deletedWith, count)
  }

  deleted(copy: Copy, answeredAt: number): void {
    if (typeof copy.deletion === 'number') return
    copy.deletion = answeredAt
    this.figures.deleted++
    this.#checkDeletedByHolder(copy)
  }

  /** On a FIFO queue whoever received a message last is the only one who can delete it. */
  #checkDeletedByHolder({ entry, deletion, latest, deletedWith }: Copy): void {
    if (!entry.once || typeof deletion !== 'number' || latest === undefined || latest.count <= deletedWith) return
    this.violate('handles', `${nameOf(entry)} was deleted with handle ${deletedWith} and received as ${latest.count}`)
  }

  /** At the end, when every queue has been emptied: what never came, came too often, or was gone before its deletion. */
  checkArrivals(): void {
    for (const entry of this.#entries.values()) {
      const { copies, acknowledgedId, attempts } = entry
      const arrived = acknowledgedId === undefined ? copies.size > 0 : copies.has(acknowledgedId)
      if (entry.mustArrive && !arrived)
        this.violate('arrives', `${nameOf(entry)} was acknowledged and was never received`)
      if (!entry.once && copies.size > attempts)
        this.violate('arrives', `${nameOf(entry)} was sent ${attempts} times and is stored ${copies.size} times`)
      for (const { deletion, latest } of copies.values())
        if (deletion === 'none') this.violate('arrives', `${nameOf(entry)} is gone after receive ${latest?.count}`)
    }
  }
}

export const nameOf = ({ queue, key }: Entry): string => `${queue}: ${key}`

/** Of an entry that is stored once. */
export const onlyCopy = ({ copies }: Entry): Copy | undefined => copies.values().next().value

/** A key that ends in `/n` stands for a body that is n characters longer. */
export function bodyOf(key: string): string {
  const padding = Number(/\/(\d+)$/.exec(key)?.[1] ?? 0)
  return padding === 0 ? key : `${key} ${'x'.repeat(padding)}`
}

const keyOf = (body: string): string => body.split(' ', 1)[0] as string
