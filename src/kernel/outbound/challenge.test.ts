import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { answerChallenge, credentialsOf } from './challenge.ts'

const mufasa = { user: 'Mufasa', password: 'Circle of Life' }
const request = { method: 'GET', path: '/dir/index.html' }

describe('the examples of RFC 7616', () => {
  const challenge = (algorithm: string) =>
    `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
  const clientNonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ'
  const responses = {
    MD5: '8ca523f5e9506fed4657c9700eebdbec',
    'SHA-256': '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
  }
  for (const [algorithm, response] of Object.entries(responses)) {
    test(algorithm, () => {
      assert.equal(
        answerChallenge(challenge(algorithm), mufasa, request, clientNonce),
        'Digest username="Mufasa", realm="http-auth@example.org", ' +
          `nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", uri="/dir/index.html", response="${response}", ` +
          `algorithm=${algorithm}, qop=auth, nc=00000001, cnonce="${clientNonce}", ` +
          'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
      )
    })
  }
})

const md5 = (...parts: string[]) => createHash('md5').update(parts.join(':')).digest('hex')
const secret = md5('Mufasa', 'r', 'Circle of Life')
const target = md5('GET', '/dir/index.html')

const cases: [name: string, header: string, expected: string | undefined][] = [
  ['Basic', 'Basic realm="r"', 'Basic TXVmYXNhOkNpcmNsZSBvZiBMaWZl'],
  ['Basic in other letters and without a realm', 'bAsIc', 'Basic TXVmYXNhOkNpcmNsZSBvZiBMaWZl'],
  [
    'Digest without a quality of protection',
    'Digest realm="r", nonce="n"',
    `Digest username="Mufasa", realm="r", nonce="n", uri="/dir/index.html", response="${md5(secret, 'n', target)}"`,
  ],
  [
    'a session',
    'Digest realm="r",nonce="n",algorithm=MD5-sess',
    `Digest username="Mufasa", realm="r", nonce="n", uri="/dir/index.html", ` +
      `response="${md5(md5(secret, 'n', 'c'), 'n', target)}", algorithm=MD5-sess, cnonce="c"`,
  ],
  [
    'Digest rather than Basic, the first that is known',
    'Basic realm="x", Negotiate abc==, Digest realm="r", nonce="a", algorithm=SHA-999, Digest realm="r", nonce="n", qop=auth-int, ' +
      'Digest realm="r", nonce="n"',
    `Digest username="Mufasa", realm="r", nonce="n", uri="/dir/index.html", response="${md5(secret, 'n', target)}"`,
  ],
  ['an unknown algorithm', 'Digest realm="r", nonce="n", algorithm=SHA-999', undefined],
  ['a protection of the body', 'Digest realm="r", nonce="n", qop="auth-int"', undefined],
  ['another scheme', 'Bearer realm="r"', undefined],
  ['nothing', '', undefined],
  ['a parameter without a scheme', '="x", ,,', undefined],
]
for (const [name, header, expected] of cases) {
  test(`${name} is ${expected === undefined ? 'not answered' : 'answered'}`, () => {
    assert.equal(answerChallenge(header, mufasa, request, 'c'), expected)
  })
}

test('texts with quotes, backslashes and other alphabets keep to their field', () => {
  const answer = answerChallenge('Digest realm="a \\"b\\\\", nonce="n"', { user: 'a"b\\c', password: '' }, request, 'c')
  assert.match(answer ?? '', /^Digest username="a\\"b\\\\c", realm="a \\"b\\\\", nonce="n"/)
  const foreign = answerChallenge('Digest realm="r", nonce="n"', { user: "Jäsøn's\r\n", password: '' }, request, 'c')
  assert.match(foreign ?? '', /^Digest username\*=UTF-8''J%C3%A4s%C3%B8n%27s%0D%0A, realm="r"/)
})

test('whatever the server and the user say, an answer is a header that Node accepts', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (user, rest) => {
      const header = `Digest realm="r", nonce="n", ${rest.replace(/[^\t -~\x80-\xff]/g, '')}, Basic`
      const answer = answerChallenge(header, { user, password: rest }, request)
      assert.match(answer ?? '', /^(Digest|Basic) [\t -~\x80-\xff]*$/)
    }),
  )
})

const urls: [url: string, credentials: { user: string; password: string } | undefined][] = [
  ['http://host/', undefined],
  ['http://user:secret@host/', { user: 'user', password: 'secret' }],
  ['http://user@host/', { user: 'user', password: '' }],
  ['http://:secret@host/', { user: '', password: 'secret' }],
  ['http://us%40er:p%3Aa%2Fss@host/', { user: 'us@er', password: 'p:a/ss' }],
  ['http://100%:%zz@host/', { user: '100%', password: '%zz' }],
]
for (const [url, expected] of urls)
  test(`credentials of ${url}`, () => assert.deepEqual(credentialsOf(new URL(url)), expected))
