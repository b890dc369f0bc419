#include "tests/support/temporary_directory.hpp"
#include "watchers/safe_open.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using cfgd::errc;
using cfgd::test::temporary_directory;
using cfgd::test::write_file;
using cfgd::watchers::directory;
using cfgd::watchers::directory_ptr;
using cfgd::watchers::distrust_of;
using cfgd::watchers::join;
using cfgd::watchers::read_whole;
using cfgd::watchers::refuse_file;
using cfgd::watchers::trust;
using cfgd::watchers::walker;
namespace fs = std::filesystem;

walker make_walker(std::vector<std::string>* visited = nullptr) {
  return {::geteuid(), [visited](directory const& where, std::string_view name, walker::zone) {
            if (visited != nullptr) visited->push_back(join(where.path, name));
          }};
}

struct stat with(mode_t mode, uid_t owner, off_t size = 0) {
  struct stat info {};
  info.st_mode = mode;
  info.st_uid = owner;
  info.st_size = size;
  return info;
}

BOOST_AUTO_TEST_SUITE(safe_open)

BOOST_AUTO_TEST_CASE(owner_and_mode_decide_about_trust) {
  struct row {
    mode_t mode;
    uid_t owner;
    uid_t trusted;
    bool good;
  };
  std::vector<row> const rows{
      {S_IFREG | 0644, 0, 0, true},   {S_IFREG | 0600, 7, 7, true},   {S_IFREG | 0644, 0, 7, true},
      {S_IFREG | 0644, 7, 0, false},  {S_IFREG | 0644, 8, 7, false},  {S_IFREG | 0664, 0, 0, false},
      {S_IFREG | 0646, 0, 0, false},  {S_IFREG | 0620, 0, 0, false},  {S_IFDIR | 0755, 0, 0, true},
      {S_IFDIR | 01777, 0, 0, false}, {S_IFDIR | 02775, 0, 0, false}, {S_IFLNK | 0777, 0, 0, true},
      {S_IFLNK | 0777, 7, 0, false},
  };
  for (auto const& one : rows) {
    auto const why = distrust_of(with(one.mode, one.owner), "/x", one.trusted);
    BOOST_TEST(why.has_value() != one.good, one.mode << ' ' << one.owner << ' ' << one.trusted);
    if (why) BOOST_TEST((why->code == errc::untrusted));
  }
}

BOOST_AUTO_TEST_CASE(a_refusal_says_what_to_run) {
  auto const said = [](mode_t mode, uid_t owner, uid_t trusted) {
    return distrust_of(with(mode, owner), "/x", trusted).value().message;
  };
  BOOST_TEST(said(S_IFREG | 0666, 0, 0) ==
             "'/x': mode 0666 lets others write it; run: chmod go-w '/x'");
  BOOST_TEST(said(S_IFREG | 0644, 7, 0) ==
             "'/x': it belongs to uid 7, not to root; run: chown root '/x'");
  BOOST_TEST(said(S_IFDIR | 0777, 7, 8) ==
             "'/x': it belongs to uid 7, not to root or uid 8, and mode 0777 lets others write it; "
             "run: chown root '/x' && chmod go-w '/x'");
  BOOST_TEST(said(S_IFLNK | 0777, 7, 0) ==
             "'/x': it belongs to uid 7, not to root; run: chown -h root '/x'");
}

BOOST_AUTO_TEST_CASE(files_above_the_maximum_size_are_rejected) {
  BOOST_TEST(!refuse_file(with(S_IFREG | 0644, 0, 100), "/x", 0, 100));
  auto const why = refuse_file(with(S_IFREG | 0644, 0, 101), "/x", 0, 100);
  BOOST_TEST_REQUIRE(why.has_value());
  BOOST_TEST((why->code == errc::limit));
}

BOOST_AUTO_TEST_CASE(each_component_is_reported_before_its_lookup) {
  temporary_directory const top;
  fs::create_directories(top / "a/b");
  std::vector<std::string> visited;

  auto const opened = make_walker(&visited).open_root((top / "a/b").string());

  BOOST_TEST_REQUIRE(opened.has_value());
  BOOST_TEST((*opened)->path == (top / "a/b").string());
  BOOST_TEST(!(*opened)->distrust);
  BOOST_TEST(visited.back() == (top / "a/b").string());
  BOOST_TEST(visited.at(visited.size() - 2) == (top / "a").string());
}

BOOST_AUTO_TEST_CASE(a_path_that_ends_early_is_reported_up_to_its_end) {
  temporary_directory const top;
  std::vector<std::string> visited;

  auto const opened = make_walker(&visited).open_root((top / "not/there").string());

  BOOST_TEST_REQUIRE(opened.has_error());
  BOOST_TEST((opened.error().code == errc::not_found));
  BOOST_TEST(visited.back() == (top / "not").string());
}

BOOST_AUTO_TEST_CASE(the_first_violation_on_the_path_is_inherited) {
  temporary_directory const top;
  fs::create_directories(top / "a/b");
  fs::permissions(top / "a", fs::perms::all);

  auto const opened = make_walker().open_root((top / "a/b").string());

  BOOST_TEST_REQUIRE(opened.has_value());
  BOOST_TEST_REQUIRE((*opened)->distrust.has_value());
  BOOST_TEST((*opened)->distrust->subject == (top / "a").string());
}

BOOST_AUTO_TEST_CASE(an_untrusted_link_in_a_shared_directory_is_not_followed) {
  if (::geteuid() != 0) return;
  temporary_directory const top;
  fs::permissions(top.path(), fs::perms::all | fs::perms::sticky_bit);
  fs::create_directory(top / "real");
  fs::create_directory_symlink("real", top / "link");
  BOOST_TEST(::lchown((top / "link").c_str(), 4242, 4242) == 0);

  auto const opened = make_walker().open_root((top / "link").string());

  BOOST_TEST_REQUIRE(opened.has_error());
  BOOST_TEST((opened.error().code == errc::untrusted));
}

/// Builds a tree of directories and links at random, and asks where random names lead.
BOOST_AUTO_TEST_CASE(random_links_never_leave_the_root) {
  temporary_directory const top;
  auto const root = top / "root";
  fs::create_directories(root / "d0/d1");
  write_file(top / "secret", "s");
  write_file(root / "d0/file", "f");
  std::vector<std::string> const words{"..",   ".",      "d0",   "d1",
                                       "file", "secret", "root", "l0",
                                       "l1",   "l2",     "l3",   top.path().filename().string()};
  std::mt19937 random(20261123); // NOLINT(cert-msc51-cpp): the same every time
  auto const pick = [&](std::size_t below) { return random() % below; };
  auto const inside = fs::canonical(root).string() + '/';
  std::size_t led_somewhere = 0;
  for (int round = 0; round < 2'500; ++round) {
    for (int link = 0; link < 4; ++link) {
      std::string leads_to =
          pick(4) == 0 ? top.path().string() + "/root" : words[pick(words.size())];
      for (auto more = pick(4); more > 0; --more)
        leads_to += '/' + words[pick(words.size())];
      auto const name = root / ("l" + std::to_string(link));
      fs::remove(name);
      fs::create_symlink(leads_to, name);
    }
    auto const way = make_walker();
    auto const opened = way.open_root(root.string());
    BOOST_TEST_REQUIRE(opened.has_value());
    for (int link = 0; link < 4; ++link) {
      auto const end = way.resolve(*opened, root.string(), *opened, "l" + std::to_string(link));
      if (!end) continue;
      ++led_somewhere;
      auto const path = end->here ? end->here->path + '/' : join(end->parent->path, end->name);
      if (!path.starts_with(inside)) BOOST_ERROR("led to " + path);
    }
  }
  BOOST_TEST(led_somewhere > 100U);
}

BOOST_AUTO_TEST_CASE(a_trusted_group_may_write) {
  trust with_group(0);
  with_group.groups = {100};
  auto info = with(S_IFREG | 0664, 0);
  info.st_gid = 100;

  BOOST_TEST(!distrust_of(info, "/x", with_group).has_value());
  auto const why = distrust_of(info, "/x", 0);
  BOOST_REQUIRE(why.has_value());
  BOOST_TEST(why->message == "'/x': mode 0664 lets its group write it; run: chmod go-w '/x', or "
                             "name the group with gid 100 in files.trusted_groups of cfgd.toml");
  info.st_gid = 101;
  BOOST_TEST(distrust_of(info, "/x", with_group).has_value());
  info.st_gid = 100;
  info.st_mode = S_IFREG | 0666;
  BOOST_TEST(distrust_of(info, "/x", with_group).has_value());
  info.st_mode = S_IFREG | 0664;
  info.st_uid = 4242;
  BOOST_TEST(distrust_of(info, "/x", with_group).has_value());
}

struct link_case {
  char const* target; ///< "@" is the directory of all
  char const* leads;  ///< to this file in it; empty: it is refused
};

BOOST_AUTO_TEST_CASE(links_may_lead_to_directories_that_the_settings_name) {
  temporary_directory const top;
  auto const base = fs::canonical(top.path()).string();
  write_file(top / "root/sub/own", "");
  write_file(top / "shared/deep/file", "");
  write_file(top / "secret", "");
  fs::create_symlink("deep/file", top / "shared/inner");
  fs::create_symlink("../secret", top / "shared/out");
  trust trusted(::geteuid());
  trusted.link_roots = {base + "/shared"};
  walker const open(trusted, [](directory const&, std::string_view, walker::zone) {});
  auto const root = open.open_root(base + "/root");
  BOOST_TEST_REQUIRE(root.has_value());

  for (auto const& one :
       {link_case{"@/shared/deep/file", "shared/deep/file"},
        link_case{"@/shared/inner", "shared/deep/file"},
        link_case{"../shared/deep/file", "shared/deep/file"},
        link_case{"sub/../../shared/inner", "shared/deep/file"}, link_case{"@/shared/out", ""},
        link_case{"@/shared/../secret", ""}, link_case{"@/secret", ""}, link_case{"../secret", ""},
        link_case{"@/shared2/file", ""}}) {
    std::string target = one.target;
    if (target.front() == '@') target.replace(0, 1, base);
    fs::remove(top / "root/link");
    fs::create_symlink(target, top / "root/link");

    auto const end = open.resolve(*root, base + "/root", *root, "link");

    BOOST_TEST_CONTEXT(one.target) {
      BOOST_TEST(end.has_value() == (*one.leads != '\0'));
      if (end)
        BOOST_TEST(join(end->parent->path, end->name) == base + '/' + one.leads);
      else
        BOOST_TEST(end.error().message.find("files.link_roots in cfgd.toml") != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(directories_that_links_lead_to_are_checked_like_a_root) {
  temporary_directory const top;
  auto const base = fs::canonical(top.path()).string();
  write_file(top / "root/own", "");
  write_file(top / "shared/file", "");
  fs::permissions(top / "shared", fs::perms::all);
  fs::create_symlink(base + "/shared/file", top / "root/link");
  trust trusted(::geteuid());
  trusted.link_roots = {base + "/shared"};
  walker const open(trusted, [](directory const&, std::string_view, walker::zone) {});
  auto const root = open.open_root(base + "/root");
  BOOST_TEST_REQUIRE(root.has_value());

  auto const end = open.resolve(*root, base + "/root", *root, "link");

  BOOST_TEST_REQUIRE(end.has_value());
  BOOST_TEST_REQUIRE(end->parent->distrust.has_value());
  BOOST_TEST(end->parent->distrust->subject == base + "/shared");
}

BOOST_AUTO_TEST_CASE(a_whole_file_comes_with_identity_and_hash) {
  temporary_directory const top;
  write_file(top / "a.json", "text");
  int const folder = ::open(top.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);

  auto const read = read_whole(folder, "a.json", "/as/known", ::geteuid(), 4);
  auto const refused = read_whole(folder, "a.json", "/as/known", ::geteuid(), 3);
  auto const absent = read_whole(folder, "b.json", "/as/known", ::geteuid(), 4);
  ::close(folder);

  BOOST_TEST_REQUIRE(read.has_value());
  BOOST_TEST(read->bytes == "text");
  BOOST_TEST((read->hash == cfgd::hash_content("text")));
  BOOST_TEST(read->identity.size == 4U);
  BOOST_TEST((refused.error().code == errc::limit));
  BOOST_TEST((absent.error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(a_link_as_last_component_is_not_read) {
  temporary_directory const top;
  write_file(top / "a", "text");
  fs::create_symlink("a", top / "link");
  int const folder = ::open(top.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);

  auto const read = read_whole(folder, "link", "/as/known", ::geteuid(), 4);
  ::close(folder);

  BOOST_TEST(read.has_error());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
