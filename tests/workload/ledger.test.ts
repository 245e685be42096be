/** The ledger must see what it is there for: for each rule, a story that breaks it and one that comes close. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Figures } from './figures.ts'
import { type Copy, Ledger, type Span } from './ledger.ts'
import type { Rule } from './rules.ts'

const at = (issuedAt: number, answeredAt = issuedAt + 1, attempts = 1): Span => ({ issuedAt, answeredAt, attempts })

/** A ledger with one message, and short words for what befalls it. Timeouts are 100 ms. */
function story(queue: string, delayedUntil = 0) {
  const ledger = new Ledger(new Figures())
  const entry = ledger.mayArrive(queue, 'key', delayedUntil)
  const send = (id: string) => {
    entry.attempts++
    ledger.acknowledged(entry, id)
  }
  const receive = (MessageId: string, count: number, span: Span, Body = 'key') =>
    ledger.received(
      queue,
      { MessageId, Body, Attributes: { ApproximateReceiveCount: String(count) } },
      span,
      100,
    ) as Copy
  const remove = (copy: Copy, count: number, answeredAt: number) => {
    ledger.deleting(copy, count)
    ledger.deleted(copy, answeredAt)
  }
  return { ledger, entry, send, receive, remove }
}

type Story = ReturnType<typeof story>

interface Case {
  readonly name: string
  readonly queue?: string
  readonly delayedUntil?: number
  readonly tell: (story: Story) => void
  readonly broken: readonly Rule[]
}

const cases: readonly Case[] = [
  {
    name: 'sent, received, deleted',
    tell({ send, receive, remove }) {
      send('a')
      remove(receive('a', 1, at(10)), 1, 20)
    },
    broken: [],
  },
  { name: 'never received', tell: ({ send }) => send('a'), broken: ['arrives'] },
  {
    name: 'gone before its deletion',
    tell: ({ send, receive }) => [send('a'), receive('a', 1, at(10))],
    broken: ['arrives'],
  },
  { name: 'nobody has sent it', tell: ({ receive }) => receive('a', 1, at(10), 'another'), broken: ['arrives'] },
  {
    name: 'another id than the one acknowledged',
    tell({ send, receive, remove }) {
      send('a')
      remove(receive('b', 1, at(10)), 1, 20)
    },
    broken: ['arrives'],
  },
  {
    name: 'stored as often as it was sent',
    tell({ entry, send, receive, remove }) {
      entry.attempts++ // without an answer
      send('a')
      for (const id of ['a', 'b']) remove(receive(id, 1, at(10)), 1, 20)
    },
    broken: [],
  },
  {
    name: 'stored more often than it was sent',
    tell({ send, receive, remove }) {
      send('a')
      for (const id of ['a', 'b']) remove(receive(id, 1, at(10)), 1, 20)
    },
    broken: ['arrives'],
  },
  {
    name: 'stored twice in spite of its deduplication id',
    queue: 'q.fifo',
    tell({ entry, send, receive, remove }) {
      entry.attempts++
      send('a')
      for (const id of ['a', 'b']) remove(receive(id, 1, at(10)), 1, 20)
    },
    broken: ['deduplicated'],
  },
  {
    name: 'a repeat is answered with another id',
    queue: 'q.fifo',
    tell({ send, receive, remove }) {
      send('a')
      remove(receive('a', 1, at(10)), 1, 20)
      send('b')
    },
    broken: ['deduplicated', 'arrives'],
  },
  {
    name: 'received while its deletion was under way',
    tell({ send, receive, remove }) {
      send('a')
      const copy = receive('a', 1, at(10))
      receive('a', 2, at(115, 130))
      remove(copy, 1, 125)
    },
    broken: [],
  },
  {
    name: 'back after its deletion',
    tell({ send, receive, remove }) {
      send('a')
      remove(receive('a', 1, at(10)), 1, 20)
      receive('a', 2, at(200))
    },
    broken: ['stays'],
  },
  {
    name: 'the same receive twice',
    tell({ send, receive, remove }) {
      send('a')
      receive('a', 1, at(10))
      remove(receive('a', 1, at(200)), 1, 210)
    },
    broken: ['counts'],
  },
  {
    name: 'received before its timeout',
    tell({ send, receive, remove }) {
      send('a')
      receive('a', 1, at(10))
      remove(receive('a', 2, at(50, 109)), 2, 120)
    },
    broken: ['hidden'],
  },
  {
    name: 'received at its timeout',
    tell({ send, receive, remove }) {
      send('a')
      receive('a', 1, at(10))
      remove(receive('a', 2, at(50, 110)), 2, 120)
    },
    broken: [],
  },
  {
    name: 'received early after a change that was not answered',
    tell({ ledger, send, receive, remove }) {
      send('a')
      ledger.changing(receive('a', 1, at(10)), 0)(undefined)
      remove(receive('a', 2, at(50)), 2, 60)
    },
    broken: [],
  },
  {
    name: 'received before the end of a longer timeout',
    tell({ ledger, send, receive, remove }) {
      send('a')
      ledger.changing(receive('a', 1, at(10)), 500)(at(20))
      remove(receive('a', 2, at(400)), 2, 410)
    },
    broken: ['hidden'],
  },
  {
    name: 'received before its delay is over',
    delayedUntil: 1000,
    tell({ send, receive, remove }) {
      send('a')
      remove(receive('a', 1, at(990)), 1, 1000)
    },
    broken: ['delayed'],
  },
  {
    name: 'an older handle deletes on a standard queue',
    tell({ send, receive, remove }) {
      send('a')
      const copy = receive('a', 1, at(10))
      receive('a', 2, at(200))
      remove(copy, 1, 210)
    },
    broken: [],
  },
  {
    name: 'an older handle deletes on a FIFO queue',
    queue: 'q.fifo',
    tell({ send, receive, remove }) {
      send('a')
      const copy = receive('a', 1, at(10))
      receive('a', 2, at(200))
      remove(copy, 1, 210)
    },
    broken: ['handles'],
  },
  {
    name: 'an older handle is good on a FIFO queue once the newer one has deleted',
    queue: 'q.fifo',
    tell({ ledger, send, receive, remove }) {
      send('a')
      const copy = receive('a', 1, at(10))
      ledger.deleting(receive('a', 2, at(200)), 2) // without an answer
      remove(copy, 1, 210)
    },
    broken: [],
  },
]

for (const { name, queue = 'q', delayedUntil, tell, broken } of cases) {
  test(name, () => {
    const told = story(queue, delayedUntil)
    tell(told)
    told.ledger.checkArrivals()
    assert.deepEqual(
      told.ledger.violations.map(({ rule }) => rule),
      broken,
    )
  })
}
