/** A look into the database that a run has left: whether tables agree, and whether work was left behind. */
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { contradictions } from '../workload/contradictions.ts'

/** Work that is due is done within seconds. */
const QUIET_DEADLINE_MS = 20_000

/** By name: rows of it are work that no node has taken up, or has let go of. */
const LEFT_BEHIND: Readonly<Record<string, string>> = {
  'a job is dead': `select kind || ' ' || key || ': ' || last_error as id from job where ready_at is null`,
  'a job is overdue': `
    select kind || ' ' || key as id from job, clock_offset
    where ready_at <= floor(extract(epoch from clock_timestamp()) * 1000) + offset_ms - 1000`,
  'messages of a purged backlog are still there': `
    select backlog_id as id from (select backlog_id from sqs_message union all select backlog_id from sqs_bundle) as kept
    where backlog_id not in (select backlog_id from sqs_queue) limit 1`,
  'a move task is not done': `select task_id as id from sqs_move_task where status = 'RUNNING'`,
}

/** What is wrong; empty if nothing is. Waits for a while for what is left to be done. */
export async function inspect(databaseUrl: string): Promise<string[]> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  const idsOf = async (sql: string) => (await client.query<{ id: string }>(sql)).rows.map(({ id }) => id)
  try {
    const deadline = performance.now() + QUIET_DEADLINE_MS
    for (;;) {
      const leftBehind = await problems(LEFT_BEHIND, idsOf)
      if (leftBehind.length > 0 && performance.now() < deadline) await pause(200)
      else return [...leftBehind, ...(await problems(contradictions, idsOf))]
    }
  } finally {
    await client.end()
  }
}

async function problems(
  queries: Readonly<Record<string, string>>,
  idsOf: (sql: string) => Promise<string[]>,
): Promise<string[]> {
  const found: string[] = []
  for (const [what, sql] of Object.entries(queries)) for (const id of await idsOf(sql)) found.push(`${what}: ${id}`)
  return found
}
