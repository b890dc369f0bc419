#include "tests/watchers/watched_tree.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace {

using cfgd::errc;
using cfgd::test::replace_file;
using cfgd::test::watched_tree;
using cfgd::test::write_file;
using std::filesystem::path;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr uid_t stranger = 4242;

bool is_root() {
  if (::geteuid() == 0) return true;
  BOOST_TEST_MESSAGE("skipped: only root may change owners");
  return false;
}

void bind_socket(path const& where) {
  int const fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  BOOST_REQUIRE(where.string().size() < sizeof address.sun_path);
  std::strncpy(address.sun_path, where.c_str(), sizeof address.sun_path - 1);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): as bind(2) wants it
  auto const* const any = reinterpret_cast<sockaddr const*>(&address);
  BOOST_REQUIRE(::bind(fd, any, sizeof address) == 0);
  ::close(fd);
}

struct trap {
  std::string name;
  errc code;
  std::string message; ///< part of it
  std::function<void(watched_tree const&, path const&)> make;
};

std::vector<trap> traps() {
  return {
      {"FIFO", errc::untrusted, "is not a regular file",
       [](auto const&, path const& at) { BOOST_REQUIRE(::mkfifo(at.c_str(), 0644) == 0); }},
      {"socket", errc::untrusted, "is not a regular file",
       [](auto const&, path const& at) { bind_socket(at); }},
      {"directory", errc::untrusted, "is not a regular file",
       [](auto const&, path const& at) { fs::create_directory(at); }},
      {"link to a directory", errc::untrusted, "is not a regular file",
       [](watched_tree const& tree, path const& at) {
         fs::create_directory(tree.file("folder"));
         fs::create_symlink("folder", at);
       }},
      {"huge sparse file", errc::limit, "at most 4194304 are read",
       [](auto const&, path const& at) {
         int const fd = ::open(at.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
         BOOST_REQUIRE(::ftruncate(fd, off_t{10} << 30U) == 0);
         ::close(fd);
       }},
      {"link to itself", errc::untrusted, "more than 8 links",
       [](auto const&, path const& at) { fs::create_symlink(at.filename(), at); }},
      {"link to nothing", errc::not_found, "No such file",
       [](auto const&, path const& at) { fs::create_symlink("nothing", at); }},
      {"link through a file", errc::not_found, "Not a directory",
       [](watched_tree const& tree, path const& at) {
         write_file(tree.file("plain"), "1");
         fs::create_symlink("plain/x", at);
       }},
      {"absolute link out of the tree", errc::untrusted, "leads out",
       [](watched_tree const& tree, path const& at) {
         write_file(tree.top() / "outside", "1");
         fs::create_symlink(tree.top() / "outside", at);
       }},
      {"link out of the tree by ..", errc::untrusted, "leads out",
       [](watched_tree const& tree, path const& at) {
         write_file(tree.top() / "outside", "1");
         fs::create_symlink("../outside", at);
       }},
      {"link out and in again", errc::untrusted, "leads out",
       [](watched_tree const& tree, path const& at) {
         write_file(tree.file("inside"), "1");
         fs::create_symlink("../namespaces/inside", at);
       }},
      {"link to a link that leads out", errc::untrusted, "leads out",
       [](watched_tree const&, path const& at) {
         fs::create_symlink("/etc/passwd", at.parent_path() / "second");
         fs::create_symlink("second", at);
       }},
      {"mode 0666", errc::untrusted, "mode 0666 lets others write it",
       [](auto const&, path const& at) {
         write_file(at, "1");
         ::chmod(at.c_str(), 0666);
       }},
      {"writable by the group", errc::untrusted, "mode 0664 lets its group write it",
       [](auto const&, path const& at) {
         write_file(at, "1");
         ::chmod(at.c_str(), 0664);
       }},
  };
}

BOOST_AUTO_TEST_SUITE(hostile_files)

BOOST_AUTO_TEST_CASE(hostile_files_are_rejected_with_the_reason) {
  for (auto const& one : traps()) {
    BOOST_TEST_CONTEXT(one.name) {
      watched_tree tree;
      tree.options.trusted_uid = ::geteuid();
      tree.start();

      one.make(tree, tree.file("trap.json"));

      BOOST_TEST(tree.until([&] { return tree.last<watched_tree::blocked>("trap.json"); }));
      auto const& why = tree.last<watched_tree::blocked>("trap.json")->why;
      BOOST_TEST((why.code == one.code));
      BOOST_TEST(why.message.find(one.message) != std::string::npos, why.message);
      BOOST_TEST(tree.catch_up());
      BOOST_TEST(tree.count<watched_tree::content>("trap.json") == 0U);
      BOOST_TEST(tree.count<watched_tree::blocked>("trap.json") == 1U);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_device_is_rejected) {
  if (!is_root()) return;
  watched_tree tree;
  tree.start();

  if (::mknod(tree.file("trap.json").c_str(), S_IFCHR | 0644, makedev(1, 5)) != 0) {
    BOOST_TEST_MESSAGE("skipped: may not make devices");
    return;
  }

  BOOST_TEST(tree.until([&] { return tree.last<watched_tree::blocked>("trap.json"); }));
}

BOOST_AUTO_TEST_CASE(a_limit_error_has_the_use_and_the_maximum) {
  watched_tree tree;
  tree.options.bounds.file_bytes = 10;
  write_file(tree.file("at.json"), std::string(10, '1'));
  write_file(tree.file("above.json"), std::string(11, '1'));

  tree.begin();
  BOOST_TEST(tree.look());

  BOOST_TEST(tree.count<watched_tree::content>("at.json") == 1U);
  auto const* const refused = tree.last<watched_tree::blocked>("above.json");
  BOOST_TEST_REQUIRE(refused);
  BOOST_TEST(refused->why.subject == "file_bytes");
  BOOST_TEST(refused->why.used == 11U);
  BOOST_TEST(refused->why.maximum == 10U);
}

BOOST_AUTO_TEST_CASE(links_inside_the_tree_are_followed) {
  watched_tree tree;
  write_file(tree.file(".real/v1"), "1");
  fs::create_symlink(".real/v1", tree.file("relative.json"));
  fs::create_symlink(tree.file(".real/v1"), tree.file("absolute.json"));
  fs::create_symlink(".real/../.real/v1", tree.file("winding.json"));
  fs::create_symlink("relative.json", tree.file("twice.json"));
  fs::create_directory_symlink(".real", tree.file("linked.d"));
  write_file(tree.file(".real/x.json"), "2");
  fs::create_symlink("../relative.json", tree.file(".real/up.json"));

  tree.begin();
  BOOST_TEST(tree.look());

  for (auto const* const name :
       {"relative.json", "absolute.json", "winding.json", "twice.json", "linked.d/up.json"})
    BOOST_TEST(tree.last_content(name).value_or("") == "1", name);
  BOOST_TEST(tree.last_content("linked.d/x.json").value_or("") == "2");
  tree.seen.clear();
  write_file(tree.file(".real/v1"), "3"); // in place, under a name that is not a valid source name
  BOOST_TEST(tree.until([&] {
    return tree.last_content("relative.json") == "3" && tree.last_content("absolute.json") == "3" &&
           tree.last_content("twice.json") == "3";
  }));
}

BOOST_AUTO_TEST_CASE(an_untrusted_owner_is_rejected_and_named) {
  if (!is_root()) return;
  watched_tree tree;
  write_file(tree.file("site.yaml"), "a: 1\n");
  tree.start();

  BOOST_TEST(::chown(tree.file("site.yaml").c_str(), stranger, stranger) == 0);

  BOOST_TEST(tree.until([&] { return tree.last<watched_tree::blocked>("site.yaml"); }));
  auto const& why = tree.last<watched_tree::blocked>("site.yaml")->why;
  BOOST_TEST((why.code == errc::untrusted));
  auto const path = "'" + tree.file("site.yaml").string() + "'";
  auto const expected = path + ": it belongs to uid 4242, not to root; run: chown root " + path;
  BOOST_TEST(why.message == expected);
}

BOOST_AUTO_TEST_CASE(the_trusted_user_may_own_sources) {
  if (!is_root()) return;
  watched_tree tree;
  tree.options.trusted_uid = stranger;
  write_file(tree.file("site.yaml"), "a: 1\n");
  BOOST_TEST(::chown(tree.file("site.yaml").c_str(), stranger, stranger) == 0);
  BOOST_TEST(::chown(tree.root().c_str(), stranger, stranger) == 0);

  tree.begin();
  BOOST_TEST(tree.look());

  BOOST_TEST(tree.count<watched_tree::content>("site.yaml") == 1U);
}

BOOST_AUTO_TEST_CASE(
    sources_below_a_directory_that_others_may_write_are_blocked_until_it_is_mended) {
  for (auto const* const where : {".", "namespaces", "namespaces/site.d"}) {
    BOOST_TEST_CONTEXT(where) {
      watched_tree tree;
      tree.options.trusted_uid = ::geteuid();
      write_file(tree.file("site.d/a.json"), "1");
      ::chmod(tree.file("site.d").c_str(), 0755);
      ::chmod(tree.root().c_str(), 0755);
      tree.start();

      auto const folder = tree.top() / where;
      ::chmod(folder.c_str(), 0775);
      BOOST_TEST(
          tree.until([&] { return tree.count<watched_tree::blocked>("site.d/a.json") == 1; }));
      auto const& why = tree.last<watched_tree::blocked>("site.d/a.json")->why;
      BOOST_TEST(why.message.find("': mode 0775 lets its group write it") != std::string::npos,
                 why.message);

      write_file(tree.file("site.d/b.json"), "new and unknown");
      BOOST_TEST(
          tree.until([&] { return tree.count<watched_tree::blocked>("site.d/b.json") == 1; }));
      ::chmod(folder.c_str(), 0755);
      BOOST_TEST(
          tree.until([&] { return tree.count<watched_tree::touched>("site.d/a.json") == 1; }));
      BOOST_TEST(tree.count<watched_tree::content>("site.d/a.json") == 0U);
      BOOST_TEST(
          tree.until([&] { return tree.count<watched_tree::content>("site.d/b.json") == 1; }));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_sticky_directory_is_trusted_above_the_root_only) {
  watched_tree tree;
  tree.options.trusted_uid = ::geteuid();
  write_file(tree.file("site.json"), "1");
  ::chmod(tree.top().c_str(), 01777);
  tree.start();
  BOOST_TEST(tree.catch_up());

  ::chmod(tree.root().c_str(), 01777);

  BOOST_TEST(tree.until([&] { return tree.count<watched_tree::blocked>("site.json") == 1; }));
}

BOOST_AUTO_TEST_CASE(a_corrected_file_is_reported_as_touched_or_as_content) {
  watched_tree tree;
  tree.options.trusted_uid = ::geteuid();
  write_file(tree.file("site.json"), "1");
  tree.start();
  ::chmod(tree.file("site.json").c_str(), 0666);
  BOOST_TEST(tree.until([&] { return tree.count<watched_tree::blocked>("site.json") == 1; }));

  ::chmod(tree.file("site.json").c_str(), 0644);
  BOOST_TEST(tree.until([&] { return tree.count<watched_tree::touched>("site.json") == 1; }));
  ::chmod(tree.file("site.json").c_str(), 0666);
  BOOST_TEST(tree.until([&] { return tree.count<watched_tree::blocked>("site.json") == 2; }));
  replace_file(tree.file("site.json"), "2");

  BOOST_TEST(tree.until([&] { return tree.last_content("site.json") == "2"; }));
}

/// Takes from this thread what lets root read everything; threads made meanwhile do not have it.
class without_privilege {
 public:
  without_privilege() {
    call(SYS_capget, before_);
    auto less = before_;
    less[0].effective &= ~((1U << CAP_DAC_OVERRIDE) | (1U << CAP_DAC_READ_SEARCH));
    call(SYS_capset, less);
  }
  ~without_privilege() { call(SYS_capset, before_); }
  without_privilege(without_privilege const&) = delete;
  without_privilege& operator=(without_privilege const&) = delete;

 private:
  using sets = std::array<__user_cap_data_struct, 2>;
  static void call(long number, sets& which) {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    BOOST_REQUIRE(::syscall(number, &header, which.data()) == 0);
  }
  sets before_{};
};

BOOST_AUTO_TEST_CASE(a_lost_permission_blocks_the_source_until_it_is_back) {
  if (!is_root()) return;
  watched_tree tree;
  write_file(tree.file("site.json"), "1");
  write_file(tree.file("site.d/a.json"), "1");
  without_privilege const now;
  tree.start();

  ::chmod(tree.file("site.json").c_str(), 0);
  write_file(tree.file("site.d/a.json"), "2");
  ::chmod(tree.file("site.d").c_str(), 0);

  auto const is_blocked = [&](char const* name) {
    auto const* const found = tree.last<watched_tree::blocked>(name);
    return found != nullptr && found->why.code == errc::io;
  };
  BOOST_TEST(tree.until([&] { return is_blocked("site.json") && is_blocked("site.d/a.json"); }));
  auto const& why = tree.last<watched_tree::blocked>("site.json")->why;
  auto const expected = "open '" + tree.file("site.json").string() +
                        "': Permission denied (it is owned by uid 0 with mode 0000)";
  BOOST_TEST(why.message == expected);
  BOOST_TEST(tree.count<watched_tree::gone>("site.json") == 0U);
  ::chmod(tree.file("site.json").c_str(), 0644);
  ::chmod(tree.file("site.d").c_str(), 0755);

  BOOST_TEST(tree.until([&] { return tree.count<watched_tree::touched>("site.json") == 1; }));
  BOOST_TEST(tree.until([&] { return tree.last_content("site.d/a.json") == "2"; }));
}

BOOST_AUTO_TEST_CASE(changes_in_a_directory_that_links_may_lead_to_are_found) {
  watched_tree tree;
  tree.options.trusted_uid = ::geteuid();
  tree.options.link_roots = {(tree.top() / "shared").string()};
  write_file(tree.top() / "shared/site.yaml", "a: 1\n");
  fs::create_symlink(tree.top() / "shared/site.yaml", tree.file("site.yaml"));
  tree.begin();
  BOOST_TEST(tree.look());
  BOOST_TEST(tree.last_content("site.yaml").value_or("") == "a: 1\n");

  replace_file(tree.top() / "shared/site.yaml", "a: 2\n");
  BOOST_TEST(tree.until([&] { return tree.last_content("site.yaml") == "a: 2\n"; }));
  fs::rename(tree.top() / "shared", tree.top() / "away");
  write_file(tree.top() / "shared/site.yaml", "a: 3\n");
  BOOST_TEST(tree.until([&] { return tree.last_content("site.yaml") == "a: 3\n"; }));
}

BOOST_AUTO_TEST_CASE(a_link_of_a_stranger_masks_nothing) {
  if (!is_root()) return;
  watched_tree tree;
  tree.options.roots.insert(tree.options.roots.begin(),
                            {.where = cfgd::layer::vendor, .directory = tree.top() / "vendor"});
  write_file(tree.top() / "vendor/site.yaml", "a: 1\n");
  fs::create_symlink("/dev/null", tree.file("site.yaml"));
  BOOST_TEST(::lchown(tree.file("site.yaml").c_str(), stranger, stranger) == 0);

  tree.begin();
  BOOST_TEST(tree.look());

  BOOST_TEST(tree.last_content("site.yaml").value_or("") == "a: 1\n");
  BOOST_REQUIRE(tree.last<watched_tree::blocked>("site.yaml") != nullptr);
  BOOST_TEST((tree.last<watched_tree::blocked>("site.yaml")->why.code == errc::untrusted));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
