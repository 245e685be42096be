/** What the project wants to reach, beside what was measured. */
import { medianOf } from './figures.ts'
import type { Measured } from './load/meter.ts'
import type { Outcome, Results } from './session.ts'

export interface Verdict {
  readonly figure: string
  readonly wanted: string
  readonly unit: string
  readonly measured?: number
  /** Undefined when nothing was measured. */
  readonly met?: boolean
}

export interface Target<R extends Results = Results> {
  readonly figure: string
  readonly unit: string
  /** One of the two bounds; reaching it counts as met. */
  readonly atLeast?: number
  readonly atMost?: number
  /** `cores` is how many the machine has. */
  read(results: R, cores: number): number | undefined
}

/** Every target, in order, with what was measured for it. */
export function judge<R extends Results>(targets: readonly Target<R>[], results: R, cores: number): Verdict[] {
  return targets.map((target) => {
    const { figure, unit, atLeast, atMost } = target
    const measured = target.read(results, cores)
    const wanted = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`
    if (measured === undefined) return { figure, unit, wanted }
    return {
      figure,
      unit,
      wanted,
      measured,
      met: measured >= (atLeast ?? -Infinity) && measured <= (atMost ?? Infinity),
    }
  })
}

/** The scenario's run, unless it failed or wasn't chosen. */
export function runOf({ outcomes }: Pick<Results, 'outcomes'>, scenario: string): Measured | undefined {
  const outcome: Outcome | undefined = outcomes[scenario]
  return outcome && 'measured' in outcome ? outcome.measured : undefined
}

export const messagesPerSecond = (run: Measured): number => run.messages / run.seconds

/** Throughput of a scenario beside the ceiling. */
export function perCeiling(results: Results, scenario: string): number | undefined {
  const run = runOf(results, scenario)
  return run && messagesPerSecond(run) / medianOf(results.ceiling).perSecond
}

/** Throughput of a scenario beside the reference. */
export function perReference(results: Results, scenario: string): number | undefined {
  const run = runOf(results, scenario)
  return run && messagesPerSecond(run) / medianOf(results.reference).perSecond
}

/** Throughput of a scenario beside that of another. */
export function twinRatio(results: Results, scenario: string, twin: string): number | undefined {
  const [run, other] = [runOf(results, scenario), runOf(results, twin)]
  return run && other && messagesPerSecond(run) / messagesPerSecond(other)
}
