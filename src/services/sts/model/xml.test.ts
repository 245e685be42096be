import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { find, findAll, parseXml, type XmlElement } from './xml.ts'

/** `name(attribute=value)[children]"text"`. */
const shown = ({ name, attributes, children, text }: XmlElement): string =>
  `${name}(${[...attributes].map(([key, value]) => `${key}=${value}`)})[${children.map(shown)}]"${text.trim()}"`

const cases = [
  { xml: '<a/>', expected: 'a()[]""' },
  { xml: '<?xml version="1.0"?>\n<!-- c --><a b="1" c=\'2\'>x<d/>y</a> ', expected: 'a(b=1,c=2)[d()[]""]"xy"' },
  { xml: '<n:a xmlns:n="u"><n:b/><c></c ></n:a>', expected: 'a(n=u)[b()[]"",c()[]""]""' },
  { xml: '<a b="&lt;&#65;&#x42;">&amp;&apos;&nbsp;</a>', expected: `a(b=<AB)[]"&'&nbsp;"` },
  { xml: '<a><![CDATA[<b>&amp;]]></a>', expected: 'a()[]"<b>&amp;"' },
  { xml: '<a>&#x110000;</a>', expected: 'a()[]"&#x110000;"' },
  ...[
    '',
    'text',
    '<a>',
    '</a>',
    '<a></b>',
    '<a/><b/>',
    '<a/>text',
    '<a b=1/>',
    '<a b="<"/>',
    '<a><!-- </a>',
    '<a><![CDATA[</a>',
    '<!DOCTYPE a><a/>',
    '< a/>',
    '<a></a></a>',
    '<a',
  ].map((xml) => ({ xml, expected: undefined })),
]

for (const { xml, expected } of cases) {
  test(`parseXml: ${JSON.stringify(xml)}`, () => {
    const root = parseXml(xml)
    assert.equal(root && shown(root), expected)
  })
}

test('elements are found by their names, in the order of the document', () => {
  const root = parseXml('<a><b i="1"><b i="2"/></b><c><b i="3"/></c></a>') as XmlElement
  assert.deepEqual(
    findAll(root, 'b').map(({ attributes }) => attributes.get('i')),
    ['1', '2', '3'],
  )
  assert.equal(find(root, 'd'), undefined)
})

test('a document that goes deep is none, and costs nothing', () => {
  assert.ok(parseXml('<a>'.repeat(90) + '</a>'.repeat(90)))
  assert.equal(parseXml('<a>'.repeat(30_000) + '</a>'.repeat(30_000)), undefined)
})

test('whatever the text, there is an element or none, and the time is that of its length', () => {
  const text = fc.array(
    fc.constantFrom('<', '>', '</', 'a', ' b="', '"', '<!--', '-->', '&', ';', '<![CDATA[', ']]>', '?'),
  )
  fc.assert(fc.property(text, (parts) => void parseXml(parts.join(''))))
  for (const hostile of [
    '<a '.repeat(30_000),
    '&'.repeat(90_000),
    '<a'.repeat(40_000),
    `<a ${' b="c"'.repeat(15_000)}`,
  ]) {
    const began = performance.now()
    parseXml(`<r>${hostile}</r>`)
    assert.ok(performance.now() - began < 500)
  }
})
