#include "server/api/figures.h"

#include "server/intake/export.h"
#include "server/package/model.h"

#include <algorithm>

namespace xinglin::api {

using base::Rational;

bool is_share(const package::Indicator& indicator) {
  return indicator.kind == package::IndicatorKind::proportion || indicator.shown == "percent";
}

std::optional<std::string> display(const indicator::Figure& figure) {
  if (!figure.value) return {};
  const int digits = figure.indicator->decimals;
  if (is_share(*figure.indicator)) return (*figure.value * Rational(100)).round(digits).to_string() + "%";
  return figure.value->round(digits).to_string();
}

void append_text(fhir::JsonWriter& json, const base::Text& text) {
  json.begin_object().member("zh", text.zh).member("en", text.en.empty() ? text.zh : text.en).end_object();
}

void append_optional(fhir::JsonWriter& json, const std::optional<std::string>& text) {
  if (text)
    json.string(*text);
  else
    json.null();
}

std::optional<std::string> exact(const std::optional<Rational>& value) {
  if (!value) return {};
  return value->to_decimal().normalized().to_string();
}

void append_figure_members(fhir::JsonWriter& json, const indicator::Figure& figure) {
  static constexpr std::string_view k_kinds[] = {"count", "sum", "mean", "proportion", "rate", "derived"};
  const package::Indicator& indicator = *figure.indicator;
  json.member("address", figure.address.to_string()).member("indicator", indicator.id);
  append_text(json.key("title"), indicator.title);
  append_text(json.key("unit"), indicator.unit);
  json.member("kind", k_kinds[static_cast<size_t>(indicator.kind)]);
  append_optional(json.key("value"), exact(figure.value));
  append_optional(json.key("display"), display(figure));
  append_optional(json.key("numerator"), exact(figure.numerator));
  append_optional(json.key("denominator"), exact(figure.denominator));
  json.key("rows").number(figure.rows);
}

void append_figure(fhir::JsonWriter& json, const indicator::Figure& figure) {
  json.begin_object();
  append_figure_members(json, figure);
  json.end_object();
}

Change change_between(const indicator::Figure& figure, const indicator::Figure& last_year) {
  Change change;
  if (!figure.value || !last_year.value) return change;
  if (is_share(*figure.indicator)) {
    change.in_points = true;
    change.text =
        ((*figure.value - *last_year.value) * Rational(100)).round(std::max(1, figure.indicator->decimals)).to_string();
  } else if (!last_year.value->is_zero()) {
    change.text = ((*figure.value - *last_year.value) / last_year.value->abs() * Rational(100)).round(1).to_string();
  }
  return change;
}

void append_comparison(fhir::JsonWriter& json, const indicator::Figure& figure, const indicator::Figure& last_year) {
  append_figure(json.key("last_year"), last_year);
  const Change change = change_between(figure, last_year);
  append_optional(json.key("change"), change.text);
  if (change.text)
    json.member("change_kind", change.in_points ? "points" : "relative");
  else
    json.key("change_kind").null();
}

std::string indicator_list_json(const package::Catalog& catalog, const std::string& org, const base::Period& period,
                                const indicator::AsOf& as_of, const std::vector<indicator::Figure>& figures,
                                const std::vector<indicator::Figure>& last_year) {
  fhir::JsonWriter json;
  json.begin_object().member("org", org).member("period", period.to_string()).member("as_of", as_of.to_string());
  json.key("indicators").begin_array();
  for (size_t i = 0; i < figures.size(); ++i) {
    const package::Indicator& indicator = *figures[i].indicator;
    json.begin_object();
    append_figure_members(json, figures[i]);
    append_comparison(json, figures[i], last_year[i]);
    json.member("program", indicator.program);
    const auto program = catalog.programs.find(indicator.program);
    append_text(json.key("program_title"), program == catalog.programs.end() ? base::Text{} : program->second.title);
    json.member("better", indicator.better).end_object();
  }
  return json.end_array().end_object().take();
}

std::string trace_json(const indicator::Trace& trace) {
  fhir::JsonWriter json;
  append_figure(json.begin_object().key("figure"), trace.figure);
  json.member("definition", trace.definition);
  json.key("parts").begin_array();
  for (const auto& part : trace.parts)
    append_figure(json, part);
  json.end_array().key("rows").begin_array();
  for (const indicator::Row& row : trace.rows) {
    json.begin_object().member("org", row.org).member("subject", row.subject).member("record", row.record);
    json.member("happened", row.happened).member("since", row.since).member("until", row.until);
    if (row.hit)
      json.key("hit").boolean(*row.hit);
    else
      json.key("hit").null();
    append_optional(json.key("value"), row.value ? std::optional(row.value->to_string()) : std::nullopt);
    json.member("weight", row.weight.to_string()).member("counted", row.counted).member("part", row.part);
    if (!row.source.empty()) json.member("source", row.source).member("issued", row.issued);
    if (!row.note.empty()) json.member("note", row.note);
    json.end_object();
  }
  json.end_array().key("rows_total").number(trace.rows_total).member("digest", trace.digest);
  json.member("as_of", trace.figure.address.as_of ? trace.figure.address.as_of->to_string() : "");
  return json.end_object().take();
}

base::Period period_of(const Call& call) {
  const std::string text = call.required("period");
  const auto period = base::Period::parse(text);
  if (!period)
    throw base::Refused(base::Refusal::malformed, "value",
                        "\"" + text +
                            "\" is not a period; write 2023, 2023H1, 2023Q1, 2023-05 or "
                            "2023-01-01..2023-03-31.");
  return *period;
}

indicator::AsOf as_of(const Call& call) {
  const Services& services = *call.services;
  const auto text = call.parameter("as_of");
  if (!text || text->empty()) return services.engine->now();
  return {.epoch = services.store->epoch(), .commit = intake::resolve_as_of(*services.store, *text, services.zone)};
}

} // namespace xinglin::api
