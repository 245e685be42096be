import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { keyIdOf, MAX_TOKEN_LENGTH, openSession, type Sealed, sealSession } from './session-token.ts'

const key = { keyId: '0123456789abcdef', secret: randomBytes(32) }
const sealed: Sealed = {
  secretAccessKey: 'secret',
  principal: {
    accountId: '123456789012',
    id: 'AROA:s',
    arn: 'arn:aws:sts::123456789012:assumed-role/r/s',
    session: { kind: 'role', issuedAt: 1, expiresAt: 2, tags: { tëam: '"' }, transitiveTagKeys: ['tëam'] },
  },
}

test('a token opens to what was sealed, with its key and beside its access key', () => {
  for (const size of [0, 1000, 1001, 1002, 1003, MAX_TOKEN_LENGTH]) {
    const token = sealSession(key, 'ASIA1', sealed, size)
    assert.ok(token.length >= size && token.length < Math.max(size + 4, 500))
    assert.equal(keyIdOf(token), key.keyId)
    assert.deepEqual(openSession(key, 'ASIA1', token), sealed)
    assert.equal(openSession(key, 'ASIA2', token), undefined)
    assert.equal(openSession({ ...key, secret: randomBytes(32) }, 'ASIA1', token), undefined)
  }
})

test('no two tokens are the same, and none shows what is in it', () => {
  const [one, other] = [sealSession(key, 'ASIA1', sealed), sealSession(key, 'ASIA1', sealed)]
  assert.notEqual(one, other)
  assert.doesNotMatch(Buffer.from(one, 'base64').toString('latin1'), /secret|assumed-role|team/)
})

test('a token that was altered anywhere does not open', () => {
  const token = Buffer.from(sealSession(key, 'ASIA1', sealed), 'base64')
  fc.assert(
    fc.property(fc.integer({ min: 9, max: token.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const altered = Buffer.from(token)
      altered[at] = (altered[at] as number) ^ by
      assert.equal(openSession(key, 'ASIA1', altered.toString('base64')), undefined)
    }),
  )
})

test('whatever a client sends as a token, it is one that may be ours or is none', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String({ minLength: 60 })), (text) => {
      const keyId = keyIdOf(text)
      if (keyId !== undefined) assert.match(keyId, /^[0-9a-f]{16}$/)
      assert.equal(openSession(key, 'ASIA1', Buffer.alloc(60, text || '-').toString('base64')), undefined)
    }),
  )
  assert.equal(keyIdOf(`AQ${'A'.repeat(MAX_TOKEN_LENGTH)}`), undefined)
})
