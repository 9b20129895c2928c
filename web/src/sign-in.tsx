import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Problem } from './api/ask'
import { readSession, signIn } from './api/session'
import { operatorKey } from './operator-key'

/** Signs in with a key or a token. The page does not keep it: the server gives a cookie that no script can read. */
export function SignIn({ isAgain = false }: { readonly isAgain?: boolean }) {
  const text = useSignal('')
  const problem = useSignal<Problem | undefined>(undefined)
  const isBusy = useSignal(false)
  const send = async (credential: string): Promise<void> => {
    if (credential.startsWith('slc_op_')) {
      operatorKey.value = credential
      return
    }
    isBusy.value = true
    const asked = await signIn(credential)
    isBusy.value = false
    problem.value = asked.ok ? undefined : asked.problem
    if (asked.ok) text.value = ''
  }
  useEffect(() => {
    const printed = takePrintedKey()
    if (printed !== undefined) void send(printed)
    // The service may just be starting.
    const timer = setInterval(() => void (problem.peek()?.status === 0 && readSession()), 5000)
    return () => clearInterval(timer)
  }, [])
  return (
    <main class="sign-in">
      <h1>{isAgain ? 'Your session has ended' : 'Sluice'}</h1>
      <p>
        {isAgain
          ? 'Sign in again: what you typed is still there.'
          : 'Sign in with a key that may read, or with a token of your identity provider.'}
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void send(text.value)
        }}
      >
        <label for="credential">Key or token</label>
        <input
          id="credential"
          type="password"
          autocomplete="off"
          required
          placeholder="slc_rd_…"
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value
          }}
        />
        <button type="submit" class="primary" disabled={isBusy.value}>
          {isBusy.value ? 'Signing in …' : 'Sign in'}
        </button>
      </form>
      {problem.value ? (
        <p class="is-bad" role="alert">
          {wordsOf(problem.value)}
        </p>
      ) : null}
      <p class="quiet">
        <code>npm start</code> prints a link that signs you in. The API is at <a href="/docs">/docs</a>.
      </p>
    </main>
  )
}

/** The key of the link that npm start prints, where the address has one. */
export const printedKey = (): string | undefined => /^#key=(slc_[\w-]+)$/.exec(location.hash)?.[1]

/** The link that npm start prints has the key behind the #, which browsers send to nobody. It leaves the address at once. */
function takePrintedKey(): string | undefined {
  const found = printedKey()
  if (found !== undefined) history.replaceState(null, '', `${location.pathname}${location.search}`)
  return found
}

function wordsOf({ status, code, title, detail, retryAfterSeconds }: Problem): string {
  if (status === 401) return 'This key or token is not known here, has ended, or was revoked.'
  if (code === 'scope_missing') return 'This key may not read logs: sign in with one of kind slc_rd_ or slc_adm_.'
  const wait = retryAfterSeconds === undefined ? '' : ` Try again in ${retryAfterSeconds} s.`
  return `${detail ?? title}${wait}`
}
