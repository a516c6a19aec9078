#include "lib/fhirpath/functions.h"

#include <algorithm>
#include <iterator>

namespace xinglin::fhirpath {
namespace {

using enum Gives;

// Sorted by name.
constexpr FunctionInfo k_functions[] = {
    {"abs", Code::abs, 0, 0, 0, one},
    {"aggregate", Code::aggregate, 1, 2, 1, unknown},
    {"all", Code::all, 1, 1, 1, boolean},
    {"allFalse", Code::all_false, 0, 0, 0, boolean},
    {"allTrue", Code::all_true, 0, 0, 0, boolean},
    {"anyFalse", Code::any_false, 0, 0, 0, boolean},
    {"anyTrue", Code::any_true, 0, 0, 0, boolean},
    {"as", Code::as_type, 1, 1, 0, special},
    {"avg", Code::avg, 0, 0, 0, decimal},
    {"ceiling", Code::ceiling, 0, 0, 0, special},
    {"children", Code::children, 0, 0, 0, special},
    {"coalesce", Code::coalesce, 1, 32, k_every_argument, unknown},
    {"combine", Code::combine, 1, 1, 0, special},
    {"comparable", Code::comparable, 1, 1, 0, boolean},
    {"conformsTo", Code::conforms_to, 1, 1, 0, boolean},
    {"contains", Code::contains_text, 1, 1, 0, boolean},
    {"convertsToBoolean", Code::converts_to_boolean, 0, 0, 0, boolean},
    {"convertsToDate", Code::converts_to_date, 0, 0, 0, boolean},
    {"convertsToDateTime", Code::converts_to_date_time, 0, 0, 0, boolean},
    {"convertsToDecimal", Code::converts_to_decimal, 0, 0, 0, boolean},
    {"convertsToInteger", Code::converts_to_integer, 0, 0, 0, boolean},
    {"convertsToLong", Code::converts_to_long, 0, 0, 0, boolean},
    {"convertsToQuantity", Code::converts_to_quantity, 0, 1, 0, boolean},
    {"convertsToString", Code::converts_to_string, 0, 0, 0, boolean},
    {"convertsToTime", Code::converts_to_time, 0, 0, 0, boolean},
    {"count", Code::count, 0, 0, 0, integer},
    {"dateOf", Code::date_of, 0, 0, 0, date},
    {"dayOf", Code::day_of, 0, 0, 0, integer},
    {"decode", Code::decode, 1, 1, 0, string},
    {"defineVariable", Code::define_variable, 1, 2, 2, input},
    {"descendants", Code::descendants, 0, 0, 0, special},
    {"distinct", Code::distinct, 0, 0, 0, input},
    {"empty", Code::is_empty, 0, 0, 0, boolean},
    {"encode", Code::encode, 1, 1, 0, string},
    {"endsWith", Code::ends_with, 1, 1, 0, boolean},
    {"escape", Code::escape, 1, 1, 0, string},
    {"exclude", Code::exclude, 1, 1, 0, input},
    {"exists", Code::exists, 0, 1, 1, boolean},
    {"exp", Code::exp, 0, 0, 0, decimal},
    {"extension", Code::extension, 1, 1, 0, special},
    {"first", Code::first, 0, 0, 0, one},
    {"floor", Code::floor, 0, 0, 0, special},
    {"getReferenceKey", Code::reference_key, 0, 1, 0, string},
    {"getResourceKey", Code::resource_key, 0, 0, 0, string},
    {"getValue", Code::get_value, 0, 0, 0, special},
    {"hasExtension", Code::has_extension, 1, 1, 0, boolean},
    {"hasValue", Code::has_value, 0, 0, 0, boolean},
    {"highBoundary", Code::high_boundary, 0, 1, 0, special},
    {"hourOf", Code::hour_of, 0, 0, 0, integer},
    {"htmlChecks", Code::html_checks, 0, 0, 0, boolean},
    {"iif", Code::iif, 2, 3, 7, special},
    {"indexOf", Code::index_of, 1, 1, 0, integer},
    {"intersect", Code::intersect, 1, 1, 0, input},
    {"is", Code::is_type, 1, 1, 0, boolean},
    {"isDistinct", Code::is_distinct, 0, 0, 0, boolean},
    {"join", Code::join, 0, 1, 0, string},
    {"last", Code::last, 0, 0, 0, one},
    {"lastIndexOf", Code::last_index_of, 1, 1, 0, integer},
    {"length", Code::length, 0, 0, 0, integer},
    {"ln", Code::ln, 0, 0, 0, decimal},
    {"log", Code::log, 1, 1, 0, decimal},
    {"lowBoundary", Code::low_boundary, 0, 1, 0, special},
    {"lower", Code::lower, 0, 0, 0, string},
    {"matches", Code::matches, 1, 2, 0, boolean},
    {"matchesFull", Code::matches_full, 1, 2, 0, boolean},
    {"max", Code::max, 0, 0, 0, one},
    {"memberOf", Code::member_of, 1, 1, 0, boolean},
    {"millisecondOf", Code::millisecond_of, 0, 0, 0, integer},
    {"min", Code::min, 0, 0, 0, one},
    {"minuteOf", Code::minute_of, 0, 0, 0, integer},
    {"monthOf", Code::month_of, 0, 0, 0, integer},
    {"not", Code::not_, 0, 0, 0, boolean},
    {"now", Code::now, 0, 0, 0, date_time},
    {"ofType", Code::of_type, 1, 1, 0, special},
    {"power", Code::power, 1, 1, 0, unknown},
    {"precision", Code::precision, 0, 0, 0, integer},
    {"repeat", Code::repeat, 1, 1, 1, special},
    {"repeatAll", Code::repeat_all, 1, 1, 1, special},
    {"replace", Code::replace, 2, 2, 0, string},
    {"replaceMatches", Code::replace_matches, 2, 2, 0, string},
    {"resolve", Code::resolve, 0, 0, 0, special},
    {"round", Code::round, 0, 1, 0, special},
    {"secondOf", Code::second_of, 0, 0, 0, integer},
    {"select", Code::select, 1, 1, 1, special},
    {"single", Code::single, 0, 0, 0, one},
    {"skip", Code::skip, 1, 1, 0, input},
    {"sort", Code::sort, 0, 8, k_every_argument, input},
    {"split", Code::split, 1, 1, 0, strings},
    {"sqrt", Code::sqrt, 0, 0, 0, decimal},
    {"startsWith", Code::starts_with, 1, 1, 0, boolean},
    {"subsetOf", Code::subset_of, 1, 1, 0, boolean},
    {"substring", Code::substring, 1, 2, 0, string},
    {"sum", Code::sum, 0, 0, 0, unknown},
    {"supersetOf", Code::superset_of, 1, 1, 0, boolean},
    {"tail", Code::tail, 0, 0, 0, input},
    {"take", Code::take, 1, 1, 0, input},
    {"timeOf", Code::time_of, 0, 0, 0, time},
    {"timeOfDay", Code::time_of_day, 0, 0, 0, time},
    {"timezoneOffsetOf", Code::timezone_offset_of, 0, 0, 0, decimal},
    {"toBoolean", Code::to_boolean, 0, 0, 0, boolean},
    {"toChars", Code::to_chars, 0, 0, 0, strings},
    {"toDate", Code::to_date, 0, 0, 0, date},
    {"toDateTime", Code::to_date_time, 0, 0, 0, date_time},
    {"toDecimal", Code::to_decimal, 0, 0, 0, decimal},
    {"toInteger", Code::to_integer, 0, 0, 0, integer},
    {"toLong", Code::to_long, 0, 0, 0, special},
    {"toQuantity", Code::to_quantity, 0, 1, 0, quantity},
    {"toString", Code::to_string, 0, 0, 0, string},
    {"toTime", Code::to_time, 0, 0, 0, time},
    {"today", Code::today, 0, 0, 0, date},
    {"trace", Code::trace, 1, 2, 2, input},
    {"trim", Code::trim, 0, 0, 0, string},
    {"truncate", Code::truncate, 0, 0, 0, special},
    {"type", Code::type_of, 0, 0, 0, unknown},
    {"unescape", Code::unescape, 1, 1, 0, string},
    {"union", Code::merge, 1, 1, 0, special},
    {"upper", Code::upper, 0, 0, 0, string},
    {"where", Code::where, 1, 1, 1, input},
    {"yearOf", Code::year_of, 0, 0, 0, integer},
};
static_assert(std::is_sorted(std::begin(k_functions), std::end(k_functions),
                             [](const FunctionInfo& a, const FunctionInfo& b) { return a.name < b.name; }));

} // namespace

const FunctionInfo* find_function(std::string_view name) {
  const auto* const at =
      std::lower_bound(std::begin(k_functions), std::end(k_functions), name,
                       [](const FunctionInfo& info, std::string_view key) { return info.name < key; });
  return at != std::end(k_functions) && at->name == name ? at : nullptr;
}

const std::vector<std::string>& function_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& info : k_functions)
      all.emplace_back(info.name);
    return all;
  }();
  return names;
}

} // namespace xinglin::fhirpath
