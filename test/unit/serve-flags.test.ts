import { expect, it } from 'vitest'
import { HELP, parseFlags } from '../../scripts/serve/flags'

it('has a default for every flag', () => {
  expect(parseFlags([], {})).toEqual({
    port: 8787,
    host: '127.0.0.1',
    dataDirectory: '.sluice',
    syslogPort: undefined,
    demo: true,
    story: true,
    traffic: true,
    readyFile: undefined,
    quiet: false,
    help: false,
  })
})

it('reads every flag, and each from its environment variable', () => {
  const wanted = {
    port: 0,
    host: '0.0.0.0',
    dataDirectory: '/d',
    syslogPort: 5514,
    demo: false,
    story: false,
    traffic: false,
    readyFile: '/r',
    quiet: true,
    help: false,
  }
  const flags = '--port 0 --host 0.0.0.0 --data /d --syslog-port 5514 --empty --ready-file /r --quiet'.split(' ')
  const environment = {
    SLUICE_PORT: '0',
    SLUICE_HOST: '0.0.0.0',
    SLUICE_DATA: '/d',
    SLUICE_SYSLOG_PORT: '5514',
    SLUICE_EMPTY: '1',
    SLUICE_READY_FILE: '/r',
    SLUICE_QUIET: 'true',
  }
  expect(parseFlags(flags, {})).toEqual(wanted)
  expect(parseFlags([], environment)).toEqual(wanted)
})

it('prefers a flag to its variable', () => {
  expect(parseFlags(['--port', '9000'], { SLUICE_PORT: '9001' }).port).toBe(9000)
})

it('takes an empty or negative switch in the environment as off', () => {
  for (const value of ['', '0', 'false', 'No']) expect(parseFlags([], { SLUICE_QUIET: value }).quiet).toBe(false)
})

it.each([
  [['--prot', '1'], 'Unknown flag --prot; npm start -- --help lists the flags.'],
  [['9000'], 'Unexpected "9000"; flags go after --: npm start -- --port 9000.'],
  [['--port', '65536'], '--port takes a number from 0 to 65535, not "65536".'],
  [['--port', 'http'], '--port takes a number from 0 to 65535, not "http".'],
  [['--syslog-port', 'udp'], '--syslog-port takes a number from 0 to 65535, not "udp".'],
  [['--port', ''], '--port takes a number from 0 to 65535, not "".'],
])('refuses %j with one sentence', (args, sentence) => {
  expect(() => parseFlags(args, {})).toThrow(sentence)
})

it('explains every flag and variable in its help', () => {
  for (const name of ['port', 'host', 'data', 'syslog-port', 'empty', 'ready-file', 'quiet']) {
    expect(HELP).toContain(`--${name}`)
    expect(HELP).toContain(`SLUICE_${name.toUpperCase().replace('-', '_')}`)
  }
})

it('tells no story and lets nothing come where there is no demo tenant, or where that is not wanted', () => {
  const told = (args: string[]) => {
    const { demo, story, traffic } = parseFlags(args, {})
    return { demo, story, traffic }
  }
  expect(told(['--empty'])).toEqual({ demo: false, story: false, traffic: false })
  expect(told(['--no-story'])).toEqual({ demo: true, story: false, traffic: false })
  expect(told(['--no-traffic'])).toEqual({ demo: true, story: true, traffic: false })
  expect(parseFlags([], { SLUICE_NO_STORY: '1' }).story).toBe(false)
  expect(parseFlags([], { SLUICE_NO_TRAFFIC: '1' }).traffic).toBe(false)
})
