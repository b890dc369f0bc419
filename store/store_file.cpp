#include "store/store_file.hpp"

#include "core/durable_file.hpp"
#include "store/restoring.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <chrono>
#include <tuple>
#include <utility>

// The map is address space, not memory, but it also limits the size of the file. So it starts small
// and is doubled between transactions when it is full. Part of the limit is reserved for
// transactions that erase: LMDB writes changed pages to new places, so without free pages nothing
// can be erased either, and a full store would stay full for ever.

namespace cfgd::store {
namespace {

constexpr std::size_t least_map_bytes = 16 * 1024 * 1024;
constexpr std::size_t most_reserve_bytes = 1024 * 1024;
constexpr std::size_t page_bytes = 4096;

std::size_t whole_pages(std::size_t bytes) { return bytes & ~(page_bytes - 1); }

/// An upgrade may rewrite every record before a page of the old ones can be reused. So the file may
/// exceed its limit once; its free pages are used first afterwards.
/// The index by key may take more than the changes do.
void make_room_for_all(lmdb::environment& old) {
  old.set_map_bytes(std::max(old.map_bytes(), whole_pages(old.used_bytes() * 8) + least_map_bytes));
}

/// LMDB reuses pages two transactions after the one that freed them. The map may be full for the
/// next one, so it is made here, where there is room.
void make_pages_reusable(lmdb::environment& in) {
  lmdb::write_transaction next(in);
  layout(next).touch(next);
  next.commit();
}

void upgrade(lmdb::environment& old, std::shared_ptr<key_ring const> keys) {
  make_room_for_all(old);
  lmdb::write_transaction all(old);
  layout::upgrade(all, std::move(keys));
  all.commit();
  make_pages_reusable(old);
}

void reseal(lmdb::environment& opened, std::shared_ptr<key_ring const> const& keys) {
  make_room_for_all(opened);
  lmdb::write_transaction all(opened);
  // An older one has no sealed records, and lacks databases.
  if (layout::check_format(all).value() != layout::format) return;
  std::ignore = layout(all, keys).reseal(all);
  all.commit();
  make_pages_reusable(opened);
}

} // namespace

void store_file::make_store(std::filesystem::path const& empty, revision_number continues) {
  lmdb::environment made(
      empty,
      {.map_bytes = least_map_bytes, .databases = layout::database_count, .is_private = true});
  lmdb::write_transaction first(made);
  layout::create(first, wall_now());
  if (continues > 0) layout::continue_at(first, continues);
  first.commit();
}

store_file::lost_store::lost_store(std::string const& message) : lmdb_error(message, ESTALE) {}

store_file::store_file(state_directory&& place, limits const& bounds)
    : place_(std::move(place)), maximum_bytes_(bounds.store_bytes) {}

result<store_file> store_file::open(std::filesystem::path const& directory, limits const& bounds,
                                    key_sources const& where) {
  auto held = state_directory::open(directory);
  if (!held) return held.error();
  store_file made(std::move(*held), bounds);
  try {
    if (auto const provided = made.place_.provide([](auto const& empty) { make_store(empty, 0); });
        !provided)
      return provided.error();
    // Older formats lack some databases, so the format is checked before databases are opened.
    lmdb::environment first(made.place_.data(), {.map_bytes = made.first_map_bytes(),
                                                 .databases = layout::database_count});
    auto const known = [&first] {
      lmdb::read_transaction view(first);
      return layout::check_format(view);
    }();
    if (!known) return known.error();
    if (auto const found = made.take_keys(where); !found) return found.error();
    if (auto const fit = made.check_keys(first); !fit) return fit.error();
    if (*known != layout::format) upgrade(first, made.keys_);
  } catch (lmdb_error const& failure) {
    return opening_error(failure, directory);
  }
  return made;
}

error store_file::opening_error(lmdb_error const& failure, std::filesystem::path const& directory) {
  bool const is_sealed = dynamic_cast<sealed_record const*>(&failure) != nullptr;
  bool const is_damaged = failure.damaged() || failure.not_found();
  return {.code = is_sealed    ? errc::untrusted
                  : is_damaged ? errc::invalid
                               : errc::io,
          .message = failure.what(),
          .subject = directory.string()};
}

lmdb::environment& store_file::environment() {
  if (known_) check_names();
  if (environment_) return *environment_;
  auto opened = std::make_unique<lmdb::environment>(
      place_.data(), lmdb::environment::options{.map_bytes = first_map_bytes(),
                                                .databases = layout::database_count,
                                                .gate = &shared_->gate});
  // A process that died in a read transaction would keep its pages from being reused.
  opened->check_readers();
  lmdb::read_transaction view(*opened);
  records_.emplace(view, keys_);
  view.keep_databases();
  environment_ = std::move(opened);
  {
    reader_gate::pause const alone(shared_->gate);
    shared_->opened = environment_.get();
    shared_->records = &*records_;
    ++shared_->generation;
  }
  if (!known_)
    if (auto const found = identify()) known_ = *found;
  return *environment_;
}

void store_file::close() {
  if (!environment_) return;
  {
    reader_gate::pause const alone(shared_->gate);
    shared_->opened = nullptr;
    shared_->records = nullptr;
  }
  environment_.reset();
}

result<store_file::identity> store_file::identify() const {
  struct stat status {};
  if (::stat(data_file().c_str(), &status) != 0) return system_error("stat", errno, data_file());
  return identity{.device = status.st_dev, .inode = status.st_ino, .bytes = status.st_size};
}

/// Why the names do not lead to our files; empty: they do.
std::string store_file::find_loss() {
  auto const now = identify();
  if (!now) return "it was removed (" + to_string(now.error()) + ')';
  if (now->device != known_->device || now->inode != known_->inode)
    return "another file is in its place";
  // Reading a page behind the end would end the process.
  if (now->bytes < known_->bytes)
    return "it was truncated from " + std::to_string(known_->bytes) + " to " +
           std::to_string(now->bytes) + " bytes";
  if (!place_.has_lock())
    if (auto const locked = lock_again(); !locked)
      return "the lock file beside it was removed: " + to_string(locked.error());
  known_->bytes = now->bytes;
  return {};
}

result<void> store_file::lock_again() {
  auto again = state_directory::open(directory());
  if (!again) return again.error();
  place_ = std::move(*again);
  return {};
}

void store_file::check_names() {
  if (lost_.empty()) lost_ = find_loss();
  if (!lost_.empty()) give_up(lost_);
}

void store_file::mark_lost(std::string const& why) {
  if (lost_.empty()) lost_ = why;
}

void store_file::give_up(std::string const& why) {
  mark_lost(why);
  throw lost_store("the store '" + data_file().string() + "' is lost: " + lost_);
}

std::string store_file::describe_space(lmdb_error const& failure) const {
  constexpr std::uintmax_t little = 1024 * 1024;
  std::error_code unknown;
  auto const space = std::filesystem::space(directory(), unknown);
  bool const is_full = failure.writing_failed() && !unknown && space.available < little;
  return is_full ? " (the file system of '" + directory().string() + "' is full)" : std::string();
}

result<void> store_file::rebuild(std::function<void(std::filesystem::path const&)> const& make,
                                 wall_time now) {
  close();
  if (!place_.has_lock())
    if (auto const locked = lock_again(); !locked) return locked.error();
  auto const replaced = replace_store(
      place_, {.state = directory(), .file = {}, .now = now, .kept_as = "data.replaced."}, make);
  if (!replaced) return replaced.error();
  known_.reset();
  lost_.clear();
  return {};
}

error store_file::lacks_key(std::string const& wanted) const {
  return {.code = errc::untrusted,
          .message = "the store is sealed with the key " + wanted + ", and the key here is " +
                     (keys_ ? keys_->current()->id_text() : "missing") + "; put the key " + wanted +
                     " there, as a backup of the machine has it, or move the directory '" +
                     place_.data().string() + "' and the copies beside it away to start without it",
          .subject = key_place_.string()};
}

// The key is made at the first start; for a store that is sealed it must be there.
result<void> store_file::take_keys(key_sources const& where) {
  auto found = find_keys(directory(), where);
  if (!found) return found.error();
  key_place_ = found->place;
  has_key_credential_ = found->is_credential;
  other_key_ = std::move(found->other);
  if (found->current) keys_ = std::make_shared<key_ring>(std::move(found->current));
  return {};
}

// A rotation may have ended after any of its steps: the store says which key it is sealed with.
result<void> store_file::check_keys(lmdb::environment& opened) {
  auto const wanted = [&opened] {
    lmdb::read_transaction view(opened);
    return layout::key_id(view);
  }();
  bool const fits_other = other_key_ && other_key_->id_text() == wanted;
  if (!keys_ && !wanted.empty() && !fits_other) return lacks_key(wanted);
  if (!keys_ && !fits_other) {
    auto made = make_key_file(key_place_);
    if (!made) return made.error();
    keys_ = std::make_shared<key_ring>(std::move(*made));
  }
  bool const fits = wanted.empty() || (keys_ && keys_->current()->id_text() == wanted);
  if (!fits && !fits_other) return lacks_key(wanted);
  if (!other_key_) return {};
  if (has_key_credential_ && fits) {
    keys_->add(other_key_); // a record may have been taken from a copy that has it
    return {};
  }
  if (has_key_credential_) {
    keys_->add(other_key_);
    reseal(opened, keys_);
    return {};
  }
  // An exchange of keys was interrupted. After a failure of the disk, both may be in use.
  auto const used = fits ? keys_->current() : other_key_;
  auto const unused = fits ? other_key_ : (keys_ ? keys_->current() : nullptr);
  keys_ = std::make_shared<key_ring>(used);
  if (unused) keys_->add(unused);
  reseal(opened, keys_);
  if (!fits) return adopt_new_key(directory());
  std::error_code ignored;
  std::filesystem::remove(new_key_file(directory()), ignored);
  return {};
}

// LMDB's writers wait while the copy is made: nothing is committed that it lacks.
result<void> store_file::compact(wall_time now) {
  {
    lmdb::write_transaction const nobody_else(environment());
    // After a crash, the next start removes the old file by this name.
    auto const replaced = replace_store(
        place_,
        {.state = directory(),
         .file = {},
         .old = restore_question::old_store::discard,
         .now = now,
         .kept_as = "data.new.compacted."},
        [this](std::filesystem::path const& empty) {
          environment_->copy_compacted(empty);
          // LMDB makes the copy with mode 0666 and the umask.
          std::filesystem::permissions(empty / "data.mdb", std::filesystem::perms::owner_read |
                                                               std::filesystem::perms::owner_write);
        });
    if (!replaced) return replaced.error();
  }
  close();
  known_.reset();
  return {};
}

// The reserve is at most an eighth of the limit, so that small stores are usable too.
std::size_t store_file::map_limit(purpose what) const {
  if (what == purpose::sealing) return whole_pages(maximum_bytes_ * 4) + least_map_bytes;
  auto const reserve = std::min(most_reserve_bytes, maximum_bytes_ / 8);
  return whole_pages(what == purpose::erasing ? maximum_bytes_ : maximum_bytes_ - reserve);
}

// Twice the size of the file, so that a daemon does not have to grow the map soon after its start.
std::size_t store_file::first_map_bytes() const {
  std::error_code absent;
  auto const size = std::filesystem::file_size(place_.data_file(), absent);
  auto const wanted = absent ? 0 : std::bit_ceil(static_cast<std::size_t>(size) * 2);
  return std::min(std::max(wanted, least_map_bytes), map_limit(purpose::any));
}

bool store_file::grow(purpose what) {
  auto& opened = environment();
  auto const now = opened.map_bytes();
  auto const limit = map_limit(what);
  if (now >= limit) return false;
  opened.set_map_bytes(std::min(now * 2, limit));
  return true;
}

} // namespace cfgd::store
