import type { Handler } from '../../http/handler'
import { answerLog } from './find-log'

/** `GET /api/v1/logs/logs/:id/full`: one row with the body as it was sent. */
export const getFullLog: Handler = (request, env) => answerLog(request, env, true)
