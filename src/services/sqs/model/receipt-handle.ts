/**
 * Receipt handles: one receive of one message, in 44 characters that clients take as they are.
 *
 *   byte 0     version
 *   1–8        queue id: a queue made anew under an old name has another, and so refuses old handles
 *   9–16       message id, as the store counts
 *   17–22      when the message was received, in milliseconds since the epoch, as far as six bytes go
 *   23–28      receive count: tells this receive from later ones
 *   29–32      CRC-32 of the bytes before
 *
 * All big-endian. Everything a handle stands for is in it, so handles survive a restart. The checksum finds accidents,
 * not forgers: what a caller may do with a queue is authorised by the queue, not by the handle.
 */
import { crc32 } from 'node:zlib'
import type { Millis } from '../../../kernel/clock/clock.ts'
import { receiptHandleIsInvalid } from '../errors.ts'

export interface Receipt {
  /** Ids, as the store counts, are whole numbers up to 2^53 - 1. */
  readonly queueId: number
  /** Of the message. */
  readonly id: number
  readonly receivedAt: Millis
  /** 1 for the first receive; below 2^48. */
  readonly receiveCount: number
}

const VERSION = 1
const QUEUE_ID = 1
const MESSAGE_ID = 9
const RECEIVED_AT = 17
const RECEIVE_COUNT = 23
const CHECKSUM = 29
const LENGTH = 33
const TEXT_LENGTH = 44
const SIX_BYTES = 6
/** Only in a store whose clock was moved further before there was a bound. Visibility can't be prolonged there. */
const LATEST: Millis = 2 ** 48 - 1

/** Both directions run for every message, synchronously, and leave nothing behind here. */
const bytes = Buffer.alloc(LENGTH)
const checked = bytes.subarray(0, CHECKSUM)

const TWO_POW_32 = 2 ** 32

function writeId(id: number, offset: number): void {
  bytes.writeUInt32BE(Math.floor(id / TWO_POW_32), offset)
  bytes.writeUInt32BE(id % TWO_POW_32, offset + 4)
}

const readId = (offset: number) => bytes.readUInt32BE(offset) * TWO_POW_32 + bytes.readUInt32BE(offset + 4)

export function encodeReceiptHandle({ queueId, id, receivedAt, receiveCount }: Receipt): string {
  bytes[0] = VERSION
  writeId(queueId, QUEUE_ID)
  writeId(id, MESSAGE_ID)
  bytes.writeUIntBE(Math.min(receivedAt, LATEST), RECEIVED_AT, SIX_BYTES)
  bytes.writeUIntBE(receiveCount, RECEIVE_COUNT, SIX_BYTES)
  bytes.writeUInt32BE(crc32(checked), CHECKSUM)
  return bytes.toString('base64url')
}

/** Throws ReceiptHandleIsInvalid for anything that `encodeReceiptHandle` didn't write. */
export function decodeReceiptHandle(handle: string): Receipt {
  if (!load(handle) || bytes[0] !== VERSION || bytes.readUInt32BE(CHECKSUM) !== crc32(checked)) {
    throw receiptHandleIsInvalid(handle)
  }
  return {
    queueId: readId(QUEUE_ID),
    id: readId(MESSAGE_ID),
    receivedAt: bytes.readUIntBE(RECEIVED_AT, SIX_BYTES),
    receiveCount: bytes.readUIntBE(RECEIVE_COUNT, SIX_BYTES),
  }
}

/** Whether the handle's bytes were put in place. The decoder skips what isn't base64, hence the look back. */
const load = (handle: string) =>
  handle.length === TEXT_LENGTH && bytes.write(handle, 'base64url') === LENGTH && bytes.toString('base64url') === handle
