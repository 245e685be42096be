/** A node with clients of STS: of its default account, and of whoever was given credentials. */
import { type Credentials, STS } from '@aws-sdk/client-sts'
import { startNode, type TestNode } from '../../../src/testing/node.ts'

export const ROLE = 'arn:aws:iam::123456789012:role/team/deploy'
export const ROLE_ACCOUNT = '123456789012'

/** What makes a caller; any secret passes. */
export type Caller = Pick<Credentials, 'AccessKeyId' | 'SessionToken'>

/** Options of a client that calls with these credentials, or as a user of the default account. */
export const optionsFor = (
  endpoint: string,
  { AccessKeyId = '', SessionToken }: Partial<Caller> = { AccessKeyId: 'test' },
) => ({
  endpoint,
  region: 'us-east-1',
  credentials: {
    accessKeyId: AccessKeyId,
    secretAccessKey: 'any',
    ...(SessionToken !== undefined && { sessionToken: SessionToken }),
  },
  maxAttempts: 1,
})

export interface StsFixture extends AsyncDisposable {
  readonly node: TestNode
  readonly sts: STS
  /** A client that calls with these credentials. */
  as(credentials: Partial<Caller> | undefined): STS
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
