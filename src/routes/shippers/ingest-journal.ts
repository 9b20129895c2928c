import { JOURNAL } from '../../formats/journal-export'
import type { Dialect } from '../../http/dialect'
import type { Handler } from '../../http/handler'
import { takeLogs } from '../store-format'
import { anyCredential, refuseInText, SHIPPER_RULES, textAnswer } from './plain-dialect'

/** systemd-journal-upload prints what it is answered. */
export const JOURNAL_REMOTE: Dialect = { name: 'journal', credential: anyCredential, refuse: refuseInText }

/** `POST /upload`: what systemd-journal-upload sends to a systemd-journal-remote. */
export const ingestJournal: Handler = async (request, env) => {
  await takeLogs(request, env, JOURNAL, { ...SHIPPER_RULES, body: { mayBeEmpty: true } })
  return textAnswer(202, 'OK.')
}
