#include "daemon/methods/reply.hpp"

#include "core/json.hpp"
#include "core/key.hpp"
#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "engine/access/locked.hpp"
#include "ipc/interface_table.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdlib>
#include <utility>

namespace cfgd {
namespace {

namespace bj = boost::json;

/// Keys of a pending change that are listed, so that a list of all of them fits into a reply.
constexpr std::size_t pending_keys = 100;
constexpr std::size_t pending_key_bytes = 16 * std::size_t{1024};
/// A change of one key that hides a value of a file has a shorter reply.
constexpr std::size_t usual_reply_bytes = 512;

/// The parameters of Invalid.
bj::object invalid(error const& why) {
  auto const issues = issues_of(why);
  bj::object parameters;
  parameters["issues"] = to_json(issues);
  if (!why.issues.empty() && why.used > issues.size())
    parameters["more"] = why.used - issues.size();
  return parameters;
}

template <class T>
bj::array to_list(std::vector<T> const& all) {
  bj::array list;
  for (auto const& one : all)
    list.push_back(to_json(one));
  return list;
}

struct wire_error {
  std::string_view name; ///< without the interface
  bj::object parameters;
};

/// `name` needs no escapes.
void begin_member(std::string& out, std::string_view name) {
  out.append(out.back() == '{' ? "\"" : ",\"").append(name).append("\":");
}

void append_text(std::string& out, std::string_view name, std::string_view text) {
  begin_member(out, name);
  json::append_string(out, text);
}

void append_number(std::string& out, std::string_view name, std::uint64_t number) {
  begin_member(out, name);
  out += std::to_string(number);
}

wire_error internal(error const& why) { return {"InternalError", {{"message", to_string(why)}}}; }

wire_error limit_exceeded(error const& why) {
  return {"LimitExceeded", {{"limit", why.subject}, {"used", why.used}, {"maximum", why.maximum}}};
}

wire_error read_only(error const& why) {
  bj::object parameters{{"key", why.subject}};
  for (auto const& one : why.issues) {
    if (!one.path.empty()) parameters["path"] = one.path;
    if (one.where.line != 0) parameters["line"] = one.where.line;
    if (one.where.column != 0) parameters["column"] = one.where.column;
    if (one.rule == engine::lock_rule && !one.message.empty()) parameters["reason"] = one.message;
  }
  return {"ReadOnly", std::move(parameters)};
}

/// The errors that Config and History have in common.
wire_error to_common_error(error const& why) {
  switch (why.code) {
  case errc::bad_key:
    return {"BadKey", {{"key", why.subject}, {"message", why.message}}};
  case errc::not_found:
    return {"NoSuchNamespace", {{"namespace", why.subject}}};
  case errc::conflict:
    return {"RevisionMismatch", {{"revision", why.used}}};
  case errc::limit:
    return limit_exceeded(why);
  case errc::read_only:
    return read_only(why);
  case errc::store_failed:
    return {"StoreFailed", {{"message", why.message}}};
  case errc::bad_value:
  case errc::invalid:
  case errc::parse:
    return {"Invalid", invalid(why)};
  default:
    return internal(why);
  }
}

/// not_found is either: of a missing revision, the subject is a number and not a namespace name.
wire_error to_config_error(error const& why) {
  if (why.code == errc::not_found && !is_namespace_name(why.subject))
    return {"NoSuchPending", {{"revision", std::strtoll(why.subject.c_str(), nullptr, 10)}}};
  return to_common_error(why);
}

/// As to_config_error.
wire_error to_history_error(error const& why) {
  if (why.code == errc::not_found && !is_namespace_name(why.subject))
    return {"NoSuchRevision", {{"oldest", why.used}, {"newest", why.maximum}}};
  return to_common_error(why);
}

wire_error to_service_error(error const& why) {
  switch (why.code) {
  case errc::bad_key:
    return {"BadKey", {{"key", why.subject}, {"message", why.message}}};
  case errc::not_found:
    return {"NoSuchNamespace", {{"namespace", why.subject}}};
  case errc::store_failed:
    return {"StoreFailed", {{"message", why.message}}};
  case errc::read_only:
    return {"KeyIsCredential", {{"message", why.message}}};
  case errc::limit:
    return limit_exceeded(why);
  case errc::parse: {
    bj::object parameters{{"path", why.subject}, {"message", why.message}};
    if (why.where.line != 0) parameters["line"] = why.where.line;
    if (why.where.column != 0) parameters["column"] = why.where.column;
    return {"BadSettings", std::move(parameters)};
  }
  default:
    return internal(why);
  }
}

} // namespace

void fail(ipc::responder const& answer, std::string_view interface, error const& why) {
  if (why.code == errc::denied) {
    // The rights have changed since the call was checked: the message names the peer.
    log::write(log::level::warning, "refused a queued request: " + why.message,
               {{"MESSAGE_ID", message_id::call_refused},
                {"CFGD_KIND", "permission"},
                {"CFGD_NAMESPACE", why.subject}});
    answer.fail("org.varlink.service.PermissionDenied");
    return;
  }
  wire_error const made = interface == config_interface    ? to_config_error(why)
                          : interface == history_interface ? to_history_error(why)
                                                           : to_service_error(why);
  std::string text;
  json::append_compact(text, made.parameters);
  answer.fail(std::string(interface).append(1, '.').append(made.name), text);
}

void refuse(ipc::call const& asked, error const& why) {
  log::write(log::level::warning, "refused " + std::string(asked.method) + ": " + why.message,
             {{"MESSAGE_ID", message_id::call_refused},
              {"CFGD_KIND", "permission"},
              {"CFGD_NAMESPACE", why.subject},
              {"CFGD_PEER_UID", std::to_string(asked.from.uid)},
              {"CFGD_PEER_PID", std::to_string(asked.from.pid)}});
  asked.answer.fail("org.varlink.service.PermissionDenied");
}

error no_such_pending(std::int64_t revision) {
  auto text = std::to_string(revision);
  auto message = "revision " + text + " is not a pending change";
  return {.code = errc::not_found, .message = std::move(message), .subject = std::move(text)};
}

void refuse_parameter(ipc::call const& asked, std::string_view name) {
  asked.answer.fail("org.varlink.service.InvalidParameter", ipc::one_parameter("parameter", name));
}

void reply(ipc::responder const& answer, bj::object const& parameters) {
  std::string text;
  json::append_compact(text, parameters);
  answer.reply(text);
}

void reply_within(ipc::responder const& answer, std::string_view interface, std::string const& text,
                  std::size_t maximum) {
  if (text.size() > maximum)
    fail(answer, interface, too_long(text.size(), maximum));
  else
    answer.reply(text);
}

error too_long(std::size_t used, std::size_t maximum) {
  return {.code = errc::limit,
          .message = "the reply is too long",
          .subject = "reply_bytes",
          .used = used,
          .maximum = maximum};
}

void append_history_origin(std::string& out, origin const& from) {
  append_text(out += '{', "layer", to_string(from.where));
  if (!from.path.empty()) append_text(out, "path", from.path);
  if (from.at.line != 0) append_number(out, "line", from.at.line);
  if (from.at.column != 0) append_number(out, "column", from.at.column);
  if (from.uid) append_number(out, "uid", *from.uid);
  append_number(out, "revision", from.revision);
  out += '}';
}

void append_origin(std::string& out, origin const& from, std::optional<wall_time> time) {
  append_history_origin(out, from);
  out.pop_back();
  if (from.gid) append_number(out, "gid", *from.gid);
  if (from.pid) append_number(out, "pid", static_cast<std::uint64_t>(*from.pid));
  if (!from.unit.empty()) append_text(out, "unit", from.unit);
  if (time) append_text(out, "time", to_rfc3339(*time));
  out += '}';
}

bj::object to_json(issue const& what) {
  bj::object out{{"severity", to_string(what.how)}, {"rule", what.rule}};
  if (!what.key.empty()) out["key"] = what.key;
  if (!what.pointer.empty()) out["pointer"] = what.pointer;
  out["message"] = what.message;
  if (!what.path.empty()) out["path"] = what.path;
  if (what.where.line != 0) out["line"] = what.where.line;
  if (what.where.column != 0) out["column"] = what.where.column;
  return out;
}

bj::array to_json(std::vector<issue> const& all) { return to_list(all); }

std::vector<issue> issues_of(error const& why) {
  if (!why.issues.empty()) return why.issues;
  issue only{.rule = to_string(why.code), .message = why.message, .where = why.where};
  if (why.subject.starts_with('/'))
    only.pointer = why.subject;
  else if (key::parse(why.subject))
    only.key = why.subject;
  return {std::move(only)};
}

bj::object to_json(engine::pending_change const& what) {
  bj::array keys;
  std::size_t bytes = 0;
  for (auto const& one : what.keys) {
    bytes += one.size();
    if (keys.size() == pending_keys || bytes > pending_key_bytes) break;
    keys.emplace_back(one);
  }
  bj::object out{{"revision", what.revision},
                 {"kind", to_string(what.what)},
                 {"deadline", to_rfc3339(what.deadline)}};
  out["keys"] = std::move(keys);
  if (what.from.uid) out["uid"] = *what.from.uid;
  if (!what.comment.empty()) out["comment"] = what.comment;
  if (what.what == engine::expiry::kind::applied) out["untilApplied"] = true;
  return out;
}

bj::array to_json(std::vector<engine::pending_change> const& all) { return to_list(all); }

void append_hidden(std::string& out, engine::hidden_values const& all, std::string_view interface) {
  bool const is_history = interface == history_interface;
  out += '[';
  for (auto const& one : all.listed) {
    if (out.back() != '[') out += ',';
    append_text(out += '{', "key", one.key);
    out += ",\"origin\":";
    if (is_history)
      append_history_origin(out, one.from);
    else
      append_origin(out, one.from);
    if (!one.override_key.empty()) append_text(out, "unset", one.override_key);
    if (!is_history) append_origin(out += ",\"by\":", one.by, one.time);
    if (!is_history && one.is_removed) append_member(out, "removed", "true");
    out += '}';
  }
  out += ']';
}

std::vector<std::string> changed_keys(engine::committed_change const& done) {
  std::vector<std::string> keys;
  for (auto const& one : done.changes)
    for (auto const& key : one->keys)
      keys.push_back(key.key);
  return keys;
}

std::string change_reply(engine::committed_change const& done, std::string_view interface) {
  std::string out;
  out.reserve(usual_reply_bytes);
  append_number(out += '{', "revision", done.revision);
  out += ",\"changed\":[";
  for (auto const& one : done.changes)
    for (auto const& key : one->keys)
      json::append_string(out += out.back() == '[' ? "" : ",", key.key);
  out += "],\"warnings\":";
  if (done.warnings.empty())
    out += "[]";
  else
    json::append_compact(out, to_json(done.warnings));
  if (done.deadline)
    out.append(",\"deadline\":\"").append(to_rfc3339(*done.deadline)).append(1, '"');
  if (done.hides.count != 0) {
    append_hidden(out += ",\"hides\":", done.hides, interface);
    out.append(",\"hidden\":").append(std::to_string(done.hides.count));
  }
  return out += '}';
}

std::function<void(engine::decision const&)> answer_change(ipc::responder const& answer,
                                                           std::string_view interface,
                                                           visible_namespaces may_read) {
  return [answer, interface, may_read = std::move(may_read)](engine::decision const& done) {
    if (done && may_read.all_values())
      answer.reply(change_reply(*done, interface));
    else if (done)
      answer.reply(change_reply(may_read.part_of(*done), interface));
    else
      fail(answer, interface, may_read.part_of(done.error()));
  };
}

std::string one_number(std::string_view name, std::uint64_t number) {
  std::string out = "{";
  append_member(out, name, std::to_string(number));
  return out += '}';
}

void append_strings(std::string& out, std::vector<std::string> const& list) {
  out += '[';
  for (auto const& text : list) {
    if (out.back() != '[') out += ',';
    json::append_string(out, text);
  }
  out += ']';
}

void append_value(std::string& out, std::string_view name, std::string_view text) {
  out += "\"values\":{";
  append_member(out, name, text);
  out += '}';
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
  if (out.back() != '{') out += ',';
  json::append_string(out, name);
  out.append(1, ':').append(text);
}

void values_reply::add_ready(std::string_view member) {
  if (values_.back() != '{') values_ += ',';
  values_ += member;
}

void values_reply::add_missing(std::string_view key_text) {
  if (!missing_.empty()) missing_ += ',';
  json::append_string(missing_, key_text);
}

std::string values_reply::finish(std::optional<revision_number> revision) {
  values_.append("},\"missing\":[").append(missing_) += ']';
  if (revision) values_.append(",\"revision\":").append(std::to_string(*revision));
  return std::move(values_ += '}');
}

} // namespace cfgd
