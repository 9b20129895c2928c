/// <reference types="@cloudflare/vitest-plugin/types" />
import type { Env as SluiceEnv } from '../../src/env'

declare global {
  namespace Cloudflare {
    interface Env extends SluiceEnv {}
  }
}
