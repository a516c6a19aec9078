#pragma once
// A small catalog for the tests of this folder: figures are handed in as values, so that what is tested is the words.

#include "server/package/model.h"

namespace xinglin::document::test {

inline package::Catalog sample_catalog() {
  package::Catalog out;
  auto add = [&](const char* id, const char* title, const char* unit, package::IndicatorKind kind, int decimals = 0,
                 package::PeriodKind period = package::PeriodKind::flow) {
    package::Indicator indicator;
    indicator.id = id;
    indicator.title = {title, id};
    indicator.unit = {unit, unit};
    indicator.kind = kind;
    indicator.decimals = decimals;
    indicator.period = period;
    out.indicators.emplace(id, std::move(indicator));
  };
  using package::IndicatorKind;
  add("hospital_ops.visits", "门诊人次", "人次", IndicatorKind::count);
  add("hospital_ops.income", "业务收入", "元", IndicatorKind::sum, 2);
  add("hospital_ops.drug_share", "药占比", "%", IndicatorKind::derived, 1);
  out.indicators.at("hospital_ops.drug_share").shown = "percent";
  add("hospital_ops.beds", "床位数", "张", IndicatorKind::count, 0, package::PeriodKind::stock);
  add("immunization.aefi", "异常反应", "例", IndicatorKind::count);
  add("immunization.rate", "接种率", "%", IndicatorKind::proportion);
  add("immunization.rate.target", "接种率目标", "%", IndicatorKind::proportion);
  add("maternal.deaths", "孕产妇死亡", "例", IndicatorKind::count);
  return out;
}

} // namespace xinglin::document::test
