/** The operations on topics themselves: their life, attributes, tags, permissions and data protection. */
import type { PartialHandlers } from '../../../kernel/protocol/types.ts'
import { invalidParameter } from '../errors.ts'
import { parseTopicArn } from '../model/arn.ts'
import { parseDataProtectionPolicy } from '../model/data-protection-policy.ts'
import { effectiveTopicDeliveryPolicy } from '../model/delivery-policy.ts'
import { checkTopicName, isFifoName, topicArn } from '../model/names.ts'
import { decodeNextToken, encodeNextToken, PAGE_SIZE } from '../model/page-token.ts'
import { checkPermission } from '../model/policy.ts'
import { settleArchive } from '../model/replay.ts'
import { listTags, parseTags } from '../model/tags.ts'
import { asksForFifo, createTopicAttributes } from '../model/topic-attributes.ts'
import { describeTopic } from '../model/topic-description.ts'
import {
  changeTags,
  createTopic,
  deleteTopic,
  getTags,
  getTopic,
  grantPermission,
  listTopics,
  revokePermission,
  setDataProtection,
  setTopicAttribute,
} from '../store.ts'
import { checkedFor, pageOf, type SNS, type SnsContext } from './context.ts'

export const topics = (sns: SnsContext) =>
  ({
    async CreateTopic({ Name, Attributes = {}, Tags, DataProtectionPolicy }, { accountId, region }) {
      const fifo = asksForFifo(Attributes)
      checkTopicName(Name, fifo)
      const topic = { accountId, region, name: Name }
      const attributes = createTopicAttributes(Attributes, topicArn(topic), sns.clock.now())
      const tags = parseTags(Tags)
      const dataProtectionPolicy = DataProtectionPolicy || undefined
      if (dataProtectionPolicy !== undefined) checkDataProtection(dataProtectionPolicy, fifo)
      await sns.store.execute(createTopic, { topic, attributes, tags, dataProtectionPolicy })
      return { TopicArn: topicArn(topic) }
    },

    async DeleteTopic({ TopicArn }, { region }) {
      await sns.store.execute(deleteTopic, parseTopicArn(TopicArn, region))
      return {}
    },

    async ListTopics({ NextToken }, { accountId, region }) {
      const listing = `topics ${accountId} ${region}`
      const after = NextToken ? decodeNextToken(listing, NextToken) : ''
      const names = await sns.store.execute(listTopics, { accountId, region, after, limit: PAGE_SIZE + 1 })
      const { shown, last } = pageOf(names, PAGE_SIZE)
      return {
        Topics: shown.map((name) => ({ TopicArn: topicArn({ accountId, region, name }) })),
        NextToken: last && encodeNextToken(listing, last),
      }
    },

    async GetTopicAttributes({ TopicArn }, { region }) {
      const topic = await sns.store.execute(getTopic, parseTopicArn(TopicArn, region))
      const attributes = settleArchive(topic.attributes, sns.clock.now())
      const policy = effectiveTopicDeliveryPolicy(attributes.DeliveryPolicy)
      return { Attributes: describeTopic({ ...topic, attributes }, policy) }
    },

    async SetTopicAttributes({ TopicArn, AttributeName, AttributeValue }, { region }) {
      const topic = parseTopicArn(TopicArn, region)
      await sns.store.execute(setTopicAttribute, { topic, name: AttributeName, value: AttributeValue })
      return {}
    },

    async AddPermission({ TopicArn, Label, AWSAccountId, ActionName }, { region }) {
      const topic = parseTopicArn(TopicArn, region)
      const permission = { label: Label, accountIds: AWSAccountId, actions: ActionName }
      await checkedFor(sns, topic, () => checkPermission(permission))
      await sns.store.execute(grantPermission, { topic, permission })
      return {}
    },

    async RemovePermission({ TopicArn, Label }, { region }) {
      await sns.store.execute(revokePermission, { topic: parseTopicArn(TopicArn, region), label: Label })
      return {}
    },

    async TagResource({ ResourceArn, Tags }, { region }) {
      const topic = parseTopicArn(ResourceArn, region, 'ResourceArn')
      await sns.store.execute(changeTags, { topic, set: parseTags(Tags), remove: [] })
      return {}
    },

    async UntagResource({ ResourceArn, TagKeys }, { region }) {
      const topic = parseTopicArn(ResourceArn, region, 'ResourceArn')
      await sns.store.execute(changeTags, { topic, set: {}, remove: TagKeys })
      return {}
    },

    async ListTagsForResource({ ResourceArn }, { region }) {
      const tags = await sns.store.execute(getTags, parseTopicArn(ResourceArn, region, 'ResourceArn'))
      return { Tags: listTags(tags) }
    },

    async PutDataProtectionPolicy({ ResourceArn, DataProtectionPolicy }, { region }) {
      const topic = parseTopicArn(ResourceArn, region, 'ResourceArn')
      if (DataProtectionPolicy !== '') checkDataProtection(DataProtectionPolicy, isFifoName(topic.name))
      await sns.store.execute(setDataProtection, { topic, policy: DataProtectionPolicy })
      return {}
    },

    async GetDataProtectionPolicy({ ResourceArn }, { region }) {
      const topic = parseTopicArn(ResourceArn, region, 'ResourceArn')
      const { dataProtectionPolicy } = await sns.store.execute(getTopic, topic)
      return { DataProtectionPolicy: dataProtectionPolicy ?? undefined }
    },
  }) satisfies PartialHandlers<SNS>

/** Throws InvalidParameter, or NotImplemented for a data identifier that isn't built. */
function checkDataProtection(text: string, fifo: boolean): void {
  if (fifo) throw invalidParameter('DataProtectionPolicy Reason: is not supported for FIFO topics')
  parseDataProtectionPolicy(text)
}
