/** Publish and PublishBatch. */

import { randomUUID } from 'node:crypto'
import type { Caller } from '../../../kernel/kernel.ts'
import type { PartialHandlers } from '../../../kernel/protocol/types.ts'
import { parseTopicArn } from '../model/arn.ts'
import { checkBatch } from '../model/batch.ts'
import { auditRecord } from '../model/data-protection.ts'
import { sequenceNumber } from '../model/fifo.ts'
import type { NewMessage } from '../model/message.ts'
import { type AttributeMap, deliveryAttributes } from '../model/message-attributes.ts'
import type { MessageTexts } from '../model/message-structure.ts'
import { isFifoName, type TopicAddress, topicArn } from '../model/names.ts'
import { checkPublish, messageSize, type OutgoingMessage } from '../model/publish.ts'
import { reportFanOut } from '../status-log.ts'
import { type Published, publish, publishDirectly } from '../store.ts'
import { originFor, type SNS, type SnsContext } from './context.ts'

export const publishing = (sns: SnsContext) =>
  ({
    async Publish(input, caller) {
      const { target, texts } = checkPublish(input, caller.region)
      const message = newMessage(input, texts, caller)
      if ('topic' in target) {
        const [published] = await publishTo(sns, caller, target.topic, [message])
        sns.counts.published(input, [messageSize(input)])
        return answer(published as Published)
      }
      const { accountId, region, principal } = caller
      const structure = input.MessageStructure
      const place = 'endpoint' in target ? { endpoint: target.endpoint, structure } : { ...target, accountId, region }
      const call = { ...place, sender: principal.id, origin: originFor(sns, caller), message }
      await sns.store.execute(publishDirectly, call)
      sns.counts.published(input, [messageSize(input)])
      return { MessageId: message.messageId }
    },

    async PublishBatch({ TopicArn, PublishBatchRequestEntries: entries = [] }, caller) {
      const topic = parseTopicArn(TopicArn, caller.region)
      const texts = checkBatch(entries, isFifoName(topic.name))
      const messages = entries.map((entry, at) => newMessage(entry, texts[at], caller))
      const published = await publishTo(sns, caller, topic, messages)
      sns.counts.published({ TopicArn }, entries.map(messageSize))
      return { Successful: entries.map(({ Id }, at) => ({ Id, ...answer(published[at] as Published) })), Failed: [] }
    },
  }) satisfies PartialHandlers<SNS>

async function publishTo(
  sns: SnsContext,
  caller: Caller,
  topic: TopicAddress,
  messages: readonly NewMessage[],
): Promise<readonly Published[]> {
  const { principal } = caller
  const { keyId } = await sns.signing.current()
  const call = {
    topic,
    sender: principal.id,
    principal: principal.arn,
    origin: originFor(sns, caller),
    keyId,
    messages,
  }
  const { published, audits, report } = await sns.store.execute(publish, call)
  reportFanOut(sns, report)
  for (const { messageId, audit } of audits) {
    const audited = { messageId, topicArn: topicArn(topic), principalArn: principal.arn, at: sns.clock.now() }
    sns.log.info({ audit: JSON.parse(auditRecord(audited, audit)), destination: audit.destination }, 'sensitive data')
  }
  return published
}

function newMessage(input: OutgoingMessage, texts: MessageTexts | undefined, caller: Caller): NewMessage {
  const attributes = deliveryAttributes(input.MessageAttributes as AttributeMap | undefined)
  const traceHeader = caller.header('x-amzn-trace-id')
  return {
    messageId: randomUUID(),
    message: input.Message,
    ...(texts !== undefined && { texts }),
    ...(input.Subject !== undefined && { subject: input.Subject }),
    ...(attributes !== undefined && { attributes }),
    ...(input.MessageGroupId !== undefined && { groupId: input.MessageGroupId }),
    ...(input.MessageDeduplicationId !== undefined && { deduplicationId: input.MessageDeduplicationId }),
    ...(traceHeader !== undefined && { traceHeader }),
  }
}

const answer = ({ messageId, sequence }: Published) => ({
  MessageId: messageId,
  SequenceNumber: sequence === undefined ? undefined : sequenceNumber(sequence),
})
