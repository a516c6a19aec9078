#include "lib/office/escape.h"
#include "server/document/evaluate.h"
#include "server/document/findings.h"
#include "server/document/report.h"

#include <fmt/format.h>

namespace xinglin::document {

namespace {

using office::escape_xml;

// The page as it will be printed: the same sizes as the .docx (GB/T 9704-2012), narrower on a phone.
constexpr std::string_view k_style = R"(
@page { size: A4; margin: 37mm 26mm 35mm 28mm; }
body { margin: 0; background: #f3f4f6; color: #000; }
main { box-sizing: border-box; max-width: 210mm; margin: 2rem auto; padding: 37mm 26mm 35mm 28mm; background: #fff;
  font: 16pt/28.95pt "仿宋_GB2312", "仿宋", FangSong, STFangsong, "Noto Serif CJK SC", serif; text-align: justify; }
h1 { font: 22pt/32pt "方正小标宋简体", "Noto Serif CJK SC", "宋体", SimSun, serif; text-align: center; margin: 0 0 28.95pt; }
h2, h3, h4, p { margin: 0; font-size: 16pt; line-height: 28.95pt; text-indent: 2em; overflow-wrap: anywhere; }
h2 { font-family: "黑体", SimHei, "Noto Sans CJK SC", sans-serif; font-weight: normal; }
h3 { font-family: "楷体_GB2312", "楷体", KaiTi, STKaiti, "Noto Serif CJK SC", serif; font-weight: normal; }
a { color: inherit; text-decoration: none; }
main > p > a:hover, main > p > a:focus-visible, aside a { text-decoration: underline; }
a:focus-visible { outline: 2px solid #1f4e9e; }
aside { margin-top: 2.5rem; padding-top: 1rem; border-top: 2px solid #000; }
aside ul { margin: 0; padding: 0 0 0 2em; list-style: none; font: 10pt/15pt monospace; overflow-wrap: anywhere; text-align: left; }
footer { margin-top: 2.5rem; font: 10pt/15pt "宋体", SimSun, "Noto Serif CJK SC", serif; color: #555; overflow-wrap: anywhere; text-align: left; }
aside p.note { font-size: 12pt; line-height: 20pt; text-indent: 0; color: #555; }
@media (max-width: 48rem) { main { margin: 0; padding: 1.5rem 1.25rem; } }
@media print { body { background: #fff; } main { margin: 0; padding: 0; max-width: none; } aside { break-before: page; border: 0; } }
)";

std::string_view element_of(Paragraph::Kind kind) {
  switch (kind) {
  case Paragraph::Kind::title: return "h1";
  case Paragraph::Kind::heading1: return "h2";
  case Paragraph::Kind::heading2: return "h3";
  case Paragraph::Kind::heading3: return "h4";
  case Paragraph::Kind::body: break;
  }
  return "p";
}

} // namespace

std::string to_html(const Report& report, std::string_view base_url) {
  std::string out = fmt::format("<!DOCTYPE html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\"/>"
                                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>"
                                "<title>{}</title><style>{}</style></head>\n<body><main>\n",
                                escape_xml(report.title()), k_style);
  for (const auto& paragraph : report.paragraphs) {
    out += fmt::format("<{}>", element_of(paragraph.kind));
    for (const auto& run : paragraph.runs) {
      if (run.figure < 0) {
        out += escape_xml(run.text);
        continue;
      }
      const auto& figure = report.figures[static_cast<size_t>(run.figure)].figure;
      out += fmt::format(R"(<a id="figure_{}" href="{}" title="{}">{}</a>)", run.figure + 1,
                         escape_xml(trace_link(figure.address, base_url)),
                         escape_xml(figure.indicator ? figure.indicator->title.zh : figure.address.indicator),
                         escape_xml(run.text));
    }
    out += fmt::format("</{}>\n", element_of(paragraph.kind));
  }
  if (!report.findings.empty()) {
    out += fmt::format("<aside aria-label=\"{0}\"><h2>{0}</h2>\n<p class=\"note\">{1}</p>\n", k_findings_title,
                       k_findings_note);
    for (size_t i = 0; i < report.findings.size(); ++i) {
      const auto& finding = report.findings[i];
      out += fmt::format("<p>{}. {}</p>\n", i + 1, escape_xml(finding.text.zh));
      if (finding.addresses.empty()) continue;
      out += "<ul>";
      for (const auto& address : finding.addresses)
        out += fmt::format(R"(<li><a href="{}">{}</a></li>)", escape_xml(trace_link(address, base_url)),
                           escape_xml(address.to_string()));
      out += "</ul>\n";
    }
    out += "</aside>\n";
  }
  out += fmt::format("<footer>{} · {} · 截至 {} · 模板 {}@{}</footer>\n</main></body></html>\n",
                     escape_xml(report.org_name), escape_xml(period_in_words(report.period)), report.as_of.to_string(),
                     escape_xml(report.template_id), report.template_hash.substr(0, 12));
  return out;
}

} // namespace xinglin::document
