#include "server/store/search_query.h"

#include "lib/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace xinglin::store {

using base::Refusal;
using base::Refused;

namespace {

[[noreturn]] void refuse(std::string text) {
  throw Refused(Refusal::malformed, "value", std::move(text));
}
[[noreturn]] void refuse_size(std::string text) {
  throw Refused(Refusal::too_large, "too-costly", std::move(text));
}

int64_t whole(std::string_view name, std::string_view value) {
  int64_t number = -1;
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < 0)
    refuse(fmt::format("{}={} is no count; give a whole number", name, value));
  return number;
}

Include include(std::string_view name, std::string_view value) {
  std::string_view modifier = name.substr(std::min(name.size(), name.find(':')));
  if (!modifier.empty() && modifier != ":iterate" && modifier != ":recurse")
    refuse(fmt::format("{} has no modifier {}; use :iterate or none", name.substr(0, name.find(':')), modifier));
  auto parts = base::split(value, ':');
  if (value == "*") return {"*", "*", "", !modifier.empty()};
  if (parts.size() < 2 || parts.size() > 3 || parts[0].empty() || parts[1].empty())
    refuse(fmt::format("{}={} is not of the form Type:parameter or Type:parameter:Target", name, value));
  return {std::string(parts[0]), std::string(parts[1]), parts.size() == 3 ? std::string(parts[2]) : std::string(),
          !modifier.empty()};
}

} // namespace

std::string percent_decode(std::string_view text) {
  auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string out;
  for (size_t at = 0; at < text.size(); at++) {
    if (text[at] == '+') {
      out += ' ';
    } else if (text[at] == '%') {
      int high = at + 1 < text.size() ? digit(text[at + 1]) : -1, low = at + 2 < text.size() ? digit(text[at + 2]) : -1;
      if (high < 0 || low < 0) refuse(fmt::format("'{}' is no percent-encoded text; write % as %25", text));
      out += static_cast<char>(high * 16 + low);
      at += 2;
    } else {
      out += text[at];
    }
  }
  if (!base::is_valid_utf8(out)) refuse("the query is not UTF-8 once it is decoded");
  return out;
}

std::vector<std::string> split_value(std::string_view value, char separator) {
  std::vector<std::string> parts(1);
  for (size_t at = 0; at < value.size(); at++) {
    if (value[at] == '\\' && at + 1 < value.size()) {
      parts.back() += value[at++];
      parts.back() += value[at];
    } else if (value[at] == separator) {
      parts.emplace_back();
    } else {
      parts.back() += value[at];
    }
  }
  return parts;
}

std::string unescape(std::string_view value) {
  std::string out;
  for (size_t at = 0; at < value.size(); at++) {
    if (value[at] == '\\' && at + 1 < value.size() &&
        std::string_view(",|$\\").find(value[at + 1]) != std::string_view::npos)
      at++;
    out += value[at];
  }
  return out;
}

Criterion parse_criterion(std::string_view name, std::string_view value) {
  Criterion criterion;
  criterion.name = name;
  if (name.starts_with("_has:")) {
    std::string_view rest = name.substr(5);
    size_t first = rest.find(':'), second = first == std::string_view::npos ? first : rest.find(':', first + 1);
    if (second == std::string_view::npos || second + 1 == rest.size())
      refuse(fmt::format("{} is not of the form _has:Type:reference:parameter", name));
    criterion.code = "_has";
    criterion.has_type = rest.substr(0, first);
    criterion.has_reference = rest.substr(first + 1, second - first - 1);
    criterion.chain = rest.substr(second + 1);
  } else {
    size_t dot = name.find('.');
    if (dot != std::string_view::npos) {
      criterion.chain = name.substr(dot + 1);
      name = name.substr(0, dot);
      if (criterion.chain.empty()) refuse(fmt::format("nothing follows the dot of {}", criterion.name));
    }
    size_t colon = name.find(':');
    criterion.code = name.substr(0, colon);
    if (colon != std::string_view::npos) criterion.modifier = name.substr(colon + 1);
  }
  criterion.values = split_value(value, ',');
  if (criterion.values.size() > k_search_values_max)
    refuse_size(fmt::format("{} has {} values, the limit is {}; ask in parts", criterion.name, criterion.values.size(),
                            k_search_values_max));
  std::erase(criterion.values, "");
  if (criterion.values.empty())
    refuse(fmt::format("{} has no value; give one, or ask {}:missing=true", criterion.name, criterion.name));
  return criterion;
}

Query parse_query(std::string_view text) {
  if (text.size() > k_search_bytes_max)
    refuse_size(fmt::format("a search of {} bytes is over the limit of {}", text.size(), k_search_bytes_max));
  Query query;
  for (std::string_view part : base::split(text, '&')) {
    if (part.empty()) continue;
    size_t equals = part.find('=');
    std::string name = percent_decode(part.substr(0, equals));
    std::string value = equals == std::string_view::npos ? std::string() : percent_decode(part.substr(equals + 1));
    if (name == k_cursor_parameter) {
      query.cursor = value;
      continue;
    }
    if (!query.without_cursor.empty()) query.without_cursor += '&';
    query.without_cursor += part;

    if (name == "_count") {
      int64_t count = whole(name, value);
      query.only_count = query.only_count || count == 0;
      query.count = std::clamp<int64_t>(count, 1, k_search_count_max);
    } else if (name == "_sort") {
      for (std::string_view key : base::split(value, ',')) {
        bool is_descending = key.starts_with('-');
        if (is_descending) key.remove_prefix(1);
        if (key.empty()) refuse(fmt::format("_sort={} names no parameter", value));
        query.sort.push_back({std::string(key), is_descending});
      }
      if (query.sort.size() > k_search_sort_max)
        refuse_size(fmt::format("{} sort keys are over the limit of {}", query.sort.size(), k_search_sort_max));
    } else if (name == "_total") {
      if (value != "none" && value != "estimate" && value != "accurate")
        refuse(fmt::format("_total={} is none of none, estimate and accurate", value));
      query.wants_total = value != "none";
    } else if (name == "_summary") {
      query.only_count = query.only_count || value == "count"; // the other forms are for who writes the answer
    } else if (name == "_include" || name.starts_with("_include:")) {
      query.includes.push_back(include(name, value));
    } else if (name == "_revinclude" || name.starts_with("_revinclude:")) {
      query.reverse_includes.push_back(include(name, value));
      if (query.reverse_includes.back().code == "*") refuse("_revinclude=* is too wide; name Type:parameter");
    } else if (name == "_format" || name == "_pretty" || name == "_elements" || name == "_contained" ||
               name == "_containedType") {
      continue; // how the answer is written, not what it holds
    } else {
      query.criteria.push_back(parse_criterion(name, value));
      if (query.criteria.size() > k_search_criteria_max)
        refuse_size(fmt::format("more than {} criteria; ask in parts", k_search_criteria_max));
    }
  }
  return query;
}

Query parse_condition(std::string_view text) {
  for (std::string_view part : base::split(text, '&')) {
    std::string name = percent_decode(part.substr(0, std::min(part.find('='), part.find(':'))));
    for (std::string_view of_answer : {"_count", "_sort", "_total", "_summary", "_include", "_revinclude", "_cursor"})
      if (name == of_answer)
        refuse(fmt::format("a condition has no {}: it must match one by itself; leave it out", name));
  }
  Query query = parse_query(text);
  if (query.criteria.empty())
    throw Refused(Refusal::malformed, "required", "a condition needs at least one search parameter");
  return query;
}

} // namespace xinglin::store
