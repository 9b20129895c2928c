/** What this browser remembers of how somebody likes it. Nothing of it is of a tenant's logs, nor a secret. */
export function readSetting(name: string): string | undefined {
  try {
    return localStorage.getItem(`sluice.${name}`) ?? undefined
  } catch {
    // A browser that keeps nothing still shows logs.
    return undefined
  }
}

export function writeSetting(name: string, value: string): void {
  try {
    localStorage.setItem(`sluice.${name}`, value)
  } catch {
    // The same.
  }
}
