#include "store/backup.hpp"

#include "core/durable_file.hpp"
#include "core/json.hpp"
#include "core/unique_fd.hpp"
#include "engine/stored_text.hpp"
#include "store/data_file.hpp"
#include "store/layout.hpp"
#include "store/layout_keys.hpp"
#include "store/lmdb_calls.hpp"
#include "store/owner.hpp"
#include "store/record_codec.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <system_error>
#include <utility>

// A backup is the copy of one read transaction: the state after some commit, however long the copy
// takes, while the writer continues. The price is space: pages that are freed meanwhile cannot be
// reused until the copy is complete.
//
// A backup is valid only after every record was read back. It is written beside its name and then
// renamed, so the name has a complete new backup, the previous one, or none.
//
// LMDB opens its lock file for writing even for a reader, and creates it if it is absent. A lock
// file that belongs to root would keep the daemon from opening its store, so root acts as the owner
// of the state directory here.

namespace cfgd::store {
namespace {

namespace fs = std::filesystem;
namespace bj = boost::json;

constexpr std::chrono::milliseconds pause{100};

/// The environment of a running store, opened for reading.
class live_store {
 public:
  explicit live_store(fs::path const& data) : path_(data) {
    lmdb::check("mdb_env_create", mdb_env_create(&handle_), path_);
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
    lmdb::check("mdb_env_info", mdb_env_info(handle_, &info), path_);
    lmdb::check("mdb_env_stat", mdb_env_stat(handle_, &status), path_);
    return (info.me_last_pgno + 1) * status.ms_psize;
  }

  /// Returns LMDB's code, or errno. LMDB cannot compact a file with lost pages; it is copied as it
  /// is then.
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

/// A temporary file beside `to`; put_in_place() renames it, else it is removed.
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
    lmdb::check("mdb_env_copyfd2", copying.get(), data);
  } catch (lmdb_error const& failure) {
    return error{.code = failure.damaged() ? errc::invalid : errc::io, .message = failure.what()};
  }
  if (::fsync(to) != 0) return system_error("fsync", errno, data);
  return {};
}

/// Reads all records of a backup in a child process. Returns the members of backup_facts and those
/// that `also` adds, as JSON text: the child can only return text.
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
        out["key_id"] = opened->key_id();
        out["records"] = opened->records();
        return json::canonical(out);
      },
      progressed);
}

backup_facts facts_of(bj::object const& report, fs::path const& file) {
  std::error_code ignored;
  auto const number = [&report](char const* name) {
    return report.at(name).to_number<std::uint64_t>();
  };
  return {.format = number("format"),
          .revision = number("revision"),
          .store_id = std::string(report.at("store_id").as_string()),
          .records = number("records"),
          .bytes = fs::file_size(file, ignored),
          .key_id = std::string(report.at("key_id").as_string())};
}

result<bj::object> parse_report(result<std::string> const& text, fs::path const& file) {
  if (!text) {
    error why = text.error();
    why.subject = file.string();
    return why;
  }
  auto parsed = engine::parse_stored_value(*text);
  if (!parsed) return parsed.error();
  return std::move(parsed->as_object());
}

bj::object read_layer(data_file const& from, key_ring const* keys) {
  bj::object layer;
  override_collector layers;
  from.for_each_of(layout_keys::overrides, [&](lmdb::entry const& record) {
    if (from.format() >= layout::overrides_by_key) {
      layers.add(record, keys);
      return;
    }
    record_reader fields(layout_keys::overrides, record, keys);
    if (auto const one = read_overrides(fields, std::string(record.key)))
      layer[record.key] = one->document();
  });
  for (auto const& [name, found] : layers.finish())
    layer[name] = found->document();
  return {{"overrides", std::move(layer)}};
}

} // namespace

result<backup_facts> verify_backup(fs::path const& file, progress_report const& progressed) {
  auto const nothing = [](data_file const&) { return bj::object(); };
  auto const report = parse_report(read_all(file, progressed, nothing), file);
  if (!report) return report.error();
  return facts_of(*report, file);
}

result<backup_overrides> read_backup_overrides(fs::path const& file,
                                               progress_report const& progressed,
                                               key_ring const* keys) {
  auto const layer = [keys](data_file const& from) { return read_layer(from, keys); };
  auto report = parse_report(read_all(file, progressed, layer), file);
  if (!report) return report.error();
  return backup_overrides{.facts = facts_of(*report, file),
                          .overrides = std::move(report->at("overrides").as_object())};
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
