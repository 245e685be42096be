/**
 * How many events a second the pattern index takes, on one thread: `node --expose-gc bench/patterns.ts [seconds per figure]`.
 *
 * The events are those of a shop, 20 fields in 600 bytes. Each matches one of the patterns, whatever their number, but for
 * `anything-but alone`, which nearly all match. For comparison: the authors of aws/event-ruler give about 200,000 events a
 * second on one thread of Java for simple rules, with the parsing of the JSON.
 */
import process from 'node:process'
import { eventBridge, type Pattern, PatternIndex, parsePattern } from '../src/kernel/patterns/patterns.ts'
import { machine } from './machine.ts'

const EVENTS = 1000
const SIZES = [1, 1000, 10_000, 100_000]

/** What event number `n` has in the fields that patterns ask for. `n` goes up to the number of patterns. */
const eventText = (n: number) =>
  JSON.stringify({
    version: '0',
    id: `7bf73129-1428-4cd3-a780-${String(n).padStart(12, '0')}`,
    'detail-type': 'Order Placed',
    source: 'shop.orders',
    account: '123456789012',
    time: '2024-01-01T12:00:00Z',
    region: 'eu-central-1',
    resources: ['arn:aws:shop:eu-central-1:123456789012:order/4711'],
    detail: {
      customer: `customer-${n}`,
      store: `store-${n % 300}`,
      aisle: `aisle-${Math.floor(n / 300)}`,
      state: 'placed',
      amount: n + 0.5,
      currency: 'EUR',
      path: `/orders/${n}/items/1/invoice.pdf`,
      address: {
        street: 'Long Street 12',
        city: 'Springfield',
        country: 'DE',
        ip: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`,
      },
      express: true,
    },
  })

interface Scenario {
  readonly name: string
  /** Of pattern number `n`. */
  readonly detail: (n: number) => object
  readonly sizes?: readonly number[]
}

const scenarios: readonly Scenario[] = [
  { name: 'exact, one field differs', detail: (n) => ({ state: ['placed'], customer: [`customer-${n}`] }) },
  {
    name: 'exact, two fields together differ',
    detail: (n) => ({ store: [`store-${n % 300}`], aisle: [`aisle-${Math.floor(n / 300)}`] }),
  },
  { name: 'exact, three values', detail: (n) => ({ customer: [`customer-${n}`, `other-${n}`, 'nobody'] }) },
  { name: 'prefix', detail: (n) => ({ path: [{ prefix: `/orders/${n}/` }] }) },
  {
    name: 'suffix and ignored case',
    detail: (n) => ({ path: [{ suffix: '.pdf' }], customer: [{ 'equals-ignore-case': `CUSTOMER-${n}` }] }),
  },
  { name: 'wildcard', detail: (n) => ({ path: [{ wildcard: `/orders/${n}/*/invoice.pdf` }] }) },
  { name: 'numeric', detail: (n) => ({ amount: [{ numeric: ['>', n, '<=', n + 1] }] }) },
  { name: 'cidr', detail: (n) => ({ address: { ip: [{ cidr: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}/32` }] } }) },
  {
    name: 'anything-but and exact',
    detail: (n) => ({ state: [{ 'anything-but': ['draft', `void-${n}`] }], customer: [`customer-${n}`] }),
  },
  {
    name: 'anything-but alone',
    detail: (n) => ({ customer: [{ 'anything-but': `customer-${n}` }] }),
    sizes: [1, 1000],
  },
  {
    name: 'mixed',
    detail: (n) =>
      [
        { customer: [`customer-${n}`], amount: [{ numeric: ['>', 0] }], refund: [{ exists: false }] },
        { path: [{ prefix: `/orders/${n}/` }], state: [{ 'anything-but': 'draft' }] },
        { amount: [{ numeric: ['>', n, '<=', n + 1] }], state: ['placed'] },
        { $or: [{ customer: [`customer-${n}`] }, { store: ['none'], aisle: [`aisle-${n}`] }] },
      ][n % 4] as object,
  },
]

interface Figures {
  readonly addMillis: number
  readonly matchesPerEvent: number
  readonly parsedPerSecond: number
  readonly textPerSecond: number
  readonly bytesPerPattern: number
}

function measure({ detail }: Scenario, size: number, seconds: number): Figures {
  const before = heapBytes()
  const patterns: Pattern[] = []
  for (let n = 0; n < size; n += 1)
    patterns.push(parsePattern(JSON.stringify({ source: ['shop.orders'], detail: detail(n) }), eventBridge))
  const index = new PatternIndex<number>()
  const started = cpuMillis()
  for (const [n, pattern] of patterns.entries()) index.add(n, pattern)
  const addMillis = cpuMillis() - started
  const bytesPerPattern = (heapBytes() - before) / size
  const texts = Array.from({ length: EVENTS }, (_, n) => eventText(Math.floor((n * size) / EVENTS)))
  const events = texts.map((text) => JSON.parse(text))
  const matches = events.reduce((sum, event) => sum + index.match(event).length, 0)
  return {
    addMillis,
    matchesPerEvent: matches / EVENTS,
    parsedPerSecond: perSecond(seconds, () => {
      for (const event of events) index.match(event)
    }),
    textPerSecond: perSecond(seconds, () => {
      for (const text of texts) index.match(JSON.parse(text))
    }),
    bytesPerPattern,
  }
}

/**
 * Events in a second of this thread's CPU time, where `round` takes all of them once: other processes then count for less.
 * The first rounds let the compiler settle.
 */
function perSecond(seconds: number, round: () => void): number {
  const warmUntil = cpuMillis() + 300
  while (cpuMillis() < warmUntil) round()
  const started = cpuMillis()
  let rounds = 0
  let elapsed = 0
  for (; elapsed < seconds * 1000; elapsed = cpuMillis() - started) {
    round()
    rounds += 1
  }
  return (rounds * EVENTS * 1000) / elapsed
}

function cpuMillis(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

function heapBytes(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const seconds = Number(process.argv[2] ?? 1)
const { cpu, node } = machine()
console.log(`${cpu}, Node.js ${node}; events of ${eventText(0).length} bytes`)
const columns = ['patterns', 'matches/event', 'parsed events/s', 'texts/s', 'added in ms', 'bytes/pattern']
console.log(['scenario'.padEnd(36), ...columns.map((name) => name.padStart(18))].join(''))
for (const scenario of scenarios) {
  for (const size of scenario.sizes ?? SIZES) {
    const { addMillis, matchesPerEvent, parsedPerSecond, textPerSecond, bytesPerPattern } = measure(
      scenario,
      size,
      seconds,
    )
    const figures = [
      size,
      matchesPerEvent,
      Math.round(parsedPerSecond),
      Math.round(textPerSecond),
      addMillis.toFixed(1),
      // Of few it is lost in what else the heap does.
      size < 1000 ? '' : Math.round(bytesPerPattern),
    ]
    console.log(
      [scenario.name.padEnd(36), ...figures.map((figure) => figure.toLocaleString('en').padStart(18))].join(''),
    )
  }
}
