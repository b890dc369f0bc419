/// Reading the replies of io.cfgd.Service. decode.cpp tells how replies are read.

#include "client/detail/decode.hpp"
#include "client/detail/fields.hpp"

namespace cfgd::client::detail {
namespace {

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
  out.kind = own.optional_text("kind").value_or("");
  out.issues = decode_issues(*inner, "issues");
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

} // namespace

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
  out.fallback = own.optional_names("fallback");
  out.pending = read_list(own.optional_list("pending"), "pending", own, read_pending);
  out.edit_deadline = own.optional_text("editDeadline");
  return finish(own, std::move(out));
}

result<std::vector<source_file>> decode_sources(boost::json::object&& from) {
  fields own(from);
  auto out = read_list(own.list("sources"), "sources", own, read_source);
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

} // namespace cfgd::client::detail
