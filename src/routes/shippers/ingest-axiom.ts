import { axiomFormat } from '../../formats/axiom'
import type { Dialect } from '../../http/dialect'
import type { Handler } from '../../http/handler'
import { ApiError } from '../../http/problem'
import { AXIOM_DATASET_CHARACTERS_MAX, RECEIPT_ERRORS_MAX } from '../../limits/limits'
import { type TakenLogs, takeLogs } from '../store-format'
import { anyCredential, jsonAnswer, SHIPPER_RULES } from './plain-dialect'

/** Axiom's errors are a sentence in JSON. */
export const AXIOM: Dialect = {
  name: 'axiom',
  credential: anyCredential,
  refuse: ({ status, code, detail }) => jsonAnswer(status, { code: status, message: detail, error: code }),
}

/** `POST /v1/datasets/:dataset/ingest` and `/v1/ingest/:dataset`: what clients of Axiom send, and its ingest status. */
export const ingestAxiom: Handler = async (request, env) => {
  const parameters = new URL(request.url).searchParams
  const format = axiomFormat(readDataset(request.params.dataset), parameters.get('timestamp-field') ?? undefined)
  return jsonAnswer(200, ingestStatus(await takeLogs(request, env, format, SHIPPER_RULES)))
}

function readDataset(name: string): string {
  if (name.length <= AXIOM_DATASET_CHARACTERS_MAX) return name
  throw new ApiError(
    'validation_failed',
    `The name of a dataset has at most ${AXIOM_DATASET_CHARACTERS_MAX} characters.`,
  )
}

/** Members that say nothing here are there because the clients' types have them. */
function ingestStatus({ receipt, batch }: TakenLogs) {
  const failures = receipt.errors.slice(0, RECEIPT_ERRORS_MAX)
  return {
    ingested: receipt.accepted,
    failed: receipt.rejected,
    failures: failures.map(({ detail }) => ({ timestamp: new Date().toISOString(), error: detail })),
    processedBytes: batch.blocks.reduce((sum, { length }) => sum + length, 0),
    blocksCreated: 0,
    walLength: 0,
  }
}
