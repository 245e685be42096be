/** Requests that take a node's one thread as long as they can, each as large as its service's limit lets it be. */

export interface HostileRequest {
  readonly name: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** `POST /` unless given. */
  readonly requestLine?: string
}

const MIB = 1024 * 1024
const SQS_JSON = 8 * (MIB + 65_536)
const SQS_FORM = 4 * (MIB + 65_536)
const SNS_JSON = 8 * (256 * 1024 + 65_536)

const jsonHeaders = (target: string) => ({ 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target })
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** `start`, as many of `unit` as there is room for, and `end`. */
function filled(limit: number, start: string, unit: string, end = ''): Buffer {
  const room = limit - Buffer.byteLength(start) - Buffer.byteLength(end)
  return Buffer.from(start + unit.repeat(Math.floor(room / Buffer.byteLength(unit))) + end)
}

const sqs = (name: string, operation: string, start: string, unit: string, end = ''): HostileRequest => ({
  name,
  headers: jsonHeaders(`AmazonSQS.${operation}`),
  body: filled(SQS_JSON, start, unit, end),
})

const sns = (name: string, operation: string, start: string, unit: string, end = ''): HostileRequest => ({
  name,
  headers: jsonHeaders(`AmazonSimpleNotificationService.${operation}`),
  body: filled(SNS_JSON, start, unit, end),
})

const form = (name: string, start: string, unit: string, end = ''): HostileRequest => ({
  name,
  headers: FORM,
  body: filled(SQS_FORM, start, unit, end),
})

const TOPIC = '"TopicArn":"arn:aws:sns:us-east-1:000000000000:t"'
const sendTo = (members: string) => `{"QueueUrl":"q",${members}`

export const hostileRequests: readonly HostileRequest[] = [
  sqs('nothing but [', 'SendMessage', '', '['),
  sqs('nothing but {"a":', 'SendMessage', '', '{"a":'),
  sqs('a batch of {}', 'SendMessageBatch', sendTo('"Entries":[{}'), ',{}', ']}'),
  sqs('a batch of full entries', 'SendMessageBatch', sendTo('"Entries":[{}'), ',{"Id":"a","MessageBody":"x"}', ']}'),
  sqs('a million members', 'SendMessage', '{"a":1', ',"b":1', '}'),
  sqs('a million attributes', 'SendMessage', sendTo('"MessageAttributes":{"a":{}'), ',"b":{}', '}}'),
  sqs('a list in a list', 'SendMessage', '{"a":[[]', ',[]', ']}'),
  sqs('a number of digits', 'SendMessage', sendTo('"DelaySeconds":'), '1', '}'),
  sqs('a fraction of digits', 'SendMessage', sendTo('"DelaySeconds":0.'), '1', '}'),
  sqs('an exponent of digits', 'SendMessage', sendTo('"DelaySeconds":1e'), '1', '}'),
  sqs('a number as a text', 'SendMessage', sendTo('"DelaySeconds":"'), '1', '"}'),
  sqs('nothing but \\u0041', 'SendMessage', sendTo('"MessageBody":"'), '\\u0041', '"}'),
  sqs('nothing but \\u20ac', 'SendMessage', sendTo('"MessageBody":"'), '\\u20ac', '"}'),
  sqs('nothing but \\"', 'SendMessage', sendTo('"MessageBody":"'), '\\"', '"}'),
  sqs('nothing but \\\\', 'SendMessage', sendTo('"MessageBody":"'), '\\\\', '"}'),
  sqs('nothing but €', 'SendMessage', sendTo('"MessageBody":"'), '€', '"}'),
  sqs('nothing but 😀', 'SendMessage', sendTo('"MessageBody":"'), '😀', '"}'),
  sqs('halves of surrogate pairs', 'SendMessage', sendTo('"MessageBody":"'), '\\ud800', '"}'),
  sqs('a name without end', 'SendMessage', '{"', 'x', '":1}'),
  sqs('a name of escapes', 'SendMessage', '{"', '\\u0041', '":1}'),
  sqs('a text without end', 'SendMessage', sendTo('"MessageBody":"'), '[,'),
  sqs('space', 'SendMessage', '{', ' ', '}'),
  sqs('nothing but ,', 'SendMessage', '{"a":[', ',', ']}'),
  sqs(
    'a blob',
    'SendMessage',
    sendTo('"MessageBody":"x","MessageAttributes":{"a":{"DataType":"Binary","BinaryValue":"'),
    'AAAA',
    '"}}}',
  ),
  sqs(
    'a Number of digits',
    'SendMessage',
    sendTo('"MessageBody":"x","MessageAttributes":{"a":{"DataType":"Number","StringValue":"'),
    '0',
    '1"}}}',
  ),
  sqs(
    'a trace header',
    'SendMessage',
    sendTo('"MessageBody":"x","MessageSystemAttributes":{"AWSTraceHeader":{"DataType":"String","StringValue":"'),
    'a=b;',
    '"}}}',
  ),
  sqs('a RedrivePolicy of [', 'CreateQueue', '{"QueueName":"q2","Attributes":{"RedrivePolicy":"', '[', '"}}'),
  sqs(
    'a RedrivePolicy of members',
    'CreateQueue',
    '{"QueueName":"q2","Attributes":{"RedrivePolicy":"{\\"a\\":1',
    ',\\"a\\":1',
    '}"}}',
  ),
  sqs('a Policy of [', 'CreateQueue', '{"QueueName":"q2","Attributes":{"Policy":"', '[', '"}}'),
  sqs('a tag', 'CreateQueue', '{"QueueName":"q2","tags":{"a":"', 'x', '"}}'),
  sqs(
    '20,000 tags',
    'CreateQueue',
    `{"QueueName":"q2","tags":{${Array.from({ length: 19_000 }, (_, i) => `"${i}":"x"`)}}}`,
    ' ',
  ),
  sqs(
    '20,000 names',
    'ReceiveMessage',
    sendTo(`"MessageAttributeNames":[${Array.from({ length: 19_000 }, (_, i) => `"a${i}.*"`)}]}`),
    ' ',
  ),
  sns(
    'a filter policy of [',
    'Subscribe',
    `{${TOPIC},"Protocol":"sqs","Endpoint":"arn:aws:sqs:us-east-1:000000000000:q","Attributes":{"FilterPolicy":"`,
    '[',
    '"}}',
  ),
  sns('a topic policy of [', 'CreateTopic', '{"Name":"t2","Attributes":{"Policy":"', '[', '"}}'),
  sns('a delivery policy of [', 'CreateTopic', '{"Name":"t2","Attributes":{"DeliveryPolicy":"', '[', '"}}'),
  sns('a data protection policy of [', 'CreateTopic', '{"Name":"t2","DataProtectionPolicy":"', '[', '"}'),
  sns('a display name', 'CreateTopic', '{"Name":"t2","Attributes":{"DisplayName":"', 'x', '"}}'),
  sns('a message by protocols of [', 'Publish', `{${TOPIC},"MessageStructure":"json","Message":"`, '[', '"}'),
  sns('a batch of {}', 'PublishBatch', `{${TOPIC},"PublishBatchRequestEntries":[{}`, ',{}', ']}'),
  sns('a text message', 'Publish', '{"PhoneNumber":"+15555550100","Message":"', 'x', '"}'),
  form('a million parameters', 'Action=SendMessage', '&a'),
  form('a million parameters with values', 'Action=SendMessage', '&a=1'),
  form('a million separators', 'Action=SendMessage&QueueUrl=q', '&'),
  form('nothing but +', 'Action=SendMessage&QueueUrl=q&MessageBody=', '+'),
  form('nothing but %41', 'Action=SendMessage&QueueUrl=q&MessageBody=', '%41'),
  form('nothing but %E2%82%AC', 'Action=SendMessage&QueueUrl=q&MessageBody=', '%E2%82%AC'),
  form('nothing but %00', 'Action=SendMessage&QueueUrl=q&MessageBody=', '%00'),
  form('a broken escape at the end', 'Action=SendMessage&QueueUrl=q&MessageBody=', '%41', '%'),
  form('names of dots', 'Action=SendMessage&QueueUrl=q&', '.', '=x'),
  form('long names of dots', 'Action=SendMessage', `&${'a.'.repeat(400)}b=x`),
  form('a number of digits', 'Action=SendMessage&QueueUrl=q&MessageBody=x&DelaySeconds=', '1'),
  form('an action', 'Action=', 'x'),
  form('a version', 'Action=SendMessage&Version=', 'x'),
  {
    name: 'a query string of parameters',
    headers: {},
    body: Buffer.alloc(0),
    requestLine: `GET /?Action=SendMessage${'&a'.repeat(30_000)} HTTP/1.1`,
  },
  {
    name: 'a query string of +',
    headers: {},
    body: Buffer.alloc(0),
    requestLine: `GET /?Action=SendMessage&MessageBody=${'+'.repeat(60_000)} HTTP/1.1`,
  },
  { name: 'a path', headers: {}, body: Buffer.alloc(0), requestLine: `GET /${'/a'.repeat(30_000)} HTTP/1.1` },
  {
    name: 'a credential',
    headers: {
      ...jsonHeaders('AmazonSQS.ListQueues'),
      authorization: `AWS4-HMAC-SHA256 Credential=${'/a'.repeat(30_000)}`,
    },
    body: Buffer.from('{}'),
  },
  {
    name: 'headers',
    headers: {
      ...jsonHeaders('AmazonSQS.ListQueues'),
      ...Object.fromEntries(Array.from({ length: 6000 }, (_, i) => [`a${i}`, ''])),
    },
    body: Buffer.from('{}'),
  },
]

const attributes = (count: number, bytes: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`a${i}`, { DataType: 'String', StringValue: 'x'.repeat(bytes) }]),
  )
const ten = <T>(make: (i: number) => T): T[] => Array.from({ length: 10 }, (_, i) => make(i))
const legal = (name: string, target: string, input: object): HostileRequest => ({
  name,
  headers: jsonHeaders(target),
  body: Buffer.from(JSON.stringify(input)),
})

const KIB = 1024
const TOPIC_ARN = 'arn:aws:sns:us-east-1:000000000000:t'

/** What a client may say, and is as large as it may be; to the queue `q` and the topic `t`. */
export const largeRequests: readonly HostileRequest[] = [
  legal('a message of 1 MiB', 'AmazonSQS.SendMessage', { QueueUrl: 'q', MessageBody: 'x'.repeat(MIB) }),
  legal('a message of 1 MiB, 10 attributes', 'AmazonSQS.SendMessage', {
    QueueUrl: 'q',
    MessageBody: 'x'.repeat(500 * KIB),
    MessageAttributes: attributes(10, 52 * KIB),
  }),
  legal('a message of 1 MiB beyond ASCII', 'AmazonSQS.SendMessage', {
    QueueUrl: 'q',
    MessageBody: '€'.repeat(349_525),
  }),
  {
    name: 'a message of 1 MiB, all escaped',
    headers: jsonHeaders('AmazonSQS.SendMessage'),
    body: Buffer.from(`{"QueueUrl":"q","MessageBody":"${'\\u0022'.repeat(MIB)}"}`),
  },
  {
    name: 'a message of 1 MiB as a form',
    headers: FORM,
    body: Buffer.from(`Action=SendMessage&QueueUrl=q&MessageBody=${'%22'.repeat(MIB)}`),
  },
  legal('a batch of 1 MiB, 100 attributes', 'AmazonSQS.SendMessageBatch', {
    QueueUrl: 'q',
    Entries: ten((i) => ({
      Id: `${i}`,
      MessageBody: 'x'.repeat(50 * KIB),
      MessageAttributes: attributes(10, 5 * KIB),
    })),
  }),
  legal('a publish of 256 KiB', 'AmazonSimpleNotificationService.Publish', {
    TopicArn: TOPIC_ARN,
    Message: 'x'.repeat(256 * KIB),
  }),
  legal('a publish by protocols', 'AmazonSimpleNotificationService.Publish', {
    TopicArn: TOPIC_ARN,
    MessageStructure: 'json',
    Message: JSON.stringify({ default: 'x', sqs: 'y'.repeat(255 * KIB) }),
  }),
  legal('a publish of ten', 'AmazonSimpleNotificationService.PublishBatch', {
    TopicArn: TOPIC_ARN,
    PublishBatchRequestEntries: ten((i) => ({ Id: `${i}`, Message: 'x'.repeat(25 * KIB) })),
  }),
  legal('the largest filter policy', 'AmazonSimpleNotificationService.Subscribe', {
    TopicArn: TOPIC_ARN,
    Protocol: 'sqs',
    Endpoint: 'arn:aws:sqs:us-east-1:000000000000:q',
    Attributes: {
      FilterPolicy: JSON.stringify({ a: Array.from({ length: 150 }, (_, i) => `${i}${'x'.repeat(1600)}`) }),
    },
  }),
  legal('the largest policy', 'AmazonSimpleNotificationService.SetTopicAttributes', {
    TopicArn: TOPIC_ARN,
    AttributeName: 'DeliveryPolicy',
    AttributeValue: JSON.stringify({ http: { defaultHealthyRetryPolicy: { numRetries: 100, minDelayTarget: 1 } } }),
  }),
  legal('a receive of 10 MiB', 'AmazonSQS.ReceiveMessage', {
    QueueUrl: 'q',
    MaxNumberOfMessages: 10,
    VisibilityTimeout: 0,
    MessageAttributeNames: ['All'],
  }),
]

/** As it goes over the wire, in HTTP/1.1. */
export function wireBytes({ requestLine = 'POST / HTTP/1.1', headers, body }: HostileRequest): Buffer {
  const all = { host: 'localhost', 'content-length': String(body.length), ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return Buffer.concat([Buffer.from(`${[requestLine, ...lines].join('\r\n')}\r\n\r\n`), body])
}
