/** A binding that fails on any use, and tells. */
export const broken = <Binding extends object>(binding: Binding, uses: string[] = []): Binding =>
  new Proxy(binding, {
    get(_binding, name) {
      uses.push(String(name))
      throw new Error('the store is down')
    },
  })

/** A binding that never answers a method with this name. */
export const silent = <Binding extends object>(binding: Binding, method: string): Binding =>
  new Proxy(binding, {
    get(target, name) {
      return name === method ? () => new Promise<never>(() => {}) : Reflect.get(target, name)
    },
  })
