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
#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// The service itself: its state, its sources, and reading them again.

namespace cfgd::methods {
namespace {

namespace bj = boost::json;

std::string_view name_of(source_kind what) {
  constexpr std::array<std::string_view, 4> names{"values", "schema", "rules", "access"};
  return names.at(static_cast<std::size_t>(what));
}

/// What is known of sources: their rows, and the numbers of their keys.
struct known_sources {
  std::vector<engine::source_row> rows;
  std::map<source_id, engine::source_keys> keys;
};

bj::object source_json(engine::source_row const& row, std::string_view watched_by) {
  bj::object out{{"path", row.path},
                 {"namespace", namespace_of(row.id).value_or("")},
                 {"layer", to_string(row.id.where)},
                 {"state", engine::to_string(row.status)},
                 {"revision", row.revision},
                 {"size", row.identity.size},
                 {"watch", watched_by},
                 {"kind", name_of(row.id.what)}};
  bool const is_active = row.status == engine::source_status::active;
  if (row.why && is_active) {
    // That the values of an emptied file are gone is a fact until it is written, not a fault.
    auto notes = row.why->issues;
    if (is_emptied(row)) {
      out["message"] = notes.front().message;
      notes.erase(notes.begin());
    }
    if (!notes.empty()) out["issues"] = to_json(notes);
  }
  if (row.why && !is_active) {
    out["message"] = row.why->message;
    auto const at = place_of(row);
    if (at.line != 0) out["line"] = at.line;
    if (at.column != 0) out["column"] = at.column;
    if (!row.why->issues.empty()) out["issues"] = to_json(row.why->issues);
  }
  return out;
}

bj::object unused_json(watchers::unused_file const& file, std::string_view watched_by) {
  using reason = watchers::unused_file::reason;
  return {{"path", file.path},
          {"namespace", namespace_of(file.id).value_or("")},
          {"layer", to_string(file.id.where)},
          {"state", file.how == reason::masked ? "masked" : "ignored"},
          {"message", file.why},
          {"revision", 0},
          {"size", file.size},
          {"watch", watched_by},
          {"kind", name_of(file.id.what)}};
}

/// The sources of one call, as text: first those of the store, then files that are
/// not used.
class source_list final : public item_source {
 public:
  source_list(watchers::source_watcher& files, known_sources all, visible_namespaces by)
      : files_(&files), rows_(std::move(all.rows)), keys_(std::move(all.keys)),
        unused_(files.unused()), may_read_(std::move(by)) {
    auto const is_hidden = [this](auto const& one) { return !may_read_.has_file(one.id); };
    std::erase_if(rows_, is_hidden);
    std::erase_if(unused_, is_hidden);
    // The policy may keep the values of a masked source effective: its row says so.
    std::erase_if(unused_, [this](watchers::unused_file const& file) {
      return file.how == watchers::unused_file::reason::masked &&
             std::ranges::find(rows_, file.id, &engine::source_row::id) != rows_.end();
    });
  }

  bool at_end() override { return next_ == rows_.size() + unused_.size(); }
  void append(std::string& out) override {
    json::append_compact(out, next_ < rows_.size() ? shown_row(rows_[next_])
                                                   : shown_unused(unused_[next_ - rows_.size()]));
    ++next_;
  }

 private:
  bj::object shown_row(engine::source_row const& row) const {
    auto seen = row;
    if (seen.why) seen.why = may_read_.part_of(*std::move(seen.why));
    auto shown =
        source_json(seen, row.id.where == layer::environment ? "none" : files_->watched_by(row.id));
    if (auto const found = keys_.find(row.id); found != keys_.end()) {
      shown["keys"] = found->second.all;
      shown["overridden"] = found->second.hidden;
    }
    return shown;
  }
  bj::object shown_unused(watchers::unused_file const& file) const {
    return unused_json(file, files_->watched_by(file.id));
  }

  watchers::source_watcher* files_;
  std::vector<engine::source_row> rows_;
  std::map<source_id, engine::source_keys> keys_;
  std::vector<watchers::unused_file> unused_;
  visible_namespaces may_read_;
  std::size_t next_ = 0;
};

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
  auto const may_read = asked.by.visible();
  bj::array fallback;
  for (auto const& [name, how] : values.without_values())
    if (may_read(name)) fallback.emplace_back(name);
  bj::object out{{"version", version},
                 {"pid", ::getpid()},
                 {"startTime", to_rfc3339(with.started)},
                 {"status", to_string(overall_state(with, degraded))},
                 {"ready", with.is_ready()},
                 {"degraded", degraded},
                 {"revision", values.revision()},
                 {"connections", with.server.figures().connections},
                 {"watchers", with.streams.size()}};
  out["fallback"] = std::move(fallback);
  out["pending"] = to_json(may_read.part_of(values.pending().list()));
  if (auto const until = with.edits.deadline()) out["editDeadline"] = to_rfc3339(*until);
  auto const overrides = values.overrides(may_read);
  out["overrides"] = overrides.overrides;
  out["hidden"] = overrides.hidden;
  if (overrides.since) out["hiddenSince"] = to_rfc3339(*overrides.since);
  out["stateDirectory"] = with.state.string();
  out["storeId"] = values.store_id();
  // There may be thousands of namespaces.
  std::string text;
  json::append_compact(text, out);
  text.replace(text.size() - 1, 1, R"(,"namespaces":[)");
  auto names = values.cache().namespaces();
  if (!asked.by.reads_all()) std::erase_if(names, std::not_fn(may_read));
  send_list({.answer = asked.answer, .interface = service_interface}, with.bounds,
            std::make_unique<row_items<std::string>>(std::move(names), json::append_string),
            [text](std::string const& all) { return text + all + "]}"; });
}

void list_sources(method_context& with, authorized_call const& asked) {
  list_call const to{asked.answer, service_interface, asked.more};
  with.writer.query(
      [](store::config_store& store) {
        return known_sources{.rows = store.sources(), .keys = store.source_keys()};
      },
      [&with, to, may_read = asked.by.visible()](result<known_sources> found) {
        if (!to.answer.alive()) return;
        if (!found) return fail(to.answer, to.interface, found.error());
        send_list(to, with.bounds,
                  std::make_unique<source_list>(with.files, *std::move(found), may_read),
                  [](std::string const& items) { return "{\"sources\":[" + items + "]}"; });
      },
      asker_of(with, asked));
}

void reload_service(method_context& with, authorized_call const& asked) {
  with.reload([answer = asked.answer](result<revision_number> const& done) {
    if (done)
      answer.reply(one_number("revision", *done));
    else
      fail(answer, service_interface, done.error());
  });
}

} // namespace cfgd::methods
