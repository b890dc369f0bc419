#include "store/snapshot.hpp"

#include "engine/evaluate.hpp"
#include "store/blame.hpp"
#include "store/history.hpp"
#include "store/layout.hpp"

#include <algorithm>

// A question is answered from a model in memory and the history on disk. The transaction may be a
// later one than the model: history only grows at its end, where the model bounds it, and is
// trimmed at its beginning, which the transaction sees. So the two need not be taken at the same
// time, and the thread that commits never waits for a reader.

namespace cfgd::store {
namespace {

/// The owner of the store waits at the gate.
struct wanted {};

} // namespace

revision_number reading::revision() const { return now_.revision; }

history_page reading::log(history_query const& asked, std::size_t maximum_bytes) const {
  return read_log(records_, in_, now_, asked, maximum_bytes);
}

result<std::vector<key_change>> reading::differences(revision_number from, revision_number to,
                                                     std::optional<key> const& prefix) const {
  return differences_between(records_, in_, now_, {from, to}, prefix);
}

result<std::map<std::string, std::string>>
reading::values_at(revision_number revision, std::span<std::string const> name_spaces) const {
  return shown_texts_at(records_, in_, now_, revision, name_spaces);
}

result<blamed_keys> reading::blame(std::string_view name_space) const {
  return blame_namespace(records_, in_, now_, name_space);
}

history_slice reading::changes_after(revision_number after, std::size_t maximum_bytes) const {
  return read_changes_after(records_, in_, now_, after, maximum_bytes);
}

result<explanation> reading::explain(value_path const& which) const {
  result<explanation> all = explanation();
  if (auto const* const found = engine::find_namespace(now_, which.base.name_space()))
    all = engine::explain(*found, which);
  if (all) all->revision = now_.revision;
  return all;
}

bool reading::has_secrets(std::string_view name_space) const {
  auto const* const found = engine::find_namespace(now_, name_space);
  return found != nullptr && found->schema && found->schema->what->has_secrets();
}

bool reading::is_secret(std::string_view name_space, std::span<std::string const> path) const {
  auto const* const found = engine::find_namespace(now_, name_space);
  return found != nullptr && found->schema && found->schema->what->is_secret(path);
}

// A validator of its own: the one of the store belongs to the thread that commits.
result<std::vector<issue>>
reading::validate(std::string_view name_space, boost::json::object const* document,
                  std::function<bool(std::string_view name_space)> const& may_read) const {
  auto const* const found = engine::find_namespace(now_, name_space);
  if (found == nullptr) return error{.code = errc::not_found, .subject = std::string(name_space)};
  engine::validator policy_validator(bounds_);
  policy_validator.check_often(check_);
  return engine::validate_namespace(now_, policy_validator, *found, document, may_read);
}

history_reader::outcome history_reader::run(snapshot const& with, age how,
                                            std::function<void()> const& check,
                                            std::function<void(reading const&)> const& work) {
  reader_gate::visit const inside(where_->gate);
  if (where_->opened == nullptr) return outcome::stale;
  std::function<void()> const check_all = [&] {
    if (where_->gate.is_wanted()) throw wanted();
    check();
  };
  try {
    // Reading a page behind the end of a file that was truncated would end the process.
    if (!where_->opened->is_whole()) return outcome::stale;
    auto view = lmdb::read_transaction::try_begin(*where_->opened, check_all);
    if (!view) return outcome::stale;
    auto const& records = *where_->records;
    bool const is_newest = view->id() == with.transaction && where_->generation == with.generation;
    bool const is_same = is_newest || (records.id(*view) == with.store_id &&
                                       records.revision(*view) >= with.state->revision);
    if (!is_same || (how == age::newest && !is_newest)) return outcome::stale;
    work(reading(*with.state, records, *view, bounds_, check_all));
    return outcome::done;
  } catch (wanted const&) {
    return outcome::interrupted;
  }
}

} // namespace cfgd::store
