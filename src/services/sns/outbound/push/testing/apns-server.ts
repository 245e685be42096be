/** A server that speaks the provider API of APNs, for tests. */
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http2, { type IncomingHttpHeaders, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { type ReadJwt, readJwt } from './jwt.ts'

const fixture = (name: string) =>
  readFileSync(new URL(`../../../../../testing/fixtures/${name}`, import.meta.url), 'utf8')

export interface ApnsServer extends AsyncDisposable {
  readonly url: string
  /** The authority that the server's certificate is of (PEM). */
  readonly ca: string
  /** The attributes of an application whose signing key the server knows. */
  readonly application: Readonly<Record<string, string>>
  readonly sent: { readonly headers: IncomingHttpHeaders; readonly jwt: ReadJwt; readonly body: string }[]
  /** Of all connections so far, those that are open. */
  readonly sessions: Set<ServerHttp2Session>
  readonly connections: () => number
  /** Instead of success: status and reason. Undefined reason: an answer never comes. */
  answer: { readonly status: number; readonly reason: string | undefined } | undefined
}

export async function startApnsServer(): Promise<ApnsServer> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ca = fixture('localhost.cert.pem')
  const server = http2.createSecureServer({ cert: ca, key: fixture('localhost.key.pem') })
  let connections = 0
  server.on('session', (session) => {
    connections++
    apns.sessions.add(session)
    session.on('close', () => apns.sessions.delete(session))
    session.on('error', () => {})
  })
  server.on('stream', async (stream, headers) => {
    stream.on('error', () => {})
    const body = (await stream.setEncoding('utf8').toArray()).join('')
    const jwt = readJwt(String(headers.authorization).replace('bearer ', ''), publicKey)
    apns.sent.push({ headers, jwt, body })
    const { status, reason } = apns.answer ?? { status: 200, reason: '' }
    if (reason === undefined) return
    stream.respond({ ':status': status, 'apns-id': headers['apns-id'] })
    stream.end(reason === '' ? '' : JSON.stringify({ reason }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  const apns: ApnsServer = {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    ca,
    application: {
      PlatformCredential: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
      PlatformPrincipal: 'KEY1234567',
      ApplePlatformTeamID: 'TEAM123456',
      ApplePlatformBundleID: 'com.example.app',
    },
    sent: [],
    sessions: new Set(),
    connections: () => connections,
    answer: undefined,
    async [Symbol.asyncDispose]() {
      for (const session of apns.sessions) session.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  return apns
}
