/** SNS requests as the JavaScript SDK sends them: the Query protocol. */
import { BATCH_ENTRIES, type FixedCall, messageBody, requestMaker } from './sdk-requests.ts'

type Parameters = Readonly<Record<string, string>>

/** The attribute by which filtered subscriptions of a benchmark let messages through. */
export const ATTRIBUTE = { name: 'kind', wanted: 'hit' } as const

/** `answer` is that of a batch: entries can fail under a status of 200. */
export function requireNoFailedMember(answer: Buffer): void {
  if (answer.includes('<Failed><member>')) throw new Error(`a batch entry failed: ${answer.toString('utf8', 0, 1000)}`)
}

/** Requests about one topic. `host` is the value of the Host header. */
export class TopicRequests {
  readonly #make: (body: string) => string
  readonly #topic: { readonly TopicArn: string }

  constructor(host: string, topicArn: string) {
    this.#make = requestMaker({
      service: 'sns',
      host,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      alsoSigned: 'x-amz-user-agent',
    })
    this.#topic = { TopicArn: topicArn }
  }

  publish(): FixedCall {
    return this.#fixed('Publish', { Message: messageBody(), ...this.#topic })
  }

  publishWithAttribute(): FixedCall {
    const { name, wanted } = ATTRIBUTE
    return this.#fixed('Publish', {
      Message: messageBody(),
      ...this.#topic,
      'MessageAttributes.entry.1.Name': name,
      'MessageAttributes.entry.1.Value.DataType': 'String',
      'MessageAttributes.entry.1.Value.StringValue': wanted,
    })
  }

  publishBatch(body = messageBody()): FixedCall {
    const entries = Array.from({ length: BATCH_ENTRIES }, (_, n): Parameters => {
      const entry = `PublishBatchRequestEntries.member.${n + 1}`
      return { [`${entry}.Id`]: `${n}`, [`${entry}.Message`]: body }
    })
    return this.#fixed('PublishBatch', Object.assign({ ...this.#topic }, ...entries))
  }

  /** Of an endpoint over HTTP. */
  subscribe(url: string, raw: boolean): FixedCall {
    return this.#fixed('Subscribe', {
      ...this.#topic,
      Protocol: 'http',
      Endpoint: url,
      'Attributes.entry.1.key': 'RawMessageDelivery',
      'Attributes.entry.1.value': `${raw}`,
    })
  }

  confirm(token: string): FixedCall {
    return this.#fixed('ConfirmSubscription', { ...this.#topic, Token: token })
  }

  #fixed(operation: string, parameters: Parameters): FixedCall {
    return { operation, data: Buffer.from(this.#make(queryBody(operation, parameters)), 'latin1') }
  }
}

/** A form as the SDK writes it: blanks are `%20`. */
export const queryBody = (action: string, parameters: Parameters): string =>
  Object.entries({ Action: action, Version: '2010-03-31', ...parameters })
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')
