-- The PAYLOAD database (D1): the bytes of segments that are not in the archive. D1 takes text far faster than blobs, so
-- a segment is base64, cut into parts at multiples of 4 characters: a range of its bytes is a substr() of its parts.
CREATE TABLE IF NOT EXISTS payload_part (
  tenant_id  TEXT    NOT NULL,
  segment_id TEXT    NOT NULL,
  part       INTEGER NOT NULL, -- from 0
  data       TEXT    NOT NULL, -- at most PAYLOAD_PART_CHARACTERS_MAX characters
  PRIMARY KEY (tenant_id, segment_id, part)
) STRICT, WITHOUT ROWID;
