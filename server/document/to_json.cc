#include "lib/fhir/json.h"
#include "server/document/report.h"

namespace xinglin::document {

namespace {

std::string_view name_of(Paragraph::Kind kind) {
  switch (kind) {
  case Paragraph::Kind::title: return "title";
  case Paragraph::Kind::heading1: return "heading1";
  case Paragraph::Kind::heading2: return "heading2";
  case Paragraph::Kind::heading3: return "heading3";
  case Paragraph::Kind::body: break;
  }
  return "body";
}

void write_text(fhir::JsonWriter& out, const base::Text& text) {
  out.begin_object().member("zh", text.zh).member("en", text.en).end_object();
}

void write_value(fhir::JsonWriter& out, std::string_view key, const std::optional<base::Rational>& value) {
  out.key(key);
  if (value)
    out.string(value->to_decimal().to_string());
  else
    out.null();
}

void write_figure(fhir::JsonWriter& out, const PrintedFigure& printed) {
  const auto& figure = printed.figure;
  out.begin_object();
  out.member("text", printed.text).member("format", printed.format).member("address", figure.address.to_string());
  out.key("title");
  write_text(out, figure.indicator ? figure.indicator->title : base::Text{});
  write_value(out, "value", figure.value);
  write_value(out, "numerator", figure.numerator);
  write_value(out, "denominator", figure.denominator);
  out.key("rows").number(figure.rows);
  out.key("compared");
  if (printed.compared)
    out.string(printed.compared->address.to_string());
  else
    out.null();
  write_value(out, "compared_value", printed.compared ? printed.compared->value : std::nullopt);
  out.key("own");
  if (printed.own)
    out.string(printed.own->address.to_string());
  else
    out.null();
  write_value(out, "own_value", printed.own ? printed.own->value : std::nullopt);
  out.member("note", printed.note);
  out.key("paragraph").number(static_cast<int64_t>(printed.paragraph));
  out.member("digest", printed.digest);
  out.end_object();
}

} // namespace

std::string to_json(const Report& report) {
  fhir::JsonWriter out;
  out.begin_object();
  out.member("template", report.template_id).member("template_hash", report.template_hash);
  out.member("catalog_hash", report.catalog_hash).member("engine_version", report.engine_version);
  out.member("org", report.org).member("org_name", report.org_name);
  out.member("period", report.period.to_string()).member("as_of", report.as_of.to_string());
  out.member("title", report.title());
  out.key("paragraphs").begin_array();
  for (const auto& paragraph : report.paragraphs) {
    out.begin_object().member("kind", name_of(paragraph.kind));
    out.key("section").number(static_cast<int64_t>(paragraph.section));
    out.key("runs").begin_array();
    for (const auto& run : paragraph.runs) {
      out.begin_object().member("text", run.text);
      if (run.figure >= 0) out.key("figure").number(run.figure);
      out.end_object();
    }
    out.end_array().end_object();
  }
  out.end_array();
  out.key("figures").begin_array();
  for (const auto& figure : report.figures)
    write_figure(out, figure);
  out.end_array();
  out.key("findings").begin_array();
  for (const auto& finding : report.findings) {
    out.begin_object().member("code", finding.code);
    out.key("text");
    write_text(out, finding.text);
    out.key("addresses").begin_array();
    for (const auto& address : finding.addresses)
      out.string(address.to_string());
    out.end_array().end_object();
  }
  out.end_array();
  out.key("sections").begin_array();
  for (const auto& section : report.sections) {
    out.begin_object().member("title", section.title).member("within", section.within);
    write_text(out.key("owner"), section.owner);
    out.key("figures").number(static_cast<int64_t>(section.figures));
    out.key("returns").begin_array();
    for (const auto& form : section.returns)
      out.string(form);
    out.end_array().key("elsewhere").begin_array();
    for (const auto& place : section.elsewhere) {
      out.begin_object().member("org", place.org).member("period", place.period.to_string());
      out.key("returns").begin_array();
      for (const auto& form : place.returns)
        out.string(form);
      out.end_array().end_object();
    }
    out.end_array().key("findings").begin_array();
    for (const size_t finding : section.findings)
      out.number(static_cast<int64_t>(finding));
    out.end_array().end_object();
  }
  out.end_array();
  out.end_object();
  return out.take();
}

} // namespace xinglin::document
