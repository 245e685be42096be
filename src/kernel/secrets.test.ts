import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { withoutPasswords } from './secrets.ts'

const cases: [text: string, shown: string][] = [
  ['http://host/path', 'http://host/path'],
  ['http://user@host/', 'http://user@host/'],
  ['http://user:secret@host/path?a=b#c', 'http://user:****@host/path?a=b#c'],
  ['https://user:@host', 'https://user:****@host'],
  ['https://:secret@host', 'https://:****@host'],
  ['http://user:se:cr@et@host/', 'http://user:****@host/'],
  ['HTTP://user:secret@host', 'HTTP://user:****@host'],
  ['http:///user:secret@host', 'http:///user:****@host'],
  ['http:\\\\user:secret@host', 'http:\\\\user:****@host'],
  ['postgres://me:p%40ss@db:5432/x', 'postgres://me:****@db:5432/x'],
  ['smtp+tls://me:secret@mail:25', 'smtp+tls://me:****@mail:25'],
  ['http://host/?next=http://user:secret@other/', 'http://host/?next=http://user:****@other/'],
  ['connect to smtp://a:b@c and http://d:e@f', 'connect to smtp://a:****@c and http://d:****@f'],
  ['http://host:80/mail@example.com', 'http://host:80/mail@example.com'],
  ['mail@example.com', 'mail@example.com'],
]
for (const [text, shown] of cases)
  test(`${text} is shown as ${shown}`, () => assert.equal(withoutPasswords(text), shown))

test('what is shown of a URL holds no password, and is a URL with the same place', () => {
  const part = fc.stringMatching(/^[a-z0-9%@:!$&'()*+,;=._~-]{1,12}$/)
  fc.assert(
    fc.property(fc.constantFrom('http', 'https'), part, part, (scheme, user, password) => {
      const url = URL.parse(`${scheme}://${user}:${password}@host.example/path`)
      fc.pre(url !== null && url.hostname === 'host.example' && url.password !== '')
      const shown = new URL(withoutPasswords((url as URL).href))
      assert.equal(shown.password, '****')
      assert.deepEqual([shown.host, shown.pathname], ['host.example', '/path'])
    }),
  )
})
