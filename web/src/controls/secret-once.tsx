import { copyText } from './copy'

/** A secret that is shown this once: whoever needs it has to keep it. */
export function SecretOnce({ name, secret }: { readonly name: string; readonly secret: string }) {
  return (
    <div class="secret-once" role="status">
      <p>
        <b>{name}</b>: copy it now. It is not shown again.
      </p>
      <code>{secret}</code>{' '}
      <button type="button" onClick={() => void copyText(secret, 'Copied')}>
        Copy
      </button>
    </div>
  )
}
