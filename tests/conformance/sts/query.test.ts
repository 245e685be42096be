/** The Query protocol of STS as it is on the wire. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { get, post } from '../clients/query-client.ts'
import { ROLE, type StsFixture, startSts } from './support.ts'

const XMLNS = 'https://sts.amazonaws.com/doc/2011-06-15/'
const role = { Version: '2011-06-15', Action: 'AssumeRole', RoleArn: ROLE, RoleSessionName: 'ci' }

suite('over Query', () => {
  let fixture: StsFixture
  let url: string
  before(async () => {
    fixture = await startSts()
    url = fixture.node.url
  })
  after(() => fixture[Symbol.asyncDispose]())

  for (const [name, send] of [
    ['POST', post],
    ['GET', get],
  ] as const) {
    test(`${name}: an answer stands in an element of its own`, async () => {
      const { status, text, xml } = await send(url, { ...role, 'Tags.member.1.Key': 'a', 'Tags.member.1.Value': 'b' })
      assert.equal(status, 200, text)
      assert.ok(text.startsWith(`<?xml version="1.0"?><AssumeRoleResponse xmlns="${XMLNS}"><AssumeRoleResult>`), text)
      const { Credentials, AssumedRoleUser, PackedPolicySize } = xml.AssumeRoleResponse.AssumeRoleResult
      assert.match(Credentials.Expiration, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) // in whole seconds
      assert.equal(AssumedRoleUser.Arn, 'arn:aws:sts::123456789012:assumed-role/deploy/ci')
      assert.match(PackedPolicySize, /^[1-9]$/)
    })
  }

  test('clients that ask for JSON get it', async () => {
    const answer = await fetch(url, {
      method: 'POST',
      body: new URLSearchParams(role),
      headers: { accept: 'application/json' },
    })
    const { AssumeRoleResponse } = (await answer.json()) as {
      AssumeRoleResponse: { AssumeRoleResult: { Credentials: { Expiration: unknown } } }
    }
    assert.equal(typeof AssumeRoleResponse.AssumeRoleResult.Credentials.Expiration, 'number')
  })

  const faults = [
    {
      name: 'a member that is missing',
      send: { ...role, RoleArn: undefined },
      status: 400,
      code: 'ValidationError',
      message:
        "1 validation error detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
    },
    {
      name: 'an ARN that is none',
      send: { ...role, RoleArn: 'x'.repeat(20) },
      status: 400,
      code: 'ValidationError',
      message: `${'x'.repeat(20)} is invalid`,
    },
    {
      name: 'a message that nobody has encoded',
      send: { Action: 'DecodeAuthorizationMessage', Version: '2011-06-15', EncodedMessage: 'x' },
      status: 400,
      code: 'InvalidAuthorizationMessageException',
      message: 'Message is not valid',
    },
    {
      name: 'a policy that is none',
      send: { ...role, Policy: '{}' },
      status: 400,
      code: 'MalformedPolicyDocument',
      message: 'Syntax errors in policy.',
    },
    {
      name: 'a token that is none',
      send: { ...role, Action: 'AssumeRoleWithWebIdentity', WebIdentityToken: 'none' },
      status: 400,
      code: 'InvalidIdentityToken',
      message: 'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
    },
    {
      name: 'what is no role',
      send: { ...role, RoleArn: 'arn:aws:iam::123456789012:user/u' },
      status: 403,
      code: 'AccessDenied',
      message:
        'User: arn:aws:iam::000000000000:user/millrace is not authorized to perform: sts:AssumeRole on resource: ' +
        'arn:aws:iam::123456789012:user/u',
    },
  ]
  for (const { name, send, status, code, message } of faults) {
    test(`${name} is answered ${status} ${code}`, async () => {
      const parameters = Object.entries(send).filter((entry): entry is [string, string] => entry[1] !== undefined)
      const answer = await post(url, Object.fromEntries(parameters))
      assert.equal(answer.status, status)
      assert.deepEqual(answer.xml.ErrorResponse.Error, { Type: 'Sender', Code: code, Message: message })
    })
  }
})
