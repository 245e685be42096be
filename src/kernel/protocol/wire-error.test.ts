import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ServiceError } from '../service-error.ts'
import { codecs } from './codecs.ts'
import type { Model } from './schema.ts'
import { encodeError, REQUEST_ID, sqs, sts, wireOf } from './testing/wire.ts'

const legacy = (name: string) => `AWS.SimpleQueueService.${name}`

/** The error catalogue of SQS: shape, Query code, HTTP status. */
const modelled: readonly (readonly [shape: string, queryCode: string, status: number])[] = [
  ['QueueDoesNotExist', legacy('NonExistentQueue'), 400],
  ['QueueNameExists', 'QueueAlreadyExists', 400],
  ['QueueDeletedRecently', legacy('QueueDeletedRecently'), 400],
  ['PurgeQueueInProgress', legacy('PurgeQueueInProgress'), 403],
  ['ReceiptHandleIsInvalid', 'ReceiptHandleIsInvalid', 404],
  ['MessageNotInflight', legacy('MessageNotInflight'), 400],
  ['OverLimit', 'OverLimit', 403],
  ['EmptyBatchRequest', legacy('EmptyBatchRequest'), 400],
  ['TooManyEntriesInBatchRequest', legacy('TooManyEntriesInBatchRequest'), 400],
  ['BatchEntryIdsNotDistinct', legacy('BatchEntryIdsNotDistinct'), 400],
  ['InvalidBatchEntryId', legacy('InvalidBatchEntryId'), 400],
  ['BatchRequestTooLong', legacy('BatchRequestTooLong'), 400],
  ['InvalidMessageContents', 'InvalidMessageContents', 400],
  ['InvalidAttributeName', 'InvalidAttributeName', 400],
  ['InvalidAttributeValue', 'InvalidAttributeValue', 400],
  ['UnsupportedOperation', legacy('UnsupportedOperation'), 400],
  ['InvalidIdFormat', 'InvalidIdFormat', 400],
  ['InvalidAddress', 'InvalidAddress', 404],
  ['InvalidSecurity', 'InvalidSecurity', 403],
  ['RequestThrottled', 'RequestThrottled', 403],
  ['ResourceNotFoundException', 'ResourceNotFoundException', 404],
  ['KmsAccessDenied', 'KMS.AccessDeniedException', 400],
  ['KmsDisabled', 'KMS.DisabledException', 400],
  ['KmsInvalidKeyUsage', 'KMS.InvalidKeyUsageException', 400],
  ['KmsInvalidState', 'KMS.InvalidStateException', 400],
  ['KmsNotFound', 'KMS.NotFoundException', 400],
  ['KmsOptInRequired', 'KMS.OptInRequired', 403],
  ['KmsThrottled', 'KMS.ThrottlingException', 400],
]

/** Errors that the schemas don't know. */
const unmodelled = [
  {
    error: new ServiceError('InvalidParameterValue', 'm'),
    type: 'com.amazonaws.sqs#InvalidParameterValueException',
    status: 400,
  },
  {
    error: new ServiceError('MissingParameter', 'm', {
      type: 'com.amazon.coral.service#MissingRequiredParameterException',
    }),
    type: 'com.amazon.coral.service#MissingRequiredParameterException',
    status: 400,
  },
  {
    error: new ServiceError('AccessDenied', 'm', { status: 403 }),
    type: 'com.amazonaws.sqs#AccessDeniedException',
    status: 403,
  },
  { error: new ServiceError('SomeException', 'm'), type: 'com.amazonaws.sqs#SomeException', status: 400 },
]

const xmlError = (type: string, code: string, message: string) =>
  '<?xml version="1.0"?><ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/">' +
  `<Error><Type>${type}</Type><Code>${code}</Code><Message>${message}</Message><Detail/></Error>` +
  `<RequestId>${REQUEST_ID}</RequestId></ErrorResponse>`

describe('errors of SQS', () => {
  test('the table has them all', () => {
    assert.deepEqual([...sqs.errors.keys()].sort(), modelled.map(([shape]) => shape).sort())
  })

  for (const [shape, queryCode, status] of modelled) {
    test(shape, () => {
      const error = new ServiceError(shape, 'm')
      assert.deepEqual(encodeError('json1.0', error), {
        status,
        contentType: 'application/x-amz-json-1.0',
        body: `{"__type":"com.amazonaws.sqs#${shape}","message":"m"}`,
        headers: { 'x-amzn-query-error': `${queryCode};Sender` },
      })
      assert.deepEqual(encodeError('query', error), {
        status,
        contentType: 'text/xml',
        body: xmlError('Sender', queryCode, 'm'),
      })
    })
  }

  for (const { error, type, status } of unmodelled) {
    test(`unmodelled: ${error.code}`, () => {
      const answer = encodeError('json1.0', error)
      assert.equal(answer.status, status)
      assert.equal(answer.body, `{"__type":"${type}","message":"m"}`)
      assert.deepEqual(answer.headers, { 'x-amzn-query-error': `${error.code};Sender` })
      assert.equal(encodeError('query', error).body, xmlError('Sender', error.code, 'm'))
    })
  }

  test('a failure of ours is the receiver’s fault', () => {
    const error = new ServiceError('InternalFailure', 'm', { status: 500 })
    assert.equal(encodeError('json1.0', error).headers?.['x-amzn-query-error'], 'InternalFailure;Receiver')
    assert.equal(encodeError('query', error).body, xmlError('Receiver', 'InternalFailure', 'm'))
  })

  test('the sentence for Query may differ', () => {
    const error = new ServiceError('QueueDoesNotExist', 'json', { queryMessage: 'query' })
    assert.match(String(encodeError('json1.0', error).body), /"message":"json"/)
    assert.match(String(encodeError('query', error).body), /<Message>query</)
  })

  test('a sentence that repeats its request stays well-formed', () => {
    const error = new ServiceError('InvalidParameterValue', '</Message>\u0000"\ud800')
    assert.match(String(encodeError('query', error).body), /<Message>&lt;\/Message&gt;\ufffd"\ufffd<\/Message>/)
    assert.equal(JSON.parse(String(encodeError('json1.0', error).body)).message, '</Message>\u0000"\ud800')
  })

  test('as JSON where a Query request accepts it', () => {
    const { body, ...answer } = codecs.query.encodeError(
      sqs,
      new ServiceError('OverLimit', 'm'),
      REQUEST_ID,
      wireOf('', true),
    )
    assert.deepEqual(answer, { status: 403, contentType: 'application/json' })
    assert.deepEqual(JSON.parse(String(body)), {
      Error: { Type: 'Sender', Code: 'OverLimit', Message: 'm', Detail: null },
      RequestId: REQUEST_ID,
    })
  })
})

describe('errors of other services', () => {
  const typeOf = (error: ServiceError, model: Model | undefined) => {
    const { body, headers } = encodeError('json1.1', error, model)
    assert.equal(headers, undefined)
    return JSON.parse(String(body)).__type
  }

  test('only Query-compatible services have a second code', () => {
    assert.equal(
      typeOf(new ServiceError('MalformedPolicyDocumentException', ''), sts),
      'com.amazonaws.sts#MalformedPolicyDocumentException',
    )
    assert.equal(typeOf(new ServiceError('AccessDenied', ''), sts), 'AccessDenied')
  })

  test('only SQS ends an error of Query with a Detail', () => {
    const error = new ServiceError('AccessDenied', 'm', { status: 403 })
    assert.equal(
      encodeError('query', error, sts).body,
      '<?xml version="1.0"?><ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">' +
        '<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>m</Message></Error>' +
        `<RequestId>${REQUEST_ID}</RequestId></ErrorResponse>`,
    )
    const { body } = codecs.query.encodeError(sts, error, REQUEST_ID, wireOf('', true))
    assert.deepEqual(JSON.parse(String(body)).Error, { Type: 'Sender', Code: 'AccessDenied', Message: 'm' })
  })

  test('a request that reached no service', () => {
    const withType = new ServiceError('UnknownOperation', '', {
      type: 'com.amazon.coral.service#UnknownOperationException',
    })
    assert.equal(
      codecs['json1.0'].encodeError(undefined, withType, REQUEST_ID, wireOf('')).body,
      '{"__type":"com.amazon.coral.service#UnknownOperationException","message":""}',
    )
    const { status, body } = codecs.query.encodeError(
      undefined,
      new ServiceError('InvalidAction', 'm'),
      REQUEST_ID,
      wireOf(''),
    )
    assert.equal(status, 400)
    assert.match(String(body), /^<\?xml version="1.0"\?><ErrorResponse><Error><Type>Sender<\/Type><Code>InvalidAction</)
  })

  test('further members of an error go with it', () => {
    const model: Model = {
      ...sqs,
      errors: new Map([
        [
          'Busy',
          {
            kind: 'struct',
            name: 'Busy',
            traits: { error: 'server' },
            members: [
              {
                name: 'RetryAfterSeconds',
                shape: { kind: 'integer', name: '', traits: {} },
                traits: {},
                required: false,
              },
            ],
          },
        ],
      ]),
    }
    const error = new ServiceError('Busy', 'm', { detail: { RetryAfterSeconds: 3, other: 1 } })
    const json = encodeError('json1.0', error, model)
    assert.equal(json.status, 500)
    assert.equal(json.body, '{"__type":"com.amazonaws.sqs#Busy","message":"m","RetryAfterSeconds":3}')
    assert.match(String(encodeError('query', error, model).body), /<Message>m<\/Message><RetryAfterSeconds>3</)
  })
})
