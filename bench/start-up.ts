/** How long an empty node takes to start, and how much memory it has then. */
import { residentBytes } from './machine.ts'
import { onNewNodes } from './nodes.ts'
import { createQueue } from './queue.ts'
import type { Session } from './session.ts'

const STARTS = 5

export interface StartUps {
  readonly startUpMillis: readonly number[]
  /** With one queue. */
  readonly idleBytes?: number
}

/** Nothing for a server that already runs. */
export async function startUps(session: Session): Promise<StartUps> {
  const startUpMillis: number[] = []
  if (session.options.against !== undefined) return { startUpMillis }
  let idleBytes: number | undefined
  for (let n = 0; n < STARTS; n++) {
    await onNewNodes(session.newNodes(1), async ([node]) => {
      startUpMillis.push(node.startUpMillis)
      await createQueue(node.endpoint, 'idle')
      idleBytes = residentBytes(node.pid)
    })
  }
  return { startUpMillis, idleBytes }
}
