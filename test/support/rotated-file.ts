import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ForeignProgram } from './foreign-program'
import { pageConfiguration } from './page-configuration'
import { newDirectory } from './server'
import { syslogTexts } from './syslog-sender'

/** How many records are written before the program rests, and for how long: about four hundred a second. */
const BURST = 20
const REST_MS = 50

/** A file that a program writes to while logrotate renames it and makes it anew, as docs/shippers/files.md says. */
export class RotatedFile {
  readonly folder: string
  readonly texts: readonly string[]
  readonly #state: string
  readonly #configuration: string
  readonly #flag: string

  constructor(mark: string, count: number) {
    const place = newDirectory()
    this.folder = path.join(place, 'worker')
    mkdirSync(this.folder, { mode: 0o700 })
    // A line that begins with a blank belongs to the one before it, as in stack traces.
    this.texts = syslogTexts(mark, count).map((text) => text.replaceAll('\n', '\n  '))
    this.#state = path.join(place, 'state')
    this.#flag = path.join(place, 'opened-again')
    this.#configuration = path.join(place, 'logrotate.conf')
    const places = {
      '/var/log/worker': this.folder,
      'create 0640 worker worker': 'create 0640',
      'systemctl kill --signal=HUP worker.service': `touch ${this.#flag}`,
    }
    writeFileSync(this.#configuration, pageConfiguration('files', 'delaycompress\n', places), { mode: 0o600 })
    writeFileSync(this.#log, '')
  }

  get #log(): string {
    return path.join(this.folder, 'app.log')
  }

  /** Writes these records, and has the file rotated before one of them; the program opens it again once it is told to. */
  async write(from: number, to: number, rotateAt = (from + to) / 2): Promise<void> {
    let rotating: Promise<unknown> = Promise.resolve()
    let file = openSync(this.#log, 'a')
    for (let index = from; index < to; index++) {
      writeSync(file, `${this.texts[index]}\n`)
      if (index === rotateAt) rotating = this.#rotate()
      if (index % BURST === 0) await sleep(REST_MS)
      if (!existsSync(this.#flag)) continue
      rmSync(this.#flag)
      closeSync(file)
      file = openSync(this.#log, 'a')
    }
    await rotating
    closeSync(file)
  }

  #rotate(): Promise<string> {
    return ForeignProgram.run('logrotate', ['--force', '--state', this.#state, this.#configuration])
  }
}
