/**
 * The tenant that holds the service's own activity. Its id is fixed, so that nobody who registers the name can take its
 * place; bootstrap makes it, and where it is missing the activity goes to the console only.
 */
export const ACTIVITY_TENANT = { id: 'ten_sluice', name: 'sluice' } as const

/** Whom the ledger of that tenant counts the lines for. */
export const ACTIVITY_KEY_ID = 'key_activity'
