#pragma once
// Word documents (.docx, ECMA-376) laid out as Chinese official documents are: GB/T 9704-2012 党政机关公文格式.
// Sizes by the standard, with its clause: A4 (5.1); top margin 37 mm, binding margin 28 mm, text area 156 mm × 225 mm
// (5.2.1); 22 lines of 28 characters (5.2.3); title 2号小标宋, body 3号仿宋, headings 黑体 / 楷体 / 仿宋
// (7.3.1, 7.3.3); page number 4号半角宋体 between dashes, outer side, 7 mm below the text area (7.5).

#include "lib/office/zip.h"

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace xinglin::office {

/// A stretch of text. With a bookmark it can be found again after the prose around it was edited.
struct DocxRun {
  std::string text;
  std::string bookmark; ///< [A-Za-z_][A-Za-z0-9_]*, at most k_bookmark_max, unique in the document; empty = none
  std::string link;     ///< URL opened by a click; prints like the text around it; empty = none
  std::string tooltip;  ///< shown over the link
};

inline constexpr size_t k_bookmark_max = 40; ///< Word takes no longer names

struct DocxParagraph {
  enum class Style : uint8_t { title, heading1, heading2, heading3, body, note };
  Style style = Style::body;
  std::vector<DocxRun> runs;
  bool page_break_before = false;
};

/// Rows of cells of plain text; the first row is repeated on each page.
struct DocxTable {
  std::vector<std::vector<std::string>> rows;
};

using DocxBlock = std::variant<DocxParagraph, DocxTable>;

struct Docx {
  std::string title, subject, creator, description; ///< core properties
  std::string created;                              ///< instant in UTC ("2023-12-31T00:00:00Z"); empty = not stated
  std::vector<DocxBlock> blocks;
  std::string custom_xml; ///< a part of one's own kept inside (well-formed XML); empty = none
};

/// The bytes of the file. No clock, no chance: the same document gives the same bytes. Throws Refused(invalid) for a
/// bookmark Word would not take or one that is used twice.
std::string write_docx(const Docx& document);

/// What a docx says, in document order.
struct DocxText {
  struct Bookmark {
    std::string name;
    std::string text; ///< what stands inside it now
  };
  struct Block {
    std::string style;                          ///< style id of a paragraph: "Heading1"
    std::string text;                           ///< of a paragraph
    std::vector<std::vector<std::string>> rows; ///< of a table
    bool is_table = false;
    std::vector<Bookmark> bookmarks; ///< those that begin in this paragraph
  };
  std::string title;
  std::vector<Block> blocks;
  std::string custom_xml;   ///< the first part of one's own
  std::string text() const; ///< one paragraph a line; table cells parted by tabs
};

inline constexpr size_t k_docx_blocks_max = 200'000; ///< paragraphs and table cells taken from one file

/// Throws Refused(malformed) when it is not a docx, Refused(too_large) over a limit.
DocxText read_docx(std::string_view bytes, const ZipLimits& limits = {});

} // namespace xinglin::office
