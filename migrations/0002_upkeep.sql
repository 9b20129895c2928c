-- Rows of a segment that were erased, and the slots of crons that ran.
ALTER TABLE segment ADD COLUMN mask TEXT;

CREATE TABLE IF NOT EXISTS cron_slot (
  cron     TEXT    NOT NULL,
  slot_ms  INTEGER NOT NULL,
  position TEXT    NOT NULL,
  lease_ms INTEGER NOT NULL,
  done_ms  INTEGER,
  PRIMARY KEY (cron, slot_ms)
) STRICT, WITHOUT ROWID;
