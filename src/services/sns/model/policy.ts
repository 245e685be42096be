/**
 * The Policy attribute as a document: the one every topic begins with, and the edits of AddPermission and
 * RemovePermission. What a policy means is decided where requests are authorised, not here.
 */

import { isAccountId } from '../../../kernel/arn.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../../../kernel/json-object.ts'
import { invalidParameter, type Refuse, refuseAttribute } from '../errors.ts'
import { isNestedWithin } from './json-object.ts'

const MAX_BYTES = 30 * 1024
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

/** Throws what `refuse` makes of it unless `text` may become a topic's Policy. Says no more than SNS does. */
export function checkPolicy(text: string, refuse: Refuse): void {
  const policy = Buffer.byteLength(text) <= MAX_BYTES ? parseJsonObject(text) : undefined
  const statements = listOf(policy?.Statement)
  const isPolicy = statements.length > 0 && statements.every(isStatement) && isNestedWithin(policy, MAX_LEVELS)
  if (!isPolicy) throw refuse('Policy Error: null')
}

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
    throw invalidParameter('Policy statement action out of service scope!')
  }
  if (!accountIds.every(isAccountId)) throw invalidParameter('Policy Error: PrincipalNotFound')
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
    Principal: { AWS: sole(accountIds.map((accountId) => `arn:aws:iam::${accountId}:root`)) },
    Action: sole(actions.map((action) => `SNS:${action}`)),
    Resource: topicArn,
  }
  const text = JSON.stringify({ ...policy, Statement: [...statements, statement] })
  checkPolicy(text, refuseAttribute)
  return text
}

/** The policy without the statement of that label; as it was if there is none. */
export function removePermission(policyText: string, label: string): string {
  const policy = parseJsonObject(policyText) ?? {}
  const statements = statementsOf(policy)
  const left = statements.filter(({ Sid }) => Sid !== label)
  return left.length === statements.length ? policyText : JSON.stringify({ ...policy, Statement: left })
}
