/** The files of a data directory, and how a connection to the database is set up. */
import { closeSync, fdatasyncSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export const databaseFile = (directory: string): string => join(directory, 'millrace.db')

const PAGE_BYTES = 8192
const CACHE_KIBIBYTES = 16 * 1024

/** The connection of the storage thread. */
export interface OpenDatabase {
  readonly db: DatabaseSync
  /** Called after a commit that wrote something: returns when it is on the disk. Throws `NotOnDisk`. */
  sync(): void
  close(): void
}

/** Whether what was committed is on the disk can't be told, nor mended by trying again: the thread has to end. */
export class NotOnDisk extends Error {
  override readonly name = 'NotOnDisk'
}

/**
 * The log is copied into the database by the checkpointer, never in the middle of somebody's commit. That a commit is on
 * the disk is seen to by `sync`, and not by SQLite (`synchronous=full`): it asks for the file's time of change to be
 * written as well (`fsync`; it is built without `fdatasync`), which is a second write for every commit, and a third where
 * the file system keeps a journal.
 */
export function openDatabase(directory: string | undefined): OpenDatabase {
  const db = new DatabaseSync(directory === undefined ? ':memory:' : databaseFile(directory), { timeout: 5_000 })
  db.exec(`
    pragma page_size = ${PAGE_BYTES};
    pragma journal_mode = wal;
    pragma synchronous = full;
    pragma wal_autocheckpoint = 0;
    pragma cache_size = -${CACHE_KIBIBYTES};
    pragma temp_store = memory;
    pragma foreign_keys = off;
  `)
  const { journal_mode: mode } = db.prepare('pragma journal_mode').get() as { journal_mode: string }
  // Where there can be no log (in memory, on some network file systems) SQLite goes on without it, and syncs by itself.
  if (directory === undefined || mode !== 'wal') return { db, sync: () => {}, close: () => db.close() }
  db.exec('pragma synchronous = normal')
  const log = new LogFile(`${databaseFile(directory)}-wal`)
  return {
    db,
    sync: () => log.sync(),
    close() {
      log.close()
      db.close()
    },
  }
}

/** The write-ahead log: made by the first commit, and one and the same file as long as the database is open. */
class LogFile {
  readonly #path: string
  #file: number | undefined

  constructor(path: string) {
    this.#path = path
  }

  sync(): void {
    try {
      this.#file ??= openSync(this.#path, 'r+')
      fdatasyncSync(this.#file)
    } catch (error) {
      throw new NotOnDisk(`what was committed may not be on the disk: ${(error as Error).message}`, { cause: error })
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
  }
}

/** A second connection, which only moves pages from the log into the database. */
export function openForCheckpoints(directory: string): DatabaseSync {
  const db = new DatabaseSync(databaseFile(directory), { timeout: 0 })
  db.exec('pragma synchronous = full; pragma wal_autocheckpoint = 0; pragma cache_size = -256;')
  return db
}

/** SQLite's primary result codes that say the files can't be used, rather than that a statement is wrong. */
const FILE_FAULTS: Readonly<Record<number, string>> = {
  5: 'the database is busy',
  6: 'the database is locked',
  8: 'the database is read-only',
  10: 'the files of the database can not be read or written',
  11: 'the database is corrupt',
  13: 'there is no space left for the database',
  14: 'the files of the database can not be opened',
  26: 'the file is not a database',
}

/** Why the files can't be used, or undefined if the error is of another kind. */
export function fileFault(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  const fault = FILE_FAULTS[error.errcode & 0xff]
  return fault === undefined ? undefined : `${fault} (${error.message})`
}

/** More than the smallest command writes: while less finds room, some commands succeed and others don't. */
const PROBE_BYTES = 128 * 1024

/** Why nothing can be written, or undefined if it can: found out by writing. */
export function writeFault(db: DatabaseSync): string | undefined {
  try {
    db.exec(`
      create table if not exists write_probe (filler blob);
      begin immediate;
      delete from write_probe;
      insert into write_probe values (randomblob(${PROBE_BYTES}));
      commit`)
    return undefined
  } catch (error) {
    if (db.isTransaction) db.exec('rollback')
    return fileFault(error) ?? (error as Error).message
  }
}
