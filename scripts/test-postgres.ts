/**
 * `npm run test:postgres`: every test, with the nodes on PostgreSQL. On the server that MILLRACE_TEST_POSTGRES names (by a
 * user who may create databases), or on one that is started for the occasion from the binaries of this machine. Arguments
 * are test files, or options of Node's test runner.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dropTestDatabases } from '../src/testing/postgres.ts'
import { PostgresServer } from '../src/testing/postgres-server.ts'

/** Durability is not what these tests are about. */
const SETTINGS = ['fsync=off', 'max_connections=200']

const given = process.env.MILLRACE_TEST_POSTGRES
if (given) {
  process.exitCode = await runTests(given)
  await dropTestDatabases(given)
} else {
  await using server = await PostgresServer.start(SETTINGS)
  process.exitCode = await runTests(server.url('postgres'))
}

async function runTests(url: string): Promise<number> {
  const given = process.argv.slice(2)
  const files = given.some((argument) => !argument.startsWith('-')) ? [] : ['src/**/*.test.ts', 'tests/**/*.test.ts']
  const tests = spawn(
    process.execPath,
    ['--test', '--test-concurrency=2', '--test-timeout=120000', '--test-reporter=spec', ...given, ...files],
    { stdio: 'inherit', env: { ...process.env, MILLRACE_TEST_STORE: url } },
  )
  const [status] = await once(tests, 'exit')
  return status ?? 1
}
