#pragma once
// Chance that repeats itself: the same seed gives the same numbers on every machine (the standard library's
// distributions do not promise that). SplitMix64 (Steele, Lea, Flood 2014).

#include <cstdint>
#include <string_view>

namespace xinglin::sim {

class Random {
public:
  explicit Random(uint64_t seed) : m_state(seed) {}
  /// An independent stream for a named purpose: what one part draws does not disturb another.
  static Random of(uint64_t seed, std::string_view purpose) {
    uint64_t hash = 1469598103934665603ULL ^ seed; // FNV-1a
    for (const char c : purpose)
      hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    Random stream(hash);
    stream.next();
    return stream;
  }
  uint64_t next() {
    uint64_t z = (m_state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  /// 0 .. bound-1; bound > 0.
  uint64_t below(uint64_t bound) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
  }
  /// low .. high, both included.
  int64_t between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(below(static_cast<uint64_t>(high - low) + 1));
  }

private:
  uint64_t m_state;
};

} // namespace xinglin::sim
