import { version } from '../package.json'

/** The version of the running code. */
export const VERSION: string = version
