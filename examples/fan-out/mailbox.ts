/** The mailbox of someone at the shop. A node without a mail server keeps in its outbox what it would have sent. */

interface Mail {
  readonly subject: string
  readonly text: string
}

/** All the mails to an address, the newest first; the outbox shows up to a thousand at once. */
export async function mailsTo(platformUrl: string, address: string): Promise<Mail[]> {
  const query = new URLSearchParams({ channel: 'email', to: address, limit: '1000' })
  const answer = await fetch(`${platformUrl}/_millrace/outbox?${query}`)
  const { items } = (await answer.json()) as { items: { content: Mail }[] }
  return items.map(({ content }) => content)
}

/** Opens the link of the mail that asks whether the address is to be subscribed, if that mail is there yet. */
export async function confirmByMail(platformUrl: string, address: string): Promise<void> {
  for (const { text } of await mailsTo(platformUrl, address)) {
    const link = /^https?:\S+[?&]Token=\S+$/m.exec(text)?.[0]
    if (link !== undefined) await fetch(link)
  }
}
