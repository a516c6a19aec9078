// The only unit that sees yaml-cpp.
#include "server/package/yaml.h"

#include "lib/base/text.h"

#include <fmt/format.h>
#include <set>
#include <sstream>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

namespace xinglin::package {
namespace {

/// Thrown through the parser to stop at the first thing that is not read.
struct Stop {
  int line, column;
  std::string text;
};

class Builder : public YAML::EventHandler {
public:
  Yaml take() { return std::move(m_root); }
  bool has_document() const { return m_documents > 0; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++m_documents > 1)
      throw Stop{mark.line + 1, mark.column + 1, "a second document begins here; put each into a file of its own"};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add(scalar(mark, Yaml::Kind::null, {}));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Stop{mark.line + 1, mark.column + 1, "an alias (*name) is not read here; write the value out"};
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    const bool quoted = tag == "!"; // yaml-cpp: "?" plain, "!" quoted or block
    if (!quoted && tag != "?" && !tag.empty())
      throw Stop{mark.line + 1, mark.column + 1, fmt::format("a tag ({}) is not read here; take it out", tag)};
    const bool null = !quoted && (value.empty() || value == "~" || value == "null");
    Yaml node = scalar(mark, null ? Yaml::Kind::null : Yaml::Kind::scalar, value);
    node.quoted = quoted;
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Yaml::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Yaml::Kind::map);
  }
  void OnMapEnd() override { close(); }

private:
  struct Frame {
    Yaml node;
    std::optional<Yaml> key; ///< a map waiting for the value of this key
    std::set<std::string> keys;
  };

  static Yaml scalar(const YAML::Mark& mark, Yaml::Kind kind, std::string text) {
    Yaml node;
    node.kind = kind;
    node.text = std::move(text);
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
    if (anchor != 0)
      throw Stop{mark.line + 1, mark.column + 1,
                 "an anchor (&name) is not read here; write the value out where it is used"};
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Yaml::Kind kind) {
    refuse_anchor(mark, anchor);
    if (!tag.empty() && tag != "?" && tag != "!")
      throw Stop{mark.line + 1, mark.column + 1, fmt::format("a tag ({}) is not read here; take it out", tag)};
    if (static_cast<int>(m_open.size()) >= k_yaml_depth_max)
      throw Stop{mark.line + 1, mark.column + 1, fmt::format("nested deeper than {}", k_yaml_depth_max)};
    m_open.push_back(Frame{scalar(mark, kind, {}), {}, {}});
  }

  void close() {
    Frame frame = std::move(m_open.back());
    m_open.pop_back();
    add(std::move(frame.node));
  }

  void add(Yaml node) {
    if (++m_values > k_yaml_values_max)
      throw Stop{node.line, node.column, fmt::format("more than {} values in a file; split it", k_yaml_values_max)};
    if (m_open.empty()) {
      m_root = std::move(node);
      return;
    }
    Frame& frame = m_open.back();
    if (frame.node.is_list()) {
      frame.node.children.push_back(std::move(node));
      return;
    }
    if (!frame.key) {
      if (!node.is_scalar()) throw Stop{node.line, node.column, "a key must be a word; quote it if it is meant so"};
      if (!frame.keys.insert(node.text).second)
        throw Stop{node.line, node.column,
                   fmt::format("the key '{}' stands twice in one map; take one out", node.text)};
      frame.key = std::move(node);
      return;
    }
    node.key = std::move(frame.key->text);
    node.key_line = frame.key->line;
    frame.key.reset();
    frame.node.children.push_back(std::move(node));
  }

  Yaml m_root;
  std::vector<Frame> m_open;
  size_t m_values = 0;
  int m_documents = 0;
};

void append_text(std::string& out, const Yaml& value) {
  switch (value.kind) {
  case Yaml::Kind::null: out += "null"; return;
  case Yaml::Kind::scalar: base::append_json_string(out, value.text); return;
  case Yaml::Kind::list:
  case Yaml::Kind::map: break;
  }
  out += value.is_map() ? '{' : '[';
  bool first = true;
  for (const auto& child : value.children) {
    if (!first) out += ',';
    first = false;
    if (value.is_map()) {
      base::append_json_string(out, child.key);
      out += ':';
    }
    append_text(out, child);
  }
  out += value.is_map() ? '}' : ']';
}

} // namespace

const Yaml* Yaml::find(std::string_view name) const {
  if (!is_map()) return nullptr;
  for (const auto& child : children)
    if (child.key == name) return &child;
  return nullptr;
}

std::string_view Yaml::kind_name() const {
  switch (kind) {
  case Kind::null: return "nothing";
  case Kind::scalar: return "text";
  case Kind::map: return "a map";
  case Kind::list: return "a list";
  }
  return "";
}

std::optional<Yaml> parse_yaml(const std::string& text, const std::string& file, base::Issues& issues) {
  const auto refuse = [&](int line, int column, std::string what) {
    base::Issue issue;
    issue.code = "structure";
    issue.text = std::move(what);
    issue.file = file;
    issue.line = line;
    issue.column = column;
    issues.add(std::move(issue));
  };
  if (!base::is_valid_utf8(text)) {
    refuse(0, 0, "the file is not UTF-8; save it as UTF-8");
    return {};
  }
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    Builder builder;
    while (parser.HandleNextDocument(builder)) {
    }
    if (!builder.has_document()) {
      refuse(1, 1, "the file is empty; see docs/authoring.md for what belongs in it");
      return {};
    }
    return builder.take();
  } catch (const Stop& stop) {
    refuse(stop.line, stop.column, stop.text);
  } catch (const YAML::Exception& error) {
    refuse(
        error.mark.line + 1, error.mark.column + 1,
        fmt::format("this is not YAML: {}; check indentation, and quote text that has : # {{ [ or , in it", error.msg));
  }
  return {};
}

std::string to_text(const Yaml& value) {
  if (value.is_scalar()) return value.text;
  std::string out;
  append_text(out, value);
  return out;
}

} // namespace xinglin::package
