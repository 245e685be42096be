import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allOptions, ConfigError, configWith, isLoopback, readConfig, readOptions } from './config.ts'
import { helpText, optionTable } from './help.ts'
import { backupOptions } from './options.ts'

test('the defaults serve a developer on one machine', () => {
  const config = readConfig([], {})
  assert.equal(config.host, 'localhost')
  assert.equal(config.port, 4566)
  assert.equal(config.dataDir, './.millrace')
  assert.equal(config.maxRequestBytes, 16 * 1024 * 1024)
  assert.deepEqual(config.sqs, { urlStyle: 'dynamic', recreateWait: true, maxInFlight: 120_000 })
  assert.deepEqual(configWith(), config)
})

test('a flag wins over the environment, and that over the default', () => {
  const env = { MILLRACE_PORT: '5000', MILLRACE_DATA_DIR: '/env', MILLRACE_SQS_RECREATE_WAIT: 'off' }
  const config = readConfig(['--port', '6000'], env)
  assert.equal(config.port, 6000)
  assert.equal(config.dataDir, '/env')
  assert.equal(config.sqs.recreateWait, false)
})

test('an empty environment variable is one that is not set', () => {
  assert.equal(readConfig([], { MILLRACE_PORT: '' }).port, 4566)
})

const accepted = [
  { name: 'any free port', args: ['--port', '0'], key: 'port', value: 0 },
  { name: 'a value after an equals sign', args: ['--port=1234'], key: 'port', value: 1234 },
  { name: 'a flag without a value', args: ['--ephemeral'], key: 'ephemeral', value: true },
  { name: 'a flag in the environment', env: { MILLRACE_EPHEMERAL: 'true' }, key: 'ephemeral', value: true },
  { name: 'a flag turned off in the environment', env: { MILLRACE_EPHEMERAL: '0' }, key: 'ephemeral', value: false },
  { name: 'another loopback address', args: ['--host', '127.0.0.2'], key: 'host', value: '127.0.0.2' },
  { name: 'a remote address, if allowed', args: ['--host=0.0.0.0', '--allow-remote'], key: 'host', value: '0.0.0.0' },
  { name: 'a log level', args: ['--log-level', 'silent'], key: 'logLevel', value: 'silent' },
] as const

for (const c of accepted) {
  test(`accepts ${c.name}`, () => {
    const config = readConfig('args' in c ? c.args : [], 'env' in c ? c.env : {})
    assert.equal(config[c.key], c.value)
  })
}

const lists = [
  { name: 'no origins', args: [], key: 'allowOrigins', value: [] },
  {
    name: 'origins in one flag and in another',
    args: [
      '--allow-origins',
      'http://localhost:3000, HTTPS://App.Example.com/',
      '--allow-origins=chrome-extension://ab',
    ],
    key: 'allowOrigins',
    value: ['http://localhost:3000', 'https://app.example.com', 'chrome-extension://ab'],
  },
  {
    name: 'an origin as browsers write it, without the port that goes without saying',
    args: ['--allow-origins', 'https://app.example.com:443'],
    key: 'allowOrigins',
    value: ['https://app.example.com'],
  },
  {
    name: 'hosts in the environment',
    env: { MILLRACE_ALLOW_HOSTS: 'Millrace.Example.com,queues.example.' },
    key: 'allowHosts',
    value: ['millrace.example.com', 'queues.example'],
  },
] as const

for (const c of lists) {
  test(`accepts ${c.name}`, () => {
    const config = readConfig('args' in c ? c.args : [], 'env' in c ? c.env : {})
    assert.deepEqual(config[c.key], c.value)
  })
}

const refused = [
  { name: 'any origin', args: ['--allow-origins', '*'], message: /--allow-origins must be an origin like/ },
  { name: 'the origin of nobody', args: ['--allow-origins', 'null'], message: /--allow-origins/ },
  { name: 'an origin with a path', args: ['--allow-origins', 'http://a.example/app'], message: /--allow-origins/ },
  { name: 'a bad origin beside a good one', args: ['--allow-origins', 'http://a.example,b'], message: /'http:.*,b'/ },
  { name: 'a host with a port', args: ['--allow-hosts', 'a.example:80'], message: /--allow-hosts must be a host name/ },
  { name: 'a pattern of hosts', args: ['--allow-hosts', '*.example'], message: /--allow-hosts/ },
  { name: 'an empty list', args: ['--allow-hosts', ''], message: /--allow-hosts/ },
  { name: 'an unknown flag', args: ['--nope'], message: /--nope/ },
  { name: 'a stray argument', args: ['stop'], message: /stop/ },
  { name: 'a flag that lacks its value', args: ['--port'], message: /--port/ },
  { name: 'a value for a flag that takes none', args: ['--ephemeral=yes'], message: /--ephemeral/ },
  { name: 'a port that is no number', args: ['--port', '80x'], message: /--port must be a whole number.*'80x'/ },
  { name: 'a port that is too high', args: ['--port', '65536'], message: /--port must be .*65535/ },
  { name: 'a number with a fraction', args: ['--max-request-bytes', '2000.5'], message: /--max-request-bytes/ },
  { name: 'a bad value in the environment', env: { MILLRACE_PORT: 'x' }, message: /^MILLRACE_PORT must be/ },
  { name: 'a choice that is none', args: ['--url-style', 'odd'], message: /one of off, dynamic/ },
  { name: 'neither on nor off', args: ['--sqs-recreate-wait', 'maybe'], message: /on or off/ },
  { name: 'a name every object has', args: ['--sqs-recreate-wait', 'constructor'], message: /on or off/ },
  { name: 'a region with a space', args: ['--region', 'us east'], message: /--region/ },
  { name: 'a store of another kind', args: ['--store', 'mysql://db'], message: /--store must be .*postgres:/ },
  { name: 'two stores', args: ['--store', 'postgres://db', '--ephemeral'], message: /exclude/ },
  { name: 'the enforce mode', args: ['--auth', 'enforce'], message: /NotImplemented/ },
  { name: 'a remote address', args: ['--host', '0.0.0.0'], message: /--allow-remote/ },
  {
    name: 'a host name that only looks like loopback',
    args: ['--host', '127.evil.example'],
    message: /--allow-remote/,
  },
  {
    name: 'a gateway for text messages without the key of its signatures',
    args: ['--sns-sms-webhook-url', 'http://127.0.0.1:1/sms'],
    message: /--sns-sms-webhook-secret/,
  },
  { name: 'a certificate without its key', args: ['--tls-cert', 'c.pem'], message: /--tls-key/ },
]

for (const c of refused) {
  test(`refuses ${c.name}`, () => {
    assert.throws(
      () => readConfig(c.args ?? [], c.env ?? {}),
      (error) => error instanceof ConfigError && c.message.test(error.message) && !error.message.includes('\n'),
    )
  })
}

test('another command has its own options, and reads them in the same way', () => {
  const env = { MILLRACE_DATA_DIR: '/env', MILLRACE_PORT: 'of no interest' }
  assert.deepEqual(readOptions(backupOptions, ['--to', 'a.db'], env), { dataDir: '/env', to: 'a.db' })
  assert.throws(() => readOptions(backupOptions, ['--port', '1'], env), ConfigError)
  for (const { flag } of allOptions(backupOptions)) assert.ok(helpText().includes(`--${flag}`), flag)
})

test('only addresses of this machine are loopback', () => {
  assert.deepEqual(['localhost', '127.0.0.1', '127.9.9.9', '::1'].map(isLoopback), [true, true, true, true])
  assert.deepEqual(['0.0.0.0', '::', '10.0.0.1', 'example.org'].map(isLoopback), [false, false, false, false])
})

test('help and table name every option, flag and environment variable alike', () => {
  const options = allOptions()
  assert.equal(new Set(options.map(({ env }) => env)).size, options.length)
  for (const { flag, env, help } of options) {
    assert.ok(helpText().includes(`--${flag}`) && helpText().includes(help), flag)
    assert.ok(optionTable().includes(`\`${env}\``), env)
  }
  assert.equal(optionTable().trim().split('\n').length, options.length + 2)
})
