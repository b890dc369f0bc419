/// Reading replies.
///
/// A newer service may send more fields and an older one may leave out optional ones, so a reply is
/// read by asking for what is wanted, never by walking over what is there. `fields` remembers the
/// first field that was needed and not found: the functions below read all of a reply in straight
/// lines and ask once at the end.

#include "client/detail/decode.hpp"

#include "client/detail/failures.hpp"
#include "core/json.hpp"

#include <boost/json/value.hpp>

#include <utility>

namespace cfgd::client::detail {
namespace {

class fields {
 public:
  explicit fields(boost::json::object const& from) : from_(from) {}

  boost::json::value const* find(std::string_view name) const {
    boost::json::value const* const found = from_.if_contains(name);
    return found != nullptr && !found->is_null() ? found : nullptr;
  }

  std::optional<std::int64_t> optional_count(std::string_view name) {
    boost::json::value const* const found = find(name);
    if (found == nullptr) return {};
    if (auto const* number = found->if_int64()) return *number;
    miss(name);
    return {};
  }

  std::int64_t count(std::string_view name) {
    auto const found = optional_count(name);
    if (!found) miss(name);
    return found.value_or(0);
  }

  revision_number revision(std::string_view name = "revision") {
    std::int64_t const found = count(name);
    if (found < 0) miss(name);
    return found < 0 ? 0 : static_cast<revision_number>(found);
  }

  std::optional<std::string> optional_text(std::string_view name) {
    boost::json::value const* const found = find(name);
    if (found == nullptr) return {};
    if (auto const* text = found->if_string()) return std::string(*text);
    miss(name);
    return {};
  }

  std::string text(std::string_view name) {
    auto found = optional_text(name);
    if (!found) miss(name);
    return std::move(found).value_or("");
  }

  bool optional_flag(std::string_view name) {
    boost::json::value const* const found = find(name);
    if (found == nullptr) return false;
    if (auto const* flag = found->if_bool()) return *flag;
    miss(name);
    return false;
  }

  bool flag(std::string_view name) {
    if (find(name) == nullptr) miss(name);
    return optional_flag(name);
  }

  std::vector<std::string> optional_names(std::string_view name) {
    std::vector<std::string> out;
    for (auto const& element : optional_list(name)) {
      if (auto const* text = element.if_string()) {
        out.emplace_back(*text);
      } else {
        miss(name);
      }
    }
    return out;
  }

  std::vector<std::string> names(std::string_view name) {
    if (find(name) == nullptr) miss(name);
    return optional_names(name);
  }

  boost::json::array const& optional_list(std::string_view name) {
    static boost::json::array const none;
    boost::json::value const* const found = find(name);
    if (found == nullptr) return none;
    if (auto const* list = found->if_array()) return *list;
    miss(name);
    return none;
  }

  boost::json::array const& list(std::string_view name) {
    if (find(name) == nullptr) miss(name);
    return optional_list(name);
  }

  boost::json::object const* optional_object(std::string_view name) {
    boost::json::value const* const found = find(name);
    if (found == nullptr) return nullptr;
    if (auto const* inner = found->if_object()) return inner;
    miss(name);
    return nullptr;
  }

  void miss(std::string_view name) {
    if (bad_.empty()) bad_ = name;
  }

  bool complete() const { return bad_.empty(); }

  call_error why() const {
    return protocol("the field '" + bad_ + "' is missing or has a wrong type");
  }

 private:
  boost::json::object const& from_;
  std::string bad_;
};

/// Takes an object out of a reply without copying it.
boost::json::object take_object(boost::json::object& from, std::string_view name, fields& told) {
  boost::json::value* const found = from.if_contains(name);
  if (found == nullptr || found->is_null()) return {};
  if (auto* inner = found->if_object()) return std::move(*inner);
  told.miss(name);
  return {};
}

/// The value of an object with one member, {key: value}.
std::optional<boost::json::value> only_value(boost::json::object const* values) {
  if (values == nullptr || values->empty()) return {};
  return values->begin()->value();
}

origin read_origin(boost::json::object const& from, fields& told) {
  fields own(from);
  origin out;
  out.layer = own.text("layer");
  out.path = own.optional_text("path");
  out.line = own.optional_count("line");
  out.column = own.optional_count("column");
  out.uid = own.optional_count("uid");
  out.revision = own.revision();
  if (!own.complete()) told.miss("origin");
  return out;
}

std::optional<issue> read_issue(boost::json::value const& from) {
  auto const* const inner = from.if_object();
  if (inner == nullptr) return {};
  fields own(*inner);
  issue out;
  out.severity = own.text("severity");
  out.rule = own.text("rule");
  out.key = own.optional_text("key");
  out.pointer = own.optional_text("pointer");
  out.message = own.text("message");
  if (!own.complete()) return {};
  return out;
}

std::optional<candidate> read_candidate(boost::json::value const& from) {
  auto const* const inner = from.if_object();
  if (inner == nullptr) return {};
  fields own(*inner);
  auto const* const where = own.optional_object("origin");
  if (where == nullptr) return {};
  candidate out;
  out.from = read_origin(*where, own);
  out.value = only_value(own.optional_object("values"));
  if (!own.complete()) return {};
  return out;
}

std::optional<source_file> read_source(boost::json::value const& from) {
  auto const* const inner = from.if_object();
  if (inner == nullptr) return {};
  fields own(*inner);
  source_file out;
  out.path = own.text("path");
  out.name_space = own.text("namespace");
  out.layer = own.text("layer");
  out.state = own.text("state");
  out.message = own.optional_text("message");
  out.line = own.optional_count("line");
  out.column = own.optional_count("column");
  out.revision = own.revision();
  out.size = own.count("size");
  out.watch = own.text("watch");
  if (!own.complete()) return {};
  return out;
}

std::optional<namespace_cache> read_namespace_cache(std::string_view name,
                                                    boost::json::value const& from) {
  auto const* const inner = from.if_object();
  if (inner == nullptr) return {};
  fields own(*inner);
  namespace_cache out;
  out.name_space = name;
  out.entries = own.count("entries");
  out.bytes = own.count("bytes");
  out.hits = own.count("hits");
  out.misses = own.count("misses");
  out.invalidations = own.count("invalidations");
  if (!own.complete()) return {};
  return out;
}

/// `out` if all was there.
template <class T>
result<T> finish(fields const& told, T&& out) {
  if (!told.complete()) return told.why();
  return std::forward<T>(out);
}

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

} // namespace

result<snapshot> decode_snapshot(boost::json::object&& from) {
  fields own(from);
  snapshot out;
  out.missing = own.optional_names("missing");
  out.revision = own.revision();
  out.values = take_object(from, "values", own);
  return finish(own, std::move(out));
}

result<explanation> decode_explanation(boost::json::object&& from) {
  fields own(from);
  explanation out;
  out.value = only_value(own.optional_object("values"));
  for (auto const& element : own.list("candidates")) {
    if (auto one = read_candidate(element)) {
      out.candidates.push_back(std::move(*one));
    } else {
      own.miss("candidates");
    }
  }
  if (auto const* schema = own.optional_object("schema")) out.schema = *schema;
  out.secret = own.flag("secret");
  out.writable = own.flag("writable");
  out.revision = own.revision();
  return finish(own, std::move(out));
}

result<commit> decode_commit(boost::json::object&& from) {
  fields own(from);
  commit out;
  out.revision = own.revision();
  out.changed = own.optional_names("changed");
  out.warnings = decode_issues(from, "warnings");
  return finish(own, std::move(out));
}

result<watch_event> decode_watch_event(boost::json::object&& from) {
  fields own(from);
  watch_event out;
  out.removed = own.optional_names("removed");
  out.revision = own.revision();
  out.ready = own.optional_flag("ready");
  out.resync = own.optional_flag("resync");
  if (auto const* who = own.optional_object("origin")) out.from = read_origin(*who, own);
  out.values = take_object(from, "values", own);
  return finish(own, std::move(out));
}

result<service_status> decode_status(boost::json::object&& from) {
  fields own(from);
  service_status out;
  out.version = own.text("version");
  out.pid = own.count("pid");
  out.start_time = own.text("startTime");
  out.status = own.text("status");
  out.ready = own.flag("ready");
  out.degraded = own.flag("degraded");
  out.revision = own.revision();
  out.namespaces = own.names("namespaces");
  out.connections = own.count("connections");
  out.watchers = own.count("watchers");
  return finish(own, std::move(out));
}

result<std::vector<source_file>> decode_sources(boost::json::object&& from) {
  fields own(from);
  std::vector<source_file> out;
  for (auto const& element : own.list("sources")) {
    if (auto one = read_source(element)) {
      out.push_back(std::move(*one));
    } else {
      own.miss("sources");
    }
  }
  return finish(own, std::move(out));
}

result<cache_stats> decode_cache_stats(boost::json::object&& from) {
  fields own(from);
  cache_stats out;
  auto const* const by_name = own.optional_object("namespaces");
  if (by_name == nullptr) own.miss("namespaces");
  if (by_name != nullptr) {
    for (auto const& member : *by_name) {
      if (auto one = read_namespace_cache(member.key(), member.value())) {
        out.namespaces.push_back(std::move(*one));
      } else {
        own.miss("namespaces");
      }
    }
  }
  out.bytes = own.count("bytes");
  out.maximum_bytes = own.count("maximumBytes");
  out.evictions = own.count("evictions");
  return finish(own, std::move(out));
}

result<revision_number> decode_revision(boost::json::object&& from) {
  fields own(from);
  return finish(own, own.revision());
}

result<std::int64_t> decode_count(boost::json::object&& from, std::string_view field) {
  fields own(from);
  auto const found = own.count(field);
  return finish(own, std::int64_t(found));
}

result<std::string> decode_text(boost::json::object&& from, std::string_view field) {
  fields own(from);
  auto found = own.text(field);
  return finish(own, std::move(found));
}

result<std::vector<std::string>> decode_names(boost::json::object&& from, std::string_view field) {
  fields own(from);
  auto found = own.names(field);
  return finish(own, std::move(found));
}

std::vector<issue> decode_issues(boost::json::object const& from, std::string_view field) {
  fields own(from);
  std::vector<issue> out;
  for (auto const& element : own.optional_list(field)) {
    if (auto one = read_issue(element)) out.push_back(std::move(*one));
  }
  return out;
}

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
  if (!out.empty()) out += '}';
  return out;
}

} // namespace cfgd::client::detail
