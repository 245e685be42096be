/**
 * The ceiling: what `node:http` alone does with the same requests. It parses a POST of JSON or of a form, answers a small
 * JSON or XML, and nothing else. It prints its port, and ends when its standard input does.
 */
import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'

const FORM = 'application/x-www-form-urlencoded'
const MESSAGE_ID = randomUUID()
const SENT = { MD5OfMessageBody: createHash('md5').update('').digest('hex'), MessageId: MESSAGE_ID }
const PUBLISHED = `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>${MESSAGE_ID}</MessageId></PublishResult><ResponseMetadata><RequestId>${MESSAGE_ID}</RequestId></ResponseMetadata></PublishResponse>`

function answer(request: IncomingMessage, response: ServerResponse): void {
  const pieces: Buffer[] = []
  request.on('data', (piece: Buffer) => pieces.push(piece))
  request.on('end', () => {
    const text = pieces.length === 1 ? `${pieces[0]}` : Buffer.concat(pieces).toString()
    const { status, type, body } = (request.headers['content-type'] === FORM ? answerForm : answerJson)(text)
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body)
  })
}

function answerForm(text: string) {
  const input = Object.fromEntries(new URLSearchParams(text))
  return { status: 'Action' in input ? 200 : 400, type: 'text/xml', body: PUBLISHED }
}

function answerJson(text: string) {
  const input = parse(text)
  const body = JSON.stringify(input === undefined ? { __type: 'SerializationException' } : SENT)
  return { status: input === undefined ? 400 : 200, type: 'application/x-amz-json-1.0', body }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

const server = createServer(answer).listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
process.stdin.on('end', () => process.exit()).resume()
