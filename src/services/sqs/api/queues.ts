/** The operations on queues themselves: their life, attributes, tags and permissions. */

import { isAccountId } from '../../../kernel/arn.ts'
import type { Caller } from '../../../kernel/kernel.ts'
import type { PartialHandlers } from '../../../kernel/protocol/types.ts'
import { queueDoesNotExist } from '../errors.ts'
import { checkQueueName, type QueueAddress } from '../model/names.ts'
import { decodeNextToken, encodeNextToken, type PagedRequest, pageSize } from '../model/paging.ts'
import { checkPermission } from '../model/policy.ts'
import { asksForFifo, createAttributes } from '../model/queue-attributes.ts'
import { describeQueue, selectQueueAttributes } from '../model/queue-description.ts'
import { addTags, requireTags, type Tags } from '../model/tags.ts'
import {
  changeTags,
  createQueue,
  deleteQueue,
  describe,
  getTags,
  grantPermission,
  listDeadLetterSources,
  listQueues,
  purgeQueue,
  requireExisting,
  revokePermission,
  setAttributes,
} from '../store.ts'
import { addressOf, checked, type SQS, type SqsContext, urlOf } from './context.ts'

export const queues = (sqs: SqsContext) =>
  ({
    async CreateQueue({ QueueName, Attributes = {}, tags = {} }, caller) {
      checkQueueName(QueueName, asksForFifo(Attributes))
      createAttributes(Attributes)
      const queue = { accountId: caller.accountId, region: caller.region, name: QueueName }
      const { recreateWait } = sqs.config.sqs
      await sqs.store.execute(createQueue, {
        queue,
        attributes: { ...Attributes },
        tags: addTags({}, tags, QueueName),
        recreateWait,
      })
      return { QueueUrl: urlOf(sqs, caller, queue) }
    },

    async DeleteQueue({ QueueUrl }, caller) {
      await sqs.store.execute(deleteQueue, addressOf(caller, QueueUrl))
      return {}
    },

    async PurgeQueue({ QueueUrl }, caller) {
      await sqs.store.execute(purgeQueue, addressOf(caller, QueueUrl))
      return {}
    },

    async GetQueueUrl({ QueueName, QueueOwnerAWSAccountId }, caller) {
      if (QueueOwnerAWSAccountId !== undefined && !isAccountId(QueueOwnerAWSAccountId)) throw queueDoesNotExist()
      const queue = { accountId: QueueOwnerAWSAccountId ?? caller.accountId, region: caller.region, name: QueueName }
      await sqs.store.execute(requireExisting, queue)
      return { QueueUrl: urlOf(sqs, caller, queue) }
    },

    async ListQueues({ QueueNamePrefix = '', MaxResults, NextToken }, caller) {
      const { accountId, region } = caller
      const list = (after: string, limit: number) =>
        sqs.store.execute(listQueues, { accountId, region, prefix: QueueNamePrefix, after, limit })
      const request = { filter: QueueNamePrefix, maxResults: MaxResults }
      const { urls, nextToken } = await page(sqs, caller, request, NextToken, { accountId, region }, list)
      return { QueueUrls: urls.length > 0 ? urls : undefined, NextToken: nextToken }
    },

    async ListDeadLetterSourceQueues({ QueueUrl, MaxResults, NextToken }, caller) {
      const queue = addressOf(caller, QueueUrl)
      const request = { filter: queue.name, maxResults: MaxResults }
      await checked(sqs, queue, () => checkPage(request, NextToken))
      const list = (after: string, limit: number) => sqs.store.execute(listDeadLetterSources, { queue, after, limit })
      const { urls, nextToken } = await page(sqs, caller, request, NextToken, queue, list)
      return { queueUrls: urls, NextToken: nextToken }
    },

    async GetQueueAttributes({ QueueUrl, AttributeNames }, caller) {
      const queue = addressOf(caller, QueueUrl)
      const selected = await checked(sqs, queue, () => selectQueueAttributes(AttributeNames))
      const facts = await sqs.store.execute(describe, { queue, selected })
      return { Attributes: describeQueue(selected, facts) }
    },

    async SetQueueAttributes({ QueueUrl, Attributes }, caller) {
      await sqs.store.execute(setAttributes, { queue: addressOf(caller, QueueUrl), attributes: { ...Attributes } })
      return {}
    },

    async ListQueueTags({ QueueUrl }, caller) {
      const tags = await sqs.store.execute(getTags, addressOf(caller, QueueUrl))
      return { Tags: Object.keys(tags).length > 0 ? tags : undefined }
    },

    async TagQueue({ QueueUrl, Tags }, caller) {
      const queue = addressOf(caller, QueueUrl)
      await checked(sqs, queue, () => requireTags(Tags))
      await sqs.store.execute(changeTags, { queue, set: { ...(Tags as Tags) }, remove: [] })
      return {}
    },

    async UntagQueue({ QueueUrl, TagKeys }, caller) {
      await sqs.store.execute(changeTags, { queue: addressOf(caller, QueueUrl), set: {}, remove: TagKeys })
      return {}
    },

    async AddPermission({ QueueUrl, Label, AWSAccountIds = [], Actions }, caller) {
      const queue = addressOf(caller, QueueUrl)
      const permission = { label: Label, accountIds: AWSAccountIds, actions: Actions }
      await checked(sqs, queue, () => checkPermission(permission))
      await sqs.store.execute(grantPermission, { queue, permission })
      return {}
    },

    async RemovePermission({ QueueUrl, Label }, caller) {
      await sqs.store.execute(revokePermission, { queue: addressOf(caller, QueueUrl), label: Label })
      return {}
    },
  }) satisfies PartialHandlers<SQS>

function checkPage(request: PagedRequest, token: string | undefined): { limit: number; after: string } {
  return { limit: pageSize(request.maxResults), after: token === undefined ? '' : decodeNextToken(request, token) }
}

/** One page of queues of an account and region. One name more than the page is asked for, to see whether there are more. */
async function page(
  sqs: SqsContext,
  caller: Caller,
  request: PagedRequest,
  token: string | undefined,
  { accountId, region }: Omit<QueueAddress, 'name'>,
  list: (after: string, limit: number) => Promise<string[]>,
): Promise<{ urls: string[]; nextToken: string | undefined }> {
  const { limit, after } = checkPage(request, token)
  const names = await list(after, limit + 1)
  const shown = names.slice(0, limit)
  const hasMore = names.length > limit && request.maxResults !== undefined
  return {
    urls: shown.map((name) => urlOf(sqs, caller, { accountId, region, name })),
    nextToken: hasMore ? encodeNextToken(request, shown.at(-1) as string) : undefined,
  }
}
