/**
 * What Terraform's AWS provider does around its calls, as far as a server can tell: it normalises JSON before it sends it,
 * reads attributes after each change until they are those it set, compares policies by what they say, and takes a resource
 * for gone when reading it answers one error and no other.
 */
import assert from 'node:assert/strict'

export type Attributes = Readonly<Record<string, string>>

/** Compact, with the keys of objects in order, as Go writes maps. */
export const normalizeJson = (text: string): string => JSON.stringify(sorted(JSON.parse(text)))

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([name, x]) => [name, sorted(x)]))
}

/** What a policy says: a bare value is a list of one, lists have no order, and an account is its root. */
export function policyMeaning(text: string): unknown {
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value])
  const set = (value: unknown) => [...new Set(list(value).map(asRoot))].sort()
  const asRoot = (name: unknown) => (/^\d{12}$/.test(String(name)) ? `arn:aws:iam::${name}:root` : String(name))
  const { Statement, ...policy } = JSON.parse(text) as Record<string, unknown>
  const statements = (list(Statement) as Record<string, unknown>[]).map(
    ({ Action, Resource, Principal, ...others }) => ({
      ...others,
      Action: set(Action).map((action) => action.toLowerCase()),
      Resource: set(Resource),
      Principal:
        typeof Principal === 'object' && Principal !== null
          ? Object.fromEntries(Object.entries(Principal).map(([type, names]) => [type, set(names)]))
          : Principal,
    }),
  )
  return sorted({ ...policy, Statement: statements })
}

const JSON_ATTRIBUTES = new Set([
  'RedrivePolicy',
  'RedriveAllowPolicy',
  'DeliveryPolicy',
  'FilterPolicy',
  'ArchivePolicy',
])

/** SQS doesn't show the period of a key that isn't there, and the provider doesn't wait for the default. */
const DEFAULT_KEY_PERIOD = '300'

/** Whether the provider would stop waiting: an attribute that isn't there is one that is empty. */
export function assertPropagated(got: Attributes, expected: Attributes): void {
  for (const [name, wanted] of Object.entries(expected)) {
    const value = got[name] ?? (name === 'KmsDataKeyReusePeriodSeconds' ? DEFAULT_KEY_PERIOD : '')
    if (name === 'Policy' && wanted !== '' && value !== '') {
      assert.deepEqual(policyMeaning(value), policyMeaning(wanted), name)
    } else if (JSON_ATTRIBUTES.has(name) && wanted !== '' && value !== '') {
      assert.equal(normalizeJson(value), normalizeJson(wanted), name)
    } else assert.equal(value, wanted, name)
  }
}

/** How many times in a row the provider wants to see what it waits for. */
const IN_A_ROW = 6

/** Its waits after a change, without their pauses: what is committed shows at once, and stays. */
export async function waitForAttributes(read: () => Promise<Attributes>, expected: Attributes): Promise<void> {
  for (let seen = 0; seen < IN_A_ROW; seen++) assertPropagated(await read(), expected)
}

/** Undefined for what is gone: an error of that code, as the provider knows it. Any other error fails. */
export async function unlessGone<T>(code: string, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    const { Code, name } = error as { Code?: string; name: string }
    assert.equal(Code ?? name, code)
    return undefined
  }
}

/** A resource as the provider manages it. */
export interface Resource<State> {
  /** Its attributes and tags; undefined when it is gone. */
  read(id: string): Promise<State | undefined>
  destroy(id: string): Promise<void>
}

/** What a plan does on resources that nobody changed: reads them, and finds what is in the state; an import does the same. */
export async function assertNoDrift<State>(resource: Resource<State>, id: string, state: State): Promise<void> {
  assert.deepEqual(await resource.read(id), state)
}

/** Destroys a resource twice: what somebody else destroyed meanwhile is no error. */
export async function destroy<State>(resource: Resource<State>, id: string): Promise<void> {
  await resource.destroy(id)
  assert.equal(await resource.read(id), undefined)
  await resource.destroy(id)
}
