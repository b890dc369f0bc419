#include "tests/bench/peers.hpp"

#include "tests/bench/servers.hpp"
#include "tests/support/child_process.hpp"

#include <fmt/format.h>

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

// Peers that are measured where they are installed. Nothing of theirs is linked: etcd is spoken to
// as a browser would, and the library of dconf is loaded in a child process, which also keeps its
// threads away from this one.

namespace cfgd::bench {
namespace {

constexpr std::size_t request_count = 16 * 1024;

std::string base64(std::string_view text) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 3) {
    std::uint32_t bits = 0;
    for (std::size_t index = at; index < at + 3; ++index)
      bits = bits << 8 | (index < text.size() ? static_cast<unsigned char>(text[index]) : 0U);
    for (std::size_t digit = 0; digit < 4; ++digit)
      out += at + digit <= text.size() ? digits[bits >> (18 - 6 * digit) & 63] : '=';
  }
  return out;
}

std::string http(std::string_view path, std::string const& body) {
  return fmt::format("POST /v3/kv/{} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}", path,
                     body.size(), body);
}

std::string put_call(std::size_t number) {
  return http("put", fmt::format(R"({{"key":"{}","value":"{}"}})",
                                 base64(key_text(number % key_count)), base64(value_text(number))));
}

/// The functions of libdconf and GLib that a write needs.
class dconf_library {
 public:
  static void* open() { return ::dlopen("libdconf.so.1", RTLD_NOW | RTLD_LOCAL); }
  dconf_library() : library_(open()) {
    load("dconf_client_new", make_client_);
    load("dconf_client_write_sync", write_);
    load("g_variant_new_string", make_string_);
    client_ = make_client_();
  }
  void write(std::string const& path, std::string const& value) const {
    if (write_(client_, path.c_str(), make_string_(value.c_str()), nullptr, nullptr, nullptr) == 0)
      throw std::runtime_error("dconf does not write");
  }

 private:
  template <class Function>
  void load(char const* name, Function*& into) {
    into = reinterpret_cast<Function*>(::dlsym(library_, name));
    if (into == nullptr) throw std::runtime_error(std::string("no function ") + name);
  }
  void* library_;
  void* client_ = nullptr;
  void* (*make_client_)() = nullptr;
  int (*write_)(void*, char const*, void*, char**, void*, void**) = nullptr;
  void* (*make_string_)(char const*) = nullptr;
};

} // namespace

bool is_in_path(std::string_view program) {
  char const* const path = std::getenv("PATH"); // NOLINT: no other thread yet
  std::istringstream directories(path == nullptr ? "/usr/bin" : path);
  for (std::string directory; std::getline(directories, directory, ':');)
    if (::access(fmt::format("{}/{}", directory, program).c_str(), X_OK) == 0) return true;
  return false;
}

// ---- etcd. An address is a host and a port also for a Unix socket, which is made in the working
// directory with that name.

etcd_server::etcd_server(std::filesystem::path directory)
    : directory_((std::filesystem::create_directories(directory), std::move(directory))),
      process_(directory_ / "log",
               {"env", "--chdir", directory_.string(), "etcd", "--data-dir", "data",
                "--listen-client-urls", "unix://client:1", "--advertise-client-urls",
                "unix://client:1", "--listen-peer-urls", "unix://peer:1",
                "--initial-advertise-peer-urls", "unix://peer:1", "--initial-cluster",
                "default=unix://peer:1"}) {
  ::close(connect(socket(), process_));
}

void etcd_server::fill() {
  traffic all{.socket = socket(), .mark = '}', .marks = 2, .good = "\"revision\""};
  for (std::size_t number = 0; number < key_count; ++number)
    all.batches.push_back(put_call(number)); // NOLINT(performance-inefficient-vector-operation)
  sets_made_ = key_count;
  // The first put waits until the one member has elected itself.
  while (all.next < key_count)
    run_load(all, std::chrono::milliseconds(100));
}

traffic etcd_server::gets(std::size_t clients, std::size_t calls) const {
  std::vector<std::string> requests;
  requests.reserve(request_count);
  for (std::size_t number = 0; number < request_count; ++number)
    requests.push_back(http(
        "range", fmt::format(R"({{"key":"{}"}})", base64(key_text(number * 617 % key_count)))));
  return {.socket = socket(),
          .clients = clients,
          .calls = calls,
          .batches = batches_of(requests, calls),
          .mark = '}',
          .marks = 3, // of the header, of the key and of all
          .good = "\"count\":\"1\"",
          .bad = {"\"error\""}};
}

traffic etcd_server::sets(std::size_t clients, std::size_t calls) {
  std::vector<std::string> requests;
  requests.reserve(request_count);
  for (std::size_t count = 0; count < request_count; ++count)
    requests.push_back(put_call(sets_made_++));
  return {.socket = socket(),
          .clients = clients,
          .calls = calls,
          .batches = batches_of(requests, calls),
          .mark = '}',
          .marks = 2,
          .good = "\"revision\"",
          .bad = {"\"error\""}};
}

// ---- dconf

bool dconf_service::is_installed() {
  return is_in_path("dbus-daemon") &&
         std::filesystem::exists("/usr/share/dbus-1/services/ca.desrt.dconf.service") &&
         dconf_library::open() != nullptr;
}

dconf_service::dconf_service(std::filesystem::path directory)
    : directory_((std::filesystem::create_directories(directory / "run"), std::move(directory))),
      bus_(directory_ / "log",
           {"env", fmt::format("XDG_CONFIG_HOME={}", (directory_ / "config").string()),
            fmt::format("XDG_RUNTIME_DIR={}", (directory_ / "run").string()), "dbus-daemon",
            "--session", "--nofork", "--nopidfile",
            fmt::format("--address=unix:path={}", (directory_ / "bus").string())}) {
  ::close(connect(directory_ / "bus", bus_));
}

figures dconf_service::write(std::chrono::milliseconds time) {
  test::child_process child([&](int out) {
    ::setenv("DBUS_SESSION_BUS_ADDRESS", ("unix:path=" + (directory_ / "bus").string()).c_str(), 1);
    ::setenv("XDG_CONFIG_HOME", (directory_ / "config").c_str(), 1);
    ::setenv("XDG_RUNTIME_DIR", (directory_ / "run").c_str(), 1);
    dconf_library const dconf;
    std::vector<double> latencies;
    auto number = writes_;
    auto const write = [&] {
      std::string path = "/" + key_text(number % key_count);
      std::ranges::replace(path, '.', '/');
      dconf.write(path, value_text(number++));
    };
    write(); // starts the service
    auto const begin = steady::now();
    auto now = begin;
    while (now < begin + time) {
      auto const before = now;
      write();
      now = steady::now();
      latencies.push_back(std::chrono::duration<double, std::micro>(now - before).count());
    }
    auto const seen = summarize(latencies, static_cast<double>(latencies.size()) /
                                               std::chrono::duration<double>(now - begin).count());
    auto const text = fmt::format("{} {} {} {}", number, seen.per_second, seen.p50, seen.p99);
    return ::write(out, text.data(), text.size()) > 0 ? 0 : 1;
  });
  std::istringstream said(child.read_all());
  figures seen;
  if (!(said >> writes_ >> seen.per_second >> seen.p50 >> seen.p99))
    throw std::runtime_error("dconf cannot be measured");
  return seen;
}

} // namespace cfgd::bench
