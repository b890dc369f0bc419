#include "daemon/config_methods.hpp"

#include "core/document.hpp"
#include "core/json.hpp"
#include "daemon/reply.hpp"
#include "daemon/state_stream.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <unordered_set>

// Each method in the order of the interface file. Parameters were checked against it: what is
// declared is there and has its type. Replies of Get, List and Watch are put together from ready
// texts; nothing is parsed or copied into values on the way out.

namespace cfgd {
namespace {

namespace bj = boost::json;
using store::cache;

std::vector<std::string> strings_of(bj::object const& parameters, std::string_view name) {
  std::vector<std::string> list;
  if (auto const* const value = parameters.if_contains(name))
    for (auto const& element : value->get_array())
      list.emplace_back(element.get_string());
  return list;
}

/// A revision below zero never was: it is taken as one that never will be.
std::optional<std::uint64_t> revision_of(bj::object const& parameters, std::string_view name) {
  auto const* const value = parameters.if_contains(name);
  if (value == nullptr) return std::nullopt;
  return static_cast<std::uint64_t>(value->get_int64());
}

bool flag_of(bj::object const& parameters, std::string_view name) {
  auto const* const value = parameters.if_contains(name);
  return value != nullptr && value->get_bool();
}

/// What a bare key is made of; nothing of it is escaped in JSON.
bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

/// The reply of a Get while it is put together.
class get_reply {
 public:
  void add_member(std::string_view member) {
    if (out_.back() != '{') out_ += ',';
    out_ += member;
  }
  void add_missing(std::string_view key_text) {
    if (!missing_.empty()) missing_ += ',';
    json::append_string(missing_, key_text);
  }
  /// What was put together so far.
  std::size_t size() const { return out_.size() + missing_.size(); }
  std::string finish(revision_number revision) {
    out_.append("},\"missing\":[").append(missing_);
    return std::move(out_.append("],\"revision\":").append(std::to_string(revision)).append("}"));
  }

 private:
  std::string out_ = "{\"values\":{";
  std::string missing_;
};

error too_long(std::size_t used, std::size_t maximum) {
  return {.code = errc::limit,
          .message = "the reply is too long",
          .subject = "reply_bytes",
          .used = used,
          .maximum = maximum};
}

void answer_whole(ipc::responder answer, std::string const& text, limits const& bounds) {
  if (text.size() > bounds.reply_bytes)
    fail(answer, config_interface, too_long(text.size(), bounds.reply_bytes));
  else
    answer.reply(text);
}

/// Get where a namespace had to be read in first: from the texts alone, all of one revision.
void get_from_texts(ipc::responder answer, std::vector<std::string> const& keys,
                    view::texts const& texts, revision_number revision, limits const& bounds) {
  get_reply reply;
  for (auto const& text : keys) {
    auto const which = key::parse(text);
    if (!which) {
      fail(answer, config_interface, which.error());
      return;
    }
    auto const document = texts.find(which->name_space());
    auto const value =
        document == texts.end() ? std::nullopt : canonical::find(*document->second, which->path());
    if (!value) {
      reply.add_missing(text);
      continue;
    }
    if (reply.size() + value->size() > bounds.reply_bytes) {
      fail(answer, config_interface, too_long(reply.size() + value->size(), bounds.reply_bytes));
      return;
    }
    std::string member;
    json::append_string(member, text);
    reply.add_member(member.append(1, ':').append(*value));
  }
  answer_whole(answer, reply.finish(revision), bounds);
}

/// The replies of one List, sent as the queue has room.
struct list_task {
  ipc::responder answer;
  state_stream pieces;
  revision_number revision;
  std::size_t queue_bytes;

  std::string next() {
    std::string out = "{";
    if (auto const values = pieces.next()) out.append("\"values\":{").append(*values).append("},");
    return out.append("\"revision\":").append(std::to_string(revision)).append("}");
  }
  void send() {
    while (answer.alive() && answer.queued_bytes() <= queue_bytes) {
      std::string const text = next();
      if (pieces.at_end()) {
        answer.reply(text);
        return;
      }
      answer.reply_continues(text);
    }
  }
  void send_whole(std::size_t maximum) {
    std::string values;
    while (auto const piece = pieces.next()) {
      if (!values.empty()) values += ',';
      values += *piece;
      if (values.size() > maximum) {
        fail(answer, config_interface, too_long(values.size(), maximum));
        return;
      }
    }
    std::string out = "{";
    if (!values.empty()) out.append("\"values\":{").append(values).append("},");
    answer.reply(out.append("\"revision\":").append(std::to_string(revision)).append("}"));
  }
};

result<std::vector<key>> parse_keys(std::vector<std::string> const& texts) {
  std::vector<key> keys;
  keys.reserve(texts.size());
  for (auto const& text : texts) {
    auto parsed = key::parse(text);
    if (!parsed) return parsed.error();
    keys.push_back(std::move(*parsed));
  }
  return keys;
}

/// `"values":{"key":text}`
void append_value(std::string& out, std::string_view name, std::string_view text) {
  out += "\"values\":{";
  json::append_string(out, name);
  out.append(1, ':').append(text).append("}");
}

/// Values are canonical texts already, and are sent as they are.
std::string explain_reply(key const& which, store::explanation const& told, bool writable) {
  std::string const name = which.str();
  std::string out = "{";
  if (told.value) {
    append_value(out, name, *told.value);
    out += ',';
  }
  out += "\"candidates\":[";
  for (auto const& one : told.candidates) {
    if (out.back() != '[') out += ',';
    out += "{\"origin\":";
    json::append_compact(out, to_json(one.from));
    if (one.value) {
      out += ',';
      append_value(out, name, *one.value);
    }
    out += '}';
  }
  out.append("],\"secret\":false,\"writable\":").append(writable ? "true" : "false");
  return out.append(",\"revision\":").append(std::to_string(told.revision)).append("}");
}

/// What a Set asks for. Errors: bad_key, limit.
result<store::set_request> read_set(ipc::call const& asked) {
  store::set_request request;
  if (auto const* const values = asked.parameters.if_contains("values")) {
    for (auto const& member : values->get_object()) {
      auto which = key::parse(member.key());
      if (!which) return which.error();
      // The call's storage ends with the call.
      request.values.emplace_back(std::move(*which), bj::value(member.value(), bj::storage_ptr{}));
    }
  }
  auto unset = parse_keys(strings_of(asked.parameters, "unset"));
  if (!unset) return unset.error();
  request.unset = std::move(*unset);
  request.if_revision = revision_of(asked.parameters, "ifRevision");
  request.dry_run = flag_of(asked.parameters, "dryRun");
  if (auto const* const comment = asked.parameters.if_contains("comment"))
    request.comment = std::string(comment->get_string());
  request.from = {.where = layer::overrides,
                  .path = {},
                  .at = {},
                  .uid = asked.from.uid,
                  .gid = asked.from.gid,
                  .pid = asked.from.pid,
                  .unit = {},
                  .revision = 0};
  return request;
}

std::string set_reply(store::applied const& done) {
  std::vector<std::string> changed;
  for (auto const& one : done.changes)
    for (auto const& key : one->keys)
      changed.push_back(key.key);
  std::string out = "{\"revision\":" + std::to_string(done.revision) + ",\"changed\":";
  append_strings(out, changed);
  return out += ",\"warnings\":[]}";
}

} // namespace

config_methods::config_methods(view& what, committer& writer, watches& streams,
                               watchers::source_watcher& files, access_policy const& access,
                               limits const& bounds)
    : view_(what), committer_(writer), watches_(streams), files_(files), access_(access),
      bounds_(bounds) {}

void config_methods::bind_to(ipc::server& server) {
  server.bind("io.cfgd.Config.Get", [this](ipc::call const& asked) { get(asked); });
  server.bind_quick("io.cfgd.Config.Get",
                    [this](std::string_view parameters, ipc::peer const&, std::string& reply) {
                      return quick_get(parameters, reply);
                    });
  server.bind("io.cfgd.Config.List", [this](ipc::call const& asked) { list(asked); });
  server.bind("io.cfgd.Config.Explain", [this](ipc::call const& asked) { explain(asked); });
  server.bind("io.cfgd.Config.Set", [this](ipc::call const& asked) { set(asked); });
  server.bind("io.cfgd.Config.Watch", [this](ipc::call const& asked) { watch(asked); });
  server.bind("io.cfgd.Config.Sync", [this](ipc::call const& asked) { sync(asked); });
}

void config_methods::get(ipc::call const& asked) {
  get_reply reply;
  ipc::responder answer = asked.answer;
  bj::array const& keys = asked.parameters.at("keys").get_array();
  std::unordered_set<std::string_view> seen;
  for (auto const& one : keys) {
    std::string_view const text = one.get_string();
    // A key that is asked for twice is answered once: a member must not come twice.
    if (keys.size() > 1 && !seen.insert(text).second) continue;
    auto const found = view_.cache().find(text);
    switch (found.what) {
    case cache::status::found:
      // Checked as it grows: a key can be written in many ways, and each asks for its value anew.
      if (reply.size() + found.member.size() > bounds_.reply_bytes) {
        fail(answer, config_interface,
             too_long(reply.size() + found.member.size(), bounds_.reply_bytes));
        return;
      }
      reply.add_member(found.member);
      break;
    case cache::status::no_value:
      reply.add_missing(text);
      break;
    case cache::status::bad_key:
      fail(answer, config_interface, found.why);
      return;
    case cache::status::not_loaded: {
      auto texts = strings_of(asked.parameters, "keys");
      std::set<std::string> const unique(texts.begin(), texts.end());
      texts.assign(unique.begin(), unique.end());
      view::names names;
      for (auto const& asked_key : texts)
        if (auto const which = key::parse(asked_key)) names.insert(which->name_space());
      view_.with_texts(
          committer_, std::move(names),
          [this, answer, texts](view::texts const& read) {
            get_from_texts(answer, texts, read, view_.revision(), bounds_);
          },
          [answer](error const& why) mutable { fail(answer, config_interface, why); });
      return;
    }
    }
  }
  answer_whole(answer, reply.finish(view_.revision()), bounds_);
}

bool config_methods::quick_get(std::string_view parameters, std::string& reply) {
  constexpr std::string_view before = "{\"keys\":[\"";
  constexpr std::string_view behind = "\"]}";
  if (!parameters.starts_with(before) || !parameters.ends_with(behind) ||
      parameters.size() <= before.size() + behind.size())
    return false;
  std::string_view const text =
      parameters.substr(before.size(), parameters.size() - before.size() - behind.size());
  if (!std::all_of(text.begin(), text.end(), is_plain)) return false;
  auto const found = view_.cache().find(text);
  if (found.what != cache::status::found || found.member.size() > bounds_.reply_bytes) return false;
  char digits[24];
  auto const end = std::to_chars(std::begin(digits), std::end(digits), view_.revision()).ptr;
  reply.append("{\"values\":{").append(found.member).append("},\"missing\":[],\"revision\":");
  reply.append(std::begin(digits), end).append(1, '}');
  return true;
}

void config_methods::list(ipc::call const& asked) {
  ipc::responder answer = asked.answer;
  std::vector<std::string> prefixes;
  std::optional<view::names> names; // none: all
  if (auto const* const prefix = asked.parameters.if_contains("prefix")) {
    auto const which = key::parse(prefix->get_string());
    if (!which) {
      fail(answer, config_interface, which.error());
      return;
    }
    prefixes.push_back(which->str());
    names = view::names{which->name_space()};
  }
  // Without `more` all of it has to go into one reply.
  bool const split = asked.more;
  view_.with_texts(
      committer_, std::move(names),
      [this, answer, prefixes, split](view::texts const& texts) mutable {
        list_task task{answer, state_stream(texts, prefixes, bounds_.reply_batch_bytes),
                       view_.revision(), bounds_.queue_soft_bytes};
        if (!split) {
          task.send_whole(bounds_.reply_bytes);
          return;
        }
        auto const streamed = std::make_shared<list_task>(std::move(task));
        answer.on_drained([streamed] { streamed->send(); });
        streamed->send();
      },
      [answer](error const& why) mutable { fail(answer, config_interface, why); });
}

void config_methods::explain(ipc::call const& asked) {
  ipc::responder answer = asked.answer;
  auto const which = key::parse(asked.parameters.at("key").get_string());
  if (!which) {
    fail(answer, config_interface, which.error());
    return;
  }
  bool const writable =
      access_.authorize(asked.from, operation::write, which->name_space()).has_value();
  committer_.query(
      [which = *which](store::config_store& store) { return store.explain(which); },
      [this, answer, which = *which, writable](result<store::explanation> const& told) mutable {
        if (!answer.alive()) return;
        if (!told)
          fail(answer, config_interface, told.error());
        else
          answer_whole(answer, explain_reply(which, *told, writable), bounds_);
      });
}

void config_methods::set(ipc::call const& asked) {
  ipc::responder answer = asked.answer;
  auto request = read_set(asked);
  if (!request) {
    fail(answer, config_interface, request.error());
    return;
  }
  std::set<std::string> names;
  for (auto const& one : request->values)
    names.insert(one.first.name_space());
  for (auto const& one : request->unset)
    names.insert(one.name_space());
  for (auto const& name : names) {
    if (auto const allowed = access_.authorize(asked.from, operation::write, name); !allowed) {
      refuse(asked, config_interface, allowed.error(), access_.refusals());
      return;
    }
  }
  committer_.submit(std::move(*request), [answer](store::outcome const& done) mutable {
    if (done)
      answer.reply(set_reply(*done));
    else
      fail(answer, config_interface, done.error());
  });
}

void config_methods::watch(ipc::call const& asked) {
  ipc::responder answer = asked.answer;
  auto const keys = parse_keys(strings_of(asked.parameters, "prefixes"));
  if (!keys) {
    fail(answer, config_interface, keys.error());
    return;
  }
  if (keys->size() > bounds_.watch_prefixes) {
    fail(answer, config_interface,
         {.code = errc::limit,
          .message = "too many prefixes",
          .subject = "watch_prefixes",
          .used = keys->size(),
          .maximum = bounds_.watch_prefixes});
    return;
  }
  std::vector<std::string> prefixes;
  for (auto const& one : *keys)
    prefixes.push_back(one.str());
  watches_.start(answer, std::move(prefixes), revision_of(asked.parameters, "afterRevision"));
}

void config_methods::sync(ipc::call const& asked) {
  // The committer's queue is in order: behind what was found, a question is answered last.
  files_.look_now(watchers::source_watcher::depth::changed, [this, answer = asked.answer] {
    committer_.query([](store::config_store& store) { return store.revision(); },
                     [this, answer](result<revision_number> const& revision) mutable {
                       if (view_.unrecorded())
                         fail(answer, config_interface, *view_.unrecorded());
                       else if (revision)
                         answer.reply("{\"revision\":" + std::to_string(*revision) + "}");
                       else
                         fail(answer, config_interface, revision.error());
                     });
  });
}

} // namespace cfgd
