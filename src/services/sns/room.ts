/** What the pumps of a node share: so many connections, and so much memory. Each may always have one delivery. */

/** Deliveries under way at once, beyond the first of each target. */
const UNDER_WAY = 2_000
/** Contents in the hands of all pumps, as they are stored. */
const BYTES = 64 * 1024 * 1024
/** What one turn takes at most. */
const BYTES_OF_A_TURN = 512 * 1024

export class Room {
  underWay = 0
  bytes = 0

  get hasPlace(): boolean {
    return this.underWay < UNDER_WAY
  }

  /** For one turn: to be given back when what it took is counted by itself. */
  reserve(): number {
    const bytes = Math.max(0, Math.min(BYTES_OF_A_TURN, BYTES - this.bytes))
    this.bytes += bytes
    return bytes
  }
}
