#include "tests/integration/fixture.hpp"
#include "tests/integration/other_user.hpp"
#include "tests/support/program_run.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

// A secret goes into the service in every way, and into no byte that the service writes: its state
// directory, its log, its figures, and the replies to a user without rights.

namespace {

namespace fs = std::filesystem;
using namespace cfgd::test;

constexpr std::string_view trace = "c4n4ry";

/// The text of a secret of its own for each way in, so that a failure says which one leaks.
std::string secret_by(std::string_view way) { return std::string(trace).append("-").append(way); }

struct serving : running {
  serving() {
    save_settings("[metrics]\ntextfile = \"" + (directory / "figures.prom").string() + "\"\n");
    save_schema("app.json", R"({"properties": {"pw": {"type": "string", "x-secret": true,
        "default": ")" + secret_by("default") +
                                R"("}, "n": {"type": "integer"}}})");
    save_rules("app.toml", "[[rule]]\nname = \"length\"\nkey = \"app.pw\"\n"
                           "check = \"#app.pw < 30\"\nmessage = \"too long\"\n");
    save("app.yaml", "pw: " + secret_by("file") + "\n");
    daemon.start();
    fs::permissions(directory.path(), fs::perms(0755));
  }

  void set(std::string const& secret) {
    daemon.connect().set({.values = {{"app.pw", secret}}}).value();
  }
  /// By every way that a value goes in.
  void go_in() {
    set(secret_by("set"));
    set(secret_by("again"));
    answer("History.Rollback", R"({"revision":2})");
    save("app.d/1.yaml", "pw: " + secret_by("refused") + "\nn: text\n");
    sync();
    save("app.d/2.yaml", "pw: {" + secret_by("broken") + "\n");
    sync();
    save("app.d/3.yaml", "pw: " + secret_by("rule") + std::string(40, 'x') + "\n");
    sync();
    save("unknown.yaml", "{broken: " + secret_by("unknown") + "\n");
    sync();
    answer("Config.Set",
           R"({"values":{"app.pw":")" + secret_by("pending") + R"("},"confirmSeconds":600})");
    answer("Config.Set",
           R"({"values":{"app.pw":")" + secret_by("rejected") + std::string(40, 'x') + R"("}})");
  }
  void back_up() const {
    program_run backup(CFGCTL_PROGRAM,
                       {"backup", "--root", root.string(), (directory / "backup").string()});
    BOOST_TEST(backup.finish() == 0);
    BOOST_TEST(backup.out().find("sealed with the key") != std::string::npos);
  }
  /// How many files that the service has written hold the canary; prints their names. One that is
  /// being made may go meanwhile.
  std::size_t count_in_files() const {
    auto files = files_below(root / "state");
    files.insert(files.end(), {directory / "backup", directory / "figures.prom"});
    std::size_t count = 0;
    for (auto const& file : files) {
      std::ifstream in(file, std::ios::binary);
      std::string const content{std::istreambuf_iterator<char>(in), {}};
      if (content.find(trace) == std::string::npos) continue;
      std::cerr << file << std::endl;
      ++count;
    }
    return count;
  }
  bool is_clean(std::string const& text) const {
    bool const clean = text.find(trace) == std::string::npos;
    if (!clean) std::cerr << text << std::endl;
    return clean;
  }
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(canary)

BOOST_FIXTURE_TEST_CASE(a_secret_is_in_no_file_and_no_line_of_the_log, serving) {
  go_in();
  back_up();

  BOOST_TEST(is_clean(daemon.log()));
  BOOST_TEST(is_clean(answer("Service.Metrics")));
  BOOST_TEST(is_clean(answer("Service.Problems")));
  BOOST_TEST(count_in_files() == 0U);
  daemon.kill();
  BOOST_TEST(count_in_files() == 0U);
  daemon.start();
  BOOST_TEST(value("app.pw").find(trace) != std::string::npos);
  BOOST_TEST(daemon.stop() == 0);
  BOOST_TEST(count_in_files() == 0U);
  BOOST_TEST(is_clean(daemon.log()));
}

BOOST_FIXTURE_TEST_CASE(a_user_without_rights_gets_no_byte_of_it, serving, *as_root) {
  go_in();
  BOOST_TEST(as_other_user([&] {
    bool clean = true;
    for (char const* const method : {"Config.List", "Config.ListOverrides", "Config.ListPending",
                                     "Service.Sources", "Service.Status", "Service.Problems",
                                     "Service.Health", "Service.Metrics", "Service.Figures"})
      clean &= is_clean(answer(method));
    for (char const* const parameters : {R"({"key":"app"})", R"({"key":"app.pw"})"})
      clean &= is_clean(answer("Config.Explain", parameters));
    clean &= is_clean(answer("Config.Get", R"({"keys":["app"]})"));
    clean &= is_clean(answer("History.Log", R"({"values":true})"));
    clean &= is_clean(answer("History.Diff", R"({"from":1})"));
    clean &= is_clean(answer("History.Blame", R"({"namespace":"app"})"));
    clean &= is_clean(text_of(stream(daemon.socket()).ask(call_more("Config.Watch"))));
    return clean;
  }));
}

BOOST_FIXTURE_TEST_CASE(what_becomes_a_secret_leaves_the_files, serving) {
  save("web.yaml", "token: " + secret_by("later") + "\n");
  sync();
  answer("Config.Set", R"({"values":{"web.token":")" + secret_by("later 2") + R"("}})");
  BOOST_TEST(count_in_files() > 0U);

  save_schema("web.json", R"({"properties": {"token": {"x-secret": true}}})");
  sync();

  BOOST_TEST(count_in_files() == 0U);
  BOOST_TEST(value("web.token").find(trace) != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(the_key_is_exchanged_while_the_service_runs, serving) {
  go_in();
  auto const key = root / "state" / "key";
  auto const before = read_file(key);

  auto const done = answer("Service.RotateKey");

  BOOST_TEST(done.find(R"("old":[])") != std::string::npos, done);
  BOOST_TEST((read_file(key) != before));
  set(secret_by("after"));
  BOOST_TEST(value("app.pw") == '"' + secret_by("after") + '"');
  BOOST_TEST(count_in_files() == 0U);
  daemon.kill();
  daemon.start();
  BOOST_TEST(value("app.pw") == '"' + secret_by("after") + '"');
  // A store without its key is refused, and nothing is lost.
  BOOST_TEST(daemon.stop() == 0);
  fs::rename(key, directory / "key");
  BOOST_TEST(daemon.run_to_end() == 77);
  fs::rename(directory / "key", key);
  daemon.start();
  BOOST_TEST(value("app.pw") == '"' + secret_by("after") + '"');
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
