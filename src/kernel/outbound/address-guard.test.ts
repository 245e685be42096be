import assert from 'node:assert/strict'
import dns from 'node:dns'
import { describe, type TestContext, test } from 'node:test'
import { AddressGuard, BlockedAddress, type GuardOptions } from './address-guard.ts'
import { type AddressKind, destinationOf, kindOf } from './address-ranges.ts'

const kinds: Readonly<Record<AddressKind, readonly string[]>> = {
  'link-local': [
    '169.254.169.254',
    '169.254.0.0',
    '169.254.255.255',
    'fe80::1',
    'fe80::1%eth0',
    'febf:ffff::1',
    'fd00:ec2::254',
    'fd00:ec2::23',
    'fd20:ce::254',
    'fd00:c1::a9fe:a9fe',
    'fd00:42::42',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '0:0:0:0:0:ffff:a9fe:0001',
    '::ffff:100.100.100.200',
    '::ffff:0:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
  ],
  private: [
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '100.127.255.255',
    '100.100.100.201',
    '127.0.0.1',
    '127.255.255.254',
    '198.18.0.1',
    '198.19.255.255',
    '::1',
    'fc00::1',
    'fd12:3456::1',
    'fd00:ec3::254',
    'fd20:ce::255',
    'fec0::1',
    '2001:2::1',
    '::ffff:10.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:0:127.0.0.1',
    '64:ff9b::a00:1',
    '64:ff9b::7f00:1',
    '2002:a00:1::1',
    '2002:7f00:1::1',
  ],
  never: [
    '0.0.0.0',
    '0.255.255.255',
    '192.0.0.1',
    '192.0.0.9',
    '192.0.0.170',
    '192.0.2.1',
    '192.88.99.1',
    '198.51.100.7',
    '203.0.113.5',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::169.254.169.254',
    '::10.0.0.1',
    '64:ff9b:1::a9fe:a9fe',
    '64:ff9b:1:ffff::1',
    '100::1',
    '100:0:0:1::1',
    '2001::1',
    '2001:0:a9fe:a9fe::1',
    '2001:1::1',
    '2001:10::1',
    '2001:20::1',
    '2001:30::1',
    '2001:db8::1',
    '3fff::1',
    '5f00::1',
    'ff02::1',
    '::ffff:0.0.0.0',
    '::ffff:255.255.255.255',
    '64:ff9b::e000:1',
    '2002:c000:201::1',
  ],
  public: [
    '8.8.8.8',
    '1.0.0.0',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.1',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.31.196.1',
    '192.52.193.1',
    '192.175.48.1',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2606:4700::1111',
    '2001:3::1',
    '2001:4:112::1',
    '2001:200::1',
    '2620:4f:8000::1',
    '64:ff9b::808:808',
    '2002:808:808::1',
    '::ffff:8.8.8.8',
  ],
}
for (const [kind, addresses] of Object.entries(kinds)) {
  for (const text of addresses) {
    test(`${text} is ${kind}`, () => {
      const address = destinationOf(text)
      assert.ok(address)
      assert.equal(kindOf(address), kind)
    })
  }
}

const open = new AddressGuard()
const linked = new AddressGuard({ allowLinkLocal: true })
const strict = new AddressGuard({ denyPrivate: true })
const strictAndLinked = new AddressGuard({ denyPrivate: true, allowLinkLocal: true })

const refusals: [address: string, by: AddressGuard[]][] = [
  ['8.8.8.8', []],
  ['10.0.0.1', [strict, strictAndLinked]],
  ['[::1]', [strict, strictAndLinked]],
  ['169.254.169.254', [open, strict]],
  ['fd00:ec2::254', [open, strict]],
  ['192.0.0.192', [open, strict]],
  ['240.0.0.1', [open, linked, strict, strictAndLinked]],
  ['0.0.0.0', [open, linked, strict, strictAndLinked]],
  ['localhost', [strict, strictAndLinked]],
  ['LOCALHOST.', [strict, strictAndLinked]],
  ['some.localhost', [strict, strictAndLinked]],
  ['metadata.example', []],
  ['', []],
]
for (const [address, by] of refusals) {
  test(`${address || 'nothing'} is refused by ${by.length} of four guards`, () => {
    const guards = [open, linked, strict, strictAndLinked]
    assert.deepEqual(
      guards.filter((guard) => guard.refusalOf(address, 80) !== undefined),
      by,
    )
  })
}

test('what the operator has set may be private, and nothing else that is refused', () => {
  const guard = strict.forOperator()
  assert.equal(guard.refusalOf('10.0.0.1', 80), undefined)
  assert.ok(guard.refusalOf('169.254.169.254', 80))
  const isOwn = (_: unknown, port: number) => port === 4566
  assert.ok(new AddressGuard({ denyPrivate: true, isOwn }).forOperator().refusalOf('10.0.0.1', 4566))
})

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
  test(`${url} is refused as what it stands for`, () => assert.ok(open.refusalOfUrl(new URL(url))))
}

describe('the platform’s own', () => {
  const asked: [bits: bigint, port: number][] = []
  const isOwn: GuardOptions['isOwn'] = ({ bits }, port) => {
    asked.push([bits, port])
    return port === 4566
  }
  const guard = new AddressGuard({ isOwn, publicUrl: 'https://Queues.Example:8443/' })

  test('listeners are asked for with the IPv4 address that is meant', () => {
    for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]', '[64:ff9b::7f00:1]', '[::ffff:0:7f00:1]', 'localhost.']) {
      asked.length = 0
      assert.match(String(guard.refusalOf(host, 4566)?.message), /is an address of this platform/)
      assert.deepEqual(asked, [[0x7f000001n, 4566]])
    }
    assert.equal(guard.refusalOf('127.0.0.1', 4567), undefined)
  })

  const urls: [url: string, refused: boolean][] = [
    ['https://queues.example:8443/x', true],
    ['http://QUEUES.EXAMPLE.:8443/x', true],
    ['https://queues.example/x', false],
    ['https://other.example:8443/x', false],
  ]
  for (const [url, refused] of urls) {
    test(`public URL ${refused ? 'is' : 'is not'} ${url}`, () => {
      assert.equal(guard.refusalOfUrl(new URL(url)) !== undefined, refused)
    })
  }

  test('public URL without a port has that of its scheme', () => {
    const guard = new AddressGuard({ publicUrl: 'https://queues.example' })
    assert.ok(guard.refusalOf('queues.example', 443))
    assert.equal(guard.refusalOf('queues.example', 80), undefined)
  })
})

type Answer = (error: Error | null, found: readonly object[]) => void

describe('a name', () => {
  const resolve = (t: TestContext, error: Error | null, ...addresses: string[]) => {
    const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    t.mock.method(dns, 'lookup', (_: string, __: object, answer: Answer) => answer(error, found))
  }
  const look = (all: boolean, guard = open, port = 80) =>
    new Promise((resolve, reject) =>
      guard.lookupFor(port)('some.name', { all }, (error, address, family) =>
        error ? reject(error) : resolve(all ? address : [address, family]),
      ),
    )

  test('of refused addresses alone is refused', async (t) => {
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

  test('is looked at with the port that is meant', async (t) => {
    resolve(t, null, '127.0.0.1')
    const guard = new AddressGuard({ isOwn: (_, port) => port === 4566 })
    await assert.rejects(look(true, guard, 4566), BlockedAddress)
    assert.deepEqual(await look(false, guard, 4567), ['127.0.0.1', 4])
  })

  test('that does not exist fails as the system says', async (t) => {
    const missing = new Error('getaddrinfo ENOTFOUND')
    resolve(t, missing)
    await assert.rejects(look(true), missing)
  })

  test('without an address does not exist', async (t) => {
    resolve(t, null)
    await assert.rejects(look(true), { syscall: 'getaddrinfo' })
  })
})
