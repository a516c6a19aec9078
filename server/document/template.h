#pragma once
// A template, read: Markdown paragraphs whose braces are figures, parameters and phrases that depend on a figure.
// The language is described for authors in docs/documents.md; its words stand in words.cc.

#include "lib/base/date.h"
#include "lib/base/issue.h"
#include "server/document/words.h"
#include "server/package/model.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace xinglin::document {

struct Piece;
using Pieces = std::vector<Piece>;

/// When a phrase is printed in place of the figure.
struct Case {
  enum class When : uint8_t {
    none,     ///< 无则: every subject is zero
    some,     ///< 有则: one of them is not
    all,      ///< 全则: every subject is 100 %
    up,       ///< 增则: every subject rose against the base
    down,     ///< 减则
    equal,    ///< 平则
    missing,  ///< 缺则: a value is missing
    compares, ///< 不低于 ID 则: every subject stands so to the operand
    otherwise ///< 否则
  };
  enum class Relation : uint8_t { at_least, at_most, greater, less, equal };
  When when = When::otherwise;
  Relation relation = Relation::equal;
  std::string operand_indicator;                ///< compares: an indicator, or
  std::optional<base::Rational> operand_number; ///< a number (90% = 0.9)
  Pieces pieces;
};

/// One brace about one or more indicators.
struct FigurePlan {
  std::vector<std::string> indicators; ///< ids; resolved where the template says … (the last one named)
  std::string org;                     ///< 机构:ID; empty = the report's
  std::string period;                  ///< 期间:…; empty = the report's
  Format format;
  std::string words; ///< as written between the bars
  std::vector<Case> cases;
  int line = 0;
};

struct Piece {
  enum class Kind : uint8_t { text, parameter, figure };
  Kind kind = Kind::text;
  std::string text;     ///< text; parameter: its canonical name
  std::string argument; ///< parameter: the words after it
  std::shared_ptr<const FigurePlan> figure;
};

struct Block {
  enum class Kind : uint8_t { title, heading1, heading2, heading3, body };
  Kind kind = Kind::body;
  Pieces pieces;
  int line = 0;
};

struct Template {
  std::vector<Block> blocks;
};

inline constexpr int k_brace_depth_max = 6; ///< braces within braces
inline constexpr size_t k_template_figures_max = 5000;

/// Reads a template against the catalog. Issues name file and line and the mend (unknown indicator, unknown word: with
/// the nearest known one); a template with errors is not to be used.
Template parse_template(const package::DocumentTemplate& document, const package::Catalog& catalog,
                        base::Issues& issues);

/// The period a figure's 期间: means within the report's: 去年, 上半年, 下半年, 一季度 … 四季度, 1-10月, or a period as
/// everywhere (2022, 2022H1). Empty when it is none.
std::optional<base::Period> resolve_period(std::string_view text, const base::Period& report);

} // namespace xinglin::document
