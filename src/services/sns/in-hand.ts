/**
 * What the pump of one target has in hand: deliveries that wait, those under way, and how they ended. Here is decided how
 * many are under way at once and how fast they begin; when to take more, and what is written down, is the pump's.
 */
import type { Clock, Millis } from '../../kernel/clock/clock.ts'
import { nextDeliveryAt } from './model/retry.ts'
import type { Room } from './room.ts'
import type { Ending, Outgoing } from './store.ts'

/** To one target. */
const UNDER_WAY = 32
/** Enough to go on with while the store is written. */
export const IN_HAND = 3 * UNDER_WAY

export interface InHandOptions {
  readonly clock: Clock
  readonly room: Room
  /** One attempt. Rejects if something is wrong here, and not at the endpoint. */
  attempt(outgoing: Outgoing): Promise<Ending>
  /** Called whenever one has ended, or begun after a wait. */
  onProgress(): void
}

export class InHand {
  /** Attempts at deliveries that are not written down yet. */
  readonly endings: Ending[] = []
  /** What went wrong here: it has stopped, and there is an attempt without an ending. */
  fault: unknown
  /** Nothing more is begun. */
  stopped = false
  maxPerSecond: number | undefined
  readonly #options: InHandOptions
  /** By id; those that wait, too. */
  readonly #all = new Map<number, Outgoing>()
  #waiting: Outgoing[] = []
  #underWay = 0
  /** When the last one began, as `nextDeliveryAt` counts. */
  #lastAt: Millis | undefined
  #cancelTimer: (() => void) | undefined

  constructor(options: InHandOptions) {
    this.#options = options
  }

  /** Those without an ending. */
  get ids(): readonly number[] {
    const ended = new Set(this.endings.map(({ id }) => id))
    return [...this.#all.keys()].filter((id) => !ended.has(id))
  }

  get isEmpty(): boolean {
    return this.#all.size === 0
  }

  /** Nothing is left but endings. */
  get hasEnded(): boolean {
    return this.endings.length === this.#all.size
  }

  /** So few wait that more are worth taking. */
  get isLow(): boolean {
    return !this.stopped && this.#waiting.length < UNDER_WAY
  }

  /** Another one could begin at once, and none is there. */
  get isHungry(): boolean {
    return !this.stopped && this.#waiting.length === 0 && this.#underWay < UNDER_WAY
  }

  /** When the endpoint's rate allows another one: now, unless it is limited. */
  get nextAt(): Millis {
    return nextDeliveryAt(this.maxPerSecond, this.#lastAt, this.#options.clock.now())
  }

  add(deliveries: readonly Outgoing[]): void {
    for (const delivery of deliveries) {
      this.#all.set(delivery.id, delivery)
      this.#options.room.bytes += delivery.bytes
      this.#waiting.push(delivery)
    }
    this.#begin()
  }

  /** Its ending was written down. Resolves what it was. */
  remove(id: number): Outgoing | undefined {
    const outgoing = this.#all.get(id)
    if (this.#all.delete(id)) this.#options.room.bytes -= outgoing?.bytes ?? 0
    return outgoing
  }

  /** Begins nothing more, and lets go of what waits. */
  stop(): void {
    this.stopped = true
    this.dropWaiting()
  }

  dropWaiting(): void {
    for (const { id } of this.#waiting) this.remove(id)
    this.#waiting = []
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #begin(): void {
    const { clock } = this.#options
    while (this.#waiting.length > 0 && this.#hasPlace()) {
      const at = this.nextAt
      if (at > clock.now()) return this.#beginAt(at)
      this.#lastAt = at
      void this.#attempt(this.#waiting.shift() as Outgoing)
    }
  }

  #beginAt(at: Millis): void {
    this.#cancelTimer ??= this.#options.clock.at(Math.ceil(at), () => {
      this.#cancelTimer = undefined
      this.#begin()
      this.#options.onProgress()
    })
  }

  #hasPlace(): boolean {
    return this.#underWay === 0 || (this.#underWay < UNDER_WAY && this.#options.room.hasPlace)
  }

  async #attempt(outgoing: Outgoing): Promise<void> {
    const { room, attempt, onProgress } = this.#options
    this.#underWay++
    room.underWay++
    try {
      this.endings.push(await attempt(outgoing))
    } catch (error) {
      this.fault = error
      this.remove(outgoing.id)
      this.stop()
    }
    this.#underWay--
    room.underWay--
    this.#begin()
    onProgress()
  }
}
