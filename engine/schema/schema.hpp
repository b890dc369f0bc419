#pragma once

#include "core/document.hpp"
#include "core/error.hpp"
#include "core/limits.hpp"
#include "core/value_path.hpp"

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

/// JSON Schema (json-schema.org), drafts 4, 6, 7, 2019-09 and 2020-12. The validator is our own,
/// because every packaged one crashes or hangs on some schema or document. No I/O; any thread.
namespace cfgd::schema {

/// Returns the document at an absolute URI without a fragment; null: it does not exist. The
/// document must outlive the schemas that were compiled with it.
using loader = std::function<boost::json::value const*(std::string_view uri)>;

/// Whether the keyword "format" is checked. Since 2019-09 the specification leaves it to the
/// implementation; cfgd checks it, because a setting with the format "ipv4" must be an address.
enum class formats : std::uint8_t {
  assert_them,
  annotate, ///< checked only if the metaschema has the vocabulary format-assertion
};

/// The drafts; options::unnamed is for schemas without $schema.
enum class draft : std::uint8_t { draft4, draft6, draft7, draft2019, draft2020 };

/// How to treat a default that does not match its own subschema.
enum class misfits : std::uint8_t {
  refuse, ///< an error of the schema
  let_be, ///< accepted, as in the specification
};

struct options {
  formats how = formats::assert_them;
  draft unnamed = draft::draft2020;
  misfits in_defaults = misfits::refuse;
};

/// The result of validating a document.
struct verdict {
  /// Errors, then warnings (`deprecated`), each in the order of the document; at most
  /// limits::issues. Their keys are empty, because the schema does not know the namespace.
  std::vector<issue> issues;
  /// The numbers of all issues, also of those beyond limits::issues.
  std::size_t errors = 0;
  std::size_t warnings = 0;
  std::uint64_t steps = 0; ///< that it took, if there are no issues
};

/// What differs between two documents.
struct member_change {
  std::span<std::string const> path;         ///< not empty
  boost::json::value const* value = nullptr; ///< null: there is none any more
  bool is_new = false;                       ///< there was none
};

/// How a format without types writes what a schema describes.
struct text_rules {
  /// A member may have the name of a property without regard to case, "_" and "-": LOG_LEVEL is
  /// logLevel, max_conn is max-conn.
  bool names_fold = false;
  /// An array is a key that is repeated, so its elements are text, and a key that is there once may
  /// be an array of one element. Otherwise arrays have types already.
  bool repeated_keys_are_arrays = false;
};

/// What is wrong with an array whose elements are merged by a member ("x-key").
struct element_fault {
  std::vector<std::string> path; ///< of the array
  std::string pointer;           ///< of the element
  std::string message;           ///< contains no value of the document
};

/// A compiled schema. Immutable; threads may share it.
class schema {
 public:
  /// Compiles the document that `load` returns for `uri`, with everything it refers to. A schema
  /// without $schema has the draft `how.unnamed`. The schema itself is checked: the type of each
  /// keyword, every $ref, every pattern, every default (it must match its own subschema).
  /// Errors: invalid (message; subject is the URI with the JSON pointer of the fault as fragment),
  /// limit ("schema_steps").
  [[nodiscard]] static result<std::shared_ptr<schema const>> compile(std::string const& uri,
                                                                     loader const& load,
                                                                     limits const& bounds,
                                                                     options const& how = {});

  ~schema();

  /// Validates a document. A document that takes more than limits::schema_steps gets an error that
  /// names the limit. Messages contain no value of the document.
  /// `check` is called now and then, and ends the evaluation by what it throws; it may be empty.
  verdict validate(boost::json::value const& document,
                   std::function<void()> const& check = {}) const;

  /// Whether a document without issues certainly stays without any when a member changes. It is
  /// decided by the value of that member alone, in `steps` more steps. False: validate it. Pass the
  /// steps that the document took so far, and `check` as to validate().
  bool stays_valid(member_change const& what, std::uint64_t& steps,
                   std::function<void()> const& check = {}) const;

  /// The document that the defaults of the schema make, nested ones included: {"port":80} for
  /// properties.port.default. Null values are left out. Valid as long as the schema.
  boost::json::object const& defaults() const;

  /// Whether the member at `path` is a secret: any subschema that may apply to it, to an object
  /// that contains it, or to one of its elements has "x-secret": true.
  bool is_secret(std::span<std::string const> path) const;
  /// Whether the schema marks any secret.
  bool has_secrets() const;

  /// Where the schema says that clients may not change the member at `path` (empty: the whole
  /// document): the "URI#pointer" of a "readOnly": true of any subschema that may apply to the
  /// member or to an object that contains it, but not to elements of arrays without an "x-key"; the
  /// path to others is that of a keyed document. Empty: clients may.
  std::string read_only_by(std::span<std::string const> path) const;
  /// Whether the schema has any "readOnly": true.
  bool has_read_only() const;

  /// A document whose scalars were read by value_of_text(), with the types that the schema asks
  /// for: a number or a boolean becomes its text where only text is allowed; a text becomes the
  /// boolean or the number that it is in JSON where only those are allowed; nothing else changes.
  sourced_document typed(sourced_document const& from, text_rules const& rules) const;
  /// The same for one value of the member at `path`. Arrays and objects are not changed.
  boost::json::value typed(std::span<std::string const> path,
                           boost::json::value const& value) const;
  /// The same for a value in an array.
  boost::json::value typed(value_path const& which, boost::json::value const& value) const;
  /// Why a text is not of the type of the member at `path`: it is not a canonical integer, or it is
  /// out of range. Contains the text unless that is a secret. Empty: text is allowed, or neither
  /// numbers nor booleans are.
  std::string text_fault(std::span<std::string const> path, std::string_view text) const;
  /// Whether the schema allows an array at `path`, and does not allow everything.
  bool asks_for_array(std::span<std::string const> path) const;
  /// Whether the schema allows a string at `path`, and neither a boolean nor a number.
  bool asks_for_string(std::span<std::string const> path) const;

  /// Whether an array has "x-key": its elements are merged by that member.
  bool has_element_keys() const;
  /// A document of one layer with the elements of such arrays as members of an object:
  /// [{"name":"a","n":1}] is {"a":{"name":"a","n":1}}. The values and their order stay the same.
  /// What is written so already stays; so does an array with a fault.
  boost::json::object keyed(boost::json::object const& layer) const;
  /// The reverse, in place, for a merged document: each element gets the member if it has none.
  void to_arrays(boost::json::value& merged) const;
  /// Elements without a name, and elements with the same name.
  std::vector<element_fault> element_faults(boost::json::object const& layer) const;
  /// The pointer in a keyed layer for one into the merged document: /list/0/n is /list/a/n.
  std::string layer_pointer(boost::json::value const& merged, std::string_view pointer) const;
  /// defaults(), keyed. Valid as long as the schema.
  boost::json::object const& keyed_defaults() const;

  /// The subschema of a member as it is written, with references followed; null: there is none.
  boost::json::value const* governs(std::span<std::string const> path) const;

  /// The URIs of all documents of the schema, including its own.
  std::vector<std::string> const& documents() const;

 private:
  struct impl;
  explicit schema(std::unique_ptr<impl> state);
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd::schema
