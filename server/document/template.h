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
    met,      ///< 达标则: every subject meets its own target, the indicator ID.target
    unmet,    ///< 未达标则: one of them does not
    highest,  ///< 近5年最高则: every subject is above all the years before it
    lowest,   ///< 近5年最低则
    otherwise ///< 否则
  };
  enum class Relation : uint8_t { at_least, at_most, greater, less, equal };
  When when = When::otherwise;
  Relation relation = Relation::equal;
  std::string operand_indicator;                ///< compares: an indicator, or
  std::optional<base::Rational> operand_number; ///< a number (90% = 0.9)
  int years = 0;                                ///< highest, lowest
  Pieces pieces;
};

/// One brace about one or more indicators.
struct FigurePlan {
  std::vector<std::string> indicators; ///< ids; resolved where the template says … (the last one named)
  std::string org;                     ///< 机构:ID; empty = the report's
  std::string period;                  ///< 期间:…; empty = the report's
  std::string against;                 ///< 对:ID: what it is set against; 提前:ID: the target
  Format format;
  std::string words; ///< as written between the bars
  std::vector<Case> cases;
  int line = 0, column = 0;
};

struct Piece {
  enum class Kind : uint8_t {
    text,
    parameter,
    figure,
    typed ///< 手填: a number written by hand on purpose
  };
  Kind kind = Kind::text;
  std::string text;                         ///< text, typed; parameter: its canonical name
  std::string argument;                     ///< parameter: the words after it; text: the change typed at its start
  std::shared_ptr<const FigurePlan> figure; ///< figure; text: how the change typed at its start would be computed
  int line = 0;
};

struct Block {
  enum class Kind : uint8_t { title, heading1, heading2, heading3, body };
  Kind kind = Kind::body;
  Pieces pieces;
  int line = 0;
  size_t section = 0; ///< of Template::sections
};

/// A part of the document that one department (科室) answers for: it begins at a '## ' heading, or at one beneath it
/// that names an owner of its own; what stands before the first is a section without a title.
struct Section {
  std::string title;                   ///< the heading as written, without its owner
  std::string within;                  ///< of a section beneath a '## ' heading: that heading
  base::Text owner;                    ///< its own, else that of the headings above it; may be empty
  std::vector<std::string> indicators; ///< that it states or its words look at, each once, in order of appearance
  bool has_heading = false;
  size_t heading = 0; ///< the block of its heading
  int line = 0;
};

struct Template {
  std::string title; ///< the '# ' heading as written, without its owner; may be empty
  std::vector<Block> blocks;
  std::vector<Section> sections; ///< those that have text of their own
};

/// The indicator that says what another should come to: family_doctor.sign_rate.target.
inline constexpr std::string_view k_target_suffix = ".target";
inline constexpr int k_brace_depth_max = 6; ///< braces within braces
inline constexpr size_t k_template_figures_max = 5000;
inline constexpr size_t k_owner_length_max = 120; ///< bytes of a department's name

/// Reads a template against the catalog. Issues name file and line and the mend (unknown indicator, unknown word: with
/// the nearest known one); a template with errors is not to be used.
Template parse_template(const package::DocumentTemplate& document, const package::Catalog& catalog,
                        base::Issues& issues);

/// The period a figure's 期间: means within the report's: 去年, 累计 (from 1 January to the report's last day), 上半年,
/// 下半年, 一季度 … 四季度, 前三季度, 1-10月, 近3年, 2019年以来, or a period as everywhere (2022, 2022H1). Empty when
/// it is none.
std::optional<base::Period> resolve_period(std::string_view text, const base::Period& report);

} // namespace xinglin::document
