/** The Query protocol of SNS as it is on the wire: what clients send and get. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { get, type Parameters, post, type QueryAnswer } from '../clients/query-client.ts'
import { ACCOUNT, OTHER_ACCOUNT, startSns, topicArnOf } from './support.ts'

const fixture = await startSns()
const { url } = fixture.node

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const XMLNS = 'http://sns.amazonaws.com/doc/2010-03-31/'

const ask = (Action: string, parameters: Parameters = {}) => post(url, { Action, Version: '2010-03-31', ...parameters })

/** The answer of an operation that succeeds, after what all of them have in common. */
function resultOf(action: string, { status, headers, text }: QueryAnswer): string {
  const requestId = headers.get('x-amzn-requestid') ?? ''
  assert.match(requestId, UUID)
  assert.deepEqual([status, headers.get('content-type')], [200, 'text/xml'], text)
  const begin = `<?xml version="1.0"?><${action}Response xmlns="${XMLNS}">`
  const end = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`
  assert.ok(text.startsWith(begin) && text.endsWith(end), text)
  return text.slice(begin.length, -end.length)
}

describe('answers', () => {
  test('a result stands in an element of its own', async () => {
    const answer = await ask('CreateTopic', { Name: 'answered' })
    const TopicArn = topicArnOf('answered')
    assert.equal(
      resultOf('CreateTopic', answer),
      `<CreateTopicResult><TopicArn>${TopicArn}</TopicArn></CreateTopicResult>`,
    )
  })

  test('GET is as good as POST, with and without a version', async () => {
    for (const [send, version] of [
      [post, {}],
      [get, {}],
      [get, { Version: '2010-03-31' }],
    ] as const) {
      const answer = await send(url, { Action: 'CreateTopic', Name: 'got', ...version })
      const result = `<CreateTopicResult><TopicArn>${topicArnOf('got')}</TopicArn></CreateTopicResult>`
      assert.equal(resultOf('CreateTopic', answer), result)
    }
  })

  test('operations without a result have metadata alone, others an empty element', async () => {
    const topic = await fixture.createTopic()
    const none = { AttributeName: 'DisplayName', AttributeValue: 'x', TopicArn: topic }
    assert.equal(resultOf('SetTopicAttributes', await ask('SetTopicAttributes', none)), '')
    const tag = { ResourceArn: topic, 'Tags.member.1.Key': 'a', 'Tags.member.1.Value': 'b' }
    assert.equal(resultOf('TagResource', await ask('TagResource', tag)), '<TagResourceResult/>')
    const untag = { ResourceArn: topic, 'TagKeys.member.1': 'a' }
    assert.equal(resultOf('UntagResource', await ask('UntagResource', untag)), '<UntagResourceResult/>')
    assert.equal(resultOf('DeleteTopic', await ask('DeleteTopic', { TopicArn: topic })), '')
  })

  test('empty lists are empty elements', async () => {
    const topic = await fixture.createTopic()
    const elsewhere = fixture.clientsFor({ region: 'sa-east-1' }).sns
    assert.deepEqual((await elsewhere.listTopics({})).Topics, [])
    for (const [action, parameters, list] of [
      ['ListSubscriptionsByTopic', { TopicArn: topic }, 'Subscriptions'],
      ['ListTagsForResource', { ResourceArn: topic }, 'Tags'],
    ] as const) {
      const result = resultOf(action, await ask(action, parameters))
      assert.equal(result, `<${action}Result><${list}/></${action}Result>`)
    }
  })

  test('lists have members, maps have entries', async () => {
    const topic = await fixture.createTopic()
    const SubscriptionArn = await fixture.subscribe(topic, 'sms', '+15551234567')
    const listed = resultOf('ListSubscriptionsByTopic', await ask('ListSubscriptionsByTopic', { TopicArn: topic }))
    assert.equal(
      listed,
      `<ListSubscriptionsByTopicResult><Subscriptions><member><SubscriptionArn>${SubscriptionArn}</SubscriptionArn>` +
        `<Owner>${ACCOUNT}</Owner><Protocol>sms</Protocol><Endpoint>+15551234567</Endpoint><TopicArn>${topic}</TopicArn>` +
        '</member></Subscriptions></ListSubscriptionsByTopicResult>',
    )
    const shown = resultOf('GetTopicAttributes', await ask('GetTopicAttributes', { TopicArn: topic }))
    assert.match(
      shown,
      /^<GetTopicAttributesResult><Attributes><entry>.*<\/entry><\/Attributes><\/GetTopicAttributesResult>$/,
    )
    assert.ok(shown.includes(`<entry><key>TopicArn</key><value>${topic}</value></entry>`), shown)
    assert.ok(shown.includes('<entry><key>DisplayName</key><value/></entry>'), shown)
  })

  test('an error has its type, code and sentence, no detail, and the request id', async () => {
    const missing = { TopicArn: topicArnOf('nothing') }
    const { status, headers, text } = await ask('GetTopicAttributes', missing)
    assert.deepEqual([status, headers.get('content-type')], [404, 'text/xml'])
    assert.equal(
      text,
      `<?xml version="1.0"?><ErrorResponse xmlns="${XMLNS}"><Error><Type>Sender</Type><Code>NotFound</Code>` +
        '<Message>Topic does not exist</Message></Error>' +
        `<RequestId>${headers.get('x-amzn-requestid')}</RequestId></ErrorResponse>`,
    )
  })

  test('the parameter ContentType asks for JSON', async () => {
    const created = await ask('CreateTopic', { Name: 'in-json', ContentType: 'JSON' })
    assert.equal(created.headers.get('content-type'), 'application/json')
    assert.deepEqual(JSON.parse(created.text), {
      CreateTopicResponse: {
        CreateTopicResult: { TopicArn: topicArnOf('in-json') },
        ResponseMetadata: { RequestId: created.headers.get('x-amzn-requestid') },
      },
    })
    const refused = await ask('GetTopicAttributes', { TopicArn: topicArnOf('nothing'), ContentType: 'JSON' })
    assert.equal(refused.status, 404)
    assert.deepEqual(JSON.parse(refused.text), {
      Error: { Type: 'Sender', Code: 'NotFound', Message: 'Topic does not exist' },
      RequestId: refused.headers.get('x-amzn-requestid'),
    })
  })

  test('an action that is none is invalid', async () => {
    for (const send of [post, get]) {
      const { status, xml } = await send(url, { Action: 'MakeCoffee', Version: '2010-03-31' })
      assert.equal(status, 400)
      const { Type, Code, Message } = xml.ErrorResponse.Error
      assert.deepEqual([Type, Code], ['Sender', 'InvalidAction'])
      assert.equal(Message, 'The action MakeCoffee is not valid for this endpoint.')
    }
  })
})

describe('parameters', () => {
  test('maps and lists of structures', async () => {
    const answer = await ask('CreateTopic', {
      Name: 'encoded',
      'Attributes.entry.1.key': 'DisplayName',
      'Attributes.entry.1.value': 'one & two',
      'Attributes.entry.2.key': 'SignatureVersion',
      'Attributes.entry.2.value': '2',
      'Tags.member.1.Key': 'a',
      'Tags.member.1.Value': '1',
      'Tags.member.2.Key': 'b',
      'Tags.member.2.Value': '',
    })
    resultOf('CreateTopic', answer)
    const { Attributes } = await fixture.sns.getTopicAttributes({ TopicArn: topicArnOf('encoded') })
    assert.deepEqual([Attributes?.DisplayName, Attributes?.SignatureVersion], ['one & two', '2'])
    const { Tags } = await fixture.sns.listTagsForResource({ ResourceArn: topicArnOf('encoded') })
    assert.deepEqual(Tags, [
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '' },
    ])
  })

  test('lists of texts', async () => {
    const TopicArn = await fixture.createTopic()
    const parameters = {
      TopicArn,
      Label: 'one',
      'AWSAccountId.member.1': ACCOUNT,
      'AWSAccountId.member.2': OTHER_ACCOUNT,
      'ActionName.member.1': 'Publish',
      'ActionName.member.2': 'Subscribe',
    }
    resultOf('AddPermission', await ask('AddPermission', parameters))
    const { Attributes } = await fixture.sns.getTopicAttributes({ TopicArn })
    const { Principal, Action } = JSON.parse(Attributes?.Policy ?? '').Statement[1]
    assert.deepEqual(
      Principal.AWS,
      [ACCOUNT, OTHER_ACCOUNT].map((account) => `arn:aws:iam::${account}:root`),
    )
    assert.deepEqual(Action, ['SNS:Publish', 'SNS:Subscribe'])
  })

  test('message attributes, alone and in a batch', async () => {
    const TopicArn = await fixture.createTopic()
    const queue = await fixture.subscribeQueue(TopicArn, { RawMessageDelivery: 'true' })
    const attributes = (prefix: string) => ({
      [`${prefix}MessageAttributes.entry.1.Name`]: 'text',
      [`${prefix}MessageAttributes.entry.1.Value.DataType`]: 'String',
      [`${prefix}MessageAttributes.entry.1.Value.StringValue`]: 'é+ &',
      [`${prefix}MessageAttributes.entry.2.Name`]: 'bytes',
      [`${prefix}MessageAttributes.entry.2.Value.DataType`]: 'Binary',
      [`${prefix}MessageAttributes.entry.2.Value.BinaryValue`]: 'AAF/gP8=',
    })
    resultOf('Publish', await ask('Publish', { TopicArn, Message: 'alone', ...attributes('') }))
    const entry = 'PublishBatchRequestEntries.member.1.'
    const batch = { [`${entry}Id`]: 'a', [`${entry}Message`]: 'in a batch', ...attributes(entry) }
    resultOf('PublishBatch', await ask('PublishBatch', { TopicArn, ...batch }))
    const received = await fixture.receive(queue)
    assert.deepEqual(
      received.map(({ Body }) => Body),
      ['alone', 'in a batch'],
    )
    for (const { MessageAttributes = {} } of received) {
      assert.equal(MessageAttributes.text?.StringValue, 'é+ &')
      assert.deepEqual(Buffer.from(MessageAttributes.bytes?.BinaryValue ?? []), Buffer.from([0, 1, 127, 128, 255]))
    }
  })

  test('an empty list or map is a parameter without a value', async () => {
    const topic = await fixture.createTopic()
    const tag = { ResourceArn: topic, 'Tags.member.1.Key': 'a', 'Tags.member.1.Value': 'b' }
    await ask('TagResource', tag)
    for (const [action, parameters] of [
      ['TagResource', { ResourceArn: topic, Tags: '' }],
      ['UntagResource', { ResourceArn: topic, TagKeys: '' }],
      ['CreateTopic', { Name: topic.split(':')[5] as string, Tags: '', Attributes: '' }],
      ['Publish', { TopicArn: topic, Message: 'x', MessageAttributes: '' }],
      ['Subscribe', { TopicArn: topic, Protocol: 'sms', Endpoint: '+15551234567', Attributes: '' }],
    ] as const) {
      resultOf(action, await ask(action, parameters))
    }
    const { Tags } = await fixture.sns.listTagsForResource({ ResourceArn: topic })
    assert.deepEqual(Tags, [{ Key: 'a', Value: 'b' }])
    const { xml } = await ask('PublishBatch', { TopicArn: topic, PublishBatchRequestEntries: '' })
    assert.equal(xml.ErrorResponse.Error.Code, 'EmptyBatchRequest')
  })

  test('attributes with equal keys: the last one counts', async () => {
    const entries = ['one', 'two'].flatMap((value, at) => [
      [`Attributes.entry.${at + 1}.key`, 'DisplayName'],
      [`Attributes.entry.${at + 1}.value`, value],
    ])
    resultOf('CreateTopic', await ask('CreateTopic', { Name: 'repeated', ...Object.fromEntries(entries) }))
    const { Attributes } = await fixture.sns.getTopicAttributes({ TopicArn: topicArnOf('repeated') })
    assert.equal(Attributes?.DisplayName, 'two')
  })
})

describe('without a signature', () => {
  test('a subscription can be confirmed and removed by GET, from any region', async () => {
    const { sns } = fixture.clientsFor({ region: 'eu-west-1' })
    const { sqs: theirs } = fixture.clientsFor({ region: 'eu-west-1', accountId: OTHER_ACCOUNT })
    const { QueueUrl } = await theirs.createQueue({ QueueName: 'asked' })
    const { TopicArn = '' } = await sns.createTopic({ Name: 'asking' })
    const Endpoint = `arn:aws:sqs:eu-west-1:${OTHER_ACCOUNT}:asked`
    assert.equal((await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint })).SubscriptionArn, 'pending confirmation')
    const received = async () => {
      const { Messages = [] } = await theirs.receiveMessage({ QueueUrl, WaitTimeSeconds: 20 })
      return JSON.parse(Messages[0]?.Body ?? '')
    }
    const { Type, Token } = await received()
    assert.equal(Type, 'SubscriptionConfirmation')
    const abroad = { Action: 'ConfirmSubscription', TopicArn: TopicArn.replace('eu-west-1', 'us-east-1'), Token }
    assert.equal((await get(url, abroad)).xml.ErrorResponse.Error.Message, 'Invalid parameter: Topic')
    const confirmed = await get(url, { Action: 'ConfirmSubscription', TopicArn, Token })
    const arn = /<SubscriptionArn>(.*)<\/SubscriptionArn>/.exec(resultOf('ConfirmSubscription', confirmed))?.[1] ?? ''
    assert.ok(arn.startsWith(`${TopicArn}:`))
    await sns.publish({ TopicArn, Message: 'now' })
    assert.equal((await received()).Message, 'now')
    const removed = await get(url, { Action: 'Unsubscribe', SubscriptionArn: arn })
    assert.equal(resultOf('Unsubscribe', removed), '')
    assert.deepEqual((await sns.listSubscriptionsByTopic({ TopicArn })).Subscriptions, [])
  })
})
