/** What a package-lock.json holds, as far as it is read here. */
export interface LockFile {
  packages: Record<string, { version?: string; optional?: boolean }>
}

export interface RunningNode {
  versions: { node: string }
  execPath: string
  platform: string
  arch: string
}

export const ROOT: string
export const LASTING: { readonly flags: readonly string[]; readonly environment: Readonly<Record<string, string>> }
export function runScript(script: string, args: readonly string[], options?: { isLasting: boolean }): Promise<void>
export function installPackages(root: string): void
export function isInstalled(lock: LockFile, record: LockFile): boolean
export function findNode(root: string, running: RunningNode): string | undefined
