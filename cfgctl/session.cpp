#include "cfgctl/session.hpp"

#include "cfgctl/commands/suggest.hpp"
#include "cfgctl/failure_report.hpp"
#include "cfgctl/text/values.hpp"

#include <utility>

namespace cfgd::cfgctl {

client::result<client::connection> connect(context const& all) {
  return client::connection::connect(all.socket, all.time_limit.value_or(default_time_limit));
}

exit_code report(context const& all, std::string_view what, client::call_error const& why) {
  std::string text = failure_text(what, why);
  if (why.name.ends_with(".NoSuchNamespace")) {
    auto const* const name = why.parameters.if_contains("namespace");
    if (name != nullptr && name->is_string()) {
      text.insert(text.size() - 1, namespace_hint(all, std::string(name->get_string())));
    }
  }
  complain(text);
  if (all.as_json()) print(json_text(all.where, failure_json(text, why)));
  return exit_code_of(why);
}

exit_code fail(context const& all, std::string const& text, exit_code code) {
  complain_line(text, code);
  if (all.as_json()) print(json_text(all.where, failure_json(text, code)));
  return code;
}

exit_code complain_line(std::string const& text, exit_code code) {
  complain(printable("cfgctl: " + text + '\n'));
  return code;
}

void complain_damaged(std::string const& command, client::revision_number revision) {
  complain_line(command + ": the record of revision " + std::to_string(revision) +
                " is damaged and left out; cfgctl health shows all");
}

void warn(std::string const& text) { complain(printable("warning: " + text + '\n')); }

void show(context const& all, boost::json::value const& as_json, std::string const& as_text) {
  print(all.as_json() ? json_text(all.where, as_json) : as_text);
}

exit_code ask_for_json(context const& all, std::string_view what, std::string_view method,
                       boost::json::object const& parameters) {
  auto const reply = call(all, &client::connection::call, method, parameters);
  if (!reply) return report(all, what, reply.error());
  print(json_text(all.where, *reply));
  return exit_code::ok;
}

} // namespace cfgd::cfgctl
