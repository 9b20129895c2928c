import { afterEach, describe, expect, it, vi } from 'vitest'
import { errorFields, logFrom } from '../../src/log'

afterEach(() => vi.restoreAllMocks())

describe('logFrom', () => {
  it('writes one line of JSON with level, event and fields', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    logFrom('info').warn('kv_read_failed', { key: 'a\nb', attempts: 2 })
    expect(warn).toHaveBeenCalledTimes(1)
    const [line] = warn.mock.calls[0]
    expect(line).not.toContain('\n')
    expect(JSON.parse(line)).toMatchObject({ level: 'warn', event: 'kv_read_failed', key: 'a\nb', attempts: 2 })
  })

  it('leaves out what is below its level', () => {
    const info = vi.spyOn(console, 'info').mockImplementation(() => {})
    logFrom('warn').info('started')
    expect(info).not.toHaveBeenCalled()
  })

  it('does not let a field pretend to be the event', () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    logFrom('debug').error('real', { event: 'forged', level: 'debug' })
    expect(JSON.parse(error.mock.calls[0][0])).toMatchObject({ event: 'real', level: 'error' })
  })
})

describe('errorFields', () => {
  it('tells an error from what else can be thrown, without its contents', () => {
    expect(errorFields(new TypeError('no'))).toMatchObject({ error: 'TypeError: no' })
    expect(errorFields({ authorization: 'Bearer x' })).toEqual({ error: 'a thrown object' })
  })
})
