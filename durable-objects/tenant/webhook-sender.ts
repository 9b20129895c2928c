import { WEBHOOK_ANSWER_READ_BYTES_MAX, WEBHOOK_ATTEMPT_MS_MAX } from '../../src/limits/limits'
import { guardedFetch, type OutsidePorts } from '../../src/outside/guarded-fetch'
import type { OutsideRules } from '../../src/outside/outside-address'
import { type AttemptResult, judgeAnswer } from '../../src/webhooks/judge-answer'
import { signedHeaders } from '../../src/webhooks/signed-headers'
import { type SigningKey, toSigningKey } from '../../src/webhooks/signing-secret'
import { type StoredSecret, secretPurpose, secretsAt, type WebhookRow } from '../../src/webhooks/webhook'

/** What sending needs of the world. */
export interface SenderSurroundings {
  readonly clock: () => number
  /** The world outside, names resolved. */
  readonly outside: () => OutsidePorts
  readonly rules: () => OutsideRules
  /** What was sealed for that purpose; undefined where it cannot be opened. */
  readonly openSecret: (purpose: string, sealed: string) => Promise<string | undefined>
}

/** A secret that was opened, and what it signs with. */
interface OpenedSecret {
  readonly text: string
  readonly key: SigningKey
}

/** Makes attempts: signs what is sent, sends it through the guard, and judges the answer. Secrets stay opened in memory. */
export class WebhookSender {
  readonly #around: SenderSurroundings
  /** By what was sealed: there are as many as webhooks have secrets. */
  #opened = new Map<string, OpenedSecret>()

  constructor(around: SenderSurroundings) {
    this.#around = around
  }

  /** One attempt, as far as the receiver is concerned. It rejects only for mistakes of ours. */
  async send(
    row: WebhookRow,
    { messageId, body }: { readonly messageId: string; readonly body: string },
  ): Promise<AttemptResult> {
    const { clock, outside, rules } = this.#around
    const secrets = await this.#secretsOf(row)
    if (secrets.length === 0)
      return { error: 'secret_unavailable', detail: 'The secret cannot be opened: give the webhook a new one.' }
    const message = { id: messageId, sentMs: clock(), body }
    const headers = await signedHeaders(
      secrets.map(({ key }) => key),
      message,
    )
    const outcome = await guardedFetch(
      {
        ...{ url: row.webhook.url, method: 'POST', headers, rules: rules() },
        body: Buffer.from(body),
        msMax: WEBHOOK_ATTEMPT_MS_MAX,
        bytesMax: WEBHOOK_ANSWER_READ_BYTES_MAX,
        isBodyCut: true,
      },
      outside(),
    )
    return judgeAnswer(
      outcome,
      clock(),
      secrets.map(({ text }) => text),
    )
  }

  /** Forgets the secrets: for after they were changed. */
  forget(): void {
    this.#opened = new Map()
  }

  async #secretsOf({ id, webhook }: WebhookRow): Promise<readonly OpenedSecret[]> {
    const stored = secretsAt(webhook, this.#around.clock())
    const opened = await Promise.all(stored.map((one) => this.#open(id, one)))
    return opened.filter((one) => one !== undefined)
  }

  async #open(webhookId: string, { sealed }: StoredSecret): Promise<OpenedSecret | undefined> {
    const name = `${webhookId} ${sealed}`
    const known = this.#opened.get(name)
    if (known !== undefined) return known
    const text = await this.#around.openSecret(secretPurpose(webhookId), sealed)
    if (text === undefined) return undefined
    const opened = { text, key: toSigningKey(text) }
    this.#opened.set(name, opened)
    return opened
  }
}
