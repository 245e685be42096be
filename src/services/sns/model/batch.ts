/** PublishBatch: what makes a request fail, which is all that can be wrong with one of its entries, in SNS's checking order. */
import { modelled } from '../errors.ts'
import type { MessageTexts } from './message-structure.ts'
import { checkEntry, MAX_MESSAGE_BYTES, messageSize, type OutgoingMessage } from './publish.ts'

const MAX_ENTRIES = 10
const MAX_ID_LENGTH = 80

type Entry = OutgoingMessage & { readonly Id: string }

/**
 * Throws what is wrong with a batch for a topic of that type, whatever the topic's attributes. Returns, for each entry, its
 * texts by protocol if its message structure is `json`.
 */
export function checkBatch(entries: readonly Entry[], fifo: boolean): (MessageTexts | undefined)[] {
  if (entries.length > MAX_ENTRIES) throw tooManyEntries()
  if (entries.length === 0) {
    throw modelled('EmptyBatchRequestException', "The batch request doesn't contain any entries.")
  }
  const ids = entries.map(({ Id }) => Id)
  if (new Set(ids).size < ids.length) {
    throw modelled('BatchEntryIdsNotDistinctException', 'Two or more batch entries in the request have the same Id.')
  }
  for (const id of ids) checkId(id)
  const bytes = entries.reduce((sum, entry) => sum + messageSize(entry), 0)
  if (bytes > MAX_MESSAGE_BYTES) {
    throw modelled(
      'BatchRequestTooLongException',
      'The length of all the messages put together is more than the limit.',
    )
  }
  return entries.map((entry) => checkEntry(entry, fifo))
}

export const tooManyEntries = () =>
  modelled('TooManyEntriesInBatchRequestException', 'The batch request contains more entries than permissible.')

function checkId(id: string): void {
  if (!/^[\w-]+$/.test(id)) {
    throw modelled(
      'InvalidBatchEntryIdException',
      `The Id of a batch entry in the batch request contains an impermissible character: ${id}`,
    )
  }
  if (id.length > MAX_ID_LENGTH) {
    throw modelled('InvalidBatchEntryIdException', `The Id of a batch entry in the batch request is too long: ${id}`)
  }
}
