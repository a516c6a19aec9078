#include "server/package/words.h"

#include "server/package/model.h"

#include <algorithm>
#include <array>
#include <utility>

namespace xinglin::package {
namespace {

constexpr std::array<std::pair<std::string_view, ItemType>, 11> k_types{{{"string", ItemType::string},
                                                                         {"text", ItemType::text},
                                                                         {"integer", ItemType::integer},
                                                                         {"decimal", ItemType::decimal},
                                                                         {"money", ItemType::money},
                                                                         {"boolean", ItemType::boolean},
                                                                         {"date", ItemType::date},
                                                                         {"datetime", ItemType::datetime},
                                                                         {"choice", ItemType::choice},
                                                                         {"reference", ItemType::reference},
                                                                         {"citizen_id", ItemType::citizen_id}}};

constexpr std::string_view k_common[] = {"record", "subject", "org",    "happened", "period_start", "period_end",
                                         "state",  "entered", "t_from", "t_to",     "item_index"};

/// Reserved in PostgreSQL or DuckDB, plus those that fail as bare names after a column (at, day, mode, ...).
constexpr std::string_view k_sql[] = {
    "all",        "analyse",    "analyze",    "and",      "anti",     "any",          "array",        "as",
    "asc",        "asof",       "at",         "between",  "both",     "case",         "cast",         "check",
    "collate",    "column",     "constraint", "create",   "cross",    "current_date", "current_time", "day",
    "default",    "deferrable", "desc",       "describe", "distinct", "do",           "else",         "end",
    "except",     "exists",     "false",      "fetch",    "for",      "foreign",      "from",         "full",
    "glob",       "grant",      "group",      "having",   "hour",     "ilike",        "in",           "initially",
    "inner",      "intersect",  "interval",   "into",     "is",       "isnull",       "join",         "lambda",
    "lateral",    "leading",    "left",       "like",     "limit",    "map",          "minute",       "minutes",
    "mode",       "month",      "natural",    "not",      "notnull",  "null",         "offset",       "on",
    "only",       "or",         "order",      "outer",    "overlaps", "pivot",        "primary",      "qualify",
    "references", "right",      "second",     "select",   "semi",     "similar",      "table",        "then",
    "to",         "true",       "trailing",   "union",    "unique",   "unpivot",      "user",         "using",
    "when",       "where",      "window",     "with",     "year"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> k_systems{
    {{"loinc", "http://loinc.org"},
     {"snomed", "http://snomed.info/sct"},
     {"icd10", "http://hl7.org/fhir/sid/icd-10"},
     {"ucum", "http://unitsofmeasure.org"},
     {"cvx", "http://hl7.org/fhir/sid/cvx"},
     {"atc", "http://www.whocc.no/atc"}}};

} // namespace

std::string_view to_string(ItemType type) {
  for (const auto& [word, value] : k_types)
    if (value == type) return word;
  return "";
}

std::optional<ItemType> parse_item_type(std::string_view word) {
  for (const auto& [name, value] : k_types)
    if (name == word) return value;
  return {};
}

std::vector<std::string> item_type_words() {
  std::vector<std::string> words;
  for (const auto& entry : k_types)
    words.emplace_back(entry.first);
  return words;
}

bool is_common_column(std::string_view id) {
  return std::find(std::begin(k_common), std::end(k_common), id) != std::end(k_common);
}

bool is_reserved_column(std::string_view id) {
  return is_common_column(id) || std::find(std::begin(k_sql), std::end(k_sql), id) != std::end(k_sql);
}

bool is_option_code(std::string_view code) {
  return !code.empty() && code.size() <= k_id_length_max && std::all_of(code.begin(), code.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

std::string with_article(std::string_view word) {
  const bool vowel = !word.empty() && std::string_view("aeiouAEIO").find(word[0]) != std::string_view::npos;
  return (vowel ? "an " : "a ") + std::string(word);
}

SystemCode parse_code(std::string_view text) {
  const size_t bar = text.rfind('|');
  if (bar == std::string_view::npos || bar == 0 || bar + 1 == text.size()) return {};
  const std::string_view system = text.substr(0, bar);
  const std::string_view code = text.substr(bar + 1);
  for (const auto& [word, url] : k_systems)
    if (word == system) return {std::string(url), std::string(code)};
  if (system.find(':') == std::string_view::npos) return {};
  return {std::string(system), std::string(code)};
}

std::vector<std::string> system_words() {
  std::vector<std::string> words;
  for (const auto& entry : k_systems)
    words.emplace_back(entry.first);
  return words;
}

} // namespace xinglin::package
