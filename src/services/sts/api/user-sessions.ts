/** Credentials that a user gets for itself, or gives to somebody else. */
import type * as SDK from '@aws-sdk/client-sts'
import type { Caller } from '../../../kernel/kernel.ts'
import type { HandlerInput } from '../../../kernel/protocol/types.ts'
import { noSessionCredentials } from '../errors.ts'
import { Constraints, RULES } from '../model/constraints.ts'
import { federatedUser } from '../model/role.ts'
import { NO_TAGS, sessionTags } from '../model/session-tags.ts'
import { checkInput, issue, refuseMfa, type StsContext } from './context.ts'

const MAX_DURATION_SECONDS = 129_600
const DEFAULT_DURATION_SECONDS = 43_200

export async function getSessionToken(
  sts: StsContext,
  input: HandlerInput<typeof SDK, 'GetSessionToken'>,
  { principal }: Caller,
) {
  checkInput(new Constraints(), input, MAX_DURATION_SECONDS)
  if (principal.session !== undefined) throw noSessionCredentials('GetSessionToken')
  refuseMfa(input)
  const { DurationSeconds = DEFAULT_DURATION_SECONDS } = input
  const grant = { principal, session: { kind: 'user', ...NO_TAGS } as const, durationSeconds: DurationSeconds }
  return (await issue(sts, grant, input)).answer
}

export async function getFederationToken(
  sts: StsContext,
  input: HandlerInput<typeof SDK, 'GetFederationToken'>,
  { principal: user }: Caller,
) {
  const { Name, Tags = [], DurationSeconds = DEFAULT_DURATION_SECONDS } = input
  checkInput(new Constraints().text('name', Name, RULES.federatedName), input, MAX_DURATION_SECONDS)
  if (user.session !== undefined) throw noSessionCredentials('GetFederationToken')
  const principal = federatedUser(user, Name)
  const tags = sessionTags({ tags: Tags, transitiveTagKeys: [] })
  const session = { kind: 'federated-user', ...tags } as const
  const { answer, packedPercent } = await issue(sts, { principal, session, durationSeconds: DurationSeconds }, input)
  return {
    ...answer,
    FederatedUser: { FederatedUserId: principal.id, Arn: principal.arn },
    PackedPolicySize: packedPercent,
  }
}
