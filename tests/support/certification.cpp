#include "tests/support/certification.hpp"

#include "core/json.hpp"
#include "ipc/idl.hpp"
#include "ipc/message.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <iterator>

// Server and client share one table: what each method is to be called with, and what it answers.

namespace cfgd::test {

namespace {

constexpr std::string_view description =
    R"(# Calls to make in order, each with what the one before answered.
interface org.varlink.certification

type Interface (
  foo: ?[]?[string](foo, bar, baz),
  anon: (foo: bool, bar: bool)
)

type MyType (
  object: object,
  enum: (one, two, three),
  struct: (first: int, second: string),
  array: []string,
  dictionary: [string]string,
  stringset: [string](),
  nullable: ?string,
  nullable_array_struct: ?[](first: int, second: string),
  interface: Interface
)

method Start() -> (client_id: string)
method Test01(client_id: string) -> (bool: bool)
method Test02(client_id: string, bool: bool) -> (int: int)
method Test03(client_id: string, int: int) -> (float: float)
method Test04(client_id: string, float: float) -> (string: string)
method Test05(client_id: string, string: string) -> (bool: bool, int: int, float: float, string: string)
method Test06(client_id: string, bool: bool, int: int, float: float, string: string)
  -> (struct: (bool: bool, int: int, float: float, string: string))
method Test07(client_id: string, struct: (bool: bool, int: int, float: float, string: string))
  -> (map: [string]string)
method Test08(client_id: string, map: [string]string) -> (set: [string]())
method Test09(client_id: string, set: [string]()) -> (mytype: MyType)
# Ten replies.
# [Requires 'more' flag]
method Test10(client_id: string, mytype: MyType) -> (string: string)
# To be called with 'oneway'.
method Test11(client_id: string, last_more_replies: []string) -> ()
method End(client_id: string) -> (all_ok: bool)

error ClientIdError ()
error CertificationError (wants: object, got: object)
)";

struct step {
  std::string_view method;
  std::string_view wants;   ///< canonical, without client_id
  std::string_view answers; ///< what it has to answer, likewise
};

constexpr std::string_view several =
    R"({"bool":false,"float":3.141592653589793,"int":2,"string":"a lot of string"})";
constexpr std::string_view structured =
    R"({"struct":{"bool":false,"float":3.141592653589793,"int":2,"string":"a lot of string"}})";
constexpr std::string_view my_type =
    R"({"mytype":{"array":["one","two","three"],"dictionary":{"bar":"Bar","foo":"Foo"},"enum":"two",)"
    R"("interface":{"anon":{"bar":false,"foo":true},"foo":[null,{"bar":"bar","foo":"foo"},null,)"
    R"({"one":"foo","two":"bar"}]},"object":{"method":"org.varlink.certification.Test09",)"
    R"("parameters":{"map":{"bar":"Bar","foo":"Foo"}}},"stringset":{"one":{},"three":{},"two":{}},)"
    R"("struct":{"first":1,"second":"2"}}})";
constexpr std::string_view ten_replies =
    R"({"last_more_replies":["Reply number 1","Reply number 2","Reply number 3","Reply number 4",)"
    R"("Reply number 5","Reply number 6","Reply number 7","Reply number 8","Reply number 9",)"
    R"("Reply number 10"]})";

constexpr std::array<step, 13> steps{{
    {"Start", "{}", ""},
    {"Test01", "{}", R"({"bool":true})"},
    {"Test02", R"({"bool":true})", R"({"int":1})"},
    {"Test03", R"({"int":1})", R"({"float":1.0})"},
    {"Test04", R"({"float":1.0})", R"({"string":"ping"})"},
    {"Test05", R"({"string":"ping"})", several},
    {"Test06", several, structured},
    {"Test07", structured, R"({"map":{"bar":"Bar","foo":"Foo"}})"},
    {"Test08", R"({"map":{"bar":"Bar","foo":"Foo"}})", R"({"set":{"one":{},"three":{},"two":{}}})"},
    {"Test09", R"({"set":{"one":{},"three":{},"two":{}}})", my_type},
    {"Test10", my_type, ""},
    {"Test11", ten_replies, ""},
    {"End", "{}", R"({"all_ok":true})"},
}};
constexpr std::size_t streaming_step = 10;
constexpr std::size_t oneway_step = 11;

std::string qualified(step const& which) {
  return "org.varlink.certification." + std::string(which.method);
}

std::string reply_number(int number) {
  return R"({"string":"Reply number )" + std::to_string(number) + R"("})";
}

class client {
 public:
  explicit client(exchange const& with) : with_(with) {}

  std::string run() {
    boost::json::object answer;
    for (std::size_t at = 0; at < steps.size() && problem_.empty(); ++at) {
      if (!id_.empty()) answer["client_id"] = id_;
      answer = at == oneway_step ? one_way(answer) : call(at, answer);
      if (at == 0)
        id_ = answer.contains("client_id") ? answer["client_id"].as_string().c_str() : "";
    }
    return problem_;
  }

 private:
  boost::json::object call(std::size_t at, boost::json::object const& parameters) {
    bool const streams = at == streaming_step;
    send(at, parameters, streams ? ipc::call_kind::more : ipc::call_kind::plain);
    boost::json::array strings;
    for (;;) {
      auto const message = with_.receive();
      auto const reply = ipc::parse_reply(message.value_or(""), {});
      if (!reply || !reply->error.empty()) {
        problem_ = qualified(steps[at]) + ": " + message.value_or("no answer");
        return {};
      }
      if (!streams) return checked(at, reply->parameters);
      strings.push_back(reply->parameters.at("string"));
      if (!reply->continues) return {{"last_more_replies", strings}};
    }
  }

  /// Nulls of absent members and 1 for 1.0 are right answers.
  boost::json::object checked(std::size_t at, boost::json::object answer) {
    auto const& output = context_.methods[at].output;
    if (!ipc::idl::check_parameters(context_, output, answer))
      problem_ = "other types than described: ";
    auto const got = json::canonical(answer);
    auto const& wanted = steps[at].answers;
    if (!problem_.empty() || (!wanted.empty() && got != wanted))
      problem_ += qualified(steps[at]) + " answered " + got + " instead of " + std::string(wanted);
    return answer;
  }

  boost::json::object one_way(boost::json::object const& parameters) {
    send(oneway_step, parameters, ipc::call_kind::oneway);
    return {};
  }

  void send(std::size_t at, boost::json::object const& parameters, ipc::call_kind kind) {
    std::string message;
    ipc::append_call(message, qualified(steps[at]),
                     parameters.empty() ? std::string() : json::canonical(parameters), kind);
    with_.send(message);
  }

  exchange const& with_;
  ipc::idl::interface const context_ = ipc::idl::parse(description).value();
  std::string id_;
  std::string problem_;
};

} // namespace

certification_service::certification_service(ipc::server& server) {
  server.add_interface(description);
  for (std::size_t at = 0; at < steps.size(); ++at)
    server.bind(qualified(steps[at]), [this, at](ipc::call const& made) { serve(at, made); });
}

void certification_service::start(ipc::call const& made) {
  auto const id = "client-" + std::to_string(++started_);
  next_[id] = 1;
  made.answer.reply(R"({"client_id":")" + id + R"("})");
}

void certification_service::serve(std::size_t at, ipc::call const& made) {
  if (at == 0) return start(made);
  std::string const id(made.parameters.at("client_id").as_string());
  auto const known = next_.find(id);
  if (known == next_.end()) return made.answer.fail("org.varlink.certification.ClientIdError");

  boost::json::object got(made.parameters);
  got.erase("client_id");
  auto const text = json::canonical(got);
  bool const right_flag = made.oneway == (at == oneway_step);
  if (known->second == at && right_flag && text == steps[at].wants) {
    ++known->second;
    return finish(at, made);
  }
  auto const& wanted = steps[known->second];
  made.answer.fail("org.varlink.certification.CertificationError",
                   R"({"wants":{"method":")" + qualified(wanted) + R"(","parameters":)" +
                       std::string(wanted.wants) + R"(},"got":{"method":")" +
                       std::string(made.method) + R"(","parameters":)" + text + "}}");
  next_.erase(known);
}

void certification_service::finish(std::size_t at, ipc::call const& made) {
  if (at == streaming_step) {
    for (int number = 1; number < 10; ++number)
      made.answer.reply_continues(reply_number(number));
    return made.answer.reply(reply_number(10));
  }
  if (at + 1 == steps.size()) ++certified_;
  made.answer.reply(steps[at].answers);
}

std::string certify(exchange const& with) { return client(with).run(); }

} // namespace cfgd::test
