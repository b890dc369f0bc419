#include "core/json.hpp"
#include "core/key.hpp"
#include "daemon/methods/batches.hpp"
#include "daemon/methods/handlers.hpp"
#include "daemon/methods/parameters.hpp"
#include "daemon/methods/reply.hpp"
#include "ipc/interface_table.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <memory>
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

/// The rows of an answer: for each operation all names, in their order.
class access_rows final : public item_source {
 public:
  access_rows(access_policy const& policy, ipc::peer who, access_question asked)
      : policy_(policy), who_(std::move(who)), asked_(std::move(asked)) {}

  bool at_end() override { return next_ == operations.size() * names(); }
  void append(std::string& out) override {
    auto const operation = next_ / names();
    auto const& name = asked_.which ? asked_.which->str() : asked_.names[next_ % names()];
    auto const what = operations.at(operation);
    json::append_compact(out, row(name, operation,
                                  asked_.which ? policy_.decide(who_, what, *asked_.which)
                                               : policy_.decide(who_, what, name),
                                  asked_.how));
    ++next_;
  }

 private:
  std::size_t names() const { return asked_.which ? 1 : asked_.names.size(); }

  access_policy const& policy_;
  ipc::peer who_;
  access_question asked_;
  std::size_t next_ = 0;
};

void answer_access(method_context& with, ipc::responder const& answer, ipc::peer const& who,
                   access_question asked) {
  send_list({.answer = answer, .interface = service_interface}, with.bounds,
            std::make_unique<access_rows>(with.access, who, std::move(asked)),
            [uid = std::to_string(who.uid)](std::string const& rows) {
              return R"({"uid":)" + uid + R"(,"rights":[)" + rows + "]}";
            });
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
