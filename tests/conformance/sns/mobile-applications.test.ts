/** Platform applications: their names, credentials and attributes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCOUNT, invalidParameter, notFound, OTHER_ACCOUNT, refusal, startSns } from './support.ts'

const fixture = await startSns()
const { sns } = fixture

const PAIR = { PlatformPrincipal: 'p', PlatformCredential: 'c' }
const arnOf = (platform: string, name: string) => `arn:aws:sns:us-east-1:${ACCOUNT}:app/${platform}/${name}`

async function create(attributes: Record<string, string> = PAIR, Platform = 'ADM', Name = fixture.newName('app')) {
  const { PlatformApplicationArn } = await sns.createPlatformApplication({ Name, Platform, Attributes: attributes })
  return PlatformApplicationArn as string
}

const attributesOf = async (PlatformApplicationArn: string) =>
  (await sns.getPlatformApplicationAttributes({ PlatformApplicationArn })).Attributes

test('an application has an ARN of its platform and name, and is enabled', async () => {
  const arn = await create({ PlatformCredential: 'c' }, 'GCM', 'shop.App_1')
  assert.equal(arn, arnOf('GCM', 'shop.App_1'))
  assert.deepEqual(await attributesOf(arn), { Enabled: 'true' })
})

test('one name can be used on several platforms, and in several accounts', async () => {
  const name = fixture.newName('app')
  assert.equal(await create(PAIR, 'APNS', name), arnOf('APNS', name))
  assert.equal(await create({ PlatformCredential: 'x' }, 'GCM', name), arnOf('GCM', name))
  const other = fixture.clientsFor({ accountId: OTHER_ACCOUNT }).sns
  const { PlatformApplicationArn } = await other.createPlatformApplication({
    Name: name,
    Platform: 'APNS',
    Attributes: { PlatformPrincipal: 'q', PlatformCredential: 'd' },
  })
  assert.equal(PlatformApplicationArn, arnOf('APNS', name).replace(ACCOUNT, OTHER_ACCOUNT))
})

test('creating it again finds it, unless it has other attributes', async () => {
  const arn = await create(PAIR, 'ADM', 'again')
  assert.equal(await create(PAIR, 'ADM', 'again'), arn)
  await assert.rejects(
    create({ ...PAIR, PlatformCredential: 'other' }, 'ADM', 'again'),
    invalidParameter('Name Reason: An application with the same name but different properties already exists'),
  )
})

test('attributes are set one by one, shown, and unset; credentials are never shown', async () => {
  const arn = await create()
  const topicArn = await fixture.createTopic()
  const role = `arn:aws:iam::${ACCOUNT}:role/push`
  const attributes = { EventEndpointCreated: topicArn, SuccessFeedbackRoleArn: role, SuccessFeedbackSampleRate: '50' }
  await sns.setPlatformApplicationAttributes({ PlatformApplicationArn: arn, Attributes: attributes })
  await sns.setPlatformApplicationAttributes({ PlatformApplicationArn: arn, Attributes: { Enabled: 'False', ...PAIR } })
  assert.deepEqual(await attributesOf(arn), { Enabled: 'false', ...attributes })
  await sns.setPlatformApplicationAttributes({
    PlatformApplicationArn: arn,
    Attributes: { EventEndpointCreated: '', SuccessFeedbackSampleRate: '' },
  })
  assert.deepEqual(await attributesOf(arn), { Enabled: 'false', SuccessFeedbackRoleArn: role })
})

const invalidName = "must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'"
const refused: readonly [what: string, given: Parameters<typeof create>, complaint: string][] = [
  ['an empty name', [PAIR, 'ADM', ''], ' Reason: cannot be empty'],
  ['a long name', [PAIR, 'ADM', 'x'.repeat(257)], `${'x'.repeat(257)} Reason: must be at most 256 characters long`],
  ['a bad character', [PAIR, 'ADM', 'a b'], `a b Reason: ${invalidName}`],
  ['an unknown platform', [PAIR, 'AAA'], 'Platform Reason: AAA is not supported'],
  [
    'a principal alone',
    [{ PlatformPrincipal: 'p' }],
    'Attributes Reason: PlatformPrincipal attribute provided without PlatformCredential',
  ],
  [
    'a credential alone',
    [{ PlatformCredential: 'c' }],
    'Attributes Reason: PlatformCredential attribute provided without PlatformPrincipal',
  ],
  ['an unknown attribute', [{ ...PAIR, Colour: 'red' }], 'Attributes Reason: Invalid attribute name: Colour'],
  [
    'an event topic that keeps order',
    [{ ...PAIR, EventDeliveryFailure: `arn:aws:sns:us-east-1:${ACCOUNT}:t.fifo` }],
    `Attributes Reason: Invalid value for attribute: EventDeliveryFailure: arn:aws:sns:us-east-1:${ACCOUNT}:t.fifo value provided is not the ARN of a standard topic`,
  ],
]
for (const [what, given, complaint] of refused) {
  test(`${what} is refused`, () => assert.rejects(create(...given), invalidParameter(complaint)))
}

const missingAttributes = refusal(
  'ValidationError',
  "1 validation error detected: Value null at 'attributes' failed to satisfy constraint: Member must not be null",
)

test('an application needs attributes, and so does a change', async () => {
  await assert.rejects(create({}), missingAttributes)
  const arn = await create()
  await assert.rejects(
    sns.setPlatformApplicationAttributes({ PlatformApplicationArn: arn, Attributes: {} }),
    missingAttributes,
  )
})

test('a deleted application is gone, and can be deleted again', async () => {
  const arn = await create()
  for (const _ of ['once', 'twice']) await sns.deletePlatformApplication({ PlatformApplicationArn: arn })
  await assert.rejects(attributesOf(arn), notFound('PlatformApplication'))
  await assert.rejects(
    sns.setPlatformApplicationAttributes({ PlatformApplicationArn: arn, Attributes: { Enabled: 'true' } }),
    notFound('PlatformApplication'),
  )
})

const operations: readonly [name: string, call: (PlatformApplicationArn: string) => Promise<unknown>][] = [
  ['GetPlatformApplicationAttributes', attributesOf],
  [
    'SetPlatformApplicationAttributes',
    (arn) => sns.setPlatformApplicationAttributes({ PlatformApplicationArn: arn, Attributes: { Enabled: 'true' } }),
  ],
  ['DeletePlatformApplication', (PlatformApplicationArn) => sns.deletePlatformApplication({ PlatformApplicationArn })],
  [
    'ListEndpointsByPlatformApplication',
    (PlatformApplicationArn) => sns.listEndpointsByPlatformApplication({ PlatformApplicationArn }),
  ],
  [
    'CreatePlatformEndpoint',
    (PlatformApplicationArn) => sns.createPlatformEndpoint({ PlatformApplicationArn, Token: 't' }),
  ],
]
for (const [name, call] of operations) {
  test(`${name} reads its ARN`, async () => {
    for (const [arn, complaint] of [
      ['x', 'PlatformApplicationArn Reason: An ARN must have at least 6 elements, not 1'],
      [arnOf('ADM', 'a').replace('us-east-1', 'eu-west-1'), 'PlatformApplicationArn'],
      [arnOf('ADM', 'a').replace(':sns:', ':sqs:'), 'PlatformApplicationArn'],
      [arnOf('ADM', 'a/b'), 'PlatformApplicationArn Reason: Wrong number of slashes in relative portion of the ARN.'],
    ] as const) {
      await assert.rejects(call(arn), invalidParameter(complaint))
    }
    const missing = call(arnOf('ADM', 'missing'))
    if (name === 'DeletePlatformApplication') await missing
    else await assert.rejects(missing, notFound('PlatformApplication'))
  })
}

test('applications are listed by platform and name, a hundred on a page', async () => {
  const { sns: lister } = fixture.clientsFor({ region: 'eu-central-1' })
  const names = Array.from({ length: 103 }, (_, at) => `app-${String(at).padStart(3, '0')}`)
  for (const Name of names) {
    const Platform = Name < 'app-050' ? 'WNS' : 'ADM'
    await lister.createPlatformApplication({ Name, Platform, Attributes: PAIR })
  }
  const listed: string[] = []
  const sizes: number[] = []
  let NextToken: string | undefined
  do {
    const page = await lister.listPlatformApplications({ NextToken })
    for (const { PlatformApplicationArn = '', Attributes } of page.PlatformApplications ?? []) {
      listed.push(PlatformApplicationArn.split(':app/')[1] as string)
      assert.deepEqual(Attributes, { Enabled: 'true' })
    }
    sizes.push(page.PlatformApplications?.length ?? 0)
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  assert.deepEqual(sizes, [100, 3])
  assert.deepEqual(listed, [
    ...names.slice(50).map((name) => `ADM/${name}`),
    ...names.slice(0, 50).map((name) => `WNS/${name}`),
  ])
})

test('a token that is none is refused, and an account without applications has an empty list', async () => {
  await assert.rejects(sns.listPlatformApplications({ NextToken: 'x' }), invalidParameter('NextToken'))
  const { sns: other } = fixture.clientsFor({ region: 'sa-east-1' })
  assert.deepEqual((await other.listPlatformApplications({})).PlatformApplications, [])
})
