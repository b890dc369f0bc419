#pragma once

#include "tests/support/program_run.hpp"
#include "tests/support/scripted_peer.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// cfgctl, the program itself, and a scripted service that it talks to.
namespace cfgd::test {

struct cfgctl_fixture {
  temporary_directory directory;
  std::string path = directory / "socket";

  program_run cfgctl(std::vector<std::string> const& arguments,
                     std::vector<std::string> environment = {}) const {
    environment.push_back("CFGD_SOCKET=" + path);
    return program_run(CFGCTL_PROGRAM, arguments, environment);
  }
};

/// One command, and what is called and answered over one connection.
struct talk {
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> calls;
  int code;
  std::string out;
  std::string err;
};

inline std::ostream& operator<<(std::ostream& out, talk const& what) {
  for (auto const& argument : what.arguments)
    out << argument << ' ';
  return out;
}

inline std::string call(std::string_view method, std::string_view parameters = {}) {
  std::string out = R"({"method":")" + std::string(method) + '"';
  if (!parameters.empty()) out.append(R"(,"parameters":)").append(parameters);
  return out + '}';
}

/// The same, with 'more'.
inline std::string call_more(std::string_view method, std::string_view parameters = {}) {
  std::string out = call(method, parameters);
  out.pop_back();
  return out + R"(,"more":true})";
}

/// `keys` is an array.
inline std::string get(std::string_view keys) {
  return call("io.cfgd.Config.Get", R"({"keys":)" + std::string(keys) + '}');
}

inline std::string reply(std::string_view parameters) {
  return R"({"parameters":)" + std::string(parameters) + '}';
}

inline std::string refused(std::string_view name, std::string_view parameters) {
  return R"({"error":")" + std::string(name) + R"(","parameters":)" + std::string(parameters) + '}';
}

inline void check(cfgctl_fixture const& here, talk const& sample) {
  scripted_peer peer(here.path, {exchange(sample.calls)});

  auto run = here.cfgctl(sample.arguments);

  BOOST_TEST(run.finish() == sample.code);
  BOOST_TEST(run.out() == sample.out);
  BOOST_TEST(run.err() == sample.err);
  peer.finish();
}

} // namespace cfgd::test
