/**
 * TLS to the database, as the address of the store asks for it: `sslmode`, `sslrootcert`, `sslcert` and `sslkey` mean what
 * they mean to PostgreSQL's own clients (https://www.postgresql.org/docs/current/libpq-ssl.html); `no-verify` is the
 * driver's name for a certificate that nobody looks at. Without `sslmode` the connection is in the clear.
 */
import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { TlsRefused } from './faults.ts'

export interface TlsAddress {
  /** The address without what was said about TLS. */
  readonly url: string
  readonly ssl: false | ConnectionOptions
}

const MODES = ['disable', 'no-verify', 'require', 'verify-ca', 'verify-full'] as const
type Mode = (typeof MODES)[number]

/** Throws `TlsRefused` for a mode that is not known, and for a file that can't be read. */
export function tlsOf(address: string): TlsAddress {
  const url = new URL(address)
  const take = (name: string): string | undefined => {
    const value = url.searchParams.get(name) ?? undefined
    url.searchParams.delete(name)
    return value
  }
  const mode = modeOf(take('sslmode'))
  const files = { ca: take('sslrootcert'), cert: take('sslcert'), key: take('sslkey') }
  if (mode === 'disable') return { url: url.href, ssl: false }
  const contents = Object.entries(files).flatMap(([option, path]) => (path === undefined ? [] : [[option, read(path)]]))
  return { url: url.href, ssl: { ...Object.fromEntries(contents), ...checksOf(mode, files.ca !== undefined) } }
}

function modeOf(text = 'disable'): Mode {
  const mode = MODES.find((mode) => mode === text)
  if (mode === undefined) throw new TlsRefused(`sslmode=${text} is not one of ${MODES.join(', ')}`)
  return mode
}

/** With a root certificate, `require` checks who has signed the server's: as `verify-ca`, which can't do without. */
function checksOf(mode: Mode, hasRoot: boolean): ConnectionOptions {
  if (mode === 'verify-ca' && !hasRoot) throw new TlsRefused('sslmode=verify-ca needs an sslrootcert')
  if (mode === 'verify-full') return {}
  if (mode === 'no-verify' || !hasRoot) return { rejectUnauthorized: false }
  return { checkServerIdentity: () => undefined }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new TlsRefused((error as Error).message)
  }
}
