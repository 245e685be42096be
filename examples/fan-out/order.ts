/** What the shop sells: the part of the application that knows nothing of topics. */

export interface Order {
  readonly id: number
  readonly status: 'placed' | 'paid' | 'cancelled'
  /** In whole euros. */
  readonly total: number
  readonly customer: { readonly country: string }
}

const STATUSES = ['placed', 'paid', 'paid', 'cancelled'] as const
const COUNTRIES = ['AT', 'DE', 'FR']

export const newOrder = (id: number): Order => ({
  id,
  status: STATUSES[id % STATUSES.length] as Order['status'],
  total: (id * 37) % 250,
  customer: { country: COUNTRIES[id % COUNTRIES.length] as string },
})
