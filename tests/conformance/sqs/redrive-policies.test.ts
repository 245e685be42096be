/** RedrivePolicy and RedriveAllowPolicy: what is refused, what is stored, and who is listed as a source. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { invalidValue, refusal, startSqs } from './support.ts'

const fixture = await startSqs()
const { sqs } = fixture

const target = await fixture.createQueue()
const targetArn = await fixture.arnOf(target)
const fifoTargetArn = await fixture.arnOf(await fixture.createFifoQueue())
const source = await fixture.createQueue()
const sourceArn = await fixture.arnOf(source)

const set = (QueueUrl: string, Attributes: Record<string, string>) => sqs.setQueueAttributes({ QueueUrl, Attributes })
const redriveTo = (deadLetterTargetArn: string, maxReceiveCount: unknown = 3) =>
  JSON.stringify({ deadLetterTargetArn, maxReceiveCount })

const NOT_FULL = 'Dead-letter target ARN should be fully qualified ARN.'
const NOT_SQS = 'Only SQS queues are valid resources for deadLetterTargetArn.'
const NOT_THERE = 'Dead letter target does not exist.'
const OTHER_TYPE = 'Dead-letter queue must be same type of queue as the source..'
const outOfRange = (shown: string) =>
  `Invalid value for maxReceiveCount: ${shown}, valid values are from 1 to 1000 both inclusive.`

const refusedRedrivePolicies: readonly { name: string; policy: string; reason: string }[] = [
  {
    name: 'without a count',
    policy: JSON.stringify({ deadLetterTargetArn: targetArn }),
    reason: 'Redrive policy does not contain mandatory attribute: maxReceiveCount.',
  },
  {
    name: 'without a target',
    policy: JSON.stringify({ maxReceiveCount: 1 }),
    reason: 'Redrive policy does not contain mandatory attribute: deadLetterTargetArn.',
  },
  {
    name: 'with anything else in it',
    policy: JSON.stringify({ deadLetterTargetArn: targetArn, maxReceiveCount: 1, more: 1 }),
    reason: 'Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn].',
  },
  ...[0, 1001, -1, 1.5, 'x', ''].map((count) => ({
    name: `with the count ${JSON.stringify(count)}`,
    policy: redriveTo(targetArn, count),
    reason: outOfRange(String(count)),
  })),
  { name: 'with a name for an ARN', policy: redriveTo('queue-1'), reason: NOT_FULL },
  {
    name: 'with a number for an ARN',
    policy: JSON.stringify({ deadLetterTargetArn: 1, maxReceiveCount: 1 }),
    reason: NOT_FULL,
  },
  { name: 'with a topic', policy: redriveTo('arn:aws:sns:us-east-1:000000000000:topic'), reason: NOT_SQS },
  { name: 'with a missing queue', policy: redriveTo(`${targetArn}-gone`), reason: NOT_THERE },
  {
    name: 'with a queue of another account',
    policy: redriveTo(targetArn.replace('000000000000', '111111111111')),
    reason: NOT_THERE,
  },
  {
    name: 'with a queue of another region',
    policy: redriveTo(targetArn.replace('us-east-1', 'eu-west-1')),
    reason: NOT_THERE,
  },
  { name: 'with a FIFO queue for a standard one', policy: redriveTo(fifoTargetArn), reason: OTHER_TYPE },
]

for (const { name, policy, reason } of refusedRedrivePolicies) {
  test(`a redrive policy ${name} is refused, at creation and later`, async () => {
    const refused = invalidValue('RedrivePolicy', policy, reason)
    await assert.rejects(set(source, { RedrivePolicy: policy }), refused)
    await assert.rejects(fixture.createQueue({ RedrivePolicy: policy }), refused)
    assert.equal(await fixture.attribute(source, 'RedrivePolicy'), undefined)
  })
}

for (const policy of ['x', '[]', '1', '"x"', 'null', ' ']) {
  test(`the redrive policy ${policy} is no JSON map`, async () => {
    const message = 'Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map.'
    await assert.rejects(set(source, { RedrivePolicy: policy }), refusal('InvalidAttributeValue', message))
  })
}

test('a standard queue for a FIFO one is refused', async () => {
  const fifo = await fixture.createFifoQueue()
  const policy = redriveTo(targetArn)
  await assert.rejects(set(fifo, { RedrivePolicy: policy }), invalidValue('RedrivePolicy', policy, OTHER_TYPE))
})

for (const policy of [
  redriveTo(targetArn, 1),
  redriveTo(targetArn, '1000'),
  `{ "maxReceiveCount" : "5",\n"deadLetterTargetArn":"${targetArn}" }`,
]) {
  test(`the redrive policy ${policy.replaceAll('\n', ' ')} is read back compact, and removed by nothing`, async () => {
    const name = fixture.newName()
    const queue = await fixture.createQueue({ RedrivePolicy: policy }, name)
    const compact = redriveTo(targetArn, Number(JSON.parse(policy).maxReceiveCount))
    assert.equal(await fixture.attribute(queue, 'RedrivePolicy'), compact)
    const { xml } = await fixture.query({ Action: 'GetQueueAttributes', QueueUrl: queue, AttributeName: 'All' })
    assert.ok(xml.includes(`<Name>RedrivePolicy</Name><Value>${compact}</Value>`), xml)
    assert.equal(await fixture.createQueue({ RedrivePolicy: compact }, name), queue, 'compared by its value')
    const spaced = JSON.stringify(JSON.parse(compact), null, 2)
    assert.equal(await fixture.createQueue({ RedrivePolicy: spaced }, name), queue)
    await assert.rejects(
      fixture.createQueue({ RedrivePolicy: redriveTo(targetArn, 7) }, name),
      refusal(
        'QueueAlreadyExists',
        'A queue already exists with the same name and a different value for attribute RedrivePolicy',
      ),
    )
    await set(queue, { VisibilityTimeout: '1' })
    assert.equal(await fixture.attribute(queue, 'RedrivePolicy'), compact)
    await set(queue, { RedrivePolicy: '' })
    assert.equal(await fixture.attribute(queue, 'RedrivePolicy'), undefined)
  })
}

test('a redrive policy outlives its target, but is not accepted again without it', async () => {
  const doomed = await fixture.createQueue()
  const policy = redriveTo(await fixture.arnOf(doomed))
  const queue = await fixture.createQueue({ RedrivePolicy: policy })
  await sqs.deleteQueue({ QueueUrl: doomed })
  assert.equal(await fixture.attribute(queue, 'RedrivePolicy'), policy)
  await set(queue, { VisibilityTimeout: '1' })
  await assert.rejects(set(queue, { RedrivePolicy: policy }), invalidValue('RedrivePolicy', policy, NOT_THERE))
})

const allow = (redrivePermission: string, sourceQueueArns?: readonly string[]) =>
  JSON.stringify({ redrivePermission, sourceQueueArns })
const arns = (count: number) => Array.from({ length: count }, (_, i) => `${sourceArn}-${i}`)

for (const { name, policy, reason } of [
  {
    name: 'byQueue without sources',
    policy: allow('byQueue'),
    reason: 'When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values.',
  },
  {
    name: 'byQueue with eleven sources',
    policy: allow('byQueue', arns(11)),
    reason: 'The maximum number of source queue ARNs you can specify is 10.',
  },
  ...['allowAll', 'denyAll'].map((permission) => ({
    name: `${permission} with sources`,
    policy: allow(permission, arns(1)),
    reason: 'To specify one or more source queue ARNs, you must set redrivePermission to byQueue.',
  })),
]) {
  test(`a redrive allow policy ${name} is refused`, async () => {
    const message = `Amazon SQS can't create the redrive allow policy. ${reason}`
    const refused = invalidValue('RedriveAllowPolicy', policy, message)
    await assert.rejects(set(target, { RedriveAllowPolicy: policy }), refused)
    await assert.rejects(fixture.createQueue({ RedriveAllowPolicy: policy }), refused)
  })
}

for (const policy of ['x', '[]', '{}', allow('allowSome'), '{"redrivePermission":"byQueue","sourceQueueArns":"x"}']) {
  test(`the redrive allow policy ${policy} is of no supported format`, async () => {
    const message =
      'Invalid value for the parameter RedriveAllowPolicy. ' +
      "Reason: Amazon SQS can't create the redrive allow policy, as it’s in an unsupported format."
    await assert.rejects(set(target, { RedriveAllowPolicy: policy }), refusal('InvalidAttributeValue', message))
  })
}

for (const permission of ['allowAll', 'denyAll']) {
  test(`sources that are null are no sources: ${permission} is read back without them`, async () => {
    const text = `{"redrivePermission":"${permission}","sourceQueueArns":null}`
    const kept = `{"redrivePermission":"${permission}"}`
    const queue = await fixture.createQueue({ RedriveAllowPolicy: text })
    assert.equal(await fixture.attribute(queue, 'RedriveAllowPolicy'), kept)
    await set(queue, { RedriveAllowPolicy: '' })
    const pair = { 'Attribute.Name': 'RedriveAllowPolicy', 'Attribute.Value': text }
    assert.equal((await fixture.query({ Action: 'SetQueueAttributes', QueueUrl: queue, ...pair })).status, 200)
    assert.equal(await fixture.attribute(queue, 'RedriveAllowPolicy'), kept)
  })
}

test('a target takes the sources that its redrive allow policy names, and no others', async () => {
  const guarded = await fixture.createQueue({ RedriveAllowPolicy: allow('byQueue', [sourceArn]) })
  const policy = redriveTo(await fixture.arnOf(guarded))
  const other = await fixture.createQueue()
  const refused = invalidValue('RedrivePolicy', policy, 'Dead-letter queue does not allow this source.')
  await assert.rejects(set(other, { RedrivePolicy: policy }), refused)
  await set(source, { RedrivePolicy: policy })
  await set(guarded, { RedriveAllowPolicy: allow('denyAll') })
  await assert.rejects(set(source, { RedrivePolicy: policy }), refused)
  await set(guarded, { RedriveAllowPolicy: '' })
  assert.equal(await fixture.attribute(guarded, 'RedriveAllowPolicy'), undefined)
  await set(other, { RedrivePolicy: policy })
})

test('a queue that is its own dead-letter queue keeps its messages', async () => {
  const queue = await fixture.createQueue({ VisibilityTimeout: '0' })
  await set(queue, { RedrivePolicy: redriveTo(await fixture.arnOf(queue), 1) })
  await fixture.send(queue, 'x')
  for (let round = 0; round < 3; round++) assert.deepEqual(await fixture.bodies(queue), ['x'])
})

test('the sources of a dead-letter queue are those whose policy names it now', async () => {
  const deadLetters = await fixture.createQueue()
  const policy = redriveTo(await fixture.arnOf(deadLetters))
  const sources = async () => (await sqs.listDeadLetterSourceQueues({ QueueUrl: deadLetters })).queueUrls
  assert.deepEqual(await sources(), [])
  const one = await fixture.createQueue({ RedrivePolicy: policy }, 'source-b')
  const two = await fixture.createQueue({ RedrivePolicy: policy }, 'source-a')
  assert.deepEqual(await sources(), [two, one])
  await set(one, { RedrivePolicy: '' })
  assert.deepEqual(await sources(), [two])
  await sqs.deleteQueue({ QueueUrl: two })
  assert.deepEqual(await sources(), [])
})
