declare namespace Cloudflare {
  /** Gives `ctx.exports` the types of what the Worker exports. */
  interface GlobalProps {
    mainModule: typeof import('./worker')
    durableNamespaces: 'TenantObject'
  }
}
