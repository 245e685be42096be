/**
 * Who may speak to the port: decided from a request's head, before its body is taken and before it is routed. In `open`
 * mode any credentials pass, so what keeps strangers out is where a node listens. A browser beside it listens to every
 * page of the web, and the platform itself sends requests to whatever address it is told: both could reach a node for
 * someone who can't.
 *
 * Invariants
 * - Clients that are no browsers notice nothing, unless they call the node by a name that a stranger could have.
 * - A page of another origin gets nothing done and reads nothing, unless the node allows its origin. To allow one is to
 *   trust it like any client, but not with `/_millrace/`.
 * - What passes has one Host, or none: what is made of it (links in mails, URLs of queues) leads to a name of ours.
 * - What the platform sent is never obeyed, on any node: a subscription whose endpoint is a node's port stays one that fails.
 */
import type { OutboundMark } from '../../kernel.ts'
import { ServiceError } from '../../service-error.ts'
import { BrowserRules, type Follows } from './browser.ts'
import type { GuardedHead, Verdict } from './head.ts'
import { HostNames, hostNameOf } from './hosts.ts'

export interface GuardOptions {
  /** Origins whose pages may call: `https://app.example.com`. */
  readonly allowOrigins: readonly string[]
  /** Further names by which the node may be called, each with those under it. */
  readonly allowHosts: readonly string[]
  /** Where clients reach the platform; undefined: wherever they reach it. */
  readonly publicUrl: string | undefined
}

/** What the services say of themselves to the guard. */
export interface GuardedServices extends Follows {
  readonly outboundMarks: readonly OutboundMark[]
}

const PASSES: Verdict = { type: 'passes' }

export class Guard {
  readonly #hosts: HostNames
  readonly #browsers: BrowserRules
  readonly #marks: readonly OutboundMark[]

  constructor({ allowOrigins, allowHosts, publicUrl }: GuardOptions, services: GuardedServices) {
    const publicHost = publicUrl === undefined ? undefined : hostNameOf(new URL(publicUrl).host)
    this.#hosts = new HostNames(publicHost === undefined ? allowHosts : [...allowHosts, publicHost])
    this.#browsers = new BrowserRules({ allowOrigins, publicUrl, follows: services })
    this.#marks = services.outboundMarks
  }

  /** On the way of every request: what no browser sent costs a look at its headers and allocates nothing. */
  judge(head: GuardedHead): Verdict {
    const refusal = this.#judgeHost(head) ?? this.#judgeSender(head)
    if (refusal !== undefined) return { type: 'refused', error: refusal }
    return this.#browsers.judge(head) ?? PASSES
  }

  #judgeHost(head: GuardedHead): ServiceError | undefined {
    const { host } = head
    if (!saysOneHost(head)) return ambiguousHost()
    if (host === '') return undefined // HTTP/1.0, from no browser
    const verdict = this.#hosts.judge(host)
    if (verdict === 'ours') return undefined
    return verdict === 'foreign' ? foreignHost(host) : malformedHost()
  }

  #judgeSender(head: GuardedHead): ServiceError | undefined {
    for (const { header, value } of this.#marks) {
      const sent = head.header(header)
      if (sent !== undefined && (value === undefined || sent === value)) return ownRequest()
    }
    return undefined
  }
}

/**
 * Of two Hosts a proxy may have believed one and we the other, so neither is believed. HTTP/2 and a target in absolute form
 * say it outside the header, and then a Host says the same or is absent.
 */
function saysOneHost({ rawHeaders, authority, host }: GuardedHead): boolean {
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  return hosts <= 1 && (authority === undefined || authority.toLowerCase() === host.toLowerCase())
}

const ambiguousHost = () =>
  new ServiceError('InvalidHost', 'A request says once which host it is for.', { status: 400 })

const malformedHost = () =>
  new ServiceError('InvalidHost', 'The Host is no name or address with an optional port.', { status: 400 })

const foreignHost = (host: string) => {
  const name = hostNameOf(host)
  const message = `This node is not known as ${name}. If it is meant to be, start it with --allow-hosts ${name}.`
  return new ServiceError('MisdirectedRequest', message, { status: 421 })
}

const ownRequest = () =>
  new ServiceError('ForbiddenSender', 'The platform does not take what a platform like it sends out.', { status: 403 })
