/** docs/coverage.md: each operation of each service's model, and whether a handler answers it. */
import type { Kernel, Service } from '../../src/kernel/kernel.ts'
import { loadModel } from '../../src/kernel/protocol/load-model.ts'

export interface Coverage {
  /** The service's name in the SDK: `SQS`. */
  readonly sdkId: string
  /** All operations of the model, in alphabetical order. */
  readonly operations: readonly { readonly name: string; readonly isBuilt: boolean }[]
}

export function coverageOf(service: Service): Coverage {
  const { meta, operations } = loadModel(service.id)
  const { handlers } = service.start(kernel)
  return {
    sdkId: meta.sdkId,
    operations: [...operations.keys()].sort().map((name) => ({ name, isBuilt: name in handlers })),
  }
}

export function renderCoverage(services: readonly Coverage[]): string {
  return `# What is built

Generated from the code by \`npm run docs\`. An operation that is not built answers HTTP 501 \`NotImplemented\`.

| Service | Built | Operations |
|---|---|---|
${services.map(summaryRow).join('\n')}
${services.map(section).join('')}`
}

const summaryRow = ({ sdkId, operations }: Coverage): string =>
  `| [${sdkId}](#${sdkId.toLowerCase().replaceAll(' ', '-')}) | ${countBuilt(operations)} | ${operations.length} |`

const section = ({ sdkId, operations }: Coverage): string => `
## ${sdkId}

| Operation | Built |
|---|---|
${operations.map(({ name, isBuilt }) => `| ${name} | ${isBuilt ? 'yes' : 'no'} |`).join('\n')}
`

const countBuilt = (operations: Coverage['operations']): number => operations.filter(({ isBuilt }) => isBuilt).length

/**
 * Stands for each part of a kernel while a service is asked only for the names of its handlers: whatever is read from it or called on
 * it is itself, and does nothing. It is no promise, so awaiting it ends.
 */
const inert: unknown = new Proxy(() => {}, {
  get: (_target, key) => (key === 'then' ? undefined : inert),
  apply: () => inert,
})

const PARTS = [
  'store',
  'clock',
  'targets',
  'seals',
  'metrics',
  'log',
  'config',
  'sessions',
  'guard',
] as const satisfies (keyof Kernel)[]
/** With members of its own, since services copy them. */
const kernel = Object.fromEntries(PARTS.map((part) => [part, inert])) as unknown as Kernel
