#include "lib/base/issue.h"
#include "lib/office/xlsx.h"

#include <cstddef>
#include <cstdint>

/// Whatever comes in: cells or a refusal, in bounded memory.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace xinglin::office;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    read_xlsx(bytes);
  } catch (const xinglin::base::Refused&) {
  }
  // Compressed input rarely survives mutation, so the same bytes also stand in as parts: the first byte says which.
  if (bytes.empty()) return 0;
  std::string inner(bytes.substr(1));
  std::string sheet = "<worksheet><sheetData><row r='1'><c r='A1' s='0'><v>1</v></c></row></sheetData></worksheet>";
  std::string shared = "<sst><si><t>a</t></si></sst>",
              styles = "<styleSheet><cellXfs><xf numFmtId='14'/></cellXfs></styleSheet>";
  (bytes[0] % 3 == 0 ? sheet : bytes[0] % 3 == 1 ? shared : styles) = inner;
  try {
    read_xlsx(write_zip({{"xl/workbook.xml", "<workbook><sheets><sheet name='a' r:id='x'/></sheets></workbook>"},
                         {"xl/_rels/workbook.xml.rels",
                          "<Relationships><Relationship Id='x' Target='worksheets/sheet1.xml'/></Relationships>"},
                         {"xl/worksheets/sheet1.xml", sheet},
                         {"xl/sharedStrings.xml", shared},
                         {"xl/styles.xml", styles}}));
  } catch (const xinglin::base::Refused&) {
  }
  return 0;
}
