#include "tests/bench/operations.hpp"

#include "ipc/message.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fmt/format.h>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>
#include <stdexcept>
#include <string_view>

// What the parts measure that compare states of the daemon, not servers: how each operation grows,
// two builds, and instructions. All is done in order by one thread, so nothing overlaps, and the
// same numbers of calls are the same work.

namespace cfgd::bench {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t most_gets = 1'024;
constexpr std::size_t edited_namespace = 0;

std::string name_of(std::size_t number) { return fmt::format("bench_{}", number); }

std::string key_name(std::size_t number) { return fmt::format("setting_name_{:03}", number); }

std::string call(std::string_view method, std::string_view parameters, ipc::call_kind kind) {
  std::string frame;
  ipc::append_call(frame, method, parameters, kind);
  return frame;
}

std::vector<std::string> gets_of(world const& what) {
  std::size_t const total = what.namespaces * what.keys;
  std::mt19937 generator(1); // NOLINT: the same for every run, so that runs compare
  std::uniform_int_distribution<std::size_t> any(0, total - 1);
  std::vector<std::string> out;
  out.reserve(std::min(total, most_gets));
  for (std::size_t index = 0; index < std::min(total, most_gets); ++index) {
    auto const number = total <= most_gets ? index : any(generator);
    out.push_back(call("io.cfgd.Config.Get",
                       fmt::format(R"({{"keys":["{}.{}"]}})", name_of(number / what.keys),
                                   key_name(number % what.keys)),
                       ipc::call_kind::plain));
  }
  std::ranges::shuffle(out, generator);
  return out;
}

void check(std::string_view reply, std::string_view good) {
  if (reply.find(good) == reply.npos || reply.find("\"error\""sv) != reply.npos)
    throw std::runtime_error("a wrong reply: " + std::string(reply.substr(0, 500)));
}

std::string receive_some(int socket) {
  std::array<char, 64 * 1024> buffer; // NOLINT: not filled, it is for the kernel to do
  ssize_t const count = ::recv(socket, buffer.data(), buffer.size(), 0);
  if (count <= 0) throw std::runtime_error("a server closed the connection");
  return {buffer.data(), static_cast<std::size_t>(count)};
}

std::string receive(int socket, std::size_t replies) {
  std::string text;
  while (replies > 0) {
    auto const read = receive_some(socket);
    auto const ends = static_cast<std::size_t>(std::ranges::count(read, '\0'));
    if (ends > replies) throw std::runtime_error("more replies than calls");
    replies -= ends;
    text += read;
  }
  return text;
}

std::string watch_call(std::string_view parameters) {
  return call("io.cfgd.Config.Watch", parameters, ipc::call_kind::more);
}

/// All values, up to the reply that says ready: the last one.
std::string receive_state(int socket) {
  std::string text;
  for (std::size_t last = 0;;) {
    text += receive_some(socket);
    if (!text.ends_with('\0')) continue;
    if (text.find("\"ready\":true"sv, last) != text.npos) return text;
    last = text.size();
  }
}

std::size_t revision_of(cfgd_server& server) {
  auto const status = server.ask("io.cfgd.Service.Status");
  return std::stoull(status.substr(status.find("\"revision\":") + 11));
}

std::size_t occurrences(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1))
    ++count;
  return count;
}

} // namespace

void write_files(cfgd_server const& into, world const& what) {
  for (std::size_t number = 0; number < what.namespaces; ++number) {
    std::string text = "{";
    for (std::size_t key = 0; key < what.keys; ++key)
      text += fmt::format("{}\n  \"{}\": \"{:0>{}}\"", key == 0 ? "" : ",", key_name(key), key,
                          what.value_bytes);
    test::write_file(into.source(name_of(number) + ".json"), text + "\n}\n");
  }
  test::write_file(into.source(name_of(edited_namespace) + ".d/50-edit.json"), R"({"edited":0})");
  if (what.has_schema) {
    std::filesystem::create_directories(into.root() / "etc" / "schemas");
    test::write_file(into.root() / "etc" / "schemas" / (name_of(0) + ".json"),
                     R"({"properties":{"edited":{"type":"integer"}},)"
                     R"("additionalProperties":{"type":"string","maxLength":100}})");
  }
}

std::string settings_of(world const& what) {
  return fmt::format("[watch]\nquiet_ms = 0\n[store]\nhistory_revisions = {}\n",
                     std::max<std::size_t>(what.revisions * 2, 10'000));
}

operations::operations(cfgd_server& server, world const& what)
    : server_(server), world_(what), gets_(gets_of(what)) {
  write_files(server_, what);
  server_.start();
  client_ = connect(server_.socket(), server_.process());
  if (what.revisions > 0) {
    auto history = server_.sets(50, 16);
    while (revision_of(server_) < what.revisions)
      run_load(history, std::chrono::milliseconds(200));
  }
  add_watchers(what.watchers);
}

operations::~operations() {
  remove_watchers();
  ::close(client_);
}

void operations::add_watchers(std::size_t count) {
  auto const question =
      watch_call(fmt::format(R"({{"prefixes":["{}"]}})", name_of(edited_namespace)));
  for (; count > 0; --count) {
    watchers_.push_back(connect(server_.socket(), server_.process()));
    send_all(watchers_.back(), question);
    receive_state(watchers_.back());
  }
}

void operations::remove_watchers() {
  for (int const socket : watchers_)
    ::close(socket);
  watchers_.clear();
}

operations::microseconds operations::get(std::size_t calls) {
  std::string batch;
  for (std::size_t index = 0; index < calls; ++index)
    batch += gets_[next_get_++ % gets_.size()];
  auto const before = steady::now();
  send_all(client_, batch);
  std::string const replies = receive(client_, calls);
  microseconds const took = steady::now() - before;
  check(replies, "setting_name_");
  return took;
}

operations::written operations::write() {
  auto const key = fmt::format("{}.{}", name_of(edited_namespace), key_name(writes_ % world_.keys));
  auto const value = fmt::format("{:x>{}}", ++writes_, world_.value_bytes);
  auto const request =
      call("io.cfgd.Config.Set", fmt::format(R"({{"values":{{"{}":"{}"}}}})", key, value),
           ipc::call_kind::plain);
  auto const before = steady::now();
  send_all(client_, request);
  std::string const reply = receive(client_, 1);
  written took{.replied = steady::now() - before, .seen = {}};
  wait_for_watchers(value);
  took.seen = steady::now() - before;
  check(reply, "\"changed\":[\"bench_");
  return took;
}

operations::microseconds operations::set() { return write().replied; }

operations::microseconds operations::push() { return write().seen; }

operations::microseconds operations::edit() {
  auto const target = server_.source(name_of(edited_namespace) + ".d/50-edit.json");
  // Not in a directory that the daemon watches, on the way to its own.
  auto const staged = server_.root() / "stage" / "edit.json";
  test::write_file(staged, fmt::format(R"({{"edited":{}}})", ++edits_));
  auto const before = steady::now();
  std::filesystem::rename(staged, target);
  wait_for_watchers(fmt::format(".edited\":{}}}", edits_));
  return steady::now() - before;
}

operations::microseconds operations::snapshot() {
  int const socket = connect(server_.socket(), server_.process());
  auto const before = steady::now();
  send_all(socket, watch_call(""));
  std::string const state = receive_state(socket);
  microseconds const took = steady::now() - before;
  ::close(socket);
  if (occurrences(state, ".setting_name_") != world_.namespaces * world_.keys)
    throw std::runtime_error("not all values came");
  return took;
}

void operations::wait_for_watchers(std::string_view change) {
  for (int const socket : watchers_)
    check(receive(socket, 1), change);
}

} // namespace cfgd::bench
