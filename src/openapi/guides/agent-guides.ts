import { type Guide, partsOf, withPort } from './guide'

/** Agents and libraries that send for others. */
export const AGENT_GUIDES: readonly Guide[] = [
  {
    page: 'otlp',
    title: 'OpenTelemetry SDKs',
    where: 'The environment of your program',
    configuration: ({ url, key }) => `OTEL_LOGS_EXPORTER=otlp
OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=${url}/v1/logs
OTEL_EXPORTER_OTLP_LOGS_HEADERS=authorization=Bearer%20${key}`,
  },
  {
    page: 'otlp',
    title: 'OpenTelemetry Collector',
    where: 'config.yaml',
    configuration: ({ url, key }) => `receivers:
  otlp: { protocols: { grpc: {}, http: {} } }
processors:
  batch: { send_batch_max_size: 8192 }
extensions:
  file_storage: { directory: /var/lib/otelcol, create_directory: true }
exporters:
  otlphttp/sluice:
    logs_endpoint: ${url}/v1/logs
    headers: { authorization: "Bearer ${key}" }
    compression: gzip
    sending_queue: { enabled: true, storage: file_storage }
    retry_on_failure: { enabled: true, max_elapsed_time: 0 }
service:
  extensions: [file_storage]
  pipelines:
    logs: { receivers: [otlp], processors: [batch], exporters: [otlphttp/sluice] }`,
  },
  {
    page: 'loki',
    title: 'Promtail',
    where: 'promtail.yaml',
    configuration: ({ url, key }) => `clients:
  - url: ${url}/loki/api/v1/push
    bearer_token: ${key}
    backoff_config: { max_retries: 0 }`,
  },
  {
    page: 'loki',
    title: 'Grafana Alloy',
    where: 'config.alloy',
    configuration: ({ url, key }) => `loki.write "sluice" {
  endpoint {
    url          = "${url}/loki/api/v1/push"
    bearer_token = "${key}"
  }
}`,
  },
  {
    page: 'elastic',
    title: 'Filebeat',
    where: 'filebeat.yml',
    configuration: ({ url, key }) => `output.elasticsearch:
  hosts: ["${withPort(url)}"]
  username: "sluice"
  password: "${key}"
  allow_older_versions: true`,
  },
  {
    page: 'elastic',
    title: 'Logstash',
    where: 'pipeline.conf',
    configuration: ({ url, key }) => `output {
  elasticsearch {
    hosts => ["${withPort(url)}"]
    user => "sluice"
    password => "${key}"
    data_stream => "true"
  }
}`,
  },
  {
    page: 'fluent-bit',
    title: 'Fluent Bit',
    where: 'fluent-bit.conf',
    configuration: ({ url, key }) => {
      const { host, port, tls } = partsOf(url)
      return `[OUTPUT]
    name             http
    match            *
    host             ${host}
    port             ${port}
    tls              ${tls ? 'on' : 'off'}
    uri              /ingest/json
    format           json_lines
    json_date_key    timestamp
    json_date_format iso8601
    compress         gzip
    header           Authorization Bearer ${key}
    retry_limit      no_limits`
    },
  },
  {
    page: 'vector',
    title: 'Vector',
    where: 'vector.yaml',
    configuration: ({ url, key }) => `sinks:
  sluice:
    type: http
    inputs: [your_source]
    uri: ${url}/ingest/vector
    method: post
    encoding: { codec: json }
    framing: { method: newline_delimited }
    compression: gzip
    batch: { max_bytes: 4000000, timeout_secs: 1 }
    buffer: { type: disk, max_size: 1073741824, when_full: block }
    auth: { strategy: bearer, token: "${key}" }`,
  },
  {
    page: 'splunk',
    title: 'Splunk HTTP Event Collector',
    where: 'Whatever speaks HEC: URL and token',
    configuration: ({ url, key }) =>
      `curl '${url}/services/collector/event' -H 'Authorization: Splunk ${key}' -d '{"event":"hello"}'`,
  },
  {
    page: 'datadog',
    title: 'Datadog Agent',
    where: 'datadog.yaml',
    configuration: ({ url, key }) => {
      const { host, port, tls } = partsOf(url)
      return `api_key: ${key}
logs_enabled: true
logs_config:
  logs_dd_url: ${host}:${port}
  logs_no_ssl: ${!tls}
  force_use_http: true`
    },
  },
  {
    page: 'http',
    title: 'curl, or your own program',
    where: 'A shell',
    configuration: ({ url, key }) => `curl '${url}/logs' -H 'Authorization: Bearer ${key}' \\
  -d '{"level":"error","service":"shop","message":"hello"}'`,
  },
]
