import type { Handler } from '../../http/handler'
import { answerLog } from './find-log'

/** `GET /api/v1/logs/logs/:id`: one row. */
export const getLogRow: Handler = (request, env) => answerLog(request, env, false)
