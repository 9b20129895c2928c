-- What became of tenants that were erased, the key that certificates are signed with, and the order of proving domains again.
CREATE TABLE IF NOT EXISTS erasure (
  tenant_id   TEXT    NOT NULL PRIMARY KEY,
  name        TEXT    NOT NULL,
  step        TEXT    NOT NULL,
  begun_ms    INTEGER NOT NULL,
  facts       TEXT    NOT NULL DEFAULT '{}',
  done_ms     INTEGER,
  certificate TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS signing_key (
  purpose     TEXT    NOT NULL PRIMARY KEY,
  private_jwk TEXT    NOT NULL,
  public_jwk  TEXT    NOT NULL,
  created_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS domain_by_check ON domain (checked_ms) WHERE proof IN ('dns', 'http');

CREATE INDEX IF NOT EXISTS tenant_by_deletion ON tenant (delete_ms) WHERE delete_ms IS NOT NULL;

CREATE INDEX IF NOT EXISTS erasure_by_beginning ON erasure (begun_ms) WHERE done_ms IS NULL;
