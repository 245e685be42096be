import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuseAttribute } from '../errors.ts'
import { expectRefusal } from './expect-refusal.ts'
import {
  archiveBeginning,
  parseArchivePolicy,
  parseReplayPolicy,
  replayDeduplicationId,
  settleArchive,
} from './replay.ts'

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
  ...[
    '"0"',
    '"366"',
    '366',
    '0',
    '-1',
    '1.5',
    '"1.5"',
    '""',
    '"x"',
    'null',
    '[5]',
    `${'['.repeat(90)}${']'.repeat(90)}`,
    '{}',
    'true',
  ].map((days) => ({
    call: () => archive(`{"MessageRetentionPeriod":${days}}`),
    name: `keeping messages for ${days.slice(0, 10)} days`,
    tail: 'ArchivePolicy: MessageRetentionPeriod value is invalid',
  })),
  {
    call: () => archive('{"MessageRetentionPeriod":"1","Other":1}'),
    name: 'an unknown member',
    tail: 'ArchivePolicy: invalid JSON. Attribute Other is unknown.',
  },
  {
    call: () => archive('['.repeat(50_000)),
    name: 'a document that is nested too deeply',
    tail: 'ArchivePolicy: failed to parse JSON. The document is nested too deeply',
  },
  {
    call: () => archive(`{"MessageRetentionPeriod":"${' '.repeat(300_000)}"}`),
    name: 'a document that is too long',
    tail: 'ArchivePolicy: failed to parse JSON. The document is too long',
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

const at = (time: number) => new Date(time).toISOString()
const keeping = (days: number, BeginningArchiveTime: number) => ({
  ArchivePolicy: `{"MessageRetentionPeriod":"${days}"}`,
  BeginningArchiveTime: at(BeginningArchiveTime),
})

test('an archive begins when it was switched on, or as long ago as messages are kept', () => {
  assert.equal(archiveBeginning({}, start), undefined)
  assert.equal(archiveBeginning(keeping(2, start), start), start)
  assert.equal(archiveBeginning(keeping(2, start), start + 2 * DAY), start)
  assert.equal(archiveBeginning(keeping(2, start), start + 5 * DAY), start + 3 * DAY)
})

test('a longer retention leaves the beginning where it is, a shorter one moves it on', () => {
  const now = start + 5 * DAY
  assert.deepEqual(settleArchive(keeping(10, start), now, keeping(2, start)), keeping(10, start + 3 * DAY))
  assert.deepEqual(settleArchive(keeping(2, start), now, keeping(10, start)), keeping(2, start + 3 * DAY))
  assert.deepEqual(settleArchive(keeping(8, start), now, keeping(10, start)), keeping(8, start))
  assert.deepEqual(settleArchive(keeping(1, now), now, {}), keeping(1, now))
  assert.deepEqual(settleArchive({}, now, keeping(10, start)), {})
})

test('the beginning is where a replay can begin at the earliest', () => {
  assert.deepEqual(settleArchive(keeping(2, start), start + 5 * DAY), keeping(2, start + 3 * DAY))
})

test('each replay has deduplication ids of its own, which queues accept', () => {
  const messageId = crypto.randomUUID()
  const ids = [1, Number.MAX_SAFE_INTEGER].map((replayId) => replayDeduplicationId(replayId, { messageId }))
  assert.equal(new Set(ids).size, 2)
  for (const id of ids) assert.match(id, /^[\w-]{1,128}$/)
})
