#include "ipc/message.hpp"
#include "tests/bench/bench.hpp"
#include "tests/bench/operations.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <future>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// How long calls that have much to do keep others waiting: beside each of them another client asks
// for one value again and again, and the longest of these Gets is what the loop was held, and what
// the machine did meanwhile. Of several rounds the least counts: the machine only adds.

namespace cfgd::bench {
namespace {

constexpr std::size_t members = 60'000;
constexpr std::size_t keys_a_namespace = 10;

using milliseconds = std::chrono::duration<double, std::milli>;

std::string call(std::string_view method, std::string_view parameters) {
  std::string frame;
  ipc::append_call(frame, method, parameters, ipc::call_kind::plain);
  return frame;
}

/// `head`, members made of numbers, separated by commas, `tail`.
std::string list(std::string_view head, fmt::format_string<std::size_t&> one,
                 std::string_view tail) {
  std::string text(head);
  for (std::size_t number = 0; number < members; ++number) {
    if (number != 0) text += ',';
    fmt::format_to(std::back_inserter(text), one, number);
  }
  return text.append(tail);
}

/// Sets all members of the namespace "b", or tries to.
std::string set_all(std::string_view before) {
  return call("io.cfgd.Config.Set",
              list(fmt::format(R"({{{}"values":{{)", before), R"("b.{:05x}":1)", "}}"));
}

std::vector<std::pair<std::string, std::string>> calls() {
  auto const keys = list("[", R"("b.{:05x}")", "]");
  return {{"Get of 60,000 keys", call("io.cfgd.Config.Get", R"({"keys":)" + keys + '}')},
          {"Set of 60,000 keys, dry run", set_all(R"("dryRun":true,)")},
          {"Validate of 60,000 members",
           call("io.cfgd.Config.Validate",
                list(R"({"namespace":"b","document":{)", R"("{:05x}":1)", "}}"))},
          {"Metrics", call("io.cfgd.Service.Metrics", "{}")},
          {"Figures", call("io.cfgd.Service.Figures", "{}")},
          {"Status", call("io.cfgd.Service.Status", "{}")},
          {"nothing, for 20 ms", ""}};
}

struct times {
  milliseconds whole{1e9}; ///< of the call
  milliseconds get{1e9};   ///< the longest beside it
};

milliseconds time_of(int socket, std::string const& message) {
  auto const began = steady::now();
  send_all(socket, message);
  auto const reply = receive_until(socket, '\0');
  auto const time = steady::now() - began;
  if (reply.starts_with(R"({"error")")) throw std::runtime_error(reply.substr(0, 500));
  return time;
}

times measure(int caller, int other, std::string const& message, std::string const& get) {
  constexpr std::chrono::milliseconds nothing{20};
  auto whole = std::async(std::launch::async, [&]() -> milliseconds {
    if (!message.empty()) return time_of(caller, message);
    pause(nothing);
    return nothing;
  });
  milliseconds longest{};
  do
    longest = std::max(longest, time_of(other, get));
  while (whole.wait_for(std::chrono::seconds(0)) != std::future_status::ready);
  return {.whole = whole.get(), .get = longest};
}

} // namespace

void held(options const& how) {
  test::temporary_directory const directory;
  world const what{.namespaces = how.namespaces, .keys = keys_a_namespace};
  cfgd_server server(how.cfgd, directory / "root", settings_of(what));
  operations const does(server, what);
  int const caller = connect(server.socket(), server.process());
  int const other = connect(server.socket(), server.process());
  time_of(caller, set_all(""));
  auto const get = call("io.cfgd.Config.Get", R"({"keys":["bench_0.setting_name_000"]})");
  table out({fmt::format("beside a call, {} namespaces", how.namespaces), "the call ms",
             "longest Get ms"});
  for (auto const& [name, message] : calls()) {
    times least;
    for (unsigned round = 0; round < how.rounds; ++round) {
      auto const one = measure(caller, other, message, get);
      least.whole = std::min(least.whole, one.whole);
      least.get = std::min(least.get, one.get);
    }
    out.add({name, fixed(least.whole.count(), 1), fixed(least.get.count(), 2)});
  }
  ::close(caller);
  ::close(other);
  fmt::print("{}\n", out.text());
}

} // namespace cfgd::bench
