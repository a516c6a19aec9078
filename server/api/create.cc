// https://hl7.org/fhir/R4/http.html#create, conditional: https://hl7.org/fhir/R4/http.html#ccreate
#include "server/api/interactions.h"
#include "server/api/respond.h"

namespace xinglin::api {

http::Response create(Call& call) {
  const std::string type = resource_type(call);
  const fhir::Document document = body_resource(call, type);
  store::Write asked;
  asked.kind = store::Write::Kind::create;
  asked.type = type;
  asked.json = std::string(document.bytes()); // an id in it is not taken: the server assigns one
  asked.if_none_exist = std::string(call.request->header("If-None-Exist"));
  if (const size_t question = asked.if_none_exist.find('?'); question != std::string::npos)
    asked.if_none_exist.erase(0, question + 1); // some clients send Type?query
  const store::Receipt receipt = write(call, {std::move(asked)});
  return write_response(call, receipt.outcomes.at(0));
}

} // namespace xinglin::api
