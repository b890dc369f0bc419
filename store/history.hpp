#pragma once

#include "store/layout.hpp"
#include "store/types.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

/// Questions to history. It is read backwards from the newest change, because the current state is
/// the only one that is kept. `now` is the model of the same transaction as `in`, or of an
/// earlier one: later changes are not looked at. The results are
/// copies. The time grows with the changes since the revision in question. All functions throw
/// lmdb_error, and damaged_record if a record is damaged.
namespace cfgd::store {

/// All functions that take a revision: errors: not_found (used, maximum: the oldest and the newest
/// revision that are known). The state before the oldest change that is kept is still known.

/// The changes that match a query, newest first: about `maximum_bytes` of them, but at least one.
history_page read_log(layout const& records, lmdb::transaction& in, model const& now,
                      history_query const& asked, std::size_t maximum_bytes);

/// See config_store::changes_after().
history_slice read_changes_after(layout const& records, lmdb::transaction& in, model const& now,
                                 revision_number after, std::size_t maximum_bytes);

/// Effective texts of one namespace at a revision, or of all if the name is empty, with secrets.
[[nodiscard]] result<std::map<std::string, std::string>>
texts_at(layout const& records, lmdb::transaction& in, model const& now, revision_number at,
         std::string const& name_space);

/// The same of several namespaces, or of all if the list is empty, without secrets.
[[nodiscard]] result<std::map<std::string, std::string>>
shown_texts_at(layout const& records, lmdb::transaction& in, model const& now, revision_number at,
               std::span<std::string const> name_spaces);

/// See config_store::differences().
[[nodiscard]] result<std::vector<key_change>>
differences_between(layout const& records, lmdb::transaction& in, model const& now,
                    std::pair<revision_number, revision_number> from_to,
                    std::optional<key> const& prefix);

} // namespace cfgd::store
