import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { signedHeaders } from '../../src/webhooks/signed-headers'
import { newSecret, toSigningKey } from '../../src/webhooks/signing-secret'

const directory = mkdtempSync(path.join(tmpdir(), 'sluice-verify-'))
const page = readFileSync(path.resolve('docs/webhooks.md'), 'utf8')

afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** The receiver's code in one language, as docs/webhooks.md shows it. */
const snippet = (language: string): string =>
  new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? expect.fail(`no code in ${language}`)

interface Case {
  readonly secret: string
  readonly id: string
  readonly timestamp: string
  readonly signature: string
  readonly body: string
  readonly now: number
  readonly isGood: boolean
}

async function cases(): Promise<Case[]> {
  const sentMs = Date.UTC(2026, 10, 21)
  const all: Case[] = []
  for (const secret of [newSecret(Buffer.alloc(32, 9)), 'webhook-secret']) {
    const body = JSON.stringify({ type: 'critical_error', text: 'aß€𐍈' })
    const keys = [newSecret(Buffer.alloc(32, 8)), secret].map(toSigningKey)
    const headers = await signedHeaders(keys, { id: 'evt_1', sentMs, body })
    const now = sentMs / 1000
    const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = headers
    const good = { secret, id, timestamp, signature, body, now, isGood: true }
    all.push(good, { ...good, now: now + 299 })
    for (const wrong of [{ now: now + 301 }, { now: now - 301 }, { body: `${body} ` }, { id: 'evt_2' }])
      all.push({ ...good, ...wrong, isGood: false })
    all.push({ ...good, secret: 'another-secret', isGood: false })
  }
  return all
}

/** What a program says of each case, a line for each. */
function verdicts(command: string, args: readonly string[], input: string): boolean[] {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: directory, input, encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  return stdout
    .trim()
    .split('\n')
    .map((line) => line === 'good')
}

it('is done in Python by the code that the page shows', async () => {
  const all = await cases()
  const program = `${snippet('python')}

import sys

for case in json.load(sys.stdin):
    headers = {"webhook-id": case["id"], "webhook-timestamp": case["timestamp"], "webhook-signature": case["signature"]}
    try:
        verify_webhook(case["secret"], headers, case["body"].encode(), case["now"])
        print("good")
    except ValueError:
        print("bad")
`
  writeFileSync(path.join(directory, 'verify.py'), program)
  expect(verdicts('python3', ['verify.py'], JSON.stringify(all))).toEqual(all.map(({ isGood }) => isGood))
})

it('is done in Go by the code that the page shows', { timeout: 300_000 }, async () => {
  const all = await cases()
  writeFileSync(path.join(directory, 'go.mod'), 'module hooks\n\ngo 1.21\n')
  writeFileSync(path.join(directory, 'verify.go'), snippet('go').replace('package hooks', 'package main'))
  const program = `package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"
)

func main() {
	var cases []struct {
		Secret, ID, Timestamp, Signature, Body string
		Now                                    int64
	}
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	for _, one := range cases {
		header := http.Header{}
		header.Set("webhook-id", one.ID)
		header.Set("webhook-timestamp", one.Timestamp)
		header.Set("webhook-signature", one.Signature)
		if VerifyWebhook(one.Secret, header, []byte(one.Body), time.Unix(one.Now, 0)) == nil {
			fmt.Println("good")
		} else {
			fmt.Println("bad")
		}
	}
}
`
  writeFileSync(path.join(directory, 'main.go'), program)
  expect(verdicts('go', ['run', '.'], JSON.stringify(all))).toEqual(all.map(({ isGood }) => isGood))
})
