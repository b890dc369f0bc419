#include "tests/integration/observer.hpp"

#include "core/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <stdexcept>
#include <utility>

// Checks what holds for every reply whatever it is about: revisions never go back, a change has a
// revision of its own, and a key that is removed was there. The tests check what
// the replies should have been.

namespace cfgd::test {
namespace {

watch_reply parse(boost::json::object const& reply) {
  watch_reply out{.revision = reply.at("revision").to_number<std::uint64_t>()};
  if (auto const* const values = reply.if_contains("values"))
    for (auto const& one : values->as_object())
      out.values.emplace(one.key(), json::canonical(one.value()));
  if (auto const* const removed = reply.if_contains("removed"))
    for (auto const& one : removed->as_array())
      out.removed.emplace_back(one.as_string());
  out.ready = reply.contains("ready") && reply.at("ready").as_bool();
  out.resync = reply.contains("resync") && reply.at("resync").as_bool();
  return out;
}

[[noreturn]] void contradict(std::string const& how, watch_reply const& reply) {
  throw std::runtime_error("at revision " + std::to_string(reply.revision) + ": " + how);
}

} // namespace

observer::observer(std::filesystem::path socket, std::string prefixes)
    : socket_(std::move(socket)), prefixes_(std::move(prefixes)) {}

void observer::open() {
  send({});
  collecting_ = true;
  state_.clear();
}

void observer::resume() { send(revision_); }

void observer::resume(std::uint64_t after, std::map<std::string, std::string> state) {
  revision_ = after;
  state_ = std::move(state);
  send(after);
}

void observer::send(std::optional<std::uint64_t> after) {
  connection_.emplace(socket_);
  ready_ = false;
  collecting_ = false;
  std::string call = R"({"method":"io.cfgd.Config.Watch","more":true,"parameters":{"prefixes":)";
  call += prefixes_;
  if (after) call += ",\"afterRevision\":" + std::to_string(*after);
  connection_->send(call + "}}");
}

watch_reply observer::next() {
  watch_reply reply = parse(connection_.value().parameters());
  take(reply);
  return reply;
}

void observer::take(watch_reply const& reply) {
  if (reply.resync) {
    ++resyncs_;
    collecting_ = true;
    state_.clear();
  } else if (collecting_) {
    if (!reply.removed.empty()) contradict("a state that removes keys", reply);
  } else if (reply.is_bare() ? reply.revision < revision_ : reply.revision <= revision_) {
    contradict("was at " + std::to_string(revision_) + " already", reply);
  }
  for (auto const& key : reply.removed)
    if (state_.erase(key) == 0) contradict("removes '" + key + "' that was not there", reply);
  for (auto const& [key, text] : reply.values) {
    auto& known = state_[key];
    if (!collecting_ && known == text) contradict("says '" + key + "' again", reply);
    known = text;
  }
  if (reply.ready && std::exchange(ready_, true) && !collecting_) contradict("ready twice", reply);
  // Only all pieces of a state together bring the observer up to its revision.
  if (!collecting_ || reply.ready) revision_ = reply.revision;
  if (reply.ready) collecting_ = false;
}

std::vector<watch_reply> observer::until_ready() {
  std::vector<watch_reply> all;
  do {
    all.push_back(next());
  } while (!all.back().ready);
  return all;
}

std::vector<watch_reply> observer::until(std::uint64_t revision) {
  std::vector<watch_reply> changes;
  while (revision_ < revision) {
    auto reply = next();
    if (!reply.is_bare()) changes.push_back(std::move(reply));
  }
  return changes;
}

} // namespace cfgd::test
