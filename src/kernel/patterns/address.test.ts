import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isInside, parseAddress, parseBlock } from './address.ts'

const addresses = [
  { text: '0.0.0.0', bits: 0n },
  { text: '255.255.255.255', bits: 2n ** 32n - 1n },
  { text: '10.0.0.1', bits: 0x0a000001n },
  { text: '::', bits: 0n },
  { text: '::1', bits: 1n },
  { text: '1::', bits: 1n << 112n },
  { text: '1:2:3:4:5:6:7:8', bits: 0x00010002000300040005000600070008n },
  { text: '2001:DB8::ff00:42:8329', bits: 0x20010db8000000000000ff0000428329n },
  { text: '::ffff:10.0.0.1', bits: 0xffff0a000001n },
  { text: '10.0.0.256', bits: undefined },
  { text: '10.0.0', bits: undefined },
  { text: '010.0.0.1', bits: undefined },
  { text: ' 10.0.0.1', bits: undefined },
  { text: '1::2::3', bits: undefined },
  { text: 'fe80::1%eth0', bits: undefined },
  { text: '', bits: undefined },
]
for (const { text, bits } of addresses) {
  test(`${text || 'the empty text'} is ${bits ?? 'no address'}`, () => assert.equal(parseAddress(text)?.bits, bits))
}

const blocks = [
  { block: '10.1.2.3/16', inside: ['10.1.0.0', '10.1.255.255'], outside: ['10.2.0.0', '10.0.255.255', '::a01:203'] },
  { block: '10.1.2.3/32', inside: ['10.1.2.3'], outside: ['10.1.2.2'] },
  { block: '0.0.0.0/0', inside: ['255.255.255.255'], outside: ['::'] },
  { block: '2001:db8:1234:1a00::/64', inside: ['2001:db8:1234:1a00:ffff::'], outside: ['2001:db8:1234:1a01::'] },
  { block: '::/0', inside: ['ffff::'], outside: ['1.2.3.4'] },
]
for (const { block, inside, outside } of blocks) {
  const isIn = (text: string) => isInside(parseBlock(block), parseAddress(text) ?? assert.fail(text))
  test(`${inside} in ${block}, ${outside} not`, () => {
    assert.ok(inside.every(isIn))
    assert.ok(!outside.some(isIn))
  })
}
