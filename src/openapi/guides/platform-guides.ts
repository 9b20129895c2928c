import { type Guide, partsOf, withUser } from './guide'

/** Platforms that send what runs on them. */
export const PLATFORM_GUIDES: readonly Guide[] = [
  {
    page: 'cloudflare',
    title: 'Cloudflare Workers, by tail consumer',
    where: 'wrangler.toml of the Worker whose logs are wanted, in the same account as Sluice',
    configuration: () => 'tail_consumers = [{ service = "sluice" }]',
  },
  {
    page: 'cloudflare',
    title: 'Cloudflare Workers, by OpenTelemetry export',
    where: 'Dashboard: Observability, Destinations; then wrangler.toml',
    configuration: ({ url, key }) => `# Destination "sluice": logs
#   endpoint  ${url}/v1/logs
#   header    Authorization: Bearer ${key}
[observability.logs]
enabled = true
destinations = ["sluice"]`,
  },
  {
    page: 'cloudflare',
    title: 'Cloudflare Logpush',
    where: 'A shell with CLOUDFLARE_API_TOKEN and ZONE_ID',
    configuration: ({ url, key }) => `curl "https://api.cloudflare.com/client/v4/zones/$ZONE_ID/logpush/jobs" \\
  -H "Authorization: Bearer $CLOUDFLARE_API_TOKEN" --json '{
    "name": "sluice", "dataset": "http_requests", "enabled": true,
    "destination_conf": "${url}/ingest/logpush?header_Authorization=${encodeURIComponent(`Bearer ${key}`)}",
    "max_upload_bytes": 5000000, "max_upload_records": 20000, "max_upload_interval_seconds": 30,
    "output_options": { "output_type": "ndjson", "timestamp_format": "unixnano",
      "field_names": ["EdgeStartTimestamp", "ClientRequestHost", "ClientRequestMethod", "ClientRequestURI", "EdgeResponseStatus", "RayID"] } }'`,
  },
  {
    page: 'vercel',
    title: 'Vercel drain',
    where: 'Vercel: Settings, Drains, Add Drain, Logs, Custom Endpoint',
    configuration: ({ url, key }) => `URL       ${url}/ingest/vercel
Encoding  NDJSON
Secret    ${key}
Header    Authorization: Bearer ${key}`,
  },
  {
    page: 'netlify',
    title: 'Netlify log drain',
    where: 'Netlify: Logs, Log Drains, General HTTP endpoint',
    configuration: ({ url, key }) => `Full URL              ${url}/ingest/netlify
Authorization header  Bearer ${key}
Format                NDJSON`,
  },
  {
    page: 'heroku',
    title: 'Heroku',
    where: 'A shell',
    configuration: (place) =>
      `heroku drains:add '${withUser(place, '/ingest/heroku?service=YOUR-APP')}' --app YOUR-APP`,
  },
  {
    page: 'render',
    title: 'Render, or any sender of syslog over HTTP',
    where: 'A shell, to try it',
    configuration: ({
      url,
      key,
    }) => `curl '${url}/ingest/render' -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/syslog' \\
  --data-binary '<14>1 2026-11-21T10:15:00Z srv-1 web 1 - - started'`,
  },
  {
    page: 'fly',
    title: 'Fly.io',
    where: 'A shell, in a checkout of fly-log-shipper',
    configuration: ({ url, key }) => `fly secrets set ACCESS_TOKEN="$(fly tokens create readonly YOUR-ORG)" \\
  HTTP_URL='${url}/ingest/fly' HTTP_TOKEN='${key}'`,
  },
  {
    page: 'firehose',
    title: 'AWS Firehose and CloudWatch Logs',
    where: 'AWS: Firehose, Create stream, destination HTTP endpoint',
    configuration: ({ url, key }) => `HTTP endpoint URL  ${url}/ingest/firehose
Access key         ${key}
Content encoding   GZIP
Buffer hints       1 MiB, 60 seconds`,
  },
  {
    page: 'logtail',
    title: 'Better Stack (Logtail) clients',
    where: 'Your program',
    configuration: ({ url, key }) => `import { Logtail } from '@logtail/node'
const logtail = new Logtail('${key}', { endpoint: '${url}' })`,
  },
  {
    page: 'axiom',
    title: 'Axiom clients',
    where: 'Your program',
    configuration: ({ url, key }) => `import { AxiomWithoutBatching } from '@axiomhq/js'
const axiom = new AxiomWithoutBatching({ token: '${key}', url: '${url}' })
await axiom.ingest('my-service', [{ level: 'info', message: 'hello' }])`,
  },
  {
    page: 'newrelic',
    title: 'New Relic’s Log API',
    where: 'Fluent Bit with its New Relic output',
    configuration: ({ url, key }) => `[OUTPUT]
    name        nrlogs
    match       *
    license_key ${key}
    base_uri    ${url}/log/v1`,
  },
  {
    page: 'syslog',
    title: 'rsyslog and other syslog daemons, through npm start',
    where: '/etc/rsyslog.d/90-sluice.conf, with npm start -- --syslog-port 5514 on the same machine',
    configuration: ({ url }) => `*.* action(type="omfwd" target="${partsOf(url).host}" port="5514" protocol="tcp"
    TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format"
    queue.type="LinkedList" queue.filename="sluice" queue.saveOnShutdown="on"
    action.resumeRetryCount="-1")`,
  },
  {
    page: 'syslog',
    title: 'syslog-ng, over HTTP',
    where: '/etc/syslog-ng/conf.d/sluice.conf',
    configuration: ({ url, key }) => `destination d_sluice {
  http(url("${url}/ingest/json") method("POST")
    headers("Authorization: Bearer ${key}", "Content-Type: application/x-ndjson")
    body("$(format-json timestamp=\${ISODATE} level=\${LEVEL} facility=\${FACILITY} host=\${HOST} service=\${PROGRAM} pid=\${PID} message=\${MESSAGE})")
    delimiter("\\n") batch-lines(1000) batch-timeout(1000) frac-digits(6) retries(1000000) time-reopen(5)
    disk-buffer(disk-buf-size(200000000) reliable(yes)));
};
log { source(s_src); destination(d_sluice); };`,
  },
  {
    page: 'journald',
    title: 'systemd-journal-upload',
    where:
      '/etc/systemd/journal-upload.conf, behind a proxy that adds the key (see the page); or a timer with this line',
    configuration: ({ url, key }) => `journalctl --output=export --since=-1min | curl -fsS '${url}/upload' \\
  -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/vnd.fdo.journal' --data-binary @-`,
  },
  {
    page: 'gelf',
    title: 'GELF over HTTP (Graylog)',
    where: 'A shell, to try it',
    configuration: ({ url, key }) => `curl '${url}/gelf' -H 'Authorization: Bearer ${key}' \\
  -d '{"version":"1.1","host":"web-1","short_message":"started","level":6,"_service":"shop"}'`,
  },
  {
    page: 'files',
    title: 'CSV, logfmt, or lines of text',
    where: 'A shell',
    configuration: ({
      url,
      key,
    }) => `curl '${url}/ingest/csv'    -H 'Authorization: Bearer ${key}' --data-binary @events.csv
curl '${url}/ingest/logfmt' -H 'Authorization: Bearer ${key}' --data-binary @app.log
curl '${url}/ingest/text'   -H 'Authorization: Bearer ${key}' --data-binary @console.log`,
  },
]
