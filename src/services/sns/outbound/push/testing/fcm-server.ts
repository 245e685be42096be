/** A server that speaks FCM's HTTP v1 and Google's token endpoint, for tests. */
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ReadJwt, readJwt } from './jwt.ts'

/** One for all servers: it takes long to make. */
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

interface Answer {
  readonly status: number
  readonly body: unknown
}

export interface FcmServer extends AsyncDisposable {
  readonly url: string
  readonly tokenUrl: string
  /** The key file of a service account that the server knows. */
  readonly credential: string
  /** What was asked for tokens, and how. */
  readonly assertions: ReadJwt[]
  readonly sent: { readonly path: string; readonly authorization: string; readonly body: Record<string, unknown> }[]
  /** Instead of a token. */
  tokenAnswer: Answer | undefined
  /** Instead of success. */
  sendAnswer: Answer | undefined
  tokenLifeSeconds: number
}

export async function startFcmServer(): Promise<FcmServer> {
  const server = http.createServer(async (request, response) => {
    const body = (await request.setEncoding('utf8').toArray()).join('')
    const { status, body: answer } = request.url === '/token' ? giveToken(body) : take(request, body)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const fcm: FcmServer = {
    url,
    tokenUrl: `${url}/token`,
    credential: JSON.stringify({
      type: 'service_account',
      project_id: 'a-project',
      private_key_id: 'key-1',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      client_email: 'sender@a-project.iam.example',
      token_uri: 'http://elsewhere.example/token',
    }),
    assertions: [],
    sent: [],
    tokenAnswer: undefined,
    sendAnswer: undefined,
    tokenLifeSeconds: 3600,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }

  function giveToken(body: string): Answer {
    const form = new URLSearchParams(body)
    const assertion = readJwt(form.get('assertion') ?? '', publicKey)
    fcm.assertions.push(assertion)
    if (fcm.tokenAnswer !== undefined) return fcm.tokenAnswer
    const isGranted = assertion.isSigned && form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer'
    if (!isGranted) return { status: 400, body: { error: 'invalid_grant' } }
    const access_token = `token-${fcm.assertions.length}`
    return { status: 200, body: { access_token, expires_in: fcm.tokenLifeSeconds, token_type: 'Bearer' } }
  }

  function take({ url = '', headers: { authorization = '' } }: http.IncomingMessage, body: string): Answer {
    fcm.sent.push({ path: url, authorization, body: JSON.parse(body) })
    return fcm.sendAnswer ?? { status: 200, body: { name: 'projects/a-project/messages/1' } }
  }

  return fcm
}

/** An error as FCM words it. */
export const fcmError = (status: number, message: string, ...details: object[]): Answer => ({
  status,
  body: { error: { code: status, message, status: 'ERROR', details } },
})

export const fcmCode = (errorCode: string): object => ({
  '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError',
  errorCode,
})
