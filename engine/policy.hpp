#pragma once

#include "core/limits.hpp"
#include "engine/records.hpp"
#include "engine/rules/rules.hpp"
#include "engine/schema/schema.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

/// Schemas and rules: from the files that say them to what is in force.
namespace cfgd::engine {

struct source_record;
using source_records = std::map<source_id, std::shared_ptr<source_record const>>;

/// A document that schemas are made of.
struct schema_document {
  std::shared_ptr<source_record const> source;
  /// The same as the source's, as schemas want it.
  std::shared_ptr<boost::json::value const> value;
};

/// The schema of a namespace.
struct namespace_schema {
  std::shared_ptr<source_record const> source;
  std::shared_ptr<schema::schema const> what;
  /// The documents that it points into.
  std::vector<std::shared_ptr<boost::json::value const>> parts;
};

/// A rule, and what it said when it last ran.
struct rule_status {
  std::shared_ptr<rules::rule const> what;
  source_id from;
  bool has_run = false;
  rules::verdict last = {};
};

/// Everything that judges values. Immutable once it is in force; copies share what did not change.
struct policy {
  /// All that is known, in force or not.
  source_records sources = {};
  std::map<std::string, schema_document, std::less<>> documents = {}; ///< by URI
  std::map<std::string, std::shared_ptr<namespace_schema const>, std::less<>> schemas = {};
  std::vector<rule_status> rules = {};
};

/// Makes schemas and rules from `next.sources`, those of `before` again where none of their files
/// has changed. A layer's file hides that of the same name in the layers below; of several for one
/// namespace the last one counts. Returns what is wrong, by source; such a source is left out.
/// Errors in it: invalid (with the place, and all issues).
std::map<source_id, error> compile(policy& next, policy const& before, limits const& bounds);

/// Stands in for a schema that was in force and does not compile any more: it lets everything pass,
/// and everything is a secret. compile() keeps it as long as its source is not another one.
std::shared_ptr<namespace_schema const> hiding_schema(std::shared_ptr<source_record const> source,
                                                      limits const& bounds);

/// The default layer that a schema makes; null: none.
boost::json::object const* defaults_of(namespace_schema const* schema);

/// The value without its secrets.
boost::json::value without_secrets(boost::json::value const& whole, schema::schema const& by);

} // namespace cfgd::engine
