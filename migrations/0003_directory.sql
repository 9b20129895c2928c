-- Copies of each tenant's directory: what its object says of keys, domains, members, sessions and settings.
ALTER TABLE tenant ADD COLUMN limits TEXT NOT NULL DEFAULT '{}';
ALTER TABLE tenant ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
ALTER TABLE tenant ADD COLUMN settings_edition INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tenant ADD COLUMN contact_email TEXT;
ALTER TABLE tenant ADD COLUMN delete_ms INTEGER;
ALTER TABLE tenant ADD COLUMN version INTEGER NOT NULL DEFAULT 0;

ALTER TABLE api_key ADD COLUMN role TEXT;
ALTER TABLE api_key ADD COLUMN filter TEXT;
ALTER TABLE api_key ADD COLUMN origins TEXT;
ALTER TABLE api_key ADD COLUMN addresses TEXT;
ALTER TABLE api_key ADD COLUMN rotated_from TEXT;
ALTER TABLE api_key ADD COLUMN created_by TEXT;
ALTER TABLE api_key ADD COLUMN last_used_day INTEGER;
ALTER TABLE api_key ADD COLUMN version INTEGER NOT NULL DEFAULT 0;

-- Who may read may also follow what comes.
UPDATE api_key SET scopes = scopes || ' tail' WHERE kind IN ('rd', 'adm') AND scopes LIKE '%logs:read%';

-- Several tenants may want a host; its claim says whose it is.
ALTER TABLE domain RENAME TO domain_before;
DROP INDEX domain_by_tenant;
CREATE TABLE IF NOT EXISTS domain (
  host             TEXT    NOT NULL,
  tenant_id        TEXT    NOT NULL,
  status           TEXT    NOT NULL, -- pending | active | unrouted | suspended
  token_hash       TEXT,             -- SHA-256 of what the owner has to show; absent when no proof is needed
  token_expires_ms INTEGER,
  proof            TEXT,             -- none | dns | http: how it was proved
  proved_ms        INTEGER,
  checked_ms       INTEGER,          -- when the proof was last looked for
  lost_ms          INTEGER,          -- since when it is not there
  hostname_id      TEXT,             -- what the platform's custom-hostname service calls it
  contact_email    TEXT,
  config           TEXT    NOT NULL DEFAULT '{}', -- JSON
  created_ms       INTEGER NOT NULL,
  version          INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (host, tenant_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS domain_by_tenant ON domain (tenant_id);

INSERT INTO domain (host, tenant_id, status, created_ms)
  SELECT host, tenant_id, status, created_ms FROM domain_before;
DROP TABLE domain_before;

CREATE TABLE IF NOT EXISTS host_claim (
  host       TEXT    NOT NULL PRIMARY KEY,
  tenant_id  TEXT    NOT NULL,
  claimed_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS host_claim_by_tenant ON host_claim (tenant_id);

INSERT INTO host_claim (host, tenant_id, claimed_ms)
  SELECT host, tenant_id, created_ms FROM domain WHERE status IN ('active', 'suspended');

CREATE TABLE IF NOT EXISTS member (
  id         TEXT    NOT NULL PRIMARY KEY, -- mem_…
  tenant_id  TEXT    NOT NULL,
  email      TEXT,
  subject    TEXT,             -- who it is for the issuer of their tokens: <issuer id>:<sub>
  role       TEXT    NOT NULL, -- owner | admin | editor | viewer | ingest
  filter     TEXT,
  status     TEXT    NOT NULL, -- invited | active | suspended
  created_ms INTEGER NOT NULL,
  version    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS member_by_tenant ON member (tenant_id, subject);

CREATE TABLE IF NOT EXISTS session (
  id           TEXT    NOT NULL PRIMARY KEY, -- ses_…
  tenant_id    TEXT    NOT NULL,
  hash         TEXT    NOT NULL UNIQUE,      -- SHA-256 of the cookie's secret, hex
  csrf_hash    TEXT    NOT NULL,
  principal_id TEXT    NOT NULL,             -- whom it was made for
  role         TEXT    NOT NULL,
  scopes       TEXT    NOT NULL,
  filter       TEXT,
  status       TEXT    NOT NULL,             -- active | revoked
  created_ms   INTEGER NOT NULL,
  expires_ms   INTEGER NOT NULL,
  version      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS session_by_tenant ON session (tenant_id);
