/**
 * The Policy attribute as a document: the one every topic begins with, and the edits of AddPermission and
 * RemovePermission. What a policy means is decided where requests are authorised, not here.
 */

import { isAccountId, parseArn } from '../../../kernel/arn.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../../../kernel/json-object.ts'
import { invalidParameter, type Refuse, refuseAttribute } from '../errors.ts'
import { isNestedWithin } from './json-object.ts'

const MAX_BYTES = 30 * 1024
const MAX_STATEMENTS = 100
/** Of a statement. */
const MAX_PRINCIPALS = 200
/** Far more than any policy needs. */
const MAX_LEVELS = 100

/** Policies write a list of one as the bare value. */
const listOf = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value]

const OWNER_ACTIONS = [
  'SNS:GetTopicAttributes',
  'SNS:SetTopicAttributes',
  'SNS:AddPermission',
  'SNS:RemovePermission',
  'SNS:DeleteTopic',
  'SNS:Subscribe',
  'SNS:ListSubscriptionsByTopic',
  'SNS:Publish',
]

/** The policy of a topic that was given none: its owner may do everything. */
export const defaultPolicy = (topicArn: string, accountId: string): string =>
  JSON.stringify({
    Version: '2008-10-17',
    Id: '__default_policy_ID',
    Statement: [
      {
        Sid: '__default_statement_ID',
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: OWNER_ACTIONS,
        Resource: topicArn,
        Condition: { StringEquals: { 'AWS:SourceOwner': accountId } },
      },
    ],
  })

/**
 * A topic's Policy as it is kept: accounts among its principals become the ARNs of their roots. Throws what `refuse` makes
 * of a text that can't be the policy of this topic; mostly no more than SNS says.
 */
export function readPolicy(text: string, topicArn: string, refuse: Refuse): string {
  const policy = Buffer.byteLength(text) <= MAX_BYTES ? parseJsonObject(text) : undefined
  const statements = listOf(policy?.Statement)
  const isPolicy = statements.length > 0 && statements.every(isStatement) && isNestedWithin(policy, MAX_LEVELS)
  if (!isPolicy || statements.length > MAX_STATEMENTS) throw notAPolicy(refuse)
  for (const statement of statements as readonly JsonObject[]) checkStatement(statement, topicArn, refuse)
  const kept = (statements as readonly JsonObject[]).map(withRoots)
  const isChanged = kept.some((statement, at) => statement !== statements[at])
  return isChanged ? JSON.stringify({ ...policy, Statement: kept }) : text
}

const notAPolicy = (refuse: Refuse) => refuse('Policy Error: null')

function isStatement(statement: unknown): boolean {
  if (!isJsonObject(statement)) return false
  const has = (member: string) => (statement[member] ?? undefined) !== undefined
  return (
    (statement.Effect === 'Allow' || statement.Effect === 'Deny') &&
    (has('Action') || has('NotAction')) &&
    (has('Principal') || has('NotPrincipal')) &&
    listOf(statement.Action).every((action) => typeof action === 'string')
  )
}

/** https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html */
function checkStatement(statement: JsonObject, topicArn: string, refuse: Refuse): void {
  if (!(listOf(statement.Action) as readonly string[]).every(isInScope)) throw refuse(OUT_OF_SCOPE)
  const [resource, ...others] = listOf(statement.Resource)
  const isThisTopic = typeof resource === 'string' && others.length === 0 && fits(resource, topicArn)
  const count = principalsOf(statement.Principal).length
  if (!isThisTopic || count > MAX_PRINCIPALS) throw notAPolicy(refuse)
  const accounts = isJsonObject(statement.Principal) ? listOf(statement.Principal.AWS) : []
  if (!accounts.every(isPrincipal)) throw refuse(NO_PRINCIPAL)
}

const isInScope = (pattern: string) =>
  [...GRANTABLE, ...OTHERS_IN_SCOPE].some((action) => fits(pattern.toLowerCase(), `sns:${action.toLowerCase()}`))

/** `"*"` counts as one, `{"AWS": […], "Service": …}` as many as it lists. */
const principalsOf = (principal: unknown) =>
  isJsonObject(principal) ? Object.values(principal).flatMap(listOf) : listOf(principal)

/** An account, an ARN, or the unique id that is left of a user or a role. */
const isPrincipal = (text: unknown) =>
  typeof text === 'string' &&
  (text === '*' || isAccountId(text) || isPrincipalArn(text) || /^A[A-Z]{2}A\w{12,}$/.test(text))

function isPrincipalArn(text: string): boolean {
  const { service, accountId = '' } = parseArn(text) ?? {}
  return (service === 'iam' || service === 'sts') && isAccountId(accountId)
}

const rootOf = (accountId: string) => `arn:aws:iam::${accountId}:root`

function withRoots(statement: JsonObject): JsonObject {
  const { Principal: principal } = statement
  if (!isJsonObject(principal) || !listOf(principal.AWS).some(isBareAccount)) return statement
  const named = (text: unknown) => (isBareAccount(text) ? rootOf(text) : text)
  const AWS = Array.isArray(principal.AWS) ? principal.AWS.map(named) : named(principal.AWS)
  return { ...statement, Principal: { ...principal, AWS } }
}

const isBareAccount = (text: unknown): text is string => typeof text === 'string' && isAccountId(text)

/** Whether a pattern with `*` and `?` is one for the whole text. Goes back to the last `*` only, so it is never slow. */
function fits(pattern: string, text: string): boolean {
  let [at, star, resumed] = [0, -1, 0]
  for (let i = 0; i < text.length; ) {
    if (pattern[at] === '*') {
      star = at
      resumed = i
      at += 1
    } else if (pattern[at] === '?' || pattern[at] === text[i]) {
      at += 1
      i += 1
    } else if (star < 0) return false
    else {
      resumed += 1
      i = resumed
      at = star + 1
    }
  }
  return /^\**$/.test(pattern.slice(at))
}

const GRANTABLE = new Set([
  'Publish',
  'RemovePermission',
  'SetTopicAttributes',
  'DeleteTopic',
  'ListSubscriptionsByTopic',
  'GetTopicAttributes',
  'AddPermission',
  'Subscribe',
  'Receive',
])

/** What a policy may speak of beside what can be granted. */
const OTHERS_IN_SCOPE = [
  'GetDataProtectionPolicy',
  'ListTagsForResource',
  'PutDataProtectionPolicy',
  'TagResource',
  'UntagResource',
]

const OUT_OF_SCOPE = 'Policy statement action out of service scope!'
const NO_PRINCIPAL = 'Policy Error: PrincipalNotFound'

export interface Permission {
  /** The statement's Sid. */
  readonly label: string
  readonly accountIds: readonly string[]
  /** Without a prefix: `Publish`. */
  readonly actions: readonly string[]
}

/** Throws what is wrong with the arguments of AddPermission, whatever the topic's policy. */
export function checkPermission({ label, accountIds, actions }: Permission): void {
  if (label === '') throw invalidParameter('Label Reason: no value for required parameter')
  if (accountIds.length === 0) throw invalidParameter('AWSAccountId Reason: no value for required parameter')
  if (actions.length === 0) throw invalidParameter('ActionName Reason: no value for required parameter')
  if (!actions.every((action) => GRANTABLE.has(action))) {
    throw invalidParameter(OUT_OF_SCOPE)
  }
  if (!accountIds.every(isAccountId)) throw invalidParameter(NO_PRINCIPAL)
}

const statementsOf = (policy: JsonObject) => listOf(policy.Statement) as readonly JsonObject[]
const sole = (list: readonly string[]) => (list.length === 1 ? list[0] : list)

/** The topic's policy with one statement more. `policyText` and the permission must have passed their checks. */
export function addPermission(policyText: string, topicArn: string, permission: Permission): string {
  const { label, accountIds, actions } = permission
  const policy = parseJsonObject(policyText) ?? {}
  const statements = statementsOf(policy)
  if (statements.some(({ Sid }) => Sid === label)) throw invalidParameter('Statement already exists')
  const statement = {
    Sid: label,
    Effect: 'Allow',
    Principal: { AWS: sole(accountIds.map(rootOf)) },
    Action: sole(actions.map((action) => `SNS:${action}`)),
    Resource: topicArn,
  }
  const text = JSON.stringify({ ...policy, Statement: [...statements, statement] })
  if (Buffer.byteLength(text) > MAX_BYTES || statements.length >= MAX_STATEMENTS) throw notAPolicy(refuseAttribute)
  return text
}

/** The policy without the statement of that label; as it was if there is none. */
export function removePermission(policyText: string, label: string): string {
  const policy = parseJsonObject(policyText) ?? {}
  const statements = statementsOf(policy)
  const left = statements.filter(({ Sid }) => Sid !== label)
  return left.length === statements.length ? policyText : JSON.stringify({ ...policy, Statement: left })
}
