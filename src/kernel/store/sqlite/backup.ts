/**
 * A copy of the embedded store as one file, taken while a node writes to it or while none runs.
 *
 * Invariants
 * - The copy is the store at one moment: it has everything that was acknowledged before the backup began.
 * - The final name appears when the copy is whole, checked and on the disk. Until then it is `<file>.partial`, which also
 *   keeps a second backup to the same name away.
 * - Nothing is overwritten, and the store isn't changed.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { databaseFile } from './database.ts'

/** The store could not be backed up, for a reason that the operator can mend. */
class CannotBackUp extends Error {
  override readonly name = 'CannotBackUp'
}

/** Only its owner reads a backup: it holds every message. */
const MODE = 0o600

/**
 * All pages in one step. SQLite keeps its snapshot for a step and starts again when somebody has written between two:
 * beside a busy node, a backup in several steps would never end. Writers don't wait for it; the log grows meanwhile.
 */
const ALL_PAGES = 2 ** 31 - 1

/** Resolves to the size of the copy in bytes. Rejects with `CannotBackUp`, or with the system's or SQLite's error. */
export async function backUp(directory: string, file: string): Promise<number> {
  const source = databaseFile(directory)
  if (!existsSync(source)) throw new CannotBackUp(`there is no store to back up: ${source} does not exist`)
  const partial = `${file}.partial`
  reserve(partial)
  try {
    if (existsSync(file)) throw new CannotBackUp(`${file} exists, and a backup does not overwrite`)
    await copy(source, partial)
    check(partial)
    renameSync(partial, file)
  } catch (error) {
    rmSync(partial, { force: true })
    throw error
  }
  syncFolder(dirname(file))
  return statSync(file).size
}

function reserve(partial: string): void {
  try {
    closeSync(openSync(partial, 'wx', MODE))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new CannotBackUp(`${partial} exists: another backup is writing it, or one was cut off; if so, delete it`)
  }
}

async function copy(source: string, target: string): Promise<void> {
  const db = new DatabaseSync(source, { readOnly: true, timeout: 5_000 })
  try {
    await backup(db, target, { rate: ALL_PAGES })
  } finally {
    db.close()
  }
}

/** Reads the whole copy. What is wrong with it was wrong with the store, or is with the disk. */
function check(copied: string): void {
  const db = new DatabaseSync(copied)
  try {
    const [finding] = db.prepare('pragma integrity_check(1)').all()
    const verdict = finding?.integrity_check
    if (verdict !== 'ok') throw new CannotBackUp(`the copy is damaged, and so may the store be: ${verdict}`)
  } finally {
    db.close()
  }
}

/** A new name is on the disk when its folder is. Windows has no such call, and needs none. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
