#include "server/api/figures.h"

#include "server/intake/export.h"

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

void append_comparison(fhir::JsonWriter& json, const indicator::Figure& figure, const indicator::Figure& last_year) {
  append_figure(json.key("last_year"), last_year);
  std::optional<std::string> change, kind;
  if (figure.value && last_year.value) {
    if (is_share(*figure.indicator)) {
      kind = "points";
      change = ((*figure.value - *last_year.value) * Rational(100))
                   .round(std::max(1, figure.indicator->decimals))
                   .to_string();
    } else if (!last_year.value->is_zero()) {
      kind = "relative";
      change = ((*figure.value - *last_year.value) / last_year.value->abs() * Rational(100)).round(1).to_string();
    }
  }
  append_optional(json.key("change"), change);
  append_optional(json.key("change_kind"), kind);
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
