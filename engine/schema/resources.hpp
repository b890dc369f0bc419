#pragma once

#include "core/error.hpp"
#include "engine/schema/program.hpp"
#include "engine/schema/schema.hpp"

#include <boost/json/value.hpp>

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cfgd::schema {

/// The places, resources and anchors of all loaded schemas; resolves references. Used while
/// compiling.
class resources {
 public:
  /// The place of a subschema.
  struct site {
    resource* home = nullptr;
    /// Inside the document of `home`.
    std::string pointer;
  };

  /// Adds the resources to `store`. All references must outlive this object.
  resources(std::deque<resource>& store, loader const& load, dialect const& unnamed);

  /// Loads and indexes a document. Errors: invalid.
  [[nodiscard]] result<boost::json::value const*> load(std::string const& uri);

  /// The target of `reference` in the resource `from`. Errors: invalid, without subject.
  [[nodiscard]] result<boost::json::value const*> resolve(std::string_view reference,
                                                          resource const& from);

  /// The place of a subschema; null: `which` is not a known subschema.
  site const* find(boost::json::value const& which) const;

  /// The URIs of the loaded documents, without metaschemas.
  std::vector<std::string> const& documents() const { return documents_; }

 private:
  struct pending {
    boost::json::value const* what;
    site where;
  };

  [[nodiscard]] result<resource*> open(std::string const& uri, dialect const& fallback);
  [[nodiscard]] result<void> index(pending first);
  [[nodiscard]] result<void> index_one(pending& at);
  [[nodiscard]] result<void> index_names(pending const& at);
  [[nodiscard]] result<void> begin_resource(pending& at, std::string const& uri,
                                            dialect const& language);
  [[nodiscard]] result<std::optional<dialect>> named_dialect(boost::json::object const& what);
  [[nodiscard]] result<dialect> dialect_at(std::string const& uri);
  [[nodiscard]] result<dialect> read_vocabularies(boost::json::object const& metaschema);
  [[nodiscard]] result<boost::json::value const*> follow(resource& from, std::string_view pointer);

  std::deque<resource>& store_;
  loader const& load_;
  dialect unnamed_;
  std::unordered_map<std::string, resource*> by_uri_;
  std::unordered_map<boost::json::value const*, site> sites_;
  std::vector<std::string> documents_;
  /// Metaschemas that are being read, to find those that name each other in a circle.
  std::set<std::string> reading_;
};

} // namespace cfgd::schema
