import type * as SDK from '@aws-sdk/client-sts'
import type { HandlerInput } from '../../../kernel/protocol/types.ts'
import { notAuthorizedTo } from '../errors.ts'
import { Constraints, RULES } from '../model/constraints.ts'
import { assumedRole, parseRole } from '../model/role.ts'
import { NO_TAGS, sessionTags } from '../model/session-tags.ts'
import { readWebIdentity } from '../model/web-identity.ts'
import { DEFAULT_ROLE_DURATION_SECONDS, MAX_ROLE_DURATION_SECONDS } from './assume-role.ts'
import { checkInput, issueForRole, type StsContext } from './context.ts'

/** With a `ProviderId` the token is an access token of OAuth 2.0, in which only its provider can read. */
export async function assumeRoleWithWebIdentity(
  sts: StsContext,
  input: HandlerInput<typeof SDK, 'AssumeRoleWithWebIdentity'>,
) {
  const { RoleArn, RoleSessionName, WebIdentityToken, ProviderId } = input
  const { DurationSeconds = DEFAULT_ROLE_DURATION_SECONDS } = input
  const constraints = new Constraints()
    .text('roleArn', RoleArn, RULES.arn)
    .text('roleSessionName', RoleSessionName, RULES.sessionName)
    .text('webIdentityToken', WebIdentityToken, RULES.webIdentityToken)
    .text('providerId', ProviderId, RULES.providerId)
  checkInput(constraints, input, MAX_ROLE_DURATION_SECONDS)
  const role = parseRole(RoleArn)
  if (role === undefined) throw notAuthorizedTo('AssumeRoleWithWebIdentity')
  const identity = ProviderId === undefined ? readWebIdentity(WebIdentityToken, sts.clock.now()) : undefined
  const tags = identity === undefined ? NO_TAGS : sessionTags(identity)
  const grant = {
    principal: assumedRole(role, RoleSessionName),
    session: { kind: 'role', sourceIdentity: identity?.sourceIdentity, ...tags } as const,
    durationSeconds: DurationSeconds,
  }
  return {
    ...(await issueForRole(sts, grant, input)),
    SubjectFromWebIdentityToken: identity?.subject,
    Provider: identity?.issuer ?? ProviderId,
    Audience: identity?.audience,
  }
}
