import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { Dialog } from './dialog'

interface ConfirmButtonProps {
  readonly label: string
  /** What will happen, and whether it can be undone. */
  readonly children: ComponentChildren
  readonly onConfirm: () => Promise<void>
}

/** A button for what cannot be undone: it says what will happen, and asks. */
export function ConfirmButton({ label, children, onConfirm }: ConfirmButtonProps) {
  const isOpen = useSignal(false)
  const isBusy = useSignal(false)
  const confirm = async (): Promise<void> => {
    isBusy.value = true
    await onConfirm()
    isBusy.value = false
    isOpen.value = false
  }
  return (
    <>
      <button type="button" class="danger" onClick={() => (isOpen.value = true)}>
        {label}
      </button>
      {isOpen.value ? (
        <Dialog title={label} onClose={() => (isOpen.value = false)}>
          <div>{children}</div>
          <p class="buttons">
            <button type="button" class="danger" disabled={isBusy.value} onClick={() => void confirm()}>
              {label}
            </button>
            <button type="button" onClick={() => (isOpen.value = false)}>
              Cancel
            </button>
          </p>
        </Dialog>
      ) : null}
    </>
  )
}
