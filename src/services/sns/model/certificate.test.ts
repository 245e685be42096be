import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { CERTIFICATE_NAMES, createSigningKey, isRecognised } from './certificate.ts'

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

test('it has the names that validators ask for, and the form', async () => {
  const { certificatePem } = await createSigningKey(now)
  assert.ok(isRecognised(certificatePem))
  const certificate = new X509Certificate(certificatePem)
  assert.equal(certificate.subject, 'CN=sns.amazonaws.com')
  for (const name of [
    'sns.amazonaws.com',
    'sns-cn-north-1.amazonaws.com.cn',
    'sns-us-gov-west-1.amazonaws.com',
    'sns-signing.eu-south-1.amazonaws.com',
  ]) {
    assert.ok(CERTIFICATE_NAMES.includes(name))
    assert.equal(certificate.checkHost(name), name)
  }
  // As the message manager of the Java SDK reads it.
  assert.match(certificatePem, /^\s*-----BEGIN [A-Z]+-----\n[A-Za-z\d+/\n]+={0,2}\n-----END [A-Z]+-----\s*$/)
})

test('a certificate for another name is not recognised', () => {
  const file = new URL('../../../testing/fixtures/localhost.cert.pem', import.meta.url)
  assert.equal(isRecognised(readFileSync(file, 'utf8')), false)
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
