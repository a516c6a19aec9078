-- The search index: a row a value, for the parameters (units) that are asked for daily, and for any other from its first
-- use on (docs/decisions/0003-search-index.md). References need no rows here: `refers` answers them.

-- A unit is one parameter of one type, or a derived form of it (variant ':text', ':sort', ...). Not ready = it is being
-- built, resource by resource up to the key built_to; what is written meanwhile is indexed at once.
CREATE TABLE search_unit(
  id INTEGER PRIMARY KEY,
  type INTEGER NOT NULL,
  code TEXT NOT NULL,
  variant TEXT NOT NULL,
  is_ready INTEGER NOT NULL,
  built_to INTEGER NOT NULL,
  UNIQUE(type, code, variant)
) STRICT;

CREATE TABLE search_system(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- Codes, identifiers, uris. system 0 = none.
CREATE TABLE search_token(
  unit INTEGER NOT NULL,
  code TEXT NOT NULL,
  system INTEGER NOT NULL,
  key INTEGER NOT NULL,
  PRIMARY KEY(unit, code, system, key)
) STRICT, WITHOUT ROWID;

-- text is without case, width and accents; exact is as written, or empty where that is the same.
CREATE TABLE search_string(
  unit INTEGER NOT NULL,
  text TEXT NOT NULL,
  exact TEXT NOT NULL,
  key INTEGER NOT NULL,
  PRIMARY KEY(unit, text, exact, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX search_string_of_resource ON search_string(key, unit);

-- Times from low to before high, milliseconds since 1970.
CREATE TABLE search_date(
  unit INTEGER NOT NULL,
  low INTEGER NOT NULL,
  high INTEGER NOT NULL,
  key INTEGER NOT NULL,
  PRIMARY KEY(unit, low, high, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX search_date_of_resource ON search_date(key, unit);

-- Numbers and quantities as text that sorts like the number, to the last digit (search_text.h).
CREATE TABLE search_number(
  unit INTEGER NOT NULL,
  low TEXT NOT NULL,
  high TEXT NOT NULL,
  system INTEGER NOT NULL,
  code TEXT NOT NULL,
  key INTEGER NOT NULL,
  PRIMARY KEY(unit, low, high, system, code, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX search_number_of_resource ON search_number(key, unit);

-- A part of a resource whose values belong together, for composite parameters. The rows of its values carry `part` in
-- the place of the resource's key; parts are negative, so the two never meet.
CREATE TABLE search_part(
  part INTEGER PRIMARY KEY,
  key INTEGER NOT NULL,
  unit INTEGER NOT NULL,
  position INTEGER NOT NULL
) STRICT;
CREATE INDEX search_part_of_resource ON search_part(key, unit, position);
