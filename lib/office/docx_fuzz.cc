#include "lib/base/issue.h"
#include "lib/office/docx.h"

#include <cstddef>
#include <cstdint>

/// Whatever comes in: text or a refusal, in bounded memory.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    xinglin::office::read_docx(bytes).text();
  } catch (const xinglin::base::Refused&) {
  }
  // Compressed input rarely survives mutation, so the same bytes also stand in as the inner part.
  try {
    xinglin::office::read_docx(xinglin::office::write_zip({{"word/document.xml", std::string(bytes)}})).text();
  } catch (const xinglin::base::Refused&) {
  }
  return 0;
}
