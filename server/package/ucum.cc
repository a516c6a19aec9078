#include "server/package/ucum.h"

#include "lib/base/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

namespace xinglin::package {
namespace {

/// Atoms that take a prefix (mg, kPa, mm[Hg]).
constexpr std::string_view k_metric[] = {
    "m",    "s", "g",   "rad", "K",  "C",   "cd",  "mol",   "sr",     "Hz", "N",   "Pa", "J",    "W",
    "A",    "V", "F",   "Ohm", "S",  "Wb",  "Cel", "T",     "H",      "lm", "lx",  "Bq", "Gy",   "Sv",
    "l",    "L", "t",   "u",   "eV", "bar", "cal", "m[Hg]", "m[H2O]", "eq", "osm", "U",  "kat",  "[iU]",
    "[IU]", "B", "bit", "By",  "Bd", "st",  "ar",  "dyn",   "erg",    "P",  "St",  "g%", "[Cal]"};
/// Atoms that take none.
constexpr std::string_view k_plain[] = {
    "10*",      "10^",      "%",           "[ppth]",   "[ppm]",    "[ppb]",    "[pi]",        "a",         "a_j",
    "mo",       "mo_j",     "wk",          "d",        "h",        "min",      "deg",         "'",         "''",
    "[in_i]",   "[ft_i]",   "[yd_i]",      "[mi_i]",   "[lb_av]",  "[oz_av]",  "[degF]",      "[pH]",      "[CFU]",
    "[PFU]",    "[arb'U]",  "[drp]",       "[diop]",   "[hp_X]",   "[USP'U]",  "[tb_us]",     "[tsp_us]",  "[foz_us]",
    "[HPF]",    "[LPF]",    "[TCID_50]",   "[knk'U]",  "[todd'U]", "[dye'U]",  "[anti'Xa'U]", "[GPL'U]",   "[MPL'U]",
    "[APL'U]",  "[bdsk'U]", "[Amb'a'1'U]", "[car_Au]", "[Ch]",     "[mesh_i]", "[in_i'H2O]",  "[in_i'Hg]", "[CCID_50]",
    "[EID_50]", "[FFU]",    "[BAU]",       "[AU]",     "[Lf]",     "[smgy'U]", "[MET]",       "[p'diop]",  "[hnsf'U]",
    "[G]",      "[c]"};
constexpr std::string_view k_prefixes[] = {"da", "Y", "Z", "E", "P", "T", "G", "M", "k", "h",
                                           "d",  "c", "m", "u", "n", "p", "f", "a", "z", "y"};

template <size_t n> bool is_in(const std::string_view (&list)[n], std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

bool is_atom(std::string_view text) {
  if (is_in(k_metric, text) || is_in(k_plain, text)) return true;
  return std::any_of(std::begin(k_prefixes), std::end(k_prefixes), [&](std::string_view prefix) {
    return text.starts_with(prefix) && is_in(k_metric, text.substr(prefix.size()));
  });
}

/// main-term = "/" term | term;  term = component (("." | "/") component)*;
/// component = "{...}" | number | "(" term ")" | atom exponent? "{...}"?
class Checker {
public:
  explicit Checker(std::string_view text) : m_text(text) {}

  std::string run() {
    if (m_text.empty()) return "a unit is empty";
    take('/');
    term();
    if (m_problem.empty() && m_at < m_text.size())
      m_problem = fmt::format("'{}' is not expected in the unit", m_text.substr(m_at));
    return m_problem;
  }

private:
  bool take(char c) {
    if (m_at >= m_text.size() || m_text[m_at] != c) return false;
    ++m_at;
    return true;
  }

  void term() {
    component();
    while (m_problem.empty() && (take('.') || take('/')))
      component();
  }

  void annotation() {
    const size_t end = m_text.find('}', m_at);
    if (end == std::string_view::npos)
      m_problem = "a '{' of the unit is not closed";
    else
      m_at = end + 1;
  }

  void component() {
    if (take('{')) return annotation();
    if (take('(')) {
      term();
      if (m_problem.empty() && !take(')')) m_problem = "a '(' of the unit is not closed";
      return;
    }
    const size_t start = m_at;
    int brackets = 0; // an atom ends at an operator, an annotation or a closing bracket; [...] belongs to it
    while (m_at < m_text.size()) {
      const char c = m_text[m_at];
      if (brackets == 0 && (c == '.' || c == '/' || c == '{' || c == ')' || c == '(')) break;
      if (c == '[') ++brackets;
      if (c == ']') --brackets;
      ++m_at;
    }
    const std::string_view word = m_text.substr(start, m_at - start);
    if (!is_simple(word)) return fail_atom(word);
    if (take('{')) annotation();
  }

  /// A whole number, or an atom with an exponent ("m2", "s-1", "10*9").
  static bool is_simple(std::string_view word) {
    if (word.empty()) return false;
    if (word.find_first_not_of("0123456789") == std::string_view::npos) return true;
    if (is_atom(word)) return true;
    size_t end = word.size();
    while (end > 0 && word[end - 1] >= '0' && word[end - 1] <= '9')
      --end;
    if (end == word.size()) return false;
    if (end > 0 && (word[end - 1] == '-' || word[end - 1] == '+')) --end;
    return is_atom(word.substr(0, end));
  }

  void fail_atom(std::string_view word) {
    std::vector<std::string> known;
    for (const auto atom : k_plain)
      known.emplace_back(atom);
    for (const auto atom : k_metric) {
      known.emplace_back(atom);
      for (const std::string_view prefix : {"k", "d", "c", "m", "u", "n"})
        known.push_back(fmt::format("{}{}", prefix, atom));
    }
    std::string near = base::suggest(word, known);
    if (word == "mmHg") near = "mm[Hg]";
    if (word == "IU") near = "[IU]";
    m_problem = word.empty() ? "the unit lacks a part"
                : near.empty()
                    ? fmt::format("'{}' is not a UCUM unit; a counted thing is written in braces, as {{bed}}", word)
                    : fmt::format("'{}' is not a UCUM unit; did you mean '{}'?", word, near);
  }

  std::string_view m_text;
  size_t m_at = 0;
  std::string m_problem;
};

} // namespace

std::string ucum_problem(std::string_view text) {
  return Checker(text).run();
}

} // namespace xinglin::package
