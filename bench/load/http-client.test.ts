import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { AnswerReader, HttpConnection } from './http-client.ts'

interface Answer {
  status: number
  body: string
}

const wire = ({ status, body }: Answer, header = 'Content-Length') =>
  `HTTP/1.1 ${status} Some Reason\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\n${header}: ${Buffer.byteLength(body)}\r\n\r\n${body}`

function readAll(pieces: Iterable<Buffer>): Answer[] {
  const answers: Answer[] = []
  const reader = new AnswerReader((status, body) => answers.push({ status, body: body.toString() }))
  const reused = Buffer.alloc(1024 * 1024)
  for (const piece of pieces) {
    piece.copy(reused)
    reader.read(reused.subarray(0, piece.length))
    reused.fill(0) // as the next read of a socket would
  }
  return answers
}

function* split(bytes: Buffer, cuts: readonly number[]): Generator<Buffer> {
  let at = 0
  for (const cut of cuts.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b)) {
    yield bytes.subarray(at, cut)
    at = cut
  }
  yield bytes.subarray(at)
}

const fields = { status: fc.integer({ min: 200, max: 599 }), body: fc.string({ unit: 'binary' }) }
const answer = fc.record(fields, { noNullPrototype: true })
const share = fc.double({ min: 0, max: 1, noNaN: true })

test('answers are the same however their bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(answer, { maxLength: 5 }), fc.array(share, { maxLength: 12 }), (answers, cuts) => {
      const bytes = Buffer.from(answers.map((one) => wire(one)).join(''))
      assert.deepEqual(readAll(split(bytes, cuts)), answers)
    }),
  )
})

test('answers arrive one byte at a time', () => {
  const answers = [
    { status: 200, body: '{"a":"\r\n\r\n"}' },
    { status: 400, body: '' },
  ]
  const bytes = Buffer.from(answers.map((one) => wire(one)).join(''))
  assert.deepEqual(
    readAll(
      split(
        bytes,
        Array.from(bytes, (_, at) => at / bytes.length),
      ),
    ),
    answers,
  )
})

test('the name of content-length is read in any case', () => {
  const answers = [{ status: 200, body: 'x' }]
  assert.deepEqual(readAll([Buffer.from(wire({ status: 200, body: 'x' }, 'content-LENGTH'))]), answers)
})

const unreadable = [
  { name: 'no content-length', bytes: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n' },
  { name: 'another header that ends in content-length', bytes: 'HTTP/1.1 200 OK\r\nx-content-length: 1\r\n\r\nx' },
  { name: 'an interim answer', bytes: 'HTTP/1.1 100 Continue\r\ncontent-length: 0\r\n\r\n' },
  { name: 'another protocol', bytes: 'SSH-2.0-OpenSSH_9\r\ncontent-length: 0\r\n\r\n' },
  { name: 'a body beyond all measure', bytes: 'HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n' },
  { name: 'a head without an end', bytes: `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(70_000)}` },
]
for (const { name, bytes } of unreadable) {
  test(`refused: ${name}`, () => assert.throws(() => readAll([Buffer.from(bytes)])))
}

test('a connection answers request by request, and tells when the server hangs up', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/bye') request.socket.end()
    else response.end(`answer to ${request.url}`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const failure = Promise.withResolvers<Error>()
  const { port } = server.address() as AddressInfo
  const connection = await HttpConnection.open({ host: '127.0.0.1', port }, failure.resolve)
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`
  const ask = (path: string) =>
    new Promise<string>((resolve) => connection.request(get(path), (status, body) => resolve(`${status} ${body}`)))
  try {
    assert.equal(await ask('/1'), '200 answer to /1')
    assert.equal(await ask('/2'), '200 answer to /2')
    connection.request(get('/bye'), () => assert.fail('the server does not answer'))
    assert.match((await failure.promise).message, /closed/)
  } finally {
    connection.close()
    server.close()
  }
})
