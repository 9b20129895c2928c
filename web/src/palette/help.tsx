import { useSignal } from '@preact/signals'
import { Dialog } from '../controls/dialog'
import { readSetting, writeSetting } from '../settings'
import { closeOverlay } from './overlay'

const KEYS = [
  ['/ or s', 'Go to the query'],
  ['Enter', 'Run the query'],
  ['Space or l', 'Pause and follow again'],
  ['j k ↓ ↑', 'Next and previous log'],
  ['n N', 'Next and previous error'],
  ['Esc', 'Close the details'],
  ['End or G', 'Newest, and follow'],
  ['g g', 'Oldest'],
  ['t', 'Change the range'],
  ['[ ]', 'Range before, range after'],
  ['z', 'Back to the search before'],
  ['u', 'UTC or local time'],
  ['w', 'Wrap long lines'],
  ['d', 'Height of the rows'],
  ['c C', 'Copy the log, copy a link to it'],
  ['x', 'What was logged around it'],
  ['1 2 3', 'Logs, trends, fields'],
  ['\\', 'Hide the filters'],
  ['Ctrl K', 'Commands'],
  ['?', 'This list'],
] as const

/** The keys of the keyboard, and a switch for those that are single letters (WCAG 2.1.4). */
export function Help() {
  const hasLetters = useSignal(readSetting('letters') !== 'false')
  return (
    <Dialog title="Keys" onClose={closeOverlay}>
      <label class="choice">
        <input
          type="checkbox"
          checked={hasLetters.value}
          onChange={(event) => {
            hasLetters.value = event.currentTarget.checked
            writeSetting('letters', String(hasLetters.value))
          }}
        />
        Single letters are commands
      </label>
      <table>
        <tbody>
          {KEYS.map(([key, what]) => (
            <tr key={key}>
              <th scope="row">
                <kbd>{key}</kbd>
              </th>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  )
}
