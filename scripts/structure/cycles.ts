/** Import cycles, in a graph of files. */

/** Edges from a file to those that it imports. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>

/** Cycles such that every file on any cycle is on one of these; each is as short as can be through its first file. */
export function findCycles(graph: ImportGraph): string[][] {
  const reported = new Set<string>()
  const cycles: string[][] = []
  for (const start of graph.keys()) {
    if (reported.has(start)) continue
    const cycle = shortestCycle(graph, start)
    if (!cycle) continue
    cycles.push(cycle)
    for (const file of cycle) reported.add(file)
  }
  return cycles
}

/** Breadth first from `start` until an edge leads back to it. */
function shortestCycle(graph: ImportGraph, start: string): string[] | undefined {
  const cameFrom = new Map<string, string | undefined>([[start, undefined]])
  for (const file of cameFrom.keys()) {
    for (const imported of graph.get(file) ?? []) {
      if (imported === start) return pathTo(cameFrom, file)
      if (!cameFrom.has(imported)) cameFrom.set(imported, file)
    }
  }
  return undefined
}

function pathTo(cameFrom: ReadonlyMap<string, string | undefined>, end: string): string[] {
  const path: string[] = []
  for (let file: string | undefined = end; file !== undefined; file = cameFrom.get(file)) path.unshift(file)
  return path
}
