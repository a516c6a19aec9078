#include "sim/recipe.h"

#include "lib/base/decimal.h"
#include "lib/base/issue.h"

#include <doctest/doctest.h>

#include <map>
#include <set>

using namespace xinglin;
using namespace xinglin::sim;
using package::Item;
using package::ItemType;

namespace {

std::vector<Item> items() {
  std::vector<Item> list;
  const auto add = [&](const char* id, ItemType type) {
    Item item;
    item.id = id;
    item.type = type;
    list.push_back(item);
  };
  add("day_on", ItemType::date);
  add("later_on", ItemType::date);
  add("kind", ItemType::choice);
  add("note", ItemType::string);
  add("whole", ItemType::money);
  add("part", ItemType::money);
  add("rest", ItemType::money);
  add("doctor", ItemType::reference);
  list[2].options = {{"a", {}}, {"b", {}}, {"c", {}}};
  return list;
}

std::map<std::string, std::string> make(const std::vector<std::pair<std::string, std::string>>& values, uint64_t seed,
                                        const char* within = nullptr) {
  static const auto k_items = items();
  Recipe recipe;
  recipe.add(k_items, values, {"x.yml", 3});
  if (within) recipe.keep_within(within);
  Random random(seed);
  Scene scene;
  scene.random = &random;
  scene.first = *base::Date::parse("2023-01-01");
  scene.last = *base::Date::parse("2023-12-31");
  scene.variable = [](std::string_view name) -> std::optional<std::string> {
    if (name == "day") return "2023-12-28";
    if (name == "year") return "2023";
    if (name == "serial") return "17";
    return {};
  };
  scene.any = [](const Item&) { return "Practitioner/1"; };
  std::map<std::string, std::string> result;
  for (const auto& [item, text] : recipe.evaluate(scene))
    result[item->id] = text;
  return result;
}

std::string refusal(const std::vector<std::pair<std::string, std::string>>& values) {
  try {
    make(values, 1);
  } catch (const base::Refused& refused) {
    return refused.issues().to_text();
  }
  return "";
}

} // namespace

TEST_CASE("values: days, texts, numbers, references") {
  auto got =
      make({{"day_on", "$day"}, {"later_on", "$day_on + 2..2"}, {"note", "ZY$year-$serial号"}, {"doctor", "any"}}, 1);
  CHECK(got["day_on"] == "2023-12-28");
  CHECK(got["later_on"] == "2023-12-30");
  CHECK(got["note"] == "ZY2023-17号");
  CHECK(got["doctor"] == "Practitioner/1");
  CHECK(make({{"later_on", "$day - 3"}}, 1)["later_on"] == "2023-12-25");
}

TEST_CASE("values: a difference of two others is exact, in whatever order they stand") {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    auto got = make({{"rest", "$whole - $part"}, {"whole", "100.00..200.00"}, {"part", "10.00..99.99"}}, seed);
    const auto sum = *base::Decimal::parse(got["rest"]) + *base::Decimal::parse(got["part"]);
    CHECK(sum == *base::Decimal::parse(got["whole"]));
    CHECK(got["whole"].size() == 6);
  }
}

TEST_CASE("values: alternatives by weight, tuples together, empty ones left out") {
  std::map<std::string, int> seen;
  for (uint64_t seed = 0; seed < 900; ++seed) {
    auto got = make({{"kind,note", "a,first*8|b,second"}}, seed);
    CHECK(((got["kind"] == "a" && got["note"] == "first") || (got["kind"] == "b" && got["note"] == "second")));
    ++seen[got["kind"]];
  }
  CHECK(seen["a"] > 4 * seen["b"]);
  CHECK(seen["b"] > 40);
  std::set<size_t> sizes;
  for (uint64_t seed = 0; seed < 40; ++seed)
    sizes.insert(make({{"note", "x|"}}, seed).size());
  CHECK(sizes == std::set<size_t>{0, 1});
}

TEST_CASE("values: a counted date stays within the period") {
  for (uint64_t seed = 0; seed < 40; ++seed)
    CHECK(make({{"later_on", "$day + 0..12"}}, seed, "later_on")["later_on"] <= "2023-12-31");
}

TEST_CASE("values: what was set first wins") {
  auto got = make({{"note", "one"}, {"kind,note", "a,two"}}, 1);
  CHECK(got["note"] == "one");
  CHECK(got["kind"] == "a");
}

TEST_CASE("values: mistakes name file, line and mend") {
  CHECK(refusal({{"knid", "a"}}).find("x.yml:3: error: there is no item 'knid' here; did you mean 'kind'?") !=
        std::string::npos);
  CHECK(refusal({{"kind", "z"}}).find("'z' is not an option for item kind") != std::string::npos);
  CHECK(refusal({{"day_on", "soon"}}).find("not a date") != std::string::npos);
  CHECK(refusal({{"note", "$nobody"}}).find("there is no '$nobody'") != std::string::npos);
  CHECK(refusal({{"kind,note", "a"}}).find("has 1 values for the 2 items") != std::string::npos);
  CHECK(refusal({{"note", "$note!"}}).find("made from itself") != std::string::npos);
}

TEST_CASE("whether what is made for one figure counts for another") {
  const auto list = items();
  CHECK(meets(list[2], "a", "a|b") == Meets::yes);
  CHECK(meets(list[2], "a*3|b", "b*9|a") == Meets::yes);
  CHECK(meets(list[2], "a|c", "a|b") == Meets::no);
  CHECK(meets(list[0], "$day", "$day") == Meets::yes);
  CHECK(meets(list[4], "62..98", "60..100") == Meets::yes);
  CHECK(meets(list[4], "38..59", "60..100") == Meets::no);
  CHECK(parse_range("6.0..14")->high == 140);
  CHECK(decimal_text(1234, 1) == "123.4");
}
