/** Work that falls due at a fixed rate, whether or not what was due before is done; and the time that travels with it. */

const TICK_MILLIS = 1

/** Microseconds since the generator began. */
export const nowMicros = () => Math.round(performance.now() * 1000)

/**
 * Calls `onDue` with how many fell due, until the function that it returns is called. Timers are late by up to a
 * millisecond and more: a late tick makes up for it.
 */
export function atRate(perSecond: number, onDue: (count: number) => void): () => void {
  const began = performance.now()
  let due = 0
  const timer = setInterval(() => {
    const target = Math.floor(((performance.now() - began) / 1000) * perSecond)
    if (target > due) onDue(target - due)
    due = target
  }, TICK_MILLIS)
  return () => clearInterval(timer)
}
