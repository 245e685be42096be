/**
 * What a page may try, for browser.test.ts to call in Chromium. Each resolves when the browser is done with it, whatever came
 * of it.
 */
const shown = (element) =>
  new Promise((resolve) => {
    element.onload = element.onerror = () => resolve()
    document.body.append(element)
  })

globalThis.tries = {
  image: (src) => shown(Object.assign(new Image(), { src })),

  frame: (src) => shown(Object.assign(document.createElement('iframe'), { src })),

  /** Posts the fields as a form does, into a frame. */
  async form(action, fields, enctype) {
    const frame = Object.assign(document.createElement('iframe'), { name: `frame${Math.random()}` })
    await shown(frame)
    const form = Object.assign(document.createElement('form'), { action, enctype, method: 'post', target: frame.name })
    for (const [name, value] of Object.entries(fields)) {
      form.append(Object.assign(document.createElement('input'), { name, value }))
    }
    document.body.append(form)
    const answered = new Promise((resolve) => {
      frame.onload = () => resolve()
    })
    form.submit()
    await answered
  },

  /** What a script can read: status and text, `opaque`, or `blocked`. */
  async fetch(url, options) {
    try {
      const answer = await fetch(url, options)
      return answer.type === 'opaque' ? 'opaque' : `${answer.status} ${await answer.text()}`
    } catch {
      return 'blocked'
    }
  },

  /** A link that opens a page of its own when it is clicked on, as webmail shows them. */
  link(href) {
    document.body.append(Object.assign(document.createElement('a'), { href, target: '_blank', textContent: 'open' }))
  },

  /** Sends a message with the official SDK and receives it; the name of what was thrown if that fails. */
  async sendAndReceive(endpoint) {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    const sqs = new globalThis.SDK.SQS({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
    try {
      const { QueueUrl } = await sqs.createQueue({ QueueName: 'from-a-page' })
      await sqs.sendMessage({ QueueUrl, MessageBody: 'hello from a page' })
      const { Messages } = await sqs.receiveMessage({ QueueUrl })
      const { name } = await sqs.getQueueUrl({ QueueName: 'none' }).catch((error) => error)
      return { body: Messages[0].Body, refusal: name }
    } catch (error) {
      return { thrown: error.name }
    }
  },
}
