/**
 * The calls that wait for a lane: a line for each command. A line is served by two lanes at a time, so that its calls
 * gather while groups are under way: few large groups are cheaper than many small ones. It gets another lane only when a
 * whole group waits, or when calls have waited for a while: long work then holds nobody up.
 */
import type { Clock } from '../../clock/clock.ts'
import type { Call } from '../group.ts'

export interface Waiting {
  readonly call: Call
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

/** Groups of a command that are under way at once: while the database works on one, the node prepares the other. */
const USUAL_LANES = 2
/** More calls than this wait for the next group. */
const MAX_GROUP = 512
/** How long calls wait for a lane that is busy with others of their kind. */
const PATIENCE_MS = 20

interface Line {
  waiting: Waiting[]
  /** Groups under way. */
  lanes: number
  isOverdue: boolean
  cancelPatience: (() => void) | undefined
}

export class Lines {
  readonly #clock: Clock
  readonly #onOverdue: () => void
  /** By command, those first that were served longest ago. */
  readonly #lines = new Map<string, Line>()

  /** `onOverdue` is called when a line has waited long enough for another lane. */
  constructor(clock: Clock, onOverdue: () => void) {
    this.#clock = clock
    this.#onOverdue = onOverdue
  }

  get areEmpty(): boolean {
    return [...this.#lines.values()].every(({ waiting }) => waiting.length === 0)
  }

  add(waiting: Waiting): void {
    const [, command] = waiting.call
    let line = this.#lines.get(command)
    if (line === undefined) {
      line = { waiting: [], lanes: 0, isOverdue: false, cancelPatience: undefined }
      this.#lines.set(command, line)
    }
    line.waiting.push(waiting)
    if (line.lanes > 0) this.#expect(line)
  }

  /** The next group, or undefined if there is none that should have a lane now. */
  take(): readonly Waiting[] | undefined {
    for (const [command, line] of this.#lines) {
      const { waiting, lanes, isOverdue } = line
      if (waiting.length === 0 || (lanes >= USUAL_LANES && waiting.length < MAX_GROUP && !isOverdue)) continue
      line.waiting = waiting.slice(MAX_GROUP)
      line.lanes++
      line.isOverdue = false
      line.cancelPatience?.()
      line.cancelPatience = undefined
      this.#lines.delete(command)
      this.#lines.set(command, line)
      return waiting.slice(0, MAX_GROUP)
    }
    return undefined
  }

  /** A group that was taken is answered. */
  served([first]: readonly Waiting[]): void {
    const line = this.#lines.get((first as Waiting).call[1])
    if (line !== undefined) line.lanes--
  }

  #expect(line: Line): void {
    line.cancelPatience ??= this.#clock.at(this.#clock.now() + PATIENCE_MS, () => {
      line.cancelPatience = undefined
      line.isOverdue = true
      this.#onOverdue()
    })
  }
}
