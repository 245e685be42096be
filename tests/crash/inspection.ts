/**
 * A look at the files that a killed node left. At a copy of them: the log is recovered by whoever opens the database
 * first, and that must be the node.
 */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { databaseFile } from '../../src/kernel/store/sqlite/database.ts'

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
    const problems = [...damage(db), ...contradictions(db)]
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

const CONTRADICTIONS: Readonly<Record<string, string>> = {
  'a counter of messages is wrong': `
    select backlog_id from (
      select backlog_id, messages from sqs_depth
      union all select backlog_id, -count(*) from sqs_message group by backlog_id
    ) group by backlog_id having sum(messages) <> 0`,
  'a group without messages has a row': `
    select backlog_id from sqs_group as g where not exists (
      select 1 from sqs_message as m where m.backlog_id = g.backlog_id and m.group_id = g.group_id)`,
  'messages of a group without a row': `
    select distinct m.backlog_id from sqs_message as m where group_id is not null and not exists (
      select 1 from sqs_group as g where g.backlog_id = m.backlog_id and g.group_id = m.group_id)`,
  'a group is ready before its head is visible': `
    select g.backlog_id from sqs_group as g where ready_at < (
      select visible_at from sqs_message as m
      where m.backlog_id = g.backlog_id and m.group_id = g.group_id order by id limit 1)`,
  'an id was given out that the next start gives out again': `
    select backlog_id from sqs_message where id >= (select next_id from id_block where name = 'id')`,
}

/** Where tables disagree. Backlogs that are being collected may: nobody reads them any more. */
function contradictions(db: DatabaseSync): string[] {
  return Object.entries(CONTRADICTIONS).flatMap(([what, sql]) => {
    const rows = db.prepare(`select backlog_id from (${sql}) intersect select backlog_id from sqs_queue`).all()
    return rows.map(({ backlog_id }) => `${what}: backlog ${backlog_id}`)
  })
}
