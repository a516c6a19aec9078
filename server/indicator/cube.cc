#include "server/indicator/cube.h"

#include <fmt/format.h>

namespace xinglin::indicator {
namespace {

using package::IndicatorKind;
using package::PeriodKind;

/// SQL of numerator and denominator. `factor`: what each row is multiplied by (its days), "" = nothing.
std::pair<std::string, std::string> amount_sql(const package::Indicator& indicator, const Contract& contract,
                                               const std::string& factor) {
  std::string weight = contract.has_weight ? "coalesce(weight, 1)" : "";
  if (!factor.empty()) weight = weight.empty() ? factor : factor + " * " + weight;
  const std::string times = weight.empty() ? "" : " * " + weight;
  const std::string ones = weight.empty() ? "count(*)" : fmt::format("sum({})", weight);
  switch (indicator.kind) {
  case IndicatorKind::sum: return {fmt::format("sum(value{})", times), "0"};
  case IndicatorKind::mean:
    return {fmt::format("sum(value{})", times), fmt::format("{} filter (where value is not null)", ones)};
  case IndicatorKind::proportion: return {fmt::format("{} filter (where hit)", ones), ones};
  default: return {ones, "0"};
  }
}

Amounts read_amounts(const sql::DuckResult& rows, size_t first_column) {
  Amounts amounts;
  amounts.rows = rows.integer(first_column);
  if (!rows.is_null(first_column + 1)) amounts.numerator = base::Rational(rows.decimal(first_column + 1));
  if (!rows.is_null(first_column + 2)) amounts.denominator = base::Rational(rows.decimal(first_column + 2));
  return amounts;
}

std::string date_literal(base::Date date) {
  return fmt::format("date '{}'", date.to_string());
}

} // namespace

Amounts& Amounts::operator+=(const Amounts& other) {
  rows += other.rows;
  numerator = numerator + other.numerator;
  denominator = denominator + other.denominator;
  return *this;
}

size_t Cube::cells() const {
  size_t count = 0;
  for (const auto& [org, months] : leaves)
    count += months.size();
  return count;
}

int month_number(base::Date date) {
  return date.year() * 12 + date.month() - 1;
}

std::string literal_list(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts)
    out += (out.empty() ? "" : ",") + sql::quote_literal(text);
  return out.empty() ? "null" : out;
}

std::string counted_rows(const package::Indicator& indicator, Aspect aspect, base::Date first, base::Date last) {
  if (indicator.period == PeriodKind::flow)
    return fmt::format("happened >= {} and happened <= {}", date_literal(first), date_literal(last));
  if (aspect == Aspect::figure)
    return fmt::format("since <= {0} and (until is null or until > {0})", date_literal(last));
  return fmt::format("since <= {} and (until is null or until > greatest(since, {}))", date_literal(last),
                     date_literal(first));
}

Cube compute_cube(sql::DuckConnection& connection, const flatten::Warehouse& warehouse, store::CommitNumber as_of,
                  store::CommitNumber seen, const CubeRequest& request) {
  const package::Indicator& indicator = *request.plan->indicator;
  const RowQuery query(*request.plan, warehouse, as_of, seen, request.first, request.last);
  Cube cube;

  if (request.shape == CubeShape::distinct) {
    const std::string column =
        indicator.count == "subjects" ? "subject" : sql::quote_identifier(std::string_view(indicator.count).substr(9));
    auto rows =
        query
            .prepare(connection,
                     fmt::format("select count(*), count(distinct {}), 0 from {} where {} and org in ({})", column,
                                 k_rows_name, counted_rows(indicator, Aspect::figure, request.first, request.last),
                                 literal_list(request.orgs)))
            .execute();
    if (rows.next()) cube.leaves[""][0] = read_amounts(rows, 0);
    return cube;
  }

  std::string month = "0", where, factor;
  switch (request.shape) {
  case CubeShape::months:
    month = "cast(extract(year from happened) * 12 + extract(month from happened) - 1 as integer)";
    where = "happened is not null";
    break;
  case CubeShape::days:
    where = counted_rows(indicator, Aspect::days, request.first, request.last);
    // From the later of the two beginnings to the earlier of the two ends; the day of `until` is no longer counted.
    factor = fmt::format("(least(coalesce(until, {1}), {1}) - greatest(since, {0}))", date_literal(request.first),
                         date_literal(request.last + 1));
    break;
  default: where = counted_rows(indicator, Aspect::figure, request.first, request.last); break;
  }
  const auto [numerator, denominator] = amount_sql(indicator, request.contract, factor);
  auto rows =
      query
          .prepare(connection,
                   fmt::format("select coalesce(org, ''), {} as month, count(*), {}, {} from {} where {} group by 1, 2",
                               month, numerator, denominator, k_rows_name, where))
          .execute();
  while (rows.next())
    cube.leaves[rows.text(0)][static_cast<int>(rows.integer(1))] = read_amounts(rows, 2);
  return cube;
}

} // namespace xinglin::indicator
