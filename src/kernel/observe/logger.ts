/**
 * The log: one line of JSON an event, on standard error; standard output is for people. It never carries a message
 * body, a request body or a secret.
 */
import { destination, type Logger, pino } from 'pino'

export type { Logger } from 'pino'

/** Writes at once: what was logged before a crash is there after it. */
export function createLogger(level: string): Logger {
  return pino({ level, base: undefined }, destination({ fd: 2, sync: true }))
}
