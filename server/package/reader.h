#pragma once
// What every file of a package is read with: keys known or refused with a suggestion, values of the asked shape, and an
// issue with file, line and mend for each that is not. Internal to server/package.

#include "server/package/model.h"
#include "server/package/yaml.h"

#include <fmt/format.h>
#include <initializer_list>

namespace xinglin::package {

class Reader {
public:
  /// `file` is relative to the programs directory; issues go to `issues`.
  Reader(std::string file, base::Issues& issues) : m_file(std::move(file)), m_issues(&issues) {}

  const std::string& file() const { return m_file; }
  Place place(const Yaml& at) const { return {m_file, at.key_line > 0 ? at.key_line : at.line}; }

  void error(int line, int column, std::string what, std::string code = "invalid");
  void error(const Yaml& at, std::string what, std::string code = "invalid");
  void warning(const Yaml& at, std::string what);

  /// Refuses the keys of `map` that are not among `known`. False (with an issue) when it is no map.
  bool keys(const Yaml& map, std::initializer_list<std::string_view> known, std::string_view where);
  /// The member, or a null pointer with an issue that names the key.
  const Yaml* need(const Yaml& map, std::string_view key, std::string_view where);

  /// A scalar as written; `fallback` when absent or (with an issue) of another shape.
  std::string string(const Yaml& map, std::string_view key, std::string fallback = {});
  std::string needed_string(const Yaml& map, std::string_view key, std::string_view where);
  bool flag(const Yaml& map, std::string_view key, bool fallback = false);
  /// A whole number low..high.
  int64_t whole(const Yaml& map, std::string_view key, int64_t fallback, int64_t low, int64_t high);
  std::vector<std::string> strings(const Yaml& map, std::string_view key);
  /// One of the words; the first when absent.
  std::string word(const Yaml& map, std::string_view key, const std::vector<std::string>& words);

  /// {zh: ..., en: ...}; a plain string is zh. Chinese is required, English asked for by a warning.
  Text text_of(const Yaml& value, std::string_view what);
  Text text(const Yaml& map, std::string_view key, bool required, std::string_view where);

  /// Checks the grammar of ids: [a-z][a-z0-9_]*, no "__", at most k_id_length_max; with `dots`, such parts between
  /// dots.
  bool id(const Yaml& at, std::string_view id, bool dots = false);

private:
  std::string m_file;
  base::Issues* m_issues;
};

/// A FHIRPath or SQL text within its length.
bool within_length(Reader& reader, const Yaml& at, std::string_view text);

/// The parts of the catalog that one file gives; empty when it has errors.
std::optional<Register> read_register(Reader& reader, const Yaml& root, const std::string& id);
std::optional<Form> read_form(Reader& reader, const Yaml& root, const std::string& id);
std::optional<Indicator> read_indicator(Reader& reader, const Yaml& root, const std::string& id);
std::optional<Program> read_program(Reader& reader, const Yaml& root, const std::string& id);

} // namespace xinglin::package
