/** How the program ends when it can't do what it was asked. */
import { ConfigError } from '../kernel/config/option.ts'

/** Errors of ours that name what the operator can mend; the system's have a code. */
const MENDABLE: readonly string[] = ['CannotOpenStore', 'CannotBackUp']

/** Ends the process. One line for what people can mend; the whole story for what only we can. */
export function fail(error: unknown): never {
  const { name, code, message, stack } = error as NodeJS.ErrnoException
  if (error instanceof ConfigError) {
    process.stderr.write(`millrace: ${message}\nTry: millrace --help\n`)
    process.exit(2)
  }
  const isMendable = code !== undefined || MENDABLE.includes(name)
  process.stderr.write(`millrace: ${isMendable ? explain(code, message) : stack}\n`)
  process.exit(1)
}

function explain(code: string | undefined, message: string): string {
  if (code === 'EADDRINUSE') return `the port is taken (${message}); stop what uses it, or choose one with --port`
  return message
}
