#pragma once
// Bad data is not broken code: what is wrong with data is a value (Issue), a refused operation is one exception that
// carries the issues, and a bug is an assertion. The shape is FHIR's OperationOutcome.issue
// (https://hl7.org/fhir/R4/operationoutcome.html) plus the file, line and column of text that people write.

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::base {

enum class Severity { information, warning, error, fatal };

struct Issue {
  Severity severity = Severity::error;
  std::string code =
      "invalid";         ///< FHIR issue type: invalid, structure, required, value, invariant, not-found, conflict, ...
  std::string text = {}; ///< one English sentence: what is wrong, then the mend
  std::string text_zh = {};    ///< the same in Chinese, where the place has one (forms, packages); may be empty
  std::string expression = {}; ///< FHIRPath of the place in a resource, e.g. "Patient.name[0].given[1]"
  std::string file = {};       ///< file name, where the data came from a file
  int line = 0;                ///< 1-based; 0 = unknown
  int column = 0;              ///< 1-based, in bytes; 0 = unknown
  int write = -1;              ///< position in the list of writes it is about; -1 = not known, or not one of them
};

/// A list of issues in the order found.
class Issues {
public:
  void add(Issue issue) { m_list.push_back(std::move(issue)); }
  void add(const Issues& other) { m_list.insert(m_list.end(), other.m_list.begin(), other.m_list.end()); }
  bool has_errors() const;
  bool empty() const { return m_list.empty(); }
  size_t size() const { return m_list.size(); }
  auto begin() const { return m_list.begin(); }
  auto end() const { return m_list.end(); }
  auto begin() { return m_list.begin(); }
  auto end() { return m_list.end(); }
  const Issue& front() const { return m_list.front(); }
  /// One line an issue: `file:line:column: error: text [at expression]`. Parts that are unknown are left out.
  std::string to_text() const;
  /// A FHIR R4 OperationOutcome as compact JSON.
  std::string to_operation_outcome() const;

private:
  std::vector<Issue> m_list;
};

std::string_view to_string(Severity severity);

/// Why an operation was refused; the API maps each to one HTTP status, the command line to exit code 1.
enum class Refusal {
  malformed,           ///< not even readable: broken JSON, bad parameter       400
  invalid,             ///< readable but breaks a rule                          422
  not_found,           ///< no such thing                                       404
  gone,                ///< it was deleted                                      410
  conflict,            ///< it collides with what is there                      409
  precondition_failed, ///< If-Match or a conditional found otherwise           412
  forbidden,           ///< not by this one                                     403
  method_not_allowed,  ///< not in this way (yielded resources, locked returns) 405
  too_large,           ///< over a written limit                                413
  unsupported,         ///< a known thing that is not done                      501
  busy,                ///< try again later (queue full, another process)       503
  unavailable,         ///< storage cannot be read or written                   500
};

class Refused : public std::exception {
public:
  Refused(Refusal kind, Issues issues);
  /// One issue of severity error.
  Refused(Refusal kind, std::string code, std::string text, std::string expression = {});
  const char* what() const noexcept override { return m_what.c_str(); }
  Refusal kind() const { return m_kind; }
  const Issues& issues() const { return m_issues; }

private:
  Refusal m_kind;
  Issues m_issues;
  std::string m_what;
};

} // namespace xinglin::base
