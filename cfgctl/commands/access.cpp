/// access: what somebody may do, and which entry says so.

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/table.hpp"

#include <utility>

namespace cfgd::cfgctl {
namespace {

struct access_options {
  std::string key;
  std::string user;
};

/// "default", "owner", or the entry.
std::string reason_text(client::access_right const& one) {
  return one.entry ? *one.entry : one.reason.value_or("");
}

std::string access_text(screen const& where, client::access_report const& reply) {
  table rows({left("KEY"), left("OPERATION"), left("ALLOWED"), path("WHY")});
  for (auto const& one : reply.rights)
    rows.add({one.key.empty() ? "(service)" : one.key, one.operation,
              table::cell(one.allowed ? "yes" : "no", one.allowed ? tint::plain : tint::warning),
              reason_text(one)});
  return "uid " + std::to_string(reply.uid) + '\n' + rows.str(where);
}

exit_code access(context const& all, access_options const& asked) {
  auto const given = [](std::string const& text) {
    return text.empty() ? std::optional<std::string>() : std::optional(text);
  };
  return ask(all, "access", methods::access, {given(asked.user), given(asked.key)}, access_text);
}

} // namespace

void add_access_command(declarations const& to) {
  auto const access_command =
      declare(to, "access", "Print what a user may do, and which entry says so", access);
  add_argument(access_command.app, "KEY", access_command.options.key,
               "A key or a namespace; without it, all namespaces");
  add_option(access_command.app, "--as", access_command.options.user, "USER",
             "The rights of this user, by name or number; for administrators");
}

} // namespace cfgd::cfgctl
