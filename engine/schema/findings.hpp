#pragma once

#include "core/error.hpp"
#include "engine/schema/program.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Issues of a document and their messages. No message contains a value of the document.
namespace cfgd::schema {

/// A value and its path. Lives on the stack of the evaluation, as does its parent.
struct instance {
  boost::json::value const* value = nullptr;
  instance const* parent = nullptr;
  /// Of a member.
  std::string_view name = {};
  /// Of an element.
  std::size_t index = 0;
};

/// The JSON pointer of a value, from its parents.
std::string pointer_of(instance const& at);

/// Collects issues: counts all and keeps up to `most`. Equal issues among the kept ones are counted
/// once. Not thread-safe.
class findings {
 public:
  explicit findings(std::size_t most) : most_(most) {}

  void add(issue what);
  /// Adds all issues of `other`.
  void add_all(findings const& other);
  /// Adds the warnings of `other` only.
  void add_warnings(findings const& other);

  std::size_t errors() const { return errors_; }
  std::size_t warnings() const { return warnings_; }
  std::vector<issue> const& kept() const { return kept_; }

  /// Errors first, then warnings, each in the order of the document; at most as many as are kept.
  std::vector<issue> in_order(boost::json::value const& document) const;

 private:
  std::size_t most_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
  std::vector<issue> kept_;
};

/// The alternative that was clearly intended, of several that do not match the value at `pointer`:
/// the only one whose type matches, whose fixed members (const, enum) match, or that has the fewest
/// errors. Null: it is not clear.
findings const* clearly_meant(std::span<findings const> alternatives, std::string_view pointer);

/// "a string or a number"
std::string describe_types(type_bits allowed);
/// `"daily"`; long ones are cut.
std::string describe_value(boost::json::value const& constant);
/// `one of "daily", "weekly"`
std::string describe_choices(boost::json::array const& choices);
/// "1 element", "2 elements"
std::string describe_count(std::size_t count, std::string_view thing);
/// 'name', cut if it is long
std::string quote_name(std::string_view name);

} // namespace cfgd::schema
