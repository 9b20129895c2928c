/** What Splunk's HTTP Event Collector answers, by its code: the status that goes with it, and its text. */
export const HEC_CODES = {
  0: { status: 200, text: 'Success' },
  1: { status: 403, text: 'Token disabled' },
  2: { status: 401, text: 'Token is required' },
  3: { status: 401, text: 'Invalid authorization' },
  4: { status: 403, text: 'Invalid token' },
  5: { status: 400, text: 'No data' },
  6: { status: 400, text: 'Invalid data format' },
  7: { status: 400, text: 'Incorrect index' },
  8: { status: 500, text: 'Internal server error' },
  9: { status: 503, text: 'Server is busy' },
  10: { status: 400, text: 'Data channel is missing' },
  11: { status: 400, text: 'Invalid data channel' },
  12: { status: 400, text: 'Event field is required' },
  13: { status: 400, text: 'Event field cannot be blank' },
  14: { status: 400, text: 'ACK is disabled' },
  15: { status: 400, text: 'Error in handling indexed fields' },
  17: { status: 200, text: 'HEC is healthy' },
  21: { status: 400, text: 'Invalid token' },
} as const

export type HecCode = keyof typeof HEC_CODES

/** An answer as Splunk gives it. */
export interface HecAnswer {
  readonly text: string
  readonly code: number
  readonly ackId?: number
  /** The place of the first event that was not taken. */
  readonly 'invalid-event-number'?: number
}

/** The answer with this code. */
export const hecAnswer = (code: HecCode, more: Pick<HecAnswer, 'ackId' | 'invalid-event-number'> = {}): HecAnswer => ({
  text: HEC_CODES[code].text,
  code,
  ...more,
})

/** What is wrong with an event, as a code. */
export function hecCodeOf(code: string): HecCode {
  switch (code) {
    case 'missing_event':
      return 12
    case 'blank_event':
      return 13
    case 'invalid_fields':
      return 15
    default:
      return 6
  }
}
