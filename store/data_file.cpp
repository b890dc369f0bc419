#include "store/data_file.hpp"

#include "store/encoding.hpp"
#include "store/layout.hpp"
#include "store/layout_keys.hpp"
#include "store/lmdb_calls.hpp"

#include <array>
#include <system_error>
#include <utility>

// Such a file has no lock.mdb beside it and must not get one, and its directory may be read-only:
// so it is opened with MDB_NOSUBDIR, MDB_RDONLY and MDB_NOLOCK, unlike the environment of a running
// store.
//
// Records have check sums, pages have none. A damaged page is detected by counting the records and
// by looking up each record by its key.

namespace cfgd::store {
namespace {

constexpr std::array known_databases{
    layout_keys::meta,    layout_keys::sources, layout_keys::overrides, layout_keys::effective,
    layout_keys::changes, layout_keys::timed,   layout_keys::keys};

using lmdb::check;
using lmdb::to_value;
using lmdb::to_view;

class cursor_owner {
 public:
  cursor_owner(MDB_txn* in, MDB_dbi over, std::filesystem::path const& path) {
    check("mdb_cursor_open", mdb_cursor_open(in, over, &handle_), path);
  }
  ~cursor_owner() { mdb_cursor_close(handle_); }
  cursor_owner(cursor_owner const&) = delete;
  cursor_owner& operator=(cursor_owner const&) = delete;
  MDB_cursor* get() const { return handle_; }

 private:
  MDB_cursor* handle_ = nullptr;
};

error cut_off(std::uintmax_t bytes) {
  return {.code = errc::invalid,
          .message = "the file is truncated to " + std::to_string(bytes) + " bytes"};
}

} // namespace

void data_file::closer::operator()(MDB_env* environment) const { mdb_env_close(environment); }
void data_file::closer::operator()(MDB_txn* transaction) const { mdb_txn_abort(transaction); }

result<data_file> data_file::open(std::filesystem::path const& path) {
  data_file made(path);
  if (auto const opened = made.open_map(); !opened) return opened.error();
  if (auto const known = made.check_format(); !known) return known.error();
  return made;
}

result<void> data_file::open_map() {
  std::error_code failed;
  auto const size = std::filesystem::file_size(path_, failed);
  if (failed) return error{.code = errc::io, .message = failed.message()};
  constexpr std::uintmax_t least = 2 * 4096; // LMDB's two meta pages
  if (size < least) return cut_off(size);
  MDB_env* environment = nullptr;
  check("mdb_env_create", mdb_env_create(&environment), path_);
  environment_.reset(environment);
  check("mdb_env_set_maxdbs",
        mdb_env_set_maxdbs(environment, static_cast<MDB_dbi>(known_databases.size())), path_);
  int const opened =
      mdb_env_open(environment, path_.c_str(), MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK, 0600);
  if (opened == MDB_INVALID || opened == MDB_VERSION_MISMATCH)
    return error{.code = errc::invalid, .message = "not an LMDB data file"};
  check("mdb_env_open", opened, path_);
  MDB_envinfo info{};
  MDB_stat status{};
  check("mdb_env_info", mdb_env_info(environment, &info), path_);
  check("mdb_env_stat", mdb_env_stat(environment, &status), path_);
  // LMDB itself does not compare the two, and would raise SIGBUS when it reads a missing page.
  if (size / status.ms_psize < info.me_last_pgno + 1) return cut_off(size);
  MDB_txn* view = nullptr;
  check("mdb_txn_begin", mdb_txn_begin(environment, nullptr, MDB_RDONLY, &view), path_);
  view_.reset(view);
  return {};
}

result<void> data_file::check_format() {
  if (!has(layout_keys::meta))
    return error{.code = errc::invalid, .message = "an LMDB data file, but not a cfgd store"};
  format_ = number("format");
  if (format_ == 0 || format_ > layout::format)
    return error{.code = errc::invalid,
                 .message = "the store has format " + std::to_string(format_) +
                            ", this program reads format " + std::to_string(layout::format) +
                            "; version " + word("needs") + " or newer is needed"};
  revision_ = number("revision");
  store_id_ = word("store_id");
  key_id_ = word_or_empty("key");
  for (auto const* const name : databases())
    records_ += count(handle_of(name));
  return {};
}

std::vector<char const*> data_file::databases() const {
  std::vector<char const*> found;
  for (auto const* const name : known_databases)
    // A store of an older format lacks the databases that came later.
    if (format_ == layout::format || has(name)) found.push_back(name);
  return found;
}

bool data_file::has(char const* database) const {
  MDB_dbi handle = 0;
  int const code = mdb_dbi_open(view_.get(), database, 0, &handle);
  if (code == MDB_NOTFOUND) return false;
  check("mdb_dbi_open", code, path_);
  return true;
}

unsigned data_file::handle_of(char const* database) const {
  MDB_dbi handle = 0;
  check("mdb_dbi_open", mdb_dbi_open(view_.get(), database, 0, &handle), path_);
  return handle;
}

std::uint64_t data_file::count(unsigned database) const {
  MDB_stat status{};
  check("mdb_stat", mdb_stat(view_.get(), database, &status), path_);
  return status.ms_entries;
}

std::string data_file::word(char const* key) const {
  MDB_val name = to_value(key);
  MDB_val value{};
  check("mdb_get", mdb_get(view_.get(), handle_of(layout_keys::meta), &name, &value), path_);
  record_reader fields(layout_keys::meta, {.key = key, .value = to_view(value)});
  return std::string(fields.rest());
}

std::string data_file::word_or_empty(char const* key) const {
  MDB_val name = to_value(key);
  MDB_val value{};
  int const code = mdb_get(view_.get(), handle_of(layout_keys::meta), &name, &value);
  return code == MDB_NOTFOUND ? std::string() : word(key);
}

std::uint64_t data_file::number(char const* key) const {
  return layout_keys::parse_number(key, word(key));
}

void data_file::for_each(
    std::function<void(char const* database, lmdb::entry const& record)> const& visit) const {
  for (auto const* const name : databases())
    for_each_of(name, [&](lmdb::entry const& record) { visit(name, record); });
}

void data_file::for_each_of(char const* database,
                            std::function<void(lmdb::entry const& record)> const& visit) const {
  auto const handle = handle_of(database);
  auto const expected = count(handle);
  std::uint64_t seen = 0;
  cursor_owner const at(view_.get(), handle, path_);
  MDB_val key{};
  MDB_val value{};
  int code = mdb_cursor_get(at.get(), &key, &value, MDB_FIRST);
  for (; code == MDB_SUCCESS; code = mdb_cursor_get(at.get(), &key, &value, MDB_NEXT)) {
    lmdb::entry const record{.key = to_view(key), .value = to_view(value)};
    record_reader const checked(database, record);
    // A branch page that is damaged may lead the cursor to a page that a search does not reach.
    MDB_val again{};
    check("mdb_get", mdb_get(view_.get(), handle, &key, &again), path_);
    if (++seen > expected || again.mv_data != value.mv_data)
      throw damaged_record(database, record.key, "the record is not in its place");
    visit(record);
  }
  if (code != MDB_NOTFOUND) throw lmdb_error("mdb_cursor_get", code, path_);
  if (seen != expected) throw lmdb_error("counting records", MDB_CORRUPTED, path_);
}

} // namespace cfgd::store
