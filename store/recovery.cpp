#include "store/recovery.hpp"

#include "store/copies.hpp"
#include "store/guarded.hpp"
#include "store/layout.hpp"
#include "store/restoring.hpp"
#include "store/store_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

// A damaged store must not keep the service from starting: the files are there, and so is a copy of
// the overrides. Nothing is deleted: the damaged store is renamed, in the step that puts the new
// one in its place. Where only records are damaged, the store stays and they are mended in it.
//
// A damaged page may also end the process. The file "opening" exists while a store is opened and
// read. Whoever finds it knows that its predecessor did not come to the end of that, by a fault or
// by a kill, and first has the store read by a child process.

namespace cfgd::store {
namespace {

namespace fs = std::filesystem;

constexpr char const* damaged_prefix = "data.damaged.";
constexpr std::size_t damaged_kept = 3;

class opening_mark {
 public:
  explicit opening_mark(fs::path const& state) : path_(state / "opening") {
    std::error_code ignored;
    was_there_ = fs::exists(path_, ignored);
  }
  ~opening_mark() {
    if (made_) ::unlink(path_.c_str());
  }
  opening_mark(opening_mark const&) = delete;
  opening_mark& operator=(opening_mark const&) = delete;

  bool was_there() const { return was_there_; }
  /// Without it, the store is opened all the same.
  void make() {
    unique_fd const file(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    made_ = static_cast<bool>(file);
  }

 private:
  fs::path path_;
  bool was_there_ = false;
  bool made_ = false;
};

bool is_damage(error const& why) { return why.code == errc::invalid && why.used == 0; }

/// What happens to a process that opens the store; absent: it survives.
std::optional<error> try_in_child(fs::path const& directory, limits const& bounds,
                                  key_sources const& where) {
  auto const tried = run_guarded(
      [&](progress_report const&) -> result<std::string> {
        std::ignore = config_store::open(directory, bounds, where);
        return std::string();
      },
      [](std::uint64_t, std::uint64_t) {});
  if (tried || tried.error().code != errc::invalid) return std::nullopt;
  return tried.error();
}

/// config_store::open(); where single records are damaged, after mending them.
result<std::unique_ptr<config_store>> open_mended(fs::path const& directory, limits const& bounds,
                                                  key_sources const& where, wall_time now,
                                                  mending& found) {
  auto opened = config_store::open(directory, bounds, where);
  if (!opened) {
    if (!is_damage(opened.error())) return opened;
    auto const done = mend_records(directory, bounds, where);
    if (!done || done->empty()) return opened; // the first error says more
    opened = config_store::open(directory, bounds, where);
    if (!opened) return opened;
  }
  try {
    found = (*opened)->unsettled();
    if (!found.empty()) (*opened)->settle(found, now);
  } catch (lmdb_error const& failure) {
    return store_file::opening_error(failure, directory);
  }
  return opened;
}

/// Why there is no store to open; absent: there is one, or there never was.
std::optional<error> find_absence(fs::path const& directory) {
  std::error_code failed;
  if (fs::exists(directory / "data" / "data.mdb", failed) || failed) return std::nullopt;
  if (list_copies(directory).empty()) return std::nullopt;
  return error{.code = errc::invalid,
               .message = "the store is missing, and there are copies of it",
               .subject = (directory / "data").string()};
}

void remove_older_damaged(fs::path const& state) {
  auto const all = list_damaged(state);
  std::error_code ignored;
  for (std::size_t index = damaged_kept; index < all.size(); ++index)
    fs::remove_all(all[index], ignored);
}

/// Whether the key that a copy is sealed with is here.
bool is_readable(fs::path const& copy, result<found_keys> const& known) {
  auto const facts = verify_backup(copy, [](std::uint64_t, std::uint64_t) {});
  if (!facts || facts->key_id.empty()) return facts.has_value();
  auto const fits = [&facts](std::shared_ptr<sealer const> const& one) {
    return one && one->id_text() == facts->key_id;
  };
  return known && (fits(known->current) || fits(known->other));
}

/// Puts the newest intact copy, or an empty store, in the place of the damaged one.
result<recovery> recover(fs::path const& directory, error const& why, wall_time now,
                         key_sources const& where) {
  auto const held = state_directory::open(directory);
  if (!held) return held.error();
  recovery out{.why = to_string(why), .is_older = false, .kept = {}, .copy = {}};
  restore_question asked{.state = directory, .file = {}, .now = now, .kept_as = damaged_prefix};
  auto const all = list_copies(directory);
  // A store whose key is gone would not be opened.
  auto const known_keys = find_keys(directory, where);
  auto ordered = all;
  std::stable_partition(ordered.begin(), ordered.end(), [&known_keys](fs::path const& copy) {
    return is_readable(copy, known_keys);
  });
  for (auto const& copy : ordered) {
    asked.file = copy;
    auto done = restore_into(*held, asked);
    if (!done && done.error().code != errc::invalid) return done.error();
    if (!done) continue;
    out.copy = done->facts.revision;
    out.continues = done->continues;
    out.kept = std::move(done->old);
    return out;
  }
  auto const known = all.empty() ? 0 : revision_of_copy(all.front());
  out.continues = next_revision(known, read_revision(held->data_file()));
  auto kept = replace_store(*held, asked, [&out](fs::path const& empty) {
    store_file::make_store(empty, out.continues);
  });
  if (!kept) return kept.error();
  out.kept = std::move(*kept);
  return out;
}

/// Why a store must not go on where it is; absent: no copy is newer.
std::optional<error> find_newer_copy(fs::path const& directory, revision_number at) {
  auto const all = list_copies(directory);
  auto const copied = all.empty() ? 0 : revision_of_copy(all.front());
  if (copied <= at) return std::nullopt;
  return error{.code = errc::conflict,
               .message = "the store has revision " + std::to_string(at) +
                          ", and a copy beside it has " + std::to_string(copied),
               .subject = (directory / "data").string(),
               .used = copied};
}

/// Somebody has put an older store in its place, which is a restore by hand.
result<recovery> go_on_above(fs::path const& directory, error const& why, wall_time now) {
  auto const held = state_directory::open(directory);
  if (!held) return held.error();
  auto done = restore_into(*held, {.state = directory,
                                   .file = held->data_file(),
                                   .now = now,
                                   .kept_as = "data.replaced.",
                                   .had = why.used});
  if (!done) return done.error();
  return recovery{.why = to_string(why),
                  .is_older = true,
                  .kept = std::move(done->old),
                  .copy = done->facts.revision,
                  .continues = done->continues};
}

} // namespace

std::vector<fs::path> list_damaged(fs::path const& state) {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (auto const& entry : fs::directory_iterator(state, ignored))
    if (entry.path().filename().string().starts_with(damaged_prefix)) found.push_back(entry.path());
  std::ranges::sort(found, std::ranges::greater{}); // the names have the time
  return found;
}

result<recovered_store> open_or_recover(fs::path const& directory, limits const& bounds,
                                        wall_time now, key_sources const& where) {
  opening_mark mark(directory);
  auto why = find_absence(directory);
  if (!why && mark.was_there()) why = try_in_child(directory, bounds, where);
  if (!why) {
    mark.make();
    mending found;
    auto opened = open_mended(directory, bounds, where, now, found);
    if (!opened && !is_damage(opened.error())) return opened.error();
    why = opened ? find_newer_copy(directory, (*opened)->revision()) : opened.error();
    if (!why)
      return recovered_store{
          .store = std::move(*opened), .recovered = {}, .mended = std::move(found.done)};
  }
  try {
    auto done = why->code == errc::conflict ? go_on_above(directory, *why, now)
                                            : recover(directory, *why, now, where);
    if (!done) return done.error();
    remove_older_damaged(directory);
    mark.make();
    auto opened = config_store::open(directory, bounds, where);
    if (!opened) return opened.error();
    return recovered_store{.store = std::move(*opened), .recovered = std::move(*done)};
  } catch (lmdb_error const& failure) {
    return error{.code = errc::io, .message = failure.what(), .subject = directory.string()};
  }
}

} // namespace cfgd::store
