/**
 * The job table: what a service does to it inside its own transactions, and the commands of the engine.
 *
 * A job is scheduled (no lease), leased, or dead (`ready_at` null). Only the lease that the row names may end it, and
 * only if the job was not scheduled again meanwhile: the newer scheduling keeps waiting until that lease has ended, so
 * that no job runs twice at once.
 */
import type { Millis } from '../clock/clock.ts'
import { batched, done, single, type Tx } from '../store/store.ts'
import type { NewJob } from './job.ts'

/** Told after every commit that made a job due; the key is the time, so that nobody looks before it. */
export const JOBS_CHANNEL = 'jobs'

/** A job in the hands of a node. */
export interface LeasedJob {
  readonly kind: string
  readonly key: string
  readonly id: number
  readonly due: Millis
  /** JSON text. */
  readonly payload: string
  readonly attempt: number
  readonly lease: number
}

/** Schedules a job inside the caller's transaction. While one of that kind and key runs, it waits for it to end. */
export const schedule = (tx: Tx, job: NewJob): Promise<void> => scheduleAll(tx, [job])

/** As `schedule`, for many jobs at once: no two of them of the same kind and key. */
export async function scheduleAll(tx: Tx, jobs: readonly NewJob[]): Promise<void> {
  const ids = await tx.nextIds(jobs.length)
  const rows = jobs.map(({ kind, key, due, payload }, at) => {
    const dueMs = Math.ceil(due)
    wakeAt(tx, dueMs)
    return [kind, key, ids[at] as number, dueMs, dueMs, JSON.stringify(payload ?? null), 0, tx.now]
  })
  rows.sort((a, b) => ((a[1] as string) < (b[1] as string) ? -1 : 1)) // one order for all, so that nobody waits in a circle
  await tx.insertOver('job', JOB_COLUMNS, rows, SCHEDULED_AGAIN)
}

const JOB_COLUMNS = ['kind', 'key', 'id', 'due', 'ready_at', 'payload', 'attempt', 'created_at']
const SCHEDULED_AGAIN = `(kind, key) do update set
  id = excluded.id, due = excluded.due, payload = excluded.payload, attempt = 0, last_error = null,
  ready_at = case when job.lease is not null and job.ready_at > excluded.due then job.ready_at else excluded.due end`

/**
 * Cancels a job that isn't running, inside the caller's transaction. False if there is none, or if it has begun: its
 * handler then completes it, and learns from its service's own state that there is nothing left to do.
 */
export async function cancel(tx: Tx, kind: string, key: string): Promise<boolean> {
  return (await tx.run('delete from job where kind = ? and key = ? and lease is null', [kind, key])) > 0
}

export interface LeaseRequest {
  readonly owner: string
  readonly kinds: readonly string[]
  /** At most this many jobs. */
  readonly limit: number
  readonly leaseMs: Millis
  /** What the node runs already: these leases are renewed first, so that a jump in time doesn't hand them over. */
  readonly held: readonly Pick<LeasedJob, 'kind' | 'key' | 'lease'>[]
}

export interface LeaseAnswer {
  /** In the order in which they were due. */
  readonly jobs: readonly LeasedJob[]
  /** When there may be more; undefined if there is none. */
  readonly nextAt: Millis | undefined
}

/** Renews leases, then leases what is due. Takes over what another node's expired lease has left. */
export const leaseJobs = single('jobs.lease', async (tx, request: LeaseRequest): Promise<LeaseAnswer> => {
  await renew(tx, request)
  const jobs = request.limit > 0 ? await leaseDue(tx, request) : []
  const nextAt = jobs.length === request.limit ? tx.now : await nextReadyAt(tx, request.kinds)
  return { jobs, nextAt }
})

async function renew(tx: Tx, { held, leaseMs }: LeaseRequest): Promise<void> {
  for (const { kind, key, lease } of held) {
    await tx.run('update job set ready_at = ? where kind = ? and key = ? and lease = ? and ready_at < ?', [
      tx.now + leaseMs,
      kind,
      key,
      lease,
      tx.now + Math.floor((leaseMs * 2) / 3), // with more than that left, the next look is early enough
    ])
  }
}

async function leaseDue(tx: Tx, { owner, kinds, limit, leaseMs }: LeaseRequest): Promise<LeasedJob[]> {
  const [lease] = (await tx.nextIds(1)) as [number]
  const leased = await tx.all<Omit<LeasedJob, 'lease'>>(
    `with picked as (
      select kind, key from job where ready_at <= ? and ${isOneOf(kinds)}
      order by ready_at, id limit ? ${tx.skipLocked}
    )
    update job set lease = ?, lease_owner = ?, ready_at = ?, attempt = attempt + 1
    where (kind, key) in (select kind, key from picked)
    returning kind, key, id, due, payload, attempt`,
    [tx.now, ...kinds, limit, lease, owner, tx.now + leaseMs],
  )
  return leased.map((job) => ({ ...job, lease })).sort((a, b) => a.due - b.due || a.id - b.id)
}

async function nextReadyAt(tx: Tx, kinds: readonly string[]): Promise<Millis | undefined> {
  const row = await tx.get<{ readyAt: Millis }>(
    `select ready_at as "readyAt" from job where ready_at is not null and ${isOneOf(kinds)}
    order by ready_at limit 1`,
    kinds,
  )
  return row?.readyAt
}

/** How a run of a job ended. */
export type Ending =
  | { readonly type: 'done' }
  /** `payload` is JSON text; undefined keeps the one it has. */
  | { readonly type: 'again'; readonly due: Millis; readonly payload: string | undefined }
  | { readonly type: 'retry'; readonly due: Millis; readonly error: string }
  | { readonly type: 'dead'; readonly error: string }
  /** It was given back unfinished, which doesn't count as an attempt. */
  | { readonly type: 'released' }

export interface Settlement {
  readonly job: Pick<LeasedJob, 'kind' | 'key' | 'id' | 'due' | 'lease'>
  readonly ending: Ending
}

/** What came of an ending; `superseded`: the job was scheduled anew meanwhile; `lost`: by then the lease was another's. */
export type Standing = 'settled' | 'superseded' | 'lost'

export const settleJob = batched<Settlement, Standing>('jobs.settle', async (tx, calls) => {
  const standings = []
  for (const call of calls) standings.push(done(await settle(tx, call)))
  return standings
})

async function settle(tx: Tx, { job, ending }: Settlement): Promise<Standing> {
  if (await end(tx, job, ending)) return 'settled'
  const freed = await tx.get<{ due: Millis }>(
    `update job set lease = null, lease_owner = null, ready_at = due where kind = ? and key = ? and lease = ? returning due`,
    [job.kind, job.key, job.lease],
  )
  if (freed === undefined) return 'lost'
  wakeAt(tx, freed.due)
  return 'superseded'
}

/** False if the lease is lost or the job was scheduled anew: nothing was written then. */
async function end(tx: Tx, job: Settlement['job'], ending: Ending): Promise<boolean> {
  const { kind, key, id, lease } = job
  const change = (set: string, values: readonly (string | number | null)[]) =>
    tx.run(
      `update job set lease = null, lease_owner = null, ${set} where kind = ? and key = ? and id = ? and lease = ?`,
      [...values, kind, key, id, lease],
    )
  switch (ending.type) {
    case 'done':
      return (
        (await tx.run('delete from job where kind = ? and key = ? and id = ? and lease = ?', [kind, key, id, lease])) >
        0
      )
    case 'again': {
      const [newId] = (await tx.nextIds(1)) as [number]
      const due = Math.ceil(ending.due)
      wakeAt(tx, due)
      const values = [newId, due, due, ending.payload ?? null]
      const set = 'id = ?, due = ?, ready_at = ?, payload = coalesce(?, payload), attempt = 0, last_error = null'
      return (await change(set, values)) > 0
    }
    case 'retry':
      wakeAt(tx, ending.due)
      return (await change('due = ?, ready_at = ?, last_error = ?', [ending.due, ending.due, ending.error])) > 0
    case 'dead':
      return (await change('ready_at = null, last_error = ?', [ending.error])) > 0
    case 'released':
      wakeAt(tx, job.due)
      return (await change('ready_at = due, attempt = attempt - 1', [])) > 0
  }
}

/**
 * Takes back what an earlier process of this node held when it died, instead of waiting for its leases to expire.
 * Resolves to how many.
 */
export const recoverJobs = single('jobs.recover', async (tx, { owner }: { owner: string }): Promise<number> => {
  return tx.run('update job set lease = null, lease_owner = null, ready_at = due where lease_owner = ?', [owner])
})

/** How many jobs of each kind are dead. */
export const countDeadJobs = single('jobs.dead', (tx, _: null) =>
  tx.all<{ kind: string; count: number }>(
    'select kind, count(*) as "count" from job where ready_at is null group by kind',
  ),
)

/** An expression, so that due jobs are found by their time: by its kind alone, every sweep of every queue is a candidate. */
const isOneOf = (kinds: readonly string[]): string => `kind || '' in (${kinds.map(() => '?').join(', ')})`

const wakeAt = (tx: Tx, due: Millis): void => tx.wake(JOBS_CHANNEL, String(Math.max(due, tx.now)))
