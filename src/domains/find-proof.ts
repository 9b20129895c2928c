import { CHALLENGE_FILE_BYTES_MAX, CHALLENGE_FILE_MS_MAX } from '../limits/limits'
import type { CallOutside } from './call-outside'
import { type Challenge, hashAnswer } from './challenge'
import { askForTexts } from './dns-over-https'
import { type FileAnswer, judgeBoth, judgeFile, judgeRecord } from './proof'

/** What looking for a proof needs of the world. */
export interface ProofPorts {
  /** Asks resolvers: addresses that the operator configured. */
  readonly callResolver: CallOutside
  /** Asks hosts that anybody may have named: through the guard. */
  readonly callHost: CallOutside
  /** As in DOH_RESOLVERS. */
  readonly resolvers: readonly string[]
}

/** Looks for the answer to a challenge in both places where it may stand. */
export async function findProof(
  ports: ProofPorts,
  challenge: Pick<Challenge, 'answer' | 'record' | 'file'>,
): Promise<ReturnType<typeof judgeBoth>> {
  const [texts, file] = await Promise.all([
    askForTexts(ports.callResolver, ports.resolvers, challenge.record.name),
    askForFile(ports.callHost, challenge.file.url),
  ])
  const answerHash = hashAnswer(challenge.answer)
  return judgeBoth(judgeRecord(texts, answerHash), judgeFile(file, answerHash))
}

async function askForFile(call: CallOutside, url: string): Promise<FileAnswer> {
  const reply = await call({
    url,
    method: 'GET',
    headers: { accept: 'text/plain' },
    msMax: CHALLENGE_FILE_MS_MAX,
    bytesMax: CHALLENGE_FILE_BYTES_MAX,
  })
  if (reply.ok) return { status: reply.status, content: Buffer.from(reply.body).toString() }
  // A page that is too long is no challenge file, and a redirect is an answer of another host: neither is an outage.
  const isAnswer = reply.fault.kind === 'too_large' || reply.fault.kind === 'redirect'
  return { status: isAnswer ? 404 : undefined, content: '' }
}
