#pragma once
// From method and path to the function that answers. Whatever goes wrong below comes back as an OperationOutcome, with
// the status of the one table in respond.cc.

#include "server/api/call.h"

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::api {

class Router {
public:
  using Function = http::Response (*)(Call&);
  explicit Router(Services& services);
  /// Answers one request. Safe from many threads.
  http::Response handle(const http::Request& request) const;
  /// For a request that never reached handle().
  static http::Response refuse(int status, std::string_view text);

private:
  /// In what form an answer may be asked for.
  enum class Forms : uint8_t { json, of_rows };
  struct Route {
    std::string_view method;
    std::vector<std::string_view> segments; ///< ":name" takes any one segment
    Function function;
    Forms forms;
    std::optional<std::vector<std::string_view>> parameters; ///< of the query; empty: the function looks after them
  };
  void add(std::string_view method, std::string_view pattern, Function function, Forms forms = Forms::json);
  /// One that refuses parameters which it does not know, before it does anything.
  void add_command(std::string_view method, std::string_view pattern, Function function,
                   std::initializer_list<std::string_view> parameters);
  static void check_parameters(const Route& route, const Call& call);
  http::Response dispatch(const http::Request& request) const;

  Services* m_services;
  std::vector<Route> m_routes;
};

} // namespace xinglin::api
