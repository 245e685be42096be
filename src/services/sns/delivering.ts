/**
 * The sending of what has to leave the platform. Each target (a subscription, a phone, a device) has one job, and one pump
 * runs it: it takes what is due, has several deliveries under way at once, and writes down what has ended while others go
 * on, so that a fast endpoint never waits for the store. After a few seconds the job ends its turn and is due again at
 * once, so that more busy targets than a node serves at a time share it fairly.
 *
 * Rules
 * - A delivery is tried at least once. It is in the store until its ending is, and what was under way when a node died is
 *   tried again by the next.
 * - What goes wrong at the endpoint is an ending, and counts as an attempt. What goes wrong here (the store is away) does
 *   not: endings are kept until they can be written, and the job is tried again.
 * - No pump waits for another: what they share always has a place for one delivery of each.
 */
import type { Clock, Millis } from '../../kernel/clock/clock.ts'
import { backoff } from '../../kernel/jobs/backoff.ts'
import type { Job, JobHandler, JobOutcome } from '../../kernel/jobs/jobs.ts'
import { failed } from '../../kernel/outbound/outcome.ts'
import type { SnsContext } from './api/context.ts'
import { IN_HAND, InHand } from './in-hand.ts'
import { type DeliveryPolicy, effectiveDeliveryPolicy } from './model/delivery-policy.ts'
import { delayBeforeAttempt, scheduleFor } from './model/retry.ts'
import { Room } from './room.ts'
import { protocolOf, type Senders, type SendResult } from './senders.ts'
import { logStatus, reportFailures, reportFanOut } from './status-log.ts'
import {
  type Content,
  DELIVERIES_CHANNEL,
  type Destination,
  type Ending,
  type Outgoing,
  outgoing,
  type Subscription,
  subscriptionArn,
  type Target,
  type Turn,
  takeTurn,
  targetKey,
} from './store.ts'

/** Targets that a node sends to at once. */
const TARGETS = 1_000
const TURN_MS: Millis = 5_000
/**
 * Endings that are worth a turn of their own. Fewer are written with the next ones, or after a moment: a turn costs the
 * store as much for one as for many.
 */
const ENDINGS = 16
const GATHERING_MS: Millis = 20
/** How often the store is asked to write down the same, before that is left to another run: half a minute. */
const WRITES = 6
/** What a node that stops leaves behind is for others, or for its next start. */
const AFTER_STOP_MS: Millis = 1_000

export interface Deliveries {
  readonly job: JobHandler
  /** Begins nothing more. */
  drain(): void
  /** Forgets what is still under way: it is in the store, and will be tried again. */
  close(): void
}

interface Node {
  readonly sns: SnsContext
  readonly senders: Senders
  readonly room: Room
  state: 'open' | 'draining' | 'closed'
}

export function createDeliveries(sns: SnsContext, senders: Senders): Deliveries {
  const node: Node = { sns, senders, room: new Room(), state: 'open' }
  const pumps = new Map<string, Pump>()
  const unsubscribe = sns.store.onWake(DELIVERIES_CHANNEL, (key) => pumps.get(key)?.look())

  async function run({ payload }: Job): Promise<JobOutcome> {
    const key = targetKey(payload as Target)
    const pump = new Pump(node, payload as Target)
    pumps.set(key, pump)
    try {
      return await pump.run()
    } finally {
      pumps.delete(key)
    }
  }

  return {
    job: { concurrency: TARGETS, run },
    drain() {
      node.state = 'draining'
      for (const pump of pumps.values()) pump.stop()
    },
    close() {
      node.state = 'closed'
      unsubscribe()
    },
  }
}

class Pump {
  readonly #node: Node
  readonly #target: Target
  readonly #inHand: InHand
  /** As of the last turn. */
  #destination: Destination | undefined
  #policy = effectiveDeliveryPolicy(undefined, undefined)
  /** More may be due than was taken. */
  #hasMore = true
  #onProgress: (() => void) | undefined

  constructor(node: Node, target: Target) {
    this.#node = node
    this.#target = target
    const { room, sns } = node
    this.#inHand = new InHand({
      clock: sns.clock,
      room,
      attempt: (outgoing) => this.#attempt(outgoing, this.#destination as Destination, this.#policy),
      onProgress: () => this.#onProgress?.(),
    })
  }

  /** There is something new, or due. */
  look(): void {
    this.#hasMore = true
    this.#onProgress?.()
  }

  /** Begins nothing more: its turn is over. */
  stop(): void {
    this.#inHand.stop()
    this.#onProgress?.()
  }

  /** Settles when nothing is under way, so that nobody else sends to the target meanwhile. */
  async run(): Promise<JobOutcome> {
    const { clock } = this.#node.sns
    const cancel = clock.at(clock.now() + TURN_MS, () => this.stop())
    try {
      return await this.#run()
    } catch (error) {
      this.#inHand.stop()
      await this.#until(() => this.#inHand.ids.length === 0)
      for (const { id } of this.#inHand.endings) this.#inHand.remove(id)
      throw error
    } finally {
      cancel()
    }
  }

  async #run(): Promise<JobOutcome> {
    const { clock, signing } = this.#node.sns
    const inHand = this.#inHand
    const { keyId } = await signing.current()
    for (;;) {
      if (this.#node.state === 'closed') return { again: clock.now() }
      if (this.#node.state === 'draining') inHand.stop()
      const { nextDueAt } = await this.#turn(keyId)
      if (inHand.isEmpty && (inHand.stopped || !this.#hasMore)) return this.#outcome(nextDueAt)
      const cancel = nextDueAt === undefined ? () => {} : clock.at(nextDueAt, () => this.look())
      await this.#untilWorthATurn()
      cancel()
    }
  }

  async #untilWorthATurn(): Promise<void> {
    const { clock } = this.#node.sns
    const inHand = this.#inHand
    const isHungry = () => this.#hasMore && inHand.isHungry
    await this.#until(() => inHand.endings.length > 0 || inHand.isEmpty || isHungry())
    let isTime = inHand.stopped
    const cancel = clock.at(clock.now() + GATHERING_MS, () => {
      isTime = true
      this.#onProgress?.()
    })
    await this.#until(
      () => isTime || inHand.stopped || inHand.endings.length >= ENDINGS || inHand.hasEnded || isHungry(),
    )
    cancel()
  }

  /** It is due again no sooner than the endpoint's rate allows, whichever node sends then. */
  async #outcome(nextDueAt: Millis | undefined): Promise<JobOutcome> {
    const { clock } = this.#node.sns
    const { fault, stopped, nextAt } = this.#inHand
    if (fault !== undefined) throw fault
    if (this.#node.state !== 'open') return { again: clock.now() + AFTER_STOP_MS }
    await timeOf(clock, nextAt)
    if (stopped) return { again: clock.now() }
    return nextDueAt === undefined ? { done: true } : { again: nextDueAt }
  }

  /** Writes down what has ended, and takes more. */
  async #turn(keyId: string): Promise<Turn> {
    const { room, sns } = this.#node
    const inHand = this.#inHand
    const endings = [...inHand.endings]
    const limit = inHand.isLow ? IN_HAND : 0
    const maxBytes = limit === 0 ? 0 : room.reserve()
    this.#hasMore = limit === 0
    const call = { target: this.#target, endings, inHand: inHand.ids, limit, maxBytes, keyId }
    try {
      const turn = await this.#stubbornly(() => sns.store.execute(takeTurn, call))
      inHand.endings.splice(0, endings.length)
      this.#count(endings, turn)
      this.#hasMore ||= turn.more
      this.#aim(turn.destination)
      inHand.add(turn.deliveries.map(outgoing))
      return turn
    } finally {
      room.bytes -= maxBytes
    }
  }

  /** The store may be away for a while. What was delivered should be written down before that is left to chance. */
  async #stubbornly<T>(write: () => Promise<T>): Promise<T> {
    const { clock } = this.#node.sns
    for (let failures = 1; ; failures++) {
      try {
        return await write()
      } catch (error) {
        if (this.#inHand.isEmpty || failures === WRITES || this.#node.state === 'closed') throw error
        await timeOf(clock, clock.now() + backoff(failures, Math.random()))
      }
    }
  }

  /** Documents about the subscription itself count for nothing. */
  #count(endings: readonly Ending[], { destination, redriven, notRedriven, dropped, events }: Turn): void {
    const { sns } = this.#node
    const contents = endings.map(({ id }) => this.#inHand.remove(id)?.content)
    const notified = endings.filter((_, at) => contents[at]?.type === 'Notification')
    const failures = notified.filter((ending) => ending.type === 'failed')
    const target = nameOf(this.#target, destination)
    const protocol = destination === undefined ? 'application' : protocolOf(destination)
    if (destination !== undefined) {
      sns.counts.delivered(protocol, notified.filter(({ type }) => type === 'delivered').length)
      const reason = failures.at(-1)?.reason ?? ''
      const failed = { target, protocol, reason, copies: failures.length, redriven, notRedriven }
      if (failures.length > 0) reportFailures(sns, [failed])
    } else if ('endpointArn' in this.#target) {
      const copies = dropped + failures.length
      const failed = { target, protocol, reason: 'the endpoint is gone', copies, redriven, notRedriven }
      if (copies > 0) reportFailures(sns, [failed])
    }
    reportFanOut(sns, events)
  }

  #aim(destination: Destination | undefined): void {
    const { topic, subscription } = destination ?? {}
    this.#destination = destination
    this.#policy = effectiveDeliveryPolicy(topic?.attributes.DeliveryPolicy, subscription?.attributes.DeliveryPolicy)
    this.#inHand.maxPerSecond = this.#policy.maxReceivesPerSecond
    if (destination === undefined) this.#inHand.dropWaiting()
  }

  async #attempt(outgoing: Outgoing, destination: Destination, policy: DeliveryPolicy): Promise<Ending> {
    const { id, content } = outgoing
    if (!isWanted(content, destination.subscription)) return { id, type: 'dropped' }
    const attempts = outgoing.attempts + 1
    const result = await this.#node.senders.send(outgoing, destination, policy)
    const ending = this.#endingOf(id, result, delayAfter(attempts, protocolOf(destination), policy))
    if (content.type === 'Notification' && ending.type !== 'retry') {
      const outcome = ending.type === 'failed' ? { ...result, ...failed(ending.reason) } : result
      logStatus(this.#node.sns, { message: content.message, destination, outcome, attempts })
    }
    return ending
  }

  /** `retryIn` is undefined after the last attempt. */
  #endingOf(id: number, result: SendResult, retryIn: Millis | undefined): Ending {
    if (result.type === 'delivered') return { id, type: 'delivered' }
    const { clock, log } = this.#node.sns
    const { type, reason } = result
    log.debug(
      { target: this.#target, reason, again: type === 'retry' && retryIn !== undefined },
      'an attempt has failed',
    )
    if (type === 'retry' && retryIn !== undefined) return { id, type, dueAt: clock.now() + retryIn }
    return { id, type: 'failed', reason, disableEndpoint: type === 'failed' && result.disableEndpoint === true }
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#onProgress = resolve
      await promise
    }
    this.#onProgress = undefined
  }
}

/** As the log names it: what was published to directly by its number or ARN. */
function nameOf(target: Target, destination: Destination | undefined): string {
  const { subscription } = destination ?? {}
  return subscription === undefined ? targetKey(target) : subscriptionArn(subscription)
}

/** A document about the subscription itself may be overtaken by what happened to that. */
function isWanted(content: Content, subscription: Subscription | undefined): boolean {
  if (subscription === undefined) return true
  const { status, token } = subscription
  if (content.type === 'Notification') return status === 'confirmed'
  return content.token === token && status === (content.type === 'SubscriptionConfirmation' ? 'pending' : 'deleted')
}

/** Until the next attempt, after so many; undefined if there is none. */
const delayAfter = (attempts: number, protocol: string, { retry }: DeliveryPolicy): Millis | undefined =>
  delayBeforeAttempt(scheduleFor(protocol, retry), attempts + 1, Math.random())

function timeOf(clock: Clock, at: Millis): Promise<void> {
  if (at <= clock.now()) return Promise.resolve()
  return new Promise((resolve) => clock.at(Math.ceil(at), resolve))
}
