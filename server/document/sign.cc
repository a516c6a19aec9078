#include "server/document/sign.h"

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/base/text.h"
#include "lib/fhir/json.h"
#include "lib/office/escape.h"
#include "lib/office/xml.h"
#include "server/document/compare.h"
#include "server/document/findings.h"

#include <fmt/format.h>

#include <charconv>

namespace xinglin::document {

namespace {

using base::Refusal;
using base::Refused;

constexpr std::string_view k_text_title = "正文";
constexpr std::string_view k_xhtml = "http://www.w3.org/1999/xhtml";

std::string narrative(const std::vector<std::string>& paragraphs) {
  std::string out = fmt::format("<div xmlns=\"{}\">", k_xhtml);
  for (const auto& paragraph : paragraphs)
    out += "<p>" + office::escape_xml(paragraph) + "</p>";
  return out + "</div>";
}

void write_part(fhir::JsonWriter& out, std::string_view url, std::string_view value) {
  if (!value.empty()) out.begin_object().member("url", url).member("valueString", value).end_object();
}

void write_section(fhir::JsonWriter& out, std::string_view title, const std::vector<std::string>& paragraphs) {
  out.begin_object().member("title", title);
  out.key("text").begin_object().member("status", "generated").member("div", narrative(paragraphs)).end_object();
  out.end_object();
}

void write_report(fhir::JsonWriter& out, const Report& report) {
  out.begin_object().member("url", k_report_extension);
  out.key("extension").begin_array();
  write_part(out, "template", report.template_id);
  write_part(out, "templateHash", report.template_hash);
  write_part(out, "catalogHash", report.catalog_hash);
  write_part(out, "engineVersion", report.engine_version);
  write_part(out, "period", report.period.to_string());
  write_part(out, "asOf", report.as_of.to_string());
  write_part(out, "treeDate", report.period.last().to_string());
  write_part(out, "textHash", base::sha256_hex(report.text()));
  out.end_array().end_object();
}

void write_figure(fhir::JsonWriter& out, const PrintedFigure& figure) {
  out.begin_object().member("url", k_figure_extension);
  out.key("extension").begin_array();
  write_part(out, "text", figure.text);
  write_part(out, "format", figure.format);
  write_part(out, "address", figure.figure.address.to_string());
  if (figure.compared) write_part(out, "compared", figure.compared->address.to_string());
  write_part(out, "digest", figure.digest);
  out.begin_object().member("url", "paragraph").key("valueInteger").number(static_cast<int64_t>(figure.paragraph));
  out.end_object();
  out.end_array().end_object();
}

std::string part_of(fhir::Node extension, std::string_view url) {
  for (fhir::Node part : extension["extension"])
    if (part["url"].text() == url) return std::string(part["valueString"].text());
  return {};
}

[[noreturn]] void refuse_signed(const std::string& why) {
  throw Refused(Refusal::malformed, "structure", "not a signed report: " + why);
}

template <typename Value> Value needed(std::optional<Value> value, std::string_view what) {
  if (!value) refuse_signed(fmt::format("its {} cannot be read", what));
  return *std::move(value);
}

/// The paragraphs of a section's narrative.
std::vector<std::string> paragraphs_of(fhir::Node section) {
  pugi::xml_document document;
  office::parse_xml(document, section["text"]["div"].text(), "Composition.section.text.div");
  std::vector<std::string> out;
  for (pugi::xml_node paragraph : document.child("div").children("p"))
    out.emplace_back(paragraph.text().get());
  return out;
}

SignedFigure read_figure(fhir::Node extension) {
  SignedFigure out;
  out.text = part_of(extension, "text");
  out.format = part_of(extension, "format");
  out.address = indicator::Address::parse(part_of(extension, "address"));
  if (std::string compared = part_of(extension, "compared"); !compared.empty())
    out.compared = indicator::Address::parse(compared);
  out.digest = part_of(extension, "digest");
  for (fhir::Node part : extension["extension"])
    if (part["url"].text() == "paragraph") {
      auto text = part["valueInteger"].text();
      std::from_chars(text.data(), text.data() + text.size(), out.paragraph);
    }
  return out;
}

} // namespace

std::string sign(const Report& report, const Signature& signature) {
  if (!signature.author.starts_with("Practitioner/") && !signature.author.starts_with("PractitionerRole/"))
    throw Refused(Refusal::invalid, "value",
                  "a report is signed by a person; give the author as Practitioner/ID, not '" + signature.author + "'",
                  "Composition.author");
  if (!base::parse_instant(signature.signed_at))
    throw Refused(Refusal::invalid, "value",
                  "the time of signing is an instant such as 2024-01-10T09:00:00+08:00, not '" + signature.signed_at +
                      "'",
                  "Composition.date");
  for (const auto& figure : report.figures)
    if (figure.digest.empty())
      throw Refused(Refusal::invalid, "required",
                    "the figure '" + figure.text + "' has no digest; make the report first");

  std::string organization = "Organization/" + report.org;
  auto reference = [](fhir::JsonWriter& out, std::string_view target) {
    out.begin_object().member("reference", target).end_object();
  };
  fhir::JsonWriter out;
  out.begin_object().member("resourceType", "Composition").member("language", "zh-CN");
  out.key("extension").begin_array();
  write_report(out, report);
  for (const auto& figure : report.figures)
    write_figure(out, figure);
  out.end_array();
  out.member("status", "final");
  out.key("type").begin_object().member("text", report.template_id).end_object();
  out.key("subject");
  reference(out, organization);
  out.member("date", signature.signed_at);
  out.key("author").begin_array();
  reference(out, signature.author);
  out.end_array();
  out.member("title", report.title());
  out.key("attester").begin_array().begin_object().member("mode", "official").member("time", signature.signed_at);
  out.key("party");
  reference(out, signature.author);
  out.end_object().end_array();
  out.key("custodian");
  reference(out, organization);
  out.key("section").begin_array();
  std::vector<std::string> paragraphs;
  const std::string text = report.text(); // outlives the views into it
  for (auto line : base::split(text, '\n'))
    paragraphs.emplace_back(line);
  paragraphs.pop_back(); // after the last line feed
  write_section(out, k_text_title, paragraphs);
  if (!report.findings.empty()) {
    std::vector<std::string> findings;
    for (const auto& finding : report.findings)
      findings.push_back(finding.text.zh);
    write_section(out, k_findings_title, findings);
  }
  out.end_array();
  out.end_object();
  return out.take();
}

SignedReport read_signed(std::string json) {
  auto document = fhir::Document::parse(std::move(json));
  fhir::Node root = document.root();
  if (root["resourceType"].text() != "Composition") refuse_signed("it is no Composition");
  SignedReport out;
  bool found = false;
  std::string text_hash;
  for (fhir::Node extension : root["extension"]) {
    if (extension["url"].text() == k_figure_extension) out.figures.push_back(read_figure(extension));
    if (extension["url"].text() != k_report_extension) continue;
    found = true;
    out.template_id = part_of(extension, "template");
    out.template_hash = part_of(extension, "templateHash");
    out.catalog_hash = part_of(extension, "catalogHash");
    out.engine_version = part_of(extension, "engineVersion");
    out.period = needed(base::Period::parse(part_of(extension, "period")), "period");
    out.as_of = needed(indicator::AsOf::parse(part_of(extension, "asOf")), "as-of");
    out.tree_date = part_of(extension, "treeDate");
    text_hash = part_of(extension, "textHash");
  }
  if (!found) refuse_signed("it has no extension " + std::string(k_report_extension));
  std::string_view subject = root["subject"]["reference"].text();
  out.org = subject.starts_with("Organization/") ? subject.substr(std::string_view("Organization/").size()) : subject;
  out.title = root["title"].text();
  out.author = root["author"].first()["reference"].text();
  out.signed_at = root["date"].text();
  for (fhir::Node section : root["section"])
    if (section["title"].text() == k_text_title)
      for (const auto& paragraph : paragraphs_of(section))
        out.text += paragraph + "\n";
  if (base::sha256_hex(out.text) != text_hash)
    throw Refused(Refusal::invalid, "invariant",
                  "the text of this report is not the one that was signed; its hash differs from the one kept with it",
                  "Composition.section");
  return out;
}

Request request_of(const SignedReport& report) {
  return {report.template_id, report.org, report.period, report.as_of};
}

std::vector<Change> changes_since(const indicator::Engine& engine, const SignedReport& before, const Report& now) {
  std::vector<PrintedFigure> figures;
  for (const auto& kept : before.figures) {
    PrintedFigure figure;
    figure.text = kept.text;
    figure.format = kept.format;
    figure.figure.address = kept.address;
    if (kept.compared) figure.compared.emplace().address = *kept.compared;
    figure.digest = kept.digest;
    figure.paragraph = kept.paragraph;
    figures.push_back(std::move(figure));
  }
  return compare_figures(engine, figures, before.as_of, now.figures, now.as_of);
}

} // namespace xinglin::document
