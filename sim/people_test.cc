#include "sim/people.h"

#include "lib/base/id.h"
#include "lib/base/text.h"

#include <doctest/doctest.h>

#include <map>
#include <set>

using namespace xinglin;
using sim::PeopleMaker;
using sim::Random;

namespace {
base::Date day(const char* text) {
  return *base::Date::parse(text);
}
} // namespace

TEST_CASE("citizen IDs pass the check, carry birth and sex, and differ") {
  PeopleMaker maker(Random::of(7, "people"), day("2023-12-31"), {{0, 6, 1}, {60, 95, 1}});
  std::set<std::string> ids;
  for (int i = 0; i < 5000; ++i) {
    const auto person = maker.next();
    CHECK(base::is_citizen_id(person.citizen_id));
    std::string born = person.born.to_string();
    CHECK(person.citizen_id.substr(6, 8) == born.substr(0, 4) + born.substr(5, 2) + born.substr(8, 2));
    CHECK((person.citizen_id[16] - '0') % 2 == (person.female ? 0 : 1));
    CHECK(person.citizen_id.starts_with("99"));
    CHECK(ids.insert(person.citizen_id).second);
  }
}

TEST_CASE("IDs stay different when more are born on one day than a region has numbers") {
  PeopleMaker maker(Random::of(7, "people"), day("2000-01-02"), {{0, 0, 1}});
  std::set<std::string> ids;
  for (int i = 0; i < 400000; ++i)
    ids.insert(maker.next().citizen_id);
  CHECK(ids.size() == 400000);
}

TEST_CASE("ages follow the bands on the day asked for") {
  PeopleMaker maker(Random::of(1, "people"), day("2024-02-29"), {{0, 0, 1}, {7, 17, 2}, {60, 60, 1}});
  std::map<int, int> bands;
  for (int i = 0; i < 4000; ++i) {
    const int age = sim::age_on(maker.next().born, day("2024-02-29"));
    CHECK((age == 0 || (age >= 7 && age <= 17) || age == 60));
    ++bands[age == 0 ? 0 : age == 60 ? 2 : 1];
  }
  CHECK(bands[1] > bands[0]);
  CHECK(bands[1] > bands[2]);
  CHECK(bands[0] > 700);
}

TEST_CASE("names are characters, of two to four, and repeat from the same seed") {
  Random random = Random::of(3, "names");
  Random again = Random::of(3, "names");
  for (int i = 0; i < 2000; ++i) {
    const auto name = sim::make_name(random, i % 2, 1940 + i % 84);
    CHECK(base::is_valid_utf8(name));
    CHECK(name.size() >= 6);
    CHECK(name.size() <= 12);
    CHECK(name == sim::make_name(again, i % 2, 1940 + i % 84));
  }
}

TEST_CASE("an age changes on the birthday") {
  CHECK(sim::age_on(day("2000-02-29"), day("2001-02-28")) == 0);
  CHECK(sim::age_on(day("2000-02-29"), day("2001-03-01")) == 1);
  CHECK(sim::age_on(day("2000-05-01"), day("2020-04-30")) == 19);
  CHECK(sim::age_on(day("2000-05-01"), day("2020-05-01")) == 20);
}
