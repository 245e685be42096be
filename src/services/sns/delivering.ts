/**
 * The job that sends what is due to one target: a subscription, a phone, a device. Several deliveries are under way at
 * once; what has ended is written down while others go on, so that a fast endpoint never waits for the store. After a few
 * seconds the job ends its turn and is due again at once, so that many busy targets share a node fairly.
 */
import type { Job, JobHandler, JobOutcome } from '../../kernel/jobs/jobs.ts'
import type { SnsContext } from './api/context.ts'
import { effectiveDeliveryPolicy } from './model/delivery-policy.ts'
import { delayBeforeAttempt, nextDeliveryAt, scheduleFor } from './model/retry.ts'
import type { Senders } from './senders.ts'
import { type Destination, type Ending, type Outgoing, type Target, takeTurn } from './store.ts'

/** Targets that a node sends to at once. */
const TARGETS = 1_000
/** Deliveries to one target that are under way at once. */
const UNDER_WAY = 32
/** Deliveries that are in a job's hands at once: enough to go on with while the store is written. */
const IN_HAND = 3 * UNDER_WAY
const TURN_MS = 5_000

export const deliverJob = (sns: SnsContext, senders: Senders): JobHandler => ({
  concurrency: TARGETS,
  run: ({ payload }: Job) => new Pump(sns, senders, payload as Target).run(),
})

class Pump {
  readonly #sns: SnsContext
  readonly #senders: Senders
  readonly #target: Target
  readonly #inHand = new Set<number>()
  readonly #waiting: Outgoing[] = []
  #endings: Ending[] = []
  #underWay = 0
  #destination: Destination | undefined
  /** When the last one began, as `nextDeliveryAt` counts. */
  #lastAt: number | undefined
  #onEnding: (() => void) | undefined

  constructor(sns: SnsContext, senders: Senders, target: Target) {
    this.#sns = sns
    this.#senders = senders
    this.#target = target
  }

  async run(): Promise<JobOutcome> {
    const { store, clock, signing, counts } = this.#sns
    const { keyId } = await signing.current()
    const stopAt = clock.now() + TURN_MS
    for (;;) {
      const endings = this.#endings
      this.#endings = []
      const isOver = clock.now() >= stopAt
      const limit = isOver ? 0 : IN_HAND
      const turn = await store.execute(takeTurn, { target: this.#target, endings, limit, keyId })
      for (const { id } of endings) this.#inHand.delete(id)
      counts.redriven(turn.redriven, turn.notRedriven)
      this.#destination = turn.destination
      if (isOver) this.#waiting.length = 0
      else this.#take(turn.deliveries)
      if (this.#underWay === 0 && this.#endings.length === 0 && this.#waiting.length === 0) {
        if (isOver) return { again: clock.now() }
        return turn.nextDueAt === undefined ? { done: true } : { again: turn.nextDueAt }
      }
      await this.#progress(isOver)
    }
  }

  #take(deliveries: readonly Outgoing[]): void {
    for (const delivery of deliveries) {
      if (this.#inHand.has(delivery.id)) continue
      this.#inHand.add(delivery.id)
      this.#waiting.push(delivery)
    }
    this.#fill()
  }

  /** Begins as many as may be under way, and no faster than the endpoint takes them. */
  #fill(): void {
    const { clock } = this.#sns
    while (this.#underWay < UNDER_WAY && this.#waiting.length > 0) {
      const now = clock.now()
      const at = nextDeliveryAt(this.#policy?.maxReceivesPerSecond, this.#lastAt, now)
      if (at > now) {
        if (this.#underWay === 0) clock.at(Math.ceil(at), () => this.#fill())
        return
      }
      this.#lastAt = at
      this.#underWay++
      void this.#deliver(this.#waiting.shift() as Outgoing, this.#destination as Destination)
    }
  }

  get #policy() {
    const { topic, subscription } = this.#destination ?? {}
    if (subscription === undefined) return undefined
    return effectiveDeliveryPolicy(topic?.attributes.DeliveryPolicy, subscription.attributes.DeliveryPolicy)
  }

  async #deliver(outgoing: Outgoing, destination: Destination): Promise<void> {
    this.#endings.push(await this.#endingOf(outgoing, destination))
    this.#underWay--
    this.#fill()
    this.#onEnding?.()
  }

  async #endingOf(outgoing: Outgoing, destination: Destination): Promise<Ending> {
    const { id, attempts, content } = outgoing
    const { subscription } = destination
    const isOut = content.type === 'Notification' && subscription !== undefined && subscription.status !== 'confirmed'
    if (isOut) return { id, type: 'dropped' }
    const outcome = await this.#senders.send(outgoing, destination)
    const dueAt = outcome.type === 'retry' ? this.#retryAt(destination, attempts) : undefined
    if (dueAt !== undefined) return { id, type: 'retry', dueAt }
    const isDelivered = outcome.type === 'delivered'
    this.#sns.counts.sent(protocolOf(destination), isDelivered)
    if (isDelivered) return { id, type: 'delivered' }
    return { id, type: 'failed', disableEndpoint: outcome.type === 'failed' && outcome.disableEndpoint === true }
  }

  /** Undefined if it was tried often enough. */
  #retryAt(destination: Destination, attempts: number): number | undefined {
    const { topic, subscription } = destination
    const policy = effectiveDeliveryPolicy(topic?.attributes.DeliveryPolicy, subscription?.attributes.DeliveryPolicy)
    const schedule = scheduleFor(protocolOf(destination), policy.retry)
    const delay = delayBeforeAttempt(schedule, attempts + 2, Math.random())
    return delay === undefined ? undefined : this.#sns.clock.now() + delay
  }

  /** Resolves when there is something to write down and more could be taken; at the end, when nothing is under way. */
  async #progress(isOver: boolean): Promise<void> {
    while (!(isOver ? this.#underWay === 0 : this.#endings.length > 0 && this.#waiting.length < UNDER_WAY)) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#onEnding = resolve
      await promise
    }
    this.#onEnding = undefined
  }
}

export const protocolOf = ({ subscription, sms }: Destination): string =>
  subscription?.protocol ?? (sms === undefined ? 'application' : 'sms')
