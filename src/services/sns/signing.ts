/** The signing keys as a node has them: made by the first that needs one, kept in the store, and remembered. */
import type { Kernel } from '../../kernel/kernel.ts'
import { createSigningKey, type SigningKey } from './model/certificate.ts'
import { createSigner, type Signer } from './model/signature.ts'
import { currentSigningKey, findSigningKey, keepSigningKey } from './store.ts'

export interface OpenKey {
  readonly keyId: string
  readonly certificatePem: string
  readonly signer: Signer
}

export class Signing {
  readonly #kernel: Pick<Kernel, 'store' | 'clock'>
  /** By id; emptied when all data is deleted. */
  readonly #open = new Map<string, OpenKey>()
  #current: Promise<OpenKey> | undefined

  constructor(kernel: Pick<Kernel, 'store' | 'clock'>) {
    this.#kernel = kernel
  }

  /** The key in use. Makes one the first time that an installation needs it, which takes a quarter of a second. */
  current(): Promise<OpenKey> {
    this.#current ??= this.#findOrMake().catch((error) => {
      this.#current = undefined
      throw error
    })
    return this.#current
  }

  /** Undefined if there never was such a key. */
  async byId(keyId: string): Promise<OpenKey | undefined> {
    const open = this.#open.get(keyId)
    if (open !== undefined) return open
    const key = await this.#kernel.store.execute(findSigningKey, keyId)
    return key && this.#remember(key)
  }

  forget(): void {
    this.#current = undefined
    this.#open.clear()
  }

  /** Finishes a document that was delivered with a gap for its signature: the note is the key's id, and where the gap is. */
  async complete(text: string, note: string): Promise<string> {
    const [keyId = '', signatureAt] = note.split(' ')
    const key = await this.byId(keyId)
    if (key === undefined) throw new Error(`the signing key ${keyId} is missing`)
    return key.signer.complete({ text, signatureAt: Number(signatureAt) })
  }

  async #findOrMake(): Promise<OpenKey> {
    const { store, clock } = this.#kernel
    const existing = await store.execute(currentSigningKey, null)
    return this.#remember(existing ?? (await store.execute(keepSigningKey, await createSigningKey(clock.now()))))
  }

  #remember({ keyId, certificatePem, privateKeyPem }: SigningKey): OpenKey {
    const open = { keyId, certificatePem, signer: createSigner(privateKeyPem) }
    this.#open.set(keyId, open)
    return open
  }
}
