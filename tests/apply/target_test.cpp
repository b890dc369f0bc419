#include "apply/target.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

namespace {

using namespace cfgd;
namespace fs = std::filesystem;

struct directories {
  directories() {
    for (auto const& one : all)
      fs::create_directories(one);
  }

  apply::target_map read() const { return apply::read_targets(all, {::geteuid()}, {}); }
  /// What is wrong with the one target "app", from the name of its file on.
  std::string fault(std::string const& text) const {
    test::write_file(all[1] / "app.toml", text);
    auto const found = read();
    auto const& one = found.at("app");
    if (one) return "read";
    // Without the column, which is the format's business.
    auto why = one.error();
    why.where.column = 0;
    auto const message = to_string(why);
    return message.substr(message.find("app.toml"));
  }

  test::temporary_directory place;
  fs::path base = fs::canonical(place.path());
  apply::target_directories all{base / "vendor", base / "etc"};
};

std::string const file = "[[file]]\npath = \"/srv/a\"\nformat = \"json\"\nkey = \"app\"\n";

} // namespace

BOOST_FIXTURE_TEST_SUITE(target, directories)

BOOST_AUTO_TEST_CASE(a_target_is_read_with_its_templates) {
  test::write_file(all[0] / "web.mustache", "port {{web.port}}\n");
  test::write_file(all[1] / "web.toml", R"(
keys = ["web"]
unit = "web.service"
action = "signal"
signal = "HUP"
verify = ["true"]
active_seconds = 2
limit_seconds = 5
[[file]]
path = "/srv/web.conf"
template = "web.mustache"
mode = "0640"
check = ["web", "-t", "{}"]
[[file]]
path = "/srv/web.json"
format = "json"
key = "web.tls"
)");

  auto const found = read();

  auto const& web = found.at("web").value();
  BOOST_TEST(web.name == "web");
  BOOST_TEST(web.path == (all[1] / "web.toml").string());
  BOOST_TEST(web.unit == "web.service");
  BOOST_TEST(to_string(web.act) == "signal");
  BOOST_TEST(web.active.count() == 2);
  BOOST_TEST(web.limit.count() == 5);
  BOOST_TEST(web.files.size() == 2U);
  BOOST_TEST(web.files[0].template_text == "port {{web.port}}\n");
  BOOST_TEST(web.files[0].mode == 0640U);
  BOOST_TEST(web.files[0].where.line == 10U);
  BOOST_TEST((web.keys() == std::vector<std::string>{"web", "web.tls"}));
}

BOOST_AUTO_TEST_CASE(a_file_of_the_administrator_replaces_the_vendors_or_masks_it) {
  test::write_file(all[0] / "one.toml", file);
  test::write_file(all[0] / "two.toml",
                   "[[file]]\npath = \"/srv/b\"\nformat = \"json\"\nkey = \"b\"\n");
  test::write_file(all[1] / "one.toml", "unit = \"own.service\"\n" + file);
  fs::create_symlink("/dev/null", all[1] / "two.toml");

  auto const found = read();

  BOOST_TEST(found.size() == 1U);
  BOOST_TEST(found.at("one").value().unit == "own.service");
  BOOST_TEST(to_string(found.at("one").value().act) == "reload-or-restart");
}

BOOST_AUTO_TEST_CASE(a_faulty_target_is_refused_with_the_place) {
  std::vector<std::pair<std::string, std::string>> const cases{
      {"units = 1\n" + file, "app.toml:1: unknown key 'units' in a target"},
      {file + "colour = 1\n", "app.toml:5: unknown key 'colour' in a [[file]] of a target"},
      {"", "app.toml: a target must have 1 to 64 [[file]] tables"},
      {"[[file]]\nformat = \"json\"\nkey = \"a\"\n", "app.toml:1: a [[file]] must have a 'path'"},
      {"[[file]]\npath = \"/srv/../etc/shadow\"\nformat = \"json\"\nkey = \"a\"\n",
       "app.toml:2: '/srv/../etc/shadow' must be absolute, without '.', '..' and empty parts"},
      {"[[file]]\npath = \"srv/a\"\nformat = \"json\"\nkey = \"a\"\n",
       "app.toml:2: 'srv/a' must be absolute, without '.', '..' and empty parts"},
      {"[[file]]\npath = \"/srv/a\"\n",
       "app.toml:1: a [[file]] must have either a 'template', or a 'format' and a 'key'"},
      {"[[file]]\npath = \"/srv/a\"\nformat = \"xml\"\nkey = \"a\"\n",
       "app.toml:3: 'xml' is not one of json, yaml, toml, ini, env"},
      {"[[file]]\npath = \"/srv/a\"\ntemplate = \"a.mustache\"\n",
       "app.toml:1: a file with a 'template' needs 'keys'"},
      {"keys = [\"a\"]\n[[file]]\npath = \"/srv/a\"\ntemplate = \"../a\"\n",
       "app.toml:4: '../a' must be the name of a file beside the target"},
      {"keys = [\"a\"]\n[[file]]\npath = \"/srv/a\"\ntemplate = \"absent\"\n",
       "app.toml:3: there is no template 'absent'"},
      {"keys = [\"a.\"]\n" + file, "app.toml:1: 'a.'"},
      {"unit = \"nginx\"\n" + file, "app.toml:1: 'nginx' is not the name of a unit"},
      {"action = \"reload\"\n" + file, "app.toml:1: 'action' needs a 'unit'"},
      {"unit = \"a.service\"\naction = \"stop\"\n" + file, "app.toml:2: 'stop' is not one of none"},
      {"unit = \"a.service\"\naction = \"signal\"\n" + file,
       "app.toml:2: action = \"signal\" and 'signal' need each other"},
      {"unit = \"a.service\"\naction = \"signal\"\nsignal = \"SIGNAL\"\n" + file,
       "app.toml:3: 'SIGNAL' is not the name of a signal"},
      {"limit_seconds = 0\n" + file,
       "app.toml:1: 'limit_seconds' must be an integer from 1 to 600"},
      {"active_seconds = 1\n" + file, "app.toml:1: 'active_seconds' needs a 'unit'"},
      {"verify = \"true\"\n" + file, "app.toml:1: 'verify' must be a list of strings"},
      {file + "mode = \"0666\"\n", "app.toml:5: '0666' must be an octal mode"},
      {file + "mode = \"rw\"\n", "app.toml:5: 'rw' must be an octal mode"},
      {file + "owner = \"no-such-user\"\n", "app.toml:5: there is no user 'no-such-user'"},
      {file + "group = \"no-such-group\"\n", "app.toml:5: there is no group 'no-such-group'"},
      {file + "check = [\"nginx\", \"-t\"]\n",
       "app.toml:5: 'check' must have '{}', the path of the new file"},
      {"user = \"no-such-user\"\n" + file, "app.toml:1: there is no user 'no-such-user'"},
      {"= 1\n", "app.toml:1: "}};
  for (auto const& [text, message] : cases) {
    auto const found = fault(text);
    BOOST_TEST(found.starts_with(message), found << " instead of " << message);
  }
}

BOOST_AUTO_TEST_CASE(two_targets_of_one_path_refuse_each_other) {
  test::write_file(all[0] / "one.toml", file);
  test::write_file(all[1] / "two.toml", "\n" + file);

  auto const found = read();

  BOOST_TEST(found.at("one").error().message ==
             "/srv/a is written twice, also by " + (all[1] / "two.toml").string() + ":3");
  BOOST_TEST(found.at("two").error().where.line == 3U);
}

BOOST_AUTO_TEST_CASE(a_path_is_not_written_twice_by_one_target) {
  BOOST_TEST(fault(file + file).starts_with("app.toml:2: /srv/a is written twice"));
}

BOOST_AUTO_TEST_CASE(a_directory_that_others_may_write_leaves_the_last_good_targets) {
  test::write_file(all[0] / "masked.toml", file);
  test::write_file(all[0] / "own.toml",
                   "[[file]]\npath = \"/srv/b\"\nformat = \"json\"\nkey = \"b\"\n");
  fs::create_symlink("/dev/null", all[1] / "masked.toml");
  auto const before = read();
  ::chmod(all[1].c_str(), 0777);

  auto found = read();

  BOOST_TEST(found.size() == 1U);
  BOOST_TEST((found.at(all[1].string()).error().code == errc::untrusted));
  BOOST_TEST(apply::keep_unreadable(found, before));
  BOOST_TEST(found.size() == 2U);
  BOOST_TEST(found.at("own").has_value());
  ::chmod(all[1].c_str(), 0755);
  auto again = read();
  BOOST_TEST(!apply::keep_unreadable(again, found));
  BOOST_TEST(again.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_opened_leaves_no_vendor_target_unmasked) {
  test::write_file(all[0] / "masked.toml", file);
  fs::remove(all[1]);
  fs::create_symlink(all[1], all[1]); // a link to itself

  auto const found = read();

  BOOST_TEST(!found.contains("masked"));
  BOOST_TEST(found.contains(all[1].string()));
}

BOOST_AUTO_TEST_CASE(a_template_that_others_may_write_is_not_used) {
  test::write_file(all[1] / "app.toml",
                   "keys = [\"a\"]\n[[file]]\npath = \"/srv/a\"\ntemplate = \"a.mustache\"\n");
  test::write_file(all[1] / "a.mustache", "a");
  ::chmod((all[1] / "a.mustache").c_str(), 0666);

  BOOST_TEST((read().at("app").error().code == errc::untrusted));
}

BOOST_AUTO_TEST_CASE(a_template_with_a_fault_refuses_its_target_with_the_place) {
  test::write_file(all[1] / "app.toml",
                   "keys = [\"a\"]\n[[file]]\npath = \"/srv/a\"\ntemplate = \"a.mustache\"\n");
  test::write_file(all[1] / "a.mustache", "one\n{{#a}}\n");

  BOOST_TEST(to_string(read().at("app").error()) ==
             "a.mustache:2:1: the section 'a' is not closed");
}

BOOST_AUTO_TEST_SUITE_END()
