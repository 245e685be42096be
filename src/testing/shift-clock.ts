/** For tests that reach a node by its port alone: durably, and of several nodes for all of them. */

/** Moves a node's clock forward; resolves to what it then shows. Rejects if the node refuses. */
export async function shiftClock(url: string, advanceMs: number): Promise<number> {
  const answer = await fetch(`${url}/_millrace/clock`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ advanceMs }),
  })
  if (!answer.ok) throw new Error(`the clock was not shifted: ${answer.status} ${await answer.text()}`)
  return ((await answer.json()) as { now: number }).now
}
