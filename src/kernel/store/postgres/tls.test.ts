/** TLS to a PostgreSQL that has signed its certificate itself. Runs where the tests of PostgreSQL do. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { runProgram } from '../../../testing/node.ts'
import { PostgresServer } from '../../../testing/postgres-server.ts'
import { Connection } from './connection.ts'
import { tlsOf } from './tls.ts'

/** As whom PostgreSQL runs when root starts it. */
const NOBODY = 65_534

const address = (query: string) => `postgres://u@127.0.0.1/d${query}`

test('without sslmode, and with disable, nothing is encrypted', () => {
  assert.deepEqual(tlsOf(address('')), { url: address(''), ssl: false })
  assert.deepEqual(tlsOf(address('?sslmode=disable&application_name=a')), {
    url: address('?application_name=a'),
    ssl: false,
  })
})

for (const [query, message] of [
  ['?sslmode=prefer', /sslmode=prefer is not one of disable, no-verify, require, verify-ca, verify-full/],
  ['?sslmode=verify-ca', /needs an sslrootcert/],
  ['?sslmode=verify-full&sslrootcert=/no/such/file', /ENOENT.*\/no\/such\/file/],
] as const) {
  test(`${query} is refused`, () => {
    assert.throws(() => tlsOf(address(query)), { name: 'TlsRefused', message })
  })
}

const skip = !process.env.MILLRACE_TEST_STORE && 'MILLRACE_TEST_STORE is not set'

suite('PostgreSQL with TLS', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-tls-'))
  const own = join(folder, 'own.crt')
  const stranger = join(folder, 'stranger.crt')
  let server: PostgresServer
  let plain: PostgresServer

  before(async () => {
    chmodSync(folder, 0o755)
    for (const name of ['own', 'stranger']) makeCertificate(name)
    const settings = ['ssl=on', `ssl_cert_file=${own}`, `ssl_key_file=${join(folder, 'own.key')}`]
    server = await PostgresServer.start([...settings, 'fsync=off'])
    plain = await PostgresServer.start(['fsync=off'])
  })
  after(async () => {
    await Promise.all([server.remove(), plain.remove()])
    rmSync(folder, { recursive: true })
  })

  /** For 127.0.0.1, and no name. PostgreSQL wants the key to be its user's alone. */
  function makeCertificate(name: string): void {
    const [key, certificate] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)]
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    const holder = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1']
    execFileSync('openssl', ['req', '-x509', ...kind, ...holder, '-keyout', key, '-out', certificate], {
      stdio: 'pipe',
    })
    chmodSync(key, 0o600)
    if (process.getuid?.() === 0) chownSync(key, NOBODY, NOBODY)
  }

  const open = (url: string) => Connection.open({ url, statementTimeoutMs: 5_000 })

  const isEncrypted = async (query: string): Promise<unknown> => {
    const connection = await open(server.url('postgres') + query)
    const [row] = await connection.script('select ssl from pg_stat_ssl where pid = pg_backend_pid()')
    connection.close()
    return row?.ssl
  }

  const accepted: readonly (readonly [query: string, encrypted: boolean])[] = [
    ['', false],
    ['?sslmode=disable', false],
    ['?sslmode=no-verify', true],
    ['?sslmode=require', true],
    [`?sslmode=require&sslrootcert=${own}`, true],
    [`?sslmode=verify-ca&sslrootcert=${own}`, true],
    [`?sslmode=verify-full&sslrootcert=${own}`, true],
  ]
  for (const [query, encrypted] of accepted) {
    test(`${query.replaceAll(folder, '') || 'no sslmode'} connects`, async () => {
      assert.equal(await isEncrypted(query), encrypted)
    })
  }

  const refused: readonly (readonly [name: string, url: () => string, message: RegExp])[] = [
    [
      'a certificate of nobody known',
      () => `${server.url('postgres')}?sslmode=verify-full`,
      /certificate.*self-signed/,
    ],
    [
      'a certificate that another one should have signed',
      () => `${server.url('postgres')}?sslmode=require&sslrootcert=${stranger}`,
      /certificate.*self-signed/,
    ],
    [
      'a certificate of another host',
      () => `${server.url('postgres').replace('127.0.0.1', 'localhost')}?sslmode=verify-full&sslrootcert=${own}`,
      /certificate.*localhost/,
    ],
    ['a server without TLS', () => `${plain.url('postgres')}?sslmode=require`, /does not support/],
  ]
  for (const [name, url, message] of refused) {
    test(`${name} is refused`, async () => {
      await assert.rejects(open(url()), { name: 'TlsRefused', message })
    })
  }

  test('what no waiting mends ends the start with a sentence and the exit code 1', async () => {
    const store = `${server.url('postgres')}?sslmode=verify-full&sslrootcert=${stranger}`
    const { code, stderr } = await runProgram(['start', '--port', '0', '--store', store])
    assert.equal(code, 1)
    assert.match(stderr, /TLS to the database was refused.*self-signed certificate/)
  })
})
