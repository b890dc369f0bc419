#include "apply/report.hpp"
#include "tests/apply/applier_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>
#include <string>
#include <vector>

namespace {

using namespace cfgd;
namespace fs = std::filesystem;

mode_t mode_of(fs::path const& path) {
  struct stat info {};
  BOOST_TEST(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777U;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(applier, test::applying)

BOOST_AUTO_TEST_CASE(files_are_written_and_the_unit_acts_once) {
  define("one", "unit = \"app.service\"\naction = \"reload\"\n", {"a", "b"}, "mode = \"0600\"\n");
  define("two", "unit = \"app.service\"\naction = \"restart\"\n", {"c"});

  auto const done = apply("one", R"({"a":1,"b":2,"c":3})");

  BOOST_TEST(to_string(done.state) == "applied");
  BOOST_TEST(done.revision == 1U);
  BOOST_TEST(content("a") + content("b") + content("c") == "1\n2\n3\n");
  BOOST_TEST(mode_of(out("a")) == 0600U);
  BOOST_TEST(mode_of(out("c")) == 0644U);
  BOOST_TEST((units.acts == std::vector<std::string>{"app.service restart"}));
}

BOOST_AUTO_TEST_CASE(nothing_is_written_where_bytes_are_equal) {
  define("one", "unit = \"app.service\"\n", {"a", "b"});
  apply("one", R"({"a":1,"b":2})");
  struct stat before {};
  ::stat(out("a").c_str(), &before);
  units.acts.clear();

  apply("one", R"({"a":1,"b":2})");
  BOOST_TEST(units.acts.empty());
  apply("one", R"({"a":1,"b":3})");

  struct stat after {};
  ::stat(out("a").c_str(), &after);
  BOOST_TEST(before.st_ino == after.st_ino);
  BOOST_TEST(content("b") == "3\n");
  BOOST_TEST(units.acts.size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_previous_file_is_kept) {
  define("one", "", {"a"});
  apply("one", R"({"a":1})");
  apply("one", R"({"a":2})");

  BOOST_TEST((names() == std::vector<std::string>{".a.cfgd-previous", "a"}));
  BOOST_TEST(content(".a.cfgd-previous") == "1\n");
}

BOOST_AUTO_TEST_CASE(the_previous_file_has_no_rights_that_the_new_one_does_not_have) {
  define("one", "", {"a"});
  apply("one", R"({"a":1})");
  define("one", "", {"a"}, "mode = \"0600\"\n");
  apply("one", R"({"a":1})");

  BOOST_TEST(mode_of(out("a")) == 0600U);
  BOOST_TEST(mode_of(out(".a.cfgd-previous")) == 0600U);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_changed_after_it_was_looked_at_is_not_replaced) {
  define("one", "", {"a", "b"});
  apply("one", R"({"a":1,"b":1})");
  on_step = [this](apply::step const& next) {
    if (next.what == apply::step::kind::begin) test::write_file(out("b"), "mine\n");
  };

  auto const failed = apply("one", R"({"a":2,"b":2})");
  on_step = nullptr;

  BOOST_TEST(failed.message == out("b").string() + ": was changed meanwhile");
  BOOST_TEST(content("a") + content("b") == "1\nmine\n");
}

BOOST_AUTO_TEST_CASE(a_check_gets_the_new_file_and_its_refusal_replaces_nothing) {
  define("one", "unit = \"app.service\"\n", {"a"}, R"(check = ["grep", "-q", "good", "{}"])");
  apply("one", R"({"a":"good 1"})");
  units.acts.clear();

  auto const failed = apply("one", R"({"a":"bad"})");

  BOOST_TEST(to_string(failed.state) == "failed");
  BOOST_TEST(failed.message == "'grep' ended with 1");
  BOOST_TEST(content("a") == "good 1\n");
  BOOST_TEST(names().size() == 1U);
  BOOST_TEST(units.acts.empty());
}

BOOST_AUTO_TEST_CASE(the_last_lines_of_a_program_that_refuses_are_in_the_message) {
  define("one", "", {"a"}, R"(check = ["sh", "-c", "seq 1 9 >&2; echo; exit 3", "{}"])");

  BOOST_TEST(apply("one", R"({"a":1})").message == "'sh' ended with 3\n5\n6\n7\n8\n9");
}

BOOST_AUTO_TEST_CASE(whatever_a_program_writes_is_text_in_the_message_and_the_journal) {
  define("one", "", {"a"}, R"(check = ["sh", "-c", 'printf "a\251b\000c"; exit 1', "{}"])");
  define("two", "", {"b"});

  BOOST_TEST(apply("one", R"({"a":1,"b":1})").message == "'sh' ended with 1\na?b?c");
  process again(*this);
  BOOST_TEST(again.record.state().targets.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_check_that_hangs_is_killed) {
  define("one", "limit_seconds = 1\n", {"a"},
         R"(check = ["sh", "-c", "echo begun; sleep 1000 & wait", "{}"])");

  BOOST_TEST(apply("one", R"({"a":1})").message ==
             "'sh' did not end within 1 s and was killed\nbegun");
}

BOOST_AUTO_TEST_CASE(a_unit_that_fails_gets_its_files_back) {
  define("one", "unit = \"app.service\"\n", {"a", "b"});
  apply("one", R"({"a":1,"b":1})");
  units.refuse = [this] { return content("a") == "2\n"; };
  units.acts.clear();

  auto const failed = apply("one", R"({"a":2,"b":2})");

  BOOST_TEST(to_string(failed.state) == "failed");
  BOOST_TEST(failed.message == "the job ended with 'failed'");
  BOOST_TEST(content("a") + content("b") == "1\n1\n");
  BOOST_TEST((units.acts == std::vector<std::string>{"app.service reload-or-restart",
                                                     "app.service reload-or-restart again"}));
  BOOST_TEST(to_string(apply("one", R"({"a":3,"b":3})").state) == "applied");
}

BOOST_AUTO_TEST_CASE(files_that_are_new_are_removed_when_the_verification_fails) {
  define("one",
         R"(verify = ["false"])"
         "\n",
         {"a"});

  BOOST_TEST(apply("one", R"({"a":1})").message == "'false' ended with 1");
  BOOST_TEST(names().empty());
}

BOOST_AUTO_TEST_CASE(a_target_is_applied_though_another_one_makes_their_unit_fail) {
  define("one", "unit = \"app.service\"\n", {"a"});
  define("two", "unit = \"app.service\"\n", {"b"});
  apply("one", R"({"a":1,"b":1})");
  units.refuse = [this] { return content("a") == "bad\n"; };
  process both(*this);

  auto const done = apply_in(both, R"({"a":"bad","b":2})");

  BOOST_TEST(to_string(done.at("one").state) == "failed");
  BOOST_TEST(to_string(done.at("two").state) == "applied");
  BOOST_TEST(content("a") + content("b") == "1\n2\n");
  units.acts.clear();
  apply_in(both, R"({"a":"bad","b":2})");
  BOOST_TEST(units.acts.empty());
}

BOOST_AUTO_TEST_CASE(a_target_is_tried_again_if_its_process_ends_before_it_was_tried_alone) {
  define("one", "unit = \"app.service\"\n", {"a"});
  define("two", "unit = \"app.service\"\n", {"b"});
  apply("one", R"({"a":1,"b":1})");
  units.refuse = [this] { return content("a") == "bad\n"; };
  int begun = 0;
  on_step = [&](apply::step const& next) {
    if (next.what == apply::step::kind::find_unit && ++begun == 3) throw test::killed{};
  };
  BOOST_CHECK_THROW(apply("one", R"({"a":"bad","b":2})"), test::killed);
  on_step = nullptr;

  BOOST_TEST(to_string(apply("two", R"({"a":"bad","b":2})").state) == "applied");
}

BOOST_AUTO_TEST_CASE(nothing_is_begun_when_the_program_is_to_end) {
  define("one", "", {"a"});
  define("two", "", {"b"});
  apply("one", R"({"a":1,"b":1})");
  bool is_ending = false;
  should_stop = [&] { return is_ending; };
  on_step = [&](apply::step const& next) { is_ending |= next.what == apply::step::kind::keep; };

  apply("one", R"({"a":2,"b":2})");

  BOOST_TEST(content("a") + content("b") == "1\n1\n");
  for (auto const& name : names())
    BOOST_TEST(!name.ends_with(".cfgd-new"), name);
  is_ending = false;
  on_step = [&](apply::step const& next) { is_ending |= next.what == apply::step::kind::begin; };
  apply("one", R"({"a":2,"b":2})");
  BOOST_TEST(content("a") + content("b") == "2\n1\n"); // what has begun is completed
  should_stop = nullptr;
  on_step = nullptr;
  BOOST_TEST(to_string(apply("two", R"({"a":2,"b":2})").state) == "applied");
}

BOOST_AUTO_TEST_CASE(a_unit_that_died_of_an_interrupted_application_is_started_again) {
  define("one", "unit = \"app.service\"\n", {"a"});
  apply("one", R"({"a":1})");
  on_step = [](apply::step const& next) {
    if (next.what == apply::step::kind::begin_restoring) throw test::killed{};
  };
  units.refuse = [this] { return content("a") == "2\n"; };
  BOOST_CHECK_THROW(apply("one", R"({"a":2})"), test::killed);
  on_step = nullptr;
  units.acts.clear();

  process next(*this);
  next.work.recover(targets(), apply::unit_control::starting::allowed);

  BOOST_TEST(content("a") == "1\n");
  BOOST_TEST((units.acts == std::vector<std::string>{"app.service reload-or-restart again",
                                                     "app.service reload-or-restart again"}));
}

BOOST_AUTO_TEST_CASE(what_has_failed_is_not_tried_again_until_it_differs_or_is_forced) {
  define("one", "unit = \"app.service\"\n", {"a"});
  bool broken = true;
  units.refuse = [&] { return broken; };
  apply("one", R"({"a":1})");
  units.acts.clear();

  auto const again = apply("one", R"({"a":1})");
  BOOST_TEST(units.acts.empty());
  BOOST_TEST(again.message.starts_with("the job ended with 'failed'\nand then: "));
  broken = false;
  auto const forced = apply("one", R"({"a":1})", {"one"});

  BOOST_TEST(to_string(forced.state) == "applied");
  BOOST_TEST(content("a") == "1\n");
}

BOOST_AUTO_TEST_CASE(a_file_that_was_changed_by_hand_is_left_until_forced) {
  define("one", "", {"a"});
  apply("one", R"({"a":1})");
  test::write_file(out("a"), "mine\n");

  auto const conflict = apply("one", R"({"a":2})");

  BOOST_TEST(to_string(conflict.state) == "conflict");
  BOOST_TEST(conflict.message == out("a").string() + " was changed since it was last written");
  BOOST_TEST(content("a") == "mine\n");
  BOOST_TEST(to_string(apply("one", R"({"a":2})", {"one"}).state) == "applied");
  BOOST_TEST(content("a") == "2\n");
  BOOST_TEST(content(".a.cfgd-previous") == "mine\n");
}

BOOST_AUTO_TEST_CASE(a_file_that_was_there_before_is_a_conflict_unless_it_is_the_same) {
  define("one", "", {"a"});
  test::write_file(out("a"), "1\n");
  ::chmod(out("a").c_str(), 0644);

  BOOST_TEST(to_string(apply("one", R"({"a":2})").state) == "conflict");
  BOOST_TEST(to_string(apply("one", R"({"a":1})").state) == "applied");
  BOOST_TEST(to_string(apply("one", R"({"a":2})").state) == "applied");
}

BOOST_AUTO_TEST_CASE(a_file_that_was_removed_is_written_again) {
  define("one", "", {"a"});
  apply("one", R"({"a":1})");
  fs::remove(out("a"));

  BOOST_TEST(to_string(apply("one", R"({"a":1})").state) == "applied");
  BOOST_TEST(content("a") == "1\n");
}

BOOST_AUTO_TEST_CASE(a_value_that_does_not_exist_leaves_all_files_of_the_target) {
  define("one", "", {"a", "b"});
  apply("one", R"({"a":1,"b":1})");

  auto const faulty = apply("one", R"({"a":2})");

  BOOST_TEST(to_string(faulty.state) == "faulty");
  BOOST_TEST(faulty.message == "b.mustache:1:1: 'app.b' has no value");
  BOOST_TEST(content("a") + content("b") == "1\n1\n");
}

BOOST_AUTO_TEST_CASE(a_unit_that_does_not_exist_is_an_error) {
  define("one", "unit = \"absent.service\"\n", {"a"});

  BOOST_TEST(apply("one", R"({"a":1})").message == "there is no unit absent.service");
  BOOST_TEST(names().empty());
}

BOOST_AUTO_TEST_CASE(secrets_go_only_into_files_that_others_cannot_read) {
  secret = {cfgd::key::parse("app.a").value()};
  define("open", "", {"a"});
  define("closed", "", {"b"}, "mode = \"0640\"\ncheck = [\"sh\", \"-c\", \"cat {}; false\"]\n");

  BOOST_TEST(apply("open", R"({"a":"s3cret","b":1})").message ==
             out("a").string() + ": it is made of secrets, and its mode lets others read it");
  auto const closed = apply("closed", R"({"a":"s3cret","b":"s3cret"})");

  BOOST_TEST(to_string(closed.state) == "failed");
  BOOST_TEST(closed.message.find("s3cret") == closed.message.npos);
}

BOOST_AUTO_TEST_CASE(paths_through_links_and_directories_of_others_are_refused) {
  define("one", "", {"a"});
  auto const message = [this] { return apply("one", R"({"a":1})").message; };

  fs::rename(base / "out", base / "real");
  fs::create_directory_symlink(base / "real", base / "out");
  BOOST_TEST(message() == (base / "out").string() + ": a link leads to " +
                              (base / "real").string() + "; write that path");
  fs::remove(base / "out");
  fs::rename(base / "real", base / "out");
  ::chmod((base / "out").c_str(), 0777);
  BOOST_TEST(message().find("0777") != std::string::npos);
  ::chmod((base / "out").c_str(), 0755);
  fs::create_symlink("/etc/passwd", out("a"));
  BOOST_TEST(message() == out("a").string() + ": is not a regular file");
  fs::remove(out("a"));
  fs::remove(base / "out");
  BOOST_TEST(message().find("No such file") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_target_of_another_user_has_no_more_rights_than_that_user) {
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("skipped: only root can act as another user");
    return;
  }
  auto const nobody = apply::find_user("nobody").value();
  ::chmod(base.c_str(), 0755);
  define(
      "one", "user = \"nobody\"\n", {"a"},
      R"-(check = ["sh", "-c", 'test "$(id -u)" = "$(id -u nobody)" && grep -q . "$0"', "{}"])-");

  auto const refused = apply("one", R"({"a":1})");
  BOOST_TEST(refused.message.find("Permission denied") != std::string::npos, refused.message);
  BOOST_TEST(::chown((base / "out").c_str(), nobody.uid, nobody.gid) == 0);
  auto const done = apply("one", R"({"a":2})");

  BOOST_TEST(to_string(done.state) == "applied", done.message);
  struct stat info {};
  BOOST_TEST(::stat(out("a").c_str(), &info) == 0);
  BOOST_TEST(info.st_uid == nobody.uid);
  BOOST_TEST(::geteuid() == 0U);
  define("one", "", {"a"});
  BOOST_TEST(apply("one", R"({"a":3})").message.find("belongs to uid") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_full_disk_leaves_the_old_files) {
  if (::geteuid() != 0 ||
      ::mount("tmpfs", out("").parent_path().c_str(), "tmpfs", 0, "size=64k,mode=755") != 0) {
    BOOST_TEST_MESSAGE("skipped: only root can mount a small file system");
    return;
  }
  define("one", "", {"a", "b"});
  apply("one", R"({"a":1,"b":1})");

  auto const failed = apply("one", R"({"a":2,"b":")" + std::string(200'000, 'x') + "\"}");

  BOOST_TEST(failed.message == out("b").string() + ": cannot write: No space left on device");
  BOOST_TEST(content("a") + content("b") == "1\n1\n");
  BOOST_TEST(to_string(apply("one", R"({"a":3,"b":3})").state) == "applied");
  ::umount2(out("").parent_path().c_str(), MNT_DETACH);
}

BOOST_AUTO_TEST_CASE(an_application_that_is_killed_at_any_step_is_completed_by_the_next) {
  define("one", "unit = \"app.service\"\n", {"a", "b"}, "check = [\"test\", \"-s\", \"{}\"]\n");
  std::vector<std::string> last_steps;
  for (int at = 0;; ++at) {
    std::string const old = std::to_string(2 * at);
    std::string const next = std::to_string(2 * at + 1);
    auto const values = [](std::string const& n) {
      return std::string(R"({"a":)").append(n).append(R"(,"b":)").append(n).append("}");
    };
    on_step = nullptr;
    BOOST_TEST(to_string(apply("one", values(old)).state) == "applied");
    int step = 0;
    std::string where;
    on_step = [&](apply::step const& next_step) {
      where = to_string(next_step.what);
      if (step++ == at) throw test::killed{};
    };
    bool was_killed = false;
    try {
      apply("one", values(next));
    } catch (test::killed const&) {
      was_killed = true;
    }
    if (!was_killed) break;
    last_steps.push_back(where);
    units.acts.clear();

    // The next process cannot read any settings yet.
    on_step = nullptr;
    process again(*this);
    again.work.recover(targets(), apply::unit_control::starting::allowed);

    BOOST_TEST(content("a") == content("b"), "killed before " << where);
    BOOST_TEST(!again.record.state().open);
    BOOST_TEST((content("a") == old + "\n" || content("a") == next + "\n"));
    // Whatever the unit may have seen, it has acted on what is there now.
    if (where == "act" || where == "end") BOOST_TEST(units.acts.size() == 1U);
    for (auto const& name : names())
      BOOST_TEST(!name.ends_with(".cfgd-new"), name << " is left");
  }
  BOOST_REQUIRE(!last_steps.empty());
  BOOST_TEST(last_steps.back() == "end");
}

BOOST_AUTO_TEST_CASE(putting_back_that_is_killed_at_any_step_is_completed_by_the_next) {
  define("one", "unit = \"app.service\"\n", {"a", "b"});
  apply("one", R"({"a":1,"b":1})");
  units.refuse = [this] { return content("a") == "2\n"; };
  for (auto const* const where : {"act", "begin_restoring", "restore", "act_again", "end"}) {
    on_step = [&](apply::step const& next) {
      if (to_string(next.what) == where) throw test::killed{};
    };
    BOOST_CHECK_THROW(apply("one", R"({"a":2,"b":2})", {"one"}), test::killed);
    on_step = nullptr;
    process again(*this);
    again.work.recover(targets(), apply::unit_control::starting::allowed);

    BOOST_TEST(content("a") + content("b") == "1\n1\n", where);
    BOOST_TEST(!again.record.state().open);
  }
}

BOOST_AUTO_TEST_CASE(a_request_is_for_the_name_of_a_target) {
  process running(*this);
  test::write_file(out("a"), "mine\n");

  for (auto const& wrong : {out("a").string(), std::string("../a"), std::string()}) {
    auto const asked = apply::request_force(base / "state", wrong);
    BOOST_TEST((!asked && asked.error().code == errc::invalid), wrong);
  }
  BOOST_TEST(content("a") == "mine\n");
}

BOOST_AUTO_TEST_CASE(one_process_at_a_time_has_the_journal) {
  // A lock belongs to a process: another one has to try.
  process one(*this);
  if (pid_t const child = ::fork(); child == 0) {
    auto const second = apply::journal::open(base / "state");
    bool const is_refused = !second && second.error().code == errc::conflict;
    ::_exit(is_refused && apply::journal_owner(base / "state") == ::getppid() ? 0 : 1);
  } else {
    int status = -1;
    ::waitpid(child, &status, 0);
    BOOST_TEST(status == 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()
