// The address of a number: `indicator@definition-hash/org@tree-date/period/epoch:t`.

#include "server/indicator/engine.h"

#include "lib/base/id.h"
#include "lib/base/text.h"

#include <charconv>

#include <fmt/format.h>

namespace xinglin::indicator {
namespace {

std::optional<int64_t> whole(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || text.empty() || end != text.data() + text.size() || value < 0) return {};
  return value;
}

[[noreturn]] void malformed(std::string_view text, std::string_view what) {
  throw base::Refused(
      base::Refusal::malformed, "value",
      fmt::format("The address \"{}\": {}. An address is indicator@hash/org@tree-date/period/epoch:t, as in "
                  "hospital_ops.discharges/tcm-hospital/2023",
                  text, what));
}

/// `left@right`; right is empty without an @.
std::pair<std::string_view, std::string_view> at_sign(std::string_view text) {
  const size_t at = text.find('@');
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

} // namespace

std::string AsOf::to_string() const {
  return fmt::format("{}:{}", epoch, commit);
}

std::optional<AsOf> AsOf::parse(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {};
  const auto epoch = whole(text.substr(0, colon)), commit = whole(text.substr(colon + 1));
  if (!epoch || !commit) return {};
  return AsOf{*epoch, *commit};
}

std::string Address::to_string() const {
  std::string out = indicator;
  if (!hash.empty()) out += '@' + hash;
  out += '/' + org;
  if (!tree_date.empty()) out += '@' + tree_date;
  out += '/' + period.to_string();
  if (as_of) out += '/' + as_of->to_string();
  return out;
}

Address Address::parse(std::string_view text) {
  const auto parts = base::split(text, '/');
  if (parts.size() < 3 || parts.size() > 4)
    malformed(text, fmt::format("it has {} parts between slashes, not three or four", parts.size()));
  Address address;
  const auto [indicator, hash] = at_sign(parts[0]);
  if (indicator.empty()) malformed(text, "the indicator is missing");
  for (const char c : indicator)
    if (!(std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '(' || c == ')'))
      malformed(text, fmt::format("\"{}\" is no indicator id", indicator));
  if (parts[0].find('@') != std::string_view::npos &&
      (hash.empty() || hash.find_first_not_of("0123456789abcdef") != std::string_view::npos))
    malformed(text, fmt::format("\"{}\" is no definition hash (hexadecimal digits)", hash));
  const auto [org, tree_date] = at_sign(parts[1]);
  if (!base::is_fhir_id(org)) malformed(text, fmt::format("\"{}\" is no Organization id", org));
  if (parts[1].find('@') != std::string_view::npos && !base::Date::parse(tree_date))
    malformed(text, fmt::format("\"{}\" is no tree date (YYYY-MM-DD)", tree_date));
  const auto period = base::Period::parse(parts[2]);
  if (!period)
    malformed(text,
              fmt::format("\"{}\" is no period (2023, 2023H1, 2023Q1, 2023-05 or 2023-01-01..2023-03-31)", parts[2]));
  address.indicator = indicator;
  address.hash = hash;
  address.org = org;
  address.tree_date = tree_date;
  address.period = *period;
  if (parts.size() == 4) {
    address.as_of = AsOf::parse(parts[3]);
    if (!address.as_of) malformed(text, fmt::format("\"{}\" is no as-of (epoch:t, as 1:42)", parts[3]));
  }
  return address;
}

} // namespace xinglin::indicator
