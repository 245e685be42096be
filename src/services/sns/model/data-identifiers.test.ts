import assert from 'node:assert/strict'
import { test } from 'node:test'
import { customIdentifier, type DataIdentifier, managedIdentifier } from './data-identifiers.ts'

const identifier = (name: string): DataIdentifier => managedIdentifier(name) ?? assert.fail(name)
const found = (name: string, text: string) =>
  identifier(name)
    .find(text)
    .map(({ start, end }) => text.slice(start, end))

const cases: readonly { name: string; text: string; expected: readonly string[] }[] = [
  { name: 'EmailAddress', text: 'a@example.com', expected: ['a@example.com'] },
  {
    name: 'EmailAddress',
    text: 'From <jane.o\'neil+x@mail.example.co.uk>, to: b_c@x-y.org; and "d@e.io".',
    expected: ["jane.o'neil+x@mail.example.co.uk", 'b_c@x-y.org', 'd@e.io'],
  },
  { name: 'EmailAddress', text: 'a@b a@b.1 @c.de a@-x.com a@x-.com a @b.de', expected: [] },
  { name: 'EmailAddress', text: 'mailto:me@example.com?subject=x', expected: ['me@example.com'] },

  { name: 'IpAddress', text: 'from 10.0.0.255 to 192.168.1.1:8080.', expected: ['10.0.0.255', '192.168.1.1'] },
  { name: 'IpAddress', text: '10.0.0.256 1.2.3 1.2.3.4.5 v1.2.3.4 01.2.3.999', expected: [] },
  {
    name: 'IpAddress',
    text: 'http://[2001:db8::1]:80/, ::1 and fe80:0:0:0:1:2:3:4, ::ffff:10.0.0.1',
    expected: ['2001:db8::1', '::1', 'fe80:0:0:0:1:2:3:4', '::ffff:10.0.0.1'],
  },
  {
    name: 'IpAddress',
    text: 'at 12:30:45, a::b::c, std::vector, ::, aa:bb:cc:dd:ee:ff, 1:2:3:4:5:6:7:8:9',
    expected: [],
  },

  { name: 'CreditCardNumber', text: 'card 4111111111111111.', expected: ['4111111111111111'] },
  {
    name: 'CreditCardNumber',
    text: '5500 0000 0000 0004, 3400-0000-0000-009 and 30000000000004',
    expected: ['5500 0000 0000 0004', '3400-0000-0000-009', '30000000000004'],
  },
  { name: 'CreditCardNumber', text: 'pay 20 4111 1111 1111 1111 12/27', expected: ['4111 1111 1111 1111'] },
  {
    name: 'CreditCardNumber',
    text: '4111111111111111 5500000000000004',
    expected: ['4111111111111111', '5500000000000004'],
  },
  {
    name: 'CreditCardNumber',
    text: '4111111111111112 0.4111111111111111 x4111111111111111 4111111111111111x 41111111111111114111 1234567812345670',
    expected: [],
  },

  {
    name: 'PhoneNumber-US',
    text: '(202) 555-0123, 202-555-0123, 202.555.0123, 2025550123, +1 202 555 0123, 1-202-555-0123 +12025550123',
    expected: [
      '(202) 555-0123',
      '202-555-0123',
      '202.555.0123',
      '2025550123',
      '+1 202 555 0123',
      '1-202-555-0123',
      '+12025550123',
    ],
  },
  {
    name: 'PhoneNumber-US',
    text: '102-555-0123 202-155-0123 202-555-01234 20255501234 x2025550123 1700000000',
    expected: [],
  },
  {
    name: 'PhoneNumber-GB',
    text: '+44 20 7946 0958, +44 (0)20 7946 0958, 020 7946 0958, (020) 7946 0958, 07700 900123, 00447700900123',
    expected: [
      '+44 20 7946 0958',
      '+44 (0)20 7946 0958',
      '020 7946 0958',
      '(020) 7946 0958',
      '07700 900123',
      '00447700900123',
    ],
  },
  { name: 'PhoneNumber-GB', text: '+45 20 7946 0958, 020 79, 20 7946 0958', expected: [] },
  {
    name: 'PhoneNumber-DE',
    text: '+49 30 901820, +49 (30) 901820, 030/90 18 20, (030) 901820, 0171-1234567, 0049 171 1234567',
    expected: ['+49 30 901820', '+49 (30) 901820', '030/90 18 20', '(030) 901820', '0171-1234567', '0049 171 1234567'],
  },
  { name: 'PhoneNumber-DE', text: '30 901820, 0.30901820, 123456', expected: [] },
  {
    name: 'PhoneNumber-FR',
    text: '01 23 45 67 89, +33 6 12 34 56 78',
    expected: ['01 23 45 67 89', '+33 6 12 34 56 78'],
  },
  {
    name: 'PhoneNumber-ES',
    text: '612 345 678, +34 912 345 678, 123456789',
    expected: ['612 345 678', '+34 912 345 678'],
  },
  {
    name: 'PhoneNumber-IT',
    text: '+39 06 1234 5678, 347 123 4567, 12345678',
    expected: ['+39 06 1234 5678', '347 123 4567'],
  },
  {
    name: 'PhoneNumber-BR',
    text: '(11) 91234-5678, +55 11 3123-4567',
    expected: ['(11) 91234-5678', '+55 11 3123-4567'],
  },
]
for (const { name, text, expected } of cases) {
  test(`${name} in ${JSON.stringify(text)}`, () => assert.deepEqual(found(name, text), expected))
}

test('what is not implemented, or no identifier, is undefined', () => {
  for (const name of ['Address', 'Name', 'Ssn-US', 'PhoneNumber', 'PhoneNumber-XX', 'constructor', '']) {
    assert.equal(managedIdentifier(name), undefined)
  }
})

test('a policy’s own identifier has its name and finds by its expression', () => {
  const own = customIdentifier('EmployeeId', 'EID-\\d{3}')
  assert.equal(own.name, 'EmployeeId')
  assert.deepEqual(own.find('an EID-123'), [{ start: 3, end: 10 }])
})

const hostile = [
  '1',
  '1 ',
  '1-',
  'a',
  'a.',
  'a@',
  'a@a.',
  ':',
  'a:',
  '1.',
  '+1',
  '(0',
  '4111111111111111 ',
  '::1 ',
  '1.2.3.4 ',
]
const names = ['EmailAddress', 'IpAddress', 'CreditCardNumber', 'PhoneNumber-US', 'PhoneNumber-DE', 'PhoneNumber-IT']
test('no text of 256 KB keeps an identifier busy', () => {
  for (const unit of hostile) {
    const text = `${unit.repeat(262_144 / unit.length)}_`
    for (const name of names) {
      const before = performance.now()
      identifier(name).find(text)
      const took = performance.now() - before
      assert.ok(took < 3000, `${name}, ${JSON.stringify(unit)}: ${took} ms`)
    }
  }
})
