import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Command, Store } from '../store/store.ts'
import { userOf } from './credentials.ts'
import type { SessionPrincipal } from './principal.ts'
import { Sessions } from './sessions.ts'

const principal: SessionPrincipal = {
  accountId: '123456789012',
  id: 'AROA:s',
  arn: 'arn:aws:sts::123456789012:assumed-role/r/s',
  session: { kind: 'role', issuedAt: 1, expiresAt: 2, tags: {}, transitiveTagKeys: [] },
}

/** A store that keeps keys, and counts what it is asked. */
function fakeStore() {
  const keys = new Map<string, unknown>()
  const asked: string[] = []
  let reset = () => {}
  const answers: Readonly<Record<string, (args: unknown) => unknown>> = {
    'auth.currentSessionKey': () => [...keys.values()][0],
    'auth.keepSessionKey': (key) => {
      keys.set((key as { keyId: string }).keyId, key)
      return key
    },
    'auth.findSessionKey': (keyId) => keys.get(keyId as string),
  }
  const store = {
    execute: async ({ name }: Command<unknown, unknown>, args: unknown) => {
      asked.push(name)
      return answers[name]?.(args)
    },
    onWake: (_: string, listener: () => void) => {
      reset = listener
      return () => {}
    },
  } as unknown as Store
  return { store, asked, keys, reset: () => reset() }
}

test('the node that issues asks the store once, and knows its sessions at once', async () => {
  const { store, asked } = fakeStore()
  const sessions = new Sessions(store)
  const [one, other] = await Promise.all([sessions.issue(principal), sessions.issue(principal)])
  assert.deepEqual(asked, ['auth.currentSessionKey', 'auth.keepSessionKey'])
  for (const { accessKeyId, sessionToken } of [one, other]) {
    const found = sessions.find(accessKeyId, sessionToken)
    assert.deepEqual(found, principal)
    assert.equal(sessions.find(accessKeyId, sessionToken), found) // opened once
    assert.equal(sessions.find('ASIA', sessionToken), undefined)
    assert.deepEqual(sessions.find('ASIAY34FZKBOKMUTVV7A', sessionToken), userOf('609629065308'))
  }
  assert.equal(asked.length, 2)
})

test('another node asks for the key once, and for one that there isn’t once, too', async () => {
  const { store, asked, keys } = fakeStore()
  const { accessKeyId, sessionToken } = await new Sessions(store).issue(principal)
  const stranger = await new Sessions(fakeStore().store).issue(principal)
  const sessions = new Sessions(store)
  asked.length = 0
  const found = sessions.find(accessKeyId, sessionToken)
  assert.ok(found instanceof Promise)
  assert.deepEqual(await found, principal)
  const user = userOf(principal.accountId)
  assert.deepEqual(await sessions.find(stranger.accessKeyId, stranger.sessionToken), user)
  assert.deepEqual(sessions.find(stranger.accessKeyId, stranger.sessionToken), user)
  assert.equal(sessions.find('ASIA', 'no token'), undefined)
  assert.deepEqual(asked, ['auth.findSessionKey', 'auth.findSessionKey'])
  assert.equal(keys.size, 1)
})

test('after a reset nothing is remembered', async () => {
  const { store, keys, reset } = fakeStore()
  const sessions = new Sessions(store)
  const old = await sessions.issue(principal)
  assert.deepEqual(sessions.find(old.accessKeyId, old.sessionToken), principal)
  keys.clear()
  reset()
  assert.deepEqual(await sessions.find(old.accessKeyId, old.sessionToken), userOf(principal.accountId))
  const { accessKeyId, sessionToken } = await sessions.issue(principal)
  assert.deepEqual(sessions.find(accessKeyId, sessionToken), principal)
})

test('a store that was away is asked again', async () => {
  const { store } = fakeStore()
  let isAway = true
  const flaky = {
    ...store,
    execute: async (command: Command<unknown, unknown>, args: unknown) => {
      if (isAway) throw new Error('away')
      return store.execute(command, args)
    },
  } as Store
  const sessions = new Sessions(flaky)
  await assert.rejects(sessions.issue(principal), /away/)
  isAway = false
  const { accessKeyId, sessionToken } = await sessions.issue(principal)
  isAway = true
  const other = new Sessions(flaky)
  await assert.rejects(Promise.resolve(other.find(accessKeyId, sessionToken)), /away/)
  isAway = false
  assert.deepEqual(await other.find(accessKeyId, sessionToken), principal)
})
