import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { md5OfAttributes } from './message-attributes.ts'
import { loadAttributes, storedAttributes } from './stored-attributes.ts'

test('what is stored is loaded, and has the same digest', () => {
  const value = fc.oneof(
    fc.record({ DataType: fc.constantFrom('String', 'Number.int'), StringValue: fc.string() }),
    fc.record({ DataType: fc.constant('Binary.x'), BinaryValue: fc.uint8Array() }),
  )
  const attributes = fc.dictionary(fc.oneof(fc.stringMatching(/^[\w-]{1,20}$/), fc.constant('__proto__')), value, {
    minKeys: 1,
    maxKeys: 10,
  })
  fc.assert(
    fc.property(attributes, (sent) => {
      const loaded = loadAttributes(storedAttributes(sent))
      assert.deepEqual(Object.keys(loaded ?? {}), Object.keys(sent))
      assert.equal(md5OfAttributes(loaded), md5OfAttributes(sent))
    }),
  )
})

test('of a value only the member that its type calls for is stored', () => {
  const both = { StringValue: 'v', BinaryValue: Uint8Array.of(1) }
  const text = storedAttributes({ a: { DataType: 'String', ...both }, b: { DataType: 'Binary', ...both } })
  assert.equal(text, '{"a":{"t":"String","s":"v"},"b":{"t":"Binary","b":"AQ=="}}')
})

test('no attributes are stored as null', () => {
  assert.equal(storedAttributes(undefined), null)
  assert.equal(storedAttributes({}), null)
  assert.equal(loadAttributes(null), undefined)
})
