#pragma once
#include <string_view>

namespace xinglin::document {

/// The part after the text, in every form of the document.
inline constexpr std::string_view k_findings_title = "数据核对";
inline constexpr std::string_view k_findings_note = "本部分由系统核对生成，不属于正文，印发前请处理或说明。";

} // namespace xinglin::document
