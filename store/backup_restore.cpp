#include "core/durable_file.hpp"
#include "core/unique_fd.hpp"
#include "store/backup.hpp"
#include "store/data_file.hpp"
#include "store/layout.hpp"
#include "store/owner.hpp"
#include "store/state_directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio> // renameat2(2)
#include <ctime>
#include <system_error>
#include <utility>

// The way back. A page of LMDB that is wrong need not show when it is read; it may when it is
// written. So the backup's file is never put into use: every record is read, its check sum found
// right, and written into a new store, which is then read as the daemon will read it. All of that
// happens in data.new.*, which a daemon that starts after a crash removes.
//
// The new store and the old one change places in one step, renameat2(2) with RENAME_EXCHANGE: at no
// time is there none, which the next daemon would take for its first start. The new store has the
// name under which the old one will be kept before that, so that none is lost behind it.

namespace cfgd::store {
namespace {

namespace fs = std::filesystem;

/// 0, or the errno.
int copy_bytes(int from, int to) {
  std::array<char, 65536> room{};
  for (;;) {
    ssize_t const got = ::read(from, room.data(), room.size());
    if (got == 0) return 0;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (int const failed = write_all(to, {room.data(), static_cast<std::size_t>(got)}); failed != 0)
      return failed;
  }
}

/// A directory that is removed again, unless it got another name.
class store_in_the_making {
 public:
  explicit store_in_the_making(fs::path const& state) : path_(state / "data.new.XXXXXX") {
    std::string pattern = path_.string();
    if (::mkdtemp(pattern.data()) == nullptr) failed_ = errno;
    path_ = pattern;
  }
  ~store_in_the_making() {
    std::error_code ignored;
    if (failed_ == 0 && !path_.empty()) fs::remove_all(path_, ignored);
  }
  store_in_the_making(store_in_the_making const&) = delete;
  store_in_the_making& operator=(store_in_the_making const&) = delete;

  int failed() const { return failed_; }
  fs::path const& path() const { return path_; }
  fs::path copy() const { return path_ / "backup"; }
  void release() { path_.clear(); }
  void is_now(fs::path path) { path_ = std::move(path); }

 private:
  fs::path path_;
  int failed_ = 0;
};

/// Writes all records into an empty directory, `into`.
void write_anew(data_file const& from, fs::path const& into, std::uint64_t bytes,
                progress_report const& progressed) {
  constexpr std::size_t least = 16 * 1024 * 1024;
  // Records that come in the order of their keys fill the new pages half at the worst.
  lmdb::environment made(into, {.map_bytes = (3 * bytes + least) & ~std::size_t{4095},
                                .databases = layout::database_count});
  lmdb::write_transaction all(made);
  std::uint64_t seen = 0;
  for (auto const* const name : from.databases()) {
    auto const database = all.open(name, lmdb::transaction::if_absent::create);
    from.for_each_of(name, [&](lmdb::entry const& record) {
      all.put(database, record.key, record.value);
      progressed(++seen, from.records());
    });
  }
  all.commit();
}

/// Reads a new store as the daemon will.
void read_as_daemon(fs::path const& made, std::uint64_t bytes) {
  lmdb::environment opened(made,
                           {.map_bytes = 3 * bytes + 4096, .databases = layout::database_count});
  lmdb::read_transaction view(opened);
  if (layout::check_format(view).value() != layout::format) return; // is upgraded first
  layout const records(view);
  static_cast<void>(records.load(view));
  records.walk_back(view, records.revision(view), [](change_view const&) { return true; });
}

class restoring {
 public:
  restoring(restore_question const& asked, progress_report const& progressed)
      : asked_(asked), progressed_(progressed) {}

  result<restored> run() {
    // While we are still who we are: the backup may be ours alone.
    unique_fd const backup(::open(asked_.file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!backup) return system_error("cannot be read", errno, asked_.file);
    auto const owner = acting_as_owner::of(asked_.state);
    if (!owner) return owner.error();
    auto const held = state_directory::open(asked_.state);
    if (!held) return held.error();
    store_in_the_making made(asked_.state);
    if (made.failed() != 0) return system_error("mkdtemp", made.failed(), made.path());
    if (auto const copied = take_copy(backup, made.copy()); !copied) return copied.error();
    auto const facts = verify_backup(made.copy(), [](std::uint64_t, std::uint64_t) {});
    if (!facts) return about_file(facts.error());
    if (auto const filled = fill(made, facts->bytes); !filled) return filled.error();
    restored out{.facts = *facts, .old = {}};
    if (asked_.what == restore_question::action::try_it) return out;
    auto old = put_in_place(made, held->data());
    if (!old) return old.error();
    out.old = std::move(*old);
    return out;
  }

 private:
  error about_file(error why) const {
    why.subject = asked_.file.string();
    return why;
  }

  result<void> take_copy(unique_fd const& backup, fs::path const& to) const {
    unique_fd const copy(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!copy) return system_error("open", errno, to);
    int const failed = copy_bytes(backup.get(), copy.get());
    if (failed != 0) return system_error("cannot be copied", failed, asked_.file);
    return {};
  }

  /// Makes data.mdb of the copy, durably, and removes what else is there.
  result<void> fill(store_in_the_making const& made, std::uint64_t bytes) const {
    auto const work = [&](progress_report const& report) -> result<std::string> {
      auto const from = data_file::open(made.copy());
      if (!from) return from.error();
      write_anew(*from, made.path(), bytes, report);
      read_as_daemon(made.path(), bytes);
      return std::string();
    };
    if (auto const done = run_guarded(work, progressed_); !done) return about_file(done.error());
    std::error_code ignored;
    fs::remove(made.copy(), ignored);
    fs::remove(made.path() / "lock.mdb", ignored); // the next to open it makes its own
    if (auto const durable = sync_file(made.path() / "data.mdb"); !durable) return durable.error();
    return sync_directory(made.path());
  }

  /// Returns where the old store is.
  result<fs::path> put_in_place(store_in_the_making& made, fs::path const& data) const {
    std::error_code absent;
    if (!fs::exists(data, absent)) {
      if (::rename(made.path().c_str(), data.c_str()) != 0)
        return system_error("rename", errno, data);
      made.release();
      if (auto const durable = sync_directory(asked_.state); !durable) return durable.error();
      return fs::path();
    }
    auto const old = name_for_old();
    if (::rename(made.path().c_str(), old.c_str()) != 0) return system_error("rename", errno, old);
    made.is_now(old);
    if (::renameat2(AT_FDCWD, old.c_str(), AT_FDCWD, data.c_str(), RENAME_EXCHANGE) != 0)
      return system_error("renameat2", errno, data);
    // From here on it is the old one that `old` names.
    auto const durable = sync_directory(asked_.state);
    if (durable && asked_.old == restore_question::old_store::discard) return fs::path();
    made.release();
    if (!durable) return durable.error();
    return old;
  }

  /// data.old.20261123T120000Z, with a number behind it if there is one.
  fs::path name_for_old() const {
    auto const seconds = std::chrono::floor<std::chrono::seconds>(asked_.now);
    std::time_t const time = seconds.time_since_epoch().count();
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "data.old.%Y%m%dT%H%M%SZ", &parts);
    auto const plain = asked_.state / text.data();
    auto name = plain;
    std::error_code ignored;
    for (int number = 2; fs::exists(name, ignored); ++number)
      name = plain.string() + '.' + std::to_string(number);
    return name;
  }

  restore_question const& asked_;
  progress_report const& progressed_;
};

} // namespace

result<restored> restore_offline(restore_question const& asked, progress_report const& progressed) {
  return restoring(asked, progressed).run();
}

} // namespace cfgd::store
