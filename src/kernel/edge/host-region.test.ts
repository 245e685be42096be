import assert from 'node:assert/strict'
import { test } from 'node:test'
import { regionOfHost } from './host-region.ts'

const cases = [
  { host: 'sqs.eu-west-1.example.com:4566', region: 'eu-west-1' },
  { host: 'SQS.EU-WEST-1.localhost.localstack.cloud', region: 'eu-west-1' },
  { host: 'ap-southeast-2.queue.amazonaws.com', region: 'ap-southeast-2' },
  { host: 'vpce-1-2.sns.us-gov-west-1.vpce.amazonaws.com', region: 'us-gov-west-1' },
  { host: 'sqs.us-isob-east-1.sc2s.sgov.gov', region: 'us-isob-east-1' },
  { host: 'sqs.mx-central-1.amazonaws.com', region: 'mx-central-1' },
  { host: 'queue.amazonaws.com', region: undefined },
  { host: 'localhost:4566', region: undefined },
  { host: '127.0.0.1:4566', region: undefined },
  { host: '[::1]:4566', region: undefined },
  { host: 'project-millrace-1.network', region: undefined },
  { host: 'my-east-1', region: undefined },
  { host: '', region: undefined },
]
for (const { host, region } of cases) {
  test(`the host ${host} says ${region}`, () => assert.equal(regionOfHost(host), region))
}
