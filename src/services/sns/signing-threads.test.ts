/** Few signatures are made in the pool, and many by threads: all the same, and each answered to who asked for it. */
import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { after, test } from 'node:test'
import { SigningThreads } from './signing-threads.ts'

const keys = ['first', 'second'].map(() => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { privateKey, pem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }
})

const threads = new SigningThreads()
after(() => threads.close())

/** Signs texts with each key at once; resolves to whether all are right, and how many were left to the pool. */
async function signAll(of: SigningThreads, count: number): Promise<{ isRight: boolean; inPool: number }> {
  let inPool = 0
  const made = keys.flatMap(({ privateKey, pem }) => {
    const expected = (text: string) => sign('sha256', Buffer.from(text), privateKey).toString('base64')
    const signText = of.signerOf(pem, async (_, text) => {
      inPool++
      return expected(text)
    })
    return Array.from(
      { length: count },
      async (_, n) => (await signText('sha256', `text ${n} é`)) === expected(`text ${n} é`),
    )
  })
  return { isRight: (await Promise.all(made)).every(Boolean), inPool }
}

test('few are left to the pool', async () => {
  assert.deepEqual(await signAll(threads, 7), { isRight: true, inPool: 14 })
})

test('many are made by threads, of several keys, too', async () => {
  assert.deepEqual(await signAll(threads, 40), { isRight: true, inPool: 0 })
})

test('threads that are there sign few as well', async () => {
  assert.deepEqual(await signAll(threads, 1), { isRight: true, inPool: 0 })
})

test('after the end everything is left to the pool', async () => {
  const closed = new SigningThreads()
  closed.close()
  assert.deepEqual(await signAll(closed, 20), { isRight: true, inPool: 40 })
})

test('what no key can sign is refused, and the others are signed', async () => {
  const broken = new SigningThreads()
  after(() => broken.close())
  const signText = broken.signerOf('no key', async () => 'in the pool')
  const outcomes = await Promise.allSettled(Array.from({ length: 16 }, (_, n) => signText('sha256', `${n}`)))
  assert.ok(outcomes.some(({ status }) => status === 'rejected'))
  assert.equal((await signAll(broken, 40)).isRight, true)
})
