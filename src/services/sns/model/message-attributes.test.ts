import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectRefusal } from './expect-refusal.ts'
import { type AttributeMap, attributesSize, checkMessageAttributes, deliveryAttributes } from './message-attributes.ts'

const string = (StringValue: string, DataType = 'String') => ({ DataType, StringValue })
const bytes = (...values: number[]) => ({ DataType: 'Binary', BinaryValue: Uint8Array.from(values) })

const accepted: readonly AttributeMap[] = [
  {},
  { a: string('v') },
  { 'A-z_0.9': string('v') },
  { ['x'.repeat(256)]: string('v') },
  { 'AWS.SNS.SMS.SenderID': string('v') },
  { a: string('["x",1,true,null]', 'String.Array') },
  { a: string('no list', 'String.Array') },
  ...['String.x', 'String.x.y'].map((type) => ({ a: string('v', type) })),
  ...['Number', 'Number.x'].map((type) => ({ a: string('1', type) })),
  ...['0', '-1', '+1.50', '.5', '1e10', '1E-130', '-1e128', '1e126'].map((text) => ({ a: string(text, 'Number') })),
  { a: { ...bytes(0), DataType: 'Binary.x' } },
  { a: { ...bytes(0), StringValue: 'also' } },
  Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`a${i}`, string('v')])),
]
for (const attributes of accepted) {
  test(`${JSON.stringify(attributes).slice(0, 100)} may be published`, () => checkMessageAttributes(attributes))
}

const nonAlphanumeric = (codePoint: string) =>
  `Invalid non-alphanumeric character '#x${codePoint}' was found in the message attribute name. ` +
  'Can only include alphanumeric characters, hyphens, underscores, or dots.'
const badType =
  "The message attribute 'a' has an invalid message attribute type, " +
  'the set of supported type prefixes is Binary, Number, and String.'
const empty = (type: string) =>
  `The message attribute 'a' must contain non-empty message attribute value for message attribute type '${type}'.`
const wrongField = (type: string, field: string) =>
  `The message attribute 'a' with type '${type}' must use field '${field}'.`

const refused: readonly (readonly [AttributeMap, string])[] = [
  [{ '': string('v') }, 'Message attribute name must not be empty.'],
  [{ ['x'.repeat(257)]: string('v') }, 'Length of message attribute name must be less than 256 bytes.'],
  [{ 'a^': string('v') }, nonAlphanumeric('5E')],
  [{ '^': string('v') }, nonAlphanumeric('5E')],
  [{ 'a b': string('v') }, nonAlphanumeric('20')],
  [{ 'a\n': string('v') }, nonAlphanumeric('A')],
  [{ é: string('v') }, nonAlphanumeric('E9')],
  [{ '👍': string('v') }, nonAlphanumeric('1F44D')],
  [{ '.a': string('v') }, "Invalid message attribute name starting with character '.' was found."],
  [{ '.': string('v') }, "Invalid message attribute name starting with character '.' was found."],
  [{ 'a.': string('v') }, "Invalid message attribute name ending with character '.' was found."],
  [{ 'a..b': string('v') }, "Message attribute name can not have successive '.' character."],
  ...['', 'Stringx', 'String.', 'Number.', 'Binary.', 'string', 'Text', '.String'].map(
    (type) => [{ a: string('v', type) }, badType] as const,
  ),
  [{ a: { DataType: undefined, StringValue: 'v' } }, badType],
  ...['String', 'Number', 'Binary', 'String.x', 'String.Array'].map(
    (DataType) => [{ a: { DataType } }, empty(DataType)] as const,
  ),
  [{ a: string('') }, empty('String')],
  [{ a: string('', 'Number') }, empty('Number')],
  [{ a: bytes() }, empty('Binary')],
  [{ a: { ...bytes(1), DataType: 'String' } }, wrongField('String', 'String')],
  [{ a: { ...bytes(1), DataType: 'Number' } }, wrongField('Number', 'String')],
  [{ a: { ...bytes(1), DataType: 'String.x' } }, wrongField('String.x', 'String')],
  [{ a: string('v', 'Binary') }, wrongField('Binary', 'Binary')],
  [{ a: string('v', 'Binary.x') }, wrongField('Binary.x', 'Binary')],
  ...['abc', '1a', ' 1', '0x1', 'NaN', 'Infinity', '.', '1e', '2e126', '-2e128'].map(
    (text) => [{ a: string(text, 'Number') }, "Could not cast message attribute 'a' value to number."] as const,
  ),
]
for (const [attributes, message] of refused) {
  test(`${JSON.stringify(attributes).slice(0, 60)} is refused: ${message}`, () =>
    expectRefusal(() => checkMessageAttributes(attributes), 'InvalidParameterValueException', message))
}

test('the first fault is told', () =>
  expectRefusal(
    () => checkMessageAttributes({ fine: string('v'), a: string(''), 'b.': string('v') }),
    'InvalidParameterValueException',
    empty('String'),
  ))

test('names, types and values add to the size, in bytes', () => {
  assert.equal(attributesSize({}), 0)
  assert.equal(attributesSize({ ab: string('é') }), 2 + 6 + 2)
  assert.equal(attributesSize({ ab: string('v', 'String.x'), c: bytes(1, 2, 3) }), 2 + 8 + 1 + 1 + 6 + 3)
  assert.equal(attributesSize({ c: { ...bytes(1), StringValue: 'not counted' } }), 1 + 6 + 1)
})

test('only what the type calls for travels on', () => {
  const both = { StringValue: 'v', BinaryValue: Uint8Array.of(1) }
  assert.deepEqual(
    deliveryAttributes(JSON.parse('{"__proto__":{"DataType":"String","StringValue":"v"}}')),
    Object.fromEntries([['__proto__', { dataType: 'String', stringValue: 'v' }]]),
  )
  assert.deepEqual(deliveryAttributes({ a: { DataType: 'String.x', ...both }, b: { DataType: 'Binary.x', ...both } }), {
    a: { dataType: 'String.x', stringValue: 'v' },
    b: { dataType: 'Binary.x', binaryValue: Uint8Array.of(1) },
  })
  assert.equal(deliveryAttributes({}), undefined)
  assert.equal(deliveryAttributes(undefined), undefined)
})
