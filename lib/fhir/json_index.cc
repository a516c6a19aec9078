#include "lib/fhir/json_index.h"

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
  uint64_t slashes = 0;
  uint64_t controls = 0;
  uint64_t non_ascii = 0;
};

bool finish(const State& state, const uint32_t* out, JsonIndex& index) {
  index.count = static_cast<size_t>(out - index.places.data());
  index.has_escapes = state.slashes != 0;
  index.has_non_ascii = state.non_ascii != 0;
  return state.in_string == 0 && state.controls == 0;
}

XINGLIN_AVX2 inline uint64_t places_in(const char* at, State& state) {
  const Block block{_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)),
                    _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at + 32))};
  // 1. Strings.
  const uint64_t slashes = equal(block, '\\');
  uint64_t quotes = equal(block, '"');
  state.slashes |= slashes;
  if ((slashes | state.escaped) != 0) quotes &= ~escaped_by(slashes, state.escaped);
  const uint64_t in_string = prefix_xor(quotes) ^ state.in_string; // with the opening quote, without the closing one
  state.in_string = static_cast<uint64_t>(static_cast<int64_t>(in_string) >> 63);
  const __m256i last_control = _mm256_set1_epi8(0x1F);
  const uint64_t controls = mask_of(_mm256_cmpeq_epi8(_mm256_min_epu8(block.low, last_control), block.low),
                                    _mm256_cmpeq_epi8(_mm256_min_epu8(block.high, last_control), block.high));
  state.controls |= controls & in_string;
  state.non_ascii |= mask_of(block.low, block.high);
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
  uint32_t* out = index.places.data();
  const auto put = [&out](uint64_t bits, size_t base) {
    while (bits != 0) {
      *out++ = static_cast<uint32_t>(base + static_cast<size_t>(std::countr_zero(bits)));
      bits &= bits - 1;
    }
  };
  size_t at = 0;
  for (; at + k_block <= text.size(); at += k_block)
    put(places_in(text.data() + at, state), at);
  if (at < text.size()) {
    char rest[k_block];
    std::memset(rest, ' ', sizeof rest);
    std::memcpy(rest, text.data() + at, text.size() - at);
    put(places_in(rest, state), at);
  }
  return finish(state, out, index);
}

// --- the same with masks of 64 bits as they come

XINGLIN_AVX512 inline uint64_t places_in_wide(__m512i block, State& state) {
  const auto is = [&](char c) __attribute__((target("avx512bw"))) {
    return _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8(c));
  };
  const uint64_t slashes = is('\\');
  uint64_t quotes = is('"');
  state.slashes |= slashes;
  if ((slashes | state.escaped) != 0) quotes &= ~escaped_by(slashes, state.escaped);
  const uint64_t in_string = static_cast<uint64_t>(_mm_cvtsi128_si64(_mm_clmulepi64_si128(
                                 _mm_set_epi64x(0, static_cast<int64_t>(quotes)), _mm_set1_epi8(-1), 0))) ^
                             state.in_string;
  state.in_string = static_cast<uint64_t>(static_cast<int64_t>(in_string) >> 63);
  state.controls |= _mm512_cmple_epu8_mask(block, _mm512_set1_epi8(0x1F)) & in_string;
  state.non_ascii |= _mm512_movepi8_mask(block);
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
  uint32_t* out = index.places.data();
  const __m512i count = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  for (size_t at = 0; at < text.size(); at += k_block) {
    const size_t left = text.size() - at;
    const __mmask64 there = left >= k_block ? ~uint64_t{0} : (uint64_t{1} << left) - 1;
    const __m512i block = _mm512_mask_loadu_epi8(_mm512_set1_epi8(' '), there, text.data() + at);
    uint64_t bits = places_in_wide(block, state);
    for (uint32_t base = static_cast<uint32_t>(at); bits != 0; bits >>= 16, base += 16) {
      const auto some = static_cast<__mmask16>(bits);
      const __m512i places = _mm512_add_epi32(count, _mm512_set1_epi32(static_cast<int>(base)));
      _mm512_storeu_si512(out, _mm512_maskz_compress_epi32(some, places)); // the rest is written over
      out += std::popcount(static_cast<unsigned>(some));
    }
  }
  return finish(state, out, index);
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
