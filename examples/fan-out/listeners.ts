/** Who wants to know of orders, of which, and how: the subscriptions of the topic. */
import type { SNS } from '@aws-sdk/client-sns'
import type { SQS } from '@aws-sdk/client-sqs'
import { confirmByMail, mailsTo } from './mailbox.ts'
import type { Order } from './order.ts'
import { startWebhook } from './webhook.ts'

export interface Listener {
  readonly name: string
  /** In words. */
  readonly through: string
  /** What its filter policy says, said once more: for the count in the end. */
  wants(order: Order): boolean
  /** The ids of all the orders that have come so far, one that came twice twice. */
  heard(): Promise<readonly number[]>
  /** Confirms its subscription, where that takes a person. */
  confirm?(): Promise<void>
  close?(): void
}

/** What they work with. */
export interface Shop {
  readonly platformUrl: string
  readonly topicArn: string
  readonly sns: SNS
  readonly sqs: SQS
}

type Attributes = Record<string, string>

/** Subscribes everyone. Those by HTTP and by mail hear nothing before they have confirmed. */
export const subscribeAll = (shop: Shop): Promise<Listener[]> =>
  Promise.all([billing(shop), shipping(shop), analytics(shop), partner(shop), manager(shop)])

const billing = async (shop: Shop): Promise<Listener> => ({
  name: 'billing',
  through: 'queue, everything',
  wants: () => true,
  heard: await queue(shop, 'billing', {}, enclosedId),
})

const shipping = async (shop: Shop): Promise<Listener> => ({
  name: 'shipping',
  through: 'queue, what is paid: an attribute says so',
  wants: ({ status }) => status === 'paid',
  heard: await queue(shop, 'shipping', { FilterPolicy: JSON.stringify({ status: ['paid'] }) }, enclosedId),
})

/** Gets the bare message, and filters by what is in it. */
async function analytics(shop: Shop): Promise<Listener> {
  const policy = { customer: { country: ['AT', 'DE'] }, total: [{ numeric: ['>=', 100] }] }
  const attributes = {
    RawMessageDelivery: 'true',
    FilterPolicyScope: 'MessageBody',
    FilterPolicy: JSON.stringify(policy),
  }
  return {
    name: 'analytics',
    through: 'queue, raw, from 100 euros in two countries: the message says so',
    wants: ({ total, customer }) => total >= 100 && ['AT', 'DE'].includes(customer.country),
    heard: await queue(shop, 'analytics', attributes, idOf),
  }
}

async function partner(shop: Shop): Promise<Listener> {
  const webhook = await startWebhook(shop.platformUrl, shop.topicArn)
  await subscribe(shop, 'http', webhook.url, { status: [{ 'anything-but': 'placed' }] })
  return {
    name: 'partner',
    through: 'HTTP, signed, all but what is only placed',
    wants: ({ status }) => status !== 'placed',
    heard: async () => webhook.taken.map(idOf),
    close: webhook.close,
  }
}

async function manager(shop: Shop): Promise<Listener> {
  const address = 'manager@shop.example'
  await subscribe(shop, 'email', address, { status: ['cancelled'] })
  return {
    name: 'manager',
    through: 'e-mail, what is cancelled',
    wants: ({ status }) => status === 'cancelled',
    heard: async () => (await mailsTo(shop.platformUrl, address)).flatMap(({ subject }) => idInSubject(subject)),
    confirm: () => confirmByMail(shop.platformUrl, address),
  }
}

async function subscribe({ sns, topicArn }: Shop, protocol: string, endpoint: string, policy: object): Promise<void> {
  const attributes = { FilterPolicy: JSON.stringify(policy) }
  await sns.subscribe({ TopicArn: topicArn, Protocol: protocol, Endpoint: endpoint, Attributes: attributes })
}

/** Subscribes a queue of that name; answers how to take what is in it, which `read` makes ids of. */
async function queue(
  { sns, sqs, topicArn }: Shop,
  name: string,
  attributes: Attributes,
  read: (body: string) => number,
): Promise<Listener['heard']> {
  const { QueueUrl } = await sqs.createQueue({ QueueName: name })
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['QueueArn'] })
  await sns.subscribe({ TopicArn: topicArn, Protocol: 'sqs', Endpoint: Attributes?.QueueArn, Attributes: attributes })
  const ids: number[] = []
  return async () => {
    for (;;) {
      const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 })
      if (Messages.length === 0) return ids
      for (const { Body, ReceiptHandle } of Messages) {
        ids.push(read(Body as string))
        await sqs.deleteMessage({ QueueUrl, ReceiptHandle })
      }
    }
  }
}

const idOf = (message: string): number => (JSON.parse(message) as Order).id

/** Where delivery is not raw, the message is in a document. */
const enclosedId = (body: string): number => idOf((JSON.parse(body) as { Message: string }).Message)

const idInSubject = (subject: string): number[] => (/^Order (\d+) /.exec(subject) ?? []).slice(1).map(Number)
