#pragma once

#include "client/call_error.hpp"
#include "client/types.hpp"
#include "core/value_path.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <vector>

namespace cfgd::client::detail {

/// A transaction with keys that lead into arrays, which the service sets only as a whole. A driver
/// reads arrays(), sets what apply() gives, and does both again while retries() says so: the
/// revision that was read is the condition of the change. No I/O.
class element_change {
 public:
  /// Whether a transaction has such a key.
  static bool is_needed(transaction const& what);
  /// Errors: refused (BadKey).
  [[nodiscard]] static result<element_change> parse(transaction what);

  /// The keys of the arrays.
  std::vector<std::string> const& arrays() const { return arrays_; }
  /// The transaction with whole arrays, for the revision of `found`. Errors: refused (BadKey; and
  /// RevisionMismatch if an array that has an index in the transaction changed since the first
  /// call: the index may mean another element now).
  [[nodiscard]] result<transaction> apply(snapshot const& found);
  /// Whether the arrays are to be read again, after the service has rejected the change.
  bool retries(call_error const& why);

 private:
  struct edit {
    value_path where;
    boost::json::value value; ///< not of an unset
  };

  [[nodiscard]] result<void> add(std::vector<edit>& to, std::string const& key,
                                 boost::json::value value);
  bool is_stale(boost::json::object const& found) const;
  /// Changes the arrays. The elements that were given as texts. Errors: bad_key.
  [[nodiscard]] cfgd::result<std::vector<value_path>> change(boost::json::object& arrays) const;

  transaction what_; ///< without the keys that have an index
  std::vector<edit> set_;
  std::vector<edit> unset_; ///< the last elements first, so that the other indexes stay right
  std::vector<std::string> arrays_;
  std::optional<boost::json::object> first_; ///< the arrays when they were read first
  int attempts_ = 0;
};

} // namespace cfgd::client::detail
