/** The door of STS. */
import type { RunningService, Service } from '../../kernel/kernel.ts'
import { api } from './api.ts'

export const sts: Service = {
  id: 'sts',
  start: (kernel): RunningService => ({ handlers: api(kernel) }),
}
