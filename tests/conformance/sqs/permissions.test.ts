/** AddPermission and RemovePermission: the policy they write, byte for byte, and what they refuse. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AddPermissionCommandInput } from '@aws-sdk/client-sqs'
import { invalidValue, refusal, startSqs } from './support.ts'

const fixture = await startSqs()
const { sqs } = fixture
const queue = await fixture.createQueue()
const [ONE, TWO] = ['111111111111', '222222222222'] as const

const add = (QueueUrl: string, changes: Partial<AddPermissionCommandInput> = {}) =>
  sqs.addPermission({ QueueUrl, Label: 'label', AWSAccountIds: [ONE], Actions: ['ReceiveMessage'], ...changes })
const remove = (QueueUrl: string, Label: string) => sqs.removePermission({ QueueUrl, Label })
const policyOf = (queueUrl: string) => fixture.attribute(queueUrl, 'Policy')

test('one account and one action are written as they are, several as lists', async () => {
  const own = await fixture.createQueue()
  const arn = await fixture.arnOf(own)
  const first =
    `{"Sid":"label","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::${ONE}:root"},` +
    `"Action":"SQS:ReceiveMessage","Resource":"${arn}"}`
  const second =
    `{"Sid":"Label_2-x","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::${ONE}:root","arn:aws:iam::${TWO}:root"]},` +
    `"Action":["SQS:SendMessage","SQS:DeleteMessage"],"Resource":"${arn}"}`
  const policy = (...statements: string[]) =>
    `{"Version":"2008-10-17","Id":"${arn}/SQSDefaultPolicy","Statement":[${statements.join(',')}]}`

  await add(own)
  assert.equal(await policyOf(own), policy(first))
  await add(own, { Label: 'Label_2-x', AWSAccountIds: [ONE, TWO], Actions: ['SendMessage', 'DeleteMessage'] })
  assert.equal(await policyOf(own), policy(first, second))
  await remove(own, 'label')
  assert.equal(await policyOf(own), policy(second))
  await remove(own, 'Label_2-x')
  assert.equal(await policyOf(own), undefined)
})

test('the action * stands for all', async () => {
  const own = await fixture.createQueue()
  await add(own, { Actions: ['*'] })
  assert.equal(JSON.parse((await policyOf(own)) as string).Statement[0].Action, 'SQS:*')
})

test('a permission joins a policy that was set as a whole, and leaves it when it goes', async () => {
  const own = await fixture.createQueue()
  const statement = { Sid: 'mine', Effect: 'Deny', Principal: '*', Action: 'sqs:*', Resource: '*' }
  await sqs.setQueueAttributes({
    QueueUrl: own,
    Attributes: { Policy: JSON.stringify({ Version: '2012-10-17', Id: 'x', Statement: statement }) },
  })
  await add(own)
  const joined = JSON.parse((await policyOf(own)) as string)
  assert.equal(joined.Version, '2012-10-17')
  assert.deepEqual(
    joined.Statement.map(({ Sid }: { Sid: string }) => Sid),
    ['mine', 'label'],
  )
  await remove(own, 'label')
  assert.deepEqual(JSON.parse((await policyOf(own)) as string), {
    Version: '2012-10-17',
    Id: 'x',
    Statement: [statement],
  })
})

test('a change of permissions is a modification of the queue', async () => {
  const own = await fixture.createQueue()
  const before = Number(await fixture.attribute(own, 'LastModifiedTimestamp'))
  fixture.advance(100)
  await add(own)
  assert.ok(Number(await fixture.attribute(own, 'LastModifiedTimestamp')) >= before + 100)
})

test('a label is taken once', async () => {
  const own = await fixture.createQueue()
  await add(own)
  await assert.rejects(add(own, { Actions: ['SendMessage'] }), invalidValue('Label', 'label', 'Already exists.'))
})

test('a label that is not there can not be removed, whether or not there is a policy', async () => {
  const own = await fixture.createQueue()
  await assert.rejects(remove(own, 'label'), invalidValue('Label', 'label', "can't find label."))
  await add(own)
  await assert.rejects(remove(own, 'Label'), invalidValue('Label', 'Label', "can't find label."))
})

const ACTIONS = [
  'ChangeMessageVisibility',
  'DeleteMessage',
  'GetQueueAttributes',
  'GetQueueUrl',
  'ListDeadLetterSourceQueues',
  'PurgeQueue',
  'ReceiveMessage',
] as const

test('seven actions are the most', async () => {
  const own = await fixture.createQueue()
  await add(own, { Actions: [...ACTIONS] })
  await assert.rejects(
    add(queue, { Actions: [...ACTIONS, 'SendMessage'] }),
    refusal('OverLimit', '8 Actions were found, maximum allowed is 7.', 403),
  )
})

test('twenty statements are the most', async () => {
  const own = await fixture.createQueue()
  for (let i = 1; i <= 20; i++) await add(own, { Label: `label-${i}` })
  await assert.rejects(
    add(own, { Label: 'label-21' }),
    refusal('OverLimit', '21 Statements were found, maximum allowed is 20.', 403),
  )
  assert.equal(JSON.parse((await policyOf(own)) as string).Statement.length, 20)
})

for (const action of [
  'AddPermission',
  'CancelMessageMoveTask',
  'CreateQueue',
  'DeleteQueue',
  'ListMessageMoveTasks',
  'ListQueues',
  'ListQueueTags',
  'RemovePermission',
  'SetQueueAttributes',
  'StartMessageMoveTask',
  'TagQueue',
  'UntagQueue',
]) {
  test(`${action} is for the owner alone`, async () => {
    const reason = 'Only the queue owner is allowed to invoke this action.'
    await assert.rejects(add(queue, { Actions: [action] }), invalidValue('ActionName', `SQS:${action}`, reason))
  })
}

for (const action of ['Foobar', 'sendmessage', 'SendMessageBatch', '', 'SQS:SendMessage']) {
  test(`the action ${JSON.stringify(action)} is unknown`, async () => {
    const reason = 'Please refer to the appropriate WSDL for a list of valid actions.'
    await assert.rejects(
      add(queue, { Actions: ['SendMessage', action] }),
      invalidValue('ActionName', `SQS:${action}`, reason),
    )
  })
}

test('accounts must be given, and be account ids', async () => {
  const unverified = (shown: string) => invalidValue('PrincipalId', shown, 'Unable to verify.')
  await assert.rejects(add(queue, { AWSAccountIds: [] }), unverified('[]'))
  await assert.rejects(add(queue, { AWSAccountIds: undefined }), unverified('[]'))
  await assert.rejects(add(queue, { AWSAccountIds: [ONE, 'me'] }), unverified(`[${ONE}, me]`))
  const parameters = { Action: 'AddPermission', QueueUrl: queue, Label: 'label', 'ActionName.1': 'SendMessage' }
  const { xml } = await fixture.query(parameters)
  assert.match(xml, /<Code>InvalidParameterValue<\/Code><Message>Value \[\] for parameter PrincipalId is invalid\./)
})

test('actions must be given', async () => {
  const missing = refusal('MissingParameter', 'The request must contain the parameter Actions.')
  await assert.rejects(add(queue, { Actions: [] }), missing)
  await assert.rejects(add(queue, { Actions: undefined }), missing)
})

for (const label of ['', 'x'.repeat(81), 'a b', 'a.b']) {
  test(`the label ${JSON.stringify(label)} is refused`, async () => {
    await assert.rejects(
      add(queue, { Label: label }),
      refusal('InvalidParameterValue', /^Value .* for parameter Label /s),
    )
  })
}

test('a label of 80 letters, digits, hyphens and underscores is accepted', async () => {
  const Label = `${'x'.repeat(74)}-_Az09`
  await add(queue, { Label })
  await remove(queue, Label)
  assert.equal(await policyOf(queue), undefined)
})
