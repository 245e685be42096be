import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { accountOfKeyId, derivedId, isTemporaryKeyId, newTemporaryKeyId } from './ids.ts'

const cases = [
  { name: 'a recorded id', id: 'ASIAY34FZKBOKMUTVV7A', account: '609629065308' },
  { name: 'the same as that of a user', id: 'AKIAY34FZKBOKMUTVV7A', account: '609629065308' },
  { name: 'an old key, whose first bit is not set', id: 'AKIAIOSFODNN7SAMPLEA' },
  { name: 'a letter that is none of base32', id: 'AKIAIOSFODNN7EXAMPL8' },
  { name: 'one that is too short', id: 'ASIAY34FZKBOKMUTVV7' },
  { name: 'the id of a principal', id: 'AIDAY34FZKBOKMUTVV7A' },
  { name: 'a number that is too great for an account', id: `ASIA${'7'.repeat(16)}` },
]

for (const { name, id, account } of cases) {
  test(`accountOfKeyId: ${name}`, () => assert.equal(accountOfKeyId(id), account))
}

test('the id of a new key holds its account, and no two are the same', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999_999_999 }), (number) => {
      const account = String(number).padStart(12, '0')
      const [one, other] = [newTemporaryKeyId(account), newTemporaryKeyId(account)]
      assert.match(one, /^ASIA[A-Z2-7]{16}$/)
      assert.deepEqual([accountOfKeyId(one), accountOfKeyId(other)], [account, account])
      assert.notEqual(one, other)
    }),
  )
})

test('only the ids of temporary keys come with a session token', () => {
  assert.deepEqual(['ASIAY34FZKBOKMUTVV7A', 'AKIAY34FZKBOKMUTVV7A', '123456789012'].map(isTemporaryKeyId), [
    true,
    false,
    false,
  ])
})

test('a derived id has the form of a principal’s, and is always the same', () => {
  assert.match(derivedId('AROA', 'arn:aws:iam::1:role/a'), /^AROA[A-Z2-7]{17}$/)
  assert.equal(derivedId('AROA', 'a'), derivedId('AROA', 'a'))
  assert.notEqual(derivedId('AROA', 'a'), derivedId('AROA', 'b'))
})
