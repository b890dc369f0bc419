/// Reports of failed calls.
///
/// Each error that the interfaces declare has a sentence that says what to do. It is found by the
/// last part of the error's name, because the interfaces share several errors. An error that is not
/// in the table is printed as it came. Parameters may be missing: then the sentence is shorter.

#include "cfgctl/failure_report.hpp"

#include "cfgctl/text/issue_text.hpp"
#include "cfgctl/text/screen.hpp"
#include "client/types.hpp"

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
  return with_message(quoted("", text_of(from, "key"), "is not a valid key"), from);
}

std::string no_such_namespace(parameters const& from) {
  return quoted("there is no namespace", text_of(from, "namespace"), "");
}

std::string invalid(client::refusal const& why) {
  std::string out = "the change is not valid, nothing was changed";
  for (auto const& one : why.issues)
    out += "\n  " + issue_text(one);
  if (why.more > 0) out += "\n  and " + std::to_string(why.more) + " more";
  return out;
}

std::string no_such_pending(parameters const& from) {
  return "revision " + number_of(from, "revision") +
         " is not a pending change\n  'cfgctl pending' lists the pending changes";
}

std::string edit_in_progress(parameters const& from) {
  return "another edit is in progress, by uid " + number_of(from, "uid") + " until " +
         text_of(from, "deadline") + "\n  'cfgctl edit end' ends it";
}

std::string no_edit(parameters const&) { return "no edit of several files is in progress"; }

std::string bad_time(parameters const& from) {
  return quoted("", text_of(from, "time"), "is not a time of RFC 3339");
}

std::string revision_mismatch(parameters const& from) {
  auto const now = number_of(from, "revision");
  return "the service is at revision " + now +
         "\n  read the values again, then repeat the change with --if-revision " + now;
}

std::string read_only(parameters const& from) {
  return quoted("", text_of(from, "key"), "is read-only");
}

std::string store_failed(parameters const& from) {
  return with_message("the change could not be made durable, nothing was changed", from);
}

std::string limit_exceeded(parameters const& from) {
  return quoted("the limit", text_of(from, "limit"), "would be exceeded: ") +
         number_of(from, "used") + " of " + number_of(from, "maximum");
}

std::string no_such_revision(parameters const& from) {
  return "no such revision; the history has revisions " + number_of(from, "oldest") + " to " +
         number_of(from, "newest");
}

std::string permission_denied(parameters const&) {
  return "permission denied"
         "\n  everybody may read; root and members of the group cfgd-admin may change values";
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
  return "the method has several replies: call it with --more";
}

std::string internal_error(parameters const& from) {
  return with_message("internal error of the service; see its log", from);
}

std::string no_such_check(parameters const& from) {
  return quoted("there is no check", text_of(from, "name"), "");
}

std::string bad_settings(parameters const& from) {
  std::string place = text_of(from, "path");
  if (from.contains("line")) place += ':' + number_of(from, "line");
  if (from.contains("line") && from.contains("column")) place += ':' + number_of(from, "column");
  return with_message("the settings are not valid, the previous settings stay active" +
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
  if (auto const found = client::refusal_of(why)) return invalid(*found);
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
           "use another socket\n  with --socket or CFGD_SOCKET";
  case client::failure::timed_out:
    return why.message + "\n  the request may still be carried out; --timeout sets a longer limit";
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
