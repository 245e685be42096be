/** What happened in a run. A figure that stays at zero means that something was not put to the test. */
export class Figures {
  faults = 0
  sendsAcknowledged = 0
  sendsUnknown = 0
  received = 0
  delayed = 0
  deleted = 0
  deletesUnknown = 0
  visibilityChanges = 0
  handlesUsedAfterFault = 0
  repeatsAnswered = 0
  movesCompleted = 0
  moved = 0
  purges = 0
  purgesRefused = 0
  published = 0
  copies = 0
  notified = 0

  /** The names of those that are zero and shouldn't be. */
  missing(mayBeZero: readonly string[] = []): string[] {
    return this.#all()
      .filter(([name, value]) => value === 0 && !mayBeZero.includes(name))
      .map(([name]) => name)
  }

  toString(): string {
    const words = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    return this.#all()
      .map(([name, value]) => `  ${words(name).padEnd(26)}${String(value).padStart(9)}`)
      .join('\n')
  }

  #all(): [string, number][] {
    return Object.entries(this) as [string, number][]
  }
}
