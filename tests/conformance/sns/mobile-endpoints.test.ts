/** Platform endpoints: the devices of an application. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { invalidParameter, notFound, startSns } from './support.ts'

const fixture = await startSns()
const { sns } = fixture

async function createApplication(): Promise<string> {
  const { PlatformApplicationArn } = await sns.createPlatformApplication({
    Name: fixture.newName('app'),
    Platform: 'GCM',
    Attributes: { PlatformCredential: 'key' },
  })
  return PlatformApplicationArn as string
}

const application = await createApplication()

interface Asked {
  readonly token?: string
  readonly userData?: string
  readonly attributes?: Record<string, string>
  readonly application?: string
}

async function create({ token = fixture.newName('token'), userData, attributes, ...asked }: Asked = {}) {
  const { EndpointArn } = await sns.createPlatformEndpoint({
    PlatformApplicationArn: asked.application ?? application,
    Token: token,
    CustomUserData: userData,
    Attributes: attributes,
  })
  return EndpointArn as string
}

const attributesOf = async (EndpointArn: string) => (await sns.getEndpointAttributes({ EndpointArn })).Attributes
const set = (EndpointArn: string, Attributes: Record<string, string>) =>
  sns.setEndpointAttributes({ EndpointArn, Attributes })

test('a device has an ARN below its application’s, is enabled, and has its token', async () => {
  const arn = await create({ token: 'a token/of?a device' })
  const prefix = application.replace(':app/', ':endpoint/')
  assert.match(arn.slice(prefix.length), /^\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  assert.equal(arn.slice(0, prefix.length), prefix)
  assert.deepEqual(await attributesOf(arn), { Enabled: 'true', Token: 'a token/of?a device' })
})

test('user data is given as a parameter or as an attribute, which goes first', async () => {
  const parameter = await create({ userData: 'one' })
  const both = await create({ userData: 'one', attributes: { CustomUserData: 'two', Enabled: 'FALSE' } })
  assert.equal((await attributesOf(parameter))?.CustomUserData, 'one')
  const { Token: _, ...attributes } = (await attributesOf(both)) ?? {}
  assert.deepEqual(attributes, { CustomUserData: 'two', Enabled: 'false' })
})

const exists = (arn: string) =>
  invalidParameter(`Token Reason: Endpoint ${arn} already exists with the same Token, but different attributes.`)

test('the same token is the same device, as long as nothing else is asked for', async () => {
  const asked = { token: 'same', userData: 'data' }
  const arn = await create(asked)
  assert.equal(await create(asked), arn)
  assert.equal(await create({ token: 'same' }), arn)
  assert.equal(await create({ ...asked, attributes: { Enabled: 'true' } }), arn)
  await assert.rejects(create({ token: 'same', userData: 'other' }), exists(arn))
  await assert.rejects(create({ token: 'same', attributes: { Enabled: 'false' } }), exists(arn))
  await set(arn, { Enabled: 'false' })
  assert.equal(await create(asked), arn)
  assert.notEqual(await create({ ...asked, application: await createApplication() }), arn)
})

test('many registrations of a token at once make one device', async () => {
  const arns = await Promise.all(Array.from({ length: 20 }, () => create({ token: 'at once' })))
  assert.equal(new Set(arns).size, 1)
})

test('attributes are set, and what is not given stays', async () => {
  const arn = await create({ userData: 'data' })
  await set(arn, { Token: 'renewed' })
  await set(arn, { Enabled: 'false' })
  assert.deepEqual(await attributesOf(arn), { CustomUserData: 'data', Enabled: 'false', Token: 'renewed' })
  await set(arn, { CustomUserData: '', Enabled: 'true' })
  assert.deepEqual(await attributesOf(arn), { Enabled: 'true', Token: 'renewed' })
  assert.equal(await create({ token: 'renewed' }), arn)
})

test('a device can not take the token of another', async () => {
  const [first, second] = [await create({ token: 'taken' }), await create()]
  await assert.rejects(set(second, { Token: 'taken' }), exists(first))
  await sns.deleteEndpoint({ EndpointArn: first })
  await set(second, { Token: 'taken' })
})

const tooLong = 'CustomUserData: must be at most 2048 bytes long in UTF-8 encoding'
const refused: readonly [attributes: Record<string, string>, complaint: string][] = [
  [{ CustomUserData: 'x'.repeat(2049) }, `Invalid value for attribute: ${tooLong}`],
  [{ CustomUserData: 'é'.repeat(1025) }, `Invalid value for attribute: ${tooLong}`],
  [{ Enabled: 'yes' }, 'Invalid value for attribute: Enabled: yes value provided is not true or false'],
  [{ Token: '' }, 'Invalid value for attribute: Token: cannot be empty'],
  [{ Colour: 'red' }, 'Invalid attribute name: Colour'],
]
for (const [attributes, complaint] of refused) {
  test(`${JSON.stringify(attributes).slice(0, 40)} is refused`, async () => {
    await assert.rejects(create({ attributes }), invalidParameter(`Attributes Reason: ${complaint}`))
    await assert.rejects(set(await create(), attributes), invalidParameter(`Attributes Reason: ${complaint}`))
  })
}

test('user data has up to 2048 bytes', async () => {
  const userData = 'é'.repeat(1024)
  assert.equal((await attributesOf(await create({ userData })))?.CustomUserData, userData)
  await assert.rejects(
    create({ userData: `${userData}x` }),
    invalidParameter(`Attributes Reason: Invalid value for attribute: ${tooLong}`),
  )
})

test('a deleted device is gone, and can be deleted again', async () => {
  const arn = await create({ token: 'deleted' })
  for (const _ of ['once', 'twice']) await sns.deleteEndpoint({ EndpointArn: arn })
  await assert.rejects(attributesOf(arn), notFound('Endpoint'))
  await assert.rejects(set(arn, { Enabled: 'true' }), notFound('Endpoint'))
  assert.notEqual(await create({ token: 'deleted' }), arn)
})

test('the devices of a deleted application are gone, also if one of its name is created again', async () => {
  const attributes = { Name: 'renewed', Platform: 'GCM', Attributes: { PlatformCredential: 'key' } }
  const { PlatformApplicationArn = '' } = await sns.createPlatformApplication(attributes)
  const arn = await create({ application: PlatformApplicationArn, token: 'kept' })
  await sns.deletePlatformApplication({ PlatformApplicationArn })
  await assert.rejects(attributesOf(arn), notFound('Endpoint'))
  await assert.rejects(
    sns.listEndpointsByPlatformApplication({ PlatformApplicationArn }),
    notFound('PlatformApplication'),
  )
  await sns.createPlatformApplication(attributes)
  await assert.rejects(attributesOf(arn), notFound('Endpoint'))
  assert.deepEqual((await sns.listEndpointsByPlatformApplication({ PlatformApplicationArn })).Endpoints, [])
  assert.notEqual(await create({ application: PlatformApplicationArn, token: 'kept' }), arn)
})

const arn = await create()
const operations: readonly [name: string, call: (EndpointArn: string) => Promise<unknown>][] = [
  ['GetEndpointAttributes', attributesOf],
  ['SetEndpointAttributes', (EndpointArn) => set(EndpointArn, { Enabled: 'true' })],
  ['DeleteEndpoint', (EndpointArn) => sns.deleteEndpoint({ EndpointArn })],
]
const slashes = 'EndpointArn Reason: Wrong number of slashes in relative portion of the ARN.'
for (const [name, call] of operations) {
  test(`${name} reads its ARN`, async () => {
    for (const [text, complaint] of [
      ['arn:aws:sns', 'EndpointArn Reason: An ARN must have at least 6 elements, not 3'],
      [arn.replace('us-east-1', 'eu-west-1'), 'EndpointArn'],
      [`${arn}/more`, slashes],
      [application, slashes],
      [arn.replace(':endpoint/', ':device/'), 'EndpointArn'],
    ] as const) {
      await assert.rejects(call(text), invalidParameter(complaint))
    }
    const missing = call(arn.replace(/[^/]*$/, crypto.randomUUID()))
    if (name === 'DeleteEndpoint') await missing
    else await assert.rejects(missing, notFound('Endpoint'))
  })
}

test('devices are listed in the order of their registration, a hundred on a page', async () => {
  const PlatformApplicationArn = await createApplication()
  const arns: string[] = []
  for (let at = 0; at < 101; at++) arns.push(await create({ application: PlatformApplicationArn }))
  const first = await sns.listEndpointsByPlatformApplication({ PlatformApplicationArn })
  const { NextToken } = first
  const second = await sns.listEndpointsByPlatformApplication({ PlatformApplicationArn, NextToken })
  assert.deepEqual([first.Endpoints?.length, second.Endpoints?.length, second.NextToken], [100, 1, undefined])
  const listed = [...(first.Endpoints ?? []), ...(second.Endpoints ?? [])]
  assert.deepEqual(
    listed.map(({ EndpointArn }) => EndpointArn),
    arns,
  )
  assert.deepEqual(listed[0]?.Attributes, await attributesOf(arns[0] as string))
  const elsewhere = sns.listEndpointsByPlatformApplication({ PlatformApplicationArn: application, NextToken })
  await assert.rejects(elsewhere, invalidParameter('NextToken'))
})
