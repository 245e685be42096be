/**
 * A standard queue as the specification has it, small enough to be seen right: what is visible when, what a receipt
 * handle does, what expires. Times are whole seconds since the queue began.
 */

export const RETENTION = 4500

interface Copy {
  readonly body: string
  readonly sentAt: number
  visibleAt: number
  receiveCount: number
}

/** What a receive is to answer about a message. */
export interface Expected {
  readonly body: string
  readonly receiveCount: number
}

export class StandardQueueModel {
  now = 0
  /** By the message's id. */
  readonly #messages = new Map<string, Copy>()

  send(messageId: string, body: string, delay: number): void {
    this.#messages.set(messageId, {
      body,
      sentAt: this.now,
      visibleAt: this.now + delay,
      receiveCount: 0,
    })
  }

  advance(seconds: number): void {
    this.now += seconds
    for (const [id, { sentAt }] of this.#messages) if (this.now >= sentAt + RETENTION) this.#messages.delete(id)
  }

  get visible(): string[] {
    return [...this.#messages].filter(([, { visibleAt }]) => visibleAt <= this.now).map(([id]) => id)
  }

  get counts(): { visible: number; inFlight: number; delayed: number } {
    const hidden = [...this.#messages.values()].filter(({ visibleAt }) => visibleAt > this.now)
    const inFlight = hidden.filter(({ receiveCount }) => receiveCount > 0).length
    return { visible: this.visible.length, inFlight, delayed: hidden.length - inFlight }
  }

  /** Which of the visible messages a receive answers with is not fixed; throws for one that it may not answer with. */
  receive(messageId: string, timeout: number): Expected {
    const message = this.#messages.get(messageId)
    if (message === undefined) throw new Error(`received ${messageId}, which is no longer there`)
    if (message.visibleAt > this.now) throw new Error(`received ${messageId}, which is hidden`)
    message.visibleAt = this.now + timeout
    message.receiveCount++
    return { body: message.body, receiveCount: message.receiveCount }
  }

  /** By any handle that the message ever had. */
  delete(messageId: string): void {
    this.#messages.delete(messageId)
  }

  /** False if there is no such message any more; one that is visible stays so. */
  changeVisibility(messageId: string, timeout: number): boolean {
    const message = this.#messages.get(messageId)
    if (message === undefined) return false
    if (message.visibleAt > this.now) message.visibleAt = this.now + timeout
    return true
  }

  purge(): void {
    this.#messages.clear()
  }
}
