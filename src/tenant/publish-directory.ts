import type { DirectoryKind, JsonObject } from './directory-rows'

/** A row that changed since D1 last heard of the tenant; without a value it is gone. */
export interface ChangedRow {
  readonly kind: DirectoryKind
  readonly id: string
  readonly version: number
  readonly value: JsonObject | undefined
}

/** Everything of the directory that D1 does not know yet. */
export interface UnpublishedDirectory {
  /** The tenant's version once it knows. */
  readonly version: number
  readonly rows: readonly ChangedRow[]
}

/** What publishing the directory needs. */
export interface PublishDirectoryPorts {
  /** Undefined when there is nothing to publish. */
  readUnpublished(): UnpublishedDirectory | undefined
  /** Writes the rows and the version to D1, all or nothing; what D1 has of a later version stays. */
  putDirectory(changes: UnpublishedDirectory): Promise<void>
  /** Takes away what KV remembers of the rows. It may fail: the version says that it is old. */
  forgetHints(changes: UnpublishedDirectory): Promise<void>
  /** Remembers up to which version D1 knows. */
  notePublished(version: number): void
}

/**
 * Tells D1 and KV what has changed. It may stop at any await and run again, also beside itself: the object's rows are the
 * intention, and each step can be repeated.
 */
export async function publishDirectory(ports: PublishDirectoryPorts): Promise<void> {
  const changes = ports.readUnpublished()
  if (changes === undefined) return
  await ports.putDirectory(changes)
  // KV only makes finding faster. What is old in it has an old version, and the object refuses that.
  await ports.forgetHints(changes).catch(() => undefined)
  ports.notePublished(changes.version)
}
