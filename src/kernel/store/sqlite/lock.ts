/**
 * The lock on a data directory: one process at a time. It is an exclusive transaction on a database file of its own, so
 * the operating system lets go of it when the process dies, however it dies; a file beside it says who holds it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

class DataDirectoryInUse extends Error {
  override readonly name = 'DataDirectoryInUse'
}

/** Takes the lock at once or throws `DataDirectoryInUse`; returns the function that releases it. */
export function lockDirectory(directory: string): () => void {
  const holderFile = join(directory, 'lock-holder.json')
  const db = new DatabaseSync(join(directory, 'lock.db'), { timeout: 0 })
  try {
    db.exec('begin exclusive')
  } catch (cause) {
    db.close()
    if (!isBusy(cause)) throw cause
    throw new DataDirectoryInUse(`the data directory ${directory} is in use by ${holder(holderFile)}`, { cause })
  }
  writeFileSync(holderFile, JSON.stringify({ pid: process.pid, host: hostname() }))
  return () => db.close()
}

const SQLITE_BUSY = 5
const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY

function holder(file: string): string {
  try {
    const { pid, host } = JSON.parse(readFileSync(file, 'utf8'))
    return `process ${pid} on ${host}`
  } catch {
    return 'another process' // which has taken the lock but not yet written who it is
  }
}
