#include "daemon/methods/history_methods.hpp"

#include "core/json.hpp"
#include "core/outline.hpp"
#include "core/time.hpp"
#include "daemon/methods/parameters.hpp"
#include "daemon/methods/reply.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

// What reads history. It lies on disk, so all of it is asked of the committer, a bounded piece at a
// time: with `more` a Log sends each as the peer takes it, without it they make one reply.
//
// A value is left out if it was a secret when it changed, and also if the key is a secret now: a
// schema may have come later than the value. Both is the store's to say: it has the schemas.

namespace cfgd {
namespace {

enum class extent : std::uint8_t { keys, values };

void append_keys(std::string& out, std::string_view name, change const& what,
                 bool (*fits)(key_change const&)) {
  out.append(",\"").append(name).append("\":[");
  for (auto const& one : what.keys) {
    if (!fits(one)) continue;
    if (out.back() != '[') out += ',';
    json::append_string(out, one.key);
  }
  out += ']';
}

void append_values(std::string& out, std::string_view name, change const& what,
                   std::string key_change::*value) {
  out.append(",\"").append(name).append("\":{");
  for (auto const& one : what.keys)
    if (!(one.*value).empty() && !one.secret) append_member(out, one.key, one.*value);
  out += '}';
}

/// Who wrote it, beside its origin.
void append_writer(std::string& out, origin const& from, std::string const& comment) {
  if (from.pid) out.append(",\"pid\":").append(std::to_string(*from.pid));
  if (!from.unit.empty()) json::append_string(out += ",\"unit\":", from.unit);
  if (!comment.empty()) json::append_string(out += ",\"comment\":", comment);
}

/// io.cfgd.History.Change
void append_change(std::string& out, change const& what, extent how) {
  out.append("{\"revision\":").append(std::to_string(what.revision));
  out.append(",\"time\":\"").append(to_rfc3339(what.time)).append("\",\"origin\":");
  json::append_compact(out, to_history_json(what.from));
  append_writer(out, what.from, what.comment);
  append_keys(out, "created", what, [](key_change const& one) { return one.created(); });
  append_keys(out, "updated", what,
              [](key_change const& one) { return !one.created() && !one.deleted(); });
  append_keys(out, "deleted", what, [](key_change const& one) { return one.deleted(); });
  if (how == extent::values) {
    append_values(out, "before", what, &key_change::before);
    append_values(out, "after", what, &key_change::after);
  }
  if (!what.warnings.empty()) json::append_compact(out += ",\"warnings\":", to_json(what.warnings));
  out += '}';
}

/// io.cfgd.History.Line
void append_line(std::string& out, engine::blamed_key const& one) {
  out += "{\"key\":";
  json::append_string(out, one.key);
  if (!one.value.empty()) append_value(out += ',', one.key, one.value);
  out += ",\"origin\":";
  json::append_compact(out, to_history_json(one.from));
  if (one.time) out.append(",\"time\":\"").append(to_rfc3339(*one.time)).append(1, '"');
  append_writer(out, one.from, one.comment);
  out += '}';
}

} // namespace

/// The replies of one Log.
struct history_methods::log_task {
  ipc::responder answer;
  engine::history_query asked;
  extent how;
  bool split;             ///< over several replies
  std::string whole = {}; ///< the changes so far, where it is not split
  bool waits = false;     ///< for the store, or for room
};

history_methods::history_methods(view& what, committer& writer, access_policy const& access,
                                 limits const& bounds)
    : view_(what), committer_(writer), access_(access), bounds_(bounds) {}

void history_methods::bind_to(ipc::server& server) {
  using method = void (history_methods::*)(ipc::call const&);
  auto const bind = [&](std::string_view name, method serve) {
    server.bind(std::string(history_interface).append(1, '.').append(name),
                [this, serve](ipc::call const& asked) { (this->*serve)(asked); });
  };
  bind("Log", &history_methods::log);
  bind("Diff", &history_methods::diff);
  bind("GetAt", &history_methods::get_at);
  bind("Rollback", &history_methods::rollback);
  bind("Blame", &history_methods::blame);
  bind("Restore", &history_methods::restore);
  bind("Compact", &history_methods::compact);
}

bool history_methods::allowed(ipc::call const& asked, operation what,
                              std::string_view name_space) const {
  auto const may = access_.authorize(asked.from, what, name_space);
  if (may) return true;
  refuse(asked, history_interface, may.error());
  return false;
}

std::optional<std::optional<key>> history_methods::read_prefix(ipc::call const& asked) const {
  ipc::responder answer = asked.answer;
  auto const text = string_of(asked.parameters, "prefix");
  if (!text) return std::optional<key>();
  auto which = key::parse(*text);
  if (!which) {
    fail(answer, history_interface, which.error());
    return std::nullopt;
  }
  if (!allowed(asked, operation::read, which->name_space())) return std::nullopt;
  return std::optional(*std::move(which));
}

void history_methods::log(ipc::call const& asked) {
  if (refuse_negative(asked, {"afterRevision", "beforeRevision", "limit"})) return;
  ipc::responder answer = asked.answer;
  auto prefix = read_prefix(asked);
  if (!prefix) return;
  engine::history_query query{.prefix = *std::move(prefix)};
  query.after = revision_of(asked.parameters, "afterRevision").value_or(0);
  query.before = revision_of(asked.parameters, "beforeRevision").value_or(query.before);
  if (auto const since = string_of(asked.parameters, "since")) {
    query.since = parse_rfc3339(*since);
    if (!query.since) {
      std::string told = "{\"time\":";
      json::append_string(told, *since);
      answer.fail("io.cfgd.History.BadTime", told += '}');
      return;
    }
  }
  auto const limit = integer_of(asked.parameters, "limit").value_or(10);
  query.limit = static_cast<std::size_t>(limit);
  auto const how = flag_of(asked.parameters, "values") ? extent::values : extent::keys;
  auto const task = std::make_shared<log_task>(
      log_task{.answer = answer, .asked = std::move(query), .how = how, .split = asked.more});
  if (task->split) answer.on_drained([this, task] { fetch_log(task); });
  fetch_log(task);
}

void history_methods::fetch_log(std::shared_ptr<log_task> const& task) {
  if (task->waits || !task->answer.alive() ||
      task->answer.queued_bytes() > bounds_.queue_soft_bytes)
    return;
  task->waits = true;
  committer_.query([asked = task->asked, bytes = bounds_.reply_batch_bytes](
                       store::config_store& store) { return store.log(asked, bytes); },
                   [this, task](result<engine::history_page> const& page) {
                     task->waits = false;
                     if (page)
                       take_page(task, *page);
                     else
                       fail(task->answer, history_interface, page.error());
                   });
}

void history_methods::take_page(std::shared_ptr<log_task> const& task,
                                engine::history_page const& page) {
  std::string& changes = task->whole;
  for (auto const& one : page.changes) {
    if (!changes.empty()) changes += ',';
    append_change(changes, *one, task->how);
  }
  task->asked.limit -= std::min(task->asked.limit, page.changes.size());
  bool const is_last = !page.more || page.changes.empty() || task->asked.limit == 0;
  bool const is_long = changes.size() > bounds_.reply_bytes;
  if (is_last || is_long || task->split) {
    auto const out = "{\"changes\":[" + std::exchange(changes, {}) +
                     "],\"oldest\":" + std::to_string(page.oldest) + "}";
    if (is_last || is_long) {
      reply_within(task->answer, history_interface, out, bounds_.reply_bytes);
      return;
    }
    task->answer.reply_continues(out);
  }
  task->asked.before = page.changes.back()->revision;
  fetch_log(task);
}

void history_methods::diff(ipc::call const& asked) {
  if (refuse_negative(asked, {"from", "to"})) return;
  ipc::responder answer = asked.answer;
  auto const prefix = read_prefix(asked);
  if (!prefix) return;
  auto const from = *revision_of(asked.parameters, "from");
  auto const to = revision_of(asked.parameters, "to");
  committer_.query(
      [from, to, prefix = *prefix](store::config_store& store) {
        return store.differences(from, to.value_or(store.revision()), prefix);
      },
      [this, answer](result<std::vector<key_change>> const& found) mutable {
        if (!found) {
          fail(answer, history_interface, found.error());
          return;
        }
        change all;
        all.keys = *found;
        std::string out = "{";
        append_values(out, "before", all, &key_change::before);
        append_values(out, "after", all, &key_change::after);
        out.erase(1, 1); // the comma
        reply_within(answer, history_interface, out += '}', bounds_.reply_bytes);
      });
}

void history_methods::get_at(ipc::call const& asked) {
  if (refuse_negative(asked, {"revision"})) return;
  ipc::responder answer = asked.answer;
  auto const texts = strings_of(asked.parameters, "keys");
  std::set<std::string> const unique(texts.begin(), texts.end());
  auto keys = parse_keys({unique.begin(), unique.end()});
  if (!keys) {
    fail(answer, history_interface, keys.error());
    return;
  }
  auto const names = namespaces_of(*keys);
  for (auto const& name : names)
    if (!allowed(asked, operation::read, name)) return;
  committer_.query(
      [revision = *revision_of(asked.parameters, "revision"),
       names = std::vector<std::string>(names.begin(), names.end())](store::config_store& store) {
        return store.values_at(revision, names);
      },
      [this, answer, spelt = std::vector<std::string>(unique.begin(), unique.end()),
       keys = *std::move(keys)](result<std::map<std::string, std::string>> const& found) mutable {
        if (!found) {
          fail(answer, history_interface, found.error());
          return;
        }
        std::string out = "{\"values\":{";
        std::vector<std::string> missing;
        std::map<std::string_view, canonical::finder> found_in;
        for (auto const& [name, text] : *found)
          found_in.emplace(name, text);
        for (std::size_t index = 0; index < keys.size(); ++index) {
          auto const text = found_in.find(keys[index].name_space());
          auto const value =
              text == found_in.end() ? std::nullopt : text->second.find(keys[index].path());
          if (value)
            append_member(out, spelt[index], *value);
          else
            missing.push_back(spelt[index]);
          if (out.size() > bounds_.reply_bytes) break; // refused below
        }
        append_strings(out += "},\"missing\":", missing);
        reply_within(answer, history_interface, out += '}', bounds_.reply_bytes);
      });
}

void history_methods::blame(ipc::call const& asked) {
  std::string const name(asked.parameters.at("namespace").get_string());
  if (!is_namespace_name(name)) {
    ipc::responder answer = asked.answer;
    fail(answer, history_interface,
         {.code = errc::bad_key, .message = "this is no name of a namespace", .subject = name});
    return;
  }
  if (!allowed(asked, operation::read, name)) return;
  committer_.query(
      [name](store::config_store& store) { return store.blame(name); },
      [this, answer = asked.answer](result<std::vector<engine::blamed_key>> const& found) mutable {
        if (!found) {
          fail(answer, history_interface, found.error());
          return;
        }
        std::string out = "{\"lines\":[";
        for (auto const& one : *found) {
          if (out.back() != '[') out += ',';
          append_line(out, one);
        }
        reply_within(answer, history_interface, out += "]}", bounds_.reply_bytes);
      });
}

} // namespace cfgd
