/**
 * Durable jobs: every "later" and every "outside". A service schedules a job in the transaction that causes it; after the
 * commit some node leases it and runs the kind's handler, at least once, until that succeeds.
 *
 * The parts: what a job is (job.ts), the table (store.ts), the engine of one node (engine.ts), when to try again
 * (backoff.ts).
 */
export { type RunningJobs, startJobs } from './engine.ts'
export type { Job, JobHandler, JobOutcome, NewJob } from './job.ts'
export { cancel, schedule, scheduleAll } from './store.ts'
