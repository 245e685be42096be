/**
 * The keys that sign what is delivered. In use is the oldest of those whose certificate validators recognise; what others
 * have signed can still be checked. A second recognised one can only be there if two nodes made one at once.
 */
import { single, type Tx } from '../../../kernel/store/store.ts'
import { isRecognised, type SigningKey } from '../model/certificate.ts'

const COLUMNS = 'key_id as "keyId", private_key as "privateKeyPem", certificate as "certificatePem"'

async function inUse(tx: Tx): Promise<SigningKey | undefined> {
  const keys = await tx.all<SigningKey>(`select ${COLUMNS} from sns_signing_key order by created_at, key_id`)
  return keys.find(({ certificatePem }) => isRecognised(certificatePem))
}

/** Undefined if there is none yet. */
export const currentSigningKey = single('sns.currentSigningKey', (tx, _: null) => inUse(tx))

/** Keeps the key, if there is none yet; resolves to the one in use. */
export const keepSigningKey = single('sns.keepSigningKey', async (tx, key: SigningKey): Promise<SigningKey> => {
  const existing = await inUse(tx)
  if (existing !== undefined) return existing
  const { keyId, privateKeyPem, certificatePem } = key
  await tx.insertMany(
    'sns_signing_key',
    ['key_id', 'private_key', 'certificate', 'created_at'],
    [[keyId, privateKeyPem, certificatePem, tx.now]],
  )
  return key
})

export const findSigningKey = single('sns.findSigningKey', (tx, keyId: string) =>
  tx.get<SigningKey>(`select ${COLUMNS} from sns_signing_key where key_id = ?`, [keyId]),
)
