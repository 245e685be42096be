/**
 * What the platform calls itself in requests to the outside, unless a receiver expects another name. The edge refuses
 * requests that carry it: they come from a node of this platform, told to call itself or another one.
 */
export const USER_AGENT = 'Millrace'
