#pragma once

#include "tests/integration/fixture.hpp"
#include "tests/support/program_run.hpp"

#include <poll.h>

#include <csignal>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cfgd::test {

/// What a program said.
struct said {
  int code = 0;
  std::string out;
  std::string err;
};
inline std::ostream& operator<<(std::ostream& to, said const& what) {
  return to << "exit code " << what.code << "; output: " << what.out << "; errors: " << what.err;
}

/// The service, and cfgd-apply beside it with one target, "web", of one file.
struct applied : running_quietly {
  applied() { save("app.json", R"({"port":80,"host":"localhost"})"); }

  void define(std::string const& name, std::string const& head, std::string const& text,
              std::string const& more = "") {
    auto const targets = root / "etc" / "targets";
    std::filesystem::create_directories(out().parent_path());
    write_file(targets / (name + ".mustache"), text);
    write_file(targets / (name + ".toml"), "keys = [\"app\"]\n" + head + "[[file]]\npath = \"" +
                                               out().string() + "\"\ntemplate = \"" + name +
                                               ".mustache\"\n" + more);
  }
  /// Starts both, and waits until the target has some state.
  void begin() {
    daemon.start();
    start_applying();
    wait_for_state("");
  }
  void start_applying() {
    applying = std::make_unique<program_run>(CFGD_APPLY_PROGRAM,
                                             std::vector<std::string>{"--root", root.string()},
                                             std::vector<std::string>{"PATH=/usr/bin:/bin"});
  }
  void stop_applying() {
    applying->send_signal(SIGTERM);
    if (int const code = applying->finish(); code != 0)
      throw std::runtime_error("cfgd-apply ended with " + std::to_string(code));
  }

  said cfgctl(std::vector<std::string> arguments) const {
    return cfgctl(root, std::move(arguments));
  }
  said cfgctl(std::filesystem::path const& below, std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(),
                     {"--root", below.string(), "--socket", daemon.socket().string()});
    program_run run(CFGCTL_PROGRAM, arguments, {"LANG=C.UTF-8"});
    int const code = run.finish();
    return {.code = code, .out = run.out(), .err = run.err()};
  }

  std::filesystem::path out() const { return canonical_base() / "out" / "web.conf"; }
  std::filesystem::path log() const { return canonical_base() / "log"; }
  std::string content() const { return std::filesystem::exists(out()) ? read_file(out()) : "-"; }

  /// Waits for the content, or for a state, by asking; at most 30 s.
  void wait_for_content(std::string const& text) {
    wait_until([&] { return content() == text; }, "the content " + text);
  }
  void wait_for_state(std::string const& state) {
    wait_until(
        [&] {
          auto const report = root / "run" / "targets.json";
          return std::filesystem::exists(report) &&
                 read_file(report).find("\"state\": \"" + state) != std::string::npos;
        },
        "the state " + state);
  }

  template <class Ready>
  void wait_until(Ready ready, std::string const& what) {
    auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!ready()) {
      if (std::chrono::steady_clock::now() > end)
        throw std::runtime_error("waited for " + what + "; cfgd-apply said: " + applying->err());
      ::poll(nullptr, 0, 5); // for others
    }
  }

  std::unique_ptr<program_run> applying;

 private:
  std::filesystem::path canonical_base() const {
    return std::filesystem::canonical(directory.path());
  }
};

} // namespace cfgd::test
