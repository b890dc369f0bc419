#include "tests/bench/servers.hpp"

#include "ipc/message.hpp"
#include "tests/bench/peers.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <stdexcept>
#include <vector>

// Every server gets the same keys and values, and requests for the same random keys in the same
// order. Sets go through a sequence of values that is long enough for no key to be given the value
// it has: a Set that changes nothing is answered without the disk.

namespace cfgd::bench {
namespace {

constexpr std::size_t get_count = 16 * 1024;
constexpr std::size_t set_count = 32 * 1024;
constexpr auto between_questions = std::chrono::microseconds(500);
constexpr std::size_t echo_bytes = 100;

std::vector<std::size_t> random_keys() {
  std::mt19937 generator(1); // NOLINT: the same for every run, so that runs compare
  std::uniform_int_distribution<std::size_t> any(0, key_count - 1);
  std::vector<std::size_t> keys(get_count);
  std::ranges::generate(keys, [&] { return any(generator); });
  return keys;
}

std::string varlink(std::string_view method, std::string_view parameters) {
  std::string frame;
  ipc::append_call(frame, method, parameters, ipc::call_kind::plain);
  return frame;
}

std::string resp(std::vector<std::string> const& words) {
  std::string out = fmt::format("*{}\r\n", words.size());
  for (auto const& word : words)
    out += fmt::format("${}\r\n{}\r\n", word.size(), word);
  return out;
}

} // namespace

std::string key_text(std::size_t number) {
  return fmt::format("bench_{}.setting_name_{:03}", number / keys_in_namespace,
                     number % keys_in_namespace);
}

std::string value_text(std::size_t number) { return fmt::format("{:0>{}}", number, value_bytes); }

// ---- cfgd

cfgd_server::cfgd_server(std::string program, std::filesystem::path root, std::string_view settings,
                         std::vector<std::string> command)
    : command_(std::move(command)), root_(std::move(root)) {
  command_.insert(command_.end(), {std::move(program), "--root", root_.string()});
  std::filesystem::create_directories(root_ / "etc" / "namespaces");
  test::write_file(root_ / "etc" / "cfgd.toml", settings);
}

std::filesystem::path cfgd_server::source(std::string_view name) const {
  return root_ / "etc" / "namespaces" / name;
}

std::chrono::duration<double, std::milli> cfgd_server::start() {
  process_ = std::make_unique<server_process>(root_ / "log", command_);
  int const socket = connect(this->socket(), *process_);
  std::string const question = varlink("io.cfgd.Service.Status", "");
  for (;;) {
    send_all(socket, question);
    if (receive_until(socket, '\0').find("\"ready\":true") != std::string::npos) break;
    pause(between_questions);
  }
  auto const now = steady::now();
  ::close(socket);
  return now - process_->started();
}

void cfgd_server::stop() { process_->stop(); }

std::string cfgd_server::ask(std::string_view method, std::string_view parameters) {
  int const socket = connect(this->socket(), *process_);
  send_all(socket, varlink(method, parameters));
  std::string answer = receive_until(socket, '\0');
  ::close(socket);
  if (answer.find("\"error\"") != std::string::npos)
    throw std::runtime_error(std::string(method) + ": " + answer);
  return answer;
}

traffic cfgd_server::gets(std::size_t clients, std::size_t calls) const {
  std::vector<std::string> requests;
  for (auto const number : random_keys())
    requests.push_back(
        varlink("io.cfgd.Config.Get", fmt::format(R"({{"keys":["{}"]}})", key_text(number))));
  return {.socket = socket(),
          .clients = clients,
          .calls = calls,
          .batches = batches_of(requests, calls),
          .good = "setting_name_",
          .bad = {"\"error\"", "\"missing\":[\""}};
}

traffic cfgd_server::sets(std::size_t clients, std::size_t calls) {
  std::vector<std::string> requests;
  for (std::size_t count = 0; count < set_count; ++count) {
    auto const number = sets_made_++;
    requests.push_back(varlink("io.cfgd.Config.Set",
                               fmt::format(R"({{"values":{{"{}":"{}"}}}})",
                                           key_text(number % key_count), value_text(number))));
  }
  return {.socket = socket(),
          .clients = clients,
          .calls = calls,
          .batches = batches_of(requests, calls),
          .good = "\"changed\":[\"bench_",
          .bad = {"\"error\"", "\"changed\":[]"}};
}

memory_use steady_memory(cfgd_server& cfgd) {
  constexpr std::chrono::milliseconds between_looks{100};
  constexpr int looks_unchanged = 10;
  constexpr int most_looks = 150;
  cfgd.ask("io.cfgd.Service.RunChecks", R"({"names":["integrity"]})");
  memory_use seen = memory_of(cfgd.process().pid());
  for (int unchanged = 0, look = 0; unchanged < looks_unchanged && look < most_looks; ++look) {
    pause(between_looks);
    memory_use const now = memory_of(cfgd.process().pid());
    unchanged = now.resident == seen.resident ? unchanged + 1 : 0;
    seen = now;
  }
  return seen;
}

void write_sources(cfgd_server const& into) {
  for (std::size_t number = 0; number < key_count; number += keys_in_namespace) {
    std::string text = "{";
    for (std::size_t key = number; key < number + keys_in_namespace; ++key) {
      auto const name = key_text(key);
      text += fmt::format("{}\n  \"{}\": \"{}\"", text.size() > 1 ? "," : "",
                          name.substr(name.find('.') + 1), value_text(key));
    }
    auto const name = key_text(number);
    test::write_file(into.source(name.substr(0, name.find('.')) + ".json"), text + "\n}\n");
  }
}

// ---- redis

bool redis_server::is_installed() { return is_in_path("redis-server"); }

redis_server::redis_server(std::filesystem::path directory, durability how)
    : directory_((std::filesystem::create_directories(directory), std::move(directory))),
      process_(directory_ / "log",
               {"redis-server", "--port", "0", "--unixsocket", (directory_ / "socket").string(),
                "--dir", directory_.string(), "--save", "", "--appendonly",
                how == durability::none ? "no" : "yes", "--appendfsync", "always",
                "--auto-aof-rewrite-percentage", "0", "--maxclients", "11000"}) {
  int const socket = connect(directory_ / "socket", process_);
  send_all(socket, resp({"PING"}));
  receive_until(socket, '\n');
  ::close(socket);
}

void redis_server::fill() {
  int const socket = connect(directory_ / "socket", process_);
  for (std::size_t number = 0; number < key_count; ++number) {
    send_all(socket, resp({"SET", key_text(number), value_text(number)}));
    receive_until(socket, '\n');
  }
  ::close(socket);
}

traffic redis_server::get_all(std::size_t keys) {
  int const socket = connect(directory_ / "socket", process_);
  std::string const name = fmt::format("all_{}", keys);
  for (std::size_t number = 0; number < keys; ++number) {
    send_all(socket, resp({"HSET", name, key_text(number), value_text(number)}));
    receive_until(socket, '\n');
  }
  ::close(socket);
  return {.socket = directory_ / "socket",
          .batches = {resp({"HGETALL", name})},
          .mark = '\n',
          .marks = 1 + 4 * keys,
          .good = "$64\r\n",
          .bad = {"-ERR"}};
}

traffic redis_server::gets(std::size_t clients, std::size_t calls) const {
  std::vector<std::string> requests;
  for (auto const number : random_keys())
    requests.push_back(resp({"GET", key_text(number)}));
  return {.socket = directory_ / "socket",
          .clients = clients,
          .calls = calls,
          .batches = batches_of(requests, calls),
          .mark = '\n',
          .marks = 2,
          .good = "$64\r\n",
          .bad = {"-ERR", "$-1"}};
}

traffic redis_server::sets(std::size_t clients, std::size_t calls) {
  std::vector<std::string> requests;
  for (std::size_t count = 0; count < set_count; ++count) {
    auto const number = sets_made_++;
    requests.push_back(resp({"SET", key_text(number % key_count), value_text(number)}));
  }
  return {.socket = directory_ / "socket",
          .clients = clients,
          .calls = calls,
          .batches = batches_of(requests, calls),
          .mark = '\n',
          .good = "+OK",
          .bad = {"-ERR", "-MISCONF"}};
}

// ---- echo

traffic echo_server::messages(std::size_t clients, std::size_t calls) const {
  std::vector<std::string> const requests(calls, std::string(echo_bytes - 1, 'x') + '\n');
  return {.socket = socket_,
          .clients = clients,
          .calls = calls,
          .batches = batches_of(requests, calls),
          .mark = '\n',
          .good = "x"};
}

} // namespace cfgd::bench
