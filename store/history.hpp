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

/// What history tells: it is read from its newest change on, for that is where the present stands.
/// Functions throw lmdb_error. `now` is the model that the transaction sees.
namespace cfgd::store {

/// Errors of all that ask for a revision: not_found (used, maximum: the oldest and the newest that
/// may be asked for). The revision before the oldest change can still be told.

history_page read_log(layout const& records, lmdb::transaction& in, model const& now,
                      history_query const& asked, std::size_t maximum_bytes);

/// Effective texts of one namespace, or of all if that is empty, with secrets.
[[nodiscard]] result<std::map<std::string, std::string>>
texts_at(layout const& records, lmdb::transaction& in, model const& now, revision_number at,
         std::string const& name_space);

/// The same of several, or of all if there are none, without secrets.
[[nodiscard]] result<std::map<std::string, std::string>>
shown_texts_at(layout const& records, lmdb::transaction& in, model const& now, revision_number at,
               std::span<std::string const> name_spaces);

/// As config_store::differences.
[[nodiscard]] result<std::vector<key_change>>
differences_between(layout const& records, lmdb::transaction& in, model const& now,
                    std::pair<revision_number, revision_number> from_to,
                    std::optional<key> const& prefix);

} // namespace cfgd::store
