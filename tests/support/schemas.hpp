#pragma once

#include "core/json.hpp"
#include "engine/schema/schema.hpp"

#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::test {

/// Schemas by URI, as texts, and what is compiled of them.
class schema_shelf {
 public:
  static constexpr char const* main_uri = "file:///schemas/main.json";

  explicit schema_shelf(std::string_view main) { put(main_uri, main); }

  void put(std::string const& uri, std::string_view text) {
    documents_[uri] = json::parse(text).value();
  }

  result<std::shared_ptr<schema::schema const>> compile(schema::options const& how = {},
                                                        limits const& bounds = {}) const {
    auto const load = [this](std::string_view uri) -> boost::json::value const* {
      auto const found = documents_.find(uri);
      return found == documents_.end() ? nullptr : &found->second;
    };
    return schema::schema::compile(main_uri, load, bounds, how);
  }

 private:
  std::map<std::string, boost::json::value, std::less<>> documents_;
};

/// A schema that must be good.
class good_schema {
 public:
  explicit good_schema(std::string_view text, schema::options const& how = {},
                       limits const& bounds = {})
      : good_schema(schema_shelf(text), how, bounds) {}

  explicit good_schema(schema_shelf shelf, schema::options const& how = {},
                       limits const& bounds = {})
      : shelf_(std::move(shelf)) {
    auto compiled = shelf_.compile(how, bounds);
    BOOST_REQUIRE_MESSAGE(compiled, compiled.error());
    compiled_ = *compiled;
  }

  schema::schema const& operator*() const { return *compiled_; }
  schema::schema const* operator->() const { return compiled_.get(); }

  schema::verdict validate(std::string_view document) const {
    return compiled_->validate(json::parse(document).value());
  }

  /// "pointer [rule] message" of each issue.
  std::vector<std::string> say(std::string_view document) const {
    std::vector<std::string> out;
    for (auto const& one : validate(document).issues)
      out.push_back(one.pointer + " [" + one.rule + "] " + one.message);
    return out;
  }

 private:
  schema_shelf shelf_;
  std::shared_ptr<schema::schema const> compiled_;
};

} // namespace cfgd::test
