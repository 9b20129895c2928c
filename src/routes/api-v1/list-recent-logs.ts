import type { Handler } from '../../http/handler'
import { answerRows } from './find-rows'
import { readRecentQuestion } from './row-parameters'

/** `GET /api/v1/logs/recent/:service`: the newest rows of a service. */
export const listRecentLogs: Handler = (request, env) =>
  answerRows(request, env, readRecentQuestion(request.params.service, new URL(request.url).searchParams))
