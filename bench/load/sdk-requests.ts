/**
 * Requests as the JavaScript SDK sends them: the same headers at the same lengths, made beforehand. The signature is of the
 * right size but doesn't verify: the server runs in open mode.
 */

/** A request and the operation it counts for. `data` is a Buffer, or latin-1 text where it differs every time. */
export interface Call {
  readonly operation: string
  data: Buffer | string
}

/** One whose bytes can be rewritten between two sends. */
export type FixedCall = Call & { data: Buffer }

const BODY_BYTES = 200
export const BATCH_ENTRIES = 10

const FILLER = 'The quick brown fox jumps over the lazy dog, and 0123456789 pack my box with five dozen liquor jugs. '
/** `start`, filled up to 200 bytes of plain text. */
export const messageBody = (start = ''): string => (start + FILLER.repeat(2)).slice(0, BODY_BYTES)

/** What the requests of a service have in common. */
export interface Sender {
  /** The service's name in credentials. */
  readonly service: string
  /** The value of the Host header. */
  readonly host: string
  /** Those of the protocol that come before the content-length. */
  readonly headers: Readonly<Record<string, string>>
  /** Those that come after the usual ones in the list of what is signed. */
  readonly alsoSigned: string
}

/** The head of a request up to the content-length, and what follows it. */
function sdkHead({ service, host, headers, alsoSigned }: Sender): [string, string] {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const hash = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'
  const signed = `amz-sdk-invocation-id;amz-sdk-request;content-length;content-type;host;x-amz-content-sha256;x-amz-date;${alsoSigned}`
  const first = [
    'POST / HTTP/1.1',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    'content-length: ',
  ]
  const rest = [
    '',
    'x-amz-user-agent: aws-sdk-js/3.1168.0',
    `user-agent: aws-sdk-js/3.1168.0 ua/2.1 os/linux#6.18.44 lang/js md/nodejs#24.21.0 api/${service}#3.1168.0 m/N,E,e`,
    `host: ${host}`,
    'amz-sdk-invocation-id: 28a5684e-80fe-4de2-96fa-d5fe37f76855',
    'amz-sdk-request: attempt=1; max=3',
    `x-amz-date: ${date}`,
    `x-amz-content-sha256: ${hash}`,
    `authorization: AWS4-HMAC-SHA256 Credential=000000000000/${date.slice(0, 8)}/us-east-1/${service}/aws4_request, SignedHeaders=${signed}, Signature=${hash}`,
    'Connection: keep-alive',
    '\r\n',
  ]
  return [first.join('\r\n'), rest.join('\r\n')]
}

/** Makes requests out of bodies. Those are ASCII: their length is their size. */
export function requestMaker(sender: Sender): (body: string) => string {
  const [head, rest] = sdkHead(sender)
  return (body) => `${head}${body.length}${rest}${body}`
}

/** A number of fixed width in a request, rewritten in place: every message differs, and nothing is allocated. */
export class Digits {
  readonly #request: Buffer
  readonly #places: readonly number[]
  readonly #width: number

  /** `marker` is the placeholder in the request, wherever it is, as wide as the number will be. */
  constructor(request: Buffer, marker: string) {
    this.#request = request
    this.#places = placesOf(request, marker)
    this.#width = marker.length
    if (this.#places.length === 0) throw new Error(`the request has no ${marker}`)
  }

  write(value: number): void {
    for (const place of this.#places) this.#writeAt(place, value)
  }

  #writeAt(place: number, value: number): void {
    let left = value
    for (let at = place + this.#width - 1; at >= place; at--) {
      this.#request[at] = 48 + (left % 10)
      left = Math.floor(left / 10)
    }
  }
}

function placesOf(request: Buffer, marker: string): number[] {
  const places: number[] = []
  for (let at = request.indexOf(marker); at !== -1; at = request.indexOf(marker, at + marker.length)) places.push(at)
  return places
}
