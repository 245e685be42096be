import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadModel } from '../../kernel/protocol/load-model.ts'
import { wireError } from '../../kernel/protocol/wire-error.ts'
import * as errors from './errors.ts'

const invalid = 'InvalidParameter'

/** As a client sees them: code, status, sentence. */
const sentences = [
  [errors.invalidParameter('Topic Name'), invalid, 400, 'Invalid parameter: Topic Name'],
  [errors.refuseAttribute('AttributeName'), invalid, 400, 'Invalid parameter: AttributeName'],
  [errors.refuseAttributes('AttributeName'), invalid, 400, 'Invalid parameter: Attributes Reason: AttributeName'],
  [errors.invalidMessageAttribute('a'), 'ParameterValueInvalid', 400, 'a'],
  [errors.invalidAction('X'), 'InvalidAction', 400, 'The action X is not valid for this endpoint.'],
  [errors.topicNotFound(), 'NotFound', 404, 'Topic does not exist'],
  [errors.subscriptionNotFound(), 'NotFound', 404, 'Subscription does not exist'],
  [errors.endpointNotFound(), 'NotFound', 404, 'Endpoint does not exist'],
  [errors.platformApplicationNotFound(), 'NotFound', 404, 'PlatformApplication does not exist'],
  [errors.resourceNotFound(), 'ResourceNotFound', 404, 'Resource does not exist'],
  [
    errors.targetNotFound(),
    invalid,
    400,
    'Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified',
  ],
  [
    errors.topicHasOtherAttributes(),
    invalid,
    400,
    'Invalid parameter: Attributes Reason: Topic already exists with different attributes',
  ],
  [
    errors.topicHasOtherTags(),
    invalid,
    400,
    'Invalid parameter: Tags Reason: Topic already exists with different tags',
  ],
  [
    errors.subscriptionHasOtherAttributes(),
    invalid,
    400,
    'Invalid parameter: Attributes Reason: Subscription already exists with different attributes',
  ],
  [
    errors.platformApplicationHasOtherAttributes(),
    invalid,
    400,
    'Invalid parameter: Name Reason: An application with the same name but different properties already exists',
  ],
  [
    errors.endpointHasOtherAttributes('arn:e'),
    invalid,
    400,
    'Invalid parameter: Token Reason: Endpoint arn:e already exists with the same Token, but different attributes.',
  ],
  [
    errors.notAuthorized('arn:u', 'Publish', 'arn:t'),
    'AuthorizationError',
    403,
    'User: arn:u is not authorized to perform: SNS:Publish on resource: arn:t',
  ],
  [
    errors.unsubscribeNeedsAuthentication('arn:s'),
    'AuthorizationError',
    403,
    'User: anonymous is not authorized to perform: SNS:Unsubscribe on resource: arn:s',
  ],
  [errors.endpointDisabled(), 'EndpointDisabled', 400, 'Endpoint is disabled'],
  [errors.topicHasArchive(), 'InvalidState', 400, 'The topic has an active ArchivePolicy and cannot be deleted.'],
  [
    errors.tagLimitExceeded(),
    'TagLimitExceeded',
    400,
    'Could not complete request: tag quota of per resource exceeded',
  ],
  [errors.topicLimitExceeded(), 'TopicLimitExceeded', 403, 'The account has the maximum number of topics.'],
  [
    errors.subscriptionLimitExceeded(),
    'SubscriptionLimitExceeded',
    403,
    'The topic or the account has the maximum number of subscriptions.',
  ],
  [
    errors.filterPolicyLimitExceeded(),
    'FilterPolicyLimitExceeded',
    403,
    'The topic or the account has the maximum number of filter policies.',
  ],
  [errors.replayLimitExceeded(), 'ReplayLimitExceeded', 403, 'The topic has the maximum number of replays.'],
  [errors.invalidToken(), invalid, 400, 'Invalid parameter: Token'],
  [errors.unreachableEndpoint(), invalid, 400, 'Invalid parameter: Unreachable Endpoint'],
  [
    errors.deduplicationIdMissing(),
    invalid,
    400,
    'Invalid parameter: The topic should either have ContentBasedDeduplication enabled or ' +
      'MessageDeduplicationId provided explicitly',
  ],
] as const

const model = loadModel('sns')
for (const [error, code, status, message] of sentences) {
  test(`${code} ${status}: ${message}`, () => {
    const wire = wireError(model, error)
    assert.deepEqual([wire.queryCode, wire.status, error.message], [code, status, message])
  })
}

const missing = [
  { paths: ['Attributes'], at: ['attributes'] },
  { paths: ['TopicArn'], at: ['topicArn'] },
  { paths: ['phoneNumber'], at: ['phoneNumber'] },
  { paths: ['AWSAccountId'], at: ['aWSAccountId'] },
  { paths: ['MessageAttributes.a.DataType'], at: ['messageAttributes.a.member.dataType'] },
  { paths: ['MessageAttributes.a.b.DataType'], at: ['messageAttributes.a.b.member.dataType'] },
  { paths: ['Tags.2.Value'], at: ['tags.2.member.value'] },
  { paths: ['PublishBatchRequestEntries.1.Id'], at: ['publishBatchRequestEntries.1.member.id'] },
  {
    paths: ['PublishBatchRequestEntries.1.MessageAttributes.a.DataType'],
    at: ['publishBatchRequestEntries.1.member.messageAttributes.a.member.dataType'],
  },
  {
    paths: ['PublishBatchRequestEntries.3.MessageAttributes.a.b.DataType'],
    at: ['publishBatchRequestEntries.3.member.messageAttributes.a.b.member.dataType'],
  },
  { paths: ['TopicArn', 'Label'], at: ['topicArn', 'label'] },
]
for (const { paths, at } of missing) {
  test(`without ${paths.join(' and ')} a request breaks the schema at ${at.join(' and ')}`, () => {
    const error = errors.missingMembers(paths)
    const count = at.length === 1 ? '1 validation error detected' : `${at.length} validation errors detected`
    const constraints = at.map(
      (path) => `Value null at '${path}' failed to satisfy constraint: Member must not be null`,
    )
    const wire = wireError(model, error)
    assert.deepEqual([wire.queryCode, wire.status], ['ValidationError', 400])
    assert.equal(error.message, `${count}: ${constraints.join('; ')}`)
  })
}
