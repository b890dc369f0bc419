#include "cfgctl/doctor/doctor.hpp"
#include "client/detail/failures.hpp"
#include "tests/cfgctl/cfgctl_talk.hpp"

#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace cfgd::cfgctl;
namespace client = cfgd::client;
namespace fs = std::filesystem;

namespace {

struct fixture {
  cfgd::test::temporary_directory directory;
  installation at;

  fixture() {
    ::umask(022);
    at.is_system = false;
    at.tree = offline::tree_of_root(directory.path());
    at.run = directory / "run";
    at.state = directory / "state";
    at.socket = directory / "run/io.cfgd";
    at.owner = ::geteuid();
    at.inotify = directory / "inotify";
    at.version = "1.0";
    fs::create_directories(at.tree.etc / "namespaces");
    fs::create_directories(at.state);
    ::chmod(at.state.c_str(), 0700);
    fs::create_directories(at.inotify);
    write(at.inotify / "max_user_watches", "100000\n");
    write(at.inotify / "max_user_instances", "128\n");
    at.service.status.version = "1.0";
    at.service.status.ready = true;
  }

  static void write(fs::path const& path, std::string_view text) { std::ofstream(path) << text; }

  /// What one row finds.
  std::vector<diagnosis> look(std::string_view name) const {
    diagnoses out;
    for (auto const& rows : {service_examinations(), system_examinations()}) {
      for (auto const& row : rows) {
        if (row.name != name) continue;
        out.begin(name);
        row.look(at, out);
      }
    }
    return out.all();
  }

  /// The calls of the program to a service of `directory`, of its own version, without a fault.
  std::vector<std::pair<std::string, std::string>> good_service() const {
    using cfgd::test::call;
    using cfgd::test::reply;
    cfgd::test::program_run version(CFGCTL_PROGRAM, {"version"}, {});
    version.finish();
    auto const number = version.out().substr(7, version.out().size() - 8); // "cfgctl 1.0\n"
    return {{call("io.cfgd.Service.Status"),
             reply(R"({"version":")" + number +
                   R"(","pid":1,"startTime":"t","status":"healthy","ready":true,)"
                   R"("degraded":false,"revision":5,"namespaces":["a"],"connections":1,)"
                   R"("watchers":0,"stateDirectory":")" +
                   at.state.string() + "\"}")},
            {cfgd::test::call_more("io.cfgd.Service.Sources"),
             reply(R"({"sources":[{"path":")" + (at.tree.etc / "namespaces/a.json").string() +
                   R"(","namespace":"a","layer":"admin","state":"active","revision":1,)"
                   R"("size":2,"watch":"inotify","kind":"values"}]})")},
            {call("io.cfgd.Service.Health"),
             reply(R"({"status":"healthy","checks":[{"name":"files","status":"healthy",)"
                   R"("message":"","details":{},"durationMs":1.0,"time":"t"}]})")},
            {call("io.cfgd.Service.Problems"),
             reply(R"({"problems":[],"counts":{},"critical":false})")}};
  }

  /// The only one that a row finds.
  diagnosis only(std::string_view name) const {
    auto const all = look(name);
    BOOST_REQUIRE(all.size() == 1U);
    return all.front();
  }
};

/// What is not [ok], except for the machine that the test runs on.
std::string faults_in(std::string const& out) {
  std::istringstream lines(out);
  std::string faults;
  for (std::string line; std::getline(lines, line);) {
    bool const is_fault = line.starts_with("[warn] ") || line.starts_with("[fail] ");
    bool const is_of_machine =
        line.find("] inotify: ") != line.npos || line.find("] space: ") != line.npos;
    if (is_fault && !is_of_machine) faults += line + '\n';
  }
  return faults;
}

bool is(diagnosis const& one, verdict how, std::string_view part) {
  return one.how == how && one.message.find(part) != std::string::npos;
}

client::source_file source(std::string path, std::string state) {
  client::source_file out;
  out.path = std::move(path);
  out.state = std::move(state);
  out.watch = "inotify";
  return out;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(doctor, fixture)

BOOST_AUTO_TEST_CASE(a_missing_socket_is_reported_with_what_to_do) {
  auto const found = only("socket");

  BOOST_TEST(is(found, verdict::fail, "there is no socket " + at.socket));
  BOOST_TEST(found.advice == "start it: cfgd --root " + directory.path().string());
}

BOOST_AUTO_TEST_CASE(an_unreachable_service_is_reported_once) {
  at.service.unreachable = client::detail::timed_out();

  BOOST_TEST(look("version").empty());
  BOOST_TEST(look("sources").empty());
  BOOST_TEST(look("health").empty());
}

BOOST_AUTO_TEST_CASE(another_version_is_a_warning) {
  BOOST_TEST(is(only("version"), verdict::ok, "1.0"));
  at.service.status.version = "0.9";

  BOOST_TEST(is(only("version"), verdict::warn, "cfgd is 0.9, cfgctl is 1.0"));
}

BOOST_AUTO_TEST_CASE(a_namespace_that_never_was_good_fails) {
  at.service.status.fallback = {"site"};

  BOOST_TEST(is(only("state"), verdict::fail, "namespace 'site'"));
  BOOST_TEST(only("state").advice.starts_with("'site' has no values; "));
  at.service.sources = {source("/s/site.json", "active")};
  at.service.sources.front().kind = "schema";
  at.service.sources.front().name_space = "site";
  BOOST_TEST(only("state").advice.starts_with("the defaults of its schema are used; "));
}

BOOST_AUTO_TEST_CASE(a_file_that_never_was_valid_has_no_content_that_stays) {
  at.service.sources = {source((at.tree.etc / "namespaces/a.json").string(), "quarantined")};
  BOOST_TEST(only("sources").advice.starts_with("nothing of it is effective; "));
  at.service.sources.front().revision = 3;
  BOOST_TEST(only("sources").advice.starts_with("its last valid content stays active; "));
}

BOOST_AUTO_TEST_CASE(hidden_values_are_counted) {
  at.service.status.hidden = 1;
  BOOST_TEST(is(look("state").back(), verdict::ok, "1 value of files has no effect because of"));
  at.service.status.hidden = 2;
  BOOST_TEST(is(look("state").back(), verdict::ok, "2 values of files have no effect because of"));
}

BOOST_AUTO_TEST_CASE(sources_are_reported_with_place_reason_and_what_to_do) {
  auto quarantined = source((at.tree.etc / "namespaces/a.json").string(), "quarantined");
  quarantined.line = 3;
  quarantined.column = 8;
  quarantined.message = "no value";
  auto const untrusted = source((at.tree.etc / "namespaces/b.json").string(), "untrusted");
  at.service.sources = {quarantined, untrusted,
                        source((at.tree.etc / "namespaces/c.json").string(), "active")};

  auto const found = look("sources");

  BOOST_REQUIRE(found.size() == 2U);
  BOOST_TEST(is(found[0], verdict::fail, "a.json:3:8 (values) is quarantined: no value"));
  std::string const check = at.is_system
                                ? "cfgctl check "
                                : "cfgctl check --root " + at.state.parent_path().string() + ' ';
  BOOST_TEST(found[0].advice.find(check + quarantined.path) != std::string::npos);
  BOOST_TEST(is(found[1], verdict::fail, "is untrusted"));
  BOOST_TEST(found[1].advice.find("chown root: " + untrusted.path) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_first_issue_of_a_schema_is_reported) {
  auto one = source((at.tree.etc / "namespaces/a.json").string(), "quarantined");
  one.issues.resize(2);
  one.issues[0] = {
      .severity = "error", .rule = "minimum", .key = "a.b", .pointer = {}, .message = "too low"};
  at.service.sources = {one};

  auto const found = only("sources");

  BOOST_TEST(is(found, verdict::fail, "a.b: too low"));
  BOOST_TEST(is(found, verdict::fail, "and 1 more"));
}

BOOST_AUTO_TEST_CASE(stores_that_were_kept_may_have_what_became_a_secret_later) {
  BOOST_TEST(is(only("kept"), verdict::ok, "no older store"));
  for (auto const* const name : {"data.old.20260101T000000Z", "data.damaged.1", "data.mdb"})
    write(at.state / name, "");

  BOOST_TEST(is(only("kept"), verdict::warn, "data.damaged.1 and 1 more may have values"));
  BOOST_TEST(only("kept").advice.find("cfgctl key rotate") != std::string::npos);

  fs::remove_all(at.state);
  BOOST_TEST(look("kept").empty());
}

BOOST_AUTO_TEST_CASE(a_service_that_reads_elsewhere_is_one_warning) {
  at.service.sources = {source("/elsewhere/namespaces/a.json", "active"),
                        source("/elsewhere/namespaces/b.json", "active"),
                        source((at.tree.etc / "namespaces/c.json").string(), "active")};
  BOOST_TEST(is(only("sources"), verdict::warn,
                "2 of 3 files are outside the directories of this installation, for example "
                "/elsewhere/namespaces/a.json"));

  at.service.sources = {source((at.run / "namespaces/a.json").string(), "active")};
  BOOST_TEST(is(only("sources"), verdict::ok, "1 file is active"));
}

BOOST_AUTO_TEST_CASE(checks_keep_their_weight_and_get_advice) {
  at.service.health.checks.resize(3);
  at.service.health.checks[0] = {
      .name = "disk", .status = "critical", .message = "full", .details = {}, .time = {}};
  at.service.health.checks[1] = {
      .name = "own", .status = "warning", .message = "no", .details = {}, .time = {}};
  at.service.health.checks[2] = {
      .name = "loop", .status = "healthy", .message = "", .details = {}, .time = {}};

  auto const found = look("health");

  BOOST_REQUIRE(found.size() == 2U);
  BOOST_TEST(is(found[0], verdict::fail, "check 'disk' is critical: full"));
  BOOST_TEST(found[0].advice == "free space on the file system of the store");
  BOOST_TEST(is(found[1], verdict::warn, "check 'own' is warning: no"));
  BOOST_TEST(found[1].advice == "cfgctl health --json own");
}

BOOST_AUTO_TEST_CASE(the_health_is_not_good_while_a_file_is_not_active) {
  at.service.health.checks = {
      {.name = "files", .status = "healthy", .message = "", .details = {}, .time = {}}};
  BOOST_TEST(is(only("health"), verdict::ok, "1 check is healthy"));

  at.service.sources = {source((at.tree.etc / "namespaces/a.json").string(), "quarantined")};

  BOOST_TEST(is(only("health"), verdict::warn, "1 file is not active"));
}

BOOST_AUTO_TEST_CASE(what_the_service_does_not_report_is_not_good) {
  BOOST_TEST(is(only("health"), verdict::warn, "no check has run"));

  for (std::string_view const name : {"sources", "health", "problems"})
    at.service.unanswered.emplace(name, "permission denied");

  for (std::string_view const name : {"sources", "health", "problems"}) {
    auto const found = only(name);
    BOOST_TEST(is(found, verdict::warn, "the service does not report it: permission denied"));
    BOOST_TEST(found.advice == "cfgctl " + std::string(name));
  }
}

BOOST_AUTO_TEST_CASE(open_problems_count_and_those_that_are_over_do_not) {
  at.service.problems.problems.resize(2);
  at.service.problems.problems[0].resolved = "2026-11-23T10:00:00Z";
  at.service.problems.problems[1].recoverable = true;
  BOOST_TEST(is(only("problems"), verdict::warn, "1 problem is open"));

  at.service.problems.problems[1].recoverable = false;
  BOOST_TEST((look("problems").front().how == verdict::fail));
}

BOOST_AUTO_TEST_CASE(a_clock_that_nothing_synchronises_is_reported) {
  at.is_system = true;
  timex state{};
  bool const is_synchronised = ::adjtimex(&state) != TIME_ERROR;

  auto const found = only("clock");

  if (is_synchronised) {
    BOOST_TEST(is(found, verdict::ok, "the clock is synchronized"));
  } else {
    BOOST_TEST(is(found, verdict::warn, "no time synchronisation is active"));
    BOOST_TEST(found.advice == "timedatectl set-ntp true");
  }
}

BOOST_AUTO_TEST_CASE(files_that_others_may_write_are_not_trusted) {
  auto const path = at.tree.etc / "namespaces/a.json";
  write(path, "{}");
  BOOST_TEST(is(only("files"), verdict::ok, "1 file is trusted"));

  ::chmod(path.c_str(), 0666);

  auto const found = only("files");
  BOOST_TEST(is(found, verdict::fail, "lets others write it"));
  BOOST_TEST(found.advice.find("chmod go-w " + path.string()) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(files_of_a_trusted_group_are_in_use_and_no_fault) {
  auto const path = at.tree.etc / "namespaces/a.json";
  write(path, "{}");
  ::chmod(path.c_str(), 0664);
  BOOST_TEST(only("files").advice.find("files.trusted_groups") != std::string::npos);

  at.service.sources = {source(path.string(), "active")};
  BOOST_TEST(is(only("files"), verdict::ok, "1 file is trusted"));
  ::chmod(path.c_str(), 0666);
  BOOST_TEST(is(only("files"), verdict::fail, "lets others write it"));
}

BOOST_AUTO_TEST_CASE(files_of_another_user_are_not_trusted) {
  write(at.tree.etc / "namespaces/a.json", "{}");
  if (::geteuid() == 0) ::chown((at.tree.etc / "namespaces/a.json").c_str(), 65534, 0);
  at.owner = 4242;

  auto const found = look("files");

  BOOST_REQUIRE(!found.empty());
  BOOST_TEST(is(found.front(), verdict::fail, " belongs to "));
}

BOOST_AUTO_TEST_CASE(an_ignored_file_is_reported) {
  write(at.tree.etc / "namespaces/a.jsn", "{}");

  auto const found = only("files");

  BOOST_TEST((found.how == verdict::warn));
  BOOST_TEST(found.message.find("a.jsn") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_missing_directory_is_reported) {
  fs::remove_all(at.tree.etc / "namespaces");

  BOOST_TEST(is(only("files"), verdict::warn, "there is no directory"));
}

BOOST_AUTO_TEST_CASE(a_store_that_others_may_enter_fails) {
  BOOST_TEST(is(only("store"), verdict::ok, "alone"));
  ::chmod(at.state.c_str(), 0755);
  BOOST_TEST(is(only("store"), verdict::fail, "is accessible to other users; it contains secrets"));
  at.state = directory / "none";
  BOOST_TEST(is(only("store"), verdict::fail, "No such file"));
}

BOOST_AUTO_TEST_CASE(inotify_is_compared_with_what_is_needed) {
  for (auto const& one : look("inotify"))
    BOOST_TEST((one.how == verdict::ok));

  write(at.inotify / "max_user_watches", "3\n");
  fs::remove(at.inotify / "max_user_instances");

  auto const found = look("inotify");
  BOOST_REQUIRE(found.size() == 2U);
  BOOST_TEST(is(found[0], verdict::fail, "fs.inotify.max_user_watches is 3"));
  BOOST_TEST(found[0].advice.starts_with("sysctl fs.inotify.max_user_watches="));
  BOOST_TEST(is(found[1], verdict::warn, "cannot be read"));
}

BOOST_AUTO_TEST_CASE(sources_that_are_mount_points_are_warnings) {
  auto const values = fs::canonical(at.tree.etc / "namespaces").string();
  fs::create_directories(at.tree.etc / "namespaces/my site.d");
  write(at.tree.etc / "namespaces/a.json", "{}");
  at.mounts = directory / "mountinfo";
  std::string const others = "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
                             "22 21 0:5 / " +
                             values + "-other rw - tmpfs tmpfs rw\n\nshort\n";
  write(at.mounts, others);
  BOOST_TEST(is(only("mounts"), verdict::ok, "no source is a mount point"));

  write(at.mounts, others + "40 21 8:1 /host/a.json " + values +
                       "/a.json rw - ext4 /dev/sda1 rw\n" + "41 21 8:1 /host/my " + values +
                       "/my\\040site.d rw - ext4 /dev/sda1 rw\n" + "42 21 8:1 /host " + values +
                       " rw - ext4 /dev/sda1 rw\n");

  auto const found = look("mounts");
  BOOST_REQUIRE(found.size() == 3U);
  BOOST_TEST(is(found[0], verdict::warn, values + "/a.json is a mount point: a program that "));
  BOOST_TEST(found[0].message.find("EBUSY") != std::string::npos);
  BOOST_TEST(found[0].advice.find("mount its directory instead") != std::string::npos);
  BOOST_TEST(is(found[1], verdict::warn, values + "/my site.d is a mount point: inotify"));
  BOOST_TEST(found[1].advice.find("cfgctl reload") != std::string::npos);
  BOOST_TEST(is(found[2], verdict::warn, values + " is a mount point: inotify"));

  at.mounts = directory / "none";
  BOOST_TEST(is(only("mounts"), verdict::warn, "cannot be read"));
}

BOOST_AUTO_TEST_CASE(findings_are_lines_and_json_and_the_worst_counts) {
  diagnoses all;
  all.begin("a");
  all.add(verdict::ok, "good");
  BOOST_TEST((all.worst() == verdict::ok));
  all.begin("b");
  all.add(verdict::warn, "bad \033[31m", "mend it");
  screen const file{};

  BOOST_TEST((all.worst() == verdict::warn));
  BOOST_TEST(diagnoses_text(file, all) == "[ok]   a: good\n"
                                          "[warn] b: bad \\u001b[31m\n"
                                          "       -> mend it\n");
  auto const json = diagnoses_json(all);
  BOOST_TEST(json.at("verdict").as_string() == "warn");
  BOOST_TEST(json.at("checks").at(1).at("advice").as_string() == "mend it");
}

BOOST_AUTO_TEST_CASE(a_good_service_is_good_by_whatever_name) {
  fs::create_directory(directory / "run");
  std::string const socket = directory / "run/other";
  write(at.tree.etc / "namespaces/a.json", "{}");
  auto const relative = fs::relative(directory.path()).string();
  for (std::vector<std::string> const& words :
       {std::vector<std::string>{"--socket", socket, "doctor"},
        std::vector<std::string>{"--socket", fs::relative(socket), "doctor"},
        std::vector<std::string>{"--socket", socket, "doctor", "--root", relative},
        std::vector<std::string>{"--socket", socket, "--root", relative + '/', "doctor"}}) {
    // The second script is not played: while it waits, the socket is there.
    cfgd::test::scripted_peer peer(
        socket, {cfgd::test::exchange(good_service()), cfgd::test::exchange({})});
    cfgd::test::program_run run(CFGCTL_PROGRAM, words, {});

    run.finish();
    BOOST_TEST(faults_in(run.out()) == "", run.out());
    BOOST_TEST(run.out().starts_with("[ok]   socket: " + socket + " answers\n"), run.out());
  }
}

BOOST_AUTO_TEST_CASE(another_service_than_that_of_the_root_is_reported_with_both_paths) {
  fs::create_directories(directory / "other/etc/namespaces");
  fs::create_directory(directory / "other/state");
  ::chmod((directory / "other/state").c_str(), 0700);
  std::string const socket = directory / "socket";
  cfgd::test::scripted_peer peer(socket,
                                 {cfgd::test::exchange(good_service()), cfgd::test::exchange({})});

  cfgd::test::program_run run(CFGCTL_PROGRAM,
                              {"--socket", socket, "doctor", "--root", directory / "other"}, {});

  run.finish();
  BOOST_TEST(faults_in(run.out()) == "[warn] socket: the state directory of this service is " +
                                         at.state.string() + ", not " +
                                         (directory / "other/state").string() + '\n',
             run.out());
  BOOST_TEST(run.out().find("-> this service uses --root " + directory.path().string() +
                            ": pass it, or another --socket\n") != std::string::npos,
             run.out());
}

BOOST_AUTO_TEST_CASE(the_program_looks_at_a_tree_and_ends_with_the_worst) {
  std::string const no_socket = "[fail] socket: there is no socket " + at.socket +
                                "\n       -> start it: cfgd --root " + directory.path().string() +
                                '\n';
  // --root may be relative; without it, the tree is the one that the socket belongs to.
  for (auto const& [option, value] :
       {std::pair("--root", directory.path()), std::pair("--root", fs::relative(directory.path())),
        std::pair("--socket", fs::path(at.socket))}) {
    cfgd::test::program_run run(CFGCTL_PROGRAM,
                                std::string_view(option) == "--root"
                                    ? std::vector<std::string>{"doctor", option, value.string()}
                                    : std::vector<std::string>{option, value.string(), "doctor"},
                                {});

    BOOST_TEST(run.finish() == 2);
    BOOST_TEST(run.out().starts_with(no_socket));
    BOOST_TEST(run.out().find("files: 0 files are trusted\n") != std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()
