/** PostgreSQL keeps the store's promises, also between nodes. Runs where MILLRACE_TEST_STORE names a server. */
import { suite } from 'node:test'
import { freshDatabase } from '../../../testing/postgres.ts'
import { storeContract } from '../testing/conformance.ts'
import { openPostgres } from './engine.ts'

const url = await freshDatabase()

suite('PostgreSQL', { skip: url === undefined && 'MILLRACE_TEST_STORE is not set' }, () => {
  if (url === undefined) return
  storeContract({ durable: true, open: (options) => openPostgres({ ...options, url }) })
})
