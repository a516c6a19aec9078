#include "sim/maker.h"

#include "lib/base/issue.h"
#include "lib/base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <queue>

#include <fmt/format.h>

namespace xinglin::sim {
namespace {

constexpr int k_draws_max = 60;      ///< of a subject or values that must be new
constexpr int k_everyone_days = 700; ///< before the people's day, over which all get their record
constexpr int k_oldest = 95;         ///< of new people, where an entry does not say

[[noreturn]] void refuse(const package::Place& place, std::string text) {
  base::Issue issue;
  issue.code = "conflict";
  issue.text = std::move(text);
  issue.file = place.file;
  issue.line = place.line;
  base::Issues issues;
  issues.add(std::move(issue));
  throw base::Refused(base::Refusal::conflict, std::move(issues));
}

/// Names in ids have hyphens.
std::string hyphened(std::string text) {
  std::replace(text.begin(), text.end(), '_', '-');
  return text;
}

std::string make_id(const std::string& what, int64_t number) {
  return fmt::format("{}-{:06}", hyphened(what), number);
}

/// `$value` says which item it is the value of, so that a record may have several.
Values with_own_values(const Values& values) {
  Values result = values;
  for (auto& [key, text] : result)
    if (text == "$value") text = "$value_" + key;
  return result;
}

/// The items that a value takes from the record it is made from: `x` of "$from.x + 1..3".
std::vector<std::string> names_of_source(const std::string& text) {
  constexpr std::string_view k_mark = "$from.";
  std::vector<std::string> names;
  for (size_t at = text.find(k_mark); at != std::string::npos; at = text.find(k_mark, at)) {
    at += k_mark.size();
    const size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_", at);
    names.push_back(text.substr(at, end == std::string::npos ? end : end - at));
  }
  return names;
}

std::string random_time(Random& random) {
  const auto minute = random.between(8 * 60, 18 * 60 - 1);
  return fmt::format("T{:02}:{:02}:{:02}+08:00", minute / 60, minute % 60, random.below(60));
}

/// What becomes of a return that counts, unless its entry says otherwise: it is handed in, and accepted by whoever
/// asked.
constexpr std::string_view k_accepted = "accepted";

/// A refusal by a rule says which of the records made broke it: the make entry or the rule must be mended.
template <typename Write, typename Name>
store::Receipt naming_what(const Write& write, const Name& name, size_t count) {
  try {
    return write();
  } catch (const base::Refused& refused) {
    base::Issues issues = refused.issues();
    for (auto& issue : issues)
      if (issue.write >= 0 && static_cast<size_t>(issue.write) < count)
        issue.text = fmt::format("{}: {}", name(static_cast<size_t>(issue.write)), issue.text);
    throw base::Refused(refused.kind(), std::move(issues));
  }
}

} // namespace

struct Maker::Moment {
  Random* random = nullptr;
  std::string org;
  base::Date day, first, last;
  std::optional<base::Date> start, end;
  int64_t serial = 0;
  std::map<std::string, std::string> values; ///< "value_ITEM"
  const Source* source = nullptr;
  const Person* person = nullptr;
  std::map<std::string, std::vector<size_t>>* dealt = nullptr; ///< by item: those already among the rows of one record
};

const std::string* Maker::Source::find(std::string_view item) const {
  for (const auto& [id, text] : answers)
    if (id == item) return &text;
  return nullptr;
}

Maker::Maker(program::Program& program, const Totals& totals, const Specs& specs, Population& population,
             const SimulateOptions& options, SimulateReport& report)
    : m_program(program), m_totals(totals), m_specs(specs), m_population(population), m_options(options),
      m_report(report) {
  // Only what others are made from is remembered of a record, and only of those others are made from.
  for (const auto& spec : specs.list) {
    if (!spec.about.of.empty()) m_drawn_stocks.insert(spec.about.of);
    if (spec.from.empty()) continue;
    auto& items = m_source_items[spec.from];
    items.insert(spec.on);
    for (const auto& [item, text] : spec.where)
      items.insert(item);
    for (const auto* values : {&spec.set, &spec.fill})
      for (const auto& [item, text] : *values)
        for (const auto& name : names_of_source(text))
          items.insert(name);
  }
  for (const auto& people : totals.people)
    m_planned += people.count;
  m_planned += static_cast<int64_t>(totals.things.size());
}

// --- people and things ---

namespace {

Organization organization_of(const package::Register& reg, const std::string& id, const Values& values) {
  Organization made;
  made.id = id;
  made.values = values;
  for (const auto& item : reg.items)
    for (const auto& [key, text] : values) {
      if (key != item.id) continue;
      if (item.path == "partOf")
        made.parent = text.substr(text.find('/') == std::string::npos ? 0 : text.find('/') + 1);
      if (item.id == "opened") made.opened = base::Date::parse(text);
      if (item.id == "closed") made.closed = base::Date::parse(text);
    }
  return made;
}

PeopleMaker people_maker(const Totals& totals, size_t index) {
  const auto& spec = totals.people[index];
  std::vector<std::string> towns;
  for (const auto& [org, name] : spec.towns)
    towns.push_back(name);
  return {Random::of(totals.seed, fmt::format("people {}", index)), spec.as_of, spec.ages,
          PeopleMaker::k_region_first + PeopleMaker::k_regions_each * static_cast<int>(index), std::move(towns)};
}

} // namespace

void populate(const Totals& totals, const package::Catalog& catalog, Population& population) {
  for (const auto& thing : totals.things) {
    const auto& reg = catalog.registers.at(thing.register_id);
    if (reg.kept_as == "Organization") population.add_organization(organization_of(reg, thing.id, thing.set));
  }
  for (const auto& thing : totals.things) {
    const auto& reg = catalog.registers.at(thing.register_id);
    population.add_thing(reg.id, thing.org.empty() && reg.kept_as == "Organization" ? thing.id : thing.org,
                         reg.kept_as + "/" + thing.id);
  }
  std::set<std::string> seen;
  for (size_t i = 0; i < totals.people.size(); ++i) {
    const auto& spec = totals.people[i];
    const auto& reg = catalog.registers.at(spec.register_id);
    if (!seen.insert(spec.register_id + " " + spec.org).second)
      refuse(spec.place,
             fmt::format("people of {} for {} stand twice; put their ages together", spec.register_id, spec.org));
    Pool& pool = population.add_pool(reg.id, spec.org, reg.kept_as, hyphened(reg.id) + "-" + spec.org);
    PeopleMaker maker = people_maker(totals, i);
    for (int64_t n = 0; n < spec.count; ++n) {
      const Person person = maker.next();
      pool.add(person.born, person.female);
    }
    pool.index();
  }
}

const program::RegisterWriter& Maker::writer(const package::Register& reg) {
  auto& writer = m_writers[reg.id];
  if (!writer) writer = std::make_unique<program::RegisterWriter>(reg, m_program.catalog());
  return *writer;
}

void Maker::write_registers() {
  auto random = Random::of(m_totals.seed, "things");
  for (const auto& thing : m_totals.things) {
    const auto& reg = m_program.catalog().registers.at(thing.register_id);
    Recipe recipe;
    recipe.add(reg.items, thing.set, thing.place);
    Moment moment;
    moment.random = &random;
    moment.org = thing.org;
    store::Write write;
    write.type = reg.kept_as;
    write.id = thing.id;
    write.json = writer(reg).to_json(thing.id, thing.org, evaluate(recipe, moment));
    m_entries.push_back(std::move(write));
  }
  flush_entries(); // others refer to them
  for (size_t i = 0; i < m_totals.people.size(); ++i) {
    const auto& spec = m_totals.people[i];
    const auto& reg = m_program.catalog().registers.at(spec.register_id);
    const Pool& pool = *m_population.pool(spec.register_id, spec.org);
    PeopleMaker maker = people_maker(m_totals, i);
    auto values = Random::of(m_totals.seed, fmt::format("people values {}", i));
    Recipe recipe;
    recipe.add(reg.items, spec.set, spec.place);
    for (int64_t n = 0; n < spec.count; ++n) {
      const Person person = maker.next();
      Moment moment;
      moment.random = &values;
      moment.org = spec.org;
      moment.day = spec.as_of;
      moment.person = &person;
      moment.serial = n + 1;
      store::Write write;
      write.type = reg.kept_as;
      write.id = pool.id(static_cast<uint32_t>(n));
      std::string home = spec.org;
      for (const auto& [org, name] : spec.towns)
        if (name == person.town) home = org;
      write.json = writer(reg).to_json(write.id, home, evaluate(recipe, moment));
      m_entries.push_back(std::move(write));
      if (m_entries.size() >= m_options.transaction_records_max) flush_entries();
    }
  }
  flush_entries();
}

void Maker::add_entry(const package::Register& reg, const std::string& org, const Moment& moment,
                      const std::vector<std::pair<const package::Item*, std::string>>& values) {
  store::Write write;
  write.type = reg.kept_as;
  write.id = make_id(reg.id, ++m_made[reg.id]);
  write.json = writer(reg).to_json(write.id, moment.org, values);
  if (reg.kept_as == "Organization") {
    Values texts;
    for (const auto& [item, text] : values)
      texts.emplace_back(item->id, text);
    m_population.add_organization(organization_of(reg, write.id, texts));
    m_population.add_thing(reg.id, write.id, reg.kept_as + "/" + write.id);
  } else {
    m_population.add_thing(reg.id, moment.org.empty() ? org : moment.org, reg.kept_as + "/" + write.id);
  }
  m_entries.push_back(std::move(write));
  if (m_entries.size() >= m_options.transaction_records_max) flush_entries();
}

// --- handing over ---

void Maker::tell(std::string_view stage) {
  if (m_options.progress) m_options.progress({stage, m_done, std::max(m_planned, m_done)});
  if (m_options.stopped && m_options.stopped()) throw Stopped{};
}

void Maker::flush_entries() {
  if (m_entries.empty()) return;
  const auto count = static_cast<int64_t>(m_entries.size());
  std::vector<std::string> names;
  for (const auto& entry : m_entries)
    names.push_back(entry.type + "/" + entry.id);
  naming_what([&] { return m_program.write(std::move(m_entries)); }, [&](size_t at) { return names[at]; },
              names.size());
  m_entries.clear();
  m_report.people += count;
  m_done += count;
  tell("people");
}

void Maker::flush_submissions() {
  flush_entries(); // they may refer to them
  if (m_submissions.empty()) return;
  const auto count = static_cast<int64_t>(m_submissions.size());
  const auto receipt =
      naming_what([&] { return m_program.submit(m_submissions); },
                  [&](size_t at) { return m_submissions[at].form + " " + m_submissions[at].id; }, m_submissions.size());
  std::vector<std::string> accepted;
  for (const size_t at : m_accepted)
    accepted.push_back(receipt.outcomes.at(at).id);
  if (!accepted.empty()) m_program.change_states(accepted, "accept");
  m_accepted.clear();
  m_submissions.clear();
  m_report.submissions += count;
  m_done += count;
  tell("records");
}

void Maker::flush() {
  flush_entries();
  flush_submissions();
}

std::string Maker::author(const std::string& org, Random& random) const {
  for (const auto& [id, reg] : m_program.catalog().registers)
    if (reg.kept_as == "Practitioner") return m_population.any(id, org, random);
  return {};
}

int64_t Maker::next_serial(const std::string& what, base::Date day) {
  return ++m_serials[{what, day.year()}];
}

void Maker::submit(const package::Form& form, const std::string& org, const Subject& subject, const Moment& moment,
                   const std::vector<std::pair<const package::Item*, std::string>>& values, std::vector<Answer> groups,
                   bool counts, const std::string& period, const std::string& state) {
  program::Submission submission;
  submission.form = form.id;
  submission.id = period.empty() ? make_id(form.id, ++m_made[form.id]) : std::string();
  submission.subject = subject.reference;
  submission.org = moment.org;
  submission.author = author(moment.org, *moment.random);
  submission.authored = moment.day.to_string() + random_time(*moment.random);
  submission.period = period;
  submission.state = state == k_accepted ? std::string_view() : std::string_view(state);
  if (state == k_accepted) m_accepted.push_back(m_submissions.size());
  for (const auto& [item, text] : values)
    submission.answers.push_back({item->id, {text}, {}});
  for (auto& group : groups)
    submission.answers.push_back(std::move(group));
  if (const auto wanted = m_source_items.find(form.id); counts && wanted != m_source_items.end()) {
    Source source;
    source.subject = subject.reference;
    source.person = subject.person;
    for (const auto& [item, text] : values)
      if (wanted->second.contains(item->id)) source.answers.emplace_back(item->id, text);
    m_sources[form.id + " " + org].push_back(std::move(source));
  }
  m_report.not_counted += !counts;
  m_submissions.push_back(std::move(submission));
  if (m_submissions.size() >= m_options.transaction_records_max) flush_submissions();
}

// --- values ---

std::vector<std::pair<const package::Item*, std::string>> Maker::evaluate(const Recipe& recipe,
                                                                          const Moment& moment) const {
  Scene scene;
  scene.random = moment.random;
  scene.first = moment.first;
  scene.last = moment.last;
  scene.variable = [&](std::string_view name) -> std::optional<std::string> {
    if (name == "day") return moment.day.to_string();
    if (name == "org") return moment.org;
    if (name == "year") return fmt::format("{:04}", moment.day.year());
    if (name == "month") return fmt::format("{:02}", moment.day.month());
    if (name.starts_with("serial")) {
      int width = 0;
      std::from_chars(name.data() + 6, name.data() + name.size(), width);
      return fmt::format("{:0{}}", moment.serial, width);
    }
    if (name == "start") return moment.start ? moment.start->to_string() : std::string();
    if (name == "end") return moment.end ? moment.end->to_string() : std::string();
    if (name.starts_with("value_")) {
      const auto found = moment.values.find(std::string(name));
      return found == moment.values.end() ? std::string() : found->second;
    }
    if (name.starts_with("from.")) {
      const std::string* text = moment.source ? moment.source->find(name.substr(5)) : nullptr;
      return text ? *text : std::string();
    }
    if (moment.person) {
      const Person& person = *moment.person;
      if (name == "name") return person.name;
      if (name == "sex") return person.female ? "female" : "male";
      if (name == "citizen_id") return person.citizen_id;
      if (name == "birth_date") return person.born.to_string();
      if (name == "phone") return person.phone;
      if (name == "address") return person.address;
      if (name == "village") return person.village;
      if (name == "town") return person.town;
      if (name == "household") return person.household;
      if (name == "age") return std::to_string(age_on(person.born, moment.day));
    } else if (name == "name") {
      return make_name(*moment.random, moment.random->below(2) == 0, moment.day.year() - 40);
    } else if (name == "village") {
      return make_village(*moment.random);
    } else if (name == "town") {
      return make_town(*moment.random);
    }
    return {};
  };
  scene.any = [&](const package::Item& item) -> std::string {
    const size_t size = m_population.size(item.to, moment.org);
    if (size == 0) return {};
    size_t index = moment.random->below(size);
    if (moment.dealt) { // nobody twice among the rows of one record
      auto& taken = (*moment.dealt)[item.id];
      if (taken.size() >= size)
        refuse(item.place, fmt::format("{} has only {} entries of {} to choose different ones from; make more",
                                       moment.org, size, item.to));
      while (std::find(taken.begin(), taken.end(), index) != taken.end())
        index = (index + 1) % size;
      taken.push_back(index);
    }
    return m_population.at(item.to, moment.org, index);
  };
  return recipe.evaluate(scene);
}

Recipe Maker::recipe_of(const Batch& batch) const {
  Recipe recipe;
  const auto add = [&](const Spec& spec, const Values& values) {
    recipe.add(*spec.items, with_own_values(values), spec.place());
  };
  // What decides goes before what only fills, whichever figure says it.
  add(*batch.spec, batch.spec->set);
  for (const auto* spec : batch.also)
    add(*spec, spec->set);
  add(*batch.spec, batch.spec->fill);
  for (const auto* spec : batch.also)
    add(*spec, spec->fill);
  for (const auto& item : batch.spec->counted_dates)
    recipe.keep_within(item);
  for (const auto* spec : batch.also)
    for (const auto& item : spec->counted_dates)
      recipe.keep_within(item);
  return recipe;
}

// --- subjects ---

std::optional<Maker::Subject> Maker::draw_subject(const Batch& batch, const std::string& org, base::Date day,
                                                  Random& random, std::vector<bool>* had) {
  const package::Form& form = *batch.spec->form;
  const auto about = m_program.catalog().registers.find(form.about);
  if (about == m_program.catalog().registers.end()) return Subject{};
  if (about->second.kept_as == "Organization") return Subject{"Organization/" + org, UINT32_MAX};
  const Pool* pool = m_population.pool(form.about, batch.org);
  if (!pool) {
    const auto any = m_population.any(form.about, batch.org, random);
    if (any.empty()) return {};
    return Subject{any, UINT32_MAX};
  }
  if (batch.of_set) {
    const auto& members = m_members[*batch.of_set];
    for (int draw = 0; draw < k_draws_max && !members.empty(); ++draw) {
      const uint32_t person = members[random.below(members.size())];
      const int age = age_on(pool->born(person), day);
      if (pool->born(person) <= day && age >= batch.spec->about.age_low && age <= batch.spec->about.age_high)
        return Subject{pool->reference(person), person};
    }
    return {};
  }
  std::vector<const std::vector<bool>*> taken;
  for (const size_t set : batch.sets) {
    if (m_taken[set].size() < pool->size()) m_taken[set].resize(pool->size(), false);
    taken.push_back(&m_taken[set]);
  }
  if (had) {
    if (had->size() < pool->size()) had->resize(pool->size(), false);
    taken.push_back(had);
  }
  const auto person = pool->draw(batch.spec->about, day, taken, random);
  if (!person) return {};
  return Subject{pool->reference(*person), *person};
}

void Maker::count_subject(const Batch& batch, const Subject& subject) {
  if (subject.person == UINT32_MAX) return;
  for (const size_t set : batch.sets) {
    m_taken[set][subject.person] = true;
    m_members[set].push_back(subject.person);
  }
}

std::vector<bool>* Maker::who_had(const Spec& spec,
                                  const std::vector<std::pair<const package::Item*, std::string>>& values) {
  if (spec.once.empty()) return nullptr;
  std::string key = spec.form->id;
  for (const auto& id : spec.once)
    for (const auto& [item, text] : values)
      if (item->id == id) key += '\x1f' + text;
  return &m_once[key];
}

// --- records ---

void Maker::write(const Plan& plan) {
  m_taken.resize(plan.sets.size());
  m_members.resize(plan.sets.size());
  for (const auto& batch : plan.batches)
    m_planned += batch.records();
  for (const auto& intervals : plan.intervals)
    m_planned += static_cast<int64_t>(intervals.solution.intervals.size());
  for (const auto& returns : plan.returns)
    m_planned += static_cast<int64_t>(returns.values.size());

  // Organisations first, for all else is of one; then the other registers, for forms refer to them; then what others
  // are made from; then those about somebody counted elsewhere.
  const auto& registers = m_program.catalog().registers;
  for (const int turn : {0, 1, 2}) {
    for (const auto& intervals : plan.intervals) {
      const auto reg = registers.find(intervals.what);
      const int own = reg == registers.end() ? 2 : reg->second.kept_as == "Organization" ? 0 : 1;
      if (own == turn) write_interval(intervals);
    }
    flush_entries();
  }
  for (const int turn : {0, 1, 2})
    for (const auto& batch : plan.batches) {
      const int own = batch.of_set || !batch.of_stock.empty() ? 2 : batch.spec->from.empty() ? 0 : 1;
      if (own == turn) write_batch(plan, batch);
    }
  for (const auto& returns : plan.returns)
    write_returns(returns);
  flush();
}

bool Maker::is_asked(const Spec& spec) const {
  return std::any_of(m_totals.targets.begin(), m_totals.targets.end(), [&](const Target& target) {
    if (target.soft) return false;
    const auto wanted = m_specs.by_indicator.find(target.indicator->id);
    return wanted != m_specs.by_indicator.end() &&
           std::any_of(wanted->second.begin(), wanted->second.end(),
                       [&](const auto* one) { return one->counts && counts_for(spec, *one); });
  });
}

void Maker::write_everyone() {
  for (const auto& spec : m_specs.list) {
    if (!spec.everyone || !spec.counts || is_asked(spec)) continue;
    for (const auto& people : m_totals.people) {
      const Pool* pool = m_population.pool(spec.form->about, people.org);
      if (people.register_id != spec.form->about || !pool) continue;
      Recipe recipe;
      recipe.add(*spec.items, with_own_values(spec.set), spec.place());
      recipe.add(*spec.items, with_own_values(spec.fill), spec.place());
      auto random = Random::of(m_totals.seed, fmt::format("everyone {} {}", spec.indicator->id, people.org));
      base::Date first = people.as_of + -k_everyone_days;
      for (uint32_t person = 0; person < pool->size(); ++person) {
        Moment moment;
        moment.random = &random;
        moment.first = first;
        moment.last = people.as_of;
        const base::Date from = std::max(first, pool->born(person));
        moment.day = from + static_cast<int32_t>(random.between(0, people.as_of - from));
        moment.org = place(spec, people.org, moment.day, random);
        moment.serial = next_serial(spec.form->id, moment.day);
        submit(*spec.form, people.org, {pool->reference(person), person}, moment, evaluate(recipe, moment), {}, true);
      }
    }
  }
}

void Maker::write(const Batch& batch) {
  static const Plan k_no_rows;
  write_batch(k_no_rows, batch);
}

std::string Maker::place(const Spec& spec, const std::string& org, base::Date day, Random& random) {
  if (spec.at.empty()) return org;
  auto& places = m_places[fmt::format("{}:{} {} {}", spec.place().file, spec.place().line, org, day.year())];
  if (places.list.empty()) {
    const base::Period year = base::Period::year_of(day.year());
    places.list = m_population.places(org, spec.at, year.first(), year.last());
    for (const auto& [id, weight] : places.list)
      places.weight += weight;
  }
  auto draw = random.below(places.weight);
  for (const auto& [id, weight] : places.list) {
    if (draw < weight) return id;
    draw -= weight;
  }
  return org;
}

std::optional<Person> Maker::new_person(const package::Register& reg, const Spec& spec, base::Date day) {
  if (reg.kept_as != "Practitioner" && reg.kept_as != "Patient" && reg.kept_as != "RelatedPerson") return {};
  auto& maker = m_new_people[fmt::format("{} {}..{}", reg.id, spec.about.age_low, spec.about.age_high)];
  if (!maker) {
    const int high = std::min(spec.about.age_high, k_oldest);
    const int region = PeopleMaker::k_region_first +
                       PeopleMaker::k_regions_each * static_cast<int>(m_totals.people.size() + m_new_people.size());
    maker = std::make_unique<PeopleMaker>(Random::of(m_totals.seed, "new " + reg.id), day,
                                          std::vector<AgeBand>{{std::min(spec.about.age_low, high), high, 1}}, region);
  }
  return maker->next();
}

void Maker::write_interval(const Intervals& intervals) {
  if (intervals.specs.empty()) return;
  const auto& catalog = m_program.catalog();
  const auto form = catalog.forms.find(intervals.what);
  const bool is_form = form != catalog.forms.end();
  const auto& items = is_form ? form->second.items : catalog.registers.at(intervals.what).items;
  // One recipe for those that still last, one for those that have ended.
  std::array<Recipe, 2> recipes;
  Batch batch;
  batch.org = intervals.org;
  Spec spec = *intervals.specs.front();
  for (const auto* other : intervals.specs) {
    if (other->about.age_high < 200 || other->about.female) spec.about = other->about;
    if (spec.at.empty()) spec.at = other->at;
  }
  batch.spec = &spec;
  for (const bool ended : {false, true}) {
    const auto own = [&](const Values& values) {
      Values result;
      for (auto entry : with_own_values(values)) {
        if (entry.first == intervals.items.since) entry.second = "$start";
        if (entry.first == intervals.items.until) entry.second = "$end";
        result.push_back(std::move(entry));
      }
      return result;
    };
    auto& recipe = recipes[ended];
    for (const auto* other : intervals.specs) {
      if (!ended && other->value_of(intervals.items.until)) continue;
      recipe.add(items, own(other->set), other->place());
      recipe.add(items, own(other->fill), other->place());
      if (ended) recipe.add(items, own(other->fill_ended), other->place());
    }
    recipe.add(items, {{intervals.items.since, "$start"}}, spec.place());
    if (ended) recipe.add(items, {{intervals.items.until, "$end"}}, spec.place());
  }
  std::string name = "interval " + intervals.what + " " + intervals.org;
  for (const auto& [key, text] : intervals.conditions)
    name += " " + key + "=" + text;
  auto random = Random::of(m_totals.seed, name);
  std::set<std::string> stocks;
  for (const auto* other : intervals.specs)
    if (other->indicator->period == package::PeriodKind::stock && m_drawn_stocks.contains(other->indicator->id))
      stocks.insert(other->indicator->id);
  // Nobody has two at once. They come in the order of their beginnings, so that whoever's has ended is let go first.
  std::vector<bool> busy;
  using Ending = std::pair<base::Date, uint32_t>;
  std::priority_queue<Ending, std::vector<Ending>, std::greater<>> endings;
  for (const auto& interval : intervals.solution.intervals) {
    for (; !endings.empty() && endings.top().first <= interval.start; endings.pop())
      busy[endings.top().second] = false;
    Moment moment;
    moment.random = &random;
    moment.org = place(spec, intervals.org, interval.start, random);
    moment.day = interval.start;
    moment.start = interval.start;
    moment.end = interval.end;
    moment.serial = next_serial(intervals.what, interval.start);
    std::optional<Person> person;
    if (!is_form) person = new_person(catalog.registers.at(intervals.what), spec, interval.start);
    if (person) moment.person = &*person;
    const auto values = evaluate(recipes[interval.end.has_value()], moment);
    if (!is_form) {
      add_entry(catalog.registers.at(intervals.what), intervals.org, moment, values);
      continue;
    }
    const auto subject = draw_subject(batch, moment.org, interval.start, random, &busy);
    if (!subject && intervals.targets.front()->soft) continue;
    if (!subject)
      refuse(spec.place(),
             fmt::format("there is nobody left of the age and sex for {} in {}", intervals.what, intervals.org));
    if (subject->person != UINT32_MAX) {
      busy[subject->person] = true;
      if (interval.end) endings.emplace(*interval.end, subject->person);
    }
    for (const auto& stock : stocks)
      m_stocks[stock][intervals.org].push_back({*subject, interval.start, interval.end});
    if (interval.end) moment.day = *interval.end;
    submit(form->second, intervals.org, *subject, moment, values, {}, true);
  }
}

std::optional<Maker::Subject> Maker::draw_member(const Batch& batch, base::Date& day, Random& random) {
  const auto& indicator = *batch.spec->indicator;
  auto& draw =
      m_draws[fmt::format("{} {} {} {}", indicator.id, batch.spec->counts, batch.org, batch.period.to_string())];
  if (draw.order.empty()) {
    for (const auto& [org, members] : m_stocks[batch.of_stock]) {
      if (org != batch.org && !m_population.is_beneath(org, batch.org)) continue;
      for (const auto& member : members)
        if (member.since <= batch.period.last() && (!member.until || *member.until > batch.period.last()))
          draw.order.push_back(&member);
    }
    for (size_t i = draw.order.size(); i > 1; --i)
      std::swap(draw.order[i - 1], draw.order[random.below(i)]);
  }
  const bool each_once = indicator.kind == package::IndicatorKind::proportion || indicator.count == "subjects";
  if (draw.order.empty() || (each_once && draw.next >= draw.order.size())) return {};
  const Member& member = *draw.order[draw.next++ % draw.order.size()];
  day = std::max(day, member.since);
  return member.subject;
}

void Maker::deal_rows(const Plan& plan, const Batch& batch) {
  m_dealt.clear();
  m_parent = 0;
  if (!batch.spec->counts || !batch.spec->form) return;
  // All records of the form in that organisation and period share the rows, this batch's come in their turn.
  int64_t before = 0;
  int64_t parents = 0;
  for (const auto& other : plan.batches) {
    if (other.spec->form != batch.spec->form || other.org != batch.org || other.period != batch.period ||
        !other.spec->counts)
      continue;
    if (&other == &batch) before = parents;
    parents += other.records();
  }
  for (const auto& rows : plan.rows) {
    if (rows.spec->form != batch.spec->form || rows.org != batch.org || rows.period != batch.period || rows.count == 0)
      continue;
    auto random = Random::of(m_totals.seed, fmt::format("rows {} {} {} {}", rows.spec->what(), rows.org,
                                                        rows.period.to_string(), rows.spec->place().line));
    Dealt dealt;
    dealt.rows = &rows;
    const std::vector<uint64_t> weights(static_cast<size_t>(parents), 1);
    const auto all = spread(rows.count, weights, random.below(1000));
    dealt.per_parent.assign(all.begin() + before, all.begin() + before + batch.records());
    dealt.recipe.add(*rows.spec->items, rows.spec->set, rows.spec->place());
    dealt.recipe.add(*rows.spec->items, rows.spec->fill, rows.spec->place());
    m_dealt.push_back(std::move(dealt));
  }
}

std::vector<Maker::Answer> Maker::rows_of_next(const Moment& moment) {
  std::vector<Answer> groups;
  std::map<std::string, std::vector<size_t>> dealt_before;
  for (const auto& dealt : m_dealt) {
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const auto& other) { return other.item == dealt.rows->spec->group; });
    if (group == groups.end()) {
      groups.push_back({dealt.rows->spec->group, {}, {}});
      group = groups.end() - 1;
    }
    Moment own = moment;
    own.dealt = &dealt_before;
    for (int64_t i = 0; i < dealt.per_parent[m_parent]; ++i) {
      std::vector<Answer> row;
      for (const auto& [item, text] : evaluate(dealt.recipe, own))
        row.push_back({item->id, {text}, {}});
      group->groups.push_back(std::move(row));
    }
  }
  for (auto& group : groups) { // hits and misses mixed
    auto& rows = group.groups;
    for (size_t i = rows.size(); i > 1; --i)
      std::swap(rows[i - 1], rows[moment.random->below(i)]);
  }
  std::erase_if(groups, [](const auto& group) { return group.groups.empty(); });
  ++m_parent;
  return groups;
}

bool Maker::still_fits(const Spec& spec, const std::string& org, const Subject& subject, base::Date day) const {
  if (subject.person == UINT32_MAX) return true;
  const int age = age_on(m_population.pool(spec.form->about, org)->born(subject.person), day);
  return age >= spec.about.age_low && age <= spec.about.age_high;
}

void Maker::write_batch(const Plan& plan, const Batch& batch) {
  const Spec& spec = *batch.spec;
  const Recipe recipe = recipe_of(batch);
  if (!spec.from.empty()) return write_from(batch, recipe);
  deal_rows(plan, batch);
  auto random = Random::of(m_totals.seed, fmt::format("batch {} {} {} {} {}", spec.indicator->id, spec.place().line,
                                                      batch.org, batch.period.to_string(), spec.counts));
  std::vector<size_t> next_value(batch.sums.size(), 0);
  for (size_t i = 0; i < batch.per_day.size(); ++i) {
    for (int64_t n = 0; n < batch.per_day[i]; ++n) {
      Moment moment;
      moment.random = &random;
      moment.org = batch.org;
      moment.day = batch.period.first() + static_cast<int32_t>(i);
      moment.first = batch.period.first();
      moment.last = batch.period.last();
      for (size_t s = 0; s < batch.sums.size(); ++s)
        moment.values["value_" + batch.sums[s].item] =
            decimal_text(batch.sums[s].values[next_value[s]++], batch.sums[s].scale);
      moment.org = place(spec, batch.org, moment.day, random);
      if (spec.reg) {
        moment.serial = next_serial(spec.reg->id, moment.day);
        const auto person = new_person(*spec.reg, spec, moment.day);
        if (person) moment.person = &*person;
        add_entry(*spec.reg, batch.org, moment, evaluate(recipe, moment));
        continue;
      }
      std::optional<Subject> subject;
      std::vector<std::pair<const package::Item*, std::string>> values;
      if (!batch.of_stock.empty()) subject = draw_member(batch, moment.day, random);
      moment.serial = next_serial(spec.form->id, moment.day);
      if (subject) values = evaluate(recipe, moment);
      for (int draw = 0; draw < k_draws_max && !subject && batch.of_stock.empty(); ++draw) {
        values = evaluate(recipe, moment);
        auto* had = who_had(spec, values);
        subject = draw_subject(batch, moment.org, moment.day, random, had);
        if (subject && had && subject->person != UINT32_MAX) (*had)[subject->person] = true;
        if (!had) break;
      }
      if (!subject && (!spec.counts || (batch.target && batch.target->soft))) continue; // nobody to be left out
      if (!subject)
        refuse(spec.place(), fmt::format("{} in {}: nobody{} is left for {} on {}; make more people", batch.org,
                                         batch.period.to_string(), spec.once.empty() ? "" : " who has not had it",
                                         spec.indicator->id, moment.day.to_string()));
      count_subject(batch, *subject);
      submit(*spec.form, batch.org, *subject, moment, values, rows_of_next(moment), spec.counts);
      // Further records of the same subject, later in the period.
      for (auto more = random.between(spec.each.low, spec.each.high); more > 1; --more) {
        if (moment.day >= batch.period.last()) break;
        base::Date day =
            moment.day + static_cast<int32_t>(random.between(1, std::min(60, batch.period.last() - moment.day)));
        while (spec.days == Days::working && (weekday(day) >= 5 || is_public_holiday(day)))
          day = day + 1;
        if (day > batch.period.last() || !still_fits(spec, batch.org, *subject, day)) break;
        moment.day = day;
        moment.serial = next_serial(spec.form->id, moment.day);
        submit(*spec.form, batch.org, *subject, moment, evaluate(recipe, moment), {}, spec.counts);
      }
    }
  }
}

void Maker::write_from(const Batch& batch, const Recipe& recipe) {
  const Spec& spec = *batch.spec;
  auto random = Random::of(m_totals.seed, fmt::format("from {} {} {} {}", spec.indicator->id, spec.place().line,
                                                      batch.org, batch.period.to_string()));
  const auto& sources = m_sources[spec.from + " " + batch.org];
  auto& used = m_sources_used[spec.form->id + " " + spec.from + " " + batch.org];
  used.resize(sources.size(), false);
  std::vector<size_t> candidates;
  for (size_t i = 0; i < sources.size(); ++i) {
    if (used[i]) continue;
    const std::string* on = sources[i].find(spec.on);
    const auto day = on ? base::Date::parse(*on) : std::nullopt;
    if (!day || *day < batch.period.first() || *day > batch.period.last()) continue;
    if (std::all_of(spec.where.begin(), spec.where.end(), [&](const auto& wanted) {
          const std::string* text = sources[i].find(wanted.first);
          return text && *text == wanted.second;
        }))
      candidates.push_back(i);
  }
  const auto wanted = static_cast<size_t>(batch.records());
  if (candidates.size() < wanted && spec.counts && !batch.target->soft)
    refuse(batch.target->place, fmt::format("{} cannot be met: it needs {} of {}, and {} are left",
                                            batch.target->name(), wanted, spec.from, candidates.size()));
  const size_t count = std::min(wanted, candidates.size());
  for (size_t i = 0; i < count; ++i)
    std::swap(candidates[i], candidates[i + random.below(candidates.size() - i)]);
  candidates.resize(count);
  std::sort(candidates.begin(), candidates.end());
  for (const size_t index : candidates) {
    used[index] = true;
    Moment moment;
    moment.random = &random;
    moment.org = batch.org;
    moment.source = &sources[index];
    moment.day = *base::Date::parse(*sources[index].find(spec.on));
    moment.org = place(spec, batch.org, moment.day, random);
    moment.first = batch.period.first();
    moment.last = batch.period.last();
    moment.serial = next_serial(spec.form->id, moment.day);
    submit(*spec.form, batch.org, {sources[index].subject, sources[index].person}, moment, evaluate(recipe, moment), {},
           spec.counts);
  }
}

void Maker::write_returns(const Returns& returns) {
  Values at;
  for (const auto* spec : returns.specs)
    if (at.empty()) at = spec->at;
  const auto make = [&](const std::vector<const Spec*>& specs, const std::string& org, const base::Period& cycle,
                        const std::map<std::string, std::string>& given, const std::string& state, bool counts) {
    auto random =
        Random::of(m_totals.seed, fmt::format("return {} {} {} {}", returns.form->id, org, cycle.to_string(), counts));
    Recipe recipe;
    for (const auto* spec : specs) {
      recipe.add(*spec->items, with_own_values(spec->set), spec->place());
      recipe.add(*spec->items, with_own_values(spec->fill), spec->place());
    }
    Moment moment;
    moment.random = &random;
    moment.org = org;
    moment.day = cycle.last() + static_cast<int32_t>(random.between(2, 6));
    moment.first = cycle.first();
    moment.last = cycle.last();
    moment.serial = next_serial(returns.form->id, cycle.first());
    for (const auto& [item, text] : given)
      moment.values["value_" + item] = text;
    const base::Date first = cycle.first();
    std::string period = cycle.to_string();
    if (returns.form->cycle == package::ReturnCycle::month) period = first.to_string().substr(0, 7);
    if (returns.form->cycle == package::ReturnCycle::year) period = first.to_string().substr(0, 4);
    if (returns.form->cycle == package::ReturnCycle::quarter)
      period = fmt::format("{}Q{}", first.year(), (first.month() + 2) / 3);
    if (returns.form->cycle == package::ReturnCycle::half)
      period = fmt::format("{}H{}", first.year(), first.month() > 6 ? 2 : 1);
    submit(*returns.form, returns.org, {"Organization/" + org, UINT32_MAX}, moment, evaluate(recipe, moment), {},
           counts, period, state);
  };
  std::string state(k_accepted);
  for (const auto* spec : returns.specs)
    if (!spec->state.empty()) state = spec->state;
  // Each institution returns its part; the parts add up.
  for (const auto& [first, values] : returns.values) {
    const auto cycle = cycle_period(returns.form->cycle, first);
    const auto places = m_population.places(returns.org, at, cycle.first(), cycle.last());
    std::vector<uint64_t> weights;
    for (const auto& [id, weight] : places)
      weights.push_back(weight * (70 + Random::of(m_totals.seed, "size of " + id).below(61)));
    std::vector<std::map<std::string, std::string>> parts(places.size());
    for (const auto& [item, text] : values) {
      const auto whole = base::Decimal::parse(text)->normalized();
      const auto cents = spread(static_cast<int64_t>(whole.coefficient()), weights);
      for (size_t i = 0; i < places.size(); ++i)
        parts[i][item] = decimal_text(cents[i], whole.scale());
    }
    for (size_t i = 0; i < places.size(); ++i)
      make(returns.specs, places[i].first, cycle, parts[i], state, true);
  }
  // A return that must not count stands in the period after the last, which nobody has returned.
  if (returns.values.empty()) return;
  base::Date first = cycle_period(returns.form->cycle, returns.values.rbegin()->first).end();
  for (const auto* spec : returns.not_counted) {
    const auto cycle = cycle_period(returns.form->cycle, first);
    const auto places = m_population.places(returns.org, at, cycle.first(), cycle.last());
    make({spec}, places.front().first, cycle, {}, spec->state.empty() ? "draft" : spec->state, false);
    first = cycle.end();
  }
}

bool Maker::made(std::string_view record) const {
  const size_t slash = record.find('/');
  if (slash == std::string_view::npos || record.substr(0, slash) != "QuestionnaireResponse") return false;
  const std::string_view id = record.substr(slash + 1);
  const size_t dash = id.rfind('-');
  if (dash == std::string_view::npos) return false;
  int64_t number = 0;
  const auto [end, problem] = std::from_chars(id.data() + dash + 1, id.data() + id.size(), number);
  if (problem != std::errc() || end != id.data() + id.size()) return false;
  for (const auto& [what, count] : m_made)
    if (hyphened(what) == id.substr(0, dash)) return number >= 1 && number <= count;
  return false;
}

size_t Maker::remove(const std::vector<std::string>& records) {
  flush();
  std::vector<store::Write> writes;
  for (const auto& record : records) {
    if (!made(record)) continue;
    store::Write write;
    write.kind = store::Write::Kind::remove;
    write.type = "QuestionnaireResponse";
    write.id = record.substr(record.find('/') + 1);
    writes.push_back(std::move(write));
  }
  const size_t count = writes.size();
  for (size_t at = 0; at < count; at += m_options.transaction_records_max) {
    const size_t end = std::min(count, at + m_options.transaction_records_max);
    m_program.write({std::make_move_iterator(writes.begin() + static_cast<ptrdiff_t>(at)),
                     std::make_move_iterator(writes.begin() + static_cast<ptrdiff_t>(end))});
  }
  return count;
}

} // namespace xinglin::sim
