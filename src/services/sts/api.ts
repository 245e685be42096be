/**
 * Every operation of STS that is built. Credentials are issued to whoever asks, since this is the `open` mode; what a
 * request says is read and checked all the same.
 */
import type * as SDK from '@aws-sdk/client-sts'
import { DEFAULT_ACCOUNT_ID } from '../../kernel/auth/credentials.ts'
import { accountOfKeyId } from '../../kernel/auth/ids.ts'
import type { PartialHandlers } from '../../kernel/protocol/types.ts'
import { assumeRole } from './api/assume-role.ts'
import { assumeRoleWithSaml } from './api/assume-role-with-saml.ts'
import { assumeRoleWithWebIdentity } from './api/assume-role-with-web-identity.ts'
import type { StsContext } from './api/context.ts'
import { getFederationToken, getSessionToken } from './api/user-sessions.ts'
import { invalidMessage } from './errors.ts'
import { Constraints, RULES } from './model/constraints.ts'

export const api = (sts: StsContext): PartialHandlers<typeof SDK> => ({
  AssumeRole: (input, caller) => assumeRole(sts, input, caller),
  AssumeRoleWithSAML: (input) => assumeRoleWithSaml(sts, input),
  AssumeRoleWithWebIdentity: (input) => assumeRoleWithWebIdentity(sts, input),
  GetFederationToken: (input, caller) => getFederationToken(sts, input, caller),
  GetSessionToken: (input, caller) => getSessionToken(sts, input, caller),

  GetCallerIdentity(_, { principal }) {
    return { Account: principal.accountId, Arn: principal.arn, UserId: principal.id }
  },

  /** An id that holds no account belongs to the one that a request with it would have. */
  GetAccessKeyInfo({ AccessKeyId }) {
    new Constraints().text('accessKeyId', AccessKeyId, RULES.accessKeyId).check()
    return { Account: accountOfKeyId(AccessKeyId) ?? DEFAULT_ACCOUNT_ID }
  },

  /** Messages come with denials, and `open` mode denies nothing: none can be ours. */
  DecodeAuthorizationMessage({ EncodedMessage }) {
    new Constraints().text('encodedMessage', EncodedMessage, RULES.encodedMessage).check()
    throw invalidMessage()
  },
})
