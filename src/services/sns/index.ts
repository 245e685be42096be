/** The door of SNS. */
import type { Kernel, RunningService, Service } from '../../kernel/kernel.ts'
import { createHttpClient } from '../../kernel/outbound/http.ts'
import { createMailer } from '../../kernel/outbound/mail.ts'
import type { Operation } from '../../kernel/protocol/schema.ts'
import { RESET_CHANNEL } from '../../kernel/store/reset.ts'
import type { SnsContext } from './api/context.ts'
import { api } from './api.ts'
import { createDeliveries } from './delivering.ts'
import { missingMembers } from './errors.ts'
import { jobs } from './jobs.ts'
import { management } from './management.ts'
import { snsMetrics } from './metrics.ts'
import { tooManyEntries } from './model/batch.ts'
import { isLink } from './model/envelope.ts'
import { OUTBOUND_MARKS } from './model/http-headers.ts'
import { SEALED_BY } from './model/queue-delivery.ts'
import { createPush } from './outbound/push/push.ts'
import { outboxSms, webhookSms } from './outbound/sms.ts'
import { pages } from './pages.ts'
import { createSenders } from './senders.ts'
import { Signing } from './signing.ts'

export const sns: Service = {
  id: 'sns',
  commands: new URL('./store.ts', import.meta.url),
  migrations: new URL('./migrations/', import.meta.url),
  start,
}

function start(kernel: Kernel): RunningService {
  const { store, clock, config, guard } = kernel
  const context: SnsContext = { ...kernel, signing: new Signing(kernel), counts: snsMetrics(kernel) }
  store.onWake(RESET_CHANNEL, () => context.signing.forget())
  const http = createHttpClient({ guard })
  const gateway = createHttpClient({ guard: guard.forOperator() })
  const mailer = createMailer({ smtpUrl: config.smtpUrl, from: config.smtpFrom, store })
  const push = createPush({ http, store, clock, guard })
  const { smsWebhookUrl: url, smsWebhookSecret: secret = '' } = config.sns
  const sms = url === undefined ? outboxSms(store) : webhookSms({ url, secret, http: gateway, clock })
  const deliveries = createDeliveries(context, createSenders(context, { http, mailer, sms, push }))
  return {
    handlers: api(context),
    /** A message or a batch of 256 KiB, or a filter policy as long, and ids and names, which don't count. */
    maxInputBytes: 262_144 + 65_536,
    tooMany: ({ name }: Operation, member: string) =>
      name === 'PublishBatch' && member === 'PublishBatchRequestEntries' ? tooManyEntries() : undefined,
    missing: requireMembers,
    jobs: jobs(context, deliveries),
    seals: { [SEALED_BY]: (body, note) => context.signing.complete(body, note) },
    page: pages(context),
    isLink,
    outboundMarks: OUTBOUND_MARKS,
    management: management(context),
    drain: () => deliveries.drain(),
    close() {
      deliveries.close()
      http.close()
      gateway.close()
      mailer.close()
      push.close()
    },
  }
}

/** Members whose absence is looked at by the handler: it has another sentence, or comes after the ARN. */
const MISSED_BY_HANDLER: ReadonlySet<string> = new Set([
  'SetEndpointAttributes.Attributes',
  'SetPlatformApplicationAttributes.Attributes',
  'Unsubscribe.SubscriptionArn',
])

const requireMembers = ({ name }: Operation, paths: readonly string[]) =>
  paths.every((path) => MISSED_BY_HANDLER.has(`${name}.${path}`)) ? undefined : missingMembers(paths)
