import { ask, type Problem } from '../api/ask'
import { may } from '../api/session'
import { say } from '../controls/copy'
import { JsonEditor } from '../controls/json-editor'
import { Pages } from '../controls/pages'
import { State } from '../controls/state'
import { useAsked } from '../controls/use-asked'
import { JsonText } from '../text/json-text'
import { instantText, isUtc } from '../time/clock'

/** What the tenant decides: retention, redaction, what members mean. As a document, which is checked when it is kept. */
export function Settings() {
  const settings = useAsked<object>('/admin/settings')
  return (
    <>
      <h1>Settings</h1>
      <State of={settings}>
        {(document) => <Editor document={document} etag={settings.etag} onKept={settings.reload} />}
      </State>
      <h2>Changes</h2>
      <Pages<Change>
        path="/admin/settings/history"
        query={{ limit: 10 }}
        empty={<p class="quiet">Nothing was changed yet: everything is as everybody has it.</p>}
      >
        {(changes) => (
          <ul>
            {changes.map((change) => (
              <li key={change.version} class="change">
                <p>
                  Version {change.version}, {instantText(Date.parse(change.time), isUtc.value)}, by{' '}
                  <code>{change.actor ?? ''}</code>
                </p>
                <JsonText value={change} depth={2} />
              </li>
            ))}
          </ul>
        )}
      </Pages>
    </>
  )
}

interface Change {
  readonly version: number
  readonly time: string
  readonly actor?: string
}

interface EditorProps {
  readonly document: object
  readonly etag: string | undefined
  readonly onKept: () => void
}

function Editor({ document, etag, onKept }: EditorProps) {
  const keep = async (value: unknown): Promise<Problem | undefined> => {
    const headers = etag === undefined ? {} : { 'if-match': etag }
    const asked = await ask('/admin/settings', { method: 'PUT', body: value, headers })
    if (!asked.ok) return asked.problem
    say('The settings hold from now on')
    onKept()
    return undefined
  }
  return (
    <JsonEditor
      label="The document (docs/settings.md says what each part means)"
      value={document}
      rows={18}
      isReadOnly={!may('admin:settings')}
      action="Keep"
      onSubmit={keep}
    />
  )
}
