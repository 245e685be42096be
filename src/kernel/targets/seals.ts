/**
 * Bodies that are finished when they are read.
 *
 * Some of what a delivery carries is too dear to be made for messages that nobody reads, and can be made at any time with
 * the same result: a signature by a key that never changes. Who delivers leaves a gap in the body and a note for itself, the
 * seal; who hands the body out has it opened first. Each reading gives the same body.
 */

/** Finishes a body, from the note that its maker left. */
export type OpenSeal = (body: string, note: string) => Promise<string>

/** The text of a seal: who opens it, and the note for it. Plain text, kept beside the body. */
export const sealBy = (opener: string, note: string): string => `${opener} ${note}`

export class Seals {
  readonly #openers = new Map<string, OpenSeal>()

  /** Called at start-up. Throws if the name is taken. */
  register(opener: string, open: OpenSeal): void {
    if (this.#openers.has(opener)) throw new Error(`two openers of seals are named ${opener}`)
    this.#openers.set(opener, open)
  }

  /** The finished body. Throws if nobody on this node opens such seals: it is older than what it reads. */
  open(body: string, seal: string): Promise<string> {
    const space = seal.indexOf(' ')
    const open = this.#openers.get(seal.slice(0, space))
    if (open === undefined) throw new Error(`nobody opens the seal ${seal.slice(0, space)}`)
    return open(body, seal.slice(space + 1))
  }
}
