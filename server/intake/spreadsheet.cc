#include "server/intake/spreadsheet.h"

#include "lib/base/decimal.h"
#include "lib/base/id.h"
#include "lib/http/uri.h"
#include "lib/office/xlsx.h"
#include "server/intake/cell_text.h"
#include "server/program/program.h"
#include "server/program/register_writer.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace xinglin::intake {

namespace {

using base::Refusal;
using base::Refused;
using base::Text;
using office::XlsxCell;
using package::Item;
using package::ItemType;

/// What the rows become: a form or a register.
struct Target {
  const package::Form* form = nullptr;
  const package::Register* kept = nullptr;
  const package::Register* about = nullptr; ///< of a form
  const std::vector<Item>& items() const { return form ? form->items : kept->items; }
  bool is_return() const { return form && form->cycle != package::ReturnCycle::none; }
  const Item* find(std::string_view id) const {
    for (const Item& item : items())
      if (item.id == id && item.items.empty()) return &item;
    return nullptr;
  }
};

Target target_of(const package::Catalog& catalog, const std::string& id) {
  Target target;
  if (const auto form = catalog.forms.find(id); form != catalog.forms.end()) {
    target.form = &form->second;
    if (const auto about = catalog.registers.find(form->second.about); about != catalog.registers.end())
      target.about = &about->second;
    return target;
  }
  if (const auto kept = catalog.registers.find(id); kept != catalog.registers.end()) {
    target.kept = &kept->second;
    return target;
  }
  std::vector<std::string> known;
  for (const auto& [name, form] : catalog.forms)
    known.push_back(name);
  for (const auto& [name, kept] : catalog.registers)
    known.push_back(name);
  const std::string near = base::suggest(id, known);
  throw Refused(Refusal::not_found, "not-found",
                "There is no form or register \"" + id + "\"" + (near.empty() ? "." : "; did you mean " + near + "?"));
}

std::string letter_of(size_t column) {
  std::string out;
  for (++column; column; column = (column - 1) / 26)
    out.insert(out.begin(), static_cast<char>('A' + (column - 1) % 26));
  return out;
}

office::Xlsx read_file(std::string_view bytes) {
  if (bytes.size() > k_sheet_file_bytes_max)
    throw Refused(
        Refusal::too_large, "too-long",
        fmt::format("The file has {} bytes, the limit is {}; split it.", bytes.size(), k_sheet_file_bytes_max));
  office::ZipLimits limits;
  limits.archive_bytes_max = k_sheet_file_bytes_max;
  limits.entry_bytes_max = k_sheet_unpacked_bytes_max;
  limits.total_bytes_max = k_sheet_unpacked_bytes_max;
  return office::read_xlsx(bytes, limits);
}

bool is_empty(const std::vector<XlsxCell>& row) {
  return std::all_of(row.begin(), row.end(), [](const XlsxCell& cell) { return base::trim(cell.text).empty(); });
}

size_t rows_under(const office::XlsxSheet& sheet, size_t header) {
  size_t count = 0;
  for (size_t row = header + 1; row < sheet.rows.size(); ++row)
    if (!is_empty(sheet.rows[row])) ++count;
  return count;
}

/// Where the guess looks: the titles as people write them, without blanks, marks and what stands in brackets.
std::string plain(std::string_view title) {
  std::string out;
  int depth = 0;
  for (size_t i = 0; i < title.size();) {
    const auto c = static_cast<unsigned char>(title[i]);
    const size_t size = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    const std::string_view one = title.substr(i, size);
    i += size;
    if (one == "(" || one == "(" || one == "[" || one == "【") ++depth;
    if (depth == 0 && std::string_view(" \t\r\n*:_-/、,,。.·:").find(one) == std::string_view::npos)
      out += size == 1 && one[0] >= 'A' && one[0] <= 'Z' ? static_cast<char>(one[0] - 'A' + 'a') : one[0];
    if (depth == 0 && size > 1 && std::string_view(" \t\r\n*:_-/、,,。.·:").find(one) == std::string_view::npos)
      out.append(one.substr(1));
    if (one == ")" || one == ")" || one == "]" || one == "】") depth = std::max(0, depth - 1);
  }
  return out;
}

/// Item id or special column that a title means; empty when none does. An item's own title goes first.
std::string guess_of(const Target& target, const std::string& title) {
  const size_t slash = title.rfind(" / ");
  const std::string whole = plain(title);
  const std::string leaf = slash == std::string::npos ? whole : plain(title.substr(slash + 3));
  if (leaf.empty()) return {};
  for (const std::string& wanted : {whole, leaf})
    for (const Item& item : target.items())
      if (item.items.empty() &&
          (plain(item.title.zh) == wanted || plain(item.title.en) == wanted || plain(item.id) == wanted))
        return item.id;
  const auto is_one_of = [&](std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), leaf) != words.end();
  };
  if (target.about && target.about->kept_as == "Patient" &&
      is_one_of(
          {"身份证号", "身份证号码", "公民身份号码", "身份证", "证件号码", "居民身份证号", "citizenid", "idcard"}))
    return std::string(k_column_subject);
  if (is_one_of({"机构", "机构名称", "填报机构", "填报单位", "单位", "单位名称", "报告单位", "管理机构", "所属机构",
                 "organisation", "organization", "institution"}))
    return std::string(k_column_org);
  if (target.is_return() && is_one_of({"期间", "报告期", "月份", "年月", "季度", "年度", "所属期", "period", "month"}))
    return std::string(k_column_period);
  if (target.form && is_one_of({"填写日期", "填报日期", "登记日期", "录入日期", "authored"}))
    return std::string(k_column_authored);
  return {};
}

/// Titles of a row, with those of merged cells above it before them.
std::vector<std::string> titles_of(const office::XlsxSheet& sheet, size_t row) {
  const size_t columns = std::min(k_sheet_columns_max, sheet.rows[row].size());
  const auto text_at = [&](size_t at_row, size_t column) -> std::string {
    for (const office::XlsxMerge& merge : sheet.merges)
      if (at_row >= merge.first_row && at_row <= merge.last_row && column >= merge.first_column &&
          column <= merge.last_column) {
        at_row = merge.first_row;
        column = merge.first_column;
        break;
      }
    if (at_row >= sheet.rows.size() || column >= sheet.rows[at_row].size()) return {};
    return std::string(base::trim(sheet.rows[at_row][column].text));
  };
  size_t width = columns;
  for (const office::XlsxMerge& merge : sheet.merges)
    if (merge.first_row <= row && merge.last_row >= row)
      width = std::max(width, std::min(k_sheet_columns_max, merge.last_column + 1));
  std::vector<std::string> titles;
  for (size_t column = 0; column < width; ++column) {
    std::string title = text_at(row, column);
    if (row > 0) {
      // The row above names a group when a merged cell of it covers some of the columns, not all (then it is a title).
      for (const office::XlsxMerge& merge : sheet.merges)
        if (merge.first_row == row - 1 && merge.last_row == row - 1 && column >= merge.first_column &&
            column <= merge.last_column && merge.last_column - merge.first_column + 1 < width) {
          const std::string group = text_at(row - 1, column);
          if (!group.empty() && group != title) title = title.empty() ? group : group + " / " + title;
        }
      if (title.empty()) title = text_at(row - 1, column); // a header of two rows whose upper cells stand alone
    }
    titles.push_back(std::move(title));
  }
  return titles;
}

/// The row whose titles mean most items; the first with several texts when none means any.
size_t header_of(const Target& target, const office::XlsxSheet& sheet) {
  size_t best = 0, best_score = 0;
  for (size_t row = 0; row < std::min(k_header_rows_max, sheet.rows.size()); ++row) {
    std::set<std::string> means;
    size_t texts = 0;
    for (const std::string& title : titles_of(sheet, row)) {
      if (!title.empty()) ++texts;
      if (std::string guess = guess_of(target, title); !guess.empty()) means.insert(std::move(guess));
    }
    const size_t score = means.size() * 1000 + std::min<size_t>(texts, 999);
    if (means.size() > 0 ? score > best_score : texts > 1 && best_score == 0) {
      best = row;
      best_score = score;
    }
  }
  return best;
}

std::string note_key(const std::string& digest, size_t sheet, const std::string& target) {
  return fmt::format("import:{}:{}:{}", target, digest, sheet);
}

/// Everything about the rows of one sheet before they are written.
class SheetReader {
public:
  SheetReader(const program::Program& program, const store::Store& store, std::string_view bytes, const SheetPlan& plan,
              base::Zone zone)
      : m_program(program), m_catalog(program.catalog()), m_target(target_of(m_catalog, plan.target)), m_plan(plan),
        m_snapshot(store.snapshot()), m_zone(zone), m_digest(base::sha256_hex(bytes)) {
    office::Xlsx book = read_file(bytes);
    if (plan.sheet >= book.sheets.size())
      throw Refused(Refusal::invalid, "value",
                    fmt::format("The file has {} sheets; there is no number {}.", book.sheets.size(), plan.sheet + 1));
    m_sheet = std::move(book.sheets[plan.sheet]);
    check_plan();
  }

  const std::string& digest() const { return m_digest; }
  SheetReport& report() { return m_report; }
  std::vector<store::Write> take_writes() { return std::move(m_writes); }

  void run() {
    for (size_t row = m_plan.header_row + 1; row < m_sheet.rows.size(); ++row)
      if (!is_empty(m_sheet.rows[row])) read_row(row);
    for (const auto& [column, count] : m_formulas)
      problem(0, column, true,
              {fmt::format("该列有{}格是公式,按文件里存的结果读入;公式本身不导入", count),
               fmt::format("{} cells of this column are formulas; the value saved with each is taken", count)});
    // What the program says of all rows together, rows that are wrong already left out.
    if (!m_writes.empty())
      for (const base::Issue& issue : m_program.examine(m_writes)) {
        if (issue.severity == base::Severity::information || issue.write < 0) continue;
        const size_t row = m_rows[static_cast<size_t>(issue.write)];
        problem(row, column_of(issue), issue.severity < base::Severity::error,
                {issue.text_zh.empty() ? issue.text : issue.text_zh, issue.text});
      }
    std::stable_sort(m_report.problems.begin(), m_report.problems.end(),
                     [](const RowProblem& a, const RowProblem& b) { return a.row < b.row; });
    m_report.bad_rows = m_bad.size();
  }

private:
  void check_plan() {
    const auto refuse = [](const std::string& text) { throw Refused(Refusal::invalid, "value", text); };
    if (m_plan.header_row >= std::max<size_t>(1, m_sheet.rows.size())) refuse("The header row lies beyond the sheet.");
    std::set<std::string> seen;
    for (const auto& [column, item] : m_plan.columns) {
      const bool known = m_target.find(item) || item == k_column_org ||
                         (m_target.form && (item == k_column_subject || item == k_column_authored)) ||
                         (m_target.is_return() && item == k_column_period);
      if (!known)
        refuse(fmt::format("Column {} cannot be \"{}\": {} has no such item, or it is a repeating group.",
                           letter_of(column), item, m_plan.target));
      if (!seen.insert(item).second) refuse(fmt::format("\"{}\" is mapped to more than one column; keep one.", item));
    }
    m_report.rows = rows_under(m_sheet, m_plan.header_row);
    if (m_report.rows > k_sheet_rows_max)
      throw Refused(Refusal::too_large, "too-long",
                    fmt::format("The sheet has {} rows, the limit is {}; split it.", m_report.rows, k_sheet_rows_max));
    for (const Item& item : m_target.items())
      if (item.required && item.items.empty() && !seen.contains(item.id))
        problem(0, SIZE_MAX, false,
                {fmt::format("必填的“{}”没有对应的列", item.title.zh),
                 fmt::format("No column is mapped to \"{}\", which is required", item.title.in("en"))});
    if (!m_report.problems.empty()) m_bad.insert(0);
  }

  void problem(size_t row, size_t column, bool is_warning, Text text) {
    if (!is_warning) m_bad.insert(row);
    ++m_report.problem_count;
    if (m_report.problems.size() < k_sheet_problems_max)
      m_report.problems.push_back({row, column == SIZE_MAX ? "" : letter_of(column), is_warning, std::move(text)});
  }

  /// The column of the item an issue is about: by linkId, else by the title it names in quotes.
  size_t column_of(const base::Issue& issue) const {
    constexpr std::string_view k_where = "where(linkId='";
    for (const auto& [column, id] : m_plan.columns) {
      if (issue.expression.find(std::string(k_where) + id + "'") != std::string::npos) return column;
      const Item* item = m_target.find(id);
      if (item && issue.text_zh.find("“" + item->title.zh + "”") != std::string::npos) return column;
    }
    return SIZE_MAX;
  }

  const XlsxCell& cell_at(size_t row, size_t column) const {
    static const XlsxCell k_none;
    return column < m_sheet.rows[row].size() ? m_sheet.rows[row][column] : k_none;
  }

  void read_row(size_t at) {
    const size_t row = at + 1; // as the spreadsheet counts
    const size_t bad_before = m_bad.contains(row) ? 1 : 0;
    std::string subject, org = m_plan.org, period = m_plan.period, authored;
    std::vector<std::pair<const Item*, std::vector<std::string>>> values;
    for (const auto& [column, id] : m_plan.columns) {
      const XlsxCell& cell = cell_at(at, column);
      if (cell.formula) ++m_formulas[column];
      const std::string text(base::trim(cell.text));
      if (text.empty()) continue;
      Text wrong;
      if (cell.kind == XlsxCell::Kind::error) {
        wrong = {fmt::format("该格是错误值{},请改正", text), fmt::format("the cell is the error {}; correct it", text)};
      } else if (id == k_column_subject) {
        subject = find_subject(cell, wrong);
      } else if (id == k_column_org) {
        const std::string found = find_entry("Organization", text, wrong);
        org = found.substr(found.find('/') + 1);
      } else if (id == k_column_period) {
        period = period_text(cell);
      } else if (id == k_column_authored) {
        authored = cell_text(ItemType::date, cell, m_zone, wrong);
      } else {
        values.emplace_back(m_target.find(id), values_of(*m_target.find(id), cell, wrong));
      }
      if (!wrong.empty()) problem(row, column, false, std::move(wrong));
    }
    if (m_bad.contains(row) && bad_before == 0) return;
    const std::string id = fmt::format("x{}-{}-{}", m_digest.substr(0, 32), m_plan.sheet + 1, row);
    if (m_target.form)
      add_form(row, id, std::move(subject), std::move(org), std::move(period), std::move(authored), std::move(values));
    else
      add_entry(row, id, org, values);
  }

  void add_form(size_t row, const std::string& id, std::string subject, std::string org, std::string period,
                std::string authored, std::vector<std::pair<const Item*, std::vector<std::string>>> values) {
    if (org.empty())
      return problem(row, SIZE_MAX, false,
                     {"没有填报机构:请指定机构列或统一的填报机构",
                      "No organisation: map a column to it or choose one for all rows"});
    program::Submission submission;
    submission.form = m_plan.target;
    submission.id = id;
    submission.org = org;
    submission.period = std::move(period);
    if (!authored.empty()) submission.authored = authored.size() == 10 ? authored : authored.substr(0, 10);
    if (subject.empty() && m_target.about && m_target.about->kept_as == "Organization") subject = "Organization/" + org;
    if (subject.empty())
      return problem(row, SIZE_MAX, false,
                     {"没有对象:请指定身份证号(或记录编号)所在的列",
                      "Nobody it is about: map a column to the citizen ID or the record id"});
    submission.subject = std::move(subject);
    for (auto& [item, texts] : values)
      submission.answers.push_back({item->id, std::move(texts), {}});
    store::Write write;
    write.type = "QuestionnaireResponse";
    if (m_target.is_return()) {
      const std::string own = submission.org + " " + submission.period;
      if (const auto [first, fresh] = m_seen.emplace(own, row); !fresh)
        return problem(row, SIZE_MAX, false,
                       {fmt::format("与第{}行是同一机构同一期", first->second),
                        fmt::format("the same organisation and period as row {}", first->second)});
    } else {
      write.id = id;
    }
    try {
      write.json = m_program.to_response(submission);
    } catch (const Refused& refused) {
      for (const base::Issue& issue : refused.issues())
        problem(row, column_of(issue), false, {issue.text_zh.empty() ? issue.text : issue.text_zh, issue.text});
      return;
    }
    m_writes.push_back(std::move(write));
    m_rows.push_back(row);
  }

  void add_entry(size_t row, const std::string& id, const std::string& org,
                 const std::vector<std::pair<const Item*, std::vector<std::string>>>& values) {
    std::vector<std::pair<const Item*, std::string>> single;
    for (const auto& [item, texts] : values) {
      if (texts.empty()) continue;
      single.emplace_back(item, texts.front());
      if (item->type != ItemType::citizen_id) continue;
      const auto [first, fresh] = m_seen.emplace(texts.front(), row);
      if (!fresh)
        return problem(row, SIZE_MAX, false,
                       {fmt::format("身份证号与第{}行相同", first->second),
                        fmt::format("the same citizen ID as row {}", first->second)});
      if (const auto known = by_citizen_id(m_target.kept->kept_as, texts.front()); !known.empty())
        return problem(row, SIZE_MAX, false,
                       {fmt::format("已登记过({}),请删去这一行", known.front()),
                        fmt::format("registered already ({}); take the row out", known.front())});
    }
    for (const Item& item : m_target.items())
      if (item.required && item.items.empty() &&
          std::none_of(single.begin(), single.end(), [&](const auto& one) { return one.first == &item; }))
        return problem(
            row, SIZE_MAX, false,
            {fmt::format("“{}”必须填写", item.title.zh), fmt::format("{} is required; fill it in", item.id)});
    store::Write write;
    write.type = m_target.kept->kept_as;
    write.id = id;
    if (!m_writer) m_writer.emplace(*m_target.kept, m_catalog);
    write.json = m_writer->to_json(id, org, single);
    m_writes.push_back(std::move(write));
    m_rows.push_back(row);
  }

  std::vector<std::string> values_of(const Item& item, const XlsxCell& cell, Text& wrong) {
    if (item.type == ItemType::reference) {
      const auto target = m_catalog.registers.find(item.to);
      const std::string type = target == m_catalog.registers.end() ? "" : target->second.kept_as;
      return {find_entry(type, std::string(base::trim(cell.text)), wrong)};
    }
    std::vector<std::string> texts;
    if (item.repeats) {
      for (const std::string& part : several(cell.text)) {
        const XlsxCell one{cell.kind, part, {}};
        texts.push_back(item.type == ItemType::choice ? choice_text(item, part, wrong)
                                                      : cell_text(item.type, one, m_zone, wrong));
      }
      return texts;
    }
    if (item.type == ItemType::choice) return {choice_text(item, std::string(base::trim(cell.text)), wrong)};
    return {cell_text(item.type, cell, m_zone, wrong)};
  }

  std::vector<std::string> references(const std::string& type, const std::string& query) {
    std::vector<std::string> found;
    for (const auto& version : m_snapshot->search(type, query + "&_count=3").matches)
      found.push_back(version.reference());
    return found;
  }
  std::vector<std::string> by_citizen_id(const std::string& type, const std::string& number) {
    return references(type,
                      "identifier=" + http::percent_encode(std::string(base::k_citizen_id_system) + "|" + number));
  }

  std::string find_subject(const XlsxCell& cell, Text& wrong) {
    const std::string type = m_target.about ? m_target.about->kept_as : "";
    const std::string text = cell_text(ItemType::citizen_id, cell, m_zone, wrong);
    if (!wrong.empty()) return {};
    if (type == "Patient" && base::is_citizen_id(text)) {
      const auto found = by_citizen_id(type, text);
      if (found.size() == 1) return found.front();
      wrong = found.empty()
                  ? Text{"没有这个身份证号的居民,请先登记", "no resident has this citizen ID; register them first"}
                  : Text{"有多位居民登记了这个身份证号,请先合并",
                         "several residents have this citizen ID; merge them first"};
      return {};
    }
    return find_entry(type, text, wrong);
  }

  /// "Organization/x", "x" or a name that one entry alone has → the reference.
  std::string find_entry(const std::string& type, const std::string& text, Text& wrong) {
    const auto [known, fresh] = m_entries.try_emplace(type + " " + text);
    if (!fresh) {
      if (known->second.empty()) wrong = m_entry_problems[known->first];
      return known->second;
    }
    const std::string bare = text.starts_with(type + "/") ? text.substr(type.size() + 1) : text;
    if (base::is_fhir_id(bare))
      if (const auto version = m_snapshot->read(type, bare); version && !version->deleted)
        return known->second = type + "/" + bare;
    std::vector<std::string> found;
    if (type != "Patient") found = references(type, "name:exact=" + http::percent_encode(text)); // people share names
    if (found.size() == 1) return known->second = found.front();
    wrong = found.empty() ? Text{fmt::format("没有找到“{}”,请用登记的名称或编号", text),
                                 fmt::format("\"{}\" was not found; use the registered name or id", text)}
                          : Text{fmt::format("有多个“{}”,请改用编号", text),
                                 fmt::format("several are called \"{}\"; use the id", text)};
    m_entry_problems[known->first] = wrong;
    return {};
  }

  const program::Program& m_program;
  const package::Catalog& m_catalog;
  const Target m_target;
  const SheetPlan& m_plan;
  std::unique_ptr<store::Snapshot> m_snapshot;
  const base::Zone m_zone;
  const std::string m_digest;
  office::XlsxSheet m_sheet;
  SheetReport m_report;
  std::vector<store::Write> m_writes;
  std::vector<size_t> m_rows;                   ///< of each write
  std::set<size_t> m_bad;                       ///< rows with an error; 0: the mapping
  std::map<size_t, size_t> m_formulas;          ///< column → cells
  std::map<std::string, size_t> m_seen;         ///< what must be there once → row
  std::map<std::string, std::string> m_entries; ///< looked up before; empty = not found
  std::map<std::string, Text> m_entry_problems;
  std::optional<program::RegisterWriter> m_writer;
};

} // namespace

FileLook look(const program::Program& program, const store::Store& store, std::string_view bytes,
              const std::string& target_id) {
  const Target target = target_of(program.catalog(), target_id);
  const office::Xlsx book = read_file(bytes);
  FileLook result;
  result.digest = base::sha256_hex(bytes);
  for (size_t number = 0; number < book.sheets.size(); ++number) {
    const office::XlsxSheet& sheet = book.sheets[number];
    SheetLook& seen = result.sheets.emplace_back();
    seen.name = sheet.name;
    if (sheet.rows.empty()) continue;
    seen.header_row = header_of(target, sheet);
    seen.rows = rows_under(sheet, seen.header_row);
    seen.imported = store.get_note(note_key(result.digest, number, target_id)).value_or("");
    const auto titles = titles_of(sheet, seen.header_row);
    std::set<std::string> taken;
    for (size_t column = 0; column < titles.size(); ++column) {
      SheetColumn one{column, letter_of(column), titles[column], {}, guess_of(target, titles[column])};
      if (!one.guess.empty() && !taken.insert(one.guess).second) one.guess.clear();
      for (size_t row = seen.header_row + 1; row < sheet.rows.size() && one.samples.size() < k_sheet_samples; ++row)
        if (column < sheet.rows[row].size() && !base::trim(sheet.rows[row][column].text).empty())
          one.samples.push_back(sheet.rows[row][column].text);
      if (!one.title.empty() || !one.samples.empty()) seen.columns.push_back(std::move(one));
    }
  }
  return result;
}

SheetReport try_sheet(const program::Program& program, const store::Store& store, std::string_view bytes,
                      const SheetPlan& plan, base::Zone zone) {
  SheetReader reader(program, store, bytes, plan, zone);
  reader.run();
  return std::move(reader.report());
}

SheetReport import_sheet(program::Program& program, store::Store& store, std::string_view bytes, const SheetPlan& plan,
                         base::Clock clock, base::Zone zone) {
  SheetReader reader(program, store, bytes, plan, zone);
  const std::string key = note_key(reader.digest(), plan.sheet, plan.target);
  if (const auto before = store.get_note(key))
    throw Refused(Refusal::conflict, "duplicate", "This sheet went in before (" + *before + "); nothing was written.");
  reader.run();
  SheetReport report = std::move(reader.report());
  if (report.bad_rows > 0) {
    base::Issues issues;
    for (const RowProblem& problem : report.problems) {
      if (problem.is_warning) continue;
      base::Issue issue;
      issue.code = "value";
      issue.text = fmt::format("row {}{}: {}", problem.row, problem.column, problem.text.en);
      issue.text_zh = fmt::format("第{}行{}{}:{}", problem.row, problem.column, problem.column.empty() ? "" : "列",
                                  problem.text.zh);
      issues.add(std::move(issue));
    }
    throw Refused(Refusal::invalid, std::move(issues));
  }
  std::vector<store::Write> writes = reader.take_writes();
  if (writes.empty()) throw Refused(Refusal::invalid, "required", "The sheet has no rows under its header.");
  report.commit = program.write(std::move(writes)).commit;
  store.set_note(key, fmt::format("{} {}", base::to_instant(clock(), zone).substr(0, 16), report.rows));
  return report;
}

} // namespace xinglin::intake
