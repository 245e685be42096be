/** A thread that signs. It is handed a few texts at a time, and answers them together. */
import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { type MessagePort, parentPort } from 'node:worker_threads'
import type { Signatures, ToSign } from './signing-threads.ts'

const keys = new Map<string, KeyObject>()

function keyOf(pem: string): KeyObject {
  const known = keys.get(pem)
  if (known !== undefined) return known
  const key = createPrivateKey(pem)
  keys.set(pem, key)
  return key
}

const port = parentPort as MessagePort
port.on('message', ({ privateKeyPem, texts }: ToSign) => {
  const key = keyOf(privateKeyPem)
  const signatures: Signatures = texts.map(([algorithm, text]) =>
    sign(algorithm, Buffer.from(text), key).toString('base64'),
  )
  port.postMessage(signatures)
})
