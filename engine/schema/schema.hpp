#pragma once

#include "core/error.hpp"
#include "core/limits.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// JSON Schema (json-schema.org), drafts 4, 6, 7, 2019-09 and 2020-12: our own validator, for every
/// packaged one crashes or hangs on some schema or document. No I/O; any thread.
namespace cfgd::schema {

/// The document at an absolute URI without a fragment; null: there is none. What it points to must
/// live as long as what was compiled with it.
using loader = std::function<boost::json::value const*(std::string_view uri)>;

/// Whether the keyword "format" is checked. The specification leaves it to us since 2019-09; a
/// setting that says "ipv4" is meant to be one.
enum class formats : std::uint8_t {
  assert_them,
  annotate, ///< checked only if the metaschema has the vocabulary format-assertion
};

/// The draft of a schema that names none.
enum class draft : std::uint8_t { draft4, draft6, draft7, draft2019, draft2020 };

/// What a default that does not fit its own subschema is.
enum class misfits : std::uint8_t {
  refuse, ///< an error of the schema
  let_be, ///< as the specification has it
};

struct options {
  formats how = formats::assert_them;
  draft unnamed = draft::draft2020;
  misfits in_defaults = misfits::refuse;
};

/// What a schema says about a document.
struct verdict {
  /// Errors, then warnings (`deprecated`), each in the order of the document; at most
  /// limits::issues of them. Keys are empty: who knows the namespace fills them in.
  std::vector<issue> issues;
  /// How many there were.
  std::size_t errors = 0;
  std::size_t warnings = 0;
};

/// A schema that was checked and is ready to use. Immutable; may be shared with threads.
class schema {
 public:
  /// Compiles what `document` says, which is looked up in `load` under `uri`, with all it refers
  /// to. A schema without $schema is of draft 2020-12. The schema itself is checked: each keyword's
  /// type, every $ref, every pattern, every default (it must fit its own subschema).
  /// Errors: invalid (message; subject is the URI with the JSON pointer of the fault as fragment),
  /// limit ("schema_steps").
  [[nodiscard]] static result<std::shared_ptr<schema const>> compile(std::string const& uri,
                                                                     loader const& load,
                                                                     limits const& bounds,
                                                                     options const& how = {});

  ~schema();

  /// Checks a document. Bounded: a document that takes more than limits::schema_steps has an error
  /// that says so. Messages hold no value of the document.
  verdict validate(boost::json::value const& document) const;

  /// What the schema's defaults make of an empty document, nested ones too: {"port":80} of
  /// properties.port.default. Null values are left out.
  boost::json::object const& defaults() const;

  /// Whether the member at `path` is a secret ("x-secret": true at it, at something that it lies
  /// in, or at an element of it), by any subschema that may apply.
  bool is_secret(std::span<std::string const> path) const;
  /// Whether anything is.
  bool has_secrets() const;

  /// The subschema that governs a member, as it is written, references followed; null: none does.
  boost::json::value const* governs(std::span<std::string const> path) const;

  /// The URIs of all documents that it is made of, its own among them.
  std::vector<std::string> const& documents() const;

 private:
  struct impl;
  explicit schema(std::unique_ptr<impl> state);
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd::schema
