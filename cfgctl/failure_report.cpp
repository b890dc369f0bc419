/// Reports of failed calls.
///
/// Each error that the interfaces declare has a sentence that says what to do. It is found by the
/// last part of the error's name, because the interfaces share several errors. An error that is not
/// in the table is printed as it came. Parameters may be missing: then the sentence is shorter.

#include "cfgctl/failure_report.hpp"

#include "cfgctl/text/issue_text.hpp"
#include "cfgctl/text/screen.hpp"
#include "cfgctl/text/users.hpp"
#include "client/types.hpp"

#include <boost/json/value.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

namespace cfgd::cfgctl {
namespace {

using client::call_error;
using parameters = boost::json::object;

/// A sentence with parameters of the error in braces: {name} is a number, or ? if it is absent;
/// {uid} is a user with its name, {me} the user who runs this program. A
/// brace like {, by $name} or {:#line} is left out if there is no text, or number, of that name.
struct sentence {
  std::string_view error;
  std::string_view text;
};

constexpr std::string_view no_method = "this service does not have the method{ '$method'}";

constexpr std::array sentences{
    sentence{"BadKey", "{'$key' }is not a valid key{: $message}"},
    sentence{"NoSuchNamespace", "there is no namespace{ '$namespace'}"},
    sentence{"RevisionMismatch",
             "the service is at revision {revision}\n"
             "  read the values again, then repeat the change with --if-revision {revision}"},
    sentence{"ReadOnly", "{'$key' }is read-only{, locked: $reason}{: $path}{:#line}{:#column}"},
    sentence{"StoreFailed",
             "the change could not be made durable, nothing was changed{: $message}"},
    sentence{"LimitExceeded", "the limit{ '$limit'} would be exceeded: {used} of {maximum}"},
    sentence{"NoSuchRevision", "no such revision; the history has revisions {oldest} to {newest}"},
    sentence{"NoSuchPending", "revision {revision} is not waiting for confirmation\n"
                              "  'cfgctl pending' lists the pending changes"},
    sentence{"NoSuchConsumer", "there is no consumer{ '$consumer'}\n"
                               "  'cfgctl consumers' lists them"},
    sentence{"NotDelivered", "revision {revision} was not delivered to the consumer{ '$consumer'}; "
                             "revision {delivered} was"},
    sentence{"EditInProgress", "another edit is in progress, by {uid} until{ $deadline}\n"
                               "  'cfgctl edit end' ends it"},
    sentence{"NoEdit", "no edit of several files is in progress"},
    sentence{"BadTime", "{'$time' }is not a time of RFC 3339"},
    sentence{"NoSuchCheck", "there is no check{ '$name'}{$hint}"},
    sentence{"BadSettings", "the settings are not valid, the previous settings stay active"
                            "{\n  $path}{:#line}{:#column}{: $message}"},
    sentence{"PermissionDenied",
             "permission denied: needs root or group cfgd-admin (you are {me})"},
    sentence{"MethodNotFound", no_method},
    sentence{"MethodNotImplemented", no_method},
    sentence{"InterfaceNotFound", "this service does not have the interface{ '$interface'}"},
    sentence{"InvalidParameter", "the service does not accept the parameter{ '$parameter'}"},
    sentence{"ExpectedMore", "the method has several replies: call it with --more"},
    sentence{"InternalError", "internal error of the service; see its log{: $message}"},
};

/// A parameter as text. `kind` is $ for a text, else it is a number. Empty if it is absent.
std::string text_of(parameters const& from, std::string_view name, char kind) {
  boost::json::value const* const found = from.if_contains(name);
  auto const* const text = found != nullptr ? found->if_string() : nullptr;
  auto const* const number = found != nullptr ? found->if_int64() : nullptr;
  if (kind == '$') return text != nullptr ? std::string(*text) : std::string();
  return number != nullptr ? std::to_string(*number) : std::string();
}

/// What one brace of a sentence stands for.
std::string filled(std::string_view brace, parameters const& from) {
  auto const at = brace.find_first_of("$#");
  if (at == brace.npos) {
    if (brace == "me") return user_text(static_cast<std::int64_t>(::geteuid()));
    auto const number = text_of(from, brace, '#');
    if (number.empty()) return "?";
    return brace == "uid" ? user_text(std::stoll(number)) : number;
  }
  auto const rest = brace.substr(at + 1);
  auto const length = std::min(rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz"), rest.size());
  auto const text = text_of(from, rest.substr(0, length), brace[at]);
  if (text.empty()) return {};
  return std::string(brace.substr(0, at)).append(text).append(rest.substr(length));
}

std::string sentence_of(std::string_view text, parameters const& from) {
  std::string out;
  for (auto open = text.find('{'); open != text.npos; open = text.find('{')) {
    auto const close = text.find('}', open);
    out += text.substr(0, open);
    out += filled(text.substr(open + 1, close - open - 1), from);
    text.remove_prefix(close + 1);
  }
  return out.append(text);
}

std::string invalid(client::refusal const& why) {
  std::string out = "the change is not valid, nothing was changed";
  for (auto const& one : why.issues)
    out += "\n  " + issue_text(one);
  if (why.more > 0) out += "\n  and " + std::to_string(why.more) + " more";
  return out;
}

std::string refusal(call_error const& why) {
  bool const ours =
      why.name.starts_with("io.cfgd.") || why.name.starts_with("org.varlink.service.");
  if (auto const found = client::refusal_of(why)) return invalid(*found);
  auto const last = std::string_view(why.name).substr(why.name.rfind('.') + 1);
  auto const* const known = std::ranges::find(sentences, last, &sentence::error);
  if (last == "BadKey" && why.parameters.if_contains("key") != nullptr &&
      text_of(why.parameters, "key", '$').empty())
    return "KEY is empty";
  return ours && known != sentences.end() ? sentence_of(known->text, why.parameters) : why.message;
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

boost::json::object failure_json(std::string_view text, call_error const& why) {
  boost::json::object out = failure_json(text, exit_code_of(why));
  auto const last = std::string_view(why.name).substr(why.name.rfind('.') + 1);
  constexpr std::array kinds{"unreachable", "timeout", "closed", "protocol"};
  constexpr std::array failures{client::failure::unreachable, client::failure::timed_out,
                                client::failure::closed, client::failure::protocol};
  for (std::size_t at = 0; at < kinds.size(); ++at) {
    if (why.kind == failures.at(at)) out["kind"] = kinds.at(at);
  }
  if (why.kind == client::failure::refused && !last.empty()) out["kind"] = last;
  for (char const* const name : {"key", "issues"}) {
    if (auto const* const found = why.parameters.if_contains(name)) out[name] = *found;
  }
  return out;
}

boost::json::object failure_json(std::string_view text, exit_code code) {
  constexpr std::array kinds{"ok", "refused", "usage", "unreachable", "trouble"};
  constexpr std::string_view program = "cfgctl: ";
  if (text.starts_with(program)) text.remove_prefix(program.size());
  auto const at = static_cast<std::size_t>(code);
  return {{"kind", at < kinds.size() ? kinds.at(at) : "trouble"},
          {"message", text.substr(0, text.find('\n'))}};
}

exit_code exit_code_of(call_error const& why) {
  switch (why.kind) {
  case client::failure::refused:
    // What the caller asked for is not well-formed.
    if (why.name.ends_with(".BadKey") || why.name.ends_with(".BadTime") ||
        why.name.ends_with(".InvalidParameter"))
      return exit_code::usage;
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
