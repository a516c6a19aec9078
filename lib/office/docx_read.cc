#include "lib/office/docx.h"

#include "lib/base/issue.h"
#include "lib/office/xml.h"

#include <fmt/format.h>

#include <map>

namespace xinglin::office {

namespace {

using base::Refusal;
using base::Refused;

/// Walks the body in document order without recursion of our own: nested tables and content controls are taken as they
/// come, a nested table's text joins the cell it stands in.
struct Walker {
  DocxText& out;
  size_t blocks = 0;
  struct Open {
    std::string name;
    size_t block, start;
  };
  std::map<std::string, Open> open; ///< bookmarks by their w:id

  void count() {
    if (++blocks > k_docx_blocks_max)
      throw Refused(Refusal::too_large, "too-long",
                    fmt::format("the document has more than {} paragraphs and cells", k_docx_blocks_max));
  }

  /// Text of everything under `node`; bookmarks are kept when `block` is given.
  void collect(const pugi::xml_node& node, std::string& text, DocxText::Block* block) {
    for (pugi::xml_node child : node.children()) {
      auto name = local_name(child);
      if (name == "t") {
        text += child.text().get();
      } else if (name == "tab") {
        text += '\t';
      } else if (name == "br" || name == "cr") {
        text += '\n';
      } else if (name == "bookmarkStart" && block) {
        open[std::string(attribute_of(child, "id"))] = {std::string(attribute_of(child, "name")), 0, text.size()};
      } else if (name == "bookmarkEnd" && block) {
        auto found = open.find(std::string(attribute_of(child, "id")));
        if (found == open.end()) continue;
        size_t start = std::min(found->second.start, text.size());
        block->bookmarks.push_back({found->second.name, text.substr(start)});
        open.erase(found);
      } else if (name == "del" || name == "pPr" || name == "rPr" || name == "instrText" || name == "sdtPr") {
        continue; // deleted by a tracked change, or no text
      } else {
        if (name == "p" && !text.empty() && !block) text += '\n'; // paragraphs of one cell
        collect(child, text, block);
      }
    }
  }

  void paragraph(const pugi::xml_node& node) {
    count();
    DocxText::Block block;
    block.style = attribute_of(child_of(child_of(node, "pPr"), "pStyle"), "val");
    open.clear();
    collect(node, block.text, &block);
    out.blocks.push_back(std::move(block));
  }

  void table(const pugi::xml_node& node) {
    DocxText::Block block;
    block.is_table = true;
    for (pugi::xml_node row : node.children()) {
      if (local_name(row) != "tr") continue;
      auto& cells = block.rows.emplace_back();
      for (pugi::xml_node cell : row.children()) {
        if (local_name(cell) != "tc") continue;
        count();
        collect(cell, cells.emplace_back(), nullptr);
      }
    }
    out.blocks.push_back(std::move(block));
  }

  void body(const pugi::xml_node& node) {
    for (pugi::xml_node child : node.children()) {
      auto name = local_name(child);
      if (name == "p")
        paragraph(child);
      else if (name == "tbl")
        table(child);
      else if (name == "sdt")
        body(child_of(child, "sdtContent"));
      else if (name == "ins" || name == "moveTo")
        body(child);
    }
  }
};

} // namespace

DocxText read_docx(std::string_view bytes, const ZipLimits& limits) {
  ZipReader zip(bytes, limits);
  auto main = zip.read("word/document.xml");
  if (!main)
    throw Refused(Refusal::malformed, "structure",
                  "not a Word document: it has no part word/document.xml; save it as .docx (not .doc)");
  pugi::xml_document document;
  parse_xml(document, *main, "word/document.xml");
  auto body = child_of(child_of(document, "document"), "body");
  if (!body)
    throw Refused(Refusal::malformed, "structure", "word/document.xml has no body; save the document again as .docx");
  DocxText out;
  Walker walker{out, 0, {}};
  walker.body(body);
  if (auto core = zip.read("docProps/core.xml")) {
    pugi::xml_document properties;
    parse_xml(properties, *core, "docProps/core.xml");
    out.title = child_of(child_of(properties, "coreProperties"), "title").text().get();
  }
  if (auto custom = zip.read("customXml/item1.xml")) out.custom_xml = std::move(*custom);
  return out;
}

std::string DocxText::text() const {
  std::string out;
  for (const auto& block : blocks) {
    if (!block.is_table) {
      out += block.text;
      out += '\n';
      continue;
    }
    for (const auto& row : block.rows) {
      for (size_t i = 0; i < row.size(); ++i) {
        if (i) out += '\t';
        out += row[i];
      }
      out += '\n';
    }
  }
  return out;
}

} // namespace xinglin::office
