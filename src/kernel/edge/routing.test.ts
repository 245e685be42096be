import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunningService } from '../kernel.ts'
import { loadModel } from '../protocol/load-model.ts'
import { ServiceRegistry } from './registry.ts'
import { announcedProtocol, findRoute, type RequestHead } from './routing.ts'

const running: RunningService = { handlers: {} }
const registry = new ServiceRegistry(['sts', 'sqs'].map((id) => ({ model: loadModel(id), running })))

interface Sent {
  readonly method?: string
  readonly search?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signingName?: string
}

const head = ({ method = 'POST', search = '', headers = {}, body = '', signingName }: Sent): RequestHead => ({
  method,
  search,
  query: new URLSearchParams(search),
  body: Buffer.from(body),
  signingName,
  header: (name) => headers[name],
})

const JSON10 = { 'content-type': 'application/x-amz-json-1.0' }
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const target = (value: string, type = JSON10['content-type']) => ({ 'content-type': type, 'x-amz-target': value })

const found: readonly (Sent & { name: string; expected: readonly [string, string, string] })[] = [
  { name: 'JSON 1.0 by target', headers: target('AmazonSQS.SendMessage'), expected: ['json1.0', 'sqs', 'SendMessage'] },
  {
    name: 'JSON 1.1 by content type',
    headers: target('AmazonSQS.SendMessage', 'application/x-amz-json-1.1; charset=utf-8'),
    expected: ['json1.1', 'sqs', 'SendMessage'],
  },
  {
    name: 'a target with an unusual content type',
    headers: target('AmazonSQS.SendMessage', 'text/plain'),
    expected: ['json1.0', 'sqs', 'SendMessage'],
  },
  {
    name: 'a form with its version',
    headers: FORM,
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
    expected: ['query', 'sts', 'GetCallerIdentity'],
  },
  {
    name: 'a form with a charset and capitals',
    headers: { 'content-type': 'Application/X-WWW-Form-URLEncoded; charset=utf-8' },
    body: 'Action=SendMessage',
    expected: ['query', 'sqs', 'SendMessage'],
  },
  {
    name: 'a form without a version',
    headers: FORM,
    body: 'Action=ListQueues',
    expected: ['query', 'sqs', 'ListQueues'],
  },
  {
    name: 'a version that no service has',
    headers: FORM,
    body: 'Action=ListQueues&Version=2009-02-01',
    expected: ['query', 'sqs', 'ListQueues'],
  },
  {
    name: 'another service’s version',
    headers: FORM,
    body: 'Action=ListQueues&Version=2011-06-15',
    expected: ['query', 'sqs', 'ListQueues'],
  },
  { name: 'a GET', method: 'GET', search: 'Action=ListQueues', expected: ['query', 'sqs', 'ListQueues'] },
  { name: 'a POST with its action in the URL', search: 'Action=ListQueues', expected: ['query', 'sqs', 'ListQueues'] },
  {
    name: 'a form whose action is in the URL',
    headers: FORM,
    search: 'Action=ListQueues',
    body: 'QueueNamePrefix=a',
    expected: ['query', 'sqs', 'ListQueues'],
  },
  {
    name: 'a target wins over an action',
    headers: target('AmazonSQS.ListQueues'),
    search: 'Action=GetCallerIdentity',
    expected: ['json1.0', 'sqs', 'ListQueues'],
  },
  {
    name: 'a form beside the target of an older name',
    headers: target('AmazonSQSv20121105.ListQueues', FORM['content-type']),
    body: 'Version=2012-11-05&Action=ListQueues',
    expected: ['query', 'sqs', 'ListQueues'],
  },
  {
    name: 'JSON that is called a form, by its target',
    headers: target('AmazonSQS.SendMessage', FORM['content-type']),
    body: '{"QueueUrl":"q","MessageBody":"100% Action=ListQueues"}',
    expected: ['json1.0', 'sqs', 'SendMessage'],
  },
]

for (const { name, expected, ...sent } of found) {
  test(`finds ${name}`, () => {
    const { protocol, service, operation, error } = findRoute(registry, head(sent))
    assert.equal(error, undefined)
    assert.deepEqual([protocol, service?.model.meta.id, operation?.name], expected)
  })
}

const lost: readonly (Sent & { name: string; expected: readonly [string | undefined, string, number, string?] })[] = [
  {
    name: 'an unknown target',
    headers: target('Nobody.Nothing'),
    expected: ['json1.0', 'UnknownOperationException', 400],
  },
  {
    name: 'an unknown operation',
    headers: target('AmazonSQS.Nothing'),
    expected: ['json1.0', 'UnknownOperationException', 400],
  },
  {
    name: 'an operation that every object has',
    headers: target('AmazonSQS.constructor'),
    expected: ['json1.0', 'UnknownOperationException', 400],
  },
  {
    name: 'a target of nobody beside a form without an action',
    headers: target('Nobody.Nothing', FORM['content-type']),
    body: 'QueueNamePrefix=a',
    expected: ['json1.0', 'UnknownOperationException', 400],
  },
  { name: 'a target without a dot', headers: target('x'), expected: ['json1.0', 'UnknownOperationException', 400] },
  { name: 'an empty target', headers: target(''), expected: ['json1.0', 'UnknownOperationException', 400] },
  { name: 'JSON without a target', headers: JSON10, expected: ['json1.0', 'UnknownOperationException', 400] },
  { name: 'a bare GET', method: 'GET', expected: [undefined, 'UnknownOperationException', 404] },
  {
    name: 'a form without an action',
    headers: FORM,
    body: 'a=b',
    expected: [undefined, 'UnknownOperationException', 404],
  },
  { name: 'an unknown action', headers: FORM, body: 'Action=FooBar', expected: ['query', 'InvalidAction', 400] },
  {
    name: 'a form with a broken escape',
    headers: FORM,
    body: 'Action=ListQueues&QueueNamePrefix=%',
    expected: ['query', 'MalformedQueryString', 404],
  },
  {
    name: 'a query string that is no UTF-8',
    method: 'GET',
    search: 'Action=ListQueues&QueueNamePrefix=%ff',
    expected: ['query', 'MalformedQueryString', 404],
  },
  {
    name: 'an unknown action of a version',
    headers: FORM,
    body: 'Action=FooBar&Version=2012-11-05',
    expected: ['query', 'InvalidAction', 400, 'sqs'],
  },
  {
    name: 'an unknown action of a signing name',
    headers: FORM,
    body: 'Action=FooBar',
    signingName: 'sts',
    expected: ['query', 'InvalidAction', 400, 'sts'],
  },
]

for (const { name, expected, ...sent } of lost) {
  test(`refuses ${name}`, () => {
    const { protocol, service, operation, error } = findRoute(registry, head(sent))
    assert.equal(operation, undefined)
    assert.deepEqual(
      [protocol, error?.code, error?.status, service?.model.meta.id],
      [...expected, undefined].slice(0, 4),
    )
  })
}

test('the head alone announces the protocol', () => {
  assert.equal(announcedProtocol(head({ headers: target('a.b') })), 'json1.0')
  assert.equal(announcedProtocol(head({ headers: FORM })), 'query')
  assert.equal(announcedProtocol(head({ search: 'Action=a' })), 'query')
  assert.equal(announcedProtocol(head({})), undefined)
})

test('two services with one target prefix are a mistake of ours', () => {
  const service = { model: loadModel('sqs'), running }
  assert.throws(() => new ServiceRegistry([service, service]), /AmazonSQS/)
})
