import type { Detector } from './scan'

/** How many characters a trigger has. Every secret that is looked for contains one. */
export const TRIGGER_LENGTH = 4

const TOKEN_CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789-_'
const TABLE_SIZE = 1 << 16

/** The triggers of a choice of detectors, as tables. */
export interface TriggerIndex {
  /** Marks the first and the last three characters of every trigger, so that every second byte is looked at. */
  readonly trigrams: Uint8Array
  readonly triggers: Uint8Array
  readonly detectors: ReadonlyMap<number, readonly Detector[]>
}

/** Tables for these detectors. Letters match in both cases: bit 5 is set in everything that is compared. */
export function indexTriggers(detectors: readonly Detector[]): TriggerIndex {
  const trigrams = new Uint8Array(TABLE_SIZE)
  const triggers = new Uint8Array(TABLE_SIZE)
  const byTrigger = new Map<number, Detector[]>()
  for (const detector of detectors) {
    for (const trigger of new Set(detector.triggers)) {
      const [first, second, third, fourth] = foldedBytes(trigger)
      trigrams[slotOf(first | (second << 8) | (third << 16))] = 1
      trigrams[slotOf(second | (third << 8) | (fourth << 16))] = 1
      const code = first | (second << 8) | (third << 16) | (fourth << 24)
      triggers[slotOf(code)] = 1
      byTrigger.set(code, [...(byTrigger.get(code) ?? []), detector])
    }
  }
  return { trigrams, triggers, detectors: byTrigger }
}

/** Adds the places in the bytes where a trigger stands, and a few, by collision, where none does. */
export function triggerCandidates(index: TriggerIndex, bytes: Uint8Array, found: number[]): void {
  const { trigrams } = index
  const end = bytes.length - 2
  let first = bytes[0] | 0x20
  for (let at = 0; at < end; at += 2) {
    const third = bytes[at + 2] | 0x20
    const slot = Math.imul(first | ((bytes[at + 1] | 0x20) << 8) | (third << 16), 0x9e3779b1) >>> 16
    if (trigrams[slot] !== 0) addTriggerNear(index, bytes, at, found)
    first = third
  }
}

/** Calls back for every trigger in the text, in order. */
export function eachTrigger(
  index: TriggerIndex,
  text: string,
  visit: (at: number, detectors: readonly Detector[]) => void,
): void {
  let code = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    code = (code >>> 8) | ((unit < 128 ? unit | 0x20 : 0xff) << 24)
    if (index.triggers[slotOf(code)] === 0) continue
    const detectors = index.detectors.get(code)
    if (detectors !== undefined) visit(at - TRIGGER_LENGTH + 1, detectors)
  }
}

/** The triggers that begin with these three characters and go on as a token does. */
export const tokenCharacterAfter = (start: string): string[] => [...TOKEN_CHARACTERS].map((next) => `${start}${next}`)

/** The triggers that begin with these three characters and go on with one of the others. */
export const anyAfter = (start: string, next: string): string[] => [...next].map((character) => `${start}${character}`)

function addTriggerNear(index: TriggerIndex, bytes: Uint8Array, at: number, found: number[]): void {
  for (const start of [at - 1, at]) {
    if (start >= 0 && isTriggerAt(index, bytes, start)) found.push(start)
  }
}

function isTriggerAt(index: TriggerIndex, bytes: Uint8Array, at: number): boolean {
  const code = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24) | 0x20202020
  return index.triggers[slotOf(code)] !== 0
}

const slotOf = (code: number): number => Math.imul(code, 0x9e3779b1) >>> 16

function foldedBytes(trigger: string): number[] {
  if (trigger.length !== TRIGGER_LENGTH) throw new Error(`trigger ${JSON.stringify(trigger)} is not four characters`)
  return [...trigger].map((character) => character.charCodeAt(0) | 0x20)
}
