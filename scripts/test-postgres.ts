/**
 * `npm run test:postgres`: every test, with the nodes on PostgreSQL. On the server that MILLRACE_TEST_POSTGRES names (by a
 * user who may create databases), or on one that is started for the occasion from the binaries of this machine. Arguments
 * are test files, or options of Node's test runner.
 */
import { spawnSync } from 'node:child_process'
import { chownSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { dropTestDatabases } from '../src/testing/postgres.ts'

interface Server {
  readonly url: string
  stop(): void
}

const given = process.env.MILLRACE_TEST_POSTGRES
const server = given ? { url: given, stop: () => {} } : await startServer()
try {
  process.exitCode = runTests(server.url)
  await dropTestDatabases(server.url)
} finally {
  server.stop()
}

function runTests(url: string): number {
  const given = process.argv.slice(2)
  const files = given.some((argument) => !argument.startsWith('-')) ? [] : ['src/**/*.test.ts', 'tests/**/*.test.ts']
  const { status } = spawnSync(
    process.execPath,
    ['--test', '--test-concurrency=2', '--test-timeout=120000', '--test-reporter=spec', ...given, ...files],
    { stdio: 'inherit', env: { ...process.env, MILLRACE_TEST_STORE: url } },
  )
  return status ?? 1
}

/** A server on a free port, with its data in a folder of its own. Durability is not what these tests are about. */
async function startServer(): Promise<Server> {
  const binaries = findBinaries()
  const folder = mkdtempSync(join(tmpdir(), 'millrace-postgres-'))
  const port = await freePort()
  // PostgreSQL refuses to run as root; `nobody` is there on every Linux.
  const isRoot = process.getuid?.() === 0
  if (isRoot) chownSync(folder, NOBODY, NOBODY)
  const asUser = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
  const run = (program: string, ...args: string[]) => {
    const { status, stderr, error } = spawnSync(join(binaries, program), args, {
      ...asUser,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    })
    if (error) throw error
    if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`)
  }
  const data = join(folder, 'data')
  run('initdb', '-D', data, '-U', 'millrace', '-A', 'trust', '-E', 'UTF8', '--no-sync')
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} -c fsync=off -c max_connections=200`
  run('pg_ctl', '-D', data, '-o', options, '-l', join(folder, 'log'), '-w', 'start')
  return {
    url: `postgres://millrace@127.0.0.1:${port}/postgres`,
    stop: () => {
      run('pg_ctl', '-D', data, '-m', 'immediate', 'stop')
      rmSync(folder, { recursive: true })
    },
  }
}

const NOBODY = 65_534

/** On the path, or where Debian has them: the newest. */
function findBinaries(): string {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...globSync('/usr/lib/postgresql/*/bin').sort((a, b) => b.localeCompare(a, 'en', { numeric: true })),
  ]
  const found = folders.find((folder) => globSync(join(folder, '{initdb,pg_ctl}')).length === 2)
  if (found === undefined) throw new Error('no PostgreSQL on this machine: install it, or set MILLRACE_TEST_POSTGRES')
  return found
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
