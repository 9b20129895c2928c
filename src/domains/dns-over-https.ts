import { DNS_MESSAGE_BYTES_MAX, RESOLVER_MS_MAX } from '../limits/limits'
import type { CallOutside } from './call-outside'
import { readTxtReply, txtQuestion } from './dns-message'
import type { TxtAnswer } from './proof'

/**
 * Asks every resolver for the TXT records of a name, over HTTPS (RFC 8484), each at the same time and by itself. `resolvers`
 * are addresses as in DOH_RESOLVERS. One that fails in any way has not answered.
 */
export function askForTexts(call: CallOutside, resolvers: readonly string[], name: string): Promise<TxtAnswer[]> {
  const question = txtQuestion(name)
  return Promise.all(resolvers.map((resolver) => askResolver(call, resolver, { name, question })))
}

async function askResolver(
  call: CallOutside,
  resolver: string,
  { name, question }: { readonly name: string; readonly question: Uint8Array },
): Promise<TxtAnswer> {
  const url = new URL(resolver)
  // GET, so that neither a body nor its type has to be allowed by whoever stands between.
  url.searchParams.set('dns', Buffer.from(question).toString('base64url'))
  const reply = await call({
    url: url.href,
    method: 'GET',
    headers: { accept: 'application/dns-message' },
    msMax: RESOLVER_MS_MAX,
    bytesMax: DNS_MESSAGE_BYTES_MAX,
  })
  const answer = reply.ok && reply.status === 200 ? readTxtReply(reply.body, name) : undefined
  return { resolver: url.hostname, texts: answer?.ok ? answer.texts : undefined }
}
