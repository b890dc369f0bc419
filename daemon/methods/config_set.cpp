#include "daemon/methods/config_methods.hpp"
#include "daemon/methods/parameters.hpp"
#include "daemon/methods/reply.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <optional>

// Changes by calls, and those of them that end by themselves. Who may make a change may also
// confirm it or let it last longer.

namespace cfgd {
namespace {

namespace bj = boost::json;

/// What a Set asks for. Errors: bad_key, bad_value, limit.
result<engine::set_request> read_set(ipc::call const& asked, limits const& bounds) {
  engine::set_request request;
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
  auto const ends = read_expiry(asked.parameters, bounds);
  if (!ends) return ends.error();
  request.ends = *ends;
  request.if_revision = revision_of(asked.parameters, "ifRevision");
  request.dry_run = flag_of(asked.parameters, "dryRun");
  request.comment = string_of(asked.parameters, "comment").value_or("");
  request.from = writer_of(asked.from);
  return request;
}

std::vector<key> keys_of(engine::set_request const& request) {
  std::vector<key> keys = request.unset;
  for (auto const& one : request.values)
    keys.push_back(one.first);
  return keys;
}

void fail_no_such_pending(ipc::responder const& answer, std::int64_t revision) {
  answer.fail("io.cfgd.Config.NoSuchPending", "{\"revision\":" + std::to_string(revision) + "}");
}

/// Answers a change that waits no more by its revision, and all else as it is.
void fail_pending(ipc::responder& answer, error const& why, revision_number revision) {
  if (why.code == errc::not_found)
    fail_no_such_pending(answer, static_cast<std::int64_t>(revision));
  else
    fail(answer, config_interface, why);
}

} // namespace

bool config_methods::may_write(ipc::call const& asked, std::vector<key> const& keys) {
  for (auto const& name : namespaces_of(keys)) {
    if (auto const allowed = access_.authorize(asked.from, operation::write, name); !allowed) {
      refuse(asked, config_interface, allowed.error());
      return false;
    }
  }
  return true;
}

void config_methods::set(ipc::call const& asked) {
  ipc::responder answer = asked.answer;
  auto request = read_set(asked, bounds_);
  if (!request) {
    fail(answer, config_interface, request.error());
    return;
  }
  if (!may_write(asked, keys_of(*request))) return;
  committer_.submit(std::move(*request), [answer](engine::decision const& done) mutable {
    if (done)
      answer.reply(change_reply(*done));
    else
      fail(answer, config_interface, done.error());
  });
}

void config_methods::list_pending(ipc::call const& asked) {
  bj::array list;
  for (auto const& one : view_.pending().list())
    list.push_back(to_json(one));
  bj::object out;
  out["pending"] = std::move(list);
  ipc::responder answer = asked.answer;
  reply(answer, out);
}

engine::pending_change const* config_methods::find_pending(ipc::call const& asked) {
  auto const number = asked.parameters.at("revision").get_int64();
  auto const* const found = view_.pending().find(static_cast<revision_number>(number));
  if (found == nullptr) {
    fail_no_such_pending(asked.answer, number);
    return nullptr;
  }
  std::vector<key> keys;
  for (auto const& text : found->keys)
    if (auto which = key::parse(text)) keys.push_back(std::move(*which));
  return may_write(asked, keys) ? found : nullptr;
}

void config_methods::confirm(ipc::call const& asked) {
  auto const* const found = find_pending(asked);
  if (found == nullptr) return;
  committer_.submit(
      engine::pending_request{.revision = found->revision,
                              .what = engine::pending_request::action::confirm},
      [answer = asked.answer, revision = found->revision](engine::decision const& done) mutable {
        if (done)
          answer.reply();
        else
          fail_pending(answer, done.error(), revision);
      });
}

void config_methods::extend(ipc::call const& asked) {
  ipc::responder answer = asked.answer;
  auto const time = check_seconds(asked.parameters.at("seconds").get_int64(), "seconds", bounds_);
  if (!time) {
    fail(answer, config_interface, time.error());
    return;
  }
  auto const* const found = find_pending(asked);
  if (found == nullptr) return;
  auto const deadline = wall_now() + *time;
  committer_.submit(
      engine::pending_request{.revision = found->revision,
                              .what = engine::pending_request::action::extend,
                              .deadline = deadline},
      [answer, deadline, revision = found->revision](engine::decision const& done) mutable {
        if (!done) {
          fail_pending(answer, done.error(), revision);
          return;
        }
        reply(answer, {{"deadline", to_rfc3339(done->deadline.value_or(deadline))}});
      });
}

} // namespace cfgd
