import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { createSigningKey } from './certificate.ts'

const now = Date.UTC(2030, 5, 1)

test('a signing key has a self-signed certificate for an RSA key of 2048 bits', async () => {
  const { keyId, privateKeyPem, certificatePem } = await createSigningKey(now)
  assert.match(keyId, /^[0-9a-f]{32}$/)
  const certificate = new X509Certificate(certificatePem)
  assert.equal(certificate.publicKey.asymmetricKeyType, 'rsa')
  assert.deepEqual(certificate.publicKey.asymmetricKeyDetails, { modulusLength: 2048, publicExponent: 65537n })
  assert.ok(certificate.checkPrivateKey(createPrivateKey(privateKeyPem)))
  assert.ok(certificate.verify(certificate.publicKey))
  assert.equal(certificate.issuer, certificate.subject)
  assert.equal(certificate.ca, false)
})

test('a certificate is valid for clocks that are a little behind or years ahead', async () => {
  const { certificatePem } = await createSigningKey(now)
  const { validFromDate, validToDate } = new X509Certificate(certificatePem)
  assert.equal(validFromDate.getTime(), now - 24 * 3600 * 1000)
  assert.ok(validToDate.getTime() > Date.UTC(2125, 0, 1))
})

test('every installation has its own, under its own name', async () => {
  const [one, two] = await Promise.all([createSigningKey(now), createSigningKey(now)])
  assert.notEqual(one.keyId, two.keyId)
  assert.notEqual(one.privateKeyPem, two.privateKeyPem)
})

test('making one leaves nothing behind in the program', async () => {
  await createSigningKey(now)
  assert.equal('getMetadata' in Reflect, false)
  assert.equal('getOwnMetadata' in Reflect, false)
})
