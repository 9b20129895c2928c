/** A request of the second seed's document. */
export interface SeedRequest {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

const ofRequests = { 'user-agent': 'python-requests/2.34.2', 'accept-encoding': 'gzip, deflate', accept: '*/*' }
const ofCurl = { 'user-agent': 'curl/8.5.0', accept: '*/*' }
const json = { 'content-type': 'application/json' }

/** What the document's Python class sends, byte for byte as a server received it. */
export const PYTHON_REQUESTS: readonly SeedRequest[] = [
  {
    method: 'POST',
    path: '/api/v1/logs/ingest',
    headers: { ...ofRequests, ...json },
    body: '{"service_name": "python-data-processor", "level": "INFO", "message": "Processing started", "metadata": {"job_id": "123", "batch_size": 1000}}',
  },
  {
    method: 'POST',
    path: '/api/v1/logs/ingest',
    headers: { ...ofRequests, ...json },
    body: '{"service_name": "python-data-processor", "level": "ERROR", "message": "Database error", "metadata": {"error_code": "TIMEOUT", "retry": 3}}',
  },
]

/** What the document's curl commands send, by what they do. */
export const CURL_REQUESTS = {
  ingest: {
    method: 'POST',
    path: '/api/v1/logs/ingest',
    headers: { ...ofCurl, ...json },
    body: `{
    "service_name": "python-data-processor",
    "level": "ERROR",
    "message": "Database connection failed",
    "metadata": {
      "error_code": "DB_TIMEOUT",
      "retry_count": 3
    }
  }`,
  },
  batch: {
    method: 'POST',
    path: '/api/v1/logs/ingest/batch',
    headers: { ...ofCurl, ...json },
    body: `{
    "logs": [
      {
        "service_name": "api-gateway",
        "level": "INFO",
        "message": "Request processed successfully"
      },
      {
        "service_name": "api-gateway",
        "level": "ERROR",
        "message": "Validation failed"
      }
    ]
  }`,
  },
  search: {
    method: 'GET',
    path: '/api/v1/logs/search?service=my-service&level=ERROR&limit=50',
    headers: ofCurl,
  },
  stats: { method: 'GET', path: '/api/v1/logs/stats/my-service', headers: ofCurl },
  config: {
    method: 'PUT',
    path: '/api/v1/logs/config/my-service',
    headers: { ...ofCurl, ...json },
    body: `{
    "ttl_days": 90,
    "retention_policy": "extended",
    "alert_on_errors": true,
    "max_logs_per_day": 1000000
  }`,
  },
} as const satisfies Record<string, SeedRequest>
