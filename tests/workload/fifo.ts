/**
 * A FIFO queue: one producer per group, who sends again what was not acknowledged, and consumers of all groups. Since
 * a group's messages are sent one after the other, their order is known: message n may be received only when those
 * before it are deleted, or in the same answer before it.
 */
import type { SendMessageCommandInput } from '@aws-sdk/client-sqs'
import { type Entry, onlyCopy } from './ledger.ts'
import type { Random } from './random.ts'
import {
  type Consumer,
  changeVisibility,
  deleteAfterFault,
  deleteAll,
  type Held,
  type Queue,
  type ReceiveOptions,
  receive,
} from './receiving.ts'
import { rest, type Scene } from './scene.ts'

const MAX_BACKLOG = 50

/** A group's messages, in the order in which they were sent. */
interface Group {
  readonly entries: Entry[]
  /** Those before this one are deleted, as far as is known. */
  head: number
}

export class FifoWorkload {
  readonly #scene: Scene
  readonly #queue: Queue
  readonly #groups = new Map<string, Group>()

  constructor(scene: Scene, queue: Queue) {
    this.#scene = scene
    this.#queue = queue
  }

  async produce(groupId: string): Promise<void> {
    const random = this.#scene.random.fork(groupId)
    const group: Group = { entries: [], head: 0 }
    this.#groups.set(groupId, group)
    let sequence = 0n
    while (!this.#scene.ending) {
      await rest(random, group.entries.length - group.head > MAX_BACKLOG ? 200 : 30)
      const size = random.chance(0.3) ? random.int(2, 10) : 1
      const entries = Array.from({ length: size }, () => this.#enter(groupId, group))
      sequence =
        size === 1
          ? await this.#send(groupId, entries[0] as Entry, sequence, random.chance(0.2))
          : await this.#sendBatch(groupId, entries, sequence)
      if (random.chance(0.1)) await this.#repeat(groupId, entries[0] as Entry, random)
    }
  }

  #enter(groupId: string, group: Group): Entry {
    const entry = this.#scene.ledger.mayArrive(this.#queue.name, `${groupId}:${group.entries.length}`)
    group.entries.push(entry)
    return entry
  }

  #input(groupId: string, { key }: Entry): SendMessageCommandInput {
    return { QueueUrl: this.#queue.url, MessageBody: key, MessageGroupId: groupId, MessageDeduplicationId: key }
  }

  /** Sends until it is acknowledged, at times twice at once. Answers the sequence number, which is above the last one's. */
  async #send(groupId: string, entry: Entry, last: bigint, twice: boolean): Promise<bigint> {
    for (;;) {
      const send = () => this.#scene.call((sqs) => sqs.sendMessage(this.#input(groupId, entry)))
      const outcomes = await Promise.all(twice ? [send(), send()] : [send()])
      const answers = outcomes.flatMap((outcome) => (outcome.kind === 'answered' ? [outcome.value] : []))
      const sequences = answers.map((answer) => this.#acknowledge(entry, answer, last))
      if (sequences[0] !== undefined) return sequences[0]
      if (outcomes.some(({ kind }) => kind === 'refused')) return last
      this.#scene.ledger.figures.sendsUnknown++
    }
  }

  async #sendBatch(groupId: string, entries: readonly Entry[], last: bigint): Promise<bigint> {
    const Entries = entries.map((entry, i) => {
      const { QueueUrl, ...input } = this.#input(groupId, entry)
      return { ...input, Id: String(i) }
    })
    for (;;) {
      const outcome = await this.#scene.call((sqs) => sqs.sendMessageBatch({ QueueUrl: this.#queue.url, Entries }))
      if (outcome.kind === 'refused') return last
      if (outcome.kind === 'unknown') {
        this.#scene.ledger.figures.sendsUnknown += entries.length
        continue
      }
      const { Successful = [], Failed = [] } = outcome.value
      for (const { Id, Code } of Failed) this.#scene.ledger.violate('answers', `entry ${Id} of ${groupId}: ${Code}`)
      for (const sent of Successful) last = this.#acknowledge(entries[Number(sent.Id)] as Entry, sent, last)
      return last
    }
  }

  #acknowledge(
    entry: Entry,
    sent: { MessageId?: string | undefined; SequenceNumber?: string | undefined },
    last: bigint,
  ): bigint {
    const { ledger } = this.#scene
    ledger.figures.sendsAcknowledged++
    ledger.acknowledged(entry, sent.MessageId as string)
    const sequence = BigInt(sent.SequenceNumber as string)
    if (sequence <= last) ledger.violate('ordered', `${entry.key} has sequence number ${sequence} after ${last}`)
    return sequence
  }

  /** After a fault the nodes still know the deduplication id, whether the message is still there or not. */
  async #repeat(groupId: string, entry: Entry, random: Random): Promise<void> {
    if (random.chance(0.5)) await this.#scene.nextFault()
    const sent = await this.#scene.callUntilAnswered((sqs) => sqs.sendMessage(this.#input(groupId, entry)))
    if (sent === undefined) return
    this.#scene.ledger.acknowledged(entry, sent.MessageId as string)
    this.#scene.ledger.figures.repeatsAnswered++
  }

  async consume(name: string): Promise<void> {
    const random = this.#scene.random.fork(name)
    const consumer = { scene: this.#scene, queue: this.#queue, random }
    while (!this.#scene.ending) {
      const holds = random.chance(0.03)
      const visibilitySeconds = holds ? 30 : random.pick([1, 2])
      const options = { limit: random.int(1, 10), visibilitySeconds, waitSeconds: random.int(0, 1) }
      const messages = await this.receive(consumer, options)
      if (messages.length === 0) await rest(random, 20)
      else if (holds) await deleteAfterFault(consumer, messages)
      else if (random.chance(0.05)) await changeVisibility(consumer, messages[0] as Held)
      else await deleteAll(consumer, messages)
    }
  }

  async receive(consumer: Consumer, options: ReceiveOptions): Promise<Held[]> {
    const messages = await receive(consumer, options)
    const before = new Set<Entry>()
    for (const { entry } of messages.map(({ copy }) => copy)) {
      this.#checkOrder(entry, before)
      before.add(entry)
    }
    return messages
  }

  #checkOrder(entry: Entry, inThisAnswer: ReadonlySet<Entry>): void {
    const [groupId, position] = entry.key.split(':') as [string, string]
    const group = this.#groups.get(groupId) as Group
    while (typeof deletionOf(group.entries[group.head]) === 'number') group.head++
    for (const before of group.entries.slice(group.head, Number(position))) {
      if (deletionOf(before) === 'none' && !inThisAnswer.has(before))
        this.#scene.ledger.violate('ordered', `${entry.key} was received before ${before.key} was deleted`)
    }
  }
}

const deletionOf = (entry: Entry | undefined) => (entry && onlyCopy(entry))?.deletion ?? 'none'
