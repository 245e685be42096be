import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { loadModel } from '../../../src/kernel/protocol/load-model.ts'
import { awsCli, skipUnless } from '../../../src/testing/clients.ts'
import { startNode, type TestNode } from '../../../src/testing/node.ts'
import { Cli, commandOf } from './support.ts'

const ACCOUNT = '000000000000'
const arnOf = (name: string) => `arn:aws:sqs:us-east-1:${ACCOUNT}:${name}`

describe('the AWS CLI', { skip: skipUnless(awsCli) }, () => {
  let node: TestNode
  let cli: Cli
  before(async () => {
    node = await startNode()
    cli = new Cli(node.url)
  })
  after(() => node.stop())

  const create = async (name: string, ...args: string[]): Promise<string> =>
    (await cli.sqs('create-queue', '--queue-name', name, ...args)).QueueUrl

  // Starting the program costs most of a second, so that the walks run side by side.
  describe('walks through', { concurrency: 3 }, () => {
    test('the life of a queue', async () => {
      const url = await create('life', '--attributes', 'VisibilityTimeout=45', '--tags', 'stage=test,team=a')
      assert.equal(url, `${node.url}/${ACCOUNT}/life`)
      assert.deepEqual(await cli.sqs('get-queue-url', '--queue-name', 'life'), { QueueUrl: url })

      const onQueue = (command: string, ...args: string[]) => cli.sqs(command, '--queue-url', url, ...args)
      await onQueue('set-queue-attributes', '--attributes', '{"DelaySeconds":"3","VisibilityTimeout":"50"}')
      assert.deepEqual(
        await onQueue('get-queue-attributes', '--attribute-names', 'DelaySeconds', 'VisibilityTimeout', 'QueueArn'),
        { Attributes: { DelaySeconds: '3', VisibilityTimeout: '50', QueueArn: arnOf('life') } },
      )
      await onQueue('tag-queue', '--tags', 'team=b,cost=7')
      await onQueue('untag-queue', '--tag-keys', 'stage')
      assert.deepEqual(await onQueue('list-queue-tags'), { Tags: { team: 'b', cost: '7' } })

      const grant = ['--aws-account-ids', '123456789012', '--actions', 'SendMessage', 'ReceiveMessage']
      await onQueue('add-permission', '--label', 'partner', ...grant)
      const { Attributes } = await onQueue('get-queue-attributes', '--attribute-names', 'Policy')
      assert.deepEqual(JSON.parse(Attributes.Policy).Statement[0].Action, ['SQS:SendMessage', 'SQS:ReceiveMessage'])
      await onQueue('remove-permission', '--label', 'partner')
      assert.deepEqual(await onQueue('get-queue-attributes', '--attribute-names', 'Policy'), {})

      await onQueue('purge-queue')
      await onQueue('delete-queue')
      const gone = await cli.run('sqs', 'get-queue-url', '--queue-name', 'life')
      assert.notEqual(gone.code, 0)
    })

    test('the life of messages', async () => {
      const url = await create('messages')
      const onQueue = (command: string, ...args: string[]) => cli.sqs(command, '--queue-url', url, ...args)
      const sent = await onQueue(
        ...['send-message', '--message-body', 'grüße, 😀', '--message-attributes'],
        '{"n":{"DataType":"Number.int","StringValue":"7"},"s":{"DataType":"String","StringValue":"a&b"}}',
      )
      assert.match(sent.MessageId, /^[0-9a-f-]{36}$/)
      const batch = await onQueue('send-message-batch', '--entries', 'Id=a,MessageBody=one', 'Id=b,MessageBody=two')
      assert.deepEqual(
        batch.Successful.map((entry: { Id: string }) => entry.Id),
        ['a', 'b'],
      )

      const everything = ['--message-attribute-names', 'All', '--message-system-attribute-names', 'All']
      const { Messages } = await onQueue('receive-message', '--max-number-of-messages', '10', ...everything)
      assert.deepEqual(Messages.map((message: { Body: string }) => message.Body).sort(), ['grüße, 😀', 'one', 'two'])
      const first = Messages.find((message: { MessageId: string }) => message.MessageId === sent.MessageId)
      assert.deepEqual(first.MessageAttributes, {
        n: { StringValue: '7', DataType: 'Number.int' },
        s: { StringValue: 'a&b', DataType: 'String' },
      })
      assert.equal(first.MD5OfMessageAttributes, sent.MD5OfMessageAttributes)
      assert.equal(first.Attributes.ApproximateReceiveCount, '1')

      const handles: string[] = Messages.map((message: { ReceiptHandle: string }) => message.ReceiptHandle)
      await onQueue('change-message-visibility', '--receipt-handle', handles[0] as string, '--visibility-timeout', '90')
      assert.deepEqual(
        await onQueue(
          'change-message-visibility-batch',
          '--entries',
          JSON.stringify([{ Id: 'x', ReceiptHandle: handles[1], VisibilityTimeout: 60 }]),
        ),
        { Successful: [{ Id: 'x' }] },
      )
      await onQueue('delete-message', '--receipt-handle', handles[0] as string)
      const rest = [
        { Id: 'y', ReceiptHandle: handles[1] },
        { Id: 'z', ReceiptHandle: 'garbage' },
      ]
      const { Successful, Failed } = await onQueue('delete-message-batch', '--entries', JSON.stringify(rest))
      assert.deepEqual(Successful, [{ Id: 'y' }])
      assert.deepEqual(
        Failed.map(({ Id, Code }: { Id: string; Code: string }) => [Id, Code]),
        [['z', 'ReceiptHandleIsInvalid']],
      )
      assert.deepEqual(await onQueue('receive-message'), {})
    })

    test('dead-letter queues and their move tasks', async () => {
      const letters = await create('letters')
      const policy = JSON.stringify({ deadLetterTargetArn: arnOf('letters'), maxReceiveCount: 1 })
      const source = await create('source', '--attributes', JSON.stringify({ RedrivePolicy: policy }))
      const elsewhere = await create('elsewhere')
      assert.deepEqual(await cli.sqs('list-dead-letter-source-queues', '--queue-url', letters), { queueUrls: [source] })

      // One message a second: the task is still running when it is looked at and cancelled.
      const entries = Array.from({ length: 10 }, (_, i) => `Id=m${i},MessageBody=${i}`)
      for (let i = 0; i < 3; i++) await cli.sqs('send-message-batch', '--queue-url', letters, '--entries', ...entries)
      const { TaskHandle } = await cli.sqs(
        ...(['start-message-move-task', '--source-arn', arnOf('letters')] as const),
        ...['--destination-arn', arnOf('elsewhere'), '--max-number-of-messages-per-second', '1'],
      )
      const { Results } = await cli.sqs('list-message-move-tasks', '--source-arn', arnOf('letters'))
      assert.deepEqual([Results[0].Status, Results[0].TaskHandle], ['RUNNING', TaskHandle])
      const cancelled = await cli.sqs('cancel-message-move-task', '--task-handle', TaskHandle)
      assert.ok(cancelled.ApproximateNumberOfMessagesMoved < 30)
      const { Attributes } = await cli.sqs(
        ...(['get-queue-attributes', '--queue-url', elsewhere] as const),
        ...['--attribute-names', 'ApproximateNumberOfMessages'],
      )
      assert.ok(Number(Attributes.ApproximateNumberOfMessages) < 30)
    })

    test('pages of queues', async () => {
      const urls: string[] = []
      for (const name of ['page-1', 'page-2', 'page-3']) urls.push(await create(name))
      const all = ['--queue-name-prefix', 'page-', '--page-size', '2']
      assert.deepEqual(await cli.sqs('list-queues', ...all), { QueueUrls: urls })
      const first = await cli.sqs('list-queues', ...all, '--max-items', '1')
      assert.deepEqual(first.QueueUrls, urls.slice(0, 1))
      const second = await cli.sqs('list-queues', ...all, '--starting-token', first.NextToken)
      assert.deepEqual(second, { QueueUrls: urls.slice(1) })
    })

    /** Of the older and of the newer generation of the program. */
    const SERVICE_ERROR = [255, 254]
    const refusals = [
      {
        name: 'a missing queue',
        args: ['get-queue-url', '--queue-name', 'missing'],
        says: /\(AWS\.SimpleQueueService\.NonExistentQueue\) when calling the GetQueueUrl operation: The specified queue does not exist\./,
      },
      {
        name: 'a bad name',
        args: ['create-queue', '--queue-name', 'a.b'],
        says: /\(InvalidParameterValue\) when calling the CreateQueue operation: Can only include alphanumeric characters/,
      },
      {
        name: 'an unknown attribute',
        args: ['create-queue', '--queue-name', 'fresh', '--attributes', 'Nonsense=1'],
        says: /\(InvalidAttributeName\) when calling the CreateQueue operation: Unknown Attribute Nonsense\./,
      },
      {
        name: 'an unknown move task source',
        args: ['list-message-move-tasks', '--source-arn', arnOf('missing')],
        says: /\(ResourceNotFoundException\) when calling the ListMessageMoveTasks operation: The resource that you/,
      },
    ]
    for (const { name, args, says } of refusals) {
      test(`${name} as an error with its code and sentence`, async () => {
        const { code, stdout, stderr } = await cli.run('sqs', ...(args as [string, ...string[]]))
        assert.match(stderr, says)
        assert.equal(stdout, '')
        assert.ok(SERVICE_ERROR.includes(code), `exits with ${code}`)
      })
    }

    test('its own identity', async () => {
      const { code, stdout, stderr } = await cli.run('sts', 'get-caller-identity')
      assert.equal(code, 0, stderr)
      const { UserId, ...identity } = JSON.parse(stdout)
      assert.deepEqual(identity, { Account: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:user/millrace` })
      assert.match(UserId, /^AIDA[A-Z2-7]{17}$/)
    })
  })

  test('has used every operation of SQS', () => {
    const used = [...cli.used].filter((command) => command.startsWith('sqs ')).sort()
    const operations = [...loadModel('sqs').operations.keys()].map((name) => `sqs ${commandOf(name)}`).sort()
    assert.deepEqual(used, operations)
  })
})
