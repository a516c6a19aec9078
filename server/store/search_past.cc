#include "server/store/search_past.h"

#include <fmt/format.h>

#include <algorithm>

namespace xinglin::store {

namespace {

constexpr const char* k_tables[] = {"resource",      "refers",      "refers_outside", "search_token",
                                    "search_string", "search_date", "search_number",  "search_part"};

} // namespace

PastTables::PastTables(SearchScope& scope) : m_scope(scope) {
  sql::Sqlite& db = scope.records.db();
  // Names of their own: a temporary table would hide the main one of the same name from every other query.
  db.execute("PRAGMA query_only=0");
  try {
    drop();
    for (const char* table : k_tables)
      db.execute(fmt::format("CREATE TEMP TABLE past_{0} AS SELECT * FROM main.{0} WHERE 0", table));
    fill();
    db.execute("CREATE INDEX temp.past_resource_index ON past_resource(key); CREATE INDEX temp.past_refers_index ON "
               "past_refers(target, path, key);"
               "CREATE INDEX temp.past_outside_index ON past_refers_outside(address, path, key);"
               "CREATE INDEX temp.past_token_index ON past_search_token(unit, code, system, key);"
               "CREATE INDEX temp.past_string_index ON past_search_string(unit, text);"
               "CREATE INDEX temp.past_string_key_index ON past_search_string(key, unit);"
               "CREATE INDEX temp.past_date_index ON past_search_date(key, unit);"
               "CREATE INDEX temp.past_number_index ON past_search_number(key, unit);"
               "CREATE INDEX temp.past_part_index ON past_search_part(key, unit);");
  } catch (...) {
    try {
      drop();
      db.execute("PRAGMA query_only=1");
    } catch (const sql::SqliteError&) { // the first error is the one to tell
    }
    throw;
  }
}

PastTables::~PastTables() {
  try {
    drop();
    m_scope.records.db().execute("PRAGMA query_only=1");
  } catch (const sql::SqliteError&) { // the tables go with the connection
  }
}

void PastTables::drop() {
  for (const char* table : k_tables)
    m_scope.records.db().execute(fmt::format("DROP TABLE IF EXISTS temp.past_{}", table));
}

void PastTables::fill() {
  sql::Sqlite& db = m_scope.records.db();
  const Shared& shared = m_scope.records.shared();
  for (const std::string& type : m_scope.past_types) {
    std::vector<Unit> units;
    for (size_t i = 0; i < m_scope.past_units.size(); i++) {
      const NeededUnit& needed = m_scope.past_units[i];
      if (needed.type != type) continue;
      units.push_back(
          {static_cast<int64_t>(i) + 1, m_scope.index.parameters().find(type, needed.code), needed.variant});
    }
    int64_t type_id = shared.types.find(type);
    auto keys = db.query("SELECT key, id FROM main.resource WHERE type=?", type_id);
    while (keys.step()) {
      int64_t key = keys.whole(0);
      auto version = m_scope.records.read_key(key);
      if (!version || version->deleted) continue;
      db.query("INSERT INTO temp.past_resource(key, type, id, version, seq, t, deleted, placement) "
               "VALUES(?,?,?,?,0,?,0,0)",
               key, type_id, version->id, version->version, version->commit)
          .run();
      auto document = fhir::Document::parse(std::move(version->json));
      add_references(key, document.root());
      add_values(key, m_scope.index.values_of(document.root(), units));
    }
  }
}

void PastTables::add_references(int64_t key, fhir::Node resource) {
  sql::Sqlite& db = m_scope.records.db();
  for (const FoundReference& found : find_references(resource)) {
    if (found.is_link) continue;
    ReferenceText read = read_reference(found.value.text());
    if (read.form == ReferenceForm::relative)
      db.query("INSERT INTO temp.past_refers(target, path, key) VALUES(?,?,?)",
               m_scope.records.find(read.type, read.id).key, m_scope.path(found.path), key)
          .run();
    else if (read.form == ReferenceForm::outside)
      db.query("INSERT INTO temp.past_refers_outside(address, path, key) VALUES(?,?,?)", found.value.text(),
               m_scope.path(found.path), key)
          .run();
  }
}

void PastTables::add_values(int64_t key, const SearchValues& values) {
  sql::Sqlite& db = m_scope.records.db();
  std::map<int64_t, int64_t> first_part;
  for (const auto& parts : values.parts) {
    first_part[parts.unit] = m_next_part;
    for (int64_t i = 0; i < parts.count; i++)
      db.query("INSERT INTO temp.past_search_part(part, key, unit, position) VALUES(?,?,?,?)", m_next_part--, key,
               parts.unit, i + 1)
          .run();
  }
  auto owner = [&](int64_t unit, int64_t part) {
    return part == 0 ? key : first_part.at(unit % k_component_stride) - (part - 1);
  };
  for (const TokenValue& value : values.tokens)
    db.query("INSERT INTO temp.past_search_token(unit, code, system, key) VALUES(?,?,?,?)", value.unit, value.code,
             m_scope.system(value.system), owner(value.unit, value.part))
        .run();
  for (const StringValue& value : values.strings)
    db.query("INSERT INTO temp.past_search_string(unit, text, exact, key) VALUES(?,?,?,?)", value.unit, value.text,
             value.exact, owner(value.unit, value.part))
        .run();
  for (const DateValue& value : values.dates)
    db.query("INSERT INTO temp.past_search_date(unit, low, high, key) VALUES(?,?,?,?)", value.unit, value.span.low,
             value.span.high, owner(value.unit, value.part))
        .run();
  for (const NumberValue& value : values.numbers)
    db.query("INSERT INTO temp.past_search_number(unit, low, high, system, code, key) VALUES(?,?,?,?,?,?)", value.unit,
             value.low, value.high, m_scope.system(value.system), value.code, owner(value.unit, value.part))
        .run();
  for (const auto& [path, target] : values.references) {
    ReferenceText read = read_reference(target);
    db.query("INSERT INTO temp.past_refers(target, path, key) VALUES(?,?,?)",
             m_scope.records.find(read.type, read.id).key, m_scope.path(path), key)
        .run();
  }
  for (const auto& [path, address] : values.outside)
    db.query("INSERT INTO temp.past_refers_outside(address, path, key) VALUES(?,?,?)", address, m_scope.path(path), key)
        .run();
}

} // namespace xinglin::store
