/** Who calls, and with what kind of credentials. */
import type { Millis } from '../clock/clock.ts'

/** Who calls. In `open` mode any credentials pass; in `enforce` mode this is a verified identity. */
export interface Principal {
  readonly accountId: string
  /** The unique id that SQS reports as SenderId: `AIDA` and 17 more for a user. */
  readonly id: string
  readonly arn: string
  /** Of a caller with temporary credentials. */
  readonly session?: Session
}

export type SessionPrincipal = Principal & { readonly session: Session }

/** What temporary credentials say beside who they are of. Policies are kept, and not evaluated yet. */
export interface Session {
  /** How the credentials were come by: for a role, for the user itself, or by a user for somebody else. */
  readonly kind: 'role' | 'user' | 'federated-user'
  readonly issuedAt: Millis
  readonly expiresAt: Millis
  readonly tags: Readonly<Record<string, string>>
  /** Keys of the tags that sessions get which are made with this one. */
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity?: string | undefined
  readonly policy?: string | undefined
  readonly policyArns?: readonly string[] | undefined
}
