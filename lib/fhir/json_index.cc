#include "lib/fhir/json_index.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#define XINGLIN_JSON_INDEX 1
#include <immintrin.h>
#endif

namespace xinglin::fhir {

#ifdef XINGLIN_JSON_INDEX

namespace {

#define XINGLIN_AVX2 __attribute__((target("avx2,pclmul,bmi")))
#define XINGLIN_AVX512 __attribute__((target("avx512f,avx512bw,pclmul,bmi,popcnt")))

constexpr size_t k_block = 64;

struct Block {
  __m256i low, high;
};

XINGLIN_AVX2 inline uint64_t mask_of(__m256i low, __m256i high) {
  return static_cast<uint32_t>(_mm256_movemask_epi8(low)) | uint64_t{static_cast<uint32_t>(_mm256_movemask_epi8(high))}
                                                                << 32;
}

XINGLIN_AVX2 inline uint64_t equal(const Block& block, char c) {
  const __m256i wanted = _mm256_set1_epi8(c);
  return mask_of(_mm256_cmpeq_epi8(block.low, wanted), _mm256_cmpeq_epi8(block.high, wanted));
}

/// Bit i of the result: is the number of bits set up to i odd?
XINGLIN_AVX2 inline uint64_t prefix_xor(uint64_t bits) {
  return static_cast<uint64_t>(
      _mm_cvtsi128_si64(_mm_clmulepi64_si128(_mm_set_epi64x(0, static_cast<int64_t>(bits)), _mm_set1_epi8(-1), 0)));
}

/// The characters that a backslash before them escapes. `carry`: the first of the block is one.
inline uint64_t escaped_by(uint64_t slashes, uint64_t& carry) {
  constexpr uint64_t k_even = 0x5555555555555555;
  slashes &= ~carry;
  const uint64_t follows = slashes << 1 | carry;
  const uint64_t odd_starts = slashes & ~k_even & ~follows;
  uint64_t sequences = 0;
  carry = __builtin_add_overflow(odd_starts, slashes, &sequences) ? 1 : 0;
  return (k_even ^ sequences << 1) & follows;
}

struct State {
  uint64_t escaped = 0;
  uint64_t in_string = 0; ///< all ones: the block begins within a string
  uint64_t in_scalar = 0;
  uint64_t controls = 0;
  uint32_t first_slash = UINT32_MAX, last_slash = 0;
};

/// The quotes that no backslash escapes. `base`: where the block begins.
inline uint64_t free_quotes(uint64_t quotes, uint64_t slashes, size_t base, State& state) {
  if ((slashes | state.escaped) == 0) [[likely]]
    return quotes;
  if (slashes != 0) {
    if (state.first_slash == UINT32_MAX)
      state.first_slash = static_cast<uint32_t>(base) + static_cast<uint32_t>(std::countr_zero(slashes));
    state.last_slash = static_cast<uint32_t>(base) + 63 - static_cast<uint32_t>(std::countl_zero(slashes));
  }
  return quotes & ~escaped_by(slashes, state.escaped);
}

// --- UTF-8 (J. Keiser, D. Lemire, Validating UTF-8 In Less Than One Instruction Per Byte,
// https://arxiv.org/abs/2010.03090): the high and low half of a byte and the high half of the next tell, each by a
// table, which mistakes are possible; one that all three tell is made. Only two continuation bytes in a row need a look
// further back.

enum Mistake : uint8_t {
  k_too_short = 1,              ///< a lead without its continuation
  k_too_long = 2,               ///< ASCII, and a continuation
  k_three_for_two = 4,          ///< three bytes where fewer would do
  k_too_large = 8,              ///< beyond U+10FFFF
  k_surrogate = 16,             ///<
  k_two_for_one = 32,           ///<
  k_four_or_far_too_large = 64, ///< four bytes where fewer would do, or a lead beyond F4
  k_continuations = 128,        ///< two in a row: right only behind a lead of three or four bytes
};
using Table = std::array<uint8_t, 16>;
/// By the high half of a byte: 0 to 7 ASCII, 8 to B a continuation, C and D a lead of two, E of three, F of four.
constexpr Table k_by_high = [] {
  Table out{};
  for (size_t i = 0; i < 8; ++i)
    out[i] = k_too_long;
  for (size_t i = 8; i < 12; ++i)
    out[i] = k_continuations;
  out[12] = k_too_short | k_two_for_one;
  out[13] = k_too_short;
  out[14] = k_too_short | k_three_for_two | k_surrogate;
  out[15] = k_too_short | k_too_large | k_four_or_far_too_large;
  return out;
}();
/// By its low half.
constexpr Table k_by_low = [] {
  Table out{};
  for (size_t i = 0; i < 16; ++i)
    out[i] =
        k_too_short | k_too_long | k_continuations | (i > 3 ? k_too_large : 0) | (i > 4 ? k_four_or_far_too_large : 0);
  out[0] |= k_three_for_two | k_two_for_one | k_four_or_far_too_large;
  out[1] |= k_two_for_one;
  out[13] |= k_surrogate;
  return out;
}();
/// By the high half of the next byte.
constexpr Table k_by_next = [] {
  Table out{};
  for (size_t i = 0; i < 16; ++i)
    out[i] = i >= 8 && i < 12 ? k_too_long | k_two_for_one | k_continuations : k_too_short;
  out[8] |= k_three_for_two | k_four_or_far_too_large;
  out[9] |= k_three_for_two | k_too_large;
  out[10] |= k_surrogate | k_too_large;
  out[11] |= k_surrogate | k_too_large;
  return out;
}();
/// The most that may stand last in a text: greater, and the character goes on behind it.
constexpr std::array<uint8_t, 64> k_most_at_end = [] {
  std::array<uint8_t, 64> out{};
  out.fill(0xFF);
  out[61] = 0xF0 - 1;
  out[62] = 0xE0 - 1;
  out[63] = 0xC0 - 1;
  return out;
}();

inline __m128i loaded(const Table& table) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(table.data()));
}

struct Utf8 {
  __m256i before; ///< the 32 bytes before
  __m256i wrong;  ///< not zero: a mistake was made
  __m256i open;   ///< not zero: a character still goes on at the end of what was seen
};

XINGLIN_AVX2 inline __m256i all_of(uint8_t value) {
  return _mm256_set1_epi8(static_cast<char>(value));
}

XINGLIN_AVX2 inline void check_utf8(__m256i bytes, Utf8& state) {
  const __m256i half = all_of(0x0F);
  const auto high_half = [&](__m256i of) XINGLIN_AVX2 { return _mm256_and_si256(_mm256_srli_epi16(of, 4), half); };
  const __m256i joined = _mm256_permute2x128_si256(state.before, bytes, 0x21);
  const __m256i one_back = _mm256_alignr_epi8(bytes, joined, 15);
  const __m256i two_back = _mm256_alignr_epi8(bytes, joined, 14);
  const __m256i three_back = _mm256_alignr_epi8(bytes, joined, 13);
  const __m256i mistakes = _mm256_and_si256(
      _mm256_and_si256(
          _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(loaded(k_by_high)), high_half(one_back)),
          _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(loaded(k_by_low)), _mm256_and_si256(one_back, half))),
      _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(loaded(k_by_next)), high_half(bytes)));
  // The highest bit is set behind a lead of three two bytes on, and of four three bytes on: there, and only there, two
  // continuations in a row are right.
  const __m256i third = _mm256_subs_epu8(two_back, all_of(0xE0 - 0x80));
  const __m256i fourth = _mm256_subs_epu8(three_back, all_of(0xF0 - 0x80));
  const __m256i must = _mm256_and_si256(_mm256_or_si256(third, fourth), all_of(0x80));
  state.wrong = _mm256_or_si256(state.wrong, _mm256_xor_si256(must, mistakes));
  state.before = bytes;
}

/// 64 bytes. `is_ascii`: no byte from 0x80 on is among them.
XINGLIN_AVX2 inline void check_utf8(const Block& block, bool is_ascii, Utf8& state) {
  if (is_ascii) [[likely]] {
    state.wrong = _mm256_or_si256(state.wrong, state.open);
    state.open = _mm256_setzero_si256();
    state.before = _mm256_setzero_si256(); // any ASCII
    return;
  }
  check_utf8(block.low, state);
  check_utf8(block.high, state);
  state.open =
      _mm256_subs_epu8(block.high, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(k_most_at_end.data() + 32)));
}

bool finish(const State& state, const uint32_t* out, JsonIndex& index) {
  index.count = static_cast<size_t>(out - index.places.data());
  index.first_slash = state.first_slash;
  index.last_slash = state.last_slash;
  return state.in_string == 0 && state.controls == 0;
}

XINGLIN_AVX2 inline uint64_t places_in(const char* at, size_t base, State& state, Utf8& utf8) {
  const Block block{_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)),
                    _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at + 32))};
  check_utf8(block, mask_of(block.low, block.high) == 0, utf8);
  // 1. Strings.
  const uint64_t slashes = equal(block, '\\');
  const uint64_t quotes = free_quotes(equal(block, '"'), slashes, base, state);
  const uint64_t in_string = prefix_xor(quotes) ^ state.in_string; // with the opening quote, without the closing one
  state.in_string = static_cast<uint64_t>(static_cast<int64_t>(in_string) >> 63);
  const __m256i last_control = _mm256_set1_epi8(0x1F);
  const uint64_t controls = mask_of(_mm256_cmpeq_epi8(_mm256_min_epu8(block.low, last_control), block.low),
                                    _mm256_cmpeq_epi8(_mm256_min_epu8(block.high, last_control), block.high));
  state.controls |= controls & in_string;
  // 2. Brackets, colons, commas. [ and { differ in one bit only, as do ] and }.
  const __m256i bit = _mm256_set1_epi8(0x20);
  const Block raised{_mm256_or_si256(block.low, bit), _mm256_or_si256(block.high, bit)};
  const uint64_t marks = (equal(raised, '{') | equal(raised, '}') | equal(block, ':') | equal(block, ',')) & ~in_string;
  const uint64_t white = equal(block, ' ') | equal(block, '\n') | equal(block, '\r') | equal(block, '\t');
  // 3. Where numbers and words begin.
  const uint64_t scalars = ~(marks | white | quotes | in_string);
  const uint64_t starts = scalars & ~(scalars << 1 | state.in_scalar);
  state.in_scalar = scalars >> 63;
  return marks | quotes | starts;
}

XINGLIN_AVX2 bool index_by_avx2(std::string_view text, JsonIndex& index) {
  State state;
  Utf8 utf8{_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256()};
  uint32_t* out = index.places.data();
  const auto put = [&out](uint64_t bits, size_t base) {
    while (bits != 0) {
      *out++ = static_cast<uint32_t>(base + static_cast<size_t>(std::countr_zero(bits)));
      bits &= bits - 1;
    }
  };
  size_t at = 0;
  for (; at + k_block <= text.size(); at += k_block)
    put(places_in(text.data() + at, at, state, utf8), at);
  if (at < text.size()) {
    char rest[k_block];
    std::memset(rest, ' ', sizeof rest);
    std::memcpy(rest, text.data() + at, text.size() - at);
    put(places_in(rest, at, state, utf8), at);
  }
  const __m256i wrong = _mm256_or_si256(utf8.wrong, utf8.open);
  return finish(state, out, index) && _mm256_testz_si256(wrong, wrong) != 0;
}

// --- the same with masks of 64 bits as they come

struct WideUtf8 {
  __m512i before, wrong, open;
};

XINGLIN_AVX512 inline void check_utf8_wide(__m512i bytes, WideUtf8& state) {
  if (_mm512_movepi8_mask(bytes) == 0) [[likely]] {
    state.wrong = _mm512_or_si512(state.wrong, state.open);
    state.open = _mm512_setzero_si512();
    state.before = _mm512_setzero_si512();
    return;
  }
  const __m512i half = _mm512_set1_epi8(0x0F);
  const __m512i joined = _mm512_alignr_epi64(bytes, state.before, 6); // each 16 bytes beside the 16 before them
  const __m512i one_back = _mm512_alignr_epi8(bytes, joined, 15);
  const __m512i two_back = _mm512_alignr_epi8(bytes, joined, 14);
  const __m512i three_back = _mm512_alignr_epi8(bytes, joined, 13);
  const __m512i mistakes = _mm512_and_si512(
      _mm512_and_si512(_mm512_shuffle_epi8(_mm512_broadcast_i32x4(loaded(k_by_high)),
                                           _mm512_and_si512(_mm512_srli_epi16(one_back, 4), half)),
                       _mm512_shuffle_epi8(_mm512_broadcast_i32x4(loaded(k_by_low)), _mm512_and_si512(one_back, half))),
      _mm512_shuffle_epi8(_mm512_broadcast_i32x4(loaded(k_by_next)),
                          _mm512_and_si512(_mm512_srli_epi16(bytes, 4), half)));
  const __m512i third = _mm512_subs_epu8(two_back, _mm512_set1_epi8(static_cast<char>(0xE0 - 0x80)));
  const __m512i fourth = _mm512_subs_epu8(three_back, _mm512_set1_epi8(static_cast<char>(0xF0 - 0x80)));
  const __m512i must = _mm512_and_si512(_mm512_or_si512(third, fourth), _mm512_set1_epi8(static_cast<char>(0x80)));
  state.wrong = _mm512_or_si512(state.wrong, _mm512_xor_si512(must, mistakes));
  state.open = _mm512_subs_epu8(bytes, _mm512_loadu_si512(k_most_at_end.data()));
  state.before = bytes;
}

XINGLIN_AVX512 inline uint64_t places_in_wide(__m512i block, size_t base, State& state) {

  const auto is = [&](char c) __attribute__((target("avx512bw"))) {
    return _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8(c));
  };
  const uint64_t slashes = is('\\');
  const uint64_t quotes = free_quotes(is('"'), slashes, base, state);
  const uint64_t in_string = static_cast<uint64_t>(_mm_cvtsi128_si64(_mm_clmulepi64_si128(
                                 _mm_set_epi64x(0, static_cast<int64_t>(quotes)), _mm_set1_epi8(-1), 0))) ^
                             state.in_string;
  state.in_string = static_cast<uint64_t>(static_cast<int64_t>(in_string) >> 63);
  state.controls |= _mm512_cmple_epu8_mask(block, _mm512_set1_epi8(0x1F)) & in_string;
  // By the lower four bits: the one character with them that is wanted, and what stands nowhere for the others. A
  // control character may be taken for a comma or colon; whoever reads the place sees that it is none.
  const __m512i mark_of = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0));
  const __m512i white_of = _mm512_broadcast_i32x4(
      _mm_setr_epi8(' ', 100, 100, 100, 17, 100, 113, 2, 100, '\t', '\n', 112, 100, '\r', 100, 100));
  const __m512i raised = _mm512_or_si512(block, _mm512_set1_epi8(0x20));
  const uint64_t marks = _mm512_cmpeq_epi8_mask(raised, _mm512_shuffle_epi8(mark_of, block)) & ~in_string;
  const uint64_t white = _mm512_cmpeq_epi8_mask(block, _mm512_shuffle_epi8(white_of, block));
  const uint64_t scalars = ~(marks | white | quotes | in_string);
  const uint64_t starts = scalars & ~(scalars << 1 | state.in_scalar);
  state.in_scalar = scalars >> 63;
  return marks | quotes | starts;
}

XINGLIN_AVX512 bool index_by_avx512(std::string_view text, JsonIndex& index) {
  State state;
  WideUtf8 utf8{_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
  uint32_t* out = index.places.data();
  const __m512i count = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  for (size_t at = 0; at < text.size(); at += k_block) {
    const size_t left = text.size() - at;
    const __mmask64 there = left >= k_block ? ~uint64_t{0} : (uint64_t{1} << left) - 1;
    const __m512i block = _mm512_mask_loadu_epi8(_mm512_set1_epi8(' '), there, text.data() + at);
    check_utf8_wide(block, utf8);
    uint64_t bits = places_in_wide(block, at, state);
    for (uint32_t base = static_cast<uint32_t>(at); bits != 0; bits >>= 16, base += 16) {
      const auto some = static_cast<__mmask16>(bits);
      const __m512i places = _mm512_add_epi32(count, _mm512_set1_epi32(static_cast<int>(base)));
      _mm512_storeu_si512(out, _mm512_maskz_compress_epi32(some, places)); // the rest is written over
      out += std::popcount(static_cast<unsigned>(some));
    }
  }
  return finish(state, out, index) &&
         _mm512_test_epi8_mask(_mm512_or_si512(utf8.wrong, utf8.open), _mm512_set1_epi8(static_cast<char>(0xFF))) == 0;
}

} // namespace

bool can_index() {
  static const bool k_can = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul");
  return k_can;
}

bool make_index(std::string_view text, JsonIndex& index) {
  // A place for each byte, and for what is written beyond the last.
  if (index.places.size() < text.size() + k_block) index.places.resize(text.size() + k_block);
  static const bool k_wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
  return k_wide ? index_by_avx512(text, index) : index_by_avx2(text, index);
}

#else

bool can_index() {
  return false;
}
bool make_index(std::string_view, JsonIndex&) {
  return false;
}

#endif

} // namespace xinglin::fhir
