#pragma once
// What the folders under programs/ declare, as plain values. No runtime here: reading and checking only.
// The format is documented for authors in docs/authoring.md; field names here are those of the YAML.

#include "lib/base/issue.h"
#include "lib/base/text.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace xinglin::package {

using base::Text;

/// Where a declaration stands, for messages.
struct Place {
  std::string file; ///< relative to the programs directory: "hospital_ops/forms/inpatient_stay.yml"
  int line = 0;
};

enum class ItemType : uint8_t {
  string,
  text,
  integer,
  decimal,
  boolean,
  date,
  datetime,
  choice,
  reference,
  citizen_id,
  money
};

std::string_view to_string(ItemType type);
std::optional<ItemType> parse_item_type(std::string_view word);

struct Option {
  std::string code;
  Text title;
};

/// A field of a form or register: a column of its table. `repeats` with nested items: a child table `form__item`.
struct Item {
  std::string id; ///< [a-z][a-z0-9_]*; never changes meaning
  Text title;
  ItemType type = ItemType::string;
  bool required = false;
  bool repeats = false;
  std::string unit;                  ///< UCUM
  std::string range_low, range_high; ///< decimals as written; empty = open
  std::vector<Option> options;       ///< choice, in order
  std::string to;                    ///< reference: register id
  std::string code;                  ///< "loinc|8480-6": yields an Observation of it
  std::string path;                  ///< register: FHIRPath in the resource it is kept as
  std::string was;                   ///< the id this item replaces
  std::vector<Item> items;           ///< of a repeating group
  Place place;
};

struct Check {
  std::string when; ///< FHIRPath over item ids, %about, %last, %today; true = fires
  base::Severity severity = base::Severity::error;
  Text message;
  bool absent_passes = false; ///< YAML `absent: passes`: silence is meant where an optional item is missing
  Place place;
};

/// A resource that a submitted form makes (kept in the same commit, refusing direct edits).
struct Yield {
  std::string id;                                       ///< key within the form; part of the yielded resource's id
  std::string resource;                                 ///< FHIR type
  std::string when;                                     ///< FHIRPath; empty = always
  std::string each;                                     ///< id of a repeating item: one resource for each; empty = one
  std::vector<std::pair<std::string, std::string>> set; ///< element path ("code.coding[0].code") → FHIRPath, in order
  std::vector<int> set_lines;                           ///< where each stands; may be empty
  Place place;
};

struct Register {
  std::string id;
  std::string program;
  Text title;
  std::string kept_as; ///< Patient, Organization, Practitioner, Location, Device, Basic, ...
  std::string where;   ///< FHIRPath on the resource: which of the type belong here; empty = all
  std::string org;     ///< FHIRPath to the reference of the managing organisation; empty = none (Organization: itself)
  std::string subject; ///< FHIRPath to the reference of the subject; empty = the resource itself
  std::vector<Item> items;
  std::vector<Check> checks;
  std::map<std::string, int> lines; ///< key of the file → line
  Place place;
};

enum class ReturnCycle : uint8_t { none, month, quarter, half, year };

struct Form {
  std::string id;
  std::string program;
  Text title;
  std::string version = "1";
  std::string source;                    ///< the regulation it follows
  std::string about;                     ///< register id of the subject
  ReturnCycle cycle = ReturnCycle::none; ///< a return (报表) has one
  int due_days = 0;                      ///< return: days after the period's end by which it is due; 0 = not said
  bool due_working_days = false;         ///< those days are Mondays to Fridays
  std::string owed_by;                   ///< return: FHIRPath over the items of `about`, true = that one owes it
  std::string happened;                  ///< item id of the business date; empty = the authored date
  std::vector<Item> items;
  std::vector<Check> checks;
  std::vector<Yield> yields;
  std::map<std::string, int> lines; ///< key of the file → line
  Place place;
};

struct Fact {
  std::string id; ///< file name: facts/ID.sql; becomes a common table expression of that name
  std::string program;
  std::string sql;
  Place place;
};

enum class IndicatorKind : uint8_t { count, sum, mean, proportion, rate, derived };
enum class PeriodKind : uint8_t { flow, stock };
enum class Grain : uint8_t { record, returned }; ///< YAML: record | return

/// Records the simulator and the tests make so that they count (make) or do not (make_not).
struct Make {
  std::string form;        ///< form id; or
  std::string register_id; ///< YAML `register:`
  std::vector<std::pair<std::string, std::string>>
      set;          ///< item id → value ("$day", "$value", "yes", "3..9", "a|b"), see docs/authoring.md
  std::string part; ///< proportion: "hit" or "miss"; empty = row
  std::map<std::string, std::string> more; ///< further keys (about, distinct, value, adjust, linked, ...)
  Place place;
};

struct Indicator {
  std::string id; ///< "hospital_ops.discharges": the file name
  std::string program;
  Text title;
  Text unit; ///< 人次
  IndicatorKind kind = IndicatorKind::count;
  PeriodKind period = PeriodKind::flow;
  Grain grain = Grain::record;
  std::string count = "rows";            ///< rows | subjects | distinct COLUMN
  std::string attribution = "performer"; ///< performer | manager | residence | reporter
  std::string authority = "own";         ///< own | upper:SYSTEM
  std::string better;                    ///< higher | lower | empty
  std::string population;                ///< rate: indicator id of the denominator
  int64_t per = 0;                       ///< rate: 1000, 10000, 100000
  std::string shown = "number";          ///< number | percent (a proportion prints as a percentage anyway)
  bool exceeds = false;                  ///< a percentage that may pass 100 % (completion of a task)
  int decimals = 0;                      ///< digits shown when the template does not say
  std::string derived; ///< expression over indicator ids: + - * / ( ) numbers, average(ID), least(...)
  std::string sql;     ///< rows query; empty for derived
  std::string source;
  Text definition;                 ///< numerator / denominator in words
  std::vector<std::string> agrees; ///< consistency rules over indicators, e.g. "a = b + c": a breach is a finding
  std::vector<Make> make, make_not;
  std::string hash;                 ///< sha256 of all that decides its value (sql, facts, yml), first 12 hex digits
  std::map<std::string, int> lines; ///< key of the file → line
  Place place;
};

struct DocumentTemplate {
  std::string id;
  std::string program;
  std::string text; ///< Markdown with {figures}
  Place place;
};

/// A year's plan, plans/ID.md, as its author wrote it; parse_plan (server/package/plan.h) reads it.
struct PlanFile {
  std::string id;
  std::string program;
  std::string text; ///< Markdown
  Place place;
};

/// An extra table: a SQL on FHIR ViewDefinition under views/ID.json.
struct ViewFile {
  std::string id;
  std::string program;
  std::string json;
  Place place;
};

/// Given records → expected rows, checked by `xinglin check` (tests/*.yml); kept as raw YAML text here.
struct TestFile {
  std::string program;
  std::string text;
  Place place;
};

struct Program {
  std::string id; ///< folder name
  Text title;
  std::string version;
  std::vector<std::string> needs;   ///< other program ids
  std::vector<std::string> systems; ///< ids of the systems it carries
  std::vector<std::string> roles;
  std::string hash;                         ///< sha256 over its files
  std::map<std::string, std::string> files; ///< what it was read from: path within the folder → bytes
  Place place;
};

/// Everything loaded, found by id. Ids are unique over all programs. Immutable once built; share by shared_ptr.
struct Catalog {
  std::map<std::string, Program> programs;
  std::map<std::string, Register> registers;
  std::map<std::string, Form> forms;
  std::map<std::string, Fact> facts;
  std::map<std::string, ViewFile> views;
  std::map<std::string, Indicator> indicators;
  std::map<std::string, DocumentTemplate> documents;
  std::map<std::string, PlanFile> plans;
  std::vector<TestFile> tests;
  std::string hash; ///< sha256 over all programs
};

/// Limits on what is read; each has its rejection test.
inline constexpr size_t k_programs_max = 500;
inline constexpr size_t k_program_files_max = 5000;
inline constexpr size_t k_file_bytes_max = 1u << 20;
inline constexpr size_t k_id_length_max = 48;
inline constexpr size_t k_items_max = 300;
inline constexpr size_t k_options_max = 500;
inline constexpr size_t k_checks_max = 200;
inline constexpr size_t k_yields_max = 50;
inline constexpr size_t k_yield_paths_max = 200;
inline constexpr size_t k_expression_length_max = 20000;
inline constexpr int k_due_days_max = 366;

/// Reads every folder of `directory`. A broken program is left out whole and its issues reported (file, line, what,
/// mend); the others load. Never throws for bad content; throws Refused(not_found) when the directory is absent.
std::shared_ptr<const Catalog> load(const std::string& directory, base::Issues& issues);

/// load(), then check() (server/package/check.h): programs with an error of either are left out, and those that need
/// them.
std::shared_ptr<const Catalog> load_checked(const std::string& directory, base::Issues& issues);

/// Keeps the texts of a catalog under `data_directory`/packages/HASH (once; atomic), so that what was made with it can
/// be made again. Throws Refused(unavailable) when the directory cannot be written.
void keep(const Catalog& catalog, const std::string& data_directory);
/// The catalog kept under that hash. Throws Refused(not_found) when it never was, Refused(unavailable) when it is
/// damaged.
std::shared_ptr<const Catalog> load_kept(const std::string& data_directory, const std::string& hash);

/// The names of the column set every table has, and those of a form's own table; see docs/authoring.md.
///   record  VARCHAR  "QuestionnaireResponse/ID" (register: "Patient/ID")
///   subject VARCHAR  "Patient/ID"
///   org     VARCHAR  Organization id
///   happened DATE    business date (form); entered TIMESTAMP; t_from BIGINT
///   a return also: period_start DATE, period_end DATE, state VARCHAR
/// child table form__item: record, item_index INTEGER, its items.
struct TableColumn {
  std::string name;
  std::string sql_type; ///< VARCHAR INTEGER BIGINT DECIMAL(38,6) BOOLEAN DATE TIMESTAMP
};
struct Table {
  std::string name;
  std::string view_json; ///< the ViewDefinition that fills it (columns in the same order, less entered and t_from)
  std::vector<TableColumn> columns;
  bool is_child = false;
  bool is_return = false;
  Place place;
};
/// Every table of the catalog: forms, their repeating parts, registers, views. Ordered by name.
std::vector<Table> tables(const Catalog& catalog);

} // namespace xinglin::package
