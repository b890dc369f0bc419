#include "store/lmdb.hpp"

#include "core/standard_descriptors.hpp"
#include "core/unique_fd.hpp"
#include "store/lmdb_calls.hpp"
#include "store/reader_gate.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <tuple>
#include <utility>

// RAII wrappers of the C functions of LMDB. Facts about LMDB 0.9.24 that they rely on:
//
// - mdb_txn_commit() frees the transaction even if it fails. So the handle is cleared before the
//   code is checked; an abort after it would be a double free.
// - A failed put leaves the transaction in an error state: it can only be aborted. The destructor
//   does so. An append that is not behind the last key fails with MDB_KEYEXIST before it changes
//   anything, and without that state.
// - MDB_NOTLS ties a reader slot to its transaction instead of its thread; without it a second read
//   transaction of a thread fails with MDB_BAD_RSLOT.
// - If another process has grown the map, beginning a transaction fails with MDB_MAP_RESIZED;
//   mdb_env_set_mapsize() with size 0 adopts the new size.
// - The file may end before the last page in use: if it was truncated, and also if one transaction
//   allocated and freed that page. Reading beyond the end raises SIGBUS. So the file is extended to
//   the size that its meta page claims: missing pages read as zeros and are reported as damaged.
// - The descriptor of data.mdb lacks O_CLOEXEC.

namespace cfgd::store {
namespace {

std::string describe(std::string const& call, int code, std::filesystem::path const& path) {
  return call + " failed for '" + path.string() + "': " + mdb_strerror(code);
}

/// LMDB writes to a hole of lock.mdb through its map: on a full file system that ends the process.
/// So its blocks exist before. Not while the environment is open in this process: to close the file
/// would release LMDB's locks.
void reserve_lock_file(std::filesystem::path const& directory) {
  constexpr off_t most_bytes = 8192; // with LMDB's default of 126 readers
  constexpr off_t used_bytes = 4096; // the counters, and more readers than this program has
  unique_fd const file(
      ::open((directory / "lock.mdb").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) throw lmdb_error("open lock.mdb", errno, directory);
  int failed = ::posix_fallocate(file.get(), 0, most_bytes);
  if (failed == ENOSPC) failed = ::posix_fallocate(file.get(), 0, used_bytes);
  if (failed != 0 && failed != EOPNOTSUPP && failed != EINVAL)
    throw lmdb_error("posix_fallocate lock.mdb", failed, directory);
}

} // namespace

lmdb_error::lmdb_error(std::string const& call, int code, std::filesystem::path const& path)
    : storage_failure(describe(call, code, path)), code_(code) {}

lmdb_error::lmdb_error(std::string const& message, int code)
    : storage_failure(message), code_(code) {}

bool lmdb_error::map_full() const { return code_ == MDB_MAP_FULL; }

bool lmdb_error::not_found() const { return code_ == MDB_NOTFOUND; }

bool lmdb_error::damaged() const {
  return code_ == MDB_CORRUPTED || code_ == MDB_INVALID || code_ == MDB_VERSION_MISMATCH ||
         code_ == MDB_PAGE_NOTFOUND;
}

bool lmdb_error::no_lmdb_file() const {
  return code_ == MDB_INVALID || code_ == MDB_VERSION_MISMATCH;
}

bool lmdb_error::writing_failed() const { return code_ == EIO || code_ == ENOSPC; }

namespace lmdb {
environment::environment(std::filesystem::path directory, options const& how)
    : directory_(std::move(directory)), gate_(how.gate) {
  // Libraries write messages to descriptor 2, even if that is data.mdb.
  if (!has_standard_descriptors())
    throw lmdb_error("opening above descriptor 2", EBADF, directory_);
  check("mdb_env_create", mdb_env_create(&handle_), directory_);
  try {
    check("mdb_env_set_mapsize", mdb_env_set_mapsize(handle_, how.map_bytes), directory_);
    check("mdb_env_set_maxdbs", mdb_env_set_maxdbs(handle_, how.databases), directory_);
    if (!how.is_private) reserve_lock_file(directory_);
    unsigned const flags = how.is_private ? MDB_NOTLS | MDB_NOLOCK : MDB_NOTLS;
    check("mdb_env_open", mdb_env_open(handle_, directory_.c_str(), flags, 0600), directory_);
    cover_map();
  } catch (...) {
    mdb_env_close(handle_);
    throw;
  }
}

environment::~environment() { mdb_env_close(handle_); }

void environment::cover_map() {
  int descriptor = -1;
  check("mdb_env_get_fd", mdb_env_get_fd(handle_, &descriptor), directory_);
  if (::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) throw lmdb_error("fcntl", errno, directory_);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) throw lmdb_error("fstat", errno, directory_);
  auto const claimed = static_cast<off_t>(used_bytes());
  if (status.st_size < claimed && ::ftruncate(descriptor, claimed) != 0)
    throw lmdb_error("ftruncate", errno, directory_);
  note_size();
}

void environment::note_size() const noexcept {
  int descriptor = -1;
  struct stat status {};
  if (mdb_env_get_fd(handle_, &descriptor) == MDB_SUCCESS && ::fstat(descriptor, &status) == 0)
    bytes_ = static_cast<std::size_t>(status.st_size);
}

std::size_t environment::map_bytes() const {
  MDB_envinfo info{};
  check("mdb_env_info", mdb_env_info(handle_, &info), directory_);
  return info.me_mapsize;
}

std::size_t environment::used_bytes() const {
  MDB_envinfo info{};
  MDB_stat status{};
  check("mdb_env_info", mdb_env_info(handle_, &info), directory_);
  check("mdb_env_stat", mdb_env_stat(handle_, &status), directory_);
  return (info.me_last_pgno + 1) * status.ms_psize;
}

bool environment::is_whole() const {
  int descriptor = -1;
  check("mdb_env_get_fd", mdb_env_get_fd(handle_, &descriptor), directory_);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) throw lmdb_error("fstat", errno, directory_);
  // LMDB never shortens it: if it is as long as it was, it was not truncated.
  auto const now = static_cast<std::size_t>(status.st_size);
  return now >= used_bytes() || now >= bytes_;
}

void environment::set_map_bytes(std::size_t bytes) {
  std::optional<reader_gate::pause> alone;
  if (gate_ != nullptr) alone.emplace(*gate_);
  check("mdb_env_set_mapsize", mdb_env_set_mapsize(handle_, bytes), directory_);
}

std::uint64_t environment::last_transaction() const {
  MDB_envinfo info{};
  check("mdb_env_info", mdb_env_info(handle_, &info), directory_);
  return info.me_last_txnid;
}

std::size_t environment::check_readers() {
  int dead = 0;
  check("mdb_reader_check", mdb_reader_check(handle_, &dead), directory_);
  return static_cast<std::size_t>(dead);
}

void environment::copy_compacted(std::filesystem::path const& empty) {
  check("mdb_env_copy2", mdb_env_copy2(handle_, empty.c_str(), MDB_CP_COMPACT), directory_);
}

// The map is shared and read-only, so nothing can be lost: madvise(2), MADV_DONTNEED. What is read
// again is mapped again, without the disk.
void environment::give_back_pages() const noexcept {
  int descriptor = -1;
  struct stat status {};
  if (mdb_env_get_fd(handle_, &descriptor) != MDB_SUCCESS || ::fstat(descriptor, &status) != 0)
    return;
  // LMDB does not say where its map is: proc(5), /proc/pid/maps. The file has no other one.
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const maps(std::fopen("/proc/self/maps", "re"),
                                                             &std::fclose);
  std::array<char, 512> line{};
  while (maps && std::fgets(line.data(), line.size(), maps.get()) != nullptr) {
    void* begin = nullptr;
    void* end = nullptr;
    unsigned long inode = 0;
    auto const read = std::sscanf(line.data(), "%p-%p r--s %*x %*x:%*x %lu", &begin, &end, &inode);
    if (read != 3 || inode != status.st_ino) continue;
    auto const bytes = static_cast<char*>(end) - static_cast<char*>(begin);
    std::ignore = ::madvise(begin, static_cast<std::size_t>(bytes), MADV_DONTNEED);
  }
}

void environment::sync() { check("mdb_env_sync", mdb_env_sync(handle_, 1), directory_); }

MDB_txn* environment::begin(unsigned flags) {
  MDB_txn* begun = nullptr;
  int code = mdb_txn_begin(handle_, nullptr, flags, &begun);
  if (code == MDB_MAP_RESIZED) {
    set_map_bytes(0);
    code = mdb_txn_begin(handle_, nullptr, flags, &begun);
  }
  check("mdb_txn_begin", code, directory_);
  return begun;
}

MDB_txn* environment::try_begin() {
  MDB_txn* begun = nullptr;
  int const code = mdb_txn_begin(handle_, nullptr, MDB_RDONLY, &begun);
  if (code == MDB_MAP_RESIZED) return nullptr;
  check("mdb_txn_begin", code, directory_);
  return begun;
}

transaction::transaction(environment& owner, unsigned flags)
    : owner_(&owner), handle_(owner.begin(flags)) {}

transaction::~transaction() {
  if (handle_ != nullptr) mdb_txn_abort(handle_);
}

void transaction::finish() {
  auto* const ended = std::exchange(handle_, nullptr);
  check("mdb_txn_commit", mdb_txn_commit(ended), owner_->directory());
}

database transaction::open(char const* name, if_absent what) {
  database opened = 0;
  check("mdb_dbi_open",
        mdb_dbi_open(handle_, name, what == if_absent::create ? MDB_CREATE : 0U, &opened),
        owner_->directory());
  return opened;
}

std::optional<std::string_view> transaction::get(database from, std::string_view key) const {
  auto wanted = to_value(key);
  MDB_val found{};
  int const code = mdb_get(handle_, from, &wanted, &found);
  if (code == MDB_NOTFOUND) return std::nullopt;
  check("mdb_get", code, owner_->directory());
  return to_view(found);
}

std::uint64_t transaction::id() const { return mdb_txn_id(handle_); }

std::size_t transaction::used_bytes(database of) const {
  MDB_stat status{};
  check("mdb_stat", mdb_stat(handle_, of, &status), owner_->directory());
  return (status.ms_branch_pages + status.ms_leaf_pages + status.ms_overflow_pages) *
         status.ms_psize;
}

read_transaction::read_transaction(environment& owner) : transaction(owner, MDB_RDONLY) {}

std::unique_ptr<read_transaction> read_transaction::try_begin(environment& owner,
                                                              std::function<void()> const& check) {
  auto* const begun = owner.try_begin();
  if (begun == nullptr) return nullptr;
  return std::unique_ptr<read_transaction>(new read_transaction(owner, begun, check));
}

write_transaction::write_transaction(environment& owner) : transaction(owner, 0) {}

void write_transaction::put(database into, std::string_view key, std::string_view value) {
  auto name = to_value(key);
  auto content = to_value(value);
  check("mdb_put", mdb_put(handle_, into, &name, &content, 0), owner_->directory());
}

bool write_transaction::append(database into, std::string_view key, std::string_view value) {
  auto name = to_value(key);
  auto content = to_value(value);
  int const code = mdb_put(handle_, into, &name, &content, MDB_APPEND);
  if (code == MDB_KEYEXIST) return false;
  check("mdb_put", code, owner_->directory());
  return true;
}

bool write_transaction::erase(database from, std::string_view key) {
  auto name = to_value(key);
  int const code = mdb_del(handle_, from, &name, nullptr);
  if (code == MDB_NOTFOUND) return false;
  check("mdb_del", code, owner_->directory());
  return true;
}

cursor::cursor(transaction& owner, database over) : owner_(&owner) {
  check("mdb_cursor_open", mdb_cursor_open(owner.handle_, over, &handle_), owner.directory());
}

cursor::~cursor() { mdb_cursor_close(handle_); }

std::optional<entry> cursor::move(std::string_view key, unsigned operation) {
  if (owner_->check_) owner_->check_();
  auto name = to_value(key);
  MDB_val content{};
  int const code = mdb_cursor_get(handle_, &name, &content, static_cast<MDB_cursor_op>(operation));
  if (code == MDB_NOTFOUND) return std::nullopt;
  check("mdb_cursor_get", code, owner_->directory());
  return entry{to_view(name), to_view(content)};
}

std::optional<entry> cursor::first() { return move({}, MDB_FIRST); }
std::optional<entry> cursor::last() { return move({}, MDB_LAST); }
std::optional<entry> cursor::next() { return move({}, MDB_NEXT); }
std::optional<entry> cursor::previous() { return move({}, MDB_PREV); }
std::optional<entry> cursor::at_or_after(std::string_view key) { return move(key, MDB_SET_RANGE); }

} // namespace lmdb
} // namespace cfgd::store
