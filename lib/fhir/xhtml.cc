#include "lib/fhir/xhtml.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <vector>

namespace xinglin::fhir {

namespace {

using namespace std::string_view_literals;

constexpr std::array k_elements{
    "a"sv,   "abbr"sv,     "acronym"sv, "b"sv,     "big"sv,  "blockquote"sv, "br"sv,  "caption"sv, "cite"sv,  "code"sv,
    "col"sv, "colgroup"sv, "dd"sv,      "dfn"sv,   "div"sv,  "dl"sv,         "dt"sv,  "em"sv,      "h1"sv,    "h2"sv,
    "h3"sv,  "h4"sv,       "h5"sv,      "h6"sv,    "hr"sv,   "i"sv,          "img"sv, "li"sv,      "ol"sv,    "p"sv,
    "pre"sv, "q"sv,        "samp"sv,    "small"sv, "span"sv, "strong"sv,     "sub"sv, "sup"sv,     "table"sv, "tbody"sv,
    "td"sv,  "tfoot"sv,    "th"sv,      "thead"sv, "tr"sv,   "tt"sv,         "ul"sv,  "var"sv};
constexpr std::array k_attributes{
    "abbr"sv,        "accesskey"sv,   "align"sv,      "alt"sv,   "axis"sv,     "bgcolor"sv, "border"sv, "cellhalign"sv,
    "cellpadding"sv, "cellspacing"sv, "cellvalign"sv, "char"sv,  "charoff"sv,  "charset"sv, "cite"sv,   "class"sv,
    "colspan"sv,     "compact"sv,     "coords"sv,     "dir"sv,   "frame"sv,    "headers"sv, "height"sv, "href"sv,
    "hreflang"sv,    "hspace"sv,      "id"sv,         "lang"sv,  "longdesc"sv, "name"sv,    "nowrap"sv, "rel"sv,
    "rev"sv,         "rowspan"sv,     "rules"sv,      "scope"sv, "shape"sv,    "span"sv,    "src"sv,    "start"sv,
    "style"sv,       "summary"sv,     "tabindex"sv,   "title"sv, "type"sv,     "valign"sv,  "value"sv,  "vspace"sv,
    "width"sv,       "xml:lang"sv,    "xmlns"sv};
constexpr auto k_namespace = "http://www.w3.org/1999/xhtml"sv;

template <size_t N> bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_white(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

class Reader {
public:
  explicit Reader(std::string_view text) : m_text(text) {}

  std::string check() {
    skip_white();
    if (starts_with("<?xml")) return "The narrative must be a div element only; remove the XML declaration.";
    if (!starts_with("<div"))
      return "The narrative must be one div element; put <div xmlns=\"" + std::string(k_namespace) + "\"> around it.";
    while (m_error.empty() && m_at < m_text.size()) {
      if (m_text[m_at] == '<')
        markup();
      else
        content();
      if (m_error.empty() && m_open.empty()) break;
    }
    if (!m_error.empty()) return m_error;
    if (!m_open.empty())
      return fmt::format("The element <{}> is never closed; add </{}>.", m_open.back(), m_open.back());
    skip_white();
    if (m_at < m_text.size()) return "There is something after the div element; move it inside.";
    if (!m_has_content)
      return "The narrative has no content; write what a reader should see, or leave the narrative out.";
    return {};
  }

  void take_open_links(std::vector<std::string_view>& links) const {
    for (std::string_view link : m_links) {
      if (std::find(m_anchors.begin(), m_anchors.end(), link) == m_anchors.end()) links.push_back(link);
    }
  }

private:
  std::string_view m_text;
  size_t m_at = 0;
  std::vector<std::string_view> m_open;
  bool m_has_content = false;
  std::string m_error;
  std::vector<std::string_view> m_anchors;
  std::vector<std::string_view> m_links;

  bool starts_with(std::string_view prefix) const { return m_text.substr(m_at).starts_with(prefix); }
  void skip_white() {
    while (m_at < m_text.size() && is_white(m_text[m_at]))
      ++m_at;
  }
  void fail(std::string text) { m_error = std::move(text); }

  std::string_view name() {
    size_t start = m_at;
    while (m_at < m_text.size() && !is_white(m_text[m_at]) &&
           "/>=<\"'&"sv.find(m_text[m_at]) == std::string_view::npos) {
      ++m_at;
    }
    return m_text.substr(start, m_at - start);
  }

  void content() {
    if (m_text[m_at] == '&') return entity();
    if (!is_white(m_text[m_at])) m_has_content = true;
    ++m_at;
  }

  void entity() {
    size_t end = m_text.find(';', m_at);
    std::string_view word = end == std::string_view::npos ? ""sv : m_text.substr(m_at + 1, end - m_at - 1);
    bool known = word == "amp" || word == "lt" || word == "gt" || word == "quot" || word == "apos";
    if (word.starts_with("#x") && word.size() > 2) {
      known = word.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
    } else if (word.starts_with("#") && word.size() > 1) {
      known = word.find_first_not_of("0123456789", 1) == std::string_view::npos;
    }
    if (!known) {
      bool short_word = !word.empty() && word.size() < 12;
      return fail(short_word ? fmt::format("The entity &{}; is not one of XML; write the character itself.", word)
                             : "An & stands alone; write it as &amp;.");
    }
    m_has_content = true;
    m_at = end + 1;
  }

  void markup() {
    if (starts_with("<!--")) {
      size_t end = m_text.find("-->", m_at + 4);
      if (end == std::string_view::npos) return fail("A comment is never closed; add -->.");
      m_at = end + 3;
      return;
    }
    if (starts_with("<!") || starts_with("<?")) {
      return fail("The narrative holds a declaration (<! or <?), which is not allowed; remove it.");
    }
    if (starts_with("</")) return end_tag();
    start_tag();
  }

  void end_tag() {
    m_at += 2;
    std::string_view tag = name();
    skip_white();
    if (m_at >= m_text.size() || m_text[m_at] != '>')
      return fail(fmt::format("The end tag </{} has no '>'; add it.", tag));
    ++m_at;
    if (m_open.empty() || m_open.back() != tag) {
      return fail(fmt::format("The end tag </{}> does not close <{}>; close elements in the order they were opened.",
                              tag, m_open.empty() ? ""sv : m_open.back()));
    }
    m_open.pop_back();
  }

  void start_tag() {
    ++m_at;
    std::string_view tag = name();
    if (tag.empty()) return fail("A '<' stands alone; write it as &lt;.");
    if (!is_one_of(tag, k_elements)) {
      return fail(fmt::format(
          "The element <{}> is not allowed in a narrative; use text, lists, tables, links or images.", tag));
    }
    bool has_namespace = false;
    while (true) {
      skip_white();
      if (m_at >= m_text.size()) return fail(fmt::format("The tag <{} has no '>'; add it.", tag));
      if (m_text[m_at] == '>' || m_text[m_at] == '/') break;
      attribute(tag, has_namespace);
      if (!m_error.empty()) return;
    }
    if (m_open.empty() && !has_namespace) {
      return fail(fmt::format("The div has no namespace; write <div xmlns=\"{}\">.", k_namespace));
    }
    if (tag == "img") m_has_content = true;
    if (m_text[m_at] == '/') {
      if (!m_text.substr(m_at).starts_with("/>"))
        return fail(fmt::format("The tag <{} has a lone '/'; remove it.", tag));
      m_at += 2;
      return;
    }
    ++m_at;
    if (m_open.size() >= static_cast<size_t>(k_xhtml_depth_max)) {
      return fail(fmt::format("The narrative is nested more than {} deep; flatten it.", k_xhtml_depth_max));
    }
    m_open.push_back(tag);
  }

  void attribute(std::string_view tag, bool& has_namespace) {
    std::string_view key = name();
    skip_white();
    if (key.empty() || m_at >= m_text.size() || m_text[m_at] != '=') {
      return fail(fmt::format("An attribute of <{}> has no value; write it as name=\"value\".", tag));
    }
    ++m_at;
    skip_white();
    char quote = m_at < m_text.size() ? m_text[m_at] : ' ';
    if (quote != '"' && quote != '\'')
      return fail(fmt::format("The value of {} in <{}> has no quotes; add them.", key, tag));
    size_t end = m_text.find(quote, m_at + 1);
    if (end == std::string_view::npos)
      return fail(fmt::format("The value of {} in <{}> never ends; add a quote.", key, tag));
    std::string_view value = m_text.substr(m_at + 1, end - m_at - 1);
    if (!is_one_of(key, k_attributes)) {
      return fail(fmt::format("The attribute {} of <{}> is not allowed in a narrative; remove it.", key, tag));
    }
    if (value.find('<') != std::string_view::npos) {
      return fail(fmt::format("The value of {} in <{}> holds a '<'; write it as &lt;.", key, tag));
    }
    if (key == "id" || key == "name") m_anchors.push_back(value);
    if (key == "href" && value.size() > 1 && value[0] == '#') m_links.push_back(value.substr(1));
    if (key == "xmlns") has_namespace = value == k_namespace;
    // A numeric entity could hide the letters of a scheme.
    if ((key == "href" || key == "src") && (is_script(value) || value.find("&#") != std::string_view::npos)) {
      return fail(fmt::format("The {} of <{}> is or may hide a script; write a plain address.", key, tag));
    }
    m_at = end + 1;
  }

  /// javascript: and the like, with the white space and case that browsers forgive.
  static bool is_script(std::string_view value) {
    std::string scheme;
    for (char c : value) {
      if (c == ':') break;
      if (static_cast<unsigned char>(c) > 0x20) scheme.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
    }
    return scheme == "javascript" || scheme == "vbscript";
  }
};

} // namespace

std::string check_xhtml(std::string_view text, std::vector<std::string_view>* open_links) {
  Reader reader(text);
  std::string problem = reader.check();
  if (open_links != nullptr) reader.take_open_links(*open_links);
  return problem;
}

} // namespace xinglin::fhir
