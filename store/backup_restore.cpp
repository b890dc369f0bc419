#include "core/durable_file.hpp"
#include "core/unique_fd.hpp"
#include "store/backup.hpp"
#include "store/copies.hpp"
#include "store/data_file.hpp"
#include "store/key_place.hpp"
#include "store/layout.hpp"
#include "store/owner.hpp"
#include "store/restoring.hpp"
#include "store/state_directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio> // renameat2(2)
#include <cstdlib>
#include <ctime>
#include <system_error>
#include <utility>

// Restoring a backup. A damaged page of LMDB may go unnoticed by readers and fail a later write. So
// the file of the backup itself is never used as a store: every record is read, its check sum
// verified, and written into a new store, which is then read as the daemon will read it. This
// happens in data.new.*, which the daemon removes at its next start after a crash.
//
// The new store and the old one are exchanged in one step, renameat2(2) with RENAME_EXCHANGE. There
// is always a store, because a daemon would take a missing one for its first start. The new store
// is first renamed to the name that the old one will keep, so that a crash after the exchange
// leaves the old store under that name.

namespace cfgd::store {
namespace {

namespace fs = std::filesystem;

/// Returns 0 or an errno value.
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

/// A new directory, which is removed unless it was renamed.
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

struct target {
  std::uint64_t bytes;       ///< of the backup
  revision_number continues; ///< of the new store
};

/// Writes all records into an empty directory, `into`.
void write_compacted(data_file const& from, fs::path const& into, target const& as,
                     progress_report const& progressed) {
  constexpr std::size_t least = 16 * 1024 * 1024;
  // Records inserted in key order leave pages at least half full, which bounds the size needed.
  lmdb::environment made(into, {.map_bytes = (3 * as.bytes + least) & ~std::size_t{4095},
                                .databases = layout::database_count,
                                .is_private = true});
  lmdb::write_transaction all(made);
  std::uint64_t seen = 0;
  for (auto const* const name : from.databases()) {
    auto const database = all.open(name, lmdb::transaction::if_absent::create);
    from.for_each_of(name, [&](lmdb::entry const& record) {
      all.put(database, record.key, record.value);
      progressed(++seen, from.records());
    });
  }
  layout::continue_at(all, as.continues);
  all.commit();
}

/// Reads a new store as the daemon will read it.
void read_as_daemon(fs::path const& made, std::uint64_t bytes,
                    std::shared_ptr<key_ring const> const& keys) {
  lmdb::environment opened(
      made,
      {.map_bytes = 3 * bytes + 4096, .databases = layout::database_count, .is_private = true});
  lmdb::read_transaction view(opened);
  if (layout::check_format(view).value() != layout::format) return; // the daemon upgrades it first
  // Sealed records whose key is not here have been read, but not opened: the daemon says so.
  auto const id = layout::key_id(view);
  bool const is_open = id.empty() || (keys && keys->find_text(id));
  if (!is_open) return;
  layout const records(view, keys);
  static_cast<void>(records.load(view));
  records.walk_back(view, records.revision(view), [](change_view const&) { return true; });
}

class restoring {
 public:
  restoring(restore_question const& asked, progress_report const& progressed)
      : asked_(asked), progressed_(progressed) {}

  result<restored> run() {
    // Before acting as the owner, who may not be permitted to read the backup.
    unique_fd const backup(::open(asked_.file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!backup) return system_error("cannot be read", errno, asked_.file);
    std::error_code unknown;
    bool const has_lock = fs::exists(asked_.state / "lock", unknown);
    if (asked_.what == restore_question::action::try_it && !has_lock && !unknown)
      return try_elsewhere(backup);
    auto const owner = acting_as_owner::of(asked_.state);
    if (!owner) return owner.error();
    auto const held = state_directory::open(asked_.state);
    if (!held) return held.error();
    auto done = run_in(*held, backup);
    // They are of the store that is no longer there.
    if (done && asked_.what == restore_question::action::restore)
      for (auto const& copy : list_copies(asked_.state)) {
        std::error_code ignored;
        fs::remove(copy, ignored);
      }
    return done;
  }

  /// The same for a locked directory.
  result<restored> run_in(state_directory const& held, unique_fd const& backup) {
    store_in_the_making made(asked_.state);
    auto out = make(made, held.data_file(), backup);
    if (!out || asked_.what == restore_question::action::try_it) return out;
    auto old = put_in_place(made, held.data());
    if (!old) return old.error();
    out->old = std::move(*old);
    return out;
  }

  static result<void> make_durable(store_in_the_making const& made) {
    std::error_code ignored;
    fs::remove(made.path() / "lock.mdb",
               ignored); // created again by the next process that opens it
    if (auto const durable = sync_file(made.path() / "data.mdb"); !durable) return durable.error();
    return sync_directory(made.path());
  }

  /// Returns the path of the old store.
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
    // From here on `old` is the path of the old store.
    auto const durable = sync_directory(asked_.state);
    if (durable && asked_.old == restore_question::old_store::discard) return fs::path();
    made.release();
    if (!durable) return durable.error();
    return old;
  }

 private:
  /// Makes the new store of the backup. `old_data` may be absent.
  result<restored> make(store_in_the_making const& made, fs::path const& old_data,
                        unique_fd const& backup) const {
    if (made.failed() != 0) return system_error("mkdtemp", made.failed(), made.path());
    if (auto const copied = take_copy(backup, made.copy()); !copied) return copied.error();
    auto const facts = verify_backup(made.copy(), [](std::uint64_t, std::uint64_t) {});
    if (!facts) return about_file(facts.error());
    auto next = next_revision(facts->revision, read_revision(old_data));
    if (asked_.had != 0) next = std::max(next, next_revision(asked_.had, std::nullopt));
    if (auto const filled = fill(made, {facts->bytes, next}); !filled) return filled.error();
    return restored{.facts = *facts, .continues = next, .old = {}};
  }

  /// A trial where there is no state directory, or none that a daemon has used. It must not create
  /// one: the next daemon would own what belongs to this user.
  result<restored> try_elsewhere(unique_fd const& backup) const {
    std::error_code failed;
    auto const parent = fs::absolute(asked_.state).lexically_normal().parent_path();
    auto const into = fs::exists(asked_.state, failed) ? asked_.state : parent;
    if (::access(into.c_str(), W_OK | X_OK) != 0)
      return system_error("cannot be written", errno, into);
    auto const temporary = fs::temp_directory_path(failed);
    if (failed) return system_error("temporary directory", failed.value(), temporary);
    store_in_the_making const made(temporary);
    return make(made, asked_.state / "data" / "data.mdb", backup);
  }

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

  /// Makes data.mdb of the copy durable and removes all other files.
  result<void> fill(store_in_the_making const& made, target const& as) const {
    auto const keys = keys_beside(asked_.state);
    if (!keys) return keys.error();
    auto const work = [&](progress_report const& report) -> result<std::string> {
      auto const from = data_file::open(made.copy());
      if (!from) return from.error();
      write_compacted(*from, made.path(), as, report);
      read_as_daemon(made.path(), as.bytes, *keys);
      return std::string();
    };
    if (auto const done = run_guarded(work, progressed_); !done) return about_file(done.error());
    std::error_code ignored;
    fs::remove(made.copy(), ignored);
    return make_durable(made);
  }

  /// data.old.20261123T120000Z, with a number appended if that exists.
  fs::path name_for_old() const {
    auto const seconds = std::chrono::floor<std::chrono::seconds>(asked_.now);
    std::time_t const time = seconds.time_since_epoch().count();
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts);
    auto const plain = asked_.state / (asked_.kept_as + text.data());
    auto name = plain;
    std::error_code ignored;
    for (int number = 2; fs::exists(name, ignored); ++number)
      name = plain.string() + '.' + std::to_string(number);
    return name;
  }

  restore_question const& asked_;
  progress_report const& progressed_;
};

void no_report(std::uint64_t, std::uint64_t) {}

} // namespace

std::optional<revision_number> read_revision(fs::path const& data_file_path) {
  auto const found = run_guarded(
      [&data_file_path](progress_report const&) -> result<std::string> {
        auto const opened = data_file::open(data_file_path);
        if (!opened) return opened.error();
        return std::to_string(opened->revision());
      },
      no_report);
  if (!found) return std::nullopt;
  return std::strtoull(found->c_str(), nullptr, 10);
}

revision_number next_revision(revision_number known, std::optional<revision_number> const& lost) {
  if (lost) return std::max(known, *lost) + 1;
  return (known / revision_stride + 1) * revision_stride;
}

result<restored> restore_into(state_directory const& held, restore_question const& asked) {
  unique_fd const backup(::open(asked.file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!backup) return system_error("cannot be read", errno, asked.file);
  progress_report const nobody(no_report);
  return restoring(asked, nobody).run_in(held, backup);
}

result<fs::path> replace_store(state_directory const& held, restore_question const& asked,
                               std::function<void(fs::path const& empty)> const& make) {
  store_in_the_making made(asked.state);
  if (made.failed() != 0) return system_error("mkdtemp", made.failed(), made.path());
  make(made.path());
  if (auto const durable = restoring::make_durable(made); !durable) return durable.error();
  progress_report const nobody(no_report);
  return restoring(asked, nobody).put_in_place(made, held.data());
}

result<restored> restore_offline(restore_question const& asked, progress_report const& progressed) {
  return restoring(asked, progressed).run();
}

} // namespace cfgd::store
