/** What the operations have in common: the limits of what they are asked, and the credentials that they answer with. */
import { MAX_TOKEN_LENGTH } from '../../../kernel/auth/session-token.ts'
import type { Kernel, Principal, Session } from '../../../kernel/kernel.ts'
import { packedPolicyTooLarge, unknownMfaDevice } from '../errors.ts'
import { type Constraints, RULES } from '../model/constraints.ts'
import { checkSessionPolicy, packedPercent } from '../model/session-policy.ts'

export type StsContext = Pick<Kernel, 'sessions' | 'clock'>

/** Members that several operations have. */
export interface SessionInput {
  readonly DurationSeconds?: number | undefined
  readonly Policy?: string | undefined
  readonly PolicyArns?: readonly { readonly arn?: string | undefined }[] | undefined
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[] | undefined
  readonly TransitiveTagKeys?: readonly string[] | undefined
  readonly SerialNumber?: string | undefined
  readonly TokenCode?: string | undefined
  readonly MinimumSessionTokenSize?: number | undefined
}

const MIN_DURATION_SECONDS = 900

const MAX_POLICY_ARNS = 10
const MAX_TAGS = 50

/** Looks at the members that the operations share, and throws `ValidationError` for all that was broken. */
export function checkInput(constraints: Constraints, input: SessionInput, maxDurationSeconds: number): void {
  constraints
    .list('policyArns', input.PolicyArns, MAX_POLICY_ARNS, (path, { arn }) => {
      constraints.text(`${path}.arn`, arn, RULES.arn)
    })
    .text('policy', input.Policy, RULES.policy)
    .number('durationSeconds', input.DurationSeconds, MIN_DURATION_SECONDS, maxDurationSeconds)
    .list('tags', input.Tags, MAX_TAGS, (path, { Key, Value }) => {
      constraints.text(`${path}.key`, Key, RULES.tagKey).text(`${path}.value`, Value, RULES.tagValue)
    })
    .list('transitiveTagKeys', input.TransitiveTagKeys, MAX_TAGS, (path, key) => {
      constraints.text(path, key, RULES.tagKey)
    })
    .text('serialNumber', input.SerialNumber, RULES.serialNumber)
    .text('tokenCode', input.TokenCode, RULES.tokenCode)
    .number('minimumSessionTokenSize', input.MinimumSessionTokenSize, 0, MAX_TOKEN_LENGTH)
    .check()
}

/** Throws `AccessDenied`, since no user has a device: there is no IAM yet. */
export function refuseMfa({ SerialNumber, TokenCode }: SessionInput): void {
  if (SerialNumber !== undefined || TokenCode !== undefined) throw unknownMfaDevice()
}

export interface Grant {
  readonly principal: Principal
  readonly session: Pick<Session, 'kind' | 'tags' | 'transitiveTagKeys' | 'sourceIdentity'>
  readonly durationSeconds: number
}

/** Issues credentials. Throws `MalformedPolicyDocument` and `PackedPolicyTooLarge`. */
export async function issue({ sessions, clock }: StsContext, grant: Grant, input: SessionInput) {
  const policy = input.Policy
  const policyArns = input.PolicyArns?.flatMap(({ arn }) => arn ?? [])
  if (policy !== undefined) checkSessionPolicy(policy)
  const packed = packedPercent({ policy, policyArns, tags: grant.session.tags })
  const issuedAt = clock.now()
  const expiresAt = (Math.floor(issuedAt / 1000) + grant.durationSeconds) * 1000 // the wire shows whole seconds
  const session: Session = { ...grant.session, issuedAt, expiresAt, policy, policyArns }
  const issued = await sessions.issue({ ...grant.principal, session }, input.MinimumSessionTokenSize)
  const { accessKeyId, secretAccessKey, sessionToken } = issued
  const utilization = Math.ceil((100 * sessionToken.length) / MAX_TOKEN_LENGTH)
  if (utilization > 100) throw packedPolicyTooLarge(utilization)
  return {
    packedPercent: packed,
    answer: {
      Credentials: {
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        SessionToken: sessionToken,
        Expiration: new Date(expiresAt),
      },
      SessionTokenUtilization: utilization,
      SessionTokenSize: sessionToken.length,
    },
  }
}

/** For a session of a role: its size is only told if there is something that has one. */
export async function issueForRole(sts: StsContext, grant: Grant, input: SessionInput) {
  const { packedPercent, answer } = await issue(sts, grant, input)
  const { principal, session } = grant
  return {
    ...answer,
    AssumedRoleUser: { AssumedRoleId: principal.id, Arn: principal.arn },
    ...(packedPercent > 0 && { PackedPolicySize: packedPercent }),
    ...(session.sourceIdentity !== undefined && { SourceIdentity: session.sourceIdentity }),
  }
}
