import type { Handler } from '../../http/handler'
import { answerRows } from './find-rows'
import { readRowQuestion } from './row-parameters'

/** `GET /api/v1/logs/search`: the rows that match, newest first, a page by offset. */
export const searchLogRows: Handler = (request, env) =>
  answerRows(request, env, readRowQuestion(new URL(request.url).searchParams))
