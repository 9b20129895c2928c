import { HEC_CODES, type HecAnswer, type HecCode, hecAnswer, hecCodeOf } from '../../formats/splunk/hec-answer'
import { basicCredential, type Dialect, type RefusedProblem, schemeCredential } from '../../http/dialect'

/** How clients of Splunk's HTTP Event Collector name themselves, and how they are refused: by a code, and the status that goes with it. */
export const SPLUNK_DIALECT: Dialect = {
  name: 'splunk',
  credential: (request) => schemeCredential(request, 'splunk') ?? basicCredential(request),
  refuse: (problem, request) => {
    const { status, answer } = refusalOf(problem, request)
    return hecResponse(status, answer)
  },
}

/** An answer with its status. */
export const hecResponse = (status: number, answer: object): Response =>
  new Response(JSON.stringify(answer), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  })

/** The answer with this code. */
export const answerCode = (code: HecCode, more: Parameters<typeof hecAnswer>[1] = {}): Response =>
  hecResponse(HEC_CODES[code].status, hecAnswer(code, more))

function refusalOf(problem: RefusedProblem, request: Request): { readonly status: number; readonly answer: HecAnswer } {
  const code = codeOf(problem, request)
  if (code !== undefined) {
    const index = problem.errors[0]?.index
    return {
      status: HEC_CODES[code].status,
      answer: hecAnswer(code, index === undefined ? {} : { 'invalid-event-number': index }),
    }
  }
  // What Splunk has no code for: its text is ours, and its number the status.
  return { status: problem.status, answer: { text: problem.detail, code: problem.status } }
}

function codeOf({ status, code, errors }: RefusedProblem, request: Request): HecCode | undefined {
  switch (code) {
    case 'unauthenticated':
      return unauthenticatedCode(request)
    case 'key_revoked':
    case 'tenant_suspended':
    case 'ingest_suspended':
      return 1
    case 'scope_missing':
    case 'origin_not_allowed':
    case 'address_not_allowed':
      return 4
    case 'empty_body':
      return 5
    case 'invalid_body':
    case 'invalid_json':
    case 'validation_failed':
      return hecCodeOf(errors[0]?.code ?? '')
    default:
      break
  }
  // Limits too: it is the one answer after which every client of Splunk sends again.
  if (status === 429 || status === 503) return 9
  return status === 500 ? 8 : undefined
}

/** Splunk tells apart whether there is no token, something that is none, and one that is wrong. */
function unauthenticatedCode(request: Request): HecCode {
  const authorization = request.headers.get('authorization')
  if (authorization === null || authorization.trim() === '') return 2
  return /^(?:splunk|basic|bearer) +\S+$/i.test(authorization.trim()) ? 4 : 3
}
