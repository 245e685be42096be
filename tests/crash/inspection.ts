/**
 * A look at the files that a killed node left. At a copy of them: the log is recovered by whoever opens the database
 * first, and that must be the node.
 */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { databaseFile } from '../../src/kernel/store/sqlite/database.ts'
import { contradictions } from '../workload/contradictions.ts'

/** What is wrong with the database of a data directory; empty if nothing is. */
export function inspect(dataDir: string): string[] {
  const copy = mkdtempSync(join(tmpdir(), 'millrace-inspection-'))
  try {
    // The index of the log (-shm) is left behind: it is no more than a cache.
    for (const suffix of ['', '-wal']) {
      const file = databaseFile(dataDir) + suffix
      if (existsSync(file)) cpSync(file, databaseFile(copy) + suffix)
    }
    const db = new DatabaseSync(databaseFile(copy))
    const problems = [...damage(db), ...disagreements(db)]
    db.close()
    return problems
  } catch (error) {
    return [`it can not be inspected: ${(error as Error).message}`]
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

function damage(db: DatabaseSync): string[] {
  const lines = db
    .prepare('pragma integrity_check')
    .all()
    .map((row) => String(row.integrity_check))
  return lines.length === 1 && lines[0] === 'ok' ? [] : lines
}

const ID_GIVEN_OUT_TWICE = `
  select backlog_id as id from (
    select backlog_id, id from sqs_message union all select backlog_id, id + messages - 1 from sqs_bundle
  ) where id >= (select next_id from id_block where name = 'id')`

function disagreements(db: DatabaseSync): string[] {
  const queries = { ...contradictions, 'an id was given out that the next start gives out again': ID_GIVEN_OUT_TWICE }
  return Object.entries(queries).flatMap(([what, sql]) =>
    db
      .prepare(sql)
      .all()
      .map(({ id }) => `${what}: backlog ${id}`),
  )
}
