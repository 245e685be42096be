import type * as SDK from '@aws-sdk/client-sts'
import type { Caller } from '../../../kernel/kernel.ts'
import type { HandlerInput } from '../../../kernel/protocol/types.ts'
import { exceedsChainedDuration, notAuthorized } from '../errors.ts'
import { Constraints, RULES } from '../model/constraints.ts'
import { assumedRole, parseRole } from '../model/role.ts'
import { sessionTags } from '../model/session-tags.ts'
import { checkInput, issueForRole, refuseMfa, type StsContext } from './context.ts'

export const MAX_ROLE_DURATION_SECONDS = 43_200
export const DEFAULT_ROLE_DURATION_SECONDS = 3600
/** For a session that assumes a role in its turn. */
const MAX_CHAINED_DURATION_SECONDS = 3600

export async function assumeRole(sts: StsContext, input: HandlerInput<typeof SDK, 'AssumeRole'>, caller: Caller) {
  const { RoleArn, RoleSessionName, ExternalId, SourceIdentity, Tags = [], TransitiveTagKeys = [] } = input
  const { DurationSeconds = DEFAULT_ROLE_DURATION_SECONDS } = input
  const constraints = new Constraints()
    .text('roleArn', RoleArn, RULES.arn)
    .text('roleSessionName', RoleSessionName, RULES.sessionName)
    .text('externalId', ExternalId, RULES.externalId)
    .text('sourceIdentity', SourceIdentity, RULES.sourceIdentity)
  checkInput(constraints, input, MAX_ROLE_DURATION_SECONDS)
  const { session: calling, arn: callerArn } = caller.principal
  const role = parseRole(RoleArn)
  if (role === undefined || calling?.kind === 'federated-user') throw notAuthorized(callerArn, 'AssumeRole', RoleArn)
  refuseMfa(input)
  // There is no provider yet that such an assertion could come from.
  if (input.ProvidedContexts !== undefined) throw notAuthorized(callerArn, 'SetContext', RoleArn)
  const chainedFrom = calling?.kind === 'role' ? calling : undefined
  if (chainedFrom !== undefined && DurationSeconds > MAX_CHAINED_DURATION_SECONDS) throw exceedsChainedDuration()
  const sourceIdentity = chainedFrom?.sourceIdentity ?? SourceIdentity
  if (SourceIdentity !== undefined && SourceIdentity !== sourceIdentity) {
    throw notAuthorized(callerArn, 'SetSourceIdentity', RoleArn) // once it is set it can't change
  }
  const tags = sessionTags({ tags: Tags, transitiveTagKeys: TransitiveTagKeys }, chainedFrom)
  const grant = {
    principal: assumedRole(role, RoleSessionName),
    session: { kind: 'role', sourceIdentity, ...tags } as const,
    durationSeconds: DurationSeconds,
  }
  return issueForRole(sts, grant, input)
}
