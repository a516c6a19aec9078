#pragma once
// A whole number of any size, with the two operations a growth over years needs.

#include <cstdint>
#include <vector>

namespace xinglin::document {

class BigNumber {
public:
  explicit BigNumber(unsigned __int128 value) {
    for (; value != 0; value >>= 32)
      m_digits.push_back(static_cast<uint32_t>(value));
  }
  void multiply(uint64_t factor) {
    std::vector<uint32_t> out(m_digits.size() + 2, 0);
    for (unsigned half = 0; half < 2; ++half) {
      uint64_t part = half == 0 ? factor & 0xffffffffU : factor >> 32, carry = 0;
      for (size_t i = 0; i + half < out.size(); ++i) {
        carry += out[i + half] + (i < m_digits.size() ? m_digits[i] * part : 0);
        out[i + half] = static_cast<uint32_t>(carry);
        carry >>= 32;
      }
    }
    while (!out.empty() && out.back() == 0)
      out.pop_back();
    m_digits = std::move(out);
  }
  /// -1, 0 or 1.
  int compare(const BigNumber& other) const {
    if (m_digits.size() != other.m_digits.size()) return m_digits.size() < other.m_digits.size() ? -1 : 1;
    for (size_t i = m_digits.size(); i-- > 0;)
      if (m_digits[i] != other.m_digits[i]) return m_digits[i] < other.m_digits[i] ? -1 : 1;
    return 0;
  }

private:
  std::vector<uint32_t> m_digits; ///< least first, no leading nought
};

} // namespace xinglin::document
