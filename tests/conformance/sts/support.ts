/** A node with clients of STS: of its default account, and of whoever was given credentials. */
import { type Credentials, STS } from '@aws-sdk/client-sts'
import { startNode, type TestNode } from '../../../src/testing/node.ts'

export const ROLE = 'arn:aws:iam::123456789012:role/team/deploy'
export const ROLE_ACCOUNT = '123456789012'

/** As a client takes them. */
export const credentialsOf = ({ AccessKeyId = '', SecretAccessKey = '', SessionToken }: Credentials) => ({
  accessKeyId: AccessKeyId,
  secretAccessKey: SecretAccessKey,
  ...(SessionToken !== undefined && { sessionToken: SessionToken }),
})

/** Options of a client that calls with these credentials, or as a user of the default account. */
export const optionsFor = (endpoint: string, credentials: Credentials = { AccessKeyId: 'test' } as Credentials) => ({
  endpoint,
  region: 'us-east-1',
  credentials: credentialsOf({ SecretAccessKey: 'test', ...credentials } as Credentials),
  maxAttempts: 1,
})

export interface StsFixture extends AsyncDisposable {
  readonly node: TestNode
  readonly sts: STS
  /** A client that calls with these credentials. */
  as(credentials: Credentials | undefined): STS
}

export async function startSts(options: Parameters<typeof startNode>[0] = {}): Promise<StsFixture> {
  const node = await startNode(options)
  return {
    node,
    sts: new STS(optionsFor(node.url)),
    as: (credentials) => new STS(optionsFor(node.url, credentials)),
    [Symbol.asyncDispose]: () => node.stop(),
  }
}
