#include "tests/watchers/watched_tree.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>

namespace {

using cfgd::test::replace_file;
using cfgd::test::temporary_directory;
using cfgd::test::watched_tree;
using cfgd::test::write_file;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// A mount that is taken away again.
class mounted {
 public:
  mounted(fs::path where, char const* kind, std::string const& data)
      : where_(std::move(where)),
        here_(::mount("none", where_.c_str(), kind, MS_NOSUID | MS_NODEV, data.c_str()) == 0) {}
  ~mounted() { remove(); }
  mounted(mounted const&) = delete;
  mounted& operator=(mounted const&) = delete;

  explicit operator bool() const { return here_; }
  void remove() {
    if (here_) ::umount2(where_.c_str(), MNT_DETACH);
    here_ = false;
  }

 private:
  fs::path where_;
  bool here_;
};

bool has_content(watched_tree const& tree, std::string const& text) {
  return tree.last_content("site.yaml") == text;
}

BOOST_AUTO_TEST_SUITE(silent_changes)

BOOST_AUTO_TEST_CASE(a_sweep_finds_a_write_through_a_hard_link) {
  watched_tree tree;
  tree.options.sweep = 100ms;
  write_file(tree.file("site.yaml"), "old");
  fs::create_hard_link(tree.file("site.yaml"), tree.top() / "elsewhere");
  tree.start();

  write_file(tree.top() / "elsewhere", "new");

  BOOST_TEST(tree.until([&] { return has_content(tree, "new"); }));
  BOOST_TEST(tree.count<watched_tree::content>("site.yaml") == 1U);
}

BOOST_AUTO_TEST_CASE(a_renamed_parent_is_seen_by_its_event) {
  watched_tree tree;
  tree.options.roots.front().directory = tree.top() / "a/b/c";
  write_file(tree.top() / "a/b/c/site.yaml", "old");
  write_file(tree.top() / "new/b/c/site.yaml", "new");
  tree.start();

  fs::rename(tree.top() / "a", tree.top() / "was-a");
  fs::rename(tree.top() / "new", tree.top() / "a");
  BOOST_TEST(tree.until([&] { return has_content(tree, "new"); }));

  // The watches have moved along, and the old directory is nobody's any more.
  write_file(tree.top() / "was-a/b/c/site.yaml", "stray");
  replace_file(tree.top() / "a/b/c/site.yaml", "newer");
  BOOST_TEST(tree.until([&] { return has_content(tree, "newer"); }));
  BOOST_TEST(tree.count<watched_tree::content>("site.yaml") == 2U);
}

BOOST_AUTO_TEST_CASE(a_retargeted_link_to_the_root_is_seen_by_its_event) {
  watched_tree tree;
  tree.options.roots.front().directory = tree.top() / "link";
  write_file(tree.top() / "one/site.yaml", "old");
  write_file(tree.top() / "two/site.yaml", "new");
  fs::create_directory_symlink("one", tree.top() / "link");
  tree.start();

  fs::create_directory_symlink("two", tree.top() / "link.new");
  fs::rename(tree.top() / "link.new", tree.top() / "link");

  BOOST_TEST(tree.until([&] { return has_content(tree, "new"); }));
  replace_file(tree.top() / "two/site.yaml", "newer");
  BOOST_TEST(tree.until([&] { return has_content(tree, "newer"); }));
}

BOOST_AUTO_TEST_CASE(a_sweep_finds_a_retargeted_link_outside_the_watched_paths) {
  watched_tree tree;
  tree.options.sweep = 100ms;
  tree.options.roots.front().directory = tree.top() / "link/namespaces";
  write_file(tree.top() / "one/namespaces/site.yaml", "old");
  write_file(tree.top() / "two/namespaces/site.yaml", "new");
  fs::create_directory_symlink("one", tree.top() / "link");
  tree.start();

  fs::remove(tree.top() / "link");
  fs::create_directory_symlink("two", tree.top() / "link");

  BOOST_TEST(tree.until([&] { return has_content(tree, "new"); }));
}

BOOST_AUTO_TEST_CASE(mounting_and_unmounting_the_directory_is_seen) {
  watched_tree tree;
  write_file(tree.file("site.yaml"), "below");
  tree.start();

  mounted cover(tree.root(), "tmpfs", "mode=755");
  if (!cover) {
    BOOST_TEST_MESSAGE("skipped: may not mount");
    return;
  }
  write_file(tree.file("site.yaml"), "above");
  BOOST_TEST(tree.until([&] { return has_content(tree, "above"); }));

  cover.remove();
  BOOST_TEST(tree.until([&] { return has_content(tree, "below"); }));
}

BOOST_AUTO_TEST_CASE(an_unmounted_source_is_blocked_and_not_gone) {
  watched_tree tree;
  mounted volume(tree.root(), "tmpfs", "mode=755");
  if (!volume) {
    BOOST_TEST_MESSAGE("skipped: may not mount");
    return;
  }
  write_file(tree.file("site.yaml"), "kept");
  tree.start();

  volume.remove();

  BOOST_TEST(tree.until([&] { return tree.count<watched_tree::blocked>("site.yaml") == 1; }));
  BOOST_TEST(tree.catch_up());
  BOOST_TEST(tree.look());
  BOOST_TEST(tree.count<watched_tree::gone>("site.yaml") == 0U);
}

BOOST_AUTO_TEST_CASE(a_sweep_finds_an_edit_below_an_overlay) {
  temporary_directory const layers;
  mounted const space(layers.path(), "tmpfs", "mode=755");
  if (!space) {
    BOOST_TEST_MESSAGE("skipped: may not mount");
    return;
  }
  for (auto const* const name : {"lower", "upper", "work"})
    fs::create_directory(layers / name);
  write_file(layers / "lower/site.yaml", "old");
  watched_tree tree;
  tree.options.sweep = 100ms;
  auto const data = "lowerdir=" + (layers / "lower").string() +
                    ",upperdir=" + (layers / "upper").string() +
                    ",workdir=" + (layers / "work").string();
  mounted const overlay(tree.root(), "overlay", data);
  if (!overlay) {
    BOOST_TEST_MESSAGE("skipped: may not mount an overlay");
    return;
  }
  tree.start();

  write_file(layers / "lower/site.yaml", "newer");

  BOOST_TEST(tree.until([&] { return has_content(tree, "newer"); }));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
