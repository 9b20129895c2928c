import { createHmac } from 'node:crypto'

/** 64 bytes for one purpose, out of the object's secret: who has them knows neither it nor those for another purpose. */
export const deriveSecret = (secret: string, purpose: string): Uint8Array =>
  new Uint8Array(createHmac('sha512', Buffer.from(secret, 'base64')).update(`sluice ${purpose}`).digest())
