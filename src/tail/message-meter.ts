import {
  TAIL_FAULTS_MAX,
  TAIL_MESSAGE_CHARACTERS_MAX,
  TAIL_MESSAGES_MAX,
  TAIL_MESSAGES_WINDOW_MS,
} from '../limits/limits'
import type { ByeCode } from './frame-text'

/** What a client has sent lately. */
export interface MessageMeter {
  readonly sinceMs: number
  readonly messages: number
  /** Messages that could not be understood, ever. */
  readonly faults: number
}

export const NO_MESSAGES: MessageMeter = { sinceMs: 0, messages: 0, faults: 0 }

/** Counts a message. In each window, which begins with its first message, there may be so many. */
export function countMessage(meter: MessageMeter, nowMs: number): MessageMeter {
  const isOver = nowMs - meter.sinceMs >= TAIL_MESSAGES_WINDOW_MS || nowMs < meter.sinceMs
  if (isOver) return { ...meter, sinceMs: nowMs, messages: 1 }
  return { ...meter, messages: meter.messages + 1 }
}

/** Takes a message back: it acknowledged something that was sent. */
export const forgiveMessage = (meter: MessageMeter): MessageMeter => ({ ...meter, messages: meter.messages - 1 })

export const countFault = (meter: MessageMeter): MessageMeter => ({ ...meter, faults: meter.faults + 1 })

/** Why a client that sends such things is sent away; undefined while it is not. */
export function endOfPatience({ messages, faults }: MessageMeter): ByeCode | undefined {
  if (messages > TAIL_MESSAGES_MAX) return 'too_many_messages'
  return faults > TAIL_FAULTS_MAX ? 'bad_messages' : undefined
}

/** Why a message is not even read. */
export function unreadable(message: string | ArrayBuffer): ByeCode | undefined {
  if (typeof message !== 'string')
    return message.byteLength > TAIL_MESSAGE_CHARACTERS_MAX ? 'message_too_large' : 'binary_message'
  return message.length > TAIL_MESSAGE_CHARACTERS_MAX ? 'message_too_large' : undefined
}
