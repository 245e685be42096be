import assert from 'node:assert/strict'
import dns from 'node:dns'
import { describe, type TestContext, test } from 'node:test'
import { BlockedAddress, guardedLookup, isBlockedAddress } from './address-guard.ts'

const cases: [address: string, blocked: boolean][] = [
  ['169.254.169.254', true],
  ['169.254.0.0', true],
  ['169.254.255.255', true],
  ['169.253.255.255', false],
  ['169.255.0.0', false],
  ['fe80::1', true],
  ['fe80::1%eth0', true],
  ['febf:ffff::1', true],
  ['fec0::1', false],
  ['fd00:ec2::254', true],
  ['fd00:ec2::23', true],
  ['fd00:ec3::254', false],
  ['fd20:ce::254', true],
  ['fd20:ce::255', false],
  ['100.100.100.200', true],
  ['100.100.100.201', false],
  ['168.63.129.16', true],
  ['192.0.0.192', true],
  ['::ffff:169.254.169.254', true],
  ['::ffff:a9fe:a9fe', true],
  ['0:0:0:0:0:ffff:a9fe:0001', true],
  ['::ffff:100.100.100.200', true],
  ['::ffff:10.0.0.1', false],
  ['::169.254.169.254', true],
  ['64:ff9b::a9fe:a9fe', true],
  ['64:ff9b::a00:1', false],
  ['2002:a9fe:a9fe::1', true],
  ['2002:a00:1::1', false],
  ['127.0.0.1', false],
  ['::1', false],
  ['0.0.0.0', false],
  ['10.1.2.3', false],
  ['172.16.0.1', false],
  ['192.168.1.1', false],
  ['fd12:3456::1', false],
  ['203.0.113.5', false],
  ['metadata.example', false],
  ['', false],
]
for (const [address, expected] of cases) {
  test(`${address || 'nothing'} is ${expected ? 'blocked' : 'allowed'}`, () => {
    assert.equal(isBlockedAddress(address), expected)
  })
}

const spellings = [
  'http://2852039166/',
  'http://0xa9fea9fe/',
  'http://0xA9.0xFE.0xA9.0xFE/',
  'http://0251.0376.0251.0376/',
  'http://169.254.43518/',
  'http://169.254.169.254./',
  'http://[::ffff:169.254.169.254]/',
  'http://[0:0:0:0:0:FFFF:A9FE:A9FE]/',
  'http://１６９.254.169.254/',
  'http://user@169.254.169.254:80/',
]
for (const url of spellings) {
  test(`${url} is blocked as what it stands for`, () => {
    assert.equal(isBlockedAddress(new URL(url).hostname.replace(/^\[|\]$/g, '')), true)
  })
}

type Answer = (error: Error | null, found: readonly object[]) => void

describe('a name', () => {
  const resolve = (t: TestContext, error: Error | null, ...addresses: string[]) => {
    const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    t.mock.method(dns, 'lookup', (_: string, __: object, answer: Answer) => answer(error, found))
  }
  const look = (all: boolean) =>
    new Promise((resolve, reject) =>
      guardedLookup('some.name', { all }, (error, address, family) =>
        error ? reject(error) : resolve(all ? address : [address, family]),
      ),
    )

  test('of blocked addresses alone is blocked', async (t) => {
    resolve(t, null, '169.254.169.254', 'fd00:ec2::254')
    await assert.rejects(look(true), BlockedAddress)
    await assert.rejects(look(false), BlockedAddress)
  })

  test('keeps its other addresses', async (t) => {
    resolve(t, null, 'fe80::1', '10.0.0.7', '::1')
    assert.deepEqual(await look(true), [
      { address: '10.0.0.7', family: 4 },
      { address: '::1', family: 6 },
    ])
    assert.deepEqual(await look(false), ['10.0.0.7', 4])
  })

  test('that does not exist fails as the system says', async (t) => {
    const missing = new Error('getaddrinfo ENOTFOUND')
    resolve(t, missing)
    await assert.rejects(look(true), missing)
  })
})
