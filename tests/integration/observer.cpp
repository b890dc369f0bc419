#include "tests/integration/observer.hpp"

#include "core/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <stdexcept>
#include <utility>

// Checks what holds for every reply whatever it is about: revisions never go back, a change has a
// revision of its own, and a key that is removed was there. What the replies should have been is
// asked by the tests.

namespace cfgd::test {
namespace {

told read(boost::json::object const& reply) {
  told out{.revision = reply.at("revision").to_number<std::uint64_t>()};
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

[[noreturn]] void contradict(std::string const& how, told const& reply) {
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

told observer::next() {
  told reply = read(connection_.value().parameters());
  take(reply);
  return reply;
}

void observer::take(told const& reply) {
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
  // The pieces of a state are told up to its revision only together.
  if (!collecting_ || reply.ready) revision_ = reply.revision;
  if (reply.ready) collecting_ = false;
}

std::vector<told> observer::until_ready() {
  std::vector<told> all;
  do {
    all.push_back(next());
  } while (!all.back().ready);
  return all;
}

std::vector<told> observer::until(std::uint64_t revision) {
  std::vector<told> changes;
  while (revision_ < revision) {
    auto reply = next();
    if (!reply.is_bare()) changes.push_back(std::move(reply));
  }
  return changes;
}

} // namespace cfgd::test
