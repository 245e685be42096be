/** What makes the benchmark of a service: its loads, what it measures besides them, and what the project wants to reach. */
import type { BareRequests } from './ceiling.ts'
import type { Scenario } from './scenario.ts'
import type { Conditions, Results, Session } from './session.ts'
import type { Target } from './targets.ts'

export interface Benchmark<R extends Results = Results> extends Conditions {
  readonly title: string
  /** The requests by which the bare server is measured. */
  readonly bareRequests: BareRequests
  /** Every scenario, in the order in which they are reported. */
  readonly scenarios: readonly Scenario[]
  /** All that can be chosen, whether or not nodes share their store. */
  names(isShared: boolean): string[]
  /** Runs only when it is named. */
  readonly onlyWhenNamed?: string
  measure(session: Session): Promise<R>
  targets(isShared: boolean): readonly Target<R>[]
  /** Figures besides those of each scenario, as lines of text. `cores` is how many the machine has. */
  report(results: R, cores: number): string[]
}
