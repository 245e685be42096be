/**
 * The search for messages in one FIFO queue, for the calls that share it. It decides which messages are taken for which
 * call and which have to leave, and writes nothing.
 */
import type { Tx } from '../../../kernel/store/store.ts'
import { MAX_REMOVED, type ReceiveCall, roomInFlight, visibilityMs } from './claim.ts'
import { type GroupMessage, type GroupPlace, groupName, type ReadyGroup, readyGroups } from './groups.ts'
import { expiryLimit, type Queue } from './queue-row.ts'

/** A message for a call. */
export interface Taken {
  readonly call: ReceiveCall
  readonly backlogId: number
  readonly groupId: string
  readonly id: number
  readonly hideMs: number
}

interface Want {
  readonly call: ReceiveCall
  left: number
}

/** A group in which the search goes on. */
interface OpenGroup {
  readonly groupId: string
  /** Messages up to this id were looked at. */
  after: number
  /** A group is for one call: undefined until something was taken from it. */
  want: Want | undefined
}

/** Groups that one round looks at. */
const MAX_GROUPS = 256
/** Messages that one round looks at in a group whose first ones had to leave. */
const FURTHER = 100

export class FifoSearch {
  readonly queue: Queue
  readonly taken: Taken[] = []
  readonly expired: GroupMessage[] = []
  readonly exhausted: GroupMessage[] = []
  /** Undefined if there is none, or if nobody asked yet. */
  deadLetterQueue: Queue | undefined
  readonly #wants: readonly Want[]
  #open: OpenGroup[] = []
  #last: ReadyGroup | undefined
  /** How many groups the last round asked for; undefined when the queue has no more. */
  #asked: number | undefined = 0

  private constructor(queue: Queue, wants: readonly Want[]) {
    this.queue = queue
    this.#wants = wants
  }

  /** The room in flight goes to the calls in their order. */
  static async begin(tx: Tx, queue: Queue, calls: readonly ReceiveCall[]): Promise<FifoSearch> {
    const [{ maxInFlight }] = calls as [ReceiveCall]
    const asked = calls.reduce((sum, { limit }) => sum + limit, 0)
    let room = await roomInFlight(tx, queue, maxInFlight, asked)
    const wants = calls.map((call) => {
      const left = Math.min(call.limit, room)
      room -= left
      return { call, left }
    })
    return new FifoSearch(queue, wants)
  }

  get calls(): ReceiveCall[] {
    return this.#wants.map(({ call }) => call)
  }

  /** So much had to leave that the search ended early. */
  get isCutShort(): boolean {
    return this.#removed >= MAX_REMOVED
  }

  /** Where the next round looks: nowhere when the search has ended. */
  get places(): GroupPlace[] {
    const { backlogId } = this.queue
    const most = Math.max(...this.#wants.map(({ left }) => left))
    return this.#open.map(({ groupId, after }) => ({ backlogId, groupId, after, limit: after > 0 ? FURTHER : most }))
  }

  /** Adds the next ready groups to those in which the search goes on. One for each call may be enough: then more. */
  async findGroups(tx: Tx): Promise<void> {
    const hungry = this.#wants.filter(({ left }) => left > 0)
    if (hungry.length === 0 || this.isCutShort) {
      this.#open = []
      return
    }
    if (this.#open.length > 0 || this.#asked === undefined) return
    const limit = Math.min(Math.max(hungry.length, this.#asked * 2), MAX_GROUPS)
    const groups = await readyGroups(tx, this.queue.backlogId, this.#last, limit)
    this.#open = groups.map(({ groupId }) => ({ groupId, after: 0, want: undefined }))
    this.#last = groups.at(-1)
    this.#asked = groups.length < limit ? undefined : limit
  }

  /** Whether a message was received too often, and it is still to be found out where it goes. */
  needsDeadLetterQueue(tx: Tx, found: ReadonlyMap<string, readonly GroupMessage[]>): boolean {
    if (this.queue.redrivePolicy === undefined || this.deadLetterQueue !== undefined) return false
    return this.#open.some(({ groupId }) => this.#of(found, groupId).some((message) => this.#isExhausted(tx, message)))
  }

  /** Goes through what a round has found. */
  take(tx: Tx, found: ReadonlyMap<string, readonly GroupMessage[]>): void {
    const limits = new Map(this.places.map(({ groupId, limit }) => [groupId, limit]))
    this.#open = this.#open.filter((group) => {
      const messages = this.#of(found, group.groupId)
      const isWalkedThrough = messages.every((message) => this.#takeOne(tx, group, message))
      return isWalkedThrough && messages.length === limits.get(group.groupId)
    })
  }

  /** False if the group ends here: the message is hidden, or nobody wants it. */
  #takeOne(tx: Tx, group: OpenGroup, message: GroupMessage): boolean {
    const want = group.want ?? this.#wants.find(({ left }) => left > 0)
    if (want === undefined || want.left === 0 || this.isCutShort) return false
    group.after = message.id
    if (message.sentAt <= expiryLimit(tx, this.queue)) this.expired.push(message)
    else if (message.visibleAt > tx.now) return false
    else if (this.deadLetterQueue !== undefined && this.#isExhausted(tx, message)) this.exhausted.push(message)
    else {
      const { backlogId, groupId, id } = message
      this.taken.push({ call: want.call, backlogId, groupId, id, hideMs: visibilityMs(this.queue, want.call) })
      group.want = want
      want.left--
    }
    return true
  }

  get #removed(): number {
    return this.expired.length + this.exhausted.length
  }

  #of(found: ReadonlyMap<string, readonly GroupMessage[]>, groupId: string): readonly GroupMessage[] {
    return found.get(groupName(this.queue.backlogId, groupId)) ?? []
  }

  #isExhausted(tx: Tx, { visibleAt, receives }: GroupMessage): boolean {
    const maxReceives = this.queue.redrivePolicy?.maxReceiveCount ?? Number.POSITIVE_INFINITY
    return visibleAt <= tx.now && receives >= maxReceives
  }
}
