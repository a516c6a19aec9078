#include "lib/office/docx.h"

#include "lib/base/issue.h"
#include "lib/office/xml.h"

#include <doctest/doctest.h>

#include <functional>

using namespace xinglin::office;
using xinglin::base::Refusal;
using xinglin::base::Refused;

namespace {

Docx sample() {
  Docx out;
  out.title = "市中医院年度工作总结";
  out.creator = "市中医院";
  out.created = "2023-12-31T00:00:00Z";
  out.custom_xml = "<figures xmlns=\"urn:xinglin:figures\"/>";
  DocxParagraph title{DocxParagraph::Style::title, {{out.title, {}, {}, {}}}, false};
  DocxParagraph body{DocxParagraph::Style::body,
                     {{"门诊 ", {}, {}, {}},
                      {"62236人", "figure_1", "http://localhost/#/trace/a?b=1&c=2", "a \"tip\""},
                      {"，<增长> & ", {}, {}, {}},
                      {"17%", "figure_2", {}, {}}},
                     false};
  out.blocks = {title, body, DocxTable{{{"项目", "数"}, {"门诊", "62236"}}}};
  return out;
}

Refusal refusal_of(const std::function<void()>& what) {
  try {
    what();
  } catch (const Refused& refused) {
    return refused.kind();
  }
  FAIL("nothing was refused");
  return Refusal::unavailable;
}

std::string docx_with(const std::string& main) {
  return write_zip({{"word/document.xml", main}});
}

} // namespace

TEST_CASE("a document reads back as it was written") {
  auto read = read_docx(write_docx(sample()));
  CHECK(read.title == "市中医院年度工作总结");
  REQUIRE(read.blocks.size() == 3);
  CHECK(read.blocks[0].style == "Title");
  CHECK(read.blocks[1].style == "BodyText");
  CHECK(read.blocks[1].text == "门诊 62236人，<增长> & 17%");
  REQUIRE(read.blocks[1].bookmarks.size() == 2);
  CHECK(read.blocks[1].bookmarks[0].name == "figure_1");
  CHECK(read.blocks[1].bookmarks[0].text == "62236人");
  CHECK(read.blocks[1].bookmarks[1].text == "17%");
  CHECK(read.blocks[2].is_table);
  CHECK(read.blocks[2].rows == std::vector<std::vector<std::string>>{{"项目", "数"}, {"门诊", "62236"}});
  CHECK(read.custom_xml.find("urn:xinglin:figures") != std::string::npos);
  CHECK(read.text() == "市中医院年度工作总结\n门诊 62236人，<增长> & 17%\n项目\t数\n门诊\t62236\n");
}

TEST_CASE("the same document gives the same bytes") {
  CHECK(write_docx(sample()) == write_docx(sample()));
  auto other = sample();
  std::get<DocxParagraph>(other.blocks[0]).runs[0].text += "。";
  CHECK(write_docx(sample()) != write_docx(other));
}

TEST_CASE("the layout is that of GB/T 9704-2012") {
  std::string bytes = write_docx(sample());
  ZipReader zip(bytes);
  pugi::xml_document main, styles, settings;
  parse_xml(main, *zip.read("word/document.xml"), "document");
  parse_xml(styles, *zip.read("word/styles.xml"), "styles");
  parse_xml(settings, *zip.read("word/settings.xml"), "settings");
  auto section = main.child("w:document").child("w:body").child("w:sectPr");
  auto mm = [](const pugi::xml_attribute& twips) { return twips.as_double() / 1440 * 25.4; };
  auto margins = section.child("w:pgMar");
  auto page = section.child("w:pgSz");
  CHECK(mm(page.attribute("w:w")) == doctest::Approx(210).epsilon(0.001));
  CHECK(mm(page.attribute("w:h")) == doctest::Approx(297).epsilon(0.001));
  CHECK(mm(margins.attribute("w:top")) == doctest::Approx(37).epsilon(0.001));
  CHECK(mm(margins.attribute("w:left")) == doctest::Approx(28).epsilon(0.001));
  double text_width =
      page.attribute("w:w").as_int() - margins.attribute("w:left").as_int() - margins.attribute("w:right").as_int();
  double text_height =
      page.attribute("w:h").as_int() - margins.attribute("w:top").as_int() - margins.attribute("w:bottom").as_int();
  CHECK(text_width / 1440 * 25.4 == doctest::Approx(156).epsilon(0.001));
  CHECK(text_height / 1440 * 25.4 == doctest::Approx(225).epsilon(0.001));
  // 22 lines of 28 characters: a 23rd line or 29th character would not fit.
  double line = section.child("w:docGrid").attribute("w:linePitch").as_double();
  auto body = styles.child("w:styles").find_child_by_attribute("w:style", "w:styleId", "BodyText").child("w:rPr");
  double character =
      body.child("w:sz").attribute("w:val").as_double() * 10 + body.child("w:spacing").attribute("w:val").as_double();
  CHECK(static_cast<int>(text_height / line) == 22);
  CHECK(static_cast<int>(text_width / character) == 28);
  CHECK(settings.child("w:settings").child("w:evenAndOddHeaders"));

  auto font_of = [&](const char* id) {
    auto style = styles.child("w:styles").find_child_by_attribute("w:style", "w:styleId", id);
    auto fonts = style.child("w:rPr").child("w:rFonts");
    CHECK(std::string(fonts.attribute("w:ascii").value()) == fonts.attribute("w:eastAsia").value());
    CHECK(std::string(fonts.attribute("w:hAnsi").value()) == fonts.attribute("w:eastAsia").value());
    return std::pair<std::string, int>(fonts.attribute("w:eastAsia").value(),
                                       style.child("w:rPr").child("w:sz").attribute("w:val").as_int());
  };
  CHECK(font_of("Title") == std::pair<std::string, int>("方正小标宋简体", 44));
  CHECK(font_of("BodyText") == std::pair<std::string, int>("仿宋_GB2312", 32));
  CHECK(font_of("Heading1") == std::pair<std::string, int>("黑体", 32));
  CHECK(font_of("Heading2") == std::pair<std::string, int>("楷体_GB2312", 32));
  CHECK(font_of("Heading3") == std::pair<std::string, int>("仿宋_GB2312", 32));
  CHECK(font_of("Footer") == std::pair<std::string, int>("宋体", 28));
}

TEST_CASE("bookmarks Word would not take are refused") {
  for (const auto& name : std::vector<std::string>{"1st", "a-b", "药占比", std::string(k_bookmark_max + 1, 'a')}) {
    Docx document;
    document.blocks = {DocxParagraph{DocxParagraph::Style::body, {{"1", name, {}, {}}}, false}};
    CHECK(refusal_of([&] { write_docx(document); }) == Refusal::invalid);
  }
  Docx twice;
  twice.blocks = {DocxParagraph{DocxParagraph::Style::body, {{"1", "a", {}, {}}, {"2", "a", {}, {}}}, false}};
  CHECK(refusal_of([&] { write_docx(twice); }) == Refusal::invalid);
}

TEST_CASE("text that was edited in Word is read: split runs, tracked changes, breaks, content controls") {
  auto read = read_docx(docx_with(
      "<w:document xmlns:w='x'><w:body><w:sdt><w:sdtContent><w:p><w:pPr><w:pStyle w:val='Heading1'/></w:pPr>"
      "<w:bookmarkStart w:id='7' w:name='figure_1'/><w:r><w:t>62</w:t></w:r><w:ins><w:r><w:t>23</w:t></w:r></w:ins>"
      "<w:del><w:r><w:delText>9</w:delText></w:r></w:del><w:r><w:t>6</w:t></w:r><w:bookmarkEnd "
      "w:id='7'/><w:r><w:br/><w:t xml:space='preserve"
      "'> 人</w:t></w:r></w:p></w:sdtContent></w:sdt>"
      "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl></"
      "w:body></w:document>"));
  REQUIRE(read.blocks.size() == 2);
  CHECK(read.blocks[0].style == "Heading1");
  CHECK(read.blocks[0].text == "62236\n 人");
  REQUIRE(read.blocks[0].bookmarks.size() == 1);
  CHECK(read.blocks[0].bookmarks[0].text == "62236");
  CHECK(read.blocks[1].rows == std::vector<std::vector<std::string>>{{"a\nb"}});
}

TEST_CASE("what is no docx is refused with the reason") {
  CHECK(refusal_of([] { read_docx("not a zip"); }) == Refusal::malformed);
  CHECK(refusal_of([] { read_docx(""); }) == Refusal::malformed);
  CHECK(refusal_of([] { read_docx(write_zip({{"a.txt", "b"}})); }) == Refusal::malformed);
  CHECK(refusal_of([] { read_docx(docx_with("<a><b></a>")); }) == Refusal::malformed);
  CHECK(refusal_of([] { read_docx(docx_with("<a/>")); }) == Refusal::malformed);
  // A flipped byte in the packed part is found by its checksum.
  std::string damaged = docx_with("<w:document><w:body>" + std::string(2000, ' ') + "</w:body></w:document>");
  damaged[60] = static_cast<char>(damaged[60] ^ 0x40);
  CHECK(refusal_of([&] { read_docx(damaged); }) == Refusal::malformed);
}

TEST_CASE("limits: archive, parts, unpacked size, nesting, blocks") {
  std::string main = "<w:document><w:body><w:p/></w:body></w:document>";
  std::string good = docx_with(main);
  CHECK(read_docx(good, {.archive_bytes_max = good.size()}).blocks.size() == 1);
  CHECK(refusal_of([&] { read_docx(good, {.archive_bytes_max = good.size() - 1}); }) == Refusal::too_large);
  CHECK(refusal_of([&] { read_docx(good, {.entries_max = 0}); }) == Refusal::too_large);
  CHECK(read_docx(good, {.entry_bytes_max = main.size()}).blocks.size() == 1);
  CHECK(refusal_of([&] { read_docx(good, {.entry_bytes_max = main.size() - 1}); }) == Refusal::too_large);
  CHECK(refusal_of([&] { read_docx(good, {.total_bytes_max = main.size() - 1}); }) == Refusal::too_large);

  // A bomb: a few kilobytes that unpack to a gigabyte's worth of one letter stop at the limit.
  std::string bomb = docx_with("<a>" + std::string(80u << 20, 'x') + "</a>");
  CHECK(bomb.size() < 200'000);
  CHECK(refusal_of([&] { read_docx(bomb); }) == Refusal::too_large);

  auto nested = [](int depth) {
    std::string inside = "<w:p/>";
    for (int i = 0; i < depth; ++i)
      inside = "<w:sdt><w:sdtContent>" + inside + "</w:sdtContent></w:sdt>";
    return docx_with("<w:document><w:body>" + inside + "</w:body></w:document>");
  };
  CHECK(read_docx(nested(60)).blocks.size() == 1);
  CHECK(refusal_of([&] { read_docx(nested(k_xml_depth_max)); }) == Refusal::too_large);

  std::string many;
  for (size_t i = 0; i <= k_docx_blocks_max; ++i)
    many += "<w:p/>";
  CHECK(refusal_of([&] { read_docx(docx_with("<w:document><w:body>" + many + "</w:body></w:document>")); }) ==
        Refusal::too_large);
  std::string tags(k_xml_tags_max + 1, '<');
  CHECK(refusal_of([&] { read_docx(docx_with(tags)); }) == Refusal::too_large);
}

TEST_CASE("entities are not a way to grow or to read files") {
  CHECK(refusal_of([] {
          auto read = read_docx(docx_with("<!DOCTYPE d [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><w:document><w:body>"
                                          "<w:p><w:r><w:t>&a;</w:t></w:r></w:p></w:body></w:document>"));
          CHECK(read.text() == "&a;\n");
          throw Refused(Refusal::gone, "x", "read as it stands");
        }) == Refusal::gone);
}
