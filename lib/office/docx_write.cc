// Writes WordprocessingML by hand: the subset is small, and every byte is ours to fix.

#include "lib/office/docx.h"

#include "lib/base/issue.h"
#include "lib/office/xml.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace xinglin::office {

namespace {

using base::Refusal;
using base::Refused;

// Twentieths of a point (twips): 1 mm = 56.693.
constexpr int k_page_width = 11906;           // 210 mm
constexpr int k_page_height = 16838;          // 297 mm
constexpr int k_margin_top = 2098;            // 37 mm (天头)
constexpr int k_margin_left = 1588;           // 28 mm (订口)
constexpr int k_margin_right = 1474;          // 26 mm = 210 - 28 - 156
constexpr int k_margin_bottom = 1984;         // 35 mm = 297 - 37 - 225
constexpr int k_footer = 1304;                // 23 mm: the number's line (5 mm) then begins 7 mm below the text area
constexpr int k_line = 579;                   // 28.95 pt: 22 lines in 225 mm
constexpr int k_body_half_points = 32;        // 3号 = 16 pt
constexpr int k_title_half_points = 44;       // 2号 = 22 pt
constexpr int k_page_number_half_points = 28; // 4号 = 14 pt
constexpr int k_title_line = 640;             // 32 pt: a title of two lines does not touch
// 28 characters of 16 pt are wider than 156 mm (442.2 pt): each is set 0.25 pt closer. By the spacing of the style and
// not by a character grid (docGrid linesAndChars), which LibreOffice sets 19 to the line.
constexpr int k_character_spacing = -5;

constexpr std::string_view k_song_title = "方正小标宋简体";
constexpr std::string_view k_fang_song = "仿宋_GB2312";
constexpr std::string_view k_hei = "黑体";
constexpr std::string_view k_kai = "楷体_GB2312";
constexpr std::string_view k_song = "宋体";

constexpr std::string_view k_xml_head = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
constexpr std::string_view k_main = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
constexpr std::string_view k_relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
constexpr std::string_view k_package_relations = "http://schemas.openxmlformats.org/package/2006/relationships";

/// The same font for Latin letters and digits: an official document sets its figures in the font of its text.
std::string fonts(std::string_view name) {
  return fmt::format(R"(<w:rFonts w:ascii="{0}" w:hAnsi="{0}" w:eastAsia="{0}" w:cs="{0}"/>)", name);
}

std::string size(int half_points) {
  return fmt::format(R"(<w:sz w:val="{0}"/><w:szCs w:val="{0}"/>)", half_points);
}

/// Body size and the spacing of 28 to the line (elements in the order of the schema).
std::string text_run(std::string_view font, std::string_view weight = {}) {
  return fmt::format(R"({}{}<w:spacing w:val="{}"/>{})", fonts(font), weight, k_character_spacing,
                     size(k_body_half_points));
}

std::string paragraph_style(std::string_view id, std::string_view name, std::string_view based_on,
                            std::string_view paragraph, std::string_view run, int outline = -1) {
  std::string out = fmt::format(R"(<w:style w:type="paragraph" w:styleId="{}"><w:name w:val="{}"/>)", id, name);
  if (!based_on.empty()) out += fmt::format(R"(<w:basedOn w:val="{}"/>)", based_on);
  if (outline >= 0) out += R"(<w:next w:val="BodyText"/>)";
  out += "<w:qFormat/><w:pPr>";
  out += paragraph;
  if (outline >= 0) out += fmt::format(R"(<w:outlineLvl w:val="{}"/>)", outline);
  out += "</w:pPr><w:rPr>";
  out += run;
  out += "</w:rPr></w:style>";
  return out;
}

std::string styles_xml() {
  std::string exact = fmt::format(R"(<w:spacing w:before="0" w:after="0" w:line="{}" w:lineRule="exact"/>)", k_line);
  std::string indent = R"(<w:ind w:firstLineChars="200" w:firstLine="630"/>)"; // two characters
  std::string out = fmt::format(R"({}<w:styles xmlns:w="{}">)", k_xml_head, k_main);
  out += "<w:docDefaults><w:rPrDefault><w:rPr>" + fonts(k_fang_song) + size(k_body_half_points) +
         R"(<w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>)";
  out += R"(<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/><w:pPr>)"
         R"(<w:widowControl w:val="0"/><w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/>)" +
         exact + R"(<w:jc w:val="both"/></w:pPr></w:style>)";
  out += R"(<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont">)"
         R"(<w:name w:val="Default Paragraph Font"/><w:uiPriority w:val="1"/></w:style>)";
  out += R"(<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr>)"
         R"(<w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:left w:w="108" w:type="dxa"/>)"
         R"(<w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>)";
  out += paragraph_style(
      "Title", "Title", "Normal",
      fmt::format(
          R"(<w:keepNext/><w:spacing w:before="0" w:after="{}" w:line="{}" w:lineRule="exact"/><w:jc w:val="center"/>)",
          k_line, k_title_line),
      fonts(k_song_title) + size(k_title_half_points));
  out += paragraph_style("BodyText", "Body Text", "Normal", indent, text_run(k_fang_song));
  out += paragraph_style("Heading1", "heading 1", "Normal", "<w:keepNext/>" + indent, text_run(k_hei), 0);
  out += paragraph_style("Heading2", "heading 2", "Normal", "<w:keepNext/>" + indent, text_run(k_kai), 1);
  out += paragraph_style("Heading3", "heading 3", "Normal", "<w:keepNext/>" + indent,
                         text_run(k_fang_song, "<w:b/><w:bCs/>"), 2);
  out += paragraph_style("Note", "Note", "Normal",
                         R"(<w:spacing w:before="0" w:after="0" w:line="440" w:lineRule="exact"/>)",
                         fonts(k_fang_song) + size(24));
  out += paragraph_style("TableText", "Table Text", "Normal",
                         R"(<w:spacing w:before="0" w:after="0" w:line="360" w:lineRule="exact"/><w:jc w:val="left"/>)",
                         fonts(k_fang_song) + size(24));
  out += paragraph_style("Footer", "footer", "Normal",
                         R"(<w:snapToGrid w:val="0"/><w:spacing w:line="280" w:lineRule="exact"/>)",
                         fonts(k_song) + size(k_page_number_half_points));
  // A figure looks like the text it stands in, whether or not it is a link.
  out += R"(<w:style w:type="character" w:customStyle="1" w:styleId="Figure"><w:name w:val="Figure"/><w:rPr>)"
         R"(<w:color w:val="000000"/><w:u w:val="none"/></w:rPr></w:style>)";
  return out + "</w:styles>";
}

/// What to use where a machine lacks the fonts of the standard.
std::string font_table_xml() {
  struct Font {
    std::string_view name, alternative, panose, family;
  };
  static constexpr Font k_fonts[] = {
      {k_song_title, "宋体", "02010601030101010101", "auto"}, {k_fang_song, "仿宋", "02010609030101010101", "modern"},
      {k_hei, "SimHei", "02010609060101010101", "modern"},    {k_kai, "楷体", "02010609030101010101", "modern"},
      {k_song, "SimSun", "02010600030101010101", "auto"},
  };
  std::string out = fmt::format(R"({}<w:fonts xmlns:w="{}">)", k_xml_head, k_main);
  for (const auto& font : k_fonts)
    out += fmt::format(R"(<w:font w:name="{}"><w:altName w:val="{}"/><w:panose1 w:val="{}"/><w:charset w:val="86"/>)"
                       R"(<w:family w:val="{}"/><w:pitch w:val="variable"/></w:font>)",
                       font.name, font.alternative, font.panose, font.family);
  return out + "</w:fonts>";
}

std::string settings_xml() {
  return fmt::format(R"({}<w:settings xmlns:w="{}"><w:zoom w:percent="100"/><w:evenAndOddHeaders/>)"
                     R"(<w:defaultTabStop w:val="420"/><w:drawingGridVerticalSpacing w:val="{}"/>)"
                     R"(<w:characterSpacingControl w:val="compressPunctuation"/><w:compat><w:useFELayout/>)"
                     R"(<w:compatSetting w:name="compatibilityMode" )"
                     R"(w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat></w:settings>)",
                     k_xml_head, k_main, k_line);
}

/// “— 1 —” at the outer side: right on odd pages, left on even ones, one character in from the edge (7.5).
std::string footer_xml(bool odd) {
  std::string run = "<w:rPr>" + fonts(k_song) + size(k_page_number_half_points) + "</w:rPr>";
  std::string place = odd ? R"(<w:ind w:rightChars="100" w:right="280"/><w:jc w:val="right"/>)"
                          : R"(<w:ind w:leftChars="100" w:left="280"/><w:jc w:val="left"/>)";
  auto text = [&](std::string_view what) { return "<w:r>" + run + std::string(what) + "</w:r>"; };
  return fmt::format(R"({}<w:ftr xmlns:w="{}"><w:p><w:pPr><w:pStyle w:val="Footer"/>{}</w:pPr>)", k_xml_head, k_main,
                     place) +
         text(R"(<w:t xml:space="preserve">— </w:t>)") + text(R"(<w:fldChar w:fldCharType="begin"/>)") +
         text(R"(<w:instrText xml:space="preserve"> PAGE </w:instrText>)") +
         text(R"(<w:fldChar w:fldCharType="separate"/>)") + text("<w:t>1</w:t>") +
         text(R"(<w:fldChar w:fldCharType="end"/>)") + text(R"(<w:t xml:space="preserve"> —</w:t>)") + "</w:p></w:ftr>";
}

std::string_view style_id(DocxParagraph::Style style) {
  switch (style) {
  case DocxParagraph::Style::title: return "Title";
  case DocxParagraph::Style::heading1: return "Heading1";
  case DocxParagraph::Style::heading2: return "Heading2";
  case DocxParagraph::Style::heading3: return "Heading3";
  case DocxParagraph::Style::note: return "Note";
  case DocxParagraph::Style::body: break;
  }
  return "BodyText";
}

bool is_bookmark_name(std::string_view name) {
  if (name.empty() || name.size() > k_bookmark_max) return false;
  if (std::string_view("0123456789").find(name[0]) != std::string_view::npos) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
}

/// The body of the document while it is being written, and the links it uses.
struct Body {
  std::string xml;
  std::vector<std::string> links;
  std::set<std::string> bookmarks;

  std::string run(const DocxRun& source) const {
    bool figure = !source.bookmark.empty() || !source.link.empty();
    return fmt::format(R"(<w:r>{}<w:t xml:space="preserve">{}</w:t></w:r>)",
                       figure ? R"(<w:rPr><w:rStyle w:val="Figure"/></w:rPr>)" : "", escape_xml(source.text));
  }

  void add(const DocxRun& source) {
    size_t id = bookmarks.size();
    if (!source.bookmark.empty()) {
      if (!is_bookmark_name(source.bookmark) || !bookmarks.insert(source.bookmark).second)
        throw Refused(Refusal::invalid, "value",
                      "bookmark '" + source.bookmark +
                          "' is used twice or is not a name of up to 40 letters, digits and _");
      xml += fmt::format(R"(<w:bookmarkStart w:id="{}" w:name="{}"/>)", id, source.bookmark);
    }
    if (source.link.empty()) {
      xml += run(source);
    } else {
      links.push_back(source.link);
      xml += fmt::format(R"(<w:hyperlink r:id="rLink{}" w:history="0")", links.size());
      if (!source.tooltip.empty()) xml += fmt::format(R"( w:tooltip="{}")", escape_xml(source.tooltip));
      xml += ">" + run(source) + "</w:hyperlink>";
    }
    if (!source.bookmark.empty()) xml += fmt::format(R"(<w:bookmarkEnd w:id="{}"/>)", id);
  }

  void add(const DocxParagraph& paragraph) {
    xml += fmt::format(R"(<w:p><w:pPr><w:pStyle w:val="{}"/>{}</w:pPr>)", style_id(paragraph.style),
                       paragraph.page_break_before ? "<w:pageBreakBefore/>" : "");
    for (const auto& run : paragraph.runs)
      add(run);
    xml += "</w:p>";
  }

  void add(const DocxTable& table) {
    size_t columns = 1;
    for (const auto& row : table.rows)
      columns = std::max(columns, row.size());
    int width = (k_page_width - k_margin_left - k_margin_right) / static_cast<int>(columns);
    xml += R"(<w:tbl><w:tblPr><w:tblW w:w="5000" w:type="pct"/><w:tblBorders>)";
    for (auto side : {"top", "left", "bottom", "right", "insideH", "insideV"})
      xml += fmt::format(R"(<w:{} w:val="single" w:sz="4" w:space="0" w:color="000000"/>)", side);
    xml += "</w:tblBorders></w:tblPr><w:tblGrid>";
    for (size_t i = 0; i < columns; ++i)
      xml += fmt::format(R"(<w:gridCol w:w="{}"/>)", width);
    xml += "</w:tblGrid>";
    for (size_t i = 0; i < table.rows.size(); ++i) {
      xml += i == 0 ? "<w:tr><w:trPr><w:tblHeader/></w:trPr>" : "<w:tr>";
      for (size_t j = 0; j < columns; ++j) {
        xml += fmt::format(R"(<w:tc><w:tcPr><w:tcW w:w="{}" w:type="dxa"/></w:tcPr>)", width);
        xml += R"(<w:p><w:pPr><w:pStyle w:val="TableText"/></w:pPr>)";
        if (j < table.rows[i].size()) add(DocxRun{table.rows[i][j], {}, {}, {}});
        xml += "</w:p></w:tc>";
      }
      xml += "</w:tr>";
    }
    xml += "</w:tbl>";
  }
};

std::string section_xml() {
  return fmt::format(
      R"(<w:sectPr><w:footerReference w:type="default" r:id="rFooterOdd"/><w:footerReference w:type="even" r:id="rFooterEven"/>)"
      R"(<w:pgSz w:w="{}" w:h="{}"/><w:pgMar w:top="{}" w:right="{}" w:bottom="{}" w:left="{}" w:header="851" w:footer="{}" w:gutter="0"/>)"
      R"(<w:docGrid w:type="lines" w:linePitch="{}"/></w:sectPr>)",
      k_page_width, k_page_height, k_margin_top, k_margin_right, k_margin_bottom, k_margin_left, k_footer, k_line);
}

std::string core_xml(const Docx& document) {
  std::string out = fmt::format(
      R"({}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" )"
      R"(xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" )"
      R"(xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">)",
      k_xml_head);
  auto add = [&](std::string_view element, const std::string& text) {
    if (!text.empty()) out += fmt::format("<{0}>{1}</{0}>", element, escape_xml(text));
  };
  add("dc:title", document.title);
  add("dc:subject", document.subject);
  add("dc:creator", document.creator);
  add("dc:description", document.description);
  if (!document.created.empty())
    for (auto element : {"created", "modified"})
      out += fmt::format(R"(<dcterms:{0} xsi:type="dcterms:W3CDTF">{1}</dcterms:{0}>)", element,
                         escape_xml(document.created));
  return out + "</cp:coreProperties>";
}

std::string relation(std::string_view id, std::string_view type, std::string_view target, bool outside = false) {
  return fmt::format(R"(<Relationship Id="{}" Type="{}" Target="{}"{}/>)", id, type, escape_xml(target),
                     outside ? R"( TargetMode="External")" : "");
}

} // namespace

std::string write_docx(const Docx& document) {
  Body body;
  for (const auto& block : document.blocks)
    std::visit([&](const auto& what) { body.add(what); }, block);

  auto office = [](std::string_view what) { return fmt::format("{}/{}", k_relations, what); };
  std::string relations = fmt::format(R"({}<Relationships xmlns="{}">)", k_xml_head, k_package_relations);
  relations += relation("rStyles", office("styles"), "styles.xml") +
               relation("rSettings", office("settings"), "settings.xml") +
               relation("rFonts", office("fontTable"), "fontTable.xml") +
               relation("rFooterOdd", office("footer"), "footer1.xml") +
               relation("rFooterEven", office("footer"), "footer2.xml");
  if (!document.custom_xml.empty()) relations += relation("rCustom", office("customXml"), "../customXml/item1.xml");
  for (size_t i = 0; i < body.links.size(); ++i)
    relations += relation(fmt::format("rLink{}", i + 1), office("hyperlink"), body.links[i], true);
  relations += "</Relationships>";

  constexpr std::string_view k_word = "application/vnd.openxmlformats-officedocument.wordprocessingml.";
  std::string types = fmt::format(
      R"({}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">)"
      R"(<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>)"
      R"(<Default Extension="xml" ContentType="application/xml"/>)",
      k_xml_head);
  for (auto [part, type] : {std::pair{"document", "document.main"},
                            {"styles", "styles"},
                            {"settings", "settings"},
                            {"fontTable", "fontTable"},
                            {"footer1", "footer"},
                            {"footer2", "footer"}})
    types += fmt::format(R"(<Override PartName="/word/{}.xml" ContentType="{}{}+xml"/>)", part, k_word, type);
  types +=
      R"(<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>)";

  std::string root =
      fmt::format(R"({}<Relationships xmlns="{}">)", k_xml_head, k_package_relations) +
      relation("rDocument", office("officeDocument"), "word/document.xml") +
      relation("rCore", "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties",
               "docProps/core.xml") +
      "</Relationships>";

  std::string main =
      fmt::format(R"({}<w:document xmlns:w="{}" xmlns:r="{}"><w:body>)", k_xml_head, k_main, k_relations) + body.xml +
      section_xml() + "</w:body></w:document>";

  std::vector<ZipPart> parts = {
      {"[Content_Types].xml", std::move(types)},
      {"_rels/.rels", std::move(root)},
      {"docProps/core.xml", core_xml(document)},
      {"word/document.xml", std::move(main)},
      {"word/_rels/document.xml.rels", std::move(relations)},
      {"word/styles.xml", styles_xml()},
      {"word/settings.xml", settings_xml()},
      {"word/fontTable.xml", font_table_xml()},
      {"word/footer1.xml", footer_xml(true)},
      {"word/footer2.xml", footer_xml(false)},
  };
  if (!document.custom_xml.empty()) parts.push_back({"customXml/item1.xml", document.custom_xml});
  return write_zip(parts);
}

} // namespace xinglin::office
