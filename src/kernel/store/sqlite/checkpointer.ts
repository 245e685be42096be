/** The checkpointer's thread: copies pages from the log into the database when told to. See checkpoints.ts. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { FromCheckpointer, LogState } from './checkpoints.ts'
import { openForCheckpoints } from './database.ts'

const port = parentPort as MessagePort
const db = openForCheckpoints(workerData as string)
const copy = db.prepare('pragma wal_checkpoint(passive)')
const say = (message: FromCheckpointer): void => port.postMessage(message)

port.on('message', (message: 'copy' | 'close') => {
  if (message === 'close') {
    db.close()
    port.close()
    return
  }
  try {
    say({ state: copy.get() as unknown as LogState })
  } catch (error) {
    say({ problem: (error as Error).message })
  }
})
