/** The credential chains of clients, as their configuration files have them: nothing but the endpoint is special. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { SQS } from '@aws-sdk/client-sqs'
import { STS } from '@aws-sdk/client-sts'
import { awsCli, boto3, skipUnless } from '../../../src/testing/clients.ts'
import { clientEnvironment, run } from '../clients/support.ts'
import { ROLE, ROLE_ACCOUNT, type StsFixture, startSts } from './support.ts'

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const claims = { iss: 'https://issuer.example', sub: 's', aud: 'sts.amazonaws.com', exp: 9_999_999_999 }
const TOKEN = `${encoded({ alg: 'RS256' })}.${encoded(claims)}.c2ln`

const SESSION = new RegExp(`^arn:aws:sts::${ROLE_ACCOUNT}:assumed-role/deploy/`)

suite('profiles', () => {
  let fixture: StsFixture
  let folder: string
  let files: { AWS_CONFIG_FILE: string; AWS_SHARED_CREDENTIALS_FILE: string }

  before(async () => {
    fixture = await startSts()
    folder = await mkdtemp(join(tmpdir(), 'millrace-'))
    const path = (name: string) => join(folder, name)
    files = { AWS_CONFIG_FILE: path('config'), AWS_SHARED_CREDENTIALS_FILE: path('credentials') }
    await writeFile(path('token'), TOKEN)
    await writeFile(path('credentials'), '[base]\naws_access_key_id = 111111111111\naws_secret_access_key = any\n')
    const of = (name: string, ...lines: string[]) => `[profile ${name}]\nregion = us-east-1\n${lines.join('\n')}\n`
    const role = [`role_arn = ${ROLE}`, 'source_profile = base']
    await writeFile(
      path('config'),
      [
        of('base'),
        of('assumed', ...role, 'external_id = partner-1', 'duration_seconds = 7200'),
        of(
          'chained',
          'role_arn = arn:aws:iam::210987654321:role/next',
          'source_profile = assumed',
          'role_session_name = next-step',
        ),
        of('web', `role_arn = ${ROLE}`, `web_identity_token_file = ${path('token')}`),
      ].join('\n'),
    )
    // A profile's endpoint isn't the one of the calls with which it gets its credentials.
    Object.assign(process.env, files, { AWS_EC2_METADATA_DISABLED: 'true', AWS_ENDPOINT_URL: fixture.node.url })
  })
  after(async () => {
    await fixture[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  const expected = [
    ['base', /^arn:aws:iam::111111111111:user\/millrace$/],
    ['assumed', SESSION],
    ['chained', /^arn:aws:sts::210987654321:assumed-role\/next\/next-step$/],
    ['web', SESSION],
  ] as const

  for (const [profile, arn] of expected) {
    test(`the SDK for JavaScript calls as ${profile}`, async () => {
      const { Arn, Account } = await new STS({ profile }).getCallerIdentity({})
      assert.match(Arn ?? '', arn)
      const sqs = new SQS({ profile })
      const { QueueUrl } = await sqs.createQueue({ QueueName: `of-${profile}` })
      assert.equal(QueueUrl, `${fixture.node.url}/${Account}/of-${profile}`)
    })

    test(`the AWS CLI calls as ${profile}`, { skip: skipUnless(awsCli) }, async () => {
      const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...clean } = clientEnvironment(fixture.node.url)
      // At home it keeps sessions for later.
      const env = { ...clean, ...files, AWS_ENDPOINT_URL: fixture.node.url, HOME: folder }
      const asked = ['sts', 'get-caller-identity', '--profile', profile, '--output', 'json']
      const { code, stdout, stderr } = await run(awsCli.path(), asked, env)
      assert.equal(code, 0, stderr)
      assert.match(JSON.parse(stdout).Arn, arn)
    })

    test(`boto3 calls as ${profile}`, { skip: skipUnless(boto3) }, async () => {
      const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...clean } = clientEnvironment(fixture.node.url)
      const program = `
import boto3
session = boto3.Session(profile_name="${profile}")
print(session.client("sts").get_caller_identity()["Arn"])
sqs = session.client("sqs")
url = sqs.create_queue(QueueName="boto-${profile}")["QueueUrl"]
sqs.send_message(QueueUrl=url, MessageBody="hello")
assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "hello"
`
      const env = { ...clean, ...files, AWS_ENDPOINT_URL: fixture.node.url, HOME: folder }
      const { code, stdout, stderr } = await run(boto3.path(), ['-c', program], env)
      assert.equal(code, 0, stderr)
      assert.match(stdout.trim(), arn)
    })
  }
})
