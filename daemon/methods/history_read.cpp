#include "core/json.hpp"
#include "core/outline.hpp"
#include "core/time.hpp"
#include "daemon/methods/handlers.hpp"
#include "daemon/methods/parameters.hpp"
#include "daemon/methods/reply.hpp"
#include "ipc/interface_table.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

// Reads of history. It is on disk, so a thread of its own reads it, a bounded page at a time: with
// `more` a Log sends each page as the peer takes it, without it all pages make one reply.
//
// A value is left out if it was a secret when it changed, and also if the key is a secret now: a
// schema may be newer than the value. The store decides that: it has the schemas.

namespace cfgd::methods {
namespace {

/// Changes that a Log has where it does not say.
constexpr std::int64_t default_log_limit = 10;

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

/// The writer, beside the origin.
void append_writer(std::string& out, origin const& from, std::string const& comment) {
  if (from.pid) out.append(",\"pid\":").append(std::to_string(*from.pid));
  if (!from.unit.empty()) json::append_string(out += ",\"unit\":", from.unit);
  if (!comment.empty()) json::append_string(out += ",\"comment\":", comment);
}

/// The origins of keys that have another one than the change, by file.
void append_origins(std::string& out, change const& what) {
  for (std::size_t file = 1; file <= what.files.size(); ++file) {
    std::string lines = "{";
    for (auto const& one : what.keys)
      if (one.file == file) append_member(lines, one.key, std::to_string(one.at.line));
    if (lines.size() == 1) continue; // its keys are left out
    if (out.back() != '[') out += ',';
    append_history_origin(out += "{\"origin\":", what.files[file - 1]);
    out.append(",\"lines\":").append(lines).append("}}");
  }
}

/// io.cfgd.History.Change
void append_change(std::string& out, change const& what, extent how) {
  out.append("{\"revision\":").append(std::to_string(what.revision));
  out.append(",\"time\":\"").append(to_rfc3339(what.time)).append("\",\"origin\":");
  append_history_origin(out, what.from);
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
  if (!what.files.empty()) {
    append_origins(out += ",\"origins\":[", what);
    out += ']';
  }
  out += '}';
}

/// io.cfgd.History.Line
void append_line(std::string& out, engine::blamed_key const& one) {
  out += "{\"key\":";
  json::append_string(out, one.key);
  if (!one.value.empty()) append_value(out += ',', one.key, one.value);
  out += ",\"origin\":";
  append_history_origin(out, one.from);
  if (one.time) out.append(",\"time\":\"").append(to_rfc3339(*one.time)).append(1, '"');
  append_writer(out, one.from, one.comment);
  out += '}';
}

/// The parameter `prefix`, if it is there; a hidden one as visible_namespaces::in_visible. Errors:
/// bad_key, limit.
result<std::optional<key>> read_prefix(authorized_call const& asked) {
  auto const text = string_of(asked.parameters, "prefix");
  if (!text) return std::optional<key>();
  auto which = key::parse(*text);
  if (!which) return which.error();
  return std::optional(asked.by.visible().in_visible(*which));
}

/// What a Log asks for. Errors: bad_key, limit, bad_value (`since` is not a time; it is the
/// subject).
result<engine::history_query> read_query(authorized_call const& asked) {
  auto prefix = read_prefix(asked);
  if (!prefix) return prefix.error();
  engine::history_query query{.prefix = *std::move(prefix)};
  query.after = revision_of(asked.parameters, "afterRevision").value_or(0);
  query.before = revision_of(asked.parameters, "beforeRevision").value_or(query.before);
  if (auto const since = string_of(asked.parameters, "since")) {
    query.since = parse_rfc3339(*since);
    if (!query.since)
      return error{
          .code = errc::bad_value, .message = "the time is not RFC 3339", .subject = *since};
  }
  query.limit =
      static_cast<std::size_t>(integer_of(asked.parameters, "limit").value_or(default_log_limit));
  return query;
}

/// The replies of one Log.
struct log_task {
  method_context& with;
  ipc::responder answer;
  asker by;
  engine::history_query asked;
  extent how;
  visible_namespaces may_read;
  bool split;                                ///< over several replies
  std::string whole = {};                    ///< the changes so far, where it is not split
  std::vector<revision_number> damaged = {}; ///< their records are left out
  bool waits = false;                        ///< for the store, or for room
};

/// Empty if there is nothing to say.
std::string describe_damaged(std::vector<revision_number> const& revisions) {
  std::string out;
  for (auto const one : revisions)
    out.append(out.empty() ? ",\"damaged\":[" : ",").append(std::to_string(one));
  if (!out.empty()) out += ']';
  return out;
}

void fetch_log(std::shared_ptr<log_task> const& task);

void take_page(std::shared_ptr<log_task> const& task, engine::history_page const& page) {
  auto const maximum = task->with.bounds.reply_bytes;
  std::string& changes = task->whole;
  std::size_t shown = 0;
  for (auto const& one : page.changes) {
    auto const part = task->may_read.part_of(one);
    if (!part) continue;
    ++shown;
    if (!changes.empty()) changes += ',';
    append_change(changes, *part, task->how);
  }
  task->damaged.insert(task->damaged.end(), page.damaged.begin(), page.damaged.end());
  task->asked.limit -= std::min(task->asked.limit, shown);
  bool const is_last = !page.more || task->asked.limit == 0;
  bool const is_long = changes.size() > maximum;
  bool const has_news = !changes.empty() || !task->damaged.empty();
  if (is_last || is_long || (task->split && has_news)) {
    auto const out = "{\"changes\":[" + std::exchange(changes, {}) +
                     "],\"oldest\":" + std::to_string(page.oldest) +
                     describe_damaged(std::exchange(task->damaged, {})) + "}";
    if (is_last || is_long) return reply_within(task->answer, history_interface, out, maximum);
    task->answer.reply_continues(out);
  }
  if (!task->split) task->answer.making(changes.size());
  task->asked.before = page.resume_before ? *page.resume_before : page.changes.back()->revision;
  fetch_log(task);
}

void fetch_log(std::shared_ptr<log_task> const& task) {
  auto const& bounds = task->with.bounds;
  if (task->waits || !task->answer.alive()) return;
  // Who waits for room is called again; a reply in one piece does not wait for any.
  if (task->split && task->answer.queued_bytes() > bounds.queue_soft_bytes) return;
  task->waits = true;
  task->with.queries.ask(
      task->by,
      [asked = task->asked, bytes = bounds.reply_batch_bytes](store::reading const& store) {
        return store.log(asked, bytes);
      },
      [task](result<engine::history_page> const& page) {
        task->waits = false;
        if (page)
          take_page(task, *page);
        else
          fail(task->answer, history_interface, page.error());
      });
}

/// A GetAt: the keys, and how each was written.
struct past_keys {
  std::vector<std::string> texts;
  std::vector<value_path> keys;
  std::set<std::string> names; ///< of their namespaces
};

/// Errors: bad_key.
result<past_keys> past_keys_of(boost::json::object const& parameters) {
  auto const texts = strings_of(parameters, "keys");
  std::set<std::string> const unique(texts.begin(), texts.end());
  past_keys wanted{.texts = {unique.begin(), unique.end()}, .keys = {}, .names = {}};
  auto keys = parse_paths(wanted.texts);
  if (!keys) return keys.error();
  wanted.names = namespaces_of(*keys);
  wanted.keys = *std::move(keys);
  return wanted;
}

/// Stops when the reply is longer than `maximum`. Errors: bad_key (an index leads to no element).
result<std::string> past_values_reply(past_keys const& asked,
                                      std::map<std::string, std::string> const& texts,
                                      std::size_t maximum) {
  values_reply reply;
  std::map<std::string_view, canonical::finder> found_in;
  for (auto const& [name, text] : texts)
    found_in.emplace(name, text);
  for (std::size_t index = 0; index < asked.keys.size() && reply.size_bytes() <= maximum; ++index) {
    auto const& which = asked.keys[index];
    auto const text = found_in.find(which.base.name_space());
    auto value = text == found_in.end() ? std::nullopt : text->second.find(which.base.path());
    if (value) {
      auto const inside = canonical::find_inside(*value, which);
      if (!inside) return inside.error();
      value = *inside;
    }
    if (value)
      reply.add(asked.texts[index], *value);
    else
      reply.add_missing(asked.texts[index]);
  }
  return reply.finish();
}

} // namespace

std::shared_ptr<void> read_past_keys(ipc::call const& asked) {
  return std::make_shared<result<past_keys>>(past_keys_of(asked.parameters));
}

void read_log(method_context& with, authorized_call const& asked) {
  if (refuse_negative(asked, {"afterRevision", "beforeRevision", "limit"})) return;
  auto query = read_query(asked);
  if (!query) {
    if (query.error().code != errc::bad_value)
      return fail(asked.answer, history_interface, query.error());
    return asked.answer.fail("io.cfgd.History.BadTime",
                             ipc::one_parameter("time", query.error().subject));
  }
  query->scan_bytes = with.bounds.reply_batch_bytes; // a rare key is not looked for in one go
  auto const task = std::make_shared<log_task>(
      log_task{.with = with,
               .answer = asked.answer,
               .by = asker_of(with, asked),
               .asked = *std::move(query),
               .how = flag_of(asked.parameters, "values") ? extent::values : extent::keys,
               .may_read = asked.by.visible(),
               .split = asked.more});
  if (task->split) task->answer.on_drained([task] { fetch_log(task); });
  fetch_log(task);
}

void compare_revisions(method_context& with, authorized_call const& asked) {
  if (refuse_negative(asked, {"from", "to"})) return;
  auto const prefix = read_prefix(asked);
  if (!prefix) return fail(asked.answer, history_interface, prefix.error());
  auto const from = *revision_of(asked.parameters, "from");
  auto const to = revision_of(asked.parameters, "to");
  with.queries.ask(
      asker_of(with, asked),
      [from, to, prefix = *prefix](store::reading const& store) {
        return store.differences(from, to.value_or(store.revision()), prefix);
      },
      [&with, answer = asked.answer,
       may_read = asked.by.visible()](result<std::vector<key_change>> const& found) {
        if (!found) return fail(answer, history_interface, found.error());
        change all;
        all.keys = *found;
        std::erase_if(all.keys, [&](auto const& one) { return !may_read.has_key(one.key); });
        std::string out = "{";
        append_values(out, "before", all, &key_change::before);
        append_values(out, "after", all, &key_change::after);
        out.erase(1, 1); // the comma
        auto const is_secret = [](key_change const& one) { return one.secret; };
        if (std::ranges::any_of(all.keys, is_secret)) append_keys(out, "secrets", all, is_secret);
        reply_within(answer, history_interface, out += '}', with.bounds.reply_bytes);
      });
}

void get_past_values(method_context& with, authorized_call const& asked) {
  if (refuse_negative(asked, {"revision"})) return;
  auto wanted = asked.read_ahead<result<past_keys> const>();
  if (!wanted) wanted = std::make_shared<result<past_keys> const>(past_keys_of(asked.parameters));
  if (!*wanted) return fail(asked.answer, history_interface, wanted->error());
  // Not left out: no names at all would stand for every namespace.
  std::set<std::string> names;
  for (auto const& name : (*wanted)->names)
    names.insert(asked.by.visible().or_absent(name));
  with.queries.ask(
      asker_of(with, asked),
      [revision = *revision_of(asked.parameters, "revision"), wanted = std::move(wanted),
       maximum = with.bounds.reply_bytes,
       names = std::vector<std::string>(names.begin(), names.end())](
          store::reading const& store) -> result<std::string> {
        auto const found = store.values_at(revision, names);
        if (!found) return found.error();
        return past_values_reply(**wanted, *found, maximum);
      },
      [&with, answer = asked.answer](result<std::string> const& text) {
        if (!text) return fail(answer, history_interface, text.error());
        reply_within(answer, history_interface, *text, with.bounds.reply_bytes);
      });
}

void blame_namespace(method_context& with, authorized_call const& asked) {
  std::string const name(asked.parameters.at("namespace").get_string());
  if (!is_namespace_name(name)) return fail(asked.answer, history_interface, bad_namespace(name));
  with.queries.ask(
      asker_of(with, asked),
      [shown = asked.by.visible().or_absent(name)](store::reading const& store) {
        return store.blame(shown);
      },
      [&with, name, answer = asked.answer](result<engine::blamed_keys> const& found) {
        if (!found) return fail(answer, history_interface, naming(found.error(), name));
        std::string out = "{\"lines\":[";
        for (auto const& one : found->lines) {
          if (out.back() != '[') out += ',';
          append_line(out, one);
        }
        out.append("]").append(describe_damaged(found->damaged)).append("}");
        reply_within(answer, history_interface, out, with.bounds.reply_bytes);
      });
}

} // namespace cfgd::methods
