import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HostNames, hostNameOf } from './hosts.ts'

const hosts = () => new HostNames(['millrace.example.com', 'queues.example'])

const ours = [
  'localhost',
  'localhost:4566',
  'LOCALHOST:4566',
  'localhost.',
  'app.localhost:4566',
  '127.0.0.1',
  '127.0.0.1:4566',
  '10.0.0.3:4566',
  '203.0.113.9',
  '127.1:4566', // an address to those who resolve it, and no name to the public name system
  '[::1]:4566',
  '[fd00::1]',
  '[::ffff:127.0.0.1]:1',
  '[fe80::1%eth0]:4566',
  'millrace',
  'millrace:4566',
  'health',
  'my_service:4566',
  'millrace.local',
  'millrace.default.svc.cluster.local:4566',
  'host.docker.internal:4566',
  'node.test',
  'nas.home.arpa',
  'sqs.us-east-1.amazonaws.com',
  'queue.amazonaws.com',
  'sqs.cn-north-1.amazonaws.com.cn',
  'vpce-1-a.sqs.eu-west-1.vpce.amazonaws.com:443',
  'sqs.eu-west-1.api.aws',
  'localhost.localstack.cloud:4566',
  'sqs.eu-central-1.localhost.localstack.cloud:4566',
  'eu-west-1.queue.localhost.localstack.cloud:4566',
  'millrace.example.com',
  'Millrace.Example.COM:8080',
  'sqs.eu-west-1.millrace.example.com:4566', // where URLs of the style `standard` lead
  'queues.example.',
]
for (const host of ours) {
  test(`a node may be called ${host}`, () => {
    const names = hosts()
    assert.deepEqual([names.judge(host), names.judge(host)], ['ours', 'ours'])
  })
}

const foreign = [
  'evil.example',
  'evil.example:4566',
  'example.com',
  'evilmillrace.example.com',
  'millrace.example.com.evil.example',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  '127.0.0.1.nip.io',
  'notlocalhost.com',
  'evil-amazonaws.com',
  'amazonaws.com.evil.example',
  'localstack.cloud',
  'evil.localstack.cloud',
  'millrace.default.svc',
  'xn--bcher-kva.example',
]
for (const host of foreign) {
  test(`a node is not called ${host}`, () => {
    const names = hosts()
    assert.deepEqual([names.judge(host), names.judge(host)], ['foreign', 'foreign'])
  })
}

const malformed = [
  '',
  ' ',
  '.',
  'a..b',
  '.local',
  'a b.local',
  'user@localhost',
  'localhost:',
  'localhost:http',
  'localhost:123456',
  'localhost:80:80',
  'localhost/path',
  'localhost?x',
  'localhost#x',
  'http://localhost',
  'localhost, localhost',
  '[::1',
  '::1',
  '[localhost]',
  '[1.2.3.4]',
  '[::1%]',
  '<b>.local',
  '"localhost"',
  'münchen.local',
  `${'a'.repeat(300)}.local`,
]
for (const host of malformed) {
  test(`${JSON.stringify(host).slice(0, 40)} is no host`, () => assert.equal(hosts().judge(host), 'malformed'))
}

test('a name is told without its port, in lower case', () => {
  assert.equal(hostNameOf('Sqs.EU-west-1.Example.com.:4566'), 'sqs.eu-west-1.example.com')
  assert.equal(hostNameOf('[FD00::1]:4566'), '[fd00::1]')
})

test('whoever calls by ever new names is judged by the same rules', () => {
  const names = hosts()
  for (let i = 0; i < 1000; i++) {
    assert.equal(names.judge(`a${i}.localhost`), 'ours')
    assert.equal(names.judge(`a${i}.evil.example`), 'foreign')
  }
})
