-- What a version holds, compressed (docs/decisions/0005-compressed-versions.md), and the form it came from as a number.
-- The versions there were are copied as they are, uncompressed: reading them is the same, and no old text is touched.

-- What texts of one kind have in common. A row is written and durable before the first version that needs it, and is
-- never changed or removed. kind: "Encounter", "QuestionnaireResponse|urn:xinglin:form:..."; of several of one kind the
-- last is used for new versions. Numbers 0 and 1 mean: not compressed; compressed without a dictionary.
CREATE TABLE dictionary(
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  bytes BLOB NOT NULL
) STRICT;

-- Every version that ever was; rows are only added. body: stored_text.h; empty when the version is a deletion. origin:
-- key of the form submission that yielded it.
CREATE TABLE version_3(
  seq INTEGER PRIMARY KEY,
  key INTEGER NOT NULL,
  type INTEGER NOT NULL,
  version INTEGER NOT NULL,
  t INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  origin INTEGER,
  body BLOB NOT NULL
) STRICT;
INSERT INTO version_3
  SELECT seq, key, type, version, t, deleted,
    (SELECT o.key FROM resource_type rt CROSS JOIN resource o ON o.type=rt.id
     WHERE rt.name=substr(derived_from, 1, instr(derived_from, '/')-1)
       AND o.id=substr(derived_from, instr(derived_from, '/')+1)),
    CASE WHEN deleted THEN x'' ELSE CAST(x'0000' || CAST(json AS BLOB) AS BLOB) END
  FROM version ORDER BY seq;
DROP TABLE version;
ALTER TABLE version_3 RENAME TO version;
CREATE UNIQUE INDEX version_by_resource ON version(key, version);
CREATE INDEX version_by_type ON version(type, seq);
CREATE INDEX version_by_origin ON version(origin, key) WHERE origin IS NOT NULL;
