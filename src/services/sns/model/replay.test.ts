import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuseAttribute } from '../errors.ts'
import { expectRefusal } from './expect-refusal.ts'
import { parseArchivePolicy, parseReplayPolicy } from './replay.ts'

const DAY = 24 * 60 * 60 * 1000
const archive = (text: string) => parseArchivePolicy(text, refuseAttribute)
const replay = (text: string) => parseReplayPolicy(text, refuseAttribute)

test('messages are archived for 1 to 365 days', () => {
  assert.deepEqual(archive('{"MessageRetentionPeriod":"1"}'), { retention: DAY })
  assert.deepEqual(archive('{"MessageRetentionPeriod":365}'), { retention: 365 * DAY })
})

const start = Date.UTC(2024, 0, 1)
const replays = [
  { text: '{"PointType":"Timestamp","StartingPoint":"2024-01-01T00:00:00Z"}', policy: { start } },
  { text: '{"PointType":"Timestamp","StartingPoint":"2024-01-01T02:00:00.000+02:00"}', policy: { start } },
  {
    text: '{"PointType":"Timestamp","StartingPoint":"2024-01-01T00:00:00Z","EndingPoint":"2024-01-01T00:00:00.001Z"}',
    policy: { start, end: start + 1 },
  },
]
for (const { text, policy } of replays) test(`${text} is a replay`, () => assert.deepEqual(replay(text), policy))

test('an empty document ends an archive, and a replay', () => {
  for (const text of ['', '{}', ' { } ']) {
    assert.equal(archive(text), undefined)
    assert.equal(replay(text), undefined)
  }
})

const from = (members: object) =>
  JSON.stringify({ PointType: 'Timestamp', StartingPoint: '2024-01-01T00:00:00Z', ...members })

const refused = [
  ...['"0"', '"366"', '366', '0', '-1', '1.5', '"1.5"', '""', '"x"', 'null', '[1, 2]', '{}', 'true'].map((days) => ({
    call: () => archive(`{"MessageRetentionPeriod":${days}}`),
    name: `keeping messages for ${days} days`,
    tail: 'ArchivePolicy: MessageRetentionPeriod value is invalid',
  })),
  {
    call: () => archive('{"MessageRetentionPeriod":"1","Other":1}'),
    name: 'an unknown member',
    tail: 'ArchivePolicy: invalid JSON. Attribute Other is unknown.',
  },
  { call: () => archive('[]'), name: 'a list', tail: 'ArchivePolicy: failed to parse JSON. It is not an object.' },
  { call: () => replay('null'), name: 'null', tail: 'ReplayPolicy: failed to parse JSON. It is not an object.' },
  {
    call: () => replay(from({ Other: 1 })),
    name: 'an unknown member of a replay',
    tail: 'ReplayPolicy: invalid JSON. Attribute Other is unknown.',
  },
  ...[undefined, 'Offset', 1].map((PointType) => ({
    call: () => replay(from({ PointType })),
    name: `replaying from a ${PointType}`,
    tail: 'ReplayPolicy: PointType value is invalid',
  })),
  ...[undefined, 1, '', 'yesterday', '2024-01-01', '2024-13-01T00:00:00Z', '2024-01-01T00:00:00'].map((point) => ({
    call: () => replay(from({ StartingPoint: point })),
    name: `replaying from ${point}`,
    tail: 'ReplayPolicy: StartingPoint value is invalid',
  })),
  {
    call: () => replay(from({ EndingPoint: 'x' })),
    name: 'replaying to x',
    tail: 'ReplayPolicy: EndingPoint value is invalid',
  },
  ...['2024-01-01T00:00:00Z', '2023-01-01T00:00:00Z'].map((EndingPoint) => ({
    call: () => replay(from({ EndingPoint })),
    name: `replaying to ${EndingPoint}`,
    tail: 'ReplayPolicy: EndingPoint must be after StartingPoint',
  })),
]
for (const { call, name, tail } of refused) {
  test(`${name} is refused`, () => expectRefusal(call, 'InvalidParameterException', `Invalid parameter: ${tail}`))
}

test('what is no JSON is refused with the parser’s words', () => {
  assert.throws(
    () => archive('{'),
    /^InvalidParameterException: Invalid parameter: ArchivePolicy: failed to parse JSON\. ./,
  )
  assert.throws(
    () => replay('{'),
    /^InvalidParameterException: Invalid parameter: ReplayPolicy: failed to parse JSON\. ./,
  )
})
