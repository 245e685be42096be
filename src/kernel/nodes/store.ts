/** The nodes that share a store: each says where it listens, and is forgotten when it no longer says so. */
import type { Millis } from '../clock/clock.ts'
import type { Listener } from '../outbound/own-listeners.ts'
import { single, type Tx } from '../store/store.ts'

/** Told after every commit that changed which nodes there are, or where. */
export const NODES_CHANNEL = 'nodes'

export interface Announcement {
  readonly nodeId: string
  readonly listener: Listener
  readonly lifeMs: Millis
}

/** Says that a node lives, and answers the listeners of the others. */
export const announceNode = single('nodes.announce', async (tx, call: Announcement): Promise<Listener[]> => {
  const { nodeId, listener, lifeMs } = call
  const { machine, port } = listener
  const addresses = JSON.stringify(listener.addresses)
  const where = [machine, addresses, port]
  const known = await tx.run(
    'update node set expires_at = ? where node_id = ? and machine = ? and addresses = ? and port = ?',
    [tx.now + lifeMs, nodeId, ...where],
  )
  if (known === 0) {
    await tx.insertOver(
      'node',
      ['node_id', 'machine', 'addresses', 'port', 'expires_at'],
      [[nodeId, ...where, tx.now + lifeMs]],
      `(node_id) do update set machine = excluded.machine, addresses = excluded.addresses, port = excluded.port,
         expires_at = excluded.expires_at`,
    )
    tx.wake(NODES_CHANNEL, '')
  }
  // After a jump of the clock every node forgets the others at once: none waits for another.
  await tx.run(`delete from node where node_id in (select node_id from node where expires_at <= ? ${tx.skipLocked})`, [
    tx.now,
  ])
  return othersThan(tx, nodeId)
})

/** The listeners of the other nodes. */
export const listOtherNodes = single('nodes.list', (tx, { nodeId }: { nodeId: string }) => othersThan(tx, nodeId))

async function othersThan(tx: Tx, nodeId: string): Promise<Listener[]> {
  const rows = await tx.all<Omit<Listener, 'addresses'> & { addresses: string }>(
    'select machine, addresses, port from node where node_id <> ?',
    [nodeId],
  )
  return rows.map((row) => ({ ...row, addresses: JSON.parse(row.addresses) as string[] }))
}

/** Of a node that stops. */
export const withdrawNode = single('nodes.withdraw', async (tx, { nodeId }: { nodeId: string }): Promise<void> => {
  await tx.run('delete from node where node_id = ?', [nodeId])
  tx.wake(NODES_CHANNEL, '')
})
