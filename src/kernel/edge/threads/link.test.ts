import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import { Link, type LinkHandlers } from './link.ts'

function pair(here: LinkHandlers, there: LinkHandlers) {
  const { port1, port2 } = new MessageChannel()
  const links = [new Link(port1, here), new Link(port2, there)] as const
  return { links, [Symbol.dispose]: () => links[0].close() }
}

test('each end asks the other, and answers come to the right question', async () => {
  const late = Promise.withResolvers<string>()
  using both = pair({ double: (n: number) => 2 * n }, { late: () => late.promise, echo: (value: unknown) => value })
  const [here, there] = both.links
  const first = here.ask('late')
  assert.deepEqual(await here.ask('echo', { a: [1] }), { a: [1] })
  assert.equal(await there.ask('double', 21), 42)
  late.resolve('at last')
  assert.equal(await first, 'at last')
})

test('what a handler throws reaches who asked', async () => {
  using both = pair({}, { fail: () => Promise.reject(new Error('no such luck')) })
  await assert.rejects(both.links[0].ask('fail'), { message: 'no such luck' })
})

test('a question to a thread that ends is not waited for', async () => {
  using both = pair({}, { never: () => new Promise(() => undefined) })
  const asked = both.links[0].ask('never')
  both.links[1].close()
  await assert.rejects(asked, /ended/)
})
