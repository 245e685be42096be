/** The keys that session tokens are sealed with. The oldest seals; all of them open. */
import { single, type Tx } from '../store/store.ts'

export interface SessionKey {
  /** Eight bytes as hex. */
  readonly keyId: string
  /** 256 bits in base64. */
  readonly secret: string
}

const COLUMNS = 'key_id as "keyId", secret'

const oldest = (tx: Tx) =>
  tx.get<SessionKey>(`select ${COLUMNS} from auth_session_key order by created_at, key_id limit 1`)

/** Undefined if there is none yet. */
export const currentSessionKey = single('auth.currentSessionKey', (tx, _: null) => oldest(tx))

/** Keeps the key, if there is none yet; resolves to the one in use. */
export const keepSessionKey = single('auth.keepSessionKey', async (tx, key: SessionKey): Promise<SessionKey> => {
  const existing = await oldest(tx)
  if (existing !== undefined) return existing
  await tx.insertMany('auth_session_key', ['key_id', 'secret', 'created_at'], [[key.keyId, key.secret, tx.now]])
  return key
})

/** Undefined if there never was such a key. */
export const findSessionKey = single('auth.findSessionKey', (tx, keyId: string) =>
  tx.get<SessionKey>(`select ${COLUMNS} from auth_session_key where key_id = ?`, [keyId]),
)
