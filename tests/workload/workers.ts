/** All workloads of a run, side by side. */
import { FanOutWorkload } from './fan-out.ts'
import { FifoWorkload } from './fifo.ts'
import { moveRepeatedly } from './move.ts'
import { purgeRepeatedly } from './purge.ts'
import type { Queues } from './queues.ts'
import type { Scene } from './scene.ts'
import { consumeStandard, produceStandard } from './standard.ts'

export interface Workers {
  readonly fifo: FifoWorkload
  readonly fanOut: FanOutWorkload
  /** Resolves when all have ended; rejects when one of them fails. */
  readonly done: Promise<unknown>
  /** The same without the move tasks, which may be waiting for a lease that a dead node has left. */
  readonly doneExceptMoves: Promise<unknown>
}

export async function startWorkers(scene: Scene, queues: Queues): Promise<Workers> {
  const fanOut = new FanOutWorkload(scene)
  await fanOut.prepare()
  const fifo = new FifoWorkload(scene, queues.fifo)
  const doneExceptMoves = Promise.all([
    ...['p1', 'p2', 'p3'].map((name) => produceStandard(scene, queues.standard, name)),
    ...['c1', 'c2', 'c3'].map((name) => consumeStandard(scene, queues.standard, name)),
    ...['g1', 'g2', 'g3', 'g4', 'g5', 'g6'].map((group) => fifo.produce(group)),
    ...['f1', 'f2', 'f3'].map((name) => fifo.consume(name)),
    consumeStandard(scene, queues.move.destination, 'm1'),
    purgeRepeatedly(scene),
    fanOut.run(),
  ])
  return { fifo, fanOut, doneExceptMoves, done: Promise.all([doneExceptMoves, moveRepeatedly(scene, queues.move)]) }
}
