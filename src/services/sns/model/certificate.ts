/** The key that signs documents, and the certificate by which others check them: one pair for each installation. */
import { createHash, X509Certificate } from 'node:crypto'
import type { Millis } from '../../../kernel/clock/clock.ts'

export interface SigningKey {
  /** 32 hexadecimal digits, made from the certificate: part of its URL. */
  readonly keyId: string
  /** PKCS #8. */
  readonly privateKeyPem: string
  readonly certificatePem: string
}

const DAY: Millis = 24 * 60 * 60 * 1000
/** For clocks that are behind ours. */
const VALID_BEFORE: Millis = DAY
/** Longer than any installation lives: nobody replaces the certificate. Clocks of tests may be years ahead. */
const VALID_FOR: Millis = 100 * 365 * DAY

/** RSASSA-PKCS1-v1_5 with 2048 bits and the exponent 65537. The hash is that of the certificate's own signature. */
const ALGORITHM = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
}

/** What the SnsMessageManager of the Java SDK asks a certificate for in most regions, and which others look for too. */
const COMMON_NAME = 'sns.amazonaws.com'

/** Regions for which it asks for a name of their own. */
const REGIONS_WITH_NAMES = [
  ...['af-south-1', 'ap-east-1', 'ap-east-2', 'ap-south-2', 'ap-southeast-3', 'ap-southeast-4', 'ap-southeast-5'],
  ...['ap-southeast-6', 'ap-southeast-7', 'ca-west-1', 'eu-central-2', 'eu-south-1', 'eu-south-2', 'il-central-1'],
  ...['me-central-1', 'me-south-1', 'mx-central-1'],
]

/** Where a certificate has such names, its common name is not looked at: so all of them are there. */
export const CERTIFICATE_NAMES: readonly string[] = [
  COMMON_NAME,
  'sns.amazonaws.com.cn',
  'sns-cn-north-1.amazonaws.com.cn',
  'sns-cn-northwest-1.amazonaws.com.cn',
  'sns-us-gov-west-1.amazonaws.com',
  ...REGIONS_WITH_NAMES.map((region) => `sns-signing.${region}.amazonaws.com`),
]

/** Whether validators find the names in it that they ask for. Those that installations made at first had none. */
export function isRecognised(certificatePem: string): boolean {
  const certificate = new X509Certificate(certificatePem)
  return CERTIFICATE_NAMES.every((name) => certificate.checkHost(name) !== undefined)
}

/** Makes a new key with its self-signed certificate. Takes a quarter of a second, in the thread pool for most of it. */
export async function createSigningKey(now: Millis): Promise<SigningKey> {
  const x509 = await loadX509()
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${COMMON_NAME}`,
    notBefore: new Date(now - VALID_BEFORE),
    notAfter: new Date(now + VALID_FOR),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.SubjectAlternativeNameExtension(CERTIFICATE_NAMES.map((value) => ({ type: 'dns', value }))),
    ],
  })
  const privateKey = await crypto.subtle.exportKey('pkcs8', keys.privateKey)
  return {
    keyId: createHash('sha256').update(new Uint8Array(certificate.rawData)).digest('hex').slice(0, 32),
    privateKeyPem: x509.PemConverter.encode(privateKey, 'PRIVATE KEY'),
    certificatePem: `${certificate.toString('pem')}\n`,
  }
}

/**
 * Loads the library when it is needed, once in the life of an installation. One of its parts refuses to load where nobody
 * answers questions about the metadata of classes. None of its classes has any, so that is what it is told meanwhile.
 */
async function loadX509() {
  const answers = { getMetadata: () => undefined, getOwnMetadata: () => undefined }
  Object.assign(Reflect, answers)
  try {
    return await import('@peculiar/x509')
  } finally {
    for (const name of Object.keys(answers)) Reflect.deleteProperty(Reflect, name)
  }
}
