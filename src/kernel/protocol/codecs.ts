/**
 * Every protocol's codec. A new protocol is a name in codec.ts, a file beside this one and a line here.
 */
import type { Codec } from './codec.ts'
import { jsonCodec } from './json-codec.ts'
import { queryCodec } from './query-codec.ts'
import type { ProtocolName } from './schema.ts'

export const codecs: Readonly<Record<ProtocolName, Codec>> = {
  'json1.0': jsonCodec('json1.0'),
  'json1.1': jsonCodec('json1.1'),
  query: queryCodec(),
}
