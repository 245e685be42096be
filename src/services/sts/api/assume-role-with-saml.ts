import type * as SDK from '@aws-sdk/client-sts'
import { parseArn } from '../../../kernel/arn.ts'
import type { HandlerInput } from '../../../kernel/protocol/types.ts'
import { assertionExpired, invalidArn, notAuthorizedTo } from '../errors.ts'
import { Constraints, RULES } from '../model/constraints.ts'
import { assumedRole, parseRole } from '../model/role.ts'
import { type Assertion, nameQualifier, namesRole, readAssertion } from '../model/saml.ts'
import { sessionTags } from '../model/session-tags.ts'
import { DEFAULT_ROLE_DURATION_SECONDS, MAX_ROLE_DURATION_SECONDS } from './assume-role.ts'
import { checkInput, issueForRole, type StsContext } from './context.ts'

export async function assumeRoleWithSaml(sts: StsContext, input: HandlerInput<typeof SDK, 'AssumeRoleWithSAML'>) {
  const { RoleArn, PrincipalArn, SAMLAssertion } = input
  const constraints = new Constraints()
    .text('roleArn', RoleArn, RULES.arn)
    .text('principalArn', PrincipalArn, RULES.arn)
    .text('SAMLAssertion', SAMLAssertion, RULES.samlAssertion)
  checkInput(constraints, input, MAX_ROLE_DURATION_SECONDS)
  const role = parseRole(RoleArn)
  if (parseArn(PrincipalArn) === undefined) throw invalidArn(PrincipalArn)
  const now = sts.clock.now()
  const assertion = readAssertion(SAMLAssertion, now)
  if (role === undefined || !namesRole(assertion, RoleArn, PrincipalArn)) throw notAuthorizedTo('AssumeRoleWithSAML')
  const grant = {
    principal: assumedRole(role, assertion.sessionName),
    session: { kind: 'role', sourceIdentity: assertion.sourceIdentity, ...sessionTags(assertion) } as const,
    durationSeconds: durationOf(assertion, input.DurationSeconds, now),
  }
  return {
    ...(await issueForRole(sts, grant, input)),
    Subject: assertion.subject,
    SubjectType: assertion.subjectType,
    Issuer: assertion.issuer,
    Audience: assertion.audience,
    NameQualifier: nameQualifier(assertion, PrincipalArn),
  }
}

/** The shortest of what the caller asks for, the assertion allows, and is left of the session that it tells of. */
function durationOf({ durationSeconds, sessionEndsAt }: Assertion, asked: number | undefined, now: number): number {
  const left = sessionEndsAt === undefined ? Number.POSITIVE_INFINITY : Math.floor((sessionEndsAt - now) / 1000)
  if (left <= 0) throw assertionExpired()
  const wanted = asked ?? durationSeconds ?? DEFAULT_ROLE_DURATION_SECONDS
  return Math.min(wanted, durationSeconds ?? wanted, left)
}
