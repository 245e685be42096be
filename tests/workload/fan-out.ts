/**
 * Topics: publishes to a standard topic with twelve queues, half of them filtered, and three HTTP endpoints that fail at
 * random; and to a FIFO topic with six FIFO queues and two standard ones.
 *
 * A publish is one transaction: each attempt that may have reached a node puts one copy into every queue that its filter
 * lets it into, or into none. So all of these queues hold equally many copies, at least one if it was acknowledged, and
 * with deduplication at most one.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from './random.ts'
import type { Scene } from './scene.ts'
import { rest } from './scene.ts'
import { Webhook } from './webhook.ts'

const KINDS = ['a', 'b', 'c'] as const
const GROUPS = ['g1', 'g2', 'g3'] as const
/** Many, and a second apart: however badly an endpoint fares, its deliveries outlast that. */
const PATIENT = JSON.stringify({
  healthyRetryPolicy: { minDelayTarget: 1, maxDelayTarget: 5, numRetries: 100, backoffFunction: 'linear' },
})
const WEBHOOKS_DEADLINE_MS = 60_000

/** What was published under one key. */
interface Publication {
  readonly kind: (typeof KINDS)[number]
  /** Of the FIFO topic. */
  readonly group: string | undefined
  acknowledged: boolean
  /** Those that may have been carried out. */
  attempts: number
}

interface Subscriber {
  readonly name: string
  readonly url: string
  readonly arn: string
  /** The one kind that its filter lets in; undefined for all. */
  readonly kind: string | undefined
  readonly raw: boolean
  readonly keepsOrder: boolean
  /** The ids under which SQS holds the copies, by key. */
  readonly copies: Map<string, Set<string>>
  /** Of each group: the number of the message that was seen first last. */
  readonly latest: Map<string, number>
}

export class FanOutWorkload {
  readonly #scene: Scene
  readonly #publications = new Map<string, Publication>()
  readonly #standard: Subscriber[] = []
  readonly #fifo: Subscriber[] = []
  readonly #webhooks: Webhook[] = []
  #topicArn = ''
  #fifoTopicArn = ''

  constructor(scene: Scene) {
    this.#scene = scene
  }

  /** Makes topics, queues and subscriptions. */
  async prepare(): Promise<void> {
    this.#topicArn = await this.#createTopic('events', {})
    this.#fifoTopicArn = await this.#createTopic('events.fifo', { FifoTopic: 'true' })
    for (let n = 0; n < 12; n++) {
      const kind = n % 2 === 0 ? undefined : KINDS[n % KINDS.length]
      this.#standard.push(await this.#subscribe(this.#topicArn, `copies-${n}`, { kind, raw: n % 4 < 2 }))
    }
    for (let n = 0; n < 8; n++) {
      const name = n < 6 ? `ordered-copies-${n}.fifo` : `unordered-copies-${n}`
      this.#fifo.push(
        await this.#subscribe(this.#fifoTopicArn, name, { kind: n === 0 ? 'a' : undefined, raw: n % 2 === 0 }),
      )
    }
    for (let n = 0; n < 3; n++) this.#webhooks.push(await this.#subscribeWebhook(n))
  }

  /** Publishes and consumes until the run comes to its end. */
  run(): Promise<unknown> {
    return Promise.all([
      ...['t1', 't2'].map((name) => this.#publish(name)),
      ...GROUPS.map((group) => this.#publishInOrder(group)),
      ...[...this.#standard, ...this.#fifo].map((queue) => this.#consume(queue)),
    ])
  }

  /** After the last fault: takes what is left, and compares what arrived with what was published. */
  async finish(): Promise<void> {
    for (const queue of [...this.#standard, ...this.#fifo]) while (await this.#take(queue));
    await this.#awaitWebhooks()
    for (const [key, publication] of this.#publications) this.#check(key, publication)
    for (const webhook of this.#webhooks) await webhook[Symbol.asyncDispose]()
  }

  async #createTopic(Name: string, Attributes: Record<string, string>): Promise<string> {
    const created = await this.#scene.publishUntilAnswered((sns) => sns.createTopic({ Name, Attributes }))
    return created?.TopicArn as string
  }

  async #subscribe(
    TopicArn: string,
    name: string,
    { kind, raw }: Pick<Subscriber, 'kind' | 'raw'>,
  ): Promise<Subscriber> {
    const keepsOrder = name.endsWith('.fifo')
    const attributes: Record<string, string> = keepsOrder ? { FifoQueue: 'true' } : {}
    const created = await this.#scene.callUntilAnswered((sqs) =>
      sqs.createQueue({ QueueName: name, Attributes: attributes }),
    )
    const arn = `arn:aws:sqs:us-east-1:000000000000:${name}`
    await this.#scene.publishUntilAnswered((sns) =>
      sns.subscribe({
        TopicArn,
        Protocol: 'sqs',
        Endpoint: arn,
        Attributes: {
          RawMessageDelivery: String(raw),
          ...(kind !== undefined && { FilterPolicy: JSON.stringify({ kind: [kind] }) }),
        },
      }),
    )
    return { name, url: created?.QueueUrl as string, arn, kind, raw, keepsOrder, copies: new Map(), latest: new Map() }
  }

  async #subscribeWebhook(n: number): Promise<Webhook> {
    const webhook = new Webhook(this.#scene.random.fork(`webhook ${n}`))
    const { promise: confirmed, resolve } = Promise.withResolvers<void>()
    webhook.onConfirmation = (TopicArn, Token) => {
      void this.#scene.publishUntilAnswered((sns) => sns.confirmSubscription({ TopicArn, Token })).then(() => resolve())
    }
    const Endpoint = await webhook.start()
    const Attributes = { DeliveryPolicy: PATIENT }
    await this.#scene.publishUntilAnswered((sns) =>
      sns.subscribe({ TopicArn: this.#topicArn, Protocol: 'http', Endpoint, Attributes }),
    )
    await confirmed
    return webhook
  }

  async #publish(name: string): Promise<void> {
    const random = this.#scene.random.fork(name)
    for (let n = 0; !this.#scene.ending; n++) {
      await rest(random, 150)
      const keys = random.chance(0.3) ? [`${name}-${n}-0`, `${name}-${n}-1`, `${name}-${n}-2`] : [`${name}-${n}`]
      await this.#publishOnce(keys, random)
    }
  }

  async #publishOnce(keys: readonly string[], random: Random): Promise<void> {
    const publications = keys.map((key) => this.#enter(key, undefined, random))
    const entries = keys.map((key, i) => this.#input(key, publications[i] as Publication))
    const outcome = await this.#scene.publish((sns): Promise<unknown> => {
      const TopicArn = this.#topicArn
      const [single] = entries
      if (entries.length === 1 && single !== undefined) return sns.publish({ TopicArn, ...single })
      const PublishBatchRequestEntries = entries.map((entry, i) => ({ ...entry, Id: String(i) }))
      return sns.publishBatch({ TopicArn, PublishBatchRequestEntries })
    })
    for (const publication of publications) {
      publication.attempts += outcome.attempts
      publication.acknowledged = outcome.kind === 'answered'
    }
    if (outcome.kind === 'answered') this.#scene.ledger.figures.published += keys.length
  }

  /** One after the other, each until it is acknowledged: so the order of a group is known. */
  async #publishInOrder(group: string): Promise<void> {
    const random = this.#scene.random.fork(`topic ${group}`)
    for (let n = 0; !this.#scene.ending; n++) {
      await rest(random, 150)
      const key = `${group}:${n}`
      const publication = this.#enter(key, group, random)
      publication.attempts = 1 // what is repeated is a duplicate
      const input = { ...this.#input(key, publication), MessageGroupId: group, MessageDeduplicationId: key }
      const answer = await this.#scene.publishUntilAnswered((sns) =>
        sns.publish({ TopicArn: this.#fifoTopicArn, ...input }),
      )
      publication.acknowledged = answer !== undefined
      this.#scene.ledger.figures.published++
    }
  }

  #enter(key: string, group: string | undefined, random: Random): Publication {
    const publication = { kind: random.pick(KINDS), group, acknowledged: false, attempts: 0 }
    this.#publications.set(key, publication)
    return publication
  }

  #input = (Message: string, { kind }: Publication) => ({
    Message,
    MessageAttributes: { kind: { DataType: 'String', StringValue: kind } },
  })

  async #consume(queue: Subscriber): Promise<void> {
    const random = this.#scene.random.fork(queue.name)
    while (!this.#scene.ending) {
      await rest(random, 400)
      await this.#take(queue)
    }
  }

  /** Receives and deletes; false if there was nothing. Copies that come again are the same copies. */
  async #take(queue: Subscriber): Promise<boolean> {
    const { scene, url } = { scene: this.#scene, url: queue.url }
    const outcome = await scene.call((sqs) => sqs.receiveMessage({ QueueUrl: url, MaxNumberOfMessages: 10 }))
    if (outcome.kind !== 'answered') return outcome.kind === 'unknown'
    const messages = outcome.value.Messages ?? []
    if (messages.length === 0) return false
    for (const { Body = '', MessageId = '' } of messages) {
      const key = queue.raw ? Body : (JSON.parse(Body).Message as string)
      this.#note(queue, key, MessageId)
    }
    const Entries = messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle: ReceiptHandle as string }))
    await scene.call((sqs) => sqs.deleteMessageBatch({ QueueUrl: url, Entries }))
    return true
  }

  #note(queue: Subscriber, key: string, messageId: string): void {
    const known = queue.copies.get(key)
    if (known?.has(messageId)) return
    this.#scene.ledger.figures.copies++
    if (known !== undefined) return void known.add(messageId)
    queue.copies.set(key, new Set([messageId]))
    const group = this.#publications.get(key)?.group
    if (!queue.keepsOrder || group === undefined) return
    const n = Number(key.split(':')[1])
    const latest = queue.latest.get(group) ?? -1
    if (n < latest) this.#scene.ledger.violate('fannedOut', `${queue.name} delivered ${key} after number ${latest}`)
    queue.latest.set(group, n)
  }

  async #awaitWebhooks(): Promise<void> {
    const deadline = performance.now() + WEBHOOKS_DEADLINE_MS
    const acknowledged = [...this.#publications].filter(([, { acknowledged, group }]) => acknowledged && !group)
    const isMissing = ({ taken }: Webhook) => acknowledged.some(([key]) => !taken.has(key))
    while (this.#webhooks.some(isMissing) && performance.now() < deadline) {
      await this.#scene.shiftClock(10_000)
      await pause(200)
    }
  }

  #check(key: string, { kind, group, acknowledged, attempts }: Publication): void {
    const { ledger } = this.#scene
    const subscribers = group === undefined ? this.#standard : this.#fifo
    const counts = new Set<number>()
    for (const queue of subscribers) {
      const copies = queue.copies.get(key)?.size ?? 0
      if (queue.kind === undefined || queue.kind === kind) counts.add(copies)
      else if (copies > 0) ledger.violate('fannedOut', `${queue.name} got ${key}, which its filter keeps out`)
    }
    if (counts.size > 1)
      ledger.violate('fannedOut', `${key} is torn: queues hold ${[...counts].join(' and ')} copies of it`)
    if (acknowledged && counts.has(0)) ledger.violate('fannedOut', `${key} was acknowledged and is missing in a queue`)
    if (Math.max(...counts) > attempts)
      ledger.violate('fannedOut', `${key} has more copies than the ${attempts} attempts`)
    for (const [n, { taken }] of this.#webhooks.entries()) {
      const times = group === undefined ? (taken.get(key) ?? 0) : 0
      ledger.figures.notified += times
      if (group === undefined && acknowledged && times === 0)
        ledger.violate('notified', `endpoint ${n} never got ${key}`)
    }
  }
}
