import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { encode } from './testing/wire.ts'
import { escapeAttribute, escapeText } from './xml-writer.ts'

const texts = [
  { name: 'plain text is untouched', text: 'a "b" \'c\' é😀\n\t\u0085', expected: 'a "b" \'c\' é😀\n\t\u0085' },
  { name: 'markup', text: '<a>&amp;', expected: '&lt;a&gt;&amp;amp;' },
  { name: 'the end of a CDATA section', text: ']]>', expected: ']]&gt;' },
  { name: 'carriage returns', text: 'a\r\nb', expected: 'a&#xD;\nb' },
  {
    name: 'what XML can’t hold',
    text: '\0\b\u000b\f\u001f\ufffe\uffff\ud800a\udc00',
    expected: `${'\ufffd'.repeat(8)}a\ufffd`,
  },
]
for (const { name, text, expected } of texts) {
  test(`escapeText: ${name}`, () => assert.equal(escapeText(text), expected))
}

test('escapeAttribute also protects quotes and white space', () => {
  assert.equal(escapeAttribute('a"b\tc\nd\r<&\0'), 'a&quot;b&#x9;c&#xA;d&#xD;&lt;&amp;\ufffd')
})

/** The Char production of XML 1.0. */
const isXmlChar = (char: string): boolean => {
  const code = char.codePointAt(0) ?? 0
  return code < 0x20 ? [0x9, 0xa, 0xd].includes(code) : code !== 0xfffe && code !== 0xffff
}

test('any text is well-formed, and legal text comes back through a parser', () => {
  const parser = new XMLParser({ trimValues: false, parseTagValue: false, htmlEntities: true })
  const legal = (text: string) => [...text.toWellFormed()].map((char) => (isXmlChar(char) ? char : '\ufffd')).join('')
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 2, maxLength: 4 }), (QueueUrls) => {
      const body = String(encode('query', 'ListQueues', { QueueUrls }).body)
      assert.equal(XMLValidator.validate(body), true)
      const { QueueUrl } = parser.parse(body).ListQueuesResponse.ListQueuesResult
      assert.deepEqual(QueueUrl, QueueUrls.map(legal))
    }),
  )
})
