import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Constraints, RULES } from './constraints.ts'

const broken = (look: (constraints: Constraints) => void): string[] => {
  const constraints = new Constraints()
  look(constraints)
  try {
    constraints.check()
    return []
  } catch (error) {
    return (error as Error).message.replace(/^\d+ validation errors? detected: /, '').split('; ')
  }
}

test('what is absent, or is as it should be, breaks nothing', () => {
  const all = broken((constraints) => {
    for (const rule of Object.values(RULES)) constraints.text('x', undefined, rule)
    constraints.text('roleArn', 'arn:aws:iam::123456789012:role/grüße😀', RULES.arn)
    constraints.text('tags', 'Größe: 1', RULES.tagKey).text('value', '', RULES.tagValue)
    constraints.number('n', 5, 5, 5).list('l', [1, 2], 2, () => {})
  })
  assert.deepEqual(all, [])
})

test('all that is broken is told at once', () => {
  const [pattern, length, number, list, item] = broken((constraints) => {
    constraints.text('roleArn', '\u0000', RULES.arn).number('n', 6, 1, 5)
    constraints.list('l', new Array(12).fill(0), 10, () => assert.fail('too many to look at'))
    constraints.list('m', ['é'], 10, (path, text) => constraints.text(path, text, RULES.sessionName))
  })
  assert.match(pattern ?? '', /^Value '\0' at 'roleArn' failed .* regular expression pattern: \[\\u0009\\u000A/)
  assert.match(
    length ?? '',
    /at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20$/,
  )
  assert.equal(number, "Value '6' at 'n' failed to satisfy constraint: Member must have value less than or equal to 5")
  assert.match(list ?? '', /^Value '\[12 members\]' at 'l' .* length less than or equal to 10$/)
  assert.match(item ?? '', /^Value 'é' at 'm\.1\.member' /)
})

test('a secret is not shown', () => {
  const told = broken((constraints) => void constraints.text('tokenCode', 'abc', RULES.tokenCode))
  assert.deepEqual(told, [
    "Value at 'tokenCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\d]*",
    "Value at 'tokenCode' failed to satisfy constraint: Member must have length greater than or equal to 6",
  ])
})

test('a long value is shown in part', () => {
  const [told = ''] = broken((constraints) => void constraints.text('p', 'x'.repeat(100_000), RULES.policy))
  assert.ok(told.length < 1200 && told.includes('x…'))
})
