import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { auditRecord, type Passage, type ProtectedMessage, protect } from './data-protection.ts'
import { parseDataProtectionPolicy } from './data-protection-policy.ts'

const email = 'arn:aws:dataprotection::aws:data-identifier/EmailAddress'
const card = 'arn:aws:dataprotection::aws:data-identifier/CreditCardNumber'
const alice = 'arn:aws:iam::000000000000:user/alice'
const logs = { CloudWatchLogs: { LogGroup: '/aws/vendedlogs/found' } }
const quiet = { S3: { Bucket: 'nothing-found' } }
const configuration = { CustomDataIdentifier: [{ Name: 'EmployeeId', Regex: 'EID-\\d{3}' }] }

const mask = (MaskWithCharacter: string) => ({ Deidentify: { MaskConfig: { MaskWithCharacter } } })
const redact = { Deidentify: { RedactConfig: {} } }
const audit = (SampleRate: string) => ({
  Audit: { SampleRate, FindingsDestination: logs, NoFindingsDestination: quiet },
})

interface Statement {
  readonly DataDirection?: 'Inbound' | 'Outbound'
  readonly Principal?: readonly string[]
  readonly DataIdentifier?: readonly string[]
  readonly Operation: object
}

/** What a policy of these statements does to a message of Alice's. */
function passing(statements: readonly Statement[], passage: Partial<Passage> & { text: string }): ProtectedMessage {
  const Statement = statements.map((statement) => ({
    DataDirection: 'Inbound',
    Principal: ['*'],
    DataIdentifier: [email],
    ...statement,
  }))
  const policy = parseDataProtectionPolicy(
    JSON.stringify({ Name: 'p', Version: '2021-06-01', Statement, Configuration: configuration }),
  )
  assert.ok(policy)
  return protect(policy, { direction: 'Inbound', principalArn: alice, random: 0, ...passage })
}

const hidden: readonly { name: string; statements: readonly Statement[]; text: string; expected: string }[] = [
  {
    name: 'a mask keeps the length',
    statements: [{ Operation: mask('#') }],
    text: 'to a@b.de, now',
    expected: 'to ######, now',
  },
  { name: 'redacted is gone', statements: [{ Operation: redact }], text: 'to a@b.de, now', expected: 'to , now' },
  {
    name: 'identifiers of all statements count, their own ones too',
    statements: [{ Operation: mask('#') }, { DataIdentifier: ['EmployeeId', card], Operation: redact }],
    text: 'EID-123 a@b.de 4111111111111111',
    expected: ' ###### ',
  },
  {
    name: 'where two overlap nothing of either is left',
    statements: [{ Operation: mask('#') }, { DataIdentifier: ['EmployeeId'], Operation: mask('x') }],
    text: 'EID-1@EID-123.de and EID-123@b.de',
    expected: '################ and ############',
  },
  { name: 'nothing is found', statements: [{ Operation: redact }], text: 'no mail', expected: 'no mail' },
  {
    name: 'the strings of JSON, and the rest of it as it was',
    statements: [{ Operation: mask('#') }],
    text: ' { "mail" : "a@b.de",\n"n":[1.50, 1e2, true, null, "\\u00fc\\/"] }',
    expected: ' { "mail" : "######",\n"n":[1.50, 1e2, true, null, "\\u00fc\\/"] }',
  },
  {
    name: 'names of members',
    statements: [{ Operation: redact }],
    text: '{"a@b.de":1}',
    expected: '{"":1}',
  },
  {
    name: 'an escape before it does not become part of it',
    statements: [{ Operation: mask('#') }],
    text: '{"t":"line\\na@b.de\\t"}',
    expected: '{"t":"line\\n######\\t"}',
  },
  {
    name: 'escapes in it are looked through',
    statements: [{ Operation: mask('#') }],
    text: '["\\u0061@b.de"]',
    expected: '["######"]',
  },
  {
    name: 'a mask that JSON has to escape',
    statements: [{ Operation: mask('"') }],
    text: '["a@b.de"]',
    expected: '["\\"\\"\\"\\"\\"\\""]',
  },
  {
    name: 'a number becomes a string',
    statements: [{ DataIdentifier: [card], Operation: mask('#') }],
    text: '{"card":4111111111111111,"cvc":123}',
    expected: '{"card":"################","cvc":123}',
  },
  {
    name: 'a JSON string as the whole message',
    statements: [{ Operation: redact }],
    text: '"a@b.de\\n"',
    expected: '"\\n"',
  },
  {
    name: 'a number as the whole message is plain text',
    statements: [{ DataIdentifier: [card], Operation: mask('#') }],
    text: '4111111111111111',
    expected: '################',
  },
  {
    name: 'what only looks like JSON',
    statements: [{ Operation: mask('#') }],
    text: '{"mail": a@b.de',
    expected: '{"mail": ######',
  },
]
for (const { name, statements, text, expected } of hidden) {
  test(`hiding: ${name}`, () => assert.deepEqual(passing(statements, { text }).text, expected))
}

test('JSON stays JSON, and loses no other value', () => {
  const leaf = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('a@b.de', 'x\n"a@b.de\\'),
    fc.double({ noNaN: true }),
  )
  const value = fc.oneof(fc.array(leaf), fc.dictionary(fc.string(), leaf, { noNullPrototype: true }))
  fc.assert(
    fc.property(value, (given) => {
      const { text } = passing([{ Operation: mask('\\') }], { text: JSON.stringify(given) })
      const expected = JSON.stringify(given).replaceAll('a@b.de', '\\\\'.repeat(6))
      assert.deepEqual(JSON.parse(text), JSON.parse(expected))
    }),
  )
})

const applying: readonly {
  name: string
  statement: Partial<Statement>
  passage: Partial<Passage>
  applies: boolean
}[] = [
  { name: 'everybody', statement: { Principal: ['*'] }, passage: {}, applies: true },
  { name: 'by name', statement: { Principal: ['arn:aws:iam::1:user/x', alice] }, passage: {}, applies: true },
  { name: 'the account', statement: { Principal: ['arn:aws:iam::000000000000:root'] }, passage: {}, applies: true },
  {
    name: 'the account of a role in use',
    statement: { Principal: ['arn:aws:iam::000000000000:root'] },
    passage: { principalArn: 'arn:aws:sts::000000000000:assumed-role/r/s' },
    applies: true,
  },
  { name: 'somebody else', statement: { Principal: [`${alice}2`] }, passage: {}, applies: false },
  {
    name: 'another account',
    statement: { Principal: ['arn:aws:iam::111111111111:root'] },
    passage: {},
    applies: false,
  },
  { name: 'the other direction', statement: { DataDirection: 'Outbound' }, passage: {}, applies: false },
  {
    name: 'outbound',
    statement: { DataDirection: 'Outbound' },
    passage: { direction: 'Outbound' },
    applies: true,
  },
]
for (const { name, statement, passage, applies } of applying) {
  test(`a statement ${applies ? 'applies' : 'does not apply'}: ${name}`, () => {
    const statements = [{ ...statement, Operation: { Deny: {} } }]
    assert.equal(passing(statements, { text: 'a@b.de', ...passage }).denied, applies)
  })
}

test('a message is denied only for what it holds, and left as it was', () => {
  const statements = [{ Operation: mask('#') }, { DataIdentifier: [card], Operation: { Deny: {} } }]
  assert.deepEqual(passing(statements, { text: 'a@b.de' }), { denied: false, text: '######', audit: undefined })
  const text = '{"mail":"a@b.de","card":4111111111111111}'
  assert.deepEqual(passing(statements, { text }), { denied: true, text, audit: undefined })
})

test('an audit tells what was found, and where in the text as it arrived', () => {
  const statements = [
    { DataIdentifier: [email, card, 'EmployeeId'], Operation: audit('99') },
    { Operation: redact },
    { DataIdentifier: [card], Operation: { Deny: {} } },
  ]
  const text = '{"\\u00fc":"\\n\\u0061@b.de, c@d.de","card":4111111111111111}'
  const { audit: made, denied } = passing(statements, { text })
  assert.equal(denied, true)
  assert.deepEqual(made, {
    destination: logs,
    findings: [
      {
        name: 'EmailAddress',
        detections: [
          { start: 13, end: 24 },
          { start: 26, end: 32 },
        ],
      },
      { name: 'CreditCardNumber', detections: [{ start: 41, end: 57 }] },
    ],
  })
  const shown = (start: number, end: number) => text.slice(start, end)
  assert.deepEqual([shown(13, 24), shown(26, 32), shown(41, 57)], ['\\u0061@b.de', 'c@d.de', '4111111111111111'])
  const record = auditRecord(
    { messageId: '1', topicArn: 'arn:topic', principalArn: alice, at: Date.UTC(2024, 0, 2, 3, 4, 5, 678) },
    made ?? assert.fail(),
  )
  assert.equal(
    record,
    '{"messageId":"1","auditTimestamp":"2024-01-02T03:04:05.678Z",' +
      `"callerPrincipal":"${alice}","resourceArn":"arn:topic","dataIdentifiers":[` +
      '{"name":"EmailAddress","count":2,"detections":[{"start":13,"end":24},{"start":26,"end":32}]},' +
      '{"name":"CreditCardNumber","count":1,"detections":[{"start":41,"end":57}]}]}',
  )
})

test('an audit that finds nothing goes elsewhere, or nowhere', () => {
  const text = 'nothing'
  assert.deepEqual(passing([{ Operation: audit('99') }], { text }).audit, { destination: quiet, findings: [] })
  const onlyFindings = { Audit: { SampleRate: 99, FindingsDestination: logs } }
  assert.equal(passing([{ Operation: onlyFindings }], { text }).audit, undefined)
})

const samples = [
  { rate: '0', random: 0, sampled: false },
  { rate: '1', random: 0, sampled: true },
  { rate: '50', random: 0.499, sampled: true },
  { rate: '50', random: 0.5, sampled: false },
  { rate: '99', random: 0.995, sampled: false },
]
for (const { rate, random, sampled } of samples) {
  test(`at ${rate} percent, ${random} is ${sampled ? '' : 'not '}in the sample`, () => {
    const { audit: made } = passing([{ Operation: audit(rate) }], { text: 'a@b.de', random })
    assert.equal(made !== undefined, sampled)
  })
}
