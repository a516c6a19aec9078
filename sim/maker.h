#pragma once
// Writes what a plan asks for: draws subjects and values, makes submissions and entries of registers, and hands them to
// the program in transactions.

#include "server/program/program.h"
#include "server/program/register_writer.h"
#include "sim/people.h"
#include "sim/plan.h"
#include "sim/population.h"

#include "sim/simulate.h"

#include <map>

namespace xinglin::sim {

/// Thrown when `stopped` says so; what was handed over stays.
struct Stopped {};

class Maker {
public:
  Maker(program::Program& program, const Totals& totals, const Specs& specs, Population& population,
        const SimulateOptions& options, SimulateReport& report);

  /// The things named in the totals, then the people. (Population was filled by `populate`.)
  void write_registers();
  void write(const Plan& plan);
  /// A record for each person, of the entries that say `everyone`.
  void write_everyone();
  /// Further records, while figures are corrected.
  void write(const Batch& batch);
  /// Takes away records this maker made; returns how many of them it did.
  size_t remove(const std::vector<std::string>& records);
  bool made(std::string_view record) const;
  void flush();

private:
  using Answer = program::Submission::Answer;
  struct Source {
    std::string subject;
    uint32_t person = 0;
    std::vector<std::pair<std::string, std::string>> answers;
    const std::string* find(std::string_view item) const;
  };
  struct Subject {
    std::string reference;
    uint32_t person = UINT32_MAX; ///< its number in the pool
  };
  struct Moment; ///< what `$day` and the like stand for

  void write_interval(const Intervals& intervals);
  void write_batch(const Plan& plan, const Batch& batch);
  void write_from(const Batch& batch, const Recipe& recipe);
  void write_returns(const Returns& returns);
  /// The institution that does it: one of those the entry asks for beneath `org`, open on the day.
  std::string place(const Spec& spec, const std::string& org, base::Date day, Random& random);
  /// Somebody of a stock at the period's end, new to the figure where it is a share of them; and a day on which he is
  /// in it. Empty when nobody is left.
  std::optional<Subject> draw_member(const Batch& batch, base::Date& day, Random& random);
  /// A new person where an entry of a register is one.
  std::optional<Person> new_person(const package::Register& reg, const Spec& spec, base::Date day);
  void deal_rows(const Plan& plan, const Batch& batch);
  std::vector<Answer> rows_of_next(const Moment& moment);

  Recipe recipe_of(const Batch& batch) const;
  /// `had`: further people not to be drawn.
  /// `org`: the institution that enters it, where the record is about one.
  std::optional<Subject> draw_subject(const Batch& batch, const std::string& org, base::Date day, Random& random,
                                      std::vector<bool>* had = nullptr);
  /// Is the subject of the entry's age on that day too?
  bool still_fits(const Spec& spec, const std::string& org, const Subject& subject, base::Date day) const;
  void count_subject(const Batch& batch, const Subject& subject);
  /// Of an entry with `once`: who has a record with these values already; else null.
  std::vector<bool>* who_had(const Spec& spec, const std::vector<std::pair<const package::Item*, std::string>>& values);
  std::vector<std::pair<const package::Item*, std::string>> evaluate(const Recipe& recipe, const Moment& moment) const;
  /// `org` is that of the plan, the moment's the one that enters it.
  void submit(const package::Form& form, const std::string& org, const Subject& subject, const Moment& moment,
              const std::vector<std::pair<const package::Item*, std::string>>& values, std::vector<Answer> groups,
              bool counts, const std::string& period = {}, const std::string& state = {});
  void add_entry(const package::Register& reg, const std::string& org, const Moment& moment,
                 const std::vector<std::pair<const package::Item*, std::string>>& values);
  /// Would the record count for a figure of the totals?
  bool is_asked(const Spec& spec) const;
  const program::RegisterWriter& writer(const package::Register& reg);
  int64_t next_serial(const std::string& what, base::Date day);
  std::string author(const std::string& org, Random& random) const;
  void tell(std::string_view stage);
  void flush_entries();
  void flush_submissions();

  program::Program& m_program;
  const Totals& m_totals;
  const Specs& m_specs;
  Population& m_population;
  const SimulateOptions& m_options;
  SimulateReport& m_report;

  std::vector<store::Write> m_entries;
  std::vector<program::Submission> m_submissions;
  std::vector<size_t> m_accepted; ///< of them: returns that are accepted once they are handed in
  std::map<std::string, std::unique_ptr<program::RegisterWriter>> m_writers;
  std::map<std::string, int64_t> m_made;                       ///< by form or register: how many ids were given
  std::map<std::pair<std::string, int>, int64_t> m_serials;    ///< by form and year
  std::map<std::string, std::vector<Source>> m_sources;        ///< "form org", of forms that others are made from
  std::map<std::string, std::set<std::string>> m_source_items; ///< by such a form: the items that are asked for
  std::set<std::string> m_drawn_stocks;                        ///< those whose members others are about
  std::map<std::string, std::vector<bool>> m_sources_used;     ///< "form from org"
  std::vector<std::vector<bool>> m_taken;                      ///< by set: people
  std::vector<std::vector<uint32_t>> m_members;                ///< by set
  std::map<std::string, std::vector<bool>> m_once;             ///< by form and values: who had it
  struct Member {
    Subject subject;
    base::Date since;
    std::optional<base::Date> until;
  };
  std::map<std::string, std::map<std::string, std::vector<Member>>> m_stocks; ///< indicator → organisation
  struct Draw {
    std::vector<const Member*> order;
    size_t next = 0;
  };
  std::map<std::string, Draw> m_draws; ///< by figure: members of a stock, shuffled
  struct Places {
    std::vector<std::pair<std::string, uint64_t>> list;
    uint64_t weight = 0;
  };
  std::map<std::string, Places> m_places; ///< by entry, organisation and year
  std::map<std::string, std::unique_ptr<PeopleMaker>> m_new_people;
  int64_t m_planned = 0, m_done = 0;

  /// Rows waiting for the next records of the batch at hand.
  struct Dealt {
    const Rows* rows = nullptr;
    Recipe recipe;
    std::vector<int64_t> per_parent;
  };
  std::vector<Dealt> m_dealt;
  size_t m_parent = 0;
};

/// Reads people into the population, without writing them; the same people each time.
void populate(const Totals& totals, const package::Catalog& catalog, Population& population);

} // namespace xinglin::sim
