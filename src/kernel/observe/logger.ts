/**
 * The log: one line of JSON an event, on standard error; standard output is for people. It never carries a message
 * body, a request body or a secret.
 */
import { createRequire } from 'node:module'
import type { pino } from 'pino'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

/** What the platform asks of a logger: facts, and what they are about. */
type Write = (facts: object | string, message?: string) => void

export interface Logger {
  readonly debug: Write
  readonly info: Write
  readonly warn: Write
  readonly error: Write
  isLevelEnabled(level: LogLevel): boolean
}

const LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

/**
 * A logger of that level. The library (15 ms and 4 MB) is loaded by the first line that is written, which on a node
 * where all is well may be never. It writes at once: what was logged before a crash is there after it.
 */
export function createLogger(level: LogLevel): Logger {
  const isLevelEnabled = (asked: LogLevel) => LEVELS.indexOf(asked) >= LEVELS.indexOf(level)
  let loaded: pino.Logger | undefined
  const at =
    (name: 'debug' | 'info' | 'warn' | 'error'): Write =>
    (facts, message) => {
      if (!isLevelEnabled(name)) return
      loaded ??= loadLibrary(level)
      if (typeof facts === 'string') loaded[name](facts)
      else loaded[name](facts, message)
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), isLevelEnabled }
}

function loadLibrary(level: LogLevel): pino.Logger {
  const library = createRequire(import.meta.url)('pino') as typeof pino
  return library({ level, base: undefined }, library.destination({ fd: 2, sync: true }))
}
