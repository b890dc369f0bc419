#include "engine/unwinding.hpp"
#include "store/mending.hpp"
#include "tests/support/random_document.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <span>
#include <string>
#include <vector>

// The power fails. What this program writes to the file of a store is recorded, and so is every
// sync. For many moments the file is then made again as a disk may have it: all that was synced,
// and of the later writes some, in pages or in sectors of 512 bytes. What was acknowledged must be
// in each of them. CFGD_POWER_CUTS says for how many moments, CFGD_POWER_SEED for which.
//
// LMDB is a shared library, so the functions below are found before those of the C library.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

constexpr std::size_t sector = 512;
constexpr std::size_t page = 4096;

struct event {
  enum class kind : std::uint8_t { write, durable_write, sync, acknowledged };
  kind what;
  std::size_t at = 0;     ///< of a write: where in the file
  std::string bytes = {}; ///< and what
  revision_number revision = 0;
};

class recorder {
 public:
  explicit recorder(std::filesystem::path const& file) {
    struct stat status {};
    BOOST_REQUIRE(::stat(file.c_str(), &status) == 0);
    device_ = status.st_dev;
    inode_ = status.st_ino;
  }

  bool is_of(int fd) const {
    struct stat status {};
    return ::fstat(fd, &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
  }
  void write(int fd, std::span<iovec const> parts, off_t at) {
    event one{.what = (::fcntl(fd, F_GETFL) & O_DSYNC) != 0 ? event::kind::durable_write
                                                            : event::kind::write,
              .at = static_cast<std::size_t>(at)};
    for (auto const& part : parts)
      one.bytes.append(static_cast<char const*>(part.iov_base), part.iov_len);
    add(std::move(one));
  }
  void sync() { add({.what = event::kind::sync}); }
  void acknowledge(revision_number at) { add({.what = event::kind::acknowledged, .revision = at}); }
  std::vector<event> take() {
    std::lock_guard const locked(mutex_);
    return std::move(events_);
  }

 private:
  void add(event one) {
    std::lock_guard const locked(mutex_);
    events_.push_back(std::move(one));
  }

  dev_t device_ = 0;
  ino_t inode_ = 0;
  std::mutex mutex_;
  std::vector<event> events_;
};

std::atomic<recorder*> recording = nullptr; ///< null: nothing is recorded

/// The one that records the file of a descriptor; null: none does.
recorder* recorder_of(int fd) {
  auto* const now = recording.load();
  return now != nullptr && now->is_of(fd) ? now : nullptr;
}

template <class Function>
Function* real(char const* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name)); // dlsym(3) says that this works
}

iovec to_part(void const* bytes, std::size_t count) { return {const_cast<void*>(bytes), count}; }

} // namespace

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library's are reserved
extern "C" ssize_t pwrite(int fd, void const* bytes, std::size_t count, off_t at) {
  static auto* const next = real<ssize_t(int, void const*, std::size_t, off_t)>("pwrite");
  auto const part = to_part(bytes, count);
  if (auto* const to = recorder_of(fd)) to->write(fd, {&part, 1}, at);
  return next(fd, bytes, count, at);
}

extern "C" ssize_t write(int fd, void const* bytes, std::size_t count) {
  static auto* const next = real<ssize_t(int, void const*, std::size_t)>("write");
  auto const part = to_part(bytes, count);
  if (auto* const to = recorder_of(fd)) to->write(fd, {&part, 1}, ::lseek(fd, 0, SEEK_CUR));
  return next(fd, bytes, count);
}

extern "C" ssize_t writev(int fd, iovec const* parts, int count) {
  static auto* const next = real<ssize_t(int, iovec const*, int)>("writev");
  if (auto* const to = recorder_of(fd))
    to->write(fd, {parts, static_cast<std::size_t>(count)}, ::lseek(fd, 0, SEEK_CUR));
  return next(fd, parts, count);
}

// What was written before a sync is durable when that returns.
extern "C" int fdatasync(int fd) {
  static auto* const next = real<int(int)>("fdatasync");
  int const done = next(fd);
  if (auto* const to = recorder_of(fd); to != nullptr && done == 0) to->sync();
  return done;
}

extern "C" int fsync(int fd) {
  static auto* const next = real<int(int)>("fsync");
  int const done = next(fd);
  if (auto* const to = recorder_of(fd); to != nullptr && done == 0) to->sync();
  return done;
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)

namespace {

std::size_t number_from(char const* name, std::size_t otherwise) {
  char const* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoul(text, nullptr, 10);
}

using texts = std::map<std::string, std::string>;

texts texts_of(config_store& store) {
  texts all;
  for (auto const& one : store.effectives())
    all.emplace(one.name_space, *one.text);
  return all;
}

/// Some requests of all kinds: small and large values, removals, files.
std::vector<request> some_requests(random_document& random) {
  std::vector<request> group;
  for (auto left = 1 + random.below(3); left > 0; --left) {
    auto const space = "s" + std::to_string(random.below(5));
    auto const key_text = space + ".k" + std::to_string(random.below(40));
    auto const what = random.below(12);
    if (what == 0)
      group.emplace_back(unset({key_text}));
    else if (what == 1)
      group.emplace_back(files_changed({good(
          "admin/" + space + ".json", R"({"f":)" + std::to_string(random.below(1'000)) + '}')}));
    else if (what == 2)
      group.emplace_back(
          set({{key_text, '"' + std::string(3'000 + 4'000 * random.below(6), 'l') + '"'}}));
    else
      group.emplace_back(set({{key_text, std::to_string(random.below(1'000'000))}}));
  }
  return group;
}

/// What a disk may have when the power fails.
class disk {
 public:
  disk(std::string base, std::vector<event> const& events)
      : base_(std::move(base)), events_(events) {}

  /// The file when the event `cut` was under way.
  std::string at(std::size_t cut, std::mt19937& random) const {
    std::size_t synced = 0;
    for (std::size_t index = 0; index < cut; ++index)
      if (events_[index].what == event::kind::sync) synced = index;
    auto file = base_;
    auto const luck = random() % 4;
    auto const unit = luck < 2 ? page : sector;
    auto const lost_of_four = luck == 0 ? 4U : 1 + random() % 3;
    for (std::size_t index = 0; index <= cut && index < events_.size(); ++index) {
      auto const& one = events_[index];
      if (one.what == event::kind::sync || one.what == event::kind::acknowledged) continue;
      bool const is_there =
          index < synced || (one.what == event::kind::durable_write && index < cut);
      put(file, one, unit, [&] { return is_there || random() % 4 >= lost_of_four; });
    }
    return file;
  }

 private:
  template <class Keeps>
  static void put(std::string& file, event const& one, std::size_t unit, Keeps keeps) {
    for (std::size_t begin = 0; begin < one.bytes.size();) {
      auto const end = std::min(one.bytes.size(), begin + unit - (one.at + begin) % unit);
      if (keeps()) {
        file.resize(std::max(file.size(), one.at + end));
        std::copy(one.bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                  one.bytes.begin() + static_cast<std::ptrdiff_t>(end),
                  file.begin() + static_cast<std::ptrdiff_t>(one.at + begin));
      }
      begin = end;
    }
  }

  std::string base_;
  std::vector<event> const& events_;
};

struct fixture : store_fixture {
  std::filesystem::path const file = directory / "state/data/data.mdb";
  std::map<revision_number, texts> expected; ///< after each commit
  std::vector<event> events;
  std::string base;

  /// Writes for a while, and records it.
  void write_and_record(std::uint32_t seed, std::size_t commits) {
    bounds.history_revisions = 60;
    bounds.history_age = std::chrono::hours(0);
    bounds.copy_revisions = 1'000'000;
    reopen();
    must(set({{"s0.k0", "0"}}));
    store->finish_copies();
    base = read_file(file);
    expected[store->revision()] = texts_of(*store);
    recorder of(file);
    of.acknowledge(store->revision());
    recording = &of;
    random_document random(seed);
    for (; commits > 0; --commits) {
      auto const before = store->revision();
      auto const done = store->commit(some_requests(random), at());
      BOOST_REQUIRE(done.front().has_value());
      if (store->revision() == before) continue;
      of.acknowledge(store->revision());
      expected[store->revision()] = texts_of(*store);
    }
    recording = nullptr;
    store.reset();
    events = of.take();
  }

  /// The last revision that was acknowledged before an event, and the one that was next.
  std::pair<revision_number, revision_number> around(std::size_t cut) const {
    revision_number last = 0;
    for (std::size_t index = 0; index < events.size(); ++index) {
      auto const& one = events[index];
      if (one.what != event::kind::acknowledged) continue;
      if (index >= cut) return {last, one.revision};
      last = one.revision;
    }
    return {last, last};
  }

  void check_history() {
    auto const oldest = store->changes_after(0, 1).oldest;
    auto const all = store->changes_after(oldest - 1, 1 << 30);
    BOOST_REQUIRE_EQUAL(all.changes.size(), store->revision() + 1 - oldest);
    BOOST_TEST(store->examine_history(0, 1 << 30).damaged.empty());
    // The index by key says the same as the changes.
    BOOST_TEST(store->mend_index(0, store->revision()).empty());
    for (auto const* const name : {"s0.k1", "s1", "s4.k39"}) {
      auto const mine = key_filter(to_key(name));
      auto const of_it = [&](auto const& one) {
        return std::ranges::any_of(one->keys, [&](auto const& leaf) { return mine(leaf.key); });
      };
      auto const found = store->log({.prefix = to_key(name), .limit = 10'000}, 1 << 30);
      auto const wanted = std::ranges::count_if(all.changes, of_it);
      BOOST_REQUIRE_EQUAL(found.changes.size(), static_cast<std::size_t>(wanted));
    }
  }

  void check(std::size_t cut, std::string const& content) {
    write_file(file, content);
    std::filesystem::remove(directory / "state/data/lock.mdb");
    auto opened = config_store::open(directory / "state", bounds);
    BOOST_REQUIRE_MESSAGE(opened.has_value(), to_string(opened.error()));
    store = std::move(*opened);
    auto const [last, next] = around(cut);
    BOOST_REQUIRE(store->revision() == last || store->revision() == next);
    BOOST_REQUIRE((texts_of(*store) == expected.at(store->revision())));
    for (auto const& one : store->effectives())
      BOOST_REQUIRE(store->verify(one.name_space).has_value());
    check_history();
    must(set({{"s0.after", "true"}})); // and it goes on
    store.reset();
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(power_cut, fixture)

BOOST_AUTO_TEST_CASE(whatever_of_unsynced_writes_is_lost_no_acknowledged_change_is) {
  auto const seed = static_cast<std::uint32_t>(number_from("CFGD_POWER_SEED", 1729));
  auto const cuts = number_from("CFGD_POWER_CUTS", 150);
  BOOST_TEST_MESSAGE("CFGD_POWER_SEED=" << seed);
  write_and_record(seed, std::max<std::size_t>(120, cuts / 4));
  using enum event::kind;
  auto const count = [this](event::kind what) {
    return std::ranges::count(events, what, &event::what);
  };
  // It is recorded what LMDB does: pages, a sync, a page with the new root.
  BOOST_REQUIRE(count(acknowledged) > 100);
  BOOST_REQUIRE(count(sync) >= count(acknowledged) - 1);
  BOOST_REQUIRE(count(durable_write) >= count(acknowledged) - 1);
  BOOST_REQUIRE(count(write) > 3 * count(acknowledged));

  disk const made(base, events);
  std::mt19937 random(seed);
  for (std::size_t done = 0; done < cuts; ++done) {
    std::size_t const cut = random() % (events.size() + 1);
    BOOST_TEST_INFO("cut " << cut << " of " << events.size());
    check(cut, made.at(cut, random));
  }
}

BOOST_AUTO_TEST_CASE(a_disk_that_loses_what_was_synced_would_be_noticed) {
  write_and_record(4, 60);
  auto lost = events.end();
  for (auto one = events.begin(); one != events.end(); ++one)
    if (one->what == event::kind::durable_write) lost = one;
  BOOST_REQUIRE(lost != events.end());
  events.erase(lost);
  std::mt19937 random(1);
  write_file(file, disk(base, events).at(events.size(), random));
  std::filesystem::remove(directory / "state/data/lock.mdb");

  store = open();

  BOOST_TEST(store->revision() < around(events.size()).first);
}

BOOST_AUTO_TEST_SUITE_END()
