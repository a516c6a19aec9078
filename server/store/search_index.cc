#include "server/store/search_index.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <mutex>
#include <stdexcept>

namespace xinglin::store {

namespace {

/// Parameters that are asked for daily: indexed from the first resource on. All others from their first use on. The
/// figures that led to this are in docs/decisions/0003-search-index.md.
constexpr std::array<std::string_view, 18> k_daily = {
    "identifier", "code",   "date",      "status",   "category",      "class", "name",          "family", "given",
    "phone",      "gender", "birthdate", "authored", "questionnaire", "url",   "recorded-date", "issued", "type"};

std::optional<Variant> variant_of(std::string_view text) {
  for (Variant variant : {Variant::values, Variant::text, Variant::sort, Variant::missing, Variant::identifier})
    if (to_string(variant) == text) return variant;
  return {};
}

} // namespace

void SearchIndex::prepare(sql::Sqlite& db) {
  auto note = db.query("SELECT value FROM note WHERE key='store.search_version'");
  std::string version = note.step() ? std::string(note.text(0)) : std::string();
  std::string current = std::to_string(k_search_version);
  if (version != current) {
    for (const char* table : {"search_token", "search_string", "search_date", "search_number", "search_part"})
      db.execute(std::string("DELETE FROM ") + table);
    db.execute("UPDATE search_unit SET is_ready=0, built_to=0");
    db.query("INSERT OR REPLACE INTO note(key, value) VALUES('store.search_version', ?)").bind_blob(current).run();
  }
  for (std::string_view type : fhir::resource_types()) {
    int64_t type_id = m_shared.types.add(db, type);
    bool is_empty = !db.query("SELECT 1 FROM version WHERE type=? LIMIT 1", type_id).step();
    for (std::string_view code : k_daily) {
      const auto* definition = fhir::find_search_parameter(type, code);
      if (!definition || definition->type == "reference" || definition->type == "composite") continue;
      db.query("INSERT INTO search_unit(type, code, variant, is_ready, built_to) VALUES(?,?,'',?,0) ON CONFLICT DO "
               "NOTHING",
               type_id, code, is_empty)
          .run();
    }
    if (is_empty) db.query("UPDATE search_unit SET is_ready=1 WHERE type=? AND is_ready=0", type_id).run();
  }
}

void SearchIndex::load(sql::Sqlite& db) {
  std::map<std::string, std::vector<Row>, std::less<>> units;
  auto rows = db.query("SELECT id, type, code, variant FROM search_unit ORDER BY id");
  while (rows.step())
    if (auto variant = variant_of(rows.text(3)))
      units[m_shared.types.name(rows.whole(1))].push_back({rows.whole(0), std::string(rows.text(2)), *variant});
  std::unique_lock lock(m_mutex);
  m_generation++;
  m_rows = std::move(units);
  m_units.clear();
}

SearchIndex::Units SearchIndex::units_of(std::string_view type) const {
  static const auto k_none = std::make_shared<const std::vector<Unit>>();
  {
    std::shared_lock lock(m_mutex);
    if (auto made = m_units.find(type); made != m_units.end()) return {made->second, m_generation};
    if (!m_rows.contains(type)) return {k_none, m_generation};
  }
  std::unique_lock lock(m_mutex);
  std::vector<Unit> list;
  for (const Row& row : m_rows.find(type)->second)
    if (const Parameter* parameter = m_parameters.find(type, row.code))
      list.push_back({row.id, parameter, row.variant});
  auto& made = m_units[std::string(type)];
  made = std::make_shared<const std::vector<Unit>>(std::move(list));
  return {made, m_generation};
}

UnitState SearchIndex::state_of(sql::Sqlite& db, int64_t type, std::string_view code, Variant variant) {
  auto row = db.query("SELECT id, is_ready FROM search_unit WHERE type=? AND code=? AND variant=?", type, code,
                      to_string(variant));
  if (!row.step()) return {};
  return {row.whole(0), row.whole(1) != 0};
}

void SearchIndex::add_rows(Records& records, int64_t key, const SearchValues& values) {
  sql::Sqlite& db = records.db();
  std::map<int64_t, int64_t> first_part; // unit → number of its first part; the next ones go down from there
  for (const auto& parts : values.parts) {
    int64_t next = std::min<int64_t>(0, db.whole("SELECT coalesce(min(part),0) FROM search_part")) - 1;
    first_part[parts.unit] = next;
    for (int64_t i = 0; i < parts.count; i++)
      db.query("INSERT INTO search_part(part, key, unit, position) VALUES(?,?,?,?)", next - i, key, parts.unit, i + 1)
          .run();
  }
  auto owner = [&](int64_t unit, int64_t part) {
    return part == 0 ? key : first_part.at(unit % k_component_stride) - (part - 1);
  };
  for (const TokenValue& value : values.tokens)
    db.query("INSERT OR IGNORE INTO search_token(unit, code, system, key) VALUES(?,?,?,?)", value.unit, value.code,
             value.system.empty() ? int64_t{0} : m_shared.systems.add(db, value.system), owner(value.unit, value.part))
        .run();
  for (const StringValue& value : values.strings)
    db.query("INSERT OR IGNORE INTO search_string(unit, text, exact, key) VALUES(?,?,?,?)", value.unit, value.text,
             value.exact, owner(value.unit, value.part))
        .run();
  for (const DateValue& value : values.dates)
    db.query("INSERT OR IGNORE INTO search_date(unit, low, high, key) VALUES(?,?,?,?)", value.unit, value.span.low,
             value.span.high, owner(value.unit, value.part))
        .run();
  for (const NumberValue& value : values.numbers)
    db.query("INSERT OR IGNORE INTO search_number(unit, low, high, system, code, key) VALUES(?,?,?,?,?,?)", value.unit,
             value.low, value.high, value.system.empty() ? int64_t{0} : m_shared.systems.add(db, value.system),
             value.code, owner(value.unit, value.part))
        .run();
  for (const auto& [path, target] : values.references) {
    ReferenceText read = read_reference(target);
    if (int64_t target_key = records.find(read.type, read.id).key)
      db.query("INSERT OR IGNORE INTO refers(target, path, key) VALUES(?,?,?)", target_key,
               m_shared.paths.add(db, path), key)
          .run();
  }
  for (const auto& [path, address] : values.outside)
    db.query("INSERT OR IGNORE INTO refers_outside(address, path, key) VALUES(?,?,?)", address,
             m_shared.paths.add(db, path), key)
        .run();
}

void SearchIndex::remove_rows(Records& records, int64_t key, const SearchValues& values) {
  sql::Sqlite& db = records.db();
  std::map<int64_t, std::vector<int64_t>> part_numbers;
  for (const auto& parts : values.parts) {
    auto rows = db.query("SELECT part FROM search_part WHERE key=? AND unit=? ORDER BY position", key, parts.unit);
    while (rows.step())
      part_numbers[parts.unit].push_back(rows.whole(0));
  }
  auto owner = [&](int64_t unit, int64_t part) -> int64_t {
    if (part == 0) return key;
    const auto& numbers = part_numbers[unit % k_component_stride];
    return static_cast<size_t>(part) <= numbers.size() ? numbers[static_cast<size_t>(part - 1)] : 0;
  };
  for (const TokenValue& value : values.tokens)
    db.query("DELETE FROM search_token WHERE unit=? AND code=? AND system=? AND key=?", value.unit, value.code,
             value.system.empty() ? int64_t{0} : m_shared.systems.find(value.system), owner(value.unit, value.part))
        .run();
  for (const StringValue& value : values.strings)
    db.query("DELETE FROM search_string WHERE unit=? AND text=? AND exact=? AND key=?", value.unit, value.text,
             value.exact, owner(value.unit, value.part))
        .run();
  for (const DateValue& value : values.dates)
    db.query("DELETE FROM search_date WHERE unit=? AND low=? AND high=? AND key=?", value.unit, value.span.low,
             value.span.high, owner(value.unit, value.part))
        .run();
  for (const NumberValue& value : values.numbers)
    db.query("DELETE FROM search_number WHERE unit=? AND low=? AND high=? AND system=? AND code=? AND key=?",
             value.unit, value.low, value.high, value.system.empty() ? int64_t{0} : m_shared.systems.find(value.system),
             value.code, owner(value.unit, value.part))
        .run();
  for (const auto& parts : values.parts)
    db.query("DELETE FROM search_part WHERE key=? AND unit=?", key, parts.unit).run();
  for (const auto& [path, target] : values.references) {
    ReferenceText read = read_reference(target);
    db.query("DELETE FROM refers WHERE target=? AND path=? AND key=?", records.find(read.type, read.id).key,
             m_shared.paths.find(path), key)
        .run();
  }
  for (const auto& [path, address] : values.outside)
    db.query("DELETE FROM refers_outside WHERE address=? AND path=? AND key=?", address, m_shared.paths.find(path), key)
        .run();
}

void AddUnitJob::apply(sql::Sqlite& db) {
  db.query("INSERT INTO search_unit(type, code, variant, is_ready, built_to) VALUES(?,?,?,0,0) ON CONFLICT DO NOTHING",
           m_type, m_code, to_string(m_variant))
      .run();
}

void BuildStepJob::apply(sql::Sqlite& db) {
  auto row = db.query("SELECT type, built_to, is_ready FROM search_unit WHERE id=?", m_unit);
  if (!row.step()) return;
  m_is_ready = row.whole(2) != 0;
  if (m_is_ready) return;
  int64_t type = row.whole(0), from = row.whole(1), to = from + k_build_step_keys;
  auto units = m_index.units_of(m_shared.types.name(type));
  auto unit = std::find_if(units.list->begin(), units.list->end(), [&](const Unit& each) { return each.id == m_unit; });
  if (unit == units.list->end()) throw std::logic_error("a unit is built before it is loaded");
  Records records(db, m_shared);
  std::vector<Unit> only = {*unit};
  auto rows = db.query("SELECT key FROM resource WHERE key>? AND key<=? AND type=? AND deleted=0", from, to, type);
  while (rows.step()) {
    auto version = records.read_key(rows.whole(0));
    assert(version && "a resource has a version");
    auto document = fhir::Document::parse(std::move(version->json));
    SearchValues values = m_index.values_of(document.root(), only);
    if (!values.parts.empty()) m_index.remove_rows(records, rows.whole(0), values); // written since
    m_index.add_rows(records, rows.whole(0), values);
  }
  m_is_ready = to >= db.whole("SELECT coalesce(max(key),0) FROM resource");
  db.query("UPDATE search_unit SET built_to=?, is_ready=? WHERE id=?", to, m_is_ready, m_unit).run();
}

} // namespace xinglin::store
