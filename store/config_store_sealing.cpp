#include "engine/secret_changes.hpp"
#include "store/config_store_impl.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

// Sealing what the store has, and exchanging the key. Each step leaves a store that opens:
//
//   1. state/key.new is written    the store is sealed with state/key; the next start removes
//   key.new
//   2. one transaction seals all   the store is sealed with key.new; the next start makes it the
//   key
//      (a commit that was reported as failed may be durable nevertheless: both keys are kept then)
//   3. key.new is renamed to key   old values are in free pages and copies, and the store says so:
//                                  the next start goes on with 4
//   4. the file is compacted, and the copies are made anew
//
// Stores that were kept after damage or a restore are not sealed again but removed: some of them
// cannot be read, and whoever exchanges a key wants the old one to open nothing any more.

namespace cfgd::store {
namespace {

namespace fs = std::filesystem;

/// The stores in a state directory that cfgd does not use any more.
std::vector<fs::path> list_old_stores(fs::path const& state) {
  static constexpr std::array<std::string_view, 3> prefixes{"data.damaged.", "data.old.",
                                                            "data.replaced."};
  std::vector<fs::path> found;
  std::error_code ignored;
  for (auto const& entry : fs::directory_iterator(state, ignored)) {
    auto const name = entry.path().filename().string();
    if (std::ranges::any_of(prefixes, [&name](auto prefix) { return name.starts_with(prefix); }))
      found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

} // namespace

std::string config_store::impl::sealed_with() {
  lmdb::read_transaction view(file.environment());
  return layout::key_id(view);
}

void config_store::impl::seal_all() {
  auto const names = engine::namespaces_with_secrets(state);
  bool const is_new = std::ranges::any_of(
      names, [this](std::string const& name) { return !who.sealed.contains(name); });
  if (is_new)
    transact(
        [&](lmdb::write_transaction& in) {
          std::ignore = file.records().seal(in, {names.begin(), names.end()});
          return true;
        },
        store_file::purpose::sealing);
  who.sealed.insert(names.begin(), names.end());
  remove_traces(wall_now());
}

void config_store::impl::remove_traces(wall_time now) {
  auto const left = [this] {
    lmdb::read_transaction view(file.environment());
    return file.records().has_traces(view);
  };
  // What was committed before is durable: a failure here is not one of it.
  try {
    traces.clear();
    if (!left()) return;
    if (auto const done = file.compact(now); !done) {
      traces = to_string(done.error());
      return;
    }
    // Ids of transactions begin again. If opening fails, or another process has committed already,
    // the next call loads everything.
    seen = 0;
    if (auto const last = file.environment().last_transaction(); last == 1) seen = last;
    kept.start_over();
    for (auto const& copy : list_copies(file.directory()))
      fs::remove(copy);
    kept.finish(state, who);
    traces = kept.failure();
    if (!traces.empty()) return;
    transact([this](lmdb::write_transaction& in) {
      file.records().forget_traces(in);
      return true;
    });
  } catch (lmdb_error const& failure) {
    file.close(); // what was committed is; the file says that there are traces
    note_loss(failure);
    traces = failure.what();
  } catch (fs::filesystem_error const& failure) {
    traces = failure.what();
  }
}

result<config_store::rotated_key> config_store::rotate_key(wall_time now) {
  auto& file = impl_->file;
  if (file.has_key_credential())
    return error{.code = errc::read_only,
                 .message = "the key is the systemd credential cfgd.key: make a new one, keep the "
                            "old one as the credential cfgd.key.old, and restart cfgd",
                 .subject = key_credential};
  auto const next = new_key_file(file.directory());
  auto made = make_key_file(next);
  if (!made) return made.error();
  rotated_key out{.id = (*made)->id_text()};
  auto const before = file.keys()->current();
  file.keys()->use(*made);
  try {
    impl_->transact(
        [&](lmdb::write_transaction& in) {
          out.records = file.records().reseal(in);
          return true;
        },
        store_file::purpose::sealing);
  } catch (lmdb_error const& failure) {
    file.close();
    file.keys()->use(before);
    if (impl_->sealed_with() == before->id_text()) {
      std::error_code ignored;
      fs::remove(next, ignored);
    }
    return error{.code = errc::store_failed, .message = failure.what()};
  }
  if (auto const adopted = adopt_new_key(file.directory()); !adopted) return adopted.error();
  impl_->remove_traces(now);
  out.traces = impl_->traces;
  for (auto& one : list_old_stores(file.directory())) {
    std::error_code failed;
    fs::remove_all(one, failed);
    (failed ? out.old : out.removed).push_back(std::move(one));
  }
  return out;
}

std::string config_store::key_id() const { return impl_->file.keys()->current()->id_text(); }

bool config_store::has_key_credential() const { return impl_->file.has_key_credential(); }

} // namespace cfgd::store
