/// Writing the parameters of calls.
///
/// What every program calls all day, Get and Set, is written as text at once. The rest is made as
/// an object: it is rare, and an object is plainer. What is empty or absent is not sent, so that an
/// older service, which does not know a field, is only refused where the field is wanted.

#include "client/detail/decode.hpp"
#include "core/json.hpp"

#include <boost/json/value.hpp>

namespace cfgd::client::detail {
namespace {

void append_member(std::string& out, std::string_view name) {
  out += out.empty() ? '{' : ',';
  json::append_string(out, name);
  out += ':';
}

void append_names(std::string& out, std::vector<std::string> const& names) {
  out += '[';
  for (auto const& name : names) {
    if (&name != &names.front()) out += ',';
    json::append_string(out, name);
  }
  out += ']';
}

void append_seconds(std::string& out, std::string_view name,
                    std::optional<std::chrono::seconds> const& time) {
  if (!time) return;
  append_member(out, name);
  out += std::to_string(time->count());
}

void put(boost::json::object& into, std::string_view name, std::string const& text) {
  if (!text.empty()) into[name] = text;
}

void put(boost::json::object& into, std::string_view name,
         std::optional<revision_number> const& number) {
  if (number) into[name] = static_cast<std::int64_t>(*number);
}

void put(boost::json::object& into, std::string_view name,
         std::optional<std::chrono::seconds> const& time) {
  if (time) into[name] = static_cast<std::int64_t>(time->count());
}

void put(boost::json::object& into, commit_mode mode) {
  if (mode == commit_mode::check) into["dryRun"] = true;
}

} // namespace

std::string encode_object(boost::json::object const& what) {
  std::string out;
  for (auto const& member : what) {
    append_member(out, member.key());
    json::append_compact(out, member.value());
  }
  if (!out.empty()) out += '}';
  return out;
}

std::string encode_keys(std::vector<std::string> const& keys) {
  std::string out;
  append_member(out, "keys");
  append_names(out, keys);
  out += '}';
  return out;
}

std::string encode_optional(std::string_view name, std::string_view text) {
  if (text.empty()) return {};
  std::string out;
  append_member(out, name);
  json::append_string(out, text);
  out += '}';
  return out;
}

std::string encode_transaction(transaction const& what) {
  std::string out;
  if (!what.values.empty()) {
    append_member(out, "values");
    out += encode_object(what.values);
  }
  if (!what.unset.empty()) {
    append_member(out, "unset");
    append_names(out, what.unset);
  }
  if (what.if_revision) {
    append_member(out, "ifRevision");
    out += std::to_string(*what.if_revision);
  }
  if (what.mode == commit_mode::check) {
    append_member(out, "dryRun");
    out += "true";
  }
  if (!what.comment.empty()) {
    append_member(out, "comment");
    json::append_string(out, what.comment);
  }
  append_seconds(out, "confirmSeconds", what.confirm);
  append_seconds(out, "expireSeconds", what.expire);
  if (!out.empty()) out += '}';
  return out;
}

boost::json::object parameters_of(log_query const& what) {
  boost::json::object out;
  put(out, "prefix", what.prefix);
  put(out, "afterRevision", what.after);
  put(out, "since", what.since);
  if (what.limit) out["limit"] = *what.limit;
  if (what.detail == log_detail::values) out["values"] = true;
  put(out, "beforeRevision", what.before);
  return out;
}

boost::json::object parameters_of(rollback_request const& what) {
  boost::json::object out{{"revision", static_cast<std::int64_t>(what.revision)}};
  put(out, "namespace", what.name_space);
  put(out, "ifRevision", what.if_revision);
  put(out, what.mode);
  put(out, "comment", what.comment);
  put(out, "confirmSeconds", what.confirm);
  return out;
}

boost::json::object parameters_of(restore_request const& what) {
  boost::json::object out{{"overrides", what.overrides}};
  put(out, what.mode);
  put(out, "comment", what.comment);
  return out;
}

boost::json::object diff_parameters(revision_number from, std::optional<revision_number> to,
                                    std::string_view prefix) {
  boost::json::object out{{"from", static_cast<std::int64_t>(from)}};
  put(out, "to", to);
  if (!prefix.empty()) out["prefix"] = prefix;
  return out;
}

boost::json::object get_at_parameters(std::vector<std::string> const& keys, revision_number at) {
  return {{"keys", boost::json::array(keys.begin(), keys.end())},
          {"revision", static_cast<std::int64_t>(at)}};
}

boost::json::object validate_parameters(std::string_view name_space,
                                        boost::json::object const* document) {
  boost::json::object out{{"namespace", name_space}};
  if (document != nullptr) out["document"] = *document;
  return out;
}

boost::json::object revision_parameters(revision_number revision) {
  return {{"revision", static_cast<std::int64_t>(revision)}};
}

boost::json::object extend_parameters(revision_number revision, std::chrono::seconds time) {
  return {{"revision", static_cast<std::int64_t>(revision)},
          {"seconds", static_cast<std::int64_t>(time.count())}};
}

boost::json::object edit_parameters(std::optional<std::chrono::seconds> time) {
  boost::json::object out;
  put(out, "seconds", time);
  return out;
}

} // namespace cfgd::client::detail
