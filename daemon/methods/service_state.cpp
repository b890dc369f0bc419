#include "core/json.hpp"
#include "daemon/announce.hpp"
#include "daemon/methods/batches.hpp"
#include "daemon/methods/handlers.hpp"
#include "daemon/methods/reply.hpp"
#include "daemon/version.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

// The service itself: its state, its sources, and reading them again.

namespace cfgd::methods {
namespace {

namespace bj = boost::json;

std::string_view name_of(source_kind what) {
  switch (what) {
  case source_kind::values:
    return "values";
  case source_kind::schema:
    return "schema";
  case source_kind::rules:
    return "rules";
  }
  return "unknown";
}

bj::object source_json(engine::source_row const& row, std::string_view watched_by) {
  bj::object out{{"path", row.path},
                 {"namespace", namespace_of(row.id).value_or("")},
                 {"layer", to_string(row.id.where)},
                 {"state", engine::to_string(row.status)},
                 {"revision", row.revision},
                 {"size", row.identity.size},
                 {"watch", watched_by},
                 {"kind", name_of(row.id.what)}};
  if (row.why) {
    out["message"] = row.why->message;
    auto const at = place_of(row);
    if (at.line != 0) out["line"] = at.line;
    if (at.column != 0) out["column"] = at.column;
    if (!row.why->issues.empty()) out["issues"] = to_json(row.why->issues);
  }
  return out;
}

/// The sources of one call, as text, piece by piece.
class source_list {
 public:
  source_list(method_context& with, std::vector<engine::source_row> rows)
      : with_(&with), rows_(std::move(rows)) {}

  /// The parameters of a reply with as many sources as fit into about `bytes`, one at least.
  std::string next(std::size_t bytes) {
    std::string out = "{\"sources\":[";
    while (!at_end() && (out.back() == '[' || out.size() < bytes)) {
      if (out.back() != '[') out += ',';
      json::append_compact(out, source_json(rows_[next_], watched_by(rows_[next_].id)));
      ++next_;
    }
    return out += "]}";
  }
  bool at_end() const { return next_ == rows_.size(); }

 private:
  std::string_view watched_by(source_id const& id) const {
    return id.where == layer::environment ? "none" : with_->files.watched_by(id);
  }

  method_context* with_;
  std::vector<engine::source_row> rows_;
  std::size_t next_ = 0;
};

bj::array pending_of(view& values) {
  bj::array list;
  for (auto const& one : values.pending().list())
    list.push_back(to_json(one));
  return list;
}

health::state overall_state(method_context const& with, bool degraded) {
  using health::state;
  auto const of_sources = degraded ? state::warning : state::healthy;
  // A check that has not run yet says nothing.
  auto const overall = with.checks.overall();
  return std::max(of_sources, overall == state::unknown ? state::healthy : overall);
}

} // namespace

void show_status(method_context& with, authorized_call const& asked) {
  auto& values = with.values;
  bool const degraded =
      !values.problems().empty() || values.unrecorded() || !values.without_values().empty();
  bj::array fallback;
  for (auto const& [name, how] : values.without_values())
    fallback.emplace_back(name);
  bj::array namespaces;
  for (auto const& name : values.cache().namespaces())
    namespaces.emplace_back(name);
  bj::object out{{"version", version},
                 {"pid", ::getpid()},
                 {"startTime", to_rfc3339(with.started)},
                 {"status", to_string(overall_state(with, degraded))},
                 {"ready", with.is_ready()},
                 {"degraded", degraded},
                 {"revision", values.revision()},
                 {"connections", with.server.figures().connections},
                 {"watchers", with.streams.size()}};
  out["namespaces"] = std::move(namespaces);
  out["fallback"] = std::move(fallback);
  out["pending"] = pending_of(values);
  if (auto const until = with.edits.deadline()) out["editDeadline"] = to_rfc3339(*until);
  reply(asked.answer, out);
}

void list_sources(method_context& with, authorized_call const& asked) {
  with.writer.query([](store::config_store& store) { return store.sources(); },
                    [&with, answer = asked.answer,
                     more = asked.more](result<std::vector<engine::source_row>> rows) {
                      if (!answer.alive()) return;
                      if (!rows) return fail(answer, service_interface, rows.error());
                      source_list all(with, *std::move(rows));
                      auto const maximum = with.bounds.reply_bytes;
                      if (!more)
                        return reply_within(answer, service_interface, all.next(maximum + 1),
                                            maximum);
                      auto const next = [all = std::move(all),
                                         bytes = with.bounds.reply_batch_bytes]() mutable -> batch {
                        auto text = all.next(bytes);
                        return {.parameters = std::move(text), .is_last = all.at_end()};
                      };
                      send_batches(answer, with.bounds.queue_soft_bytes, next);
                    });
}

void reload_service(method_context& with, authorized_call const& asked) {
  with.reload([answer = asked.answer](result<revision_number> const& done) {
    if (done)
      answer.reply("{\"revision\":" + std::to_string(*done) + "}");
    else
      fail(answer, service_interface, done.error());
  });
}

} // namespace cfgd::methods
