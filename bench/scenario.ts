/** One load and what it is put on. Each scenario runs on new resources, of a new server where the server is ours. */
import type { Run } from './load/generator.ts'
import type { Server } from './servers.ts'

export interface Scenario {
  readonly name: string
  readonly title: string
  /** Makes what the load is put on. */
  readonly on: (server: Server) => Promise<Resource>
  readonly flow: Run['flow']
  /** Those that become of each message. */
  readonly copies?: number
  /** The queue is first filled for as long as the scenario will last. */
  readonly filled?: true
  /** Unless the usual time will do. */
  readonly warmUpSeconds?: number
  /** Two nodes over one store that both can use; the connections are shared out between them. */
  readonly twoNodes?: true
  /** The name of the scenario beside which this one stands: the same, but for what its title says. */
  readonly twin?: string
  /** One sender and one receiver, each on a node of its own, for at least so long: little happens in a second. */
  readonly pairSeconds?: number
  /** The receiver's node hears nothing from the sender's. */
  readonly deaf?: true
}

export interface Resource {
  /** The URL of a queue, or the ARN of a topic. */
  readonly resource: string
  /** A node of ours goes with its data; someone else's server is to be left as it was found. */
  remove(): Promise<void>
}
