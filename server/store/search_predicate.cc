#include "server/store/search_predicate.h"

#include "lib/base/id.h"
#include "lib/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <set>

namespace xinglin::store {

using base::Refusal;
using base::Refused;

Sql& Sql::operator+=(const Sql& other) {
  text += other.text;
  values.insert(values.end(), other.values.begin(), other.values.end());
  return *this;
}
Sql operator+(Sql left, const Sql& right) {
  return left += right;
}

Sql joined(const std::vector<Sql>& parts, std::string_view between) {
  if (parts.empty()) return {"0", {}};
  Sql all = parts[0];
  for (size_t i = 1; i < parts.size(); i++) {
    all += between;
    all += parts[i];
  }
  return all;
}

int64_t SearchScope::system(std::string_view name) {
  if (name.empty()) return 0;
  if (is_past)
    return past_names.try_emplace("system " + std::string(name), static_cast<int64_t>(past_names.size()) + 1)
        .first->second;
  int64_t id = records.shared().systems.find(name);
  return id == 0 ? -1 : id;
}

int64_t SearchScope::path(std::string_view name) {
  if (int64_t id = records.shared().paths.find(name)) return id;
  if (!is_past) return 0;
  return -past_names.try_emplace("path " + std::string(name), static_cast<int64_t>(past_names.size()) + 1)
              .first->second;
}

void SearchScope::touches(std::string_view type) {
  if (is_past && std::find(past_types.begin(), past_types.end(), type) == past_types.end())
    past_types.emplace_back(type);
}

int64_t SearchScope::unit(std::string_view type, std::string_view code, Variant variant) {
  NeededUnit needed{std::string(type), std::string(code), variant};
  if (is_past) {
    touches(type);
    auto found = std::find(past_units.begin(), past_units.end(), needed);
    if (found == past_units.end()) found = past_units.insert(past_units.end(), needed);
    return found - past_units.begin() + 1;
  }
  UnitState state = SearchIndex::state_of(records.db(), records.shared().types.find(type), code, variant);
  if (!state.is_ready && std::find(missing.begin(), missing.end(), needed) == missing.end()) missing.push_back(needed);
  return state.id;
}

const Parameter& parameter_of(const SearchScope& scope, std::string_view type, std::string_view code,
                              std::string_view name) {
  if (const Parameter* parameter = scope.index.parameters().find(type, code)) {
    if (!parameter->values.empty() || !parameter->paths.empty()) return *parameter;
    throw Refused(Refusal::malformed, "not-supported",
                  fmt::format("the search parameter {} has no expression and is not done here; leave it out", code));
  }
  std::string suggestion = base::suggest(code, ParameterTable::codes(type));
  throw Refused(Refusal::malformed, "not-supported",
                fmt::format("{} has no search parameter '{}'{}", type, code,
                            suggestion.empty()
                                ? fmt::format(" (in {}); see the CapabilityStatement for those it has", name)
                                : fmt::format("; did you mean '{}'?", suggestion)));
}

std::vector<int64_t> paths_of(SearchScope& scope, const Parameter& parameter) {
  std::vector<int64_t> paths;
  scope.touches(parameter.type);
  for (const std::string& name : parameter.paths)
    if (int64_t path = scope.path(name)) paths.push_back(path);
  if (!parameter.values.empty()) {
    scope.unit(parameter.type, parameter.code); // its rows are in `refers`, under a name of their own
    if (int64_t path = scope.path(pseudo_path(parameter))) paths.push_back(path);
  }
  return paths;
}

namespace {

/// A text after all that begin with `prefix`.
std::string after_prefix(std::string prefix) {
  return prefix + "\xFF";
}

std::string number_list(const std::vector<int64_t>& numbers) {
  std::string text;
  for (int64_t number : numbers)
    text += fmt::format("{}{}", text.empty() ? "" : ",", number);
  return text;
}

enum class Prefix : uint8_t { eq, ne, gt, lt, ge, le, sa, eb, ap };

/// Takes the prefix off ("ge2020" → ge, "2020").
Prefix take_prefix(std::string_view& value) {
  constexpr std::pair<std::string_view, Prefix> k_prefixes[] = {
      {"eq", Prefix::eq}, {"ne", Prefix::ne}, {"gt", Prefix::gt}, {"lt", Prefix::lt}, {"ge", Prefix::ge},
      {"le", Prefix::le}, {"sa", Prefix::sa}, {"eb", Prefix::eb}, {"ap", Prefix::ap}};
  for (auto [text, prefix] : k_prefixes)
    if (value.starts_with(text)) {
      value.remove_prefix(2);
      return prefix;
    }
  return Prefix::eq;
}

class Maker {
public:
  Maker(SearchScope& scope, const std::string& type, const Criterion& criterion)
      : m_scope(scope), m_type(type), m_criterion(criterion) {}

  Predicate make() {
    m_scope.touches(m_type);
    if (m_criterion.code == "_has") return has();
    if (m_criterion.code == "_id") return ids();
    if (m_criterion.code == "_lastUpdated") return last_updated();
    const Parameter& parameter = parameter_of(m_scope, m_type, m_criterion.code, m_criterion.name);
    if (!m_criterion.chain.empty()) return chain(parameter);
    if (m_criterion.modifier == "missing") return missing(parameter);
    switch (parameter.kind) {
    case ParameterKind::string: return strings(unit(parameter));
    case ParameterKind::token: return token(parameter);
    case ParameterKind::uri: return uri(parameter);
    case ParameterKind::date:
      only({});
      return any([&](std::string_view value) { return date(unit(parameter), value); });
    case ParameterKind::number:
      only({});
      return any([&](std::string_view value) { return number(unit(parameter), value, {}); });
    case ParameterKind::quantity:
      only({});
      return any([&](std::string_view value) { return quantity(unit(parameter), value); });
    case ParameterKind::reference: return reference(parameter);
    case ParameterKind::composite: return composite(parameter);
    case ParameterKind::special: break;
    }
    throw Refused(Refusal::malformed, "not-supported",
                  fmt::format("the search parameter {} of {} is special and is not done here; leave it out",
                              parameter.code, m_type));
  }

private:
  [[noreturn]] void refuse(std::string text) const { throw Refused(Refusal::malformed, "value", std::move(text)); }
  int64_t unit(const Parameter& parameter, Variant variant = Variant::values) {
    return m_scope.unit(parameter.type, parameter.code, variant);
  }
  /// Refuses a modifier that is none of these.
  void only(std::initializer_list<std::string_view> modifiers) const {
    if (m_criterion.modifier.empty()) return;
    std::vector<std::string> known = {"missing"};
    for (std::string_view each : modifiers) {
      if (each == m_criterion.modifier) return;
      known.emplace_back(each);
    }
    std::string list;
    for (const std::string& each : known)
      list += (list.empty() ? ":" : ", :") + each;
    refuse(fmt::format("{} takes no modifier :{} here; it takes {}", m_criterion.code, m_criterion.modifier, list));
  }

  /// Any of the values.
  template <typename Make> Predicate any(Make&& make) {
    std::vector<Predicate> each;
    for (const std::string& value : m_criterion.values)
      each.push_back(make(value));
    return any_of(std::move(each));
  }
  static Predicate any_of(std::vector<Predicate> each) {
    if (each.size() == 1) return std::move(each[0]);
    Predicate all;
    std::vector<Sql> sets;
    for (const Predicate& predicate : each) {
      if (!predicate.set) break;
      sets.push_back(*predicate.set);
      all.set_is_scan = all.set_is_scan || predicate.set_is_scan;
    }
    if (sets.size() == each.size()) all.set = joined(sets, " UNION ALL ");
    all.probe = [each = std::move(each)](const std::string& key) {
      std::vector<Sql> probes;
      for (const Predicate& predicate : each)
        probes.push_back(predicate.probe(key));
      return sql_of("(") + joined(probes, " OR ") + sql_of(")");
    };
    return all;
  }
  static Predicate opposite(Predicate predicate) {
    Predicate opposite;
    opposite.probe = [inner = std::move(predicate)](const std::string& key) {
      return sql_of("NOT ") + inner.probe(key);
    };
    return opposite;
  }
  static Predicate nothing() {
    Predicate none;
    none.set = sql_of("SELECT 0 AS key WHERE 0");
    none.set_is_ordered = true;
    none.probe = [](const std::string&) { return sql_of("0"); };
    return none;
  }
  /// Rows of a table that carry the key: `condition` selects them.
  Predicate rows(std::string_view table, const Sql& condition, bool is_ordered, bool is_scan = false) {
    Predicate predicate;
    std::string from = m_scope.table(table);
    predicate.set = sql_of(fmt::format("SELECT key FROM {} WHERE ", from)) + condition;
    predicate.set_is_ordered = is_ordered;
    predicate.set_is_scan = is_scan;
    predicate.probe = [from, condition](const std::string& key) {
      return sql_of(fmt::format("EXISTS(SELECT 1 FROM {} x WHERE x.key={} AND ", from, key)) + condition + sql_of(")");
    };
    return predicate;
  }
  /// A condition that can be probed only through the whole set.
  static Predicate set_only(Sql set, bool is_scan = true) {
    Predicate predicate;
    predicate.set = set;
    predicate.set_is_scan = is_scan;
    predicate.probe = [set](const std::string& key) { return sql_of(key + " IN (") + set + sql_of(")"); };
    return predicate;
  }

  // _id, _lastUpdated ------------------------------------------------------------------------------------------------

  Predicate ids() {
    only({"not"});
    int64_t type = m_scope.records.shared().types.find(m_type);
    std::string table = m_scope.table("resource");
    Predicate found = any([&](std::string_view value) {
      Predicate predicate;
      std::string id = unescape(value);
      predicate.set = sql_of(fmt::format("SELECT key FROM {} WHERE type=? AND id=?", table), type, id);
      predicate.set_is_ordered = true;
      predicate.probe = [=](const std::string& key) {
        return sql_of(fmt::format("EXISTS(SELECT 1 FROM {} x WHERE x.key={} AND x.type=? AND x.id=?)", table, key),
                      type, id);
      };
      return predicate;
    });
    return m_criterion.modifier == "not" ? opposite(std::move(found)) : found;
  }

  Predicate last_updated() {
    only({});
    std::string table = m_scope.table("resource");
    return any([&](std::string_view value) {
      std::string_view text = value;
      Prefix prefix = take_prefix(text);
      auto span = time_span(text, m_scope.records.shared().zone);
      if (!span) refuse(fmt::format("_lastUpdated={} is no date; write it as 2023-05-01 or with time and zone", value));
      // A moment of writing is a point in time, and the commits are in the order of time.
      auto first_at = [&](base::Millis time) { return m_scope.records.commit_at(time - 1) + 1; };
      CommitNumber from = first_at(span->low), to = first_at(span->high);
      Sql condition;
      switch (prefix) {
      case Prefix::eq:
      case Prefix::ap: condition = sql_of("x.t>=? AND x.t<?", from, to); break;
      case Prefix::ne: condition = sql_of("NOT (x.t>=? AND x.t<?)", from, to); break;
      case Prefix::gt:
      case Prefix::sa: condition = sql_of("x.t>=?", to); break;
      case Prefix::ge: condition = sql_of("x.t>=?", from); break;
      case Prefix::lt:
      case Prefix::eb: condition = sql_of("x.t<?", from); break;
      case Prefix::le: condition = sql_of("x.t<?", to); break;
      }
      Predicate predicate;
      predicate.probe = [table, condition](const std::string& key) {
        return sql_of(fmt::format("EXISTS(SELECT 1 FROM {} x WHERE x.key={} AND ", table, key)) + condition +
               sql_of(")");
      };
      // What was written lately is read off the end of the versions of the type.
      bool is_open_end = prefix == Prefix::gt || prefix == Prefix::sa || prefix == Prefix::ge;
      if (is_open_end && !m_scope.is_past) {
        CommitNumber after = (prefix == Prefix::ge ? from : to) - 1;
        predicate.set =
            sql_of("SELECT key FROM version WHERE type=? AND seq>coalesce((SELECT last_seq FROM commits WHERE "
                   "t<=? ORDER BY t DESC LIMIT 1),0)",
                   m_scope.records.shared().types.find(m_type), after);
      }
      return predicate;
    });
  }

  // string -----------------------------------------------------------------------------------------------------------

  Predicate strings(int64_t unit) {
    only({"exact", "contains"});
    return any([&](std::string_view value) {
      std::string exact = unescape(value), text = normalise(exact);
      if (m_criterion.modifier == "exact")
        return rows("search_string",
                    sql_of("unit=? AND text=? AND (exact=? OR (exact='' AND text=?))", unit, text, exact, exact),
                    false);
      if (m_criterion.modifier == "contains")
        return rows("search_string", sql_of("unit=? AND instr(text,?)>0", unit, text), false, true);
      return rows("search_string", sql_of("unit=? AND text>=? AND text<?", unit, text, after_prefix(text)), false);
    });
  }

  // token, uri -------------------------------------------------------------------------------------------------------

  /// `code_sets`: those of the parameter's elements of type code, whose system is implied.
  Predicate token_value(int64_t unit, std::string_view value, const std::vector<uint16_t>& code_sets = {}) {
    auto parts = split_value(value, '|');
    if (parts.size() > 2) refuse(fmt::format("{}={} has more than one |; write system|code", m_criterion.name, value));
    std::string code = unescape(parts.back());
    if (parts.size() == 1) return token_of_any_system(unit, code);
    if (code.empty() && parts[0].empty())
      refuse(fmt::format("{}={} names neither system nor code", m_criterion.name, value));
    std::string address = unescape(parts[0]);
    std::vector<Predicate> found;
    if (int64_t system = m_scope.system(address); system >= 0)
      found.push_back(code.empty()
                          ? set_only(sql_of(fmt::format("SELECT key FROM {} WHERE unit=? AND system=?",
                                                        m_scope.table("search_token")),
                                            unit, system))
                          : rows("search_token", sql_of("unit=? AND code=? AND system=?", unit, code, system), true));
    for (const std::string& implied : implied_codes(code_sets, address, code))
      found.push_back(rows("search_token", sql_of("unit=? AND code=? AND system=0", unit, implied), true));
    return found.empty() ? nothing() : found.size() == 1 ? std::move(found.front()) : any_of(std::move(found));
  }
  /// The codes of these sets that belong to the system: the one asked for, or all.
  static std::set<std::string> implied_codes(const std::vector<uint16_t>& code_sets, const std::string& system,
                                             const std::string& code) {
    std::set<std::string> out;
    if (system.empty()) return out;
    auto take = [&](uint16_t set, std::string_view each) {
      if (fhir::in_value_set(set, system, each) == fhir::Membership::yes) out.emplace(each);
    };
    for (uint16_t set : code_sets) {
      if (!code.empty()) {
        take(set, code);
        continue;
      }
      for (std::string_view each : fhir::codes_of(set))
        take(set, each);
    }
    return out;
  }
  Predicate token_of_any_system(int64_t unit, const std::string& code) {
    constexpr size_t k_systems_max = 16;
    if (m_scope.is_past) return rows("search_token", sql_of("unit=? AND code=?", unit, code), false);
    // With the systems spelt out, a probe goes to one row instead of through all that have the code.
    std::vector<int64_t> systems;
    for (int64_t last = -1; systems.size() <= k_systems_max;) {
      auto row = m_scope.records.db().query(
          "SELECT system FROM search_token WHERE unit=? AND code=? AND system>? LIMIT 1", unit, code, last);
      if (!row.step()) break;
      systems.push_back(last = row.whole(0));
    }
    if (systems.empty()) return nothing();
    if (systems.size() > k_systems_max) return rows("search_token", sql_of("unit=? AND code=?", unit, code), false);
    return rows("search_token",
                sql_of(fmt::format("unit=? AND code=? AND system IN ({})", number_list(systems)), unit, code),
                systems.size() == 1);
  }
  Predicate token(const Parameter& parameter) {
    only({"not", "text"});
    if (m_criterion.modifier == "text") {
      int64_t words = unit(parameter, Variant::text);
      return any([&](std::string_view value) {
        return rows("search_string", sql_of("unit=? AND instr(text,?)>0", words, normalise(unescape(value))), false,
                    true);
      });
    }
    int64_t values = unit(parameter);
    Predicate found = any([&](std::string_view value) { return token_value(values, value, parameter.code_sets); });
    return m_criterion.modifier == "not" ? opposite(std::move(found)) : found;
  }

  Predicate uri(const Parameter& parameter) {
    only({"below", "above"});
    int64_t values = unit(parameter);
    return any([&](std::string_view value) {
      std::string address = unescape(value);
      if (m_criterion.modifier == "below") {
        std::string under = address.ends_with('/') ? address : address + "/";
        return any_of(
            {rows("search_token", sql_of("unit=? AND code=?", values, address), false),
             rows("search_token", sql_of("unit=? AND code>=? AND code<?", values, under, after_prefix(under)), false)});
      }
      if (m_criterion.modifier == "above") {
        std::vector<Predicate> each;
        for (std::string up = address;;) {
          each.push_back(rows("search_token", sql_of("unit=? AND code=? AND system=0", values, up), true));
          size_t slash = up.rfind('/');
          if (slash == std::string::npos || slash < 8) break; // not into https://
          up.resize(slash);
        }
        return any_of(std::move(each));
      }
      return rows("search_token", sql_of("unit=? AND code=? AND system=0", values, address), true);
    });
  }

  // date, number, quantity -------------------------------------------------------------------------------------------

  Predicate date(int64_t unit, std::string_view value) {
    std::string text = unescape(value);
    std::string_view rest = text;
    Prefix prefix = take_prefix(rest);
    auto span = time_span(rest, m_scope.records.shared().zone);
    if (!span)
      refuse(
          fmt::format("{}={} is no date; write it as 2023, 2023-05, 2023-05-01 or with time and zone, with one of the "
                      "prefixes eq ne gt lt ge le sa eb ap or none",
                      m_criterion.name, value));
    int64_t low = span->low, high = span->high;
    auto matching = [&](const Sql& condition) {
      return rows("search_date", sql_of("unit=? AND ", unit) + condition, false);
    };
    switch (prefix) {
    case Prefix::eq: return matching(sql_of("low>=? AND low<? AND high<=?", low, high, high));
    case Prefix::ne: return matching(sql_of("NOT (low>=? AND high<=?)", low, high));
    case Prefix::gt: return matching(sql_of("high>?", high));
    case Prefix::lt: return matching(sql_of("low<?", low));
    case Prefix::ge: return matching(sql_of("(high>? OR (low>=? AND high<=?))", high, low, high));
    case Prefix::le: return matching(sql_of("(low<? OR (low>=? AND high<=?))", low, low, high));
    case Prefix::sa: return matching(sql_of("low>=?", high));
    case Prefix::eb: return matching(sql_of("high<=?", low));
    case Prefix::ap: { // a tenth of the way from now to there, to both sides
      int64_t now = m_scope.records.recorded_at(m_scope.records.last_commit());
      int64_t slack = std::max<int64_t>(high - low, std::abs(now - low) / 10);
      return matching(sql_of("low<? AND high>?", high + slack, low - slack));
    }
    }
    return nothing();
  }

  /// `more`: what a quantity asks beside the number.
  Predicate number(int64_t unit, std::string_view value, const Sql& more) {
    std::string_view rest = value;
    Prefix prefix = take_prefix(rest);
    auto exact = base::Decimal::parse(rest);
    auto span = number_span(rest);
    if (!exact || !span)
      refuse(fmt::format(
          "{}={} is no number; write it as 5.4 or 1e2, with one of the prefixes eq ne gt lt ge le sa eb ap or "
          "none",
          m_criterion.name, value));
    std::string low = sortable(span->low), high = sortable(span->high), point = sortable(*exact);
    auto matching = [&](const Sql& condition) {
      return rows("search_number", sql_of("unit=? AND ", unit) + condition + more, false);
    };
    switch (prefix) {
    case Prefix::eq: return matching(sql_of("low>=? AND low<? AND high<?", low, high, high));
    case Prefix::ne: return matching(sql_of("NOT (low>=? AND high<?)", low, high));
    case Prefix::gt: return matching(sql_of("high>?", point));
    case Prefix::lt: return matching(sql_of("low<?", point));
    case Prefix::ge: return matching(sql_of("high>=?", point));
    case Prefix::le: return matching(sql_of("low<=?", point));
    case Prefix::sa: return matching(sql_of("low>?", point));
    case Prefix::eb: return matching(sql_of("high<?", point));
    case Prefix::ap: {
      base::Decimal tenth = base::Decimal::from_parts(exact->coefficient(), exact->scale() + 1);
      if (tenth.coefficient() < 0) tenth = base::Decimal::from_parts(-tenth.coefficient(), tenth.scale());
      base::Decimal minus = base::Decimal::from_parts(-tenth.coefficient(), tenth.scale());
      return matching(sql_of("low<=? AND high>=?", sortable(*exact + tenth), sortable(*exact + minus)));
    }
    }
    return nothing();
  }

  Predicate quantity(int64_t unit, std::string_view value) {
    auto parts = split_value(value, '|');
    if (parts.size() != 1 && parts.size() != 3)
      refuse(fmt::format("{}={} is no quantity; write number, or number|system|code", m_criterion.name, value));
    Sql more;
    if (parts.size() == 3) {
      std::string system = unescape(parts[1]), code = unescape(parts[2]);
      if (!system.empty()) {
        int64_t id = m_scope.system(system);
        if (id < 0) return nothing();
        more += sql_of(" AND system=?", id);
      }
      if (!code.empty()) more += sql_of(" AND code=?", code);
    }
    return number(unit, parts[0], more);
  }

  // reference, chains ------------------------------------------------------------------------------------------------

  Predicate reference(const Parameter& parameter) {
    if (m_criterion.modifier == "identifier") {
      int64_t values = unit(parameter, Variant::identifier);
      return any([&](std::string_view value) { return token_value(values, value); });
    }
    std::vector<std::string> types = parameter.targets;
    if (!m_criterion.modifier.empty()) {
      if (!fhir::is_resource_type(m_criterion.modifier)) only({"identifier", "Type"});
      types = {m_criterion.modifier};
    }
    std::vector<int64_t> paths = paths_of(m_scope, parameter);
    return any([&](std::string_view value) {
      std::string text = unescape(value);
      std::vector<Predicate> each;
      ReferenceText read = read_reference(text);
      auto pointing_at = [&](int64_t target) {
        Sql condition = sql_of(fmt::format("target=? AND path IN ({})", number_list(paths)), target);
        return rows("refers", condition, paths.size() == 1);
      };
      if (read.form == ReferenceForm::relative) {
        bool is_allowed = types.empty() || std::find(types.begin(), types.end(), read.type) != types.end();
        int64_t target = is_allowed ? m_scope.records.find(read.type, read.id).key : 0;
        if (target != 0 && !paths.empty()) each.push_back(pointing_at(target));
      } else if (base::is_fhir_id(text)) {
        auto all = fhir::resource_types();
        for (std::string_view type : types.empty() ? std::vector<std::string_view>(all.begin(), all.end())
                                                   : std::vector<std::string_view>(types.begin(), types.end()))
          if (int64_t target = m_scope.records.find(type, text).key; target != 0 && !paths.empty())
            each.push_back(pointing_at(target));
      } else if (read.form != ReferenceForm::outside && read.form != ReferenceForm::urn) {
        refuse(
            fmt::format("{}={} is no reference; write Type/id, id, or an absolute address", m_criterion.name, value));
      }
      if (read.form == ReferenceForm::outside && !paths.empty())
        each.push_back(rows("refers_outside",
                            sql_of(fmt::format("address=? AND path IN ({})", number_list(paths)), text),
                            paths.size() == 1));
      if (!parameter.values.empty()) // canonicals and uris are kept as tokens
        each.push_back(rows("search_token", sql_of("unit=? AND code=? AND system=0", unit(parameter), text), true));
      return each.empty() ? nothing() : any_of(std::move(each));
    });
  }

  /// What points at a resource that meets `chain`: patient.name=..., subject:Patient.name=...
  Predicate chain(const Parameter& parameter) {
    if (parameter.kind != ParameterKind::reference)
      refuse(fmt::format("{} is no reference, so nothing can follow its dot", m_criterion.code));
    std::vector<std::string> types = parameter.targets;
    if (!m_criterion.modifier.empty()) types = {m_criterion.modifier};
    std::string value;
    for (const std::string& each : m_criterion.values)
      value += (value.empty() ? "" : ",") + each;
    Criterion inner = parse_criterion(m_criterion.chain, value);
    std::vector<Sql> sets;
    for (const std::string& type : types) {
      if (!fhir::is_resource_type(type)) refuse(fmt::format("{} is no resource type (in {})", type, m_criterion.name));
      bool is_special = inner.code == "_id" || inner.code == "_has" || inner.code == "_lastUpdated";
      if (!is_special && !m_scope.index.parameters().find(type, inner.code) && types.size() > 1) continue;
      sets.push_back(keys_of(type, predicate_of(m_scope, type, inner)));
    }
    if (sets.empty())
      refuse(
          fmt::format("none of the types {} may point at has a search parameter '{}'", m_criterion.code, inner.code));
    std::vector<int64_t> paths = paths_of(m_scope, parameter);
    if (paths.empty()) return nothing();
    Sql set = sql_of(fmt::format("SELECT key FROM {} WHERE path IN ({}) AND target IN (", m_scope.table("refers"),
                                 number_list(paths))) +
              joined(sets, " UNION ALL ") + sql_of(")");
    return set_only(std::move(set), false);
  }
  /// SELECT key of the current resources of the type that meet the predicate.
  Sql keys_of(const std::string& type, const Predicate& predicate) {
    int64_t type_id = m_scope.records.shared().types.find(type);
    std::string table = m_scope.table("resource");
    if (predicate.set)
      return with_values(fmt::format("SELECT r.key FROM ({}) d CROSS JOIN {} r ON r.key=d.key WHERE r.type={} AND "
                                     "r.deleted=0 AND ",
                                     predicate.set->text, table, type_id),
                         *predicate.set) +
             predicate.probe("r.key");
    return sql_of(fmt::format("SELECT r.key FROM {} r WHERE r.type={} AND r.deleted=0 AND ", table, type_id)) +
           predicate.probe("r.key");
  }
  static Sql with_values(std::string text, const Sql& values_of) { return {std::move(text), values_of.values}; }

  /// _has:Observation:subject:code=x : what an Observation with that code points at.
  Predicate has() {
    const std::string& type = m_criterion.has_type;
    if (!fhir::is_resource_type(type)) refuse(fmt::format("{} is no resource type (in {})", type, m_criterion.name));
    const Parameter& pointer = parameter_of(m_scope, type, m_criterion.has_reference, m_criterion.name);
    if (pointer.kind != ParameterKind::reference)
      refuse(fmt::format("{} of {} is no reference (in {})", pointer.code, type, m_criterion.name));
    std::string value;
    for (const std::string& each : m_criterion.values)
      value += (value.empty() ? "" : ",") + each;
    Predicate inner = predicate_of(m_scope, type, parse_criterion(m_criterion.chain, value));
    std::vector<int64_t> paths = paths_of(m_scope, pointer);
    if (paths.empty()) return nothing();
    Predicate predicate;
    std::string table = m_scope.table("refers");
    std::string resource = m_scope.table("resource");
    int64_t type_id = m_scope.records.shared().types.find(type);
    predicate.probe = [=](const std::string& key) {
      // The name of the row says how deep it stands, so that a _has within a _has speaks of its own.
      std::string row = "h" + std::to_string(key.size());
      return sql_of(fmt::format(
                 "EXISTS(SELECT 1 FROM {} {} WHERE {}.target={} AND {}.path IN ({}) AND (SELECT type FROM {} q "
                 "WHERE q.key={}.key)={} AND ",
                 table, row, row, key, row, number_list(paths), resource, row, type_id)) +
             inner.probe(row + ".key") + sql_of(")");
    };
    return predicate;
  }

  // :missing, composite ----------------------------------------------------------------------------------------------

  Predicate missing(const Parameter& parameter) {
    if (m_criterion.values.size() != 1 || (m_criterion.values[0] != "true" && m_criterion.values[0] != "false"))
      refuse(fmt::format("{} takes true or false", m_criterion.name));
    Predicate present;
    switch (parameter.kind) {
    case ParameterKind::string: present = rows("search_string", sql_of("unit=?", unit(parameter)), false, true); break;
    case ParameterKind::date: present = rows("search_date", sql_of("unit=?", unit(parameter)), false, true); break;
    case ParameterKind::number:
    case ParameterKind::quantity:
      present = rows("search_number", sql_of("unit=?", unit(parameter)), false, true);
      break;
    case ParameterKind::token:
    case ParameterKind::uri:
      present = set_only(
          sql_of(fmt::format("SELECT key FROM {} WHERE unit=?", m_scope.table("search_token")), unit(parameter)));
      break;
    case ParameterKind::reference:
      present =
          rows("search_token", sql_of("unit=? AND code='true' AND system=0", unit(parameter, Variant::missing)), true);
      break;
    case ParameterKind::composite: present = rows("search_part", sql_of("unit=?", unit(parameter)), false, true); break;
    case ParameterKind::special: refuse(fmt::format("{} is not done here", m_criterion.name));
    }
    return m_criterion.values[0] == "true" ? opposite(std::move(present)) : present;
  }

  Predicate composite(const Parameter& parameter) {
    only({});
    int64_t values = unit(parameter);
    return any([&](std::string_view value) {
      auto parts = split_value(value, '$');
      if (parts.size() != parameter.components.size())
        refuse(fmt::format("{}={} has {} parts, {} has {}; separate them with $", m_criterion.name, value, parts.size(),
                           parameter.code, parameter.components.size()));
      std::vector<Predicate> each;
      for (size_t i = 0; i < parts.size(); i++)
        each.push_back(component(parameter.components[i].kind,
                                 values + k_component_stride * static_cast<int64_t>(i + 1), parts[i]));
      Predicate predicate;
      std::string table = m_scope.table("search_part");
      for (const Predicate& one : each)
        if (one.set && !one.set_is_scan && !predicate.set)
          predicate.set = with_values(
              fmt::format("SELECT p.key FROM ({}) c CROSS JOIN {} p ON p.part=c.key", one.set->text, table), *one.set);
      predicate.probe = [=](const std::string& key) {
        Sql sql = sql_of(fmt::format("EXISTS(SELECT 1 FROM {} p WHERE p.key={} AND p.unit=?", table, key), values);
        for (const Predicate& one : each)
          sql += sql_of(" AND ") + one.probe("p.part");
        return sql + sql_of(")");
      };
      return predicate;
    });
  }
  Predicate component(ParameterKind kind, int64_t unit, const std::string& value) {
    switch (kind) {
    case ParameterKind::token: return token_value(unit, value);
    case ParameterKind::uri:
    case ParameterKind::reference:
      return rows("search_token", sql_of("unit=? AND code=?", unit, unescape(value)), false);
    case ParameterKind::string: {
      std::string text = normalise(unescape(value));
      return rows("search_string", sql_of("unit=? AND text>=? AND text<?", unit, text, after_prefix(text)), false);
    }
    case ParameterKind::date: return date(unit, value);
    case ParameterKind::number: return number(unit, value, {});
    case ParameterKind::quantity: return quantity(unit, value);
    case ParameterKind::composite:
    case ParameterKind::special: break;
    }
    refuse(fmt::format("{} has a part that cannot be searched", m_criterion.name));
  }

  SearchScope& m_scope;
  const std::string& m_type;
  const Criterion& m_criterion;
};

} // namespace

Predicate predicate_of(SearchScope& scope, const std::string& type, const Criterion& criterion) {
  return Maker(scope, type, criterion).make();
}

} // namespace xinglin::store
