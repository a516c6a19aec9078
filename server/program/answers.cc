#include "server/program/answers.h"

#include "lib/base/clock.h"
#include "lib/base/date.h"
#include "lib/base/decimal.h"
#include "lib/base/id.h"

#include <algorithm>
#include <fmt/format.h>

namespace xinglin::program {
namespace {

using package::Item;
using package::ItemType;

/// The member of an answer that holds a value of the type.
std::string_view value_member(ItemType type) {
  switch (type) {
  case ItemType::integer: return "valueInteger";
  case ItemType::decimal:
  case ItemType::money: return "valueDecimal";
  case ItemType::boolean: return "valueBoolean";
  case ItemType::date: return "valueDate";
  case ItemType::datetime: return "valueDateTime";
  case ItemType::choice: return "valueCoding";
  case ItemType::reference: return "valueReference";
  case ItemType::string:
  case ItemType::text:
  case ItemType::citizen_id: break;
  }
  return "valueString";
}

/// Beyond both bounds, or beyond the one there is.
base::Text out_of_range(const Item& item) {
  if (item.range_high.empty())
    return {fmt::format("太小,不应小于{}", item.range_low),
            fmt::format("is out of range; it must be at least {}", item.range_low)};
  if (item.range_low.empty())
    return {fmt::format("太大,不应大于{}", item.range_high),
            fmt::format("is out of range; it must be at most {}", item.range_high)};
  return {fmt::format("超出范围,应在{}至{}之间", item.range_low, item.range_high),
          fmt::format("is out of range; it must lie between {} and {}", item.range_low, item.range_high)};
}

base::Text number_problem(const Item& item, std::string_view text) {
  const auto value = base::Decimal::parse(text);
  if (!value) return {"不是数", "is not a number"};
  const base::Decimal plain = value->normalized();
  if (plain.scale() > k_decimal_scale_max)
    return {fmt::format("小数位数超过{}位", k_decimal_scale_max),
            fmt::format("has more than {} digits after the point, which is all that is kept; round it",
                        k_decimal_scale_max)};
  const std::string digits = plain.to_string();
  if (digits.size() - (digits[0] == '-' ? 1 : 0) > static_cast<size_t>(k_decimal_whole_max))
    return {"数太大", fmt::format("has more than {} digits; correct it", k_decimal_whole_max)};
  if (item.type == ItemType::integer &&
      (plain.scale() > 0 || plain < base::Decimal(INT32_MIN) || base::Decimal(INT32_MAX) < plain))
    return {"不是整数", "is not a whole number of 32 bits"};
  const bool below = !item.range_low.empty() && plain < *base::Decimal::parse(item.range_low);
  const bool above = !item.range_high.empty() && *base::Decimal::parse(item.range_high) < plain;
  if (below || above) return out_of_range(item);
  return {};
}

base::Text day_problem(const Item& item, std::string_view text) {
  const auto day = base::Date::parse(text.substr(0, 10));
  if (!day || (item.type == ItemType::date && text.size() != 10))
    return {"不是完整的日期(年-月-日)", "is not a whole day (YYYY-MM-DD)"};
  const bool below = !item.range_low.empty() && text < item.range_low;
  const bool above = !item.range_high.empty() && text > item.range_high;
  if (item.type == ItemType::date && (below || above)) return out_of_range(item);
  return {};
}

/// Walks a submission's items once.
class AnswerReader {
public:
  AnswerReader(const ItemIndex& index, bool is_complete, base::Issues& issues)
      : m_index(index), m_is_complete(is_complete), m_issues(issues) {
    m_answers.values.resize(index.slots().size());
  }

  Answers read(fhir::Node response) {
    read_items(response["item"], SIZE_MAX, nullptr, "QuestionnaireResponse");
    if (m_is_complete) require(SIZE_MAX, nullptr, "QuestionnaireResponse");
    return std::move(m_answers);
  }

private:
  void refuse(std::string expression, fhir::Node at, std::string en, std::string zh, std::string code = "value") {
    base::Issue issue;
    issue.code = std::move(code);
    issue.text = std::move(en);
    issue.text_zh = std::move(zh);
    issue.expression = std::move(expression);
    issue.line = at ? at.line() : 0;
    m_issues.add(std::move(issue));
  }

  static std::string at_item(const std::string& base, std::string_view link_id) {
    return fmt::format("{}.item.where(linkId='{}')", base, link_id);
  }

  void read_items(fhir::Node list, size_t group, Answers::Part* part, const std::string& base) {
    for (const fhir::Node item : list) {
      const std::string_view link_id = item["linkId"].text();
      const size_t slot = m_index.find(link_id, group);
      if (slot == SIZE_MAX) {
        const std::string near = base::suggest(link_id, m_index.ids(group));
        refuse(at_item(base, link_id), item,
               fmt::format("form {} has no item '{}' here{}", m_index.form_id(), link_id,
                           near.empty() ? "; take it out" : "; did you mean '" + near + "'?"),
               fmt::format("表单{}没有“{}”这一项", m_index.form_id(), link_id), "not-found");
        continue;
      }
      if (++m_count > k_answers_max) {
        if (m_count == k_answers_max + 1)
          refuse(base, item, fmt::format("more than {} items in one submission; split it", k_answers_max), "内容过多",
                 "too-long");
        return;
      }
      const Item& declared = *m_index.slots()[slot].item;
      if (!declared.items.empty())
        read_part(item, slot, base);
      else
        read_values(item, slot, part, base);
    }
  }

  void read_part(fhir::Node item, size_t slot, const std::string& base) {
    const Item& declared = *m_index.slots()[slot].item;
    auto& parts = m_answers.parts[slot];
    const std::string place = fmt::format("{}[{}]", at_item(base, declared.id), parts.size());
    if (item["answer"])
      refuse(place, item,
             fmt::format("{} is a group and has no answer of its own; put the answers into its items", declared.id),
             fmt::format("“{}”是一组,不能直接填值", declared.title.zh), "structure");
    if (parts.size() >= k_parts_max) {
      if (parts.size() == k_parts_max)
        refuse(place, item, fmt::format("{} has more than {} parts; split the submission", declared.id, k_parts_max),
               fmt::format("“{}”超过{}条", declared.title.zh, k_parts_max), "too-long");
      return;
    }
    m_answers.values[slot].push_back(item);
    Answers::Part part;
    read_items(item["item"], slot, &part, place);
    if (m_is_complete) require(slot, &part, place);
    parts.push_back(std::move(part));
  }

  void read_values(fhir::Node item, size_t slot, Answers::Part* part, const std::string& base) {
    const Item& declared = *m_index.slots()[slot].item;
    const std::string place = at_item(base, declared.id);
    if (item["item"])
      refuse(place, item, fmt::format("{} is not a group; take its inner items out", declared.id),
             fmt::format("“{}”不是一组", declared.title.zh), "structure");
    const size_t before = part ? count(*part, slot) : m_answers.values[slot].size();
    const size_t given = item["answer"].size();
    if (!declared.repeats && before + given > 1)
      return refuse(place, item, fmt::format("{} has more than one answer; keep one", declared.id),
                    fmt::format("“{}”只能填一个", declared.title.zh), "structure");
    for (const fhir::Node answer : item["answer"]) {
      const fhir::Node value = answer[value_member(declared.type)];
      if (!value) {
        refuse(place, answer,
               fmt::format("{} takes {}, not {}", declared.id, value_member(declared.type),
                           answer.first() ? answer.first().name() : "nothing"),
               fmt::format("“{}”的值类型不对", declared.title.zh), "structure");
        continue;
      }
      if (const base::Text problem = problem_of(declared, slot, value); !problem.empty()) {
        refuse(place, value, fmt::format("{} {}", declared.id, problem.en),
               fmt::format("“{}”{}", declared.title.zh, problem.zh));
        continue;
      }
      m_answers.values[slot].push_back(value);
      if (part) part->values.emplace_back(slot, value);
      if (declared.repeats) m_answers.parts[slot].push_back({{{slot, value}}});
    }
  }

  base::Text problem_of(const Item& declared, size_t slot, fhir::Node value) const {
    if (declared.type == ItemType::choice) {
      const std::string_view system = value["system"].text();
      const std::string expected = fmt::format("urn:xinglin:form:{}:{}", m_index.form_id(), declared.id);
      if (system != expected) return {"的编码体系不对", fmt::format("must be coded in {}, not '{}'", expected, system)};
      return value_problem(declared, value["code"].text());
    }
    if (declared.type == ItemType::reference) {
      const std::string_view reference = value["reference"].text();
      const std::string& target = m_index.target(slot);
      if (reference.starts_with("urn:uuid:") ||
          (reference.size() > target.size() + 1 && reference.starts_with(target) && reference[target.size()] == '/'))
        return {};
      return {"没有指向登记的对象", fmt::format("must refer to {}/ID ({}), not '{}'", target, declared.to, reference)};
    }
    return value_problem(declared, value.text());
  }

  static size_t count(const Answers::Part& part, size_t slot) {
    return static_cast<size_t>(
        std::count_if(part.values.begin(), part.values.end(), [&](const auto& value) { return value.first == slot; }));
  }

  void require(size_t group, const Answers::Part* part, const std::string& base) {
    const auto& slots = m_index.slots();
    for (size_t slot = 0; slot < slots.size(); ++slot) {
      if (slots[slot].group != group || !slots[slot].item->required) continue;
      const bool there = part ? count(*part, slot) > 0 : !m_answers.values[slot].empty();
      if (there || has_issue(at_item(base, slots[slot].item->id))) continue;
      refuse(at_item(base, slots[slot].item->id), {}, fmt::format("{} is required; fill it in", slots[slot].item->id),
             fmt::format("“{}”必须填写", slots[slot].item->title.zh), "required");
    }
  }

  /// An answer that was refused is not also missing.
  bool has_issue(std::string_view expression) const {
    return std::any_of(m_issues.begin(), m_issues.end(),
                       [&](const base::Issue& issue) { return issue.expression == expression; });
  }

  const ItemIndex& m_index;
  const bool m_is_complete;
  base::Issues& m_issues;
  Answers m_answers;
  size_t m_count = 0;
};

} // namespace

ItemIndex::ItemIndex(const package::Form& form, const package::Catalog& catalog) : m_form_id(form.id) {
  const auto add = [&](const Item& item, size_t group) {
    m_by_id.emplace(item.id, m_slots.size());
    m_slots.push_back({&item, group});
    const auto target = catalog.registers.find(item.to);
    m_targets.push_back(target == catalog.registers.end() ? std::string() : target->second.kept_as);
  };
  for (const auto& item : form.items) {
    const size_t slot = m_slots.size();
    add(item, SIZE_MAX);
    for (const auto& inner : item.items)
      add(inner, slot);
  }
}

size_t ItemIndex::find(std::string_view link_id, size_t group) const {
  const auto found = m_by_id.find(link_id);
  return found == m_by_id.end() || m_slots[found->second].group != group ? SIZE_MAX : found->second;
}

std::vector<std::string> ItemIndex::ids(size_t group) const {
  std::vector<std::string> result;
  for (const auto& slot : m_slots)
    if (slot.group == group) result.push_back(slot.item->id);
  return result;
}

Answers read_answers(const ItemIndex& index, fhir::Node response, bool is_complete, base::Issues& issues) {
  return AnswerReader(index, is_complete, issues).read(response);
}

std::string_view value_type(fhir::Node value) {
  const std::string_view name = value.name();
  if (name == "valueInteger") return "integer";
  if (name == "valueDecimal") return "decimal";
  if (name == "valueBoolean") return "boolean";
  if (name == "valueDate") return "date";
  if (name == "valueDateTime") return "dateTime";
  if (name == "valueCoding") return "Coding";
  if (name == "valueReference") return "Reference";
  return "string";
}

base::Text value_problem(const Item& item, std::string_view text) {
  switch (item.type) {
  case ItemType::integer:
  case ItemType::decimal:
  case ItemType::money: return number_problem(item, text);
  case ItemType::date:
  case ItemType::datetime: return day_problem(item, text);
  case ItemType::boolean:
    if (text != "true" && text != "false") return {"不是 true 或 false", "is neither true nor false"};
    return {};
  case ItemType::choice:
    if (std::none_of(item.options.begin(), item.options.end(),
                     [&](const auto& option) { return option.code == text; })) {
      std::vector<std::string> codes;
      for (const auto& option : item.options)
        codes.push_back(option.code);
      const std::string near = base::suggest(text, codes);
      std::string list;
      for (const auto& code : codes)
        list += (list.empty() ? "" : ", ") + code;
      return {fmt::format("没有“{}”这个选项", text),
              near.empty() ? fmt::format("has no option '{}'; the options are {}", text, list)
                           : fmt::format("has no option '{}'; did you mean '{}'?", text, near)};
    }
    return {};
  case ItemType::citizen_id:
    if (!base::is_citizen_id(text))
      return {"身份证号不对:应为18位,末位校验码须相符(GB 11643)",
              "is not a citizen ID: 18 characters whose last is the check digit (GB 11643); compare it with the card"};
    return {};
  case ItemType::string:
  case ItemType::text:
    if (text.size() > k_answer_bytes_max)
      return {fmt::format("超过{}字节", k_answer_bytes_max),
              fmt::format("is longer than {} bytes; shorten it", k_answer_bytes_max)};
    return {};
  case ItemType::reference: break;
  }
  return {};
}

} // namespace xinglin::program
