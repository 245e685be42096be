/** Devices whose platform has a provider: from a publish to the platform, and what its answer means for the device. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { Sessions } from '../../kernel/auth/sessions.ts'
import { SystemClock } from '../../kernel/clock/clock.ts'
import { configWith } from '../../kernel/config/config.ts'
import { type JobHandler, startJobs } from '../../kernel/jobs/jobs.ts'
import type { Caller } from '../../kernel/kernel.ts'
import { createLogger } from '../../kernel/observe/logger.ts'
import { NodeMetrics } from '../../kernel/observe/metrics.ts'
import { AddressGuard } from '../../kernel/outbound/address-guard.ts'
import { createHttpClient } from '../../kernel/outbound/http.ts'
import { createMailer } from '../../kernel/outbound/mail.ts'
import { listOutbox } from '../../kernel/outbound/store.ts'
import { openPostgres } from '../../kernel/store/postgres/engine.ts'
import { openSqlite } from '../../kernel/store/sqlite/engine.ts'
import { Seals } from '../../kernel/targets/seals.ts'
import { createTargets } from '../../kernel/targets/targets.ts'
import { dropDatabase, freshDatabase } from '../../testing/postgres.ts'
import type { SnsContext } from './api/context.ts'
import { api } from './api.ts'
import { createDeliveries } from './delivering.ts'
import { jobs } from './jobs.ts'
import { snsMetrics } from './metrics.ts'
import { createPush } from './outbound/push/push.ts'
import { type ApnsServer, startApnsServer } from './outbound/push/testing/apns-server.ts'
import { type FcmServer, fcmCode, fcmError, startFcmServer } from './outbound/push/testing/fcm-server.ts'
import { outboxSms } from './outbound/sms.ts'
import { createSenders } from './senders.ts'
import { Signing } from './signing.ts'

/** As the door of SNS puts it together, with local servers for those of the vendors. */
async function startSns(fcm: FcmServer, apns: ApnsServer) {
  const clock = new SystemClock()
  const folder = (path: string) => new URL(path, import.meta.url)
  const url = await freshDatabase()
  const options = {
    clock,
    commands: ['../../kernel/jobs/store.ts', '../../kernel/outbound/store.ts', './store.ts'].map(folder),
    migrations: [
      { service: 'jobs', folder: folder('../../kernel/jobs/migrations/') },
      { service: 'outbound', folder: folder('../../kernel/outbound/migrations/') },
      { service: 'sns', folder: folder('./migrations/') },
    ],
  }
  const store =
    url === undefined
      ? await openSqlite({ ...options, directory: undefined })
      : await openPostgres({ ...options, url, poolSize: 2, statementTimeoutMs: 30_000 })
  const log = createLogger('silent')
  const config = configWith()
  const metrics = new NodeMetrics((name, error) => log.error({ err: error }, name))
  const handlers: Record<string, JobHandler> = {}
  const engine = startJobs({ store, clock, log, nodeId: 'test', handlers })
  const kernel = { targets: createTargets(store), seals: new Seals(), sessions: new Sessions(store) }
  const parts = { store, clock, log, config, metrics, guard: new AddressGuard(), ...kernel }
  const context: SnsContext = { ...parts, signing: new Signing(parts), counts: snsMetrics(parts) }
  const http = createHttpClient()
  const mailer = createMailer({ smtpUrl: undefined, from: config.smtpFrom, store })
  const urls = { fcm: fcm.url, googleToken: fcm.tokenUrl, apns: apns.url, apnsSandbox: apns.url }
  const push = createPush({ http, store, clock, urls, apnsCa: apns.ca })
  const deliveries = createDeliveries(context, createSenders(context, { http, mailer, push, sms: outboxSms(store) }))
  Object.assign(handlers, jobs(context, deliveries))
  return {
    store,
    operations: api(context),
    async stop() {
      deliveries.drain()
      await engine.stop(3000)
      for (const part of [deliveries, http, mailer, push, clock]) part.close()
      await store.close()
      if (url !== undefined) await dropDatabase(url)
    },
  }
}

const ACCOUNT = '000000000000'
const caller = {
  accountId: ACCOUNT,
  region: 'us-east-1',
  principal: { accountId: ACCOUNT, id: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root` },
  signed: true,
  origin: 'http://localhost:4566',
  header: () => undefined,
} as unknown as Caller

let fcm: FcmServer
let apns: ApnsServer
let sns: Awaited<ReturnType<typeof startSns>>

before(async () => {
  fcm = await startFcmServer()
  apns = await startApnsServer()
  sns = await startSns(fcm, apns)
})
beforeEach(() => {
  fcm.sent.length = 0
  fcm.sendAnswer = undefined
  apns.sent.length = 0
  apns.answer = undefined
})
after(async () => {
  await sns.stop()
  await fcm[Symbol.asyncDispose]()
  await apns[Symbol.asyncDispose]()
})

/** Stands for the topic that is told of events: each is a text message to this number, in the outbox. */
const TOLD = '+15550100001'

/** The events of a device, the oldest first, once they are so many. */
async function told(endpointArn: string, count: number): Promise<Record<string, unknown>[]> {
  for (;;) {
    const query = { channel: 'sms', destination: TOLD, before: undefined, limit: 1000 } as const
    const items = (await sns.store.execute(listOutbox, query)).reverse()
    const events = items.map(({ content }) => JSON.parse(content.message as string) as Record<string, unknown>)
    const own = events.filter(({ EndpointArn }) => EndpointArn === endpointArn)
    if (own.length >= count) return own
  }
}

let names = 0

async function register(Platform: string, credentials: Readonly<Record<string, string>>) {
  const { operations } = sns
  names++
  const { TopicArn = '' } = await operations.CreateTopic({ Name: `topic-${names}` }, caller)
  await operations.Subscribe({ TopicArn, Protocol: 'sms', Endpoint: TOLD }, caller)
  const Attributes = { ...credentials, EventDeliveryFailure: TopicArn, EventEndpointUpdated: TopicArn }
  const { PlatformApplicationArn = '' } = await operations.CreatePlatformApplication(
    { Name: `app-${names}`, Platform, Attributes },
    caller,
  )
  const { EndpointArn = '' } = await operations.CreatePlatformEndpoint({ PlatformApplicationArn, Token: 't' }, caller)
  return { topicArn: TopicArn, endpointArn: EndpointArn }
}

const isEnabled = async (EndpointArn: string) =>
  (await sns.operations.GetEndpointAttributes({ EndpointArn }, caller)).Attributes?.Enabled

const publish = async (TargetArn: string) => sns.operations.Publish({ TargetArn, Message: 'hello' }, caller)

const platforms = [
  {
    name: 'FCM',
    register: () => register('GCM', { PlatformCredential: fcm.credential }),
    sent: () => fcm.sent.length,
    answerBadToken: () => {
      fcm.sendAnswer = fcmError(404, 'Not found.', fcmCode('UNREGISTERED'))
    },
    answerBadMessage: () => {
      fcm.sendAnswer = fcmError(400, 'Invalid.', fcmCode('INVALID_ARGUMENT'))
    },
    reason: 'FCM answered 400 INVALID_ARGUMENT: Invalid.',
  },
  {
    name: 'APNs',
    register: () => register('APNS', apns.application),
    sent: () => apns.sent.length,
    answerBadToken: () => {
      apns.answer = { status: 410, reason: 'Unregistered' }
    },
    answerBadMessage: () => {
      apns.answer = { status: 400, reason: 'PayloadEmpty' }
    },
    reason: 'APNs answered 400 PayloadEmpty',
  },
]
for (const platform of platforms) {
  test(`${platform.name}: a message reaches the platform`, async () => {
    const { endpointArn } = await platform.register()
    await publish(endpointArn)
    while (platform.sent() === 0) assert.equal(await isEnabled(endpointArn), 'true')
  })

  test(`${platform.name}: a device that the platform doesn't know is disabled, and the application is told`, async () => {
    const { endpointArn } = await platform.register()
    platform.answerBadToken()
    const { MessageId } = await publish(endpointArn)
    const events = await told(endpointArn, 2)
    assert.equal(await isEnabled(endpointArn), 'false')
    assert.deepEqual(
      events.map(({ EventType, FailureType, MessageId }) => [EventType, FailureType, MessageId]),
      [
        ['EndpointUpdated', undefined, undefined],
        ['DeliveryFailure', 'InvalidPlatformToken', MessageId],
      ],
    )
    await assert.rejects(publish(endpointArn), { code: 'EndpointDisabledException' })
  })

  test(`${platform.name}: a device that is subscribed is disabled as well`, async () => {
    const { topicArn, endpointArn } = await platform.register()
    await sns.operations.Subscribe({ TopicArn: topicArn, Protocol: 'application', Endpoint: endpointArn }, caller)
    platform.answerBadToken()
    await sns.operations.Publish({ TopicArn: topicArn, Message: '{}' }, caller)
    const [event, ...others] = await told(endpointArn, 1)
    assert.deepEqual([event?.EventType, others.length], ['EndpointUpdated', 0])
    assert.equal(await isEnabled(endpointArn), 'false')
  })

  test(`${platform.name}: a message that the platform refuses says nothing of the device`, async () => {
    const { endpointArn } = await platform.register()
    platform.answerBadMessage()
    await publish(endpointArn)
    const [event] = await told(endpointArn, 1)
    assert.deepEqual(
      [event?.EventType, event?.FailureType, event?.FailureMessage],
      ['DeliveryFailure', 'DeliveryFailedPerm', platform.reason],
    )
    assert.equal(await isEnabled(endpointArn), 'true')
  })
}
