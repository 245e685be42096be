/**
 * The ceiling: what `node:http` alone does with the same requests. It parses a JSON POST and answers a small JSON, and
 * nothing else. It prints its port, and ends when its standard input does.
 */
import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'

const ANSWER = { MD5OfMessageBody: createHash('md5').update('').digest('hex'), MessageId: randomUUID() }

function answer(request: IncomingMessage, response: ServerResponse): void {
  const pieces: Buffer[] = []
  request.on('data', (piece: Buffer) => pieces.push(piece))
  request.on('end', () => {
    const input = parse(pieces.length === 1 ? `${pieces[0]}` : Buffer.concat(pieces).toString())
    const json = JSON.stringify(input === undefined ? { __type: 'SerializationException' } : ANSWER)
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'content-length': Buffer.byteLength(json) }
    response.writeHead(input === undefined ? 400 : 200, headers).end(json)
  })
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
