#include "daemon/file_edit.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using cfgd::file_edit;
using cfgd::watchers::observation;

template <class What>
observation found(char const* name, What what, std::uint64_t inode = 1) {
  return {.id = {cfgd::layer::admin, name},
          .path = std::string("/etc/") + name,
          .identity = {.inode = inode},
          .what = std::move(what)};
}

observation content(char const* name, std::string const& bytes, std::uint64_t inode = 1) {
  return found(name, observation::content{bytes, cfgd::hash_content(bytes)}, inode);
}
observation blocked(char const* name) {
  return found(name, observation::blocked{{.code = cfgd::errc::untrusted, .message = "mode"}});
}

std::string describe(std::vector<observation> const& all) {
  std::string text;
  for (auto const& one : all) {
    text += one.id.relative + '@' + std::to_string(one.identity.inode) + '=';
    if (auto const* const read = std::get_if<observation::content>(&one.what))
      text += read->bytes;
    else if (std::holds_alternative<observation::gone>(one.what))
      text += "gone";
    else if (std::holds_alternative<observation::touched>(one.what))
      text += "touched";
    else
      text += "blocked";
    text += ' ';
  }
  return text;
}

template <class... Found>
std::string released(Found... what) {
  file_edit subject;
  (subject.hold({what}), ...);
  auto const all = subject.release();
  return describe(all.edit) + "| " + describe(all.behind);
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(file_edit)

using ::file_edit;

BOOST_AUTO_TEST_CASE(files_found_at_different_times_come_together) {
  BOOST_TEST(released(content("b.json", "1"), content("a.json", "2")) ==
             "a.json@1=2 b.json@1=1 | ");
}

BOOST_AUTO_TEST_CASE(the_newest_content_counts) {
  BOOST_TEST(released(content("a.json", "1"), content("a.json", "2", 7)) == "a.json@7=2 | ");
}

BOOST_AUTO_TEST_CASE(a_touched_file_keeps_what_was_saved) {
  BOOST_TEST(released(content("a.json", "1"), found("a.json", observation::touched{}, 7)) ==
             "a.json@7=1 | ");
  BOOST_TEST(released(found("a.json", observation::touched{}, 7)) == "a.json@7=touched | ");
}

BOOST_AUTO_TEST_CASE(a_removed_file_is_gone_and_may_come_back) {
  BOOST_TEST(released(content("a.json", "1"), found("a.json", observation::gone{})) ==
             "a.json@1=gone | ");
  BOOST_TEST(released(found("a.json", observation::gone{}), content("a.json", "1")) ==
             "a.json@1=1 | ");
}

BOOST_AUTO_TEST_CASE(a_file_blocked_after_it_was_saved_is_both) {
  BOOST_TEST(released(content("a.json", "1"), blocked("a.json")) ==
             "a.json@1=1 | a.json@1=blocked ");
  BOOST_TEST(released(content("a.json", "1"), blocked("a.json"),
                      found("a.json", observation::touched{}, 7)) == "a.json@7=1 | ");
  BOOST_TEST(released(blocked("a.json")) == "a.json@1=blocked | ");
}

BOOST_AUTO_TEST_CASE(nothing_is_held_twice) {
  file_edit subject;
  subject.hold({content("a.json", "1")});
  subject.release();

  BOOST_TEST(subject.release().edit.empty());
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
