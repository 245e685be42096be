/**
 * What this process knows of every message, from the answers it got and from those it didn't get, and what that lets it
 * demand of each receive.
 *
 * A call that was cut off by a kill may have happened or not, so the ledger keeps bounds that hold in either case. Times
 * are of the node's clock: a call took effect somewhere between `issuedAt` and `answeredAt`.
 */
import type { Message as ReceivedMessage } from '@aws-sdk/client-sqs'
import { Figures } from './figures.ts'
import type { Rule } from './rules.ts'

/** Between which two times a call that was answered took effect. */
export interface Span {
  readonly issuedAt: number
  readonly answeredAt: number
}

export interface Entry {
  readonly queue: string
  /** Unique within the queue; the body begins with it. */
  readonly key: string
  /** Undefined until the send was acknowledged. */
  acknowledgedId: string | undefined
  /** Whether it must arrive. */
  mustArrive: boolean
  /** Under which it was received. */
  receivedId: string | undefined
  /** It isn't received before this: the end of its delay, then of its latest visibility timeout. 0 if that is not known. */
  hiddenUntil: number
  /** Calls under way that change its timeout. */
  changes: number
  latest: (Span & { readonly count: number }) | undefined
  /** `attempted` if an answer is missing; the time of the answer if there is one. */
  deletion: 'none' | 'attempted' | number
}

export interface Violation {
  readonly rule: Rule
  readonly evidence: string
}

export class Ledger {
  readonly figures = new Figures()
  readonly violations: Violation[] = []
  readonly #entries = new Map<string, Entry>()

  violate(rule: Rule, evidence: string): void {
    this.violations.push({ rule, evidence })
  }

  /** A message that may arrive from now on, and not before `hiddenUntil`. */
  mayArrive(queue: string, key: string, hiddenUntil = 0): Entry {
    const entry: Entry = {
      queue,
      key,
      acknowledgedId: undefined,
      mustArrive: false,
      receivedId: undefined,
      hiddenUntil,
      changes: 0,
      latest: undefined,
      deletion: 'none',
    }
    this.#entries.set(`${queue} ${key}`, entry)
    return entry
  }

  acknowledged(entry: Entry, messageId: string): void {
    const known = entry.acknowledgedId ?? entry.receivedId
    if (known !== undefined && known !== messageId)
      this.violate('deduplicated', `${nameOf(entry)} is ${known}, but a repeat was answered with ${messageId}`)
    entry.acknowledgedId = messageId
    entry.mustArrive = true
  }

  /** Undefined for a message that is not in the ledger. */
  received(queue: string, message: ReceivedMessage, span: Span, visibilityMs: number): Entry | undefined {
    const key = keyOf(message.Body as string)
    const entry = this.#entries.get(`${queue} ${key}`)
    if (entry === undefined || message.Body !== bodyOf(key)) {
      this.violate('arrives', `${queue} delivered ${key.slice(0, 100)} as nobody has sent it`)
      return undefined
    }
    this.figures.received++
    this.#checkIdentity(entry, message.MessageId as string)
    if (typeof entry.deletion === 'number' && span.issuedAt > entry.deletion)
      this.violate('stays', `${nameOf(entry)} was received ${span.answeredAt - entry.deletion} ms after its deletion`)
    const count = Number(message.Attributes?.ApproximateReceiveCount)
    if (!this.#isLatest(entry, count, span)) return entry
    if (span.answeredAt < entry.hiddenUntil)
      this.violate(
        entry.latest === undefined ? 'delayed' : 'hidden',
        `${nameOf(entry)} was received ${entry.hiddenUntil - span.answeredAt} ms early`,
      )
    if (entry.latest === undefined && entry.hiddenUntil > 0) this.figures.delayed++
    entry.latest = { ...span, count }
    entry.hiddenUntil = entry.changes > 0 ? 0 : span.issuedAt + visibilityMs
    return entry
  }

  #checkIdentity(entry: Entry, messageId: string): void {
    const known = entry.receivedId ?? entry.acknowledgedId
    entry.receivedId = messageId
    if (known !== undefined && known !== messageId)
      this.violate('arrives', `${nameOf(entry)} is ${known}, but was also received as ${messageId}`)
  }

  /** Answers may overtake one another, so a lower count is wrong only if its receive began after the other had ended. */
  #isLatest(entry: Entry, count: number, span: Span): boolean {
    const { latest } = entry
    if (latest === undefined || count > latest.count) return true
    if (count === latest.count || span.issuedAt > latest.answeredAt)
      this.violate('counts', `${nameOf(entry)} was received as number ${count} after number ${latest.count}`)
    return false
  }

  /**
   * To be told before the call: until the answer, which goes to the function that is returned, the message may be hidden
   * or not.
   */
  changing(entry: Entry, visibilityMs: number): (answer: Span | undefined) => void {
    const { hiddenUntil, latest } = entry
    entry.changes++
    entry.hiddenUntil = 0
    return (answer) => {
      entry.changes--
      if (answer === undefined) return
      this.figures.visibilityChanges++
      // A change has no effect once the message is visible again.
      const tookEffect = answer.answeredAt < hiddenUntil && entry.latest === latest
      if (tookEffect) entry.hiddenUntil = answer.issuedAt + visibilityMs
    }
  }

  /** To be told before the call. */
  deleting(entry: Entry): void {
    if (entry.deletion === 'none') entry.deletion = 'attempted'
  }

  deleted(entry: Entry, answeredAt: number): void {
    if (typeof entry.deletion === 'number') return
    entry.deletion = answeredAt
    this.figures.deleted++
  }

  /** At the end, when every queue has been emptied: what never came, or came and was gone before anybody deleted it. */
  checkArrivals(): void {
    for (const entry of this.#entries.values()) {
      if (!entry.mustArrive || entry.deletion !== 'none') continue
      const story = entry.latest === undefined ? 'was never received' : `is gone after receive ${entry.latest.count}`
      this.violate('arrives', `${nameOf(entry)} was acknowledged and ${story}`)
    }
  }
}

const nameOf = (entry: Entry): string => `${entry.queue}: ${entry.key}`

/** A key that ends in `/n` stands for a body that is n characters longer. */
export function bodyOf(key: string): string {
  const padding = Number(/\/(\d+)$/.exec(key)?.[1] ?? 0)
  return padding === 0 ? key : `${key} ${'x'.repeat(padding)}`
}

const keyOf = (body: string): string => body.split(' ', 1)[0] as string
