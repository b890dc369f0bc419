/// Telling why a call failed.
///
/// A person who is refused wants to know what to do, not what the protocol calls it. Errors that
/// the interfaces declare have a sentence each, found by their last name, because the three
/// interfaces share several. An error that is not in the table is shown as it came. Parameters may
/// be missing: then the sentence is shorter, never wrong.

#include "cfgctl/failure_report.hpp"

#include "cfgctl/text/issue_text.hpp"
#include "cfgctl/text/screen.hpp"
#include "client/detail/decode.hpp"

#include <boost/json/value.hpp>

#include <array>
#include <optional>

namespace cfgd::cfgctl {
namespace {

using client::call_error;
using parameters = boost::json::object;

std::string text_of(parameters const& from, std::string_view name) {
  boost::json::value const* const found = from.if_contains(name);
  auto const* text = found != nullptr ? found->if_string() : nullptr;
  return text != nullptr ? std::string(*text) : std::string();
}

std::string number_of(parameters const& from, std::string_view name) {
  boost::json::value const* const found = from.if_contains(name);
  auto const* number = found != nullptr ? found->if_int64() : nullptr;
  return number != nullptr ? std::to_string(*number) : std::string("?");
}

/// "before 'name' after", or "before after" if there is no name.
std::string quoted(std::string_view before, std::string const& name, std::string_view after) {
  std::string out(before);
  if (!name.empty()) out += (out.empty() ? "'" : " '") + name + '\'';
  if (!after.empty()) out.append(out.empty() ? "" : " ").append(after);
  return out;
}

std::string with_message(std::string const& text, parameters const& from) {
  auto const message = text_of(from, "message");
  return message.empty() ? text : text + ": " + message;
}

std::string bad_key(parameters const& from) {
  return with_message(quoted("", text_of(from, "key"), "is no valid key"), from);
}

std::string no_such_namespace(parameters const& from) {
  return quoted("there is no namespace", text_of(from, "namespace"), "");
}

std::string invalid(parameters const& from) {
  std::string out = "the change is not valid, nothing was changed";
  for (auto const& one : client::detail::decode_issues(from, "issues"))
    out += "\n  " + issue_text(one);
  boost::json::value const* const more = from.if_contains("more");
  if (more != nullptr && more->is_int64() && more->get_int64() > 0) {
    out += "\n  and " + std::to_string(more->get_int64()) + " more";
  }
  return out;
}

std::string no_such_pending(parameters const& from) {
  return "no change of revision " + number_of(from, "revision") +
         " waits for its end\n  'cfgctl pending' lists those that do";
}

std::string edit_in_progress(parameters const& from) {
  return "uid " + number_of(from, "uid") + " edits already, until " + text_of(from, "deadline") +
         "\n  'cfgctl edit end' ends that edit";
}

std::string no_edit(parameters const&) { return "no edit of several files is under way"; }

std::string bad_time(parameters const& from) {
  return quoted("", text_of(from, "time"), "is no time of RFC 3339");
}

std::string revision_mismatch(parameters const& from) {
  auto const now = number_of(from, "revision");
  return "the service has moved on to revision " + now +
         "\n  read again what the change depends on, then repeat it with --if-revision " + now;
}

std::string read_only(parameters const& from) {
  return quoted("", text_of(from, "key"), "may be read and not changed");
}

std::string store_failed(parameters const& from) {
  return with_message("the change could not be made durable, nothing was changed", from);
}

std::string limit_exceeded(parameters const& from) {
  return quoted("the limit", text_of(from, "limit"), "would be exceeded: ") +
         number_of(from, "used") + " of " + number_of(from, "maximum");
}

std::string no_such_revision(parameters const& from) {
  return "that revision is not known; revisions " + number_of(from, "oldest") + " to " +
         number_of(from, "newest") + " are";
}

std::string permission_denied(parameters const&) {
  return "permission denied"
         "\n  unless an access file says otherwise, reading is for everyone, and changing is for"
         "\n  root and members of the group cfgd-admin";
}

std::string method_missing(parameters const& from) {
  return quoted("this service does not have the method", text_of(from, "method"), "");
}

std::string interface_missing(parameters const& from) {
  return quoted("this service does not have the interface", text_of(from, "interface"), "");
}

std::string invalid_parameter(parameters const& from) {
  return quoted("the service does not accept the parameter", text_of(from, "parameter"), "");
}

std::string expected_more(parameters const&) {
  return "the method answers several times: it has to be called with --more";
}

std::string internal_error(parameters const& from) {
  return with_message("internal error of the service, its log says more", from);
}

std::string no_such_check(parameters const& from) {
  return quoted("there is no check", text_of(from, "name"), "");
}

std::string bad_settings(parameters const& from) {
  std::string place = text_of(from, "path");
  if (from.contains("line")) place += ':' + number_of(from, "line");
  if (from.contains("line") && from.contains("column")) place += ':' + number_of(from, "column");
  return with_message("the settings have a fault, what was set before stays in force" +
                          (place.empty() ? std::string() : "\n  " + place),
                      from);
}

struct sentence {
  std::string_view name;
  std::string (*make)(parameters const& from);
};

constexpr std::array sentences{
    sentence{"BadKey", bad_key},
    sentence{"NoSuchNamespace", no_such_namespace},
    sentence{"Invalid", invalid},
    sentence{"RevisionMismatch", revision_mismatch},
    sentence{"ReadOnly", read_only},
    sentence{"StoreFailed", store_failed},
    sentence{"LimitExceeded", limit_exceeded},
    sentence{"NoSuchRevision", no_such_revision},
    sentence{"NoSuchPending", no_such_pending},
    sentence{"EditInProgress", edit_in_progress},
    sentence{"NoEdit", no_edit},
    sentence{"BadTime", bad_time},
    sentence{"NoSuchCheck", no_such_check},
    sentence{"BadSettings", bad_settings},
    sentence{"PermissionDenied", permission_denied},
    sentence{"MethodNotFound", method_missing},
    sentence{"MethodNotImplemented", method_missing},
    sentence{"InterfaceNotFound", interface_missing},
    sentence{"InvalidParameter", invalid_parameter},
    sentence{"ExpectedMore", expected_more},
    sentence{"InternalError", internal_error},
};

std::string refusal(call_error const& why) {
  bool const ours =
      why.name.starts_with("io.cfgd.") || why.name.starts_with("org.varlink.service.");
  auto const last = std::string_view(why.name).substr(why.name.rfind('.') + 1);
  for (sentence const& one : sentences) {
    if (ours && one.name == last) return one.make(why.parameters);
  }
  return why.message;
}

std::string reason(call_error const& why) {
  switch (why.kind) {
  case client::failure::refused:
    return refusal(why);
  case client::failure::unreachable:
    return why.message +
           "\n  start it with 'systemctl start cfgd', or by hand with 'cfgd --root DIR'; "
           "name another socket\n  with --socket or CFGD_SOCKET";
  case client::failure::timed_out:
    return why.message + "\n  what was asked for may still happen; --timeout waits longer";
  case client::failure::closed:
  case client::failure::protocol:
    return why.message;
  }
  return why.message;
}

} // namespace

std::string failure_text(std::string_view what, call_error const& why) {
  std::string out = "cfgctl: ";
  out.append(what).append(": ").append(reason(why)).append("\n");
  return printable(out);
}

std::string failure_line(call_error const& why) {
  std::string const out = printable(reason(why));
  return out.substr(0, out.find('\n'));
}

exit_code exit_code_of(call_error const& why) {
  switch (why.kind) {
  case client::failure::refused:
    return exit_code::refused;
  case client::failure::unreachable:
    return exit_code::unreachable;
  case client::failure::timed_out:
  case client::failure::closed:
  case client::failure::protocol:
    return exit_code::trouble;
  }
  return exit_code::trouble;
}

} // namespace cfgd::cfgctl
