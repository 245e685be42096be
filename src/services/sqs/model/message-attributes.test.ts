import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectRefusal } from './expect-refusal.ts'
import {
  type AttributeMap,
  checkMessageAttributes,
  checkSystemAttributes,
  md5OfAttributes,
  traceHeaderOf,
} from './message-attributes.ts'

const string = (StringValue: string) => ({ DataType: 'String', StringValue })
const number = (StringValue: string, DataType = 'Number') => ({ DataType, StringValue })
const bytes = (...values: number[]) => ({ DataType: 'Binary', BinaryValue: Uint8Array.from(values) })
const trace = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1'

const binaryTrace = Buffer.concat([
  Buffer.from('traceparent'),
  Buffer.from([0x1e]),
  Buffer.from('00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01'),
])
const [Hello, General] = [string('There'), string('Kenobi')]
const Me = string('Me')
const digests: readonly (readonly [AttributeMap, string])[] = [
  [{ Hello, General, 'Help.Me': Me }, '4c360f3fdafd970e05fae2f149d997f5'],
  [{ Hello, General }, 'fca026605781cb4126a1e9044df24232'],
  [{ Hello }, 'a311262e065454b75da111d535b8dacd'],
  [{ 'Help.Me': Me, Hello }, '83fee93c1bcd8b9a5a923ffacdc636c7'],
  [{ Foo: string('Bar') }, 'ae7155c6026991b6d54b11589678bf9c'],
  [{ MyAttribute: string('foobar') }, 'adb59cd4678ea5a855436b949cd07ab6'],
  [{ Hello: string('World') }, '7db7fb1ba7f41366a8ea5eb18220b26d'],
  [{ timestamp: number('1493147359900') }, '235c5c510d26fb653d073faed50ae77c'],
  [{ attr1: { DataType: 'Binary', BinaryValue: binaryTrace } }, '8cbe4db156db8a94db8b801b7addb984'],
  [{ AWSTraceHeader: string(trace) }, '5ae4d5d7636402d80f4eb6d213245a88'],
]
for (const [attributes, digest] of digests) {
  test(`the digest of ${Object.keys(attributes)} is ${digest}`, () => assert.equal(md5OfAttributes(attributes), digest))
}

test('the digest covers the label of a type, and not the order of names', () => {
  const int = { a: number('1', 'Number.int') }
  assert.notEqual(md5OfAttributes(int), md5OfAttributes({ a: number('1') }))
  assert.equal(md5OfAttributes({ Hello, General }), md5OfAttributes({ General, Hello }))
})

test('of a value with both members, the one its type calls for counts', () => {
  const both = { StringValue: 'There', BinaryValue: Uint8Array.of(1) }
  assert.equal(md5OfAttributes({ Hello: { DataType: 'String', ...both } }), 'a311262e065454b75da111d535b8dacd')
  const binary = md5OfAttributes({ Hello: { DataType: 'Binary', BinaryValue: Uint8Array.of(1) } })
  assert.equal(md5OfAttributes({ Hello: { DataType: 'Binary', ...both } }), binary)
})

test('no attributes, no digest', () => {
  assert.equal(md5OfAttributes({}), undefined)
  assert.equal(md5OfAttributes(undefined), undefined)
})

const accepted: readonly AttributeMap[] = [
  {},
  { a: string('v') },
  { 'A-z_0.9': string('v') },
  { 'attr.1øßä': string('v'), 名前: string('v') },
  { ['x'.repeat(256)]: string('v') },
  { awsome: string('v'), amazonian: string('v') },
  { a: bytes(0) },
  { a: { ...bytes(0), DataType: 'Binary.gif' } },
  { a: { DataType: `String.${'x'.repeat(249)}`, StringValue: 'v' } },
  ...['0', '-1', '+1', '1.5', '.5', '1e10', '1E-130', '007', '9'.repeat(38), `1${'0'.repeat(126)}`, '-1e128'].map(
    (text) => ({ a: number(text) }),
  ),
  { a: number('1', 'Number.int') },
  Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`a${i}`, string('v')])),
]
for (const attributes of accepted) {
  test(`${JSON.stringify(attributes).slice(0, 100)} may be sent`, () => checkMessageAttributes(attributes))
}

const badType =
  "The type of message (user) attribute 'a' is invalid. " +
  'You must use only the following supported type prefixes: Binary, Number, String.'
const badName = (name: string) =>
  `The name of message (user) attribute '${name}' is invalid. It can only include alphanumeric characters, ` +
  'underscores, hyphens, and periods that neither begin nor end it nor follow each other.'
const reserved =
  "You can't use message attribute names beginning with 'AWS.' or 'Amazon'. " +
  'These strings are reserved for internal use.'
const empty = (type: string) => `Message (user) attribute 'a' must contain a non-empty value of type '${type}'.`
const notANumber = "Can't cast the value of message (user) attribute 'a' to a number."
const lists = 'Message attribute list values in SendMessage operation are not supported.'

const refused: readonly (readonly [AttributeMap, string])[] = [
  [
    Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`a${i}`, string('v')])),
    'Number of message attributes [11] exceeds the allowed maximum [10].',
  ],
  [{ '': string('v') }, 'The request must contain non-empty message (user) attribute names.'],
  [{ ['ä'.repeat(129)]: string('v') }, 'Message (user) attribute name must be shorter than 256 bytes.'],
  [{ ['x'.repeat(257)]: string('v') }, 'Message (user) attribute name must be shorter than 256 bytes.'],
  [{ 'AWS.x': string('v') }, reserved],
  [{ 'aWs.x': string('v') }, reserved],
  [{ 'aMaZon.x': string('v') }, reserved],
  ...['.a', 'a.', 'a..b', 'a b', 'a\n', '§', '!', '"', '(', '?', '\u{1f600}'].map(
    (name) => [{ [name]: string('v') }, badName(name)] as const,
  ),
  [{ a: { DataType: undefined, StringValue: 'v' } }, badType],
  ...['', 'Text', 'string', 'Strings', '.String'].map(
    (DataType) => [{ a: { DataType, StringValue: 'v' } }, badType] as const,
  ),
  [
    { a: { DataType: `String.${'x'.repeat(250)}`, StringValue: 'v' } },
    'Message (user) attribute type must be shorter than 256 bytes.',
  ],
  [{ a: { DataType: 'String' } }, "The message (user) attribute 'a' must contain a non-empty message attribute value."],
  [{ a: string('') }, empty('String')],
  [{ a: number('') }, empty('Number')],
  [{ a: bytes() }, empty('Binary')],
  [{ a: { DataType: 'String', BinaryValue: Uint8Array.of(1) } }, empty('String')],
  [{ a: { DataType: 'Binary', StringValue: 'v' } }, empty('Binary')],
  [{ a: { DataType: 'String', StringListValues: ['v'] } }, lists],
  [{ a: { DataType: 'Binary', BinaryListValues: [Uint8Array.of(1)] } }, lists],
  [
    { a: string('\x00') },
    'Invalid characters found. Valid unicode characters are ' +
      '#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
  ],
  ...['abc', '1a', '1 ', '0x1', 'NaN', 'Infinity', '.', '1e', '9'.repeat(39), '2e126', '-2e128'].map(
    (text) => [{ a: number(text) }, notANumber] as const,
  ),
]
for (const [attributes, message] of refused) {
  test(`${JSON.stringify(attributes).slice(0, 60)} is refused: ${message}`, () =>
    expectRefusal(() => checkMessageAttributes(attributes), 'InvalidParameterValue', message))
}

test('a very long number is judged in linear time', () => {
  const before = performance.now()
  assert.throws(() => checkMessageAttributes({ a: number(`1${'0'.repeat(500_000)}1`) }))
  assert.ok(performance.now() - before < 10_000)
})

test('the one system attribute is a trace header', () => {
  checkSystemAttributes({ AWSTraceHeader: string(trace) })
  checkSystemAttributes({ AWSTraceHeader: string('Root=1-5759e988-bd862e3fe1be46a994272793') })
  checkSystemAttributes({})
})

const notATrace = "Message system attribute 'AWSTraceHeader' must contain a valid X-Ray trace header."
const noTrace = "Message system attribute 'AWSTraceHeader' must contain a non-empty value of type 'String'."
const refusedSystemAttributes: readonly (readonly [AttributeMap, string])[] = [
  [{ Other: string(trace) }, "Message system attribute name 'Other' is invalid."],
  [{ AWSTraceHeader: string('') }, noTrace],
  [{ AWSTraceHeader: bytes(1) }, noTrace],
  [{ AWSTraceHeader: number('1') }, noTrace],
  [{ AWSTraceHeader: string('hello') }, notATrace],
  [{ AWSTraceHeader: string('Root=1;;Sampled=1') }, notATrace],
  [{ AWSTraceHeader: string(`Root=${'x'.repeat(1020)}`) }, notATrace],
  [{ AWSTraceHeader: string('Root=\x00') }, notATrace],
]
for (const [attributes, message] of refusedSystemAttributes) {
  test(`${JSON.stringify(attributes).slice(0, 60)} is refused: ${message}`, () =>
    expectRefusal(() => checkSystemAttributes(attributes), 'InvalidParameterValue', message))
}

test('the trace is the parameter’s, else the request header’s if it is one', () => {
  assert.equal(traceHeaderOf({ AWSTraceHeader: string('Root=1') }, trace), 'Root=1')
  assert.equal(traceHeaderOf(undefined, trace), trace)
  assert.equal(traceHeaderOf({}, 'nonsense'), undefined)
  assert.equal(traceHeaderOf(undefined, undefined), undefined)
})
