/** What SNS answers to a browser and to whoever checks a signature: the certificates, and where links in mails lead. */
import type { PageRequest, RunningService } from '../../kernel/kernel.ts'
import type { WireAnswer } from '../../kernel/protocol/codec.ts'
import type { SnsContext } from './api/context.ts'

const CERTIFICATE = /^\/SimpleNotificationService-([0-9a-f]{32})\.pem$/

export const pages =
  ({ signing }: SnsContext): NonNullable<RunningService['page']> =>
  ({ path }: PageRequest): Promise<WireAnswer> | undefined => {
    const keyId = CERTIFICATE.exec(path)?.[1]
    if (keyId === undefined) return undefined
    return signing
      .byId(keyId)
      .then((key) =>
        key === undefined
          ? { status: 404, contentType: 'text/plain', body: 'There is no such certificate.' }
          : { status: 200, contentType: 'application/x-pem-file', body: key.certificatePem },
      )
  }
