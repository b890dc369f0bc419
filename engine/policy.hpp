#pragma once

#include "core/limits.hpp"
#include "engine/access/entries.hpp"
#include "engine/access/locked.hpp"
#include "engine/records.hpp"
#include "engine/rules/rules.hpp"
#include "engine/schema/schema.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

/// The policy: schemas, rules and access files, compiled from their files.
namespace cfgd::engine {

struct source_record;
using source_records = std::map<source_id, std::shared_ptr<source_record const>>;

/// A document that schemas are compiled from.
struct schema_document {
  std::shared_ptr<source_record const> source;
  /// The document of the source as one JSON value, which compiled schemas point into.
  std::shared_ptr<boost::json::value const> value;
};

/// The schema of a namespace.
struct namespace_schema {
  std::shared_ptr<source_record const> source;
  std::shared_ptr<schema::schema const> what;
  /// The documents that the compiled schema points into; they must live as long.
  std::vector<std::shared_ptr<boost::json::value const>> parts;
};

/// A rule with the verdict of its last run.
struct rule_status {
  std::shared_ptr<rules::rule const> what;
  source_id from;
  bool has_run = false;
  rules::verdict last = {};
};

/// All schemas, rules and access files. Immutable once it is in a model; copies share what did not
/// change.
struct policy {
  /// All known files of schemas, rules and access, effective or not.
  source_records sources = {};
  std::map<std::string, schema_document, std::less<>> documents = {}; ///< by URI
  std::map<std::string, std::shared_ptr<namespace_schema const>, std::less<>> schemas = {};
  std::vector<rule_status> rules = {};
  /// What the access files say; never null.
  std::shared_ptr<access_rules const> access = std::make_shared<access_rules const>();
  /// The locks of each namespace that has any. The same objects as before if they are equal.
  std::map<std::string, std::shared_ptr<namespace_locks const>, std::less<>> locks = {};
};

/// The locks of a namespace; null: none.
std::shared_ptr<namespace_locks const> locks_of(policy const& from, std::string_view name_space);

/// Compiles schemas, rules and access files from `next.sources`, reusing those of `before` where
/// none of their files changed. A file hides the file of the same name in lower layers; of several
/// schemas for one namespace the last one is used. Returns the errors by source: invalid, with the
/// place and all issues. A source with an error is left out; an access file that has no valid
/// content refuses instead (access_rules::broken). Takes long for large schemas: not for the loop
/// thread. `bounds` limits the steps for defaults and the number of issues.
std::map<source_id, error> compile(policy& next, policy const& before, limits const& bounds);

/// A replacement for an effective schema that does not compile any more (a newer program may be
/// stricter): it accepts every value and calls every value secret. compile() keeps it until its
/// source changes.
std::shared_ptr<namespace_schema const> hiding_schema(std::shared_ptr<source_record const> source,
                                                      limits const& bounds);

/// The default layer of a schema, keyed; null: there is no schema. Valid as long as the schema.
boost::json::object const* defaults_of(namespace_schema const* schema);

/// Whether the elements of any array are merged by a member ("x-key"). Null: no.
bool has_element_keys(namespace_schema const* schema);

/// A copy of a value without the members that its schema calls secret, in the default storage.
boost::json::value without_secrets(boost::json::value const& whole, schema::schema const& by);

} // namespace cfgd::engine
