#include "lib/fhirpath/ucum.h"

#include "lib/base/issue.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>

namespace xinglin::fhirpath {
namespace {

using base::Rational;

struct Atom {
  std::string_view code;
  bool metric;            ///< takes prefixes
  std::string_view value; ///< times
  std::string_view unit;  ///< this
};

constexpr std::string_view k_base[] = {"C", "K", "cd", "g", "m", "rad", "s"}; // all metric

// The units that are a number times other units (UCUM codes: copyright Regenstrief Institute and the UCUM
// Organization).
constexpr Atom k_atoms[] = {
    {"10*", false, "10", "1"},
    {"10^", false, "10", "1"},
    {"[pi]", false, "3.1415926535897932385", "1"},
    {"%", false, "1", "10*-2"},
    {"[ppth]", false, "1", "10*-3"},
    {"[ppm]", false, "1", "10*-6"},
    {"[ppb]", false, "1", "10*-9"},
    {"[pptr]", false, "1", "10*-12"},
    {"mol", true, "6.0221367", "10*23"},
    {"sr", true, "1", "rad2"},
    {"Hz", true, "1", "s-1"},
    {"N", true, "1", "kg.m/s2"},
    {"Pa", true, "1", "N/m2"},
    {"J", true, "1", "N.m"},
    {"W", true, "1", "J/s"},
    {"A", true, "1", "C/s"},
    {"V", true, "1", "J/C"},
    {"F", true, "1", "C/V"},
    {"Ohm", true, "1", "V/A"},
    {"S", true, "1", "Ohm-1"},
    {"Wb", true, "1", "V.s"},
    {"T", true, "1", "Wb/m2"},
    {"H", true, "1", "Wb/A"},
    {"lm", true, "1", "cd.sr"},
    {"lx", true, "1", "lm/m2"},
    {"Bq", true, "1", "s-1"},
    {"Gy", true, "1", "J/kg"},
    {"Sv", true, "1", "J/kg"},
    {"deg", false, "2", "[pi].rad/360"},
    {"gon", false, "0.9", "deg"},
    {"'", false, "1", "deg/60"},
    {"''", false, "1", "'/60"},
    {"l", true, "1", "dm3"},
    {"L", true, "1", "l"},
    {"ar", true, "100", "m2"},
    {"min", false, "60", "s"},
    {"h", false, "60", "min"},
    {"d", false, "24", "h"},
    {"a_t", false, "365.24219", "d"},
    {"a_j", false, "365.25", "d"},
    {"a_g", false, "365.2425", "d"},
    {"a", false, "1", "a_j"},
    {"wk", false, "7", "d"},
    {"mo_s", false, "29.53059", "d"},
    {"mo_j", false, "1", "a_j/12"},
    {"mo_g", false, "1", "a_g/12"},
    {"mo", false, "1", "mo_j"},
    {"t", true, "1e3", "kg"},
    {"bar", true, "1e5", "Pa"},
    {"u", true, "1.6605402e-24", "g"},
    {"AU", false, "149597.870691", "Mm"},
    {"pc", true, "3.085678e16", "m"},
    {"[c]", true, "299792458", "m/s"},
    {"[h]", true, "6.6260755e-34", "J.s"},
    {"[k]", true, "1.380658e-23", "J/K"},
    {"[eps_0]", true, "8.854187817e-12", "F/m"},
    {"[mu_0]", true, "1", "N/A2"},
    {"[e]", true, "1.60217733e-19", "C"},
    {"eV", true, "1", "[e].V"},
    {"[m_e]", true, "9.1093897e-28", "g"},
    {"[m_p]", true, "1.6726231e-24", "g"},
    {"[G]", true, "6.67259e-11", "m3.kg-1.s-2"},
    {"[g]", true, "980665e-5", "m/s2"},
    {"Torr", false, "133.322", "Pa"},
    {"atm", false, "101325", "Pa"},
    {"[ly]", true, "1", "[c].a_j"},
    {"gf", true, "1", "g.[g]"},
    {"Ky", true, "1", "cm-1"},
    {"Gal", true, "1", "cm/s2"},
    {"dyn", true, "1", "g.cm/s2"},
    {"erg", true, "1", "dyn.cm"},
    {"P", true, "1", "dyn.s/cm2"},
    {"Bi", true, "10", "A"},
    {"St", true, "1", "cm2/s"},
    {"Mx", true, "1e-8", "Wb"},
    {"G", true, "1e-4", "T"},
    {"Oe", true, "250", "A/m"},
    {"Gb", true, "1", "Oe.cm"},
    {"sb", true, "1", "cd/cm2"},
    {"Lmb", true, "1", "cd/cm2/[pi]"},
    {"ph", true, "1e-4", "lx"},
    {"Ci", true, "37e9", "Bq"},
    {"R", true, "2.58e-4", "C/kg"},
    {"RAD", true, "100", "erg/g"},
    {"REM", true, "1", "RAD"},
    {"[in_i]", false, "254e-2", "cm"},
    {"[ft_i]", false, "12", "[in_i]"},
    {"[yd_i]", false, "3", "[ft_i]"},
    {"[mi_i]", false, "5280", "[ft_i]"},
    {"[fth_i]", false, "6", "[ft_i]"},
    {"[nmi_i]", false, "1852", "m"},
    {"[kn_i]", false, "1", "[nmi_i]/h"},
    {"[sin_i]", false, "1", "[in_i]2"},
    {"[sft_i]", false, "1", "[ft_i]2"},
    {"[syd_i]", false, "1", "[yd_i]2"},
    {"[cin_i]", false, "1", "[in_i]3"},
    {"[cft_i]", false, "1", "[ft_i]3"},
    {"[cyd_i]", false, "1", "[yd_i]3"},
    {"[bf_i]", false, "144", "[in_i]3"},
    {"[cr_i]", false, "128", "[ft_i]3"},
    {"[mil_i]", false, "1e-3", "[in_i]"},
    {"[cml_i]", false, "1", "[pi]/4.[mil_i]2"},
    {"[hd_i]", false, "4", "[in_i]"},
    {"[ft_us]", false, "1200", "m/3937"},
    {"[yd_us]", false, "3", "[ft_us]"},
    {"[in_us]", false, "1", "[ft_us]/12"},
    {"[rd_us]", false, "16.5", "[ft_us]"},
    {"[ch_us]", false, "4", "[rd_us]"},
    {"[lk_us]", false, "1", "[ch_us]/100"},
    {"[rch_us]", false, "100", "[ft_us]"},
    {"[rlk_us]", false, "1", "[rch_us]/100"},
    {"[fth_us]", false, "6", "[ft_us]"},
    {"[fur_us]", false, "40", "[rd_us]"},
    {"[mi_us]", false, "8", "[fur_us]"},
    {"[acr_us]", false, "160", "[rd_us]2"},
    {"[srd_us]", false, "1", "[rd_us]2"},
    {"[smi_us]", false, "1", "[mi_us]2"},
    {"[sct]", false, "1", "[mi_us]2"},
    {"[twp]", false, "36", "[sct]"},
    {"[mil_us]", false, "1e-3", "[in_us]"},
    {"[in_br]", false, "2.539998", "cm"},
    {"[ft_br]", false, "12", "[in_br]"},
    {"[rd_br]", false, "16.5", "[ft_br]"},
    {"[ch_br]", false, "4", "[rd_br]"},
    {"[lk_br]", false, "1", "[ch_br]/100"},
    {"[fth_br]", false, "6", "[ft_br]"},
    {"[pc_br]", false, "2.5", "[ft_br]"},
    {"[yd_br]", false, "3", "[ft_br]"},
    {"[mi_br]", false, "5280", "[ft_br]"},
    {"[nmi_br]", false, "6080", "[ft_br]"},
    {"[kn_br]", false, "1", "[nmi_br]/h"},
    {"[acr_br]", false, "4840", "[yd_br]2"},
    {"[gal_us]", false, "231", "[in_i]3"},
    {"[bbl_us]", false, "42", "[gal_us]"},
    {"[qt_us]", false, "1", "[gal_us]/4"},
    {"[pt_us]", false, "1", "[qt_us]/2"},
    {"[gil_us]", false, "1", "[pt_us]/4"},
    {"[foz_us]", false, "1", "[gil_us]/4"},
    {"[fdr_us]", false, "1", "[foz_us]/8"},
    {"[min_us]", false, "1", "[fdr_us]/60"},
    {"[crd_us]", false, "128", "[ft_i]3"},
    {"[bu_us]", false, "2150.42", "[in_i]3"},
    {"[gal_wi]", false, "1", "[bu_us]/8"},
    {"[pk_us]", false, "1", "[bu_us]/4"},
    {"[dqt_us]", false, "1", "[pk_us]/8"},
    {"[dpt_us]", false, "1", "[dqt_us]/2"},
    {"[tbs_us]", false, "1", "[foz_us]/2"},
    {"[tsp_us]", false, "1", "[tbs_us]/3"},
    {"[cup_us]", false, "16", "[tbs_us]"},
    {"[foz_m]", false, "30", "mL"},
    {"[cup_m]", false, "240", "mL"},
    {"[tsp_m]", false, "5", "mL"},
    {"[tbs_m]", false, "15", "mL"},
    {"[gal_br]", false, "4.54609", "l"},
    {"[pk_br]", false, "2", "[gal_br]"},
    {"[bu_br]", false, "4", "[pk_br]"},
    {"[qt_br]", false, "1", "[gal_br]/4"},
    {"[pt_br]", false, "1", "[qt_br]/2"},
    {"[gil_br]", false, "1", "[pt_br]/4"},
    {"[foz_br]", false, "1", "[gil_br]/5"},
    {"[fdr_br]", false, "1", "[foz_br]/8"},
    {"[min_br]", false, "1", "[fdr_br]/60"},
    {"[gr]", false, "64.79891", "mg"},
    {"[lb_av]", false, "7000", "[gr]"},
    {"[lbf_av]", false, "1", "[lb_av].[g]"},
    {"[oz_av]", false, "1", "[lb_av]/16"},
    {"[dr_av]", false, "1", "[oz_av]/16"},
    {"[scwt_av]", false, "100", "[lb_av]"},
    {"[lcwt_av]", false, "112", "[lb_av]"},
    {"[ston_av]", false, "20", "[scwt_av]"},
    {"[lton_av]", false, "20", "[lcwt_av]"},
    {"[stone_av]", false, "14", "[lb_av]"},
    {"[pwt_tr]", false, "24", "[gr]"},
    {"[oz_tr]", false, "20", "[pwt_tr]"},
    {"[lb_tr]", false, "12", "[oz_tr]"},
    {"[sc_ap]", false, "20", "[gr]"},
    {"[dr_ap]", false, "3", "[sc_ap]"},
    {"[oz_ap]", false, "8", "[dr_ap]"},
    {"[lb_ap]", false, "12", "[oz_ap]"},
    {"[oz_m]", false, "28", "g"},
    {"[lne]", false, "1", "[in_i]/12"},
    {"[pnt]", false, "1", "[lne]/6"},
    {"[pca]", false, "12", "[pnt]"},
    {"[pnt_pr]", false, "0.013837", "[in_i]"},
    {"[pca_pr]", false, "12", "[pnt_pr]"},
    {"[pied]", false, "32.48", "cm"},
    {"[pouce]", false, "1", "[pied]/12"},
    {"[ligne]", false, "1", "[pouce]/12"},
    {"[didot]", false, "1", "[ligne]/6"},
    {"[cicero]", false, "12", "[didot]"},
    {"[degR]", false, "5", "K/9"},
    {"cal_[15]", true, "4.18580", "J"},
    {"cal_[20]", true, "4.18190", "J"},
    {"cal_m", true, "4.19002", "J"},
    {"cal_IT", true, "4.1868", "J"},
    {"cal_th", true, "4.184", "J"},
    {"cal", true, "1", "cal_th"},
    {"[Cal]", false, "1", "kcal_th"},
    {"[Btu_39]", false, "1.05967", "kJ"},
    {"[Btu_59]", false, "1.05480", "kJ"},
    {"[Btu_60]", false, "1.05468", "kJ"},
    {"[Btu_m]", false, "1.05587", "kJ"},
    {"[Btu_IT]", false, "1.05505585262", "kJ"},
    {"[Btu_th]", false, "1.054350", "kJ"},
    {"[Btu]", false, "1", "[Btu_th]"},
    {"[HP]", false, "550", "[ft_i].[lbf_av]/s"},
    {"tex", true, "1", "g/km"},
    {"[den]", false, "1", "g/9/km"},
    {"m[H2O]", true, "980665e-5", "kPa"},
    {"m[Hg]", true, "133.3220", "kPa"},
    {"[in_i'H2O]", false, "1", "m[H2O].[in_i]/m"},
    {"[in_i'Hg]", false, "1", "m[Hg].[in_i]/m"},
    {"[PRU]", false, "1", "mm[Hg].s/ml"},
    {"[wood'U]", false, "1", "mm[Hg].min/L"},
    {"[diop]", false, "1", "/m"},
    {"[mesh_i]", false, "1", "/[in_i]"},
    {"[Ch]", false, "1", "mm/3"},
    {"[drp]", false, "1", "ml/20"},
    {"[hnsf'U]", false, "1", "1"},
    {"[MET]", false, "3.5", "mL/min/kg"},
    {"eq", true, "1", "mol"},
    {"osm", true, "1", "mol"},
    {"g%", true, "1", "g/dl"},
    {"[S]", false, "1", "10*-13.s"},
    {"[HPF]", false, "1", "1"},
    {"[LPF]", false, "100", "1"},
    {"kat", true, "1", "mol/s"},
    {"U", true, "1", "umol/min"},
    {"st", true, "1", "m3"},
    {"Ao", false, "0.1", "nm"},
    {"b", false, "100", "fm2"},
    {"att", false, "1", "kgf/cm2"},
    {"mho", true, "1", "S"},
    {"[psi]", false, "1", "[lbf_av]/[in_i]2"},
    {"circ", false, "2", "[pi].rad"},
    {"sph", false, "4", "[pi].sr"},
    {"[car_m]", false, "2e-1", "g"},
    {"[car_Au]", false, "1", "/24"},
    {"[smoot]", false, "67", "[in_i]"},
    {"bit", true, "1", "1"},
    {"By", true, "8", "bit"},
    {"Bd", true, "1", "/s"},
};

// Units of a procedure: comparable with themselves alone (UCUM §24).
constexpr std::string_view k_arbitrary[] = {
    "[hp_X]",    "[hp_C]",      "[hp_M]",   "[hp_Q]",   "[kp_X]",   "[kp_C]",  "[kp_M]",   "[kp_Q]",
    "[IU]",      "[arb'U]",     "[USP'U]",  "[GPL'U]",  "[MPL'U]",  "[APL'U]", "[beth'U]", "[anti'Xa'U]",
    "[todd'U]",  "[dye'U]",     "[smgy'U]", "[bdsk'U]", "[ka'U]",   "[knk'U]", "[mclg'U]", "[tb'U]",
    "[CCID_50]", "[TCID_50]",   "[EID_50]", "[PFU]",    "[FFU]",    "[CFU]",   "[IR]",     "[BAU]",
    "[AU]",      "[Amb'a'1'U]", "[PNU]",    "[Lf]",     "[D'ag'U]", "[FEU]",   "[ELU]",    "[EU]"};

// Logarithms and other functions: only multiples of themselves.
struct Function {
  std::string_view code;
  bool metric;
};
constexpr Function k_functions[] = {{"[p'diop]", false}, {"%[slope]", false}, {"[hp'_X]", false},
                                    {"[hp'_C]", false},  {"[hp'_M]", false},  {"[hp'_Q]", false},
                                    {"[pH]", false},     {"Np", true},        {"B", true},
                                    {"B[SPL]", true},    {"B[V]", true},      {"B[mV]", true},
                                    {"B[uV]", true},     {"B[10.nV]", true},  {"B[W]", true},
                                    {"B[kW]", true},     {"bit_s", false},    {"[m/s2/Hz^(1/2)]", false}};

struct Prefix {
  std::string_view code;
  int exponent;
  int base = 10;
};
constexpr Prefix k_prefixes[] = {{"da", 1}, {"Ki", 10, 2}, {"Mi", 20, 2}, {"Gi", 30, 2}, {"Ti", 40, 2}, {"Y", 24},
                                 {"Z", 21}, {"E", 18},     {"P", 15},     {"T", 12},     {"G", 9},      {"M", 6},
                                 {"k", 3},  {"h", 2},      {"d", -1},     {"c", -2},     {"m", -3},     {"u", -6},
                                 {"n", -9}, {"p", -12},    {"f", -15},    {"a", -18},    {"z", -21},    {"y", -24}};

Rational power_of(int base, int exponent) {
  base::Int128 power = 1;
  for (int i = 0; i < (exponent < 0 ? -exponent : exponent); ++i)
    power *= base;
  return exponent < 0 ? Rational::of(1, power) : Rational::of(power, 1);
}

void multiply(Unit& into, const Unit& by, int exponent) {
  for (int i = 0; i < (exponent < 0 ? -exponent : exponent); ++i)
    into.factor = exponent < 0 ? into.factor / by.factor : into.factor * by.factor;
  for (const auto& [unit, power] : by.dimensions) {
    const auto at = std::lower_bound(into.dimensions.begin(), into.dimensions.end(), unit,
                                     [](const auto& entry, std::string_view key) { return entry.first < key; });
    if (at != into.dimensions.end() && at->first == unit) {
      at->second += power * exponent;
      if (at->second == 0) into.dimensions.erase(at);
    } else {
      into.dimensions.insert(at, {unit, power * exponent});
    }
  }
}

constexpr int k_unit_depth_max = 16;
constexpr int k_unit_exponent_max = 99;

class UnitParser {
public:
  explicit UnitParser(std::string_view text, int depth = 0) : m_text(text), m_depth(depth) {}

  std::optional<Unit> run() {
    if (m_text.empty() || m_text.size() > k_unit_size_max || m_depth > k_unit_depth_max) return {};
    Unit unit;
    if (!term(unit, 1) || m_at != m_text.size()) return {};
    return unit;
  }

private:
  char peek() const { return m_at < m_text.size() ? m_text[m_at] : '\0'; }

  bool term(Unit& into, int sign) {
    if (++m_depth > k_unit_depth_max) return false;
    int next = sign;
    if (peek() == '/') {
      ++m_at;
      next = -sign;
    }
    while (true) {
      if (!component(into, next)) return false;
      if (peek() == '.') {
        next = sign;
      } else if (peek() == '/') {
        next = -sign;
      } else {
        --m_depth;
        return true;
      }
      ++m_at;
    }
  }

  bool component(Unit& into, int sign) {
    if (peek() == '(') {
      ++m_at;
      if (!term(into, sign) || peek() != ')') return false;
      ++m_at;
      return true;
    }
    if (peek() == '{') return annotation();
    const size_t start = m_at;
    int bracket = 0;
    while (m_at < m_text.size()) {
      const char c = m_text[m_at];
      if (c == '[') ++bracket;
      if (c == ']') --bracket;
      if (bracket == 0 && (c == '.' || c == '/' || c == '(' || c == ')' || c == '{')) break;
      ++m_at;
    }
    std::string_view code = m_text.substr(start, m_at - start);
    if (peek() == '{' && !annotation()) return false;
    if (code.empty()) return false;
    // 1. A plain number.
    if (std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      const auto value = base::Decimal::parse(code);
      if (!value || value->is_zero()) return false;
      Unit number;
      number.factor = Rational(*value);
      multiply(into, number, sign);
      return true;
    }
    // 2. The unit without an exponent (a_j has none, and neither has B[10.nV]).
    std::optional<Unit> unit = with_prefix(code);
    int exponent = 1;
    if (!unit) { // 3. The exponent at the end.
      size_t digits = code.size();
      while (digits > 0 && code[digits - 1] >= '0' && code[digits - 1] <= '9')
        --digits;
      if (digits == code.size() || digits == 0 || code.size() - digits > 2) return false;
      exponent = 0;
      for (const char c : code.substr(digits))
        exponent = exponent * 10 + (c - '0');
      static_assert(k_unit_exponent_max == 99, "two digits");
      if (code[digits - 1] == '-' || code[digits - 1] == '+') {
        if (code[digits - 1] == '-') exponent = -exponent;
        --digits;
      }
      unit = with_prefix(code.substr(0, digits));
    }
    if (!unit) return false;
    if (unit->is_special) { // alone, or the multiple of one
      if (exponent != 1 || sign != 1 || m_at != m_text.size() || !into.dimensions.empty()) return false;
      unit->factor = unit->factor * into.factor;
      into = *unit;
      return true;
    }
    multiply(into, *unit, exponent * sign);
    return true;
  }

  bool annotation() {
    const size_t end = m_text.find('}', m_at);
    if (end == std::string_view::npos) return false;
    m_at = end + 1;
    return true;
  }

  std::optional<Unit> with_prefix(std::string_view code) const {
    if (auto unit = atom(code, false)) return unit;
    for (const auto& prefix : k_prefixes) {
      if (code.size() <= prefix.code.size() || code.substr(0, prefix.code.size()) != prefix.code) continue;
      auto unit = atom(code.substr(prefix.code.size()), true);
      if (!unit) continue;
      unit->factor = unit->factor * power_of(prefix.base, prefix.exponent);
      return unit;
    }
    return {};
  }

  std::optional<Unit> atom(std::string_view code, bool prefixed) const {
    Unit unit;
    for (const auto known : k_base) {
      if (known != code) continue;
      unit.dimensions = {{known, 1}};
      return unit;
    }
    if (code == "Cel" || (!prefixed && (code == "[degF]" || code == "[degRe]"))) {
      unit.dimensions = {{"K", 1}};
      unit.is_special = true;
      unit.shift = Rational::of(27315, 100);
      if (code == "[degRe]") unit.factor = Rational::of(5, 4);
      if (code == "[degF]") { // K = (F + 459.67) × 5/9
        unit.factor = Rational::of(5, 9);
        unit.shift = Rational::of(45967, 100) * unit.factor;
      }
      return unit;
    }
    for (const auto known : k_arbitrary) {
      if (known != code && !(known == "[IU]" && code == "[iU]")) continue;
      if (prefixed && known != "[IU]") return {};
      unit.dimensions = {{known, 1}};
      return unit;
    }
    for (const auto& known : k_functions) {
      if (known.code != code || (prefixed && !known.metric)) continue;
      unit.dimensions = {{known.code, 1}};
      unit.is_special = true;
      return unit;
    }
    for (const auto& known : k_atoms) {
      if (known.code != code || (prefixed && !known.metric)) continue;
      if (known.unit != "1") {
        auto inner = UnitParser(known.unit, m_depth + 1).run();
        if (!inner) return {};
        unit = std::move(*inner);
      }
      unit.factor = unit.factor * Rational(*base::Decimal::parse(known.value));
      return unit;
    }
    return {};
  }

  std::string_view m_text;
  size_t m_at = 0;
  int m_depth;
};

} // namespace

std::shared_ptr<const Unit> find_unit(std::string_view code) {
  // OPTIMIZATION: a view or a rule meets the same few units again and again.
  constexpr size_t k_remembered_max = 512;
  thread_local std::unordered_map<std::string, std::shared_ptr<const Unit>> remembered;
  std::string key(code.substr(0, k_unit_size_max + 1));
  if (const auto at = remembered.find(key); at != remembered.end()) return at->second;
  std::shared_ptr<const Unit> found;
  try {
    if (auto unit = UnitParser(code).run()) found = std::make_shared<const Unit>(std::move(*unit));
  } catch (const base::Refused&) { // the factor does not fit
  }
  if (remembered.size() >= k_remembered_max) remembered.clear();
  remembered.emplace(std::move(key), found);
  return found;
}

} // namespace xinglin::fhirpath
