#pragma once

#include "store/layout.hpp"
#include "store/model.hpp"

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

/// A key and what lies below it, or all keys, by their texts.
class key_filter {
 public:
  explicit key_filter(std::optional<key> const& prefix)
      : prefix_(prefix ? prefix->str() : std::string()) {}
  bool operator()(std::string_view key_text) const;
  bool takes_all() const { return prefix_.empty(); }

 private:
  std::string prefix_;
};

/// A change, to be looked at like one in its record. Valid as long as the change.
change_view view_of(change const& one);

/// The leaves that changed in a piece of history, with what they were before it and after it.
class unwinding {
 public:
  /// Which keys count, by their texts.
  using filter = std::function<bool(std::string_view key_text)>;
  explicit unwinding(filter which) : which_(std::move(which)) {}

  /// Takes the next older change; what its views point to must stay.
  void add(change_view const& older);

  struct leaf {
    std::string_view before; ///< empty: absent
    std::string_view after;
    bool secret = false; ///< in one of the changes
  };
  std::unordered_map<std::string_view, leaf> const& leaves() const { return leaves_; }

  /// The namespaces with such leaves as they were before that history; `now` are texts after it. A
  /// document without members: there was no leaf.
  using documents = std::map<std::string, boost::json::object, std::less<>>;
  enum class secrets : std::uint8_t { kept, left_out };
  documents undo(std::map<std::string, std::string_view> const& now, secrets how) const;

 private:
  filter which_;
  std::unordered_map<std::string_view, leaf> leaves_;
};

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
