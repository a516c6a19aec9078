-- The records. Each resource has a small permanent number, `key`, that everything else refers to; each version has a
-- number `seq` in the order of commits, so the feed and the history are ranges of the primary key.

CREATE TABLE resource_type(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- One row a transaction that changed something. recorded_at (milliseconds since 1970) never goes backwards.
CREATE TABLE commits(
  t INTEGER PRIMARY KEY,
  recorded_at INTEGER NOT NULL,
  last_seq INTEGER NOT NULL
) STRICT;

-- What a resource is now. placement: key of the resident (Patient) it belongs to, else of the organisation, else 0; a
-- grown installation spreads the records by it.
CREATE TABLE resource(
  key INTEGER PRIMARY KEY,
  type INTEGER NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  t INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  placement INTEGER NOT NULL,
  UNIQUE(type, id)
) STRICT;

-- Every version that ever was; rows are only added. json is empty when the version is a deletion.
CREATE TABLE version(
  seq INTEGER PRIMARY KEY,
  key INTEGER NOT NULL,
  type INTEGER NOT NULL,
  version INTEGER NOT NULL,
  t INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  derived_from TEXT,
  json TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX version_by_resource ON version(key, version);
CREATE INDEX version_by_type ON version(type, seq);
CREATE INDEX version_by_origin ON version(derived_from) WHERE derived_from IS NOT NULL;

-- How many current resources of each type there are.
CREATE TABLE type_count(
  type INTEGER PRIMARY KEY,
  current INTEGER NOT NULL
) STRICT;

-- Where in a resource a reference stands, without positions: 'Observation.subject', 'Claim.insurance.coverage'.
CREATE TABLE path(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- Who refers to whom now, and where. It answers three questions: may this be deleted, what points here (_revinclude),
-- and every search by a reference parameter, since a parameter is a set of paths and a type of the target.
CREATE TABLE refers(
  target INTEGER NOT NULL,
  path INTEGER NOT NULL,
  key INTEGER NOT NULL,
  PRIMARY KEY(target, path, key)
) STRICT, WITHOUT ROWID;

-- References to what is kept elsewhere (absolute addresses).
CREATE TABLE refers_outside(
  address TEXT NOT NULL,
  path INTEGER NOT NULL,
  key INTEGER NOT NULL,
  PRIMARY KEY(address, path, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE note(
  key TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
