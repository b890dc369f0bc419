#pragma once

#include "core/json.hpp"
#include "core/limits.hpp"
#include "engine/rules/rules.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cfgd::test {

/// Namespaces for rules, as one JSON object of all of them.
class rule_world {
 public:
  explicit rule_world(std::string_view text) : spaces_(json::parse(text).value()) {}

  void hide(std::vector<std::string> parts) { secrets_.insert(std::move(parts)); }

  rules::world world() {
    return {.value = [this](std::string_view name) { return find(name); },
            .is_secret =
                [this](std::string_view name, std::span<std::string const> path) {
                  std::vector<std::string> parts{std::string(name)};
                  parts.insert(parts.end(), path.begin(), path.end());
                  return secrets_.contains(parts);
                }};
  }

  rules::verdict run(std::string check, limits const& bounds = {}) {
    rules::engine engine(bounds);
    return engine.run({.name = "rule", .check = std::move(check)}, world());
  }

  /// What was asked for, in this order.
  std::vector<std::string> const& asked() const { return asked_; }

 private:
  boost::json::value const* find(std::string_view name) {
    asked_.emplace_back(name);
    return spaces_.get_object().if_contains(name);
  }

  boost::json::value spaces_;
  std::set<std::vector<std::string>> secrets_;
  std::vector<std::string> asked_;
};

inline char const* kind_of(rules::verdict const& what) {
  switch (what.what) {
    using enum rules::verdict::kind;
  case holds:
    return "holds";
  case fails:
    return "fails";
  case broken:
    return "broken";
  case unknown:
    return "unknown";
  }
  return "?";
}

/// "holds", "broken: message"
inline std::string described(rules::verdict const& what) {
  std::string text = kind_of(what);
  return what.message.empty() ? text : text + ": " + what.message;
}

} // namespace cfgd::test
