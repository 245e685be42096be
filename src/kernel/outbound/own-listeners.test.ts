import assert from 'node:assert/strict'
import { hostname, networkInterfaces } from 'node:os'
import { describe, test } from 'node:test'
import { destinationOf } from './address-ranges.ts'
import { type Listener, listenerOf, OwnListeners } from './own-listeners.ts'

const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
const outer = interfaces.filter(({ internal }) => !internal).map(({ address }) => address)

const has = (listeners: OwnListeners, address: string, port: number) => {
  const destination = destinationOf(address)
  assert.ok(destination)
  return listeners.has(destination, port)
}

describe('this node’s listener', () => {
  const listeners = new OwnListeners()
  listeners.opened(listenerOf('127.0.0.1', 4566))

  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', ...outer]) {
    test(`is at ${address}, on its port alone`, () => {
      assert.equal(has(listeners, address, 4566), true)
      assert.equal(has(listeners, address, 4567), false)
    })
  }

  test('is not elsewhere', () => assert.equal(has(listeners, '198.51.100.1', 4566), false))
})

test('before the port is known, nothing is its own', () => {
  assert.equal(has(new OwnListeners(), '127.0.0.1', 4566), false)
})

describe('the listener of another node', () => {
  const listeners = new OwnListeners()
  const elsewhere: Listener = { machine: 'elsewhere', addresses: ['10.1.2.3', 'fd12::1'], port: 4566 }
  const here: Listener = { machine: hostname(), addresses: [], port: 4577 }
  listeners.others = [elsewhere, here]

  const cases: [address: string, port: number, own: boolean][] = [
    ['10.1.2.3', 4566, true],
    ['::ffff:10.1.2.3', 4566, true],
    ['fd12:0::1', 4566, true],
    ['10.1.2.3', 4567, false],
    ['10.1.2.4', 4566, false],
    // Loopback is another machine's own.
    ['127.0.0.1', 4566, false],
    ['127.0.0.1', 4577, true],
  ]
  for (const [address, port, own] of cases) {
    test(`${own ? 'is' : 'is not'} ${address} port ${port}`, () => assert.equal(has(listeners, address, port), own))
  }
})

const hosts: [host: string, addresses: readonly string[]][] = [
  ['127.0.0.1', []],
  ['::1', []],
  ['localhost', []],
  ['10.1.2.3', ['10.1.2.3']],
  ['0.0.0.0', outer],
  ['::', outer],
  ['some-name', outer],
]
for (const [host, addresses] of hosts) {
  test(`a node that listens on ${host} is reached from elsewhere at ${addresses.length} addresses`, () => {
    assert.deepEqual(listenerOf(host, 4566), { machine: hostname(), addresses, port: 4566 })
  })
}
