/**
 * Roles, as far as their ARNs tell: there is no IAM yet that knows which exist, and whom they trust. In `open` mode every
 * role can be assumed.
 */
import { isAccountId, parseArn } from '../../../kernel/arn.ts'
import { derivedId } from '../../../kernel/auth/ids.ts'
import type { Principal } from '../../../kernel/kernel.ts'
import { invalidArn } from '../errors.ts'

export interface Role {
  readonly arn: string
  readonly partition: string
  readonly accountId: string
  /** Without its path. */
  readonly name: string
}

const ROLE = /^role\/(?:[\x21-\x7e]*\/)?(?<name>[\w+=,.@-]{1,64})$/

/** Undefined for the ARN of something that can't be a role. Throws `ValidationError` for what is no ARN. */
export function parseRole(text: string): Role | undefined {
  const arn = parseArn(text)
  if (arn === undefined) throw invalidArn(text)
  const { partition, service, region, accountId, resource } = arn
  const name = ROLE.exec(resource)?.groups?.name
  if (service !== 'iam' || region !== '' || !isAccountId(accountId) || name === undefined) return undefined
  return { arn: text, partition, accountId, name }
}

/** Who a session of the role is. The role's path is not part of its ARN. */
export const assumedRole = ({ arn, partition, accountId, name }: Role, sessionName: string): Principal => ({
  accountId,
  id: `${derivedId('AROA', arn)}:${sessionName}`,
  arn: `arn:${partition}:sts::${accountId}:assumed-role/${name}/${sessionName}`,
})

/** Who somebody is whom a user has given credentials under a name. */
export function federatedUser(user: Principal, name: string): Principal {
  const partition = parseArn(user.arn)?.partition ?? 'aws'
  return {
    accountId: user.accountId,
    id: `${user.accountId}:${name}`,
    arn: `arn:${partition}:sts::${user.accountId}:federated-user/${name}`,
  }
}
