import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CompactModel, hydrate } from './hydrate.ts'
import { loadModel } from './load-model.ts'

test('a model is read once', () => assert.equal(loadModel('sqs'), loadModel('sqs')))

test('a service without a schema is a mistake of the program', () => {
  assert.throws(() => loadModel('nothing'), { message: /no usable schema for service 'nothing'/ })
})

test('what the platform must know of SQS', () => {
  const { meta, operations } = loadModel('sqs')
  assert.deepEqual(meta, {
    id: 'sqs',
    sdkId: 'SQS',
    namespace: 'com.amazonaws.sqs',
    version: '2012-11-05',
    target: 'AmazonSQS',
    xmlns: 'http://queue.amazonaws.com/doc/2012-11-05/',
    signingName: 'sqs',
    protocols: ['json1.0', 'query'],
    queryCompatible: true,
    queryJsonNames: { Messages: 'messages', QueueUrls: 'queueUrls' },
    queryErrorDetail: true,
  })
  assert.equal(operations.size, 23)
})

test('operations have their members, the required ones marked', () => {
  const { input, output } = loadModel('sqs').operations.get('ChangeMessageVisibilityBatch') ?? {}
  assert.deepEqual(
    input?.members.map(({ name, required, shape }) => [name, required, shape.kind]),
    [
      ['QueueUrl', true, 'string'],
      ['Entries', true, 'list'],
    ],
  )
  assert.equal(output?.name, 'ChangeMessageVisibilityBatchResult')
  assert.equal(loadModel('sqs').operations.get('DeleteQueue')?.output, undefined)
})

const compact = (shapes: CompactModel['shapes'], root = '#0'): CompactModel => ({
  meta: loadModel('sqs').meta,
  shapes,
  operations: [['Op', root, 'unit']],
  errors: [],
})

test('a shape may contain itself, and a member’s traits are its own', () => {
  const tree = compact([
    [
      3,
      'Tree',
      0,
      ['Label', 'Children'],
      [
        [0, { xmlName: 'label' }],
        ['#1', { xmlFlattened: 1 }],
      ],
      1,
    ],
    [1, 'Trees', 0, '#0'],
  ])
  const input = hydrate(tree).operations.get('Op')?.input
  const [label, children] = input?.members ?? []
  assert.equal(label?.traits.xmlName, 'label')
  assert.equal(children?.shape.kind === 'list' && children.shape.item.shape, input)
})

test('a schema without a form is refused, not guessed at', () => {
  const members = hydrate(compact([[3, 'Odd', 0, ['Document'], [15], 0]])).operations.get('Op')?.input.members
  assert.throws(() => members?.[0]?.shape, { message: /no form for schema 15/ })
})
