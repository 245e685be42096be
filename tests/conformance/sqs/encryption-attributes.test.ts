/** The attributes of encryption at rest: what setting a key, and taking it away, does to the others. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, startSqs } from './support.ts'

const fixture = await startSqs()
const { sqs } = fixture
const KEY = 'alias/aws/sqs'

const set = (QueueUrl: string, Attributes: Record<string, string>) => sqs.setQueueAttributes({ QueueUrl, Attributes })

/** The three attributes as they show among all. */
async function encryptionOf(QueueUrl: string) {
  const { Attributes = {} } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['All'] })
  const { KmsMasterKeyId, KmsDataKeyReusePeriodSeconds, SqsManagedSseEnabled } = Attributes
  return [KmsMasterKeyId, KmsDataKeyReusePeriodSeconds, SqsManagedSseEnabled]
}

const both = refusal(
  'InvalidAttributeName',
  'You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.',
)

test('a key switches the queue’s own encryption off, and does not switch it on again when it goes', async () => {
  const queue = await fixture.createQueue()
  assert.deepEqual(await encryptionOf(queue), [undefined, undefined, 'true'])
  await set(queue, { KmsMasterKeyId: KEY })
  assert.deepEqual(await encryptionOf(queue), [KEY, '300', 'false'])
  await set(queue, { KmsDataKeyReusePeriodSeconds: '600' })
  assert.deepEqual(await encryptionOf(queue), [KEY, '600', 'false'])
  await set(queue, { KmsMasterKeyId: '' })
  assert.deepEqual(await encryptionOf(queue), [undefined, undefined, 'false'])
  await set(queue, { SqsManagedSseEnabled: 'true' })
  assert.deepEqual(await encryptionOf(queue), [undefined, undefined, 'true'])
})

test('a key that comes back has the default period', async () => {
  const queue = await fixture.createQueue({ KmsMasterKeyId: KEY, KmsDataKeyReusePeriodSeconds: '600' })
  await set(queue, { KmsMasterKeyId: '' })
  await set(queue, { KmsMasterKeyId: KEY })
  assert.deepEqual(await encryptionOf(queue), [KEY, '300', 'false'])
})

test('the kind of encryption can be swapped in one call', async () => {
  const queue = await fixture.createQueue({ KmsMasterKeyId: KEY })
  await set(queue, { KmsMasterKeyId: '', SqsManagedSseEnabled: 'true' })
  assert.deepEqual(await encryptionOf(queue), [undefined, undefined, 'true'])
})

test('taking away a key that is not there changes nothing', async () => {
  const queue = await fixture.createQueue()
  await set(queue, { KmsMasterKeyId: '' })
  assert.deepEqual(await encryptionOf(queue), [undefined, undefined, 'true'])
})

test('both kinds of encryption at once are refused, at creation and later', async () => {
  const queue = await fixture.createQueue()
  const attributes = { KmsMasterKeyId: KEY, SqsManagedSseEnabled: 'true' }
  await assert.rejects(fixture.createQueue(attributes), both)
  await assert.rejects(set(queue, attributes), both)
  assert.deepEqual(await encryptionOf(queue), [undefined, undefined, 'true'])
})

for (const key of [KEY, '1234abcd-12ab-34cd-56ef-1234567890ab', 'arn:aws:kms:us-east-1:000000000000:key/1234abcd']) {
  test(`a queue may be created with the key ${key}`, async () => {
    const queue = await fixture.createQueue({ KmsMasterKeyId: key, SqsManagedSseEnabled: 'false' })
    assert.deepEqual(await encryptionOf(queue), [key, '300', 'false'])
  })
}
