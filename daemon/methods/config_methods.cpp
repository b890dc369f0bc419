#include "daemon/methods/config_methods.hpp"

#include "core/json.hpp"
#include "daemon/methods/parameters.hpp"
#include "daemon/methods/reply.hpp"
#include "daemon/state_stream.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <memory>
#include <optional>

// What reads streams and checks, and the table of all methods; Get, Explain and what writes have
// files of their own. Parameters were checked against the interface: what is declared is there and
// has its type. Replies of Get, List and Watch are put together from ready texts; nothing is parsed
// or copied into values on the way out.

namespace cfgd {
namespace {

namespace bj = boost::json;

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

} // namespace

config_methods::config_methods(view& what, committer& writer, watches& streams,
                               watchers::source_watcher& files, access_policy const& access,
                               limits const& bounds)
    : view_(what), committer_(writer), watches_(streams), files_(files), access_(access),
      bounds_(bounds) {}

void config_methods::bind_to(ipc::server& server) {
  using method = void (config_methods::*)(ipc::call const&);
  auto const bind = [&](std::string_view name, method serve) {
    server.bind(std::string(config_interface).append(1, '.').append(name),
                [this, serve](ipc::call const& asked) { (this->*serve)(asked); });
  };
  bind("Get", &config_methods::get);
  server.bind_quick("io.cfgd.Config.Get",
                    [this](std::string_view parameters, ipc::peer const& from, std::string& reply) {
                      return quick_get(parameters, from, reply);
                    });
  bind("List", &config_methods::list);
  bind("Explain", &config_methods::explain);
  bind("Set", &config_methods::set);
  bind("ListPending", &config_methods::list_pending);
  bind("Confirm", &config_methods::confirm);
  bind("Extend", &config_methods::extend);
  bind("Validate", &config_methods::validate);
  bind("Watch", &config_methods::watch);
  bind("Sync", &config_methods::sync);
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
      [this, answer, prefixes, split,
       may = access_.secrets_for(asked.from)](view::texts const& texts) mutable {
        list_task task{answer,
                       state_stream(view_.reveal(texts, may), prefixes, bounds_.reply_batch_bytes),
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

void config_methods::validate(ipc::call const& asked) {
  std::string const name(asked.parameters.at("namespace").get_string());
  if (auto const allowed = access_.authorize(asked.from, operation::read, name); !allowed) {
    refuse(asked, config_interface, allowed.error());
    return;
  }
  std::optional<bj::object> document;
  if (auto const* const given = asked.parameters.if_contains("document"))
    document.emplace(given->get_object(), bj::storage_ptr{}); // the call's storage ends with it
  committer_.query(
      [name, document = std::move(document)](store::config_store& store) {
        return store.validate(name, document ? &*document : nullptr);
      },
      [answer = asked.answer](result<std::vector<issue>> const& said) mutable {
        if (!said) {
          fail(answer, config_interface, said.error());
          return;
        }
        bj::object out{{"valid", std::ranges::none_of(*said, [](issue const& one) {
                          return one.how == severity::error;
                        })}};
        out["issues"] = to_json(*said);
        reply(answer, out);
      });
}

void config_methods::watch(ipc::call const& asked) {
  if (refuse_negative(asked, {"afterRevision"})) return;
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
  watches_.start(answer, {.prefixes = std::move(prefixes),
                          .after = revision_of(asked.parameters, "afterRevision"),
                          .may_see_secrets = access_.secrets_for(asked.from)});
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
