#include "store/backup.hpp"

#include "core/durable_file.hpp"
#include "core/json.hpp"
#include "core/unique_fd.hpp"
#include "store/data_file.hpp"
#include "store/layout_keys.hpp"
#include "store/owner.hpp"
#include "store/record_codec.hpp"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <limits>
#include <system_error>
#include <utility>

// A backup is one read transaction that is written down: LMDB gives the copy a state that some
// commit made, however long it takes, and the writer goes on. What it costs is room: pages that are
// freed meanwhile cannot be used again until the copy is done.
//
// It counts only when it was read back whole. It is written beside its name and renamed, so there
// is a whole backup by that name, or the one of last time, or none.
//
// LMDB opens its lock file for writing for a reader, too, and makes it if it is absent. Root must
// not be the one to make it, for the daemon could not open it any more then.

namespace cfgd::store {
namespace {

namespace fs = std::filesystem;
namespace bj = boost::json;

constexpr std::chrono::milliseconds pause{100};

void check(char const* call, int code, fs::path const& path) {
  if (code != MDB_SUCCESS) throw lmdb_error(call, code, path);
}

/// The environment of a running store, for reading alone.
class live_store {
 public:
  explicit live_store(fs::path const& data) : path_(data) {
    check("mdb_env_create", mdb_env_create(&handle_), path_);
    int const opened = mdb_env_open(handle_, data.c_str(), MDB_RDONLY | MDB_NOTLS, 0600);
    if (opened == MDB_SUCCESS) return;
    mdb_env_close(handle_);
    throw lmdb_error("mdb_env_open", opened, path_);
  }
  ~live_store() { mdb_env_close(handle_); }
  live_store(live_store const&) = delete;
  live_store& operator=(live_store const&) = delete;

  std::uint64_t used_bytes() const {
    MDB_envinfo info{};
    MDB_stat status{};
    check("mdb_env_info", mdb_env_info(handle_, &info), path_);
    check("mdb_env_stat", mdb_env_stat(handle_, &status), path_);
    return (info.me_last_pgno + 1) * status.ms_psize;
  }

  /// What LMDB says. Where pages were lost it cannot compact; then they are copied as they are.
  int copy_to(int file) const {
    int code = try_copy(file, MDB_CP_COMPACT);
    if (code == MDB_MAP_RESIZED && mdb_env_set_mapsize(handle_, 0) == MDB_SUCCESS)
      code = try_copy(file, MDB_CP_COMPACT);
    return code == MDB_INCOMPATIBLE ? try_copy(file, 0) : code;
  }

 private:
  int try_copy(int file, unsigned flags) const {
    if (::ftruncate(file, 0) != 0 || ::lseek(file, 0, SEEK_SET) != 0) return errno;
    return mdb_env_copyfd2(handle_, file, flags);
  }

  fs::path path_;
  MDB_env* handle_ = nullptr;
};

/// A file beside another one, that takes its name when it is whole and is removed otherwise.
class file_in_the_making {
 public:
  explicit file_in_the_making(fs::path to)
      : to_(std::move(to)), path_(to_.string() + ".tmp.XXXXXX") {
    file_.reset(::mkostemp(path_.data(), O_CLOEXEC)); // mode 0600
    if (!file_) failed_ = errno;
  }
  ~file_in_the_making() {
    if (file_ && !path_.empty()) ::unlink(path_.c_str());
  }
  file_in_the_making(file_in_the_making const&) = delete;
  file_in_the_making& operator=(file_in_the_making const&) = delete;

  int get() const { return file_.get(); }
  int failed() const { return failed_; }
  std::string const& path() const { return path_; }

  result<void> put_in_place() {
    if (::rename(path_.c_str(), to_.c_str()) != 0) return system_error("rename", errno, to_);
    path_.clear();
    return sync_directory(fs::absolute(to_).lexically_normal().parent_path());
  }

 private:
  fs::path to_;
  std::string path_;
  unique_fd file_;
  int failed_ = 0;
};

result<void> copy_live(fs::path const& data, int to, progress_report const& progressed) {
  try {
    live_store const from(data);
    auto const total = from.used_bytes();
    auto copying = std::async(std::launch::async, [&] { return from.copy_to(to); });
    while (copying.wait_for(pause) != std::future_status::ready) {
      struct stat now {};
      if (::fstat(to, &now) == 0) progressed(static_cast<std::uint64_t>(now.st_size), total);
    }
    check("mdb_env_copyfd2", copying.get(), data);
  } catch (lmdb_error const& failure) {
    return error{.code = failure.damaged() ? errc::invalid : errc::io, .message = failure.what()};
  }
  if (::fsync(to) != 0) return system_error("fsync", errno, data);
  return {};
}

/// Shows all records of a backup to `visit` in a process of its own, and makes facts of it.
result<std::string> read_all(fs::path const& file, progress_report const& progressed,
                             std::function<bj::object(data_file const&)> const& also) {
  return run_guarded(
      [&](progress_report const& report) -> result<std::string> {
        auto const opened = data_file::open(file);
        if (!opened) return opened.error();
        std::uint64_t seen = 0;
        opened->for_each(
            [&](char const*, lmdb::entry const&) { report(++seen, opened->records()); });
        auto out = also(*opened);
        out["format"] = opened->format();
        out["revision"] = opened->revision();
        out["store_id"] = opened->store_id();
        out["records"] = opened->records();
        return json::canonical(out);
      },
      progressed);
}

backup_facts facts_of(bj::object const& told, fs::path const& file) {
  std::error_code ignored;
  auto const number = [&told](char const* name) {
    return told.at(name).to_number<std::uint64_t>();
  };
  return {.format = number("format"),
          .revision = number("revision"),
          .store_id = std::string(told.at("store_id").as_string()),
          .records = number("records"),
          .bytes = fs::file_size(file, ignored)};
}

result<bj::object> parse_told(result<std::string> const& told, fs::path const& file) {
  if (!told) {
    error why = told.error();
    why.subject = file.string();
    return why;
  }
  json::read_limits const any{.depth = 1024, .elements = std::numeric_limits<std::size_t>::max()};
  auto parsed = json::parse(*told, json::dialect::strict, any);
  if (!parsed) return parsed.error();
  return std::move(parsed->as_object());
}

bj::object read_layer(data_file const& from) {
  bj::object layer;
  from.for_each_of(layout_keys::overrides, [&layer](lmdb::entry const& record) {
    record_reader fields(layout_keys::overrides, record);
    layer[record.key] = read_overrides(fields).document;
  });
  return {{"overrides", std::move(layer)}};
}

} // namespace

result<backup_facts> verify_backup(fs::path const& file, progress_report const& progressed) {
  auto const nothing = [](data_file const&) { return bj::object(); };
  auto const told = parse_told(read_all(file, progressed, nothing), file);
  if (!told) return told.error();
  return facts_of(*told, file);
}

result<backup_overrides> read_backup_overrides(fs::path const& file,
                                               progress_report const& progressed) {
  auto told = parse_told(read_all(file, progressed, read_layer), file);
  if (!told) return told.error();
  return backup_overrides{.facts = facts_of(*told, file),
                          .overrides = std::move(told->at("overrides").as_object())};
}

result<backup_facts> back_up(fs::path const& state, fs::path const& to,
                             progress_report const& progressed) {
  std::error_code failed;
  auto const data = state / "data";
  if (!fs::exists(data / "data.mdb", failed))
    return error{.code = errc::not_found,
                 .message = failed ? failed.message() : "there is no store",
                 .subject = data.string()};
  file_in_the_making made(to);
  if (made.failed() != 0) return system_error("cannot be written", made.failed(), to);
  {
    auto const owner = acting_as_owner::of(state);
    if (!owner) return owner.error();
    if (auto const copied = copy_live(data, made.get(), progressed); !copied) return copied.error();
  }
  auto facts = verify_backup(made.path(), progressed);
  if (!facts) {
    error why = facts.error();
    why.subject = data.string();
    return why;
  }
  if (auto const done = made.put_in_place(); !done) return done.error();
  return facts;
}

} // namespace cfgd::store
