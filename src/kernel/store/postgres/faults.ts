/**
 * What an error of PostgreSQL, or of the way to it, means for a group of calls. Codes are those of its documentation's
 * appendix "PostgreSQL Error Codes"; a code's first two characters are its class.
 */

/** Two transactions stood in each other's way, or one waits for long: it is given up, and can be run again at once. */
const CONFLICTS: ReadonlySet<string> = new Set(['40001', '40P01', '55P03'])

const FAULT_CLASSES: Readonly<Record<string, string>> = {
  '08': 'the connection to the database was lost',
  '28': 'the database refuses the credentials',
  '53': 'the database is out of resources',
  '58': 'the database has a fault of its system',
}

const FAULTS: Readonly<Record<string, string>> = {
  '25006': 'the database is read-only',
  '3D000': 'the database does not exist',
  '57P01': 'the database is shutting down',
  '57P02': 'the database has crashed',
  '57P03': 'the database is not accepting connections',
  '57P05': 'the database closed an idle connection',
  XX001: 'the database is corrupt',
  XX002: 'the database is corrupt',
}

/** The group took longer than it may: that says nothing about the next one. */
const OVERTIME: ReadonlySet<string> = new Set(['25P03', '57014'])

/** Faults that no waiting mends: whoever starts the program has to do something. */
const MISTAKES: ReadonlySet<string> = new Set(['28000', '28P01', '3D000', '42501'])

/** The connection ended, or could not be made: thrown in place of the many forms in which a socket says so. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}

/** TLS can't be had as it is asked for: what was asked for is no way, or the server is not who it should be. */
export class TlsRefused extends Error {
  override readonly name = 'TlsRefused'
  constructor(reason: string) {
    super(`TLS to the database was refused (${reason})`)
  }
}

/** Errors of a handshake. Those of certificates have the names that OpenSSL gives them. */
const HANDSHAKE = /^ERR_(TLS|SSL|OSSL)_|CERT|SIGNATURE|ISSUER|HOSTNAME|CRL/
const NO_TLS = /does not support SSL/

/** Undefined if the error is of another kind. */
export function tlsFault(error: Error): TlsRefused | undefined {
  if (error instanceof TlsRefused) return error
  if (!HANDSHAKE.test(codeOf(error)) && !NO_TLS.test(error.message)) return undefined
  const isOfProtocol = /^ERR_(SSL|OSSL)_/.test(codeOf(error)) || NO_TLS.test(error.message)
  return new TlsRefused(isOfProtocol ? error.message : `the server's certificate: ${error.message}`)
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** A text with the character U+0000, which PostgreSQL does not know: its caller's mistake, and no fault of ours. */
export const isUnstorable = (error: unknown): boolean => codeOf(error) === '22021'

export const isConflict = (error: unknown): boolean => CONFLICTS.has(codeOf(error))

export const isOvertime = (error: unknown): boolean => OVERTIME.has(codeOf(error))

export const isMistake = (error: unknown): boolean => error instanceof TlsRefused || MISTAKES.has(codeOf(error))

/** Why the database can't be used, or undefined if the error is of another kind. */
export function storeFault(error: unknown): string | undefined {
  if (error instanceof ConnectionLost || error instanceof TlsRefused) return error.message
  const code = codeOf(error)
  const fault = FAULTS[code] ?? FAULT_CLASSES[code.slice(0, 2)]
  return fault === undefined ? undefined : `${fault} (${(error as Error).message})`
}
