#include "sim/people.h"

#include "lib/base/text.h"

#include <array>
#include <cassert>

#include <fmt/format.h>

namespace xinglin::sim {
namespace {

struct Surname {
  std::string_view text;
  int weight; ///< rough share per thousand, our own estimate
};

constexpr std::array<Surname, 64> k_surnames{
    {{"王", 72}, {"李", 72}, {"张", 67}, {"刘", 54}, {"陈", 46}, {"杨", 31}, {"黄", 22}, {"赵", 22},
     {"吴", 20}, {"周", 20}, {"徐", 15}, {"孙", 15}, {"马", 13}, {"朱", 13}, {"胡", 13}, {"郭", 12},
     {"何", 12}, {"林", 11}, {"高", 10}, {"罗", 10}, {"郑", 9},  {"梁", 9},  {"谢", 8},  {"宋", 8},
     {"唐", 8},  {"许", 7},  {"邓", 6},  {"冯", 6},  {"韩", 6},  {"曹", 6},  {"曾", 6},  {"彭", 6},
     {"肖", 6},  {"蔡", 5},  {"潘", 5},  {"田", 5},  {"董", 5},  {"袁", 5},  {"于", 5},  {"余", 5},
     {"叶", 4},  {"蒋", 4},  {"杜", 4},  {"苏", 4},  {"魏", 4},  {"程", 4},  {"吕", 4},  {"丁", 4},
     {"沈", 4},  {"任", 4},  {"姚", 3},  {"卢", 3},  {"傅", 3},  {"钟", 3},  {"姜", 3},  {"崔", 3},
     {"谭", 3},  {"廖", 3},  {"范", 3},  {"汪", 3},  {"陆", 3},  {"金", 3},  {"石", 3},  {"欧阳", 1}}};

// Characters of given names by generation: born before 1970, 1970 to 1994, later.
constexpr std::array<std::string_view, 3> k_male{
    "建国华明军德福贵祥金根生荣发清平光文忠良春林永志松山海兴顺全富有才正义国民友",
    "伟强勇军杰磊涛鹏斌波辉刚健峰亮平飞超俊明刚东洋龙宏志凯旭文海毅威锋宁敏",
    "浩宇轩泽子睿辰昊博铭然俊逸晨航一诺奕霖皓宸梓豪煜祺嘉承瑞哲洋天佑安恒景行"};
constexpr std::array<std::string_view, 3> k_female{
    "秀英兰芳珍梅桂香玉凤莲翠菊花云淑惠春爱娥琴美霞素荣金巧月贞喜妹银",
    "丽敏静艳娟霞燕红玲芳娜萍琳洁莉婷雪慧倩颖蓉晶佳欣洋丹蕾薇璐青虹琼",
    "子涵梓萱欣怡诗雨桐可馨思琪语嫣若汐雅婷佳怡芷晴一诺沐瑶依诺梦瑾悦妍晓彤安然"};

// Halves of names of places; any two make one.
constexpr std::string_view k_place_first = "青石白枫双桃河茶松云龙凤金银清平永新大小上下东西南北高长安和兴仁";
constexpr std::string_view k_place_second = "竹桥鹭树井源湾亭坪溪泉岭塘田山冲坡洞门口沙洲林坝湖滩岗埠寨岩";
constexpr std::array<std::string_view, 4> k_village_kinds{"村", "村", "村", "社区"};
constexpr std::array<std::string_view, 4> k_town_kinds{"镇", "镇", "乡", "街道"};
/// Of a hundred households how many have 1, 2, ... 6 members.
constexpr std::array<int, 6> k_household_sizes{18, 28, 24, 17, 9, 4};

std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> result;
  for (size_t at = 0; at + 3 <= text.size(); at += 3)
    result.push_back(text.substr(at, 3)); // all of three bytes
  return result;
}

const std::vector<std::string_view>& given_characters(bool female, int year_of_birth) {
  static const std::array<std::array<std::vector<std::string_view>, 3>, 2> k_all = [] {
    std::array<std::array<std::vector<std::string_view>, 3>, 2> all;
    for (size_t i = 0; i < 3; ++i) {
      all[0][i] = characters(k_male[i]);
      all[1][i] = characters(k_female[i]);
    }
    return all;
  }();
  return k_all[female][year_of_birth < 1970 ? 0 : year_of_birth < 1995 ? 1 : 2];
}

} // namespace

namespace {

std::string make_place(Random& random) {
  static const auto k_first = characters(k_place_first);
  static const auto k_second = characters(k_place_second);
  std::string name(k_first[random.below(k_first.size())]);
  name += k_second[random.below(k_second.size())];
  return name;
}

} // namespace

std::string make_village(Random& random) {
  std::string name = make_place(random);
  name += k_village_kinds[random.below(k_village_kinds.size())];
  return name;
}

std::string make_town(Random& random) {
  std::string name = make_place(random);
  name += k_town_kinds[random.below(k_town_kinds.size())];
  return name;
}

int age_on(base::Date born, base::Date day) {
  const bool before_birthday = day.month() < born.month() || (day.month() == born.month() && day.day() < born.day());
  return day.year() - born.year() - before_birthday;
}

std::string make_name(Random& random, bool female, int year_of_birth) {
  static const uint64_t k_weight = [] {
    uint64_t sum = 0;
    for (const auto& surname : k_surnames)
      sum += static_cast<uint64_t>(surname.weight);
    return sum;
  }();
  auto draw = static_cast<int64_t>(random.below(k_weight));
  size_t at = 0;
  while ((draw -= k_surnames[at].weight) >= 0)
    ++at;
  std::string name(k_surnames[at].text);
  const auto& characters = given_characters(female, year_of_birth);
  name += characters[random.below(characters.size())];
  // A given name of one character was the fashion of the seventies and eighties.
  const uint64_t single = year_of_birth >= 1970 && year_of_birth < 1995 ? 35 : 10;
  if (random.below(100) >= single) name += characters[random.below(characters.size())];
  return name;
}

std::string make_citizen_id(int region, base::Date born, int order) {
  std::string id = fmt::format("{:06}{:04}{:02}{:02}{:03}", region, born.year(), born.month(), born.day(), order);
  constexpr std::array<int, 17> k_weights{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  int sum = 0;
  for (size_t i = 0; i < k_weights.size(); ++i)
    sum += (id[i] - '0') * k_weights[i];
  return id + "10X98765432"[sum % 11];
}

PeopleMaker::PeopleMaker(Random random, base::Date as_of, std::vector<AgeBand> bands, int region,
                         std::vector<std::string> towns)
    : m_random(random), m_as_of(as_of), m_bands(std::move(bands)), m_region(region), m_towns(std::move(towns)) {
  int oldest = 0;
  for (const auto& band : m_bands) {
    m_weight += static_cast<uint64_t>(band.weight);
    oldest = std::max(oldest, band.high);
  }
  assert(m_weight > 0);
  m_earliest = *base::Date::from_civil(as_of.year() - oldest - 1, 1, 1);
  m_orders.resize(static_cast<size_t>(as_of - m_earliest + 1) * 2);
}

Person PeopleMaker::next() {
  Person person;
  auto draw = static_cast<int64_t>(m_random.below(m_weight));
  size_t at = 0;
  while ((draw -= m_bands[at].weight) >= 0)
    ++at;
  const AgeBand& band = m_bands[at];
  // Born so that the age on the day lies in the band: after the birthday `high + 1` years before, up to `low` years
  // before.
  const base::Date latest = m_as_of + -(band.low * 36525 / 100);
  const base::Date earliest = m_as_of + -((band.high + 1) * 36525 / 100) + 1;
  do {
    person.born = base::Date::from_days(static_cast<int32_t>(m_random.between(earliest.days(), latest.days())));
  } while (age_on(person.born, m_as_of) < band.low || age_on(person.born, m_as_of) > band.high);
  person.female = m_random.below(1000) < 492;
  person.name = make_name(m_random, person.female, person.born.year());

  uint32_t& taken = m_orders[static_cast<size_t>(person.born - m_earliest) * 2 + person.female];
  const int order = static_cast<int>(taken % 500) * 2 + (person.female ? 0 : 1);
  person.citizen_id = make_citizen_id(m_region + static_cast<int>(taken / 500), person.born, order);
  ++taken;

  person.phone = fmt::format("100{:08}", (m_count * 7919 + 13) % 100000000);
  if (m_left == 0) { // the next household
    auto size = static_cast<int>(m_random.below(100));
    m_left = 1;
    while ((size -= k_household_sizes[static_cast<size_t>(m_left - 1)]) >= 0)
      ++m_left;
    m_home.town = m_towns.empty() ? make_town(m_random) : m_towns[m_random.below(m_towns.size())];
    m_home.village = make_village(m_random);
    m_home.address =
        fmt::format("{}{}{}组{}号", m_home.town, m_home.village, m_random.between(1, 12), m_random.between(1, 180));
    m_home.household = fmt::format("H{}-{:06}", m_region, ++m_households);
  }
  --m_left;
  person.town = m_home.town;
  person.village = m_home.village;
  person.address = m_home.address;
  person.household = m_home.household;
  ++m_count;
  return person;
}

} // namespace xinglin::sim
