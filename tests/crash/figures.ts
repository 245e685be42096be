import { Figures } from '../workload/figures.ts'

export class CrashFigures extends Figures {
  killsWhileStarting = 0
  inspections = 0
}
