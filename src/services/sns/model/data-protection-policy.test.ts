import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from '../../../kernel/service-error.ts'
import { parseDataProtectionPolicy } from './data-protection-policy.ts'
import { expectRefusal } from './expect-refusal.ts'

const email = 'arn:aws:dataprotection::aws:data-identifier/EmailAddress'
const deny = { DataDirection: 'Inbound', Principal: ['*'], DataIdentifier: [email], Operation: { Deny: {} } }
const policy = { Name: 'p', Version: '2021-06-01', Statement: [deny] }
const logs = { CloudWatchLogs: { LogGroup: '/aws/vendedlogs/x' } }
const auditing = (Audit: object) => ({ ...deny, Operation: { Audit } })
const own = (...CustomDataIdentifier: object[]) => ({ ...policy, Configuration: { CustomDataIdentifier } })
const parse = (value: unknown) => parseDataProtectionPolicy(JSON.stringify(value))

test('a policy is compiled with all it can have', () => {
  const compiled = parse({
    Name: 'p',
    Description: 'd',
    Version: '2021-06-01',
    Configuration: { CustomDataIdentifier: [{ Name: 'EmployeeId', Regex: 'EID-\\d{9}' }] },
    Statement: [
      auditing({ SampleRate: '99', FindingsDestination: logs, NoFindingsDestination: { S3: { Bucket: 'b' } } }),
      {
        Sid: 's',
        DataDirection: 'Outbound',
        Principal: ['arn:aws:iam::000000000000:user/a', 'arn:aws:iam::000000000000:user/b'],
        DataIdentifier: [email, 'EmployeeId', 'arn:aws-cn:dataprotection::aws:data-identifier/PhoneNumber-US'],
        Operation: { Deidentify: { MaskConfig: { MaskWithCharacter: '*' } } },
      },
      { ...deny, Operation: { Deidentify: { RedactConfig: {} } } },
      deny,
    ],
  })
  const shown = compiled?.statements.map(({ direction, principals, identifiers, operation }) => ({
    direction,
    principals: principals.length,
    identifiers: identifiers.map(({ name }) => name),
    operation,
  }))
  const inbound = { direction: 'Inbound', principals: 1, identifiers: ['EmailAddress'] }
  assert.deepEqual(shown, [
    {
      ...inbound,
      operation: {
        type: 'audit',
        sampleRate: 99,
        findingsDestination: logs,
        noFindingsDestination: { S3: { Bucket: 'b' } },
      },
    },
    {
      direction: 'Outbound',
      principals: 2,
      identifiers: ['EmailAddress', 'EmployeeId', 'PhoneNumber-US'],
      operation: { type: 'deidentify', mask: '*' },
    },
    { ...inbound, operation: { type: 'deidentify', mask: '' } },
    { ...inbound, operation: { type: 'deny' } },
  ])
})

test('the empty text takes a policy away', () => assert.equal(parseDataProtectionPolicy(''), undefined))

const statement = (changes: object) => ({ ...policy, Statement: [{ ...deny, ...changes }] })
const operation = (value: unknown) => statement({ Operation: value })
const masking = (MaskWithCharacter: unknown) => operation({ Deidentify: { MaskConfig: { MaskWithCharacter } } })

const refused: readonly (readonly [policy: unknown, reason: string])[] = [
  [[], 'The policy must be a JSON object'],
  [{ ...policy, Id: 'x' }, 'The policy has the unexpected member Id'],
  [{ Version: '2021-06-01', Statement: [deny] }, 'The policy must have the member Name'],
  [{ ...policy, Name: 1 }, 'Name must be a text'],
  [{ ...policy, Description: '' }, 'Description must be a text'],
  [{ ...policy, Version: '2012-10-17' }, 'Version must be 2021-06-01'],
  [{ ...policy, Statement: [] }, 'Statement must be a list with at least one item'],
  [{ ...policy, Statement: deny }, 'Statement must be a list with at least one item'],
  [{ ...policy, Statement: [deny, 'x'] }, 'Statement[1] must be a JSON object'],
  [statement({ NotPrincipal: ['*'] }), 'Statement[0] has the unexpected member NotPrincipal'],
  [statement({ Sid: 1 }), 'Statement[0].Sid must be a text'],
  [statement({ DataDirection: 'inbound' }), 'Statement[0].DataDirection must be Inbound or Outbound'],
  [statement({ Principal: '*' }), 'Statement[0].Principal must be a list with at least one item'],
  [statement({ Principal: [1] }), 'Statement[0].Principal[0] must be a text'],
  [statement({ DataIdentifier: undefined }), 'Statement[0] must have the member DataIdentifier'],
  [
    statement({ DataIdentifier: ['EmailAddress'] }),
    'Statement[0].DataIdentifier EmailAddress is not a data identifier',
  ],
  [
    statement({ DataIdentifier: ['arn:aws:s3:::bucket'] }),
    'Statement[0].DataIdentifier arn:aws:s3:::bucket is not a data identifier',
  ],
  [operation({}), 'Statement[0].Operation must have exactly one of Audit, Deidentify, Deny'],
  [operation({ Deny: {}, Audit: {} }), 'Statement[0].Operation must have exactly one of Audit, Deidentify, Deny'],
  [operation({ Delete: {} }), 'Statement[0].Operation has the unexpected member Delete'],
  [operation({ Deny: { x: 1 } }), 'Statement[0].Operation.Deny has the unexpected member x'],
  [
    operation({ Deidentify: {} }),
    'Statement[0].Operation.Deidentify must have exactly one of MaskConfig, RedactConfig',
  ],
  [
    operation({ Deidentify: { MaskConfig: {} } }),
    'Statement[0].Operation.Deidentify.MaskConfig must have the member MaskWithCharacter',
  ],
  ...['', '##', 'ü', '\n', 1].map(
    (mask) =>
      [
        masking(mask),
        'Statement[0].Operation.Deidentify.MaskConfig.MaskWithCharacter must be one printable ASCII character',
      ] as const,
  ),
  ...['100', '-1', '1.5', '', 100, null].map(
    (SampleRate) =>
      [
        { ...policy, Statement: [auditing({ SampleRate, FindingsDestination: logs })] },
        'Statement[0].Operation.Audit.SampleRate must be an integer from 0 to 99',
      ] as const,
  ),
  [
    { ...policy, Statement: [auditing({ SampleRate: '1' })] },
    'Statement[0].Operation.Audit must have a FindingsDestination or a NoFindingsDestination',
  ],
  [
    { ...policy, Statement: [auditing({ SampleRate: '1', FindingsDestination: {} })] },
    'Statement[0].Operation.Audit.FindingsDestination must name a destination',
  ],
  [
    { ...policy, Statement: [auditing({ SampleRate: '1', NoFindingsDestination: { S3: { LogGroup: 'x' } } })] },
    'Statement[0].Operation.Audit.NoFindingsDestination.S3 has the unexpected member LogGroup',
  ],
  [
    {
      ...policy,
      Statement: [{ ...auditing({ SampleRate: '1', FindingsDestination: logs }), DataDirection: 'Outbound' }],
    },
    'Statement[0].Operation.Audit needs the data direction Inbound',
  ],
  [
    {
      ...policy,
      Statement: [1, 2].map(() => auditing({ SampleRate: '1', FindingsDestination: logs })),
    },
    'The policy must not have more than one statement with the operation Audit',
  ],
  [own(), 'Configuration.CustomDataIdentifier must be a list with at least one item'],
  [
    own(...Array.from({ length: 11 }, (_, i) => ({ Name: `n${i}`, Regex: 'x' }))),
    'Configuration.CustomDataIdentifier must not have more than 10 items',
  ],
  [
    own({ Name: 'a b', Regex: 'x' }),
    'Configuration.CustomDataIdentifier[0].Name must have 1 to 128 letters, digits, hyphens or underscores',
  ],
  [
    own({ Name: 'EmailAddress', Regex: 'x' }),
    'Configuration.CustomDataIdentifier[0].Name EmailAddress is that of a managed data identifier',
  ],
  [
    own({ Name: 'a', Regex: 'x' }, { Name: 'a', Regex: 'y' }),
    'Configuration.CustomDataIdentifier[1].Name a is used twice',
  ],
  [
    own({ Name: 'a', Regex: '(x+)+' }),
    'Configuration.CustomDataIdentifier[0].Regex can only have letters, digits, spaces and the characters ' +
      '_ # = @ / ; , - ^ $ ? [ ] { } | \\ * + .',
  ],
  [
    own({ Name: 'a', Regex: 'x'.repeat(201) }),
    'Configuration.CustomDataIdentifier[0].Regex must have 1 to 200 characters',
  ],
]
for (const [given, reason] of refused) {
  test(`refused: ${reason}`, () =>
    expectRefusal(
      () => parse(given),
      'InvalidParameterException',
      `Invalid parameter: DataProtectionPolicy Reason: ${reason}`,
    ))
}

test('the text has 30,720 characters at most, and is JSON', () => {
  const text = JSON.stringify(policy)
  assert.ok(parseDataProtectionPolicy(text.padEnd(30_720)))
  expectRefusal(
    () => parseDataProtectionPolicy(text.padEnd(30_721)),
    'InvalidParameterException',
    'Invalid parameter: DataProtectionPolicy Reason: The policy must not be longer than 30720 characters',
  )
  assert.throws(() => parseDataProtectionPolicy('{'), /DataProtectionPolicy Reason: failed to parse JSON\. ./)
})

test('an identifier that is not built is refused by its name', () => {
  for (const name of ['Address', 'Name', 'Ssn-US']) {
    const given = statement({ DataIdentifier: [email, `arn:aws:dataprotection::aws:data-identifier/${name}`] })
    assert.throws(
      () => parse(given),
      (error) =>
        error instanceof ServiceError &&
        error.code === 'NotImplemented' &&
        error.status === 501 &&
        error.message === `The data identifier ${name} is not implemented.`,
    )
  }
})
