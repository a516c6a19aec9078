#pragma once
// Text → tokens (http://hl7.org/fhirpath/N1/grammar.html).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::fhirpath {

/// Longer expressions are refused.
inline constexpr size_t k_text_max = size_t{64} * 1024;

struct Token {
  enum class Kind : uint8_t {
    end,
    word,      ///< identifier or keyword
    delimited, ///< `identifier`
    string,    ///< 'text'
    integer,
    long_integer, ///< 5L; text without the L
    decimal,
    date,      ///< @2023-05
    date_time, ///< @2023-05T, @2023-05-01T08:30+08:00
    time,      ///< @T08:30
    variable,  ///< %name, %`name`, %'name'
    dollar,    ///< $this, $index, $total
    symbol,    ///< operators and brackets
  } kind;
  std::string text;    ///< unescaped; of a literal without its @ or quotes
  uint32_t offset = 0; ///< first byte in the expression
};

/// Throws base::Refused(invalid) with line and column. The last token is `end`.
std::vector<Token> tokenize(std::string_view text);

/// Throws base::Refused(invalid): `message`, with the line and column of the byte `offset` of the expression `text`.
[[noreturn]] void fail_at(std::string_view text, size_t offset, const std::string& message);

} // namespace xinglin::fhirpath
