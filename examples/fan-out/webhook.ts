/** A web service that hears of orders by HTTP: it takes what is genuine, and confirms its subscription by itself. */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { isGenuine, type TopicDocument } from './signature.ts'

export interface Webhook {
  readonly url: string
  /** The messages it has taken, in the order of their coming. */
  readonly taken: readonly string[]
  close(): void
}

export async function startWebhook(platformUrl: string, topicArn: string): Promise<Webhook> {
  const taken: string[] = []

  /** Answers the status. A 403 tells the platform not to try again; anything from 500 on, to come back later. */
  async function take(request: IncomingMessage): Promise<number> {
    const document: TopicDocument = JSON.parse(await text(request))
    if (document.TopicArn !== topicArn || !(await isGenuine(document, platformUrl))) return 403
    if (document.Type === 'Notification') taken.push(document.Message)
    if (document.Type === 'SubscriptionConfirmation') await fetch(document.SubscribeURL as string)
    return 200
  }

  const server = createServer((request, response) => {
    take(request).then(
      (status) => response.writeHead(status).end(),
      () => response.writeHead(500).end(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`,
    taken,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
