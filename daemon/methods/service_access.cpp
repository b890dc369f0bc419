#include "core/json.hpp"
#include "core/key.hpp"
#include "daemon/methods/handlers.hpp"
#include "daemon/methods/parameters.hpp"
#include "daemon/methods/reply.hpp"
#include "ipc/interface_table.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// What somebody may do. The rows come from the access entries alone and never say whether a
// namespace exists. Which entry it is, only those see who may administer: entries name people.

namespace cfgd::methods {
namespace {

namespace bj = boost::json;

constexpr std::array operations{right::read, right::write, right::rollback, right::secret,
                                right::admin};
constexpr std::array<std::string_view, 5> operation_names{"read", "write", "rollback", "secret",
                                                          "admin"};

enum class extent : std::uint8_t { rights, reasons };

bj::object row(std::string_view key_text, std::size_t operation, access_decision const& made,
               extent how) {
  bj::object out{
      {"key", key_text}, {"operation", operation_names.at(operation)}, {"allowed", made.allowed}};
  if (how == extent::rights) return out;
  out["reason"] = to_string(made.why);
  if (!made.entry.empty()) out["entry"] = made.entry;
  return out;
}

/// A question that is being answered.
struct access_question {
  std::vector<std::string> names; ///< namespaces, and the service as a whole
  std::optional<key> which;       ///< instead of them
  extent how = extent::rights;
};

bj::array rows_for(access_policy const& policy, ipc::peer const& who,
                   access_question const& asked) {
  bj::array rows;
  for (std::size_t each = 0; each < operations.size(); ++each) {
    if (asked.which)
      rows.push_back(row(asked.which->str(), each,
                         policy.decide(who, operations.at(each), *asked.which), asked.how));
    for (auto const& name : asked.names)
      rows.push_back(row(name, each, policy.decide(who, operations.at(each), name), asked.how));
  }
  return rows;
}

void answer_access(method_context& with, ipc::responder const& answer, ipc::peer const& who,
                   access_question const& asked) {
  bj::object out{{"uid", who.uid}};
  out["rights"] = rows_for(with.access, who, asked);
  std::string text;
  json::append_compact(text, out);
  reply_within(answer, service_interface, text, with.bounds.reply_bytes);
}

} // namespace

void show_access(method_context& with, authorized_call const& asked) {
  access_question question;
  if (asked.by.may_administer()) question.how = extent::reasons;
  if (auto const text = string_of(asked.parameters, "key")) {
    auto which = key::parse(*text);
    if (!which) return fail(asked.answer, service_interface, which.error());
    question.which = *std::move(which);
  } else {
    question.names = with.values.cache().namespaces();
    std::erase_if(question.names, [&](auto const& name) { return !asked.by.may_read(name); });
    question.names.insert(question.names.begin(), std::string());
  }
  auto const user = string_of(asked.parameters, "user");
  if (!user || *user == std::to_string(asked.from.uid))
    return answer_access(with, asked.answer, asked.from, question);
  if (question.how == extent::rights) return refuse(asked, asked.by.denial(right::admin, {}));
  with.names.find_user(*user, [&with, answer = asked.answer, user = *user,
                               question](std::optional<ipc::peer> const& who) {
    if (who)
      answer_access(with, answer, *who, question);
    else
      answer.fail("io.cfgd.Service.NoSuchUser", ipc::one_parameter("user", user));
  });
}

} // namespace cfgd::methods
