/** Message attributes: the digests that clients verify, the rules for names and values, and what a receive selects. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MessageAttributeValue } from '@aws-sdk/client-sqs'
import { refusal, startSqs } from './support.ts'

const fixture = await startSqs()
const queue = await fixture.createQueue()

type Attributes = Record<string, MessageAttributeValue>

const text = (StringValue: string): MessageAttributeValue => ({ DataType: 'String', StringValue })
const texts = (values: Readonly<Record<string, string>>): Attributes =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, text(value)]))

const traceparent = Buffer.from('traceparent\u001e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01')

const vectors: readonly { name: string; attributes: Attributes; digest: string }[] = [
  {
    name: 'several texts',
    attributes: texts({ Hello: 'There', General: 'Kenobi', 'Help.Me': 'Me' }),
    digest: '4c360f3fdafd970e05fae2f149d997f5',
  },
  { name: 'one text', attributes: texts({ Foo: 'Bar' }), digest: 'ae7155c6026991b6d54b11589678bf9c' },
  { name: 'another text', attributes: texts({ MyAttribute: 'foobar' }), digest: 'adb59cd4678ea5a855436b949cd07ab6' },
  { name: 'a third text', attributes: texts({ Hello: 'World' }), digest: '7db7fb1ba7f41366a8ea5eb18220b26d' },
  {
    name: 'a number',
    attributes: { timestamp: { DataType: 'Number', StringValue: '1493147359900' } },
    digest: '235c5c510d26fb653d073faed50ae77c',
  },
  {
    name: 'bytes',
    attributes: { attr1: { DataType: 'Binary', BinaryValue: traceparent } },
    digest: '8cbe4db156db8a94db8b801b7addb984',
  },
]

for (const { name, attributes, digest } of vectors) {
  test(`the digest of ${name} is the one that is known, on send and on receive`, async () => {
    const own = await fixture.createQueue()
    assert.equal((await fixture.send(own, 'x', { MessageAttributes: attributes })).MD5OfMessageAttributes, digest)
    assert.equal((await fixture.receiveOne(own, { MessageAttributeNames: ['All'] })).MD5OfMessageAttributes, digest)
  })
}

test('types with labels, numbers as they were written and bytes come back unchanged', async () => {
  const own = await fixture.createQueue()
  const attributes: Attributes = {
    count: { DataType: 'Number.int', StringValue: '+007.50e3' },
    picture: { DataType: 'Binary.png', BinaryValue: new Uint8Array([0, 1, 254, 255]) },
    note: { DataType: 'String.markdown', StringValue: ' \t*é* \u{1f600}' },
  }
  await fixture.send(own, 'x', { MessageAttributes: attributes })
  const { MessageAttributes } = await fixture.receiveOne(own, { MessageAttributeNames: ['All'] })
  assert.deepEqual(MessageAttributes, attributes)
})

test('names may hold letters of any script, over JSON and over Query', async () => {
  const own = await fixture.createQueue()
  const name = 'attr.1øßä'
  const sent = await fixture.send(own, 'x', { MessageAttributes: { [name]: text('Valüe') } })
  const received = await fixture.receiveOne(own, { MessageAttributeNames: [name] })
  assert.deepEqual(received.MessageAttributes, { [name]: text('Valüe') })
  assert.equal(received.MD5OfMessageAttributes, sent.MD5OfMessageAttributes)
  const queried = await fixture.query({
    Action: 'SendMessage',
    QueueUrl: own,
    MessageBody: 'x',
    'MessageAttribute.1.Name': name,
    'MessageAttribute.1.Value.DataType': 'String',
    'MessageAttribute.1.Value.StringValue': 'Valüe',
  })
  assert.ok(queried.xml.includes(`<MD5OfMessageAttributes>${sent.MD5OfMessageAttributes}</MD5OfMessageAttributes>`))
  const { xml } = await fixture.query({ Action: 'ReceiveMessage', QueueUrl: own, MessageAttributeName: '*' })
  assert.ok(xml.includes(`<Name>${name}</Name>`), xml)
})

for (const character of ['§', '!', '"', '(', '?']) {
  test(`no name has a ${character}`, async () => {
    const MessageAttributes = { [`attr.${character}`]: text('Value') }
    await assert.rejects(fixture.send(queue, 'x', { MessageAttributes }), { name: 'InvalidParameterValue' })
  })
}

test('without attributes there is no digest of them', async () => {
  const own = await fixture.createQueue()
  assert.equal((await fixture.send(own, 'x', { MessageAttributes: {} })).MD5OfMessageAttributes, undefined)
  const message = await fixture.receiveOne(own, { MessageAttributeNames: ['All'] })
  assert.equal(message.MD5OfMessageAttributes, undefined)
  assert.equal(message.MessageAttributes, undefined)
})

const selections: readonly { names: string[]; selected: string[]; digest?: string }[] = [
  { names: [], selected: [] },
  { names: ['All'], selected: ['General', 'Hello', 'Help.Me'], digest: '4c360f3fdafd970e05fae2f149d997f5' },
  { names: ['.*'], selected: ['General', 'Hello', 'Help.Me'], digest: '4c360f3fdafd970e05fae2f149d997f5' },
  { names: ['*'], selected: ['General', 'Hello', 'Help.Me'], digest: '4c360f3fdafd970e05fae2f149d997f5' },
  { names: ['Hello', 'General'], selected: ['General', 'Hello'], digest: 'fca026605781cb4126a1e9044df24232' },
  { names: ['Hello'], selected: ['Hello'], digest: 'a311262e065454b75da111d535b8dacd' },
  { names: ['Hello', 'Help.*'], selected: ['Hello', 'Help.Me'], digest: '83fee93c1bcd8b9a5a923ffacdc636c7' },
  { names: ['Hel.*'], selected: ['Hello', 'Help.Me'], digest: '83fee93c1bcd8b9a5a923ffacdc636c7' },
  { names: ['unknown', 'il legal', 'hello'], selected: [] },
]

for (const { names, selected, digest } of selections) {
  test(`asking for [${names}] returns [${selected}] with the digest of just these`, async () => {
    const own = await fixture.createQueue()
    const MessageAttributes = texts({ Hello: 'There', General: 'Kenobi', 'Help.Me': 'Me' })
    await fixture.send(own, 'x', { MessageAttributes })
    const message = await fixture.receiveOne(own, { MessageAttributeNames: names })
    assert.deepEqual(Object.keys(message.MessageAttributes ?? {}).sort(), selected)
    assert.equal(message.MD5OfMessageAttributes, digest)
  })
}

const numbered = (count: number): Attributes =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, text('x')]))

const RESERVED =
  "You can't use message attribute names beginning with 'AWS.' or 'Amazon'. " +
  'These strings are reserved for internal use.'
const WRONG_TYPE = (name: string) =>
  `The type of message (user) attribute '${name}' is invalid. ` +
  'You must use only the following supported type prefixes: Binary, Number, String.'
const EMPTY_TEXT = "Message (user) attribute 'a' must contain a non-empty value of type 'String'."
const NO_VALUE = "The message (user) attribute 'a' must contain a non-empty message attribute value."
const NOT_A_NUMBER = "Can't cast the value of message (user) attribute 'a' to a number."
const BAD_NAME = /^The name of message \(user\) attribute/

const refused: readonly { name: string; attributes: Attributes; message: string | RegExp }[] = [
  {
    name: 'eleven attributes',
    attributes: numbered(11),
    message: 'Number of message attributes [11] exceeds the allowed maximum [10].',
  },
  { name: 'an empty text', attributes: { a: text('') }, message: EMPTY_TEXT },
  { name: 'no value', attributes: { a: { DataType: 'String' } }, message: NO_VALUE },
  {
    name: 'a text as bytes',
    attributes: { a: { DataType: 'Binary', StringValue: 'x' } },
    message: /non-empty value of type 'Binary'/,
  },
  { name: 'an unknown type', attributes: { a: { DataType: 'Text', StringValue: 'x' } }, message: WRONG_TYPE('a') },
  {
    name: 'a type in lower case',
    attributes: { a: { DataType: 'string', StringValue: 'x' } },
    message: WRONG_TYPE('a'),
  },
  { name: 'an empty type', attributes: { a: { DataType: '', StringValue: 'x' } }, message: WRONG_TYPE('a') },
  {
    name: 'a type of 257 bytes',
    attributes: { a: { DataType: `String.${'x'.repeat(250)}`, StringValue: 'x' } },
    message: 'Message (user) attribute type must be shorter than 256 bytes.',
  },
  {
    name: 'a number that is none',
    attributes: { a: { DataType: 'Number', StringValue: '1,5' } },
    message: NOT_A_NUMBER,
  },
  {
    name: 'a number of 39 digits',
    attributes: { a: { DataType: 'Number', StringValue: '1'.repeat(39) } },
    message: NOT_A_NUMBER,
  },
  {
    name: 'an empty name',
    attributes: { '': text('x') },
    message: 'The request must contain non-empty message (user) attribute names.',
  },
  {
    name: 'a name of 257 characters',
    attributes: { ['x'.repeat(257)]: text('x') },
    message: 'Message (user) attribute name must be shorter than 256 bytes.',
  },
  { name: 'a name with a space', attributes: { 'a b': text('x') }, message: BAD_NAME },
  { name: 'a name that begins with a dot', attributes: { '.a': text('x') }, message: BAD_NAME },
  { name: 'a name that ends in a dot', attributes: { 'a.': text('x') }, message: BAD_NAME },
  { name: 'a name with two dots in a row', attributes: { 'a..b': text('x') }, message: BAD_NAME },
  { name: 'a reserved name', attributes: { 'AWS.a': text('x') }, message: RESERVED },
  { name: 'a reserved name in other letters', attributes: { 'aWs.a': text('x') }, message: RESERVED },
  { name: 'the other reserved name in other letters', attributes: { 'AMAZON.a': text('x') }, message: RESERVED },
  {
    name: 'a text with an illegal character',
    attributes: { a: text('\u0001') },
    message: /^Invalid characters found\./,
  },
  {
    name: 'a list of texts',
    attributes: { a: { DataType: 'String', StringListValues: ['x'] } },
    message: 'Message attribute list values in SendMessage operation are not supported.',
  },
]

for (const { name, attributes, message } of refused) {
  test(`${name} is refused`, async () => {
    await assert.rejects(
      fixture.send(queue, 'x', { MessageAttributes: attributes }),
      refusal('InvalidParameterValue', message),
    )
  })
}

test('an attribute without a type is refused', async () => {
  const MessageAttributes = { a: { StringValue: 'x' } }
  const { status, queryError, body } = await fixture.json('SendMessage', {
    QueueUrl: queue,
    MessageBody: 'x',
    MessageAttributes,
  })
  assert.equal(status, 400)
  assert.equal(queryError, 'InvalidParameterValue;Sender')
  assert.equal(body.message, WRONG_TYPE('a'))
})

test('ten attributes, and names and types of 256 characters, are taken', async () => {
  const own = await fixture.createQueue()
  const nine = Object.fromEntries(Object.entries(numbered(9)))
  const attributes = { ...nine, ['n'.repeat(256)]: { DataType: `String.${'x'.repeat(249)}`, StringValue: 'x' } }
  await fixture.send(own, 'x', { MessageAttributes: attributes })
  const { MessageAttributes } = await fixture.receiveOne(own, { MessageAttributeNames: ['All'] })
  assert.deepEqual(MessageAttributes, attributes)
})

test('an attribute may have any legal name, those of object members included', async () => {
  const own = await fixture.createQueue()
  const names = ['__proto__', 'constructor', 'toString']
  const attributes = names.map((name) => `"${name}":{"DataType":"String","StringValue":"x"}`).join()
  const request = { QueueUrl: own, MessageBody: 'x', MessageAttributes: JSON.parse(`{${attributes}}`) }
  assert.equal((await fixture.json('SendMessage', request)).status, 200)
  const { text: answer } = await fixture.json('ReceiveMessage', { QueueUrl: own, MessageAttributeNames: ['All'] })
  for (const name of names) assert.ok(answer.includes(`"${name}":{`), answer)
})
