import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import * as z from 'zod'
import { OTLP_DIALECT } from '../../src/routes/shippers/otlp'
import { ForeignProgram } from '../support/foreign-program'
import { pageConfiguration } from '../support/page-configuration'
import { endAllServers, newDirectory } from '../support/server'
import { countsOf, shipperLogs } from '../support/shipper-logs'
import { ShipperStand } from '../support/shipper-stand'

/** OpenTelemetry's SDK for Go, set up as its page says. Go fetches it as any program's dependency. */

const RECORDS = 1200
const HUGE = '9223372036854775807'
const BUILD_MS = 600_000

let stand: ShipperStand

beforeAll(async () => {
  stand = await ShipperStand.start()
})

afterAll(async () => {
  await stand.end()
  await endAllServers()
})

const program = (configuration: string): string => `package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/log"
	sdk "go.opentelemetry.io/otel/sdk/log"
)

type watched struct {
	sdk.Exporter
	delivered, failed []int64
}

func (w *watched) Export(ctx context.Context, records []sdk.Record) error {
	err := w.Exporter.Export(ctx, records)
	for _, record := range records {
		record.WalkAttributes(func(pair attribute.KeyValue) bool {
			if string(pair.Key) == "n" && err == nil {
				w.delivered = append(w.delivered, pair.Value.AsInt64())
			} else if string(pair.Key) == "n" {
				w.failed = append(w.failed, pair.Value.AsInt64())
			}
			return true
		})
	}
	return err
}

type entry struct {
	Mark, Message, Level, Stack string
	N, Big                      int64
}

func main() {
	ctx := context.Background()
${configuration}
	if err != nil {
		panic(err)
	}
	var logs []entry
	if err := json.NewDecoder(os.Stdin).Decode(&logs); err != nil {
		panic(err)
	}
	seen := &watched{Exporter: exporter, delivered: []int64{}, failed: []int64{}}
	batches := sdk.NewBatchProcessor(seen, sdk.WithExportMaxBatchSize(40), sdk.WithExportInterval(50*time.Millisecond),
		sdk.WithExportTimeout(time.Minute))
	provider := sdk.NewLoggerProvider(sdk.WithProcessor(batches))
	logger := provider.Logger("test")
	for _, one := range logs {
		var record log.Record
		record.SetTimestamp(time.Now())
		record.SetSeverityText(one.Level)
		record.SetBody(attribute.StringValue(one.Message))
		record.AddAttributes(attribute.String("mark", one.Mark), attribute.Int64("n", one.N), attribute.Int64("big", one.Big),
			attribute.String("stack", one.Stack), attribute.Int64("huge", ${HUGE}),
			attribute.Map("nested", attribute.Map("a", attribute.Slice("b", attribute.Int64Value(one.N), attribute.BoolValue(true)))))
		logger.Emit(ctx, record)
		if one.N%20 == 0 {
			time.Sleep(50 * time.Millisecond)
		}
	}
	if err := provider.Shutdown(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	json.NewEncoder(os.Stdout).Encode(map[string][]int64{"delivered": seen.delivered, "failed": seen.failed})
}
`

function built(source: string): string {
  const folder = path.join(newDirectory(), 'sender')
  mkdirSync(folder)
  writeFileSync(path.join(folder, 'go.mod'), 'module sender\n\ngo 1.25\n')
  writeFileSync(path.join(folder, 'main.go'), source)
  for (const args of [
    ['mod', 'tidy'],
    ['build', '-o', 'sender', '.'],
  ]) {
    const { status, stderr, error } = spawnSync('go', args, { cwd: folder, encoding: 'utf8' })
    if (status !== 0) throw new Error(`Go is needed, and a module proxy that it can reach.\n${error ?? stderr}`)
  }
  return path.join(folder, 'sender')
}

const Believed = z.object({ delivered: z.array(z.number()), failed: z.array(z.number()) })
const Body = z.looseObject({ body: z.string(), attributes: z.looseObject({ n: z.number() }) })

it('the exporter for Go loses nothing that it counts as delivered through 429, 503 and kill -9', {
  timeout: BUILD_MS,
}, async () => {
  const door = await stand.door(OTLP_DIALECT)
  const configuration = pageConfiguration('otlp', 'otlploghttp.New', {
    'https://logs.example.com': door.url,
    'slc_ing_…': door.key,
  })
  const sender = ForeignProgram.start(built(program(configuration)), [])
  sender.write(JSON.stringify(shipperLogs('otel-go', RECORDS)))
  await door.trouble(/v1\/logs/).catch((cause: unknown) => {
    throw new Error(sender.output, { cause })
  })
  await stand.killAndRestart()
  const [printed = ''] = (await sender.end()).trim().split('\n').slice(-1)
  const { delivered, failed } = Believed.parse(JSON.parse(printed))

  const found = (await stand.find('mark:otel-go')).map(({ body }) => Body.parse(body))
  const counts = countsOf(found.map(({ attributes }) => attributes))
  const doubled = [...counts].filter(([, count]) => count > 1).length
  console.log(
    `otel-go: ${delivered.length} delivered, ${failed.length} given up, ${found.length} found, ${doubled} doubled, ${[...door.statuses]}`,
  )
  expect(delivered.filter((n) => !counts.has(n))).toEqual([])
  expect(delivered.length + failed.length).toBe(RECORDS)
  expect(failed.length).toBeLessThanOrEqual(40)
  const logs = shipperLogs('otel-go', RECORDS)
  for (const { body, attributes } of found) {
    const { message, mark, n, big, stack } = logs[attributes.n]
    expect(body).toBe(message)
    expect(attributes).toMatchObject({ mark, n, big, stack, nested: { a: { b: [n, true] } } })
  }
  expect((await stand.findText('mark:otel-go')).split(HUGE).length).toBeGreaterThan(1)
})
