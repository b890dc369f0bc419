#pragma once

#include "core/document.hpp"
#include "core/error.hpp"
#include "core/key.hpp"
#include "engine/merge.hpp"
#include "engine/model.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// What the values of a source mean with a schema. Records keep what the files say. Formats without
/// types (.ini and .env files, and the environment layer) say it in the schema's types and names.
namespace cfgd::engine {

/// How the format of a source writes what a schema describes; absent: it has types.
std::optional<schema::text_rules> text_rules_of(source_id const& id);

/// The form of arrays whose elements are merged by a member.
enum class array_form : std::uint8_t {
  keyed,   ///< schema::keyed: how layers are merged and compared
  written, ///< as in the source
};

/// The document of a source as the schema of its namespace (null: none) reads it. Every use of a
/// source's values goes through this.
std::shared_ptr<sourced_document const> typed_document(source_record const& source,
                                                       namespace_schema const* by,
                                                       array_form arrays = array_form::keyed);

/// Looks for values of one source by their paths: in its text, unless its schema gives it another
/// meaning. Valid as long as the source.
class source_lookup {
 public:
  source_lookup(source_record const& source, namespace_schema const* by);

  struct answer {
    layer_answer::kind what = layer_answer::kind::nothing;
    bool is_object = false;
  };
  /// What it says about a path, which must not be empty.
  answer look_up(std::span<std::string const> path) const;
  /// The value; absent: the answer is another one.
  std::optional<boost::json::value> value_at(std::span<std::string const> path) const;
  /// The canonical text at a path, an empty one too, or at the part of it that has no members;
  /// nothing: its value is empty. A text that is made lies in `space`, which must live as long.
  canonical::followed follow(std::span<std::string const> path, std::string& space) const;
  /// The place of a leaf in the file.
  place find_place(std::span<std::string const> path) const;

 private:
  source_content const* content_;
  canonical::shared_text text_;                      ///< none: it is empty, or `document_`
  std::shared_ptr<sourced_document const> document_; ///< null: `text_`
};

/// The override layer of a namespace as others are compared with it. An array that it sets is the
/// whole array: it has its elements by their names, and removes all others. Valid as long as the
/// state.
class override_layer {
 public:
  explicit override_layer(namespace_state const& of);

  struct answer {
    layer_answer::kind what = layer_answer::kind::nothing;
    std::string text = {}; ///< the canonical text of the value, only with kind::value
  };
  /// What it says about a path, which must not be empty; nothing where a lock takes that from it.
  answer ask(std::span<std::string const> path) const;

 private:
  override_record const* written_ = nullptr;    ///< null: there are no overrides
  std::optional<boost::json::object> document_; ///< if there are locks
  std::optional<boost::json::object> keyed_;    ///< if arrays have an "x-key"
  layer_locks locks_;
};

/// The rule of an issue of find_layer_faults(): the source leads through a value of a lower layer.
inline constexpr char const* path_rule = "path";

/// What is wrong with the layers in their place among the others: of formats without types a key
/// that is repeated although no schema asks for an array, and a name with "__" that leads through
/// an array or a scalar of a lower layer; of all layers the faults of arrays with an "x-key". In
/// the order of the layers.
std::vector<issue> find_layer_faults(namespace_state const& state);

/// Checks keys of a namespace. Valid as long as the state.
class path_checker {
 public:
  explicit path_checker(namespace_state const& state);

  /// Checks that no proper part of the path of a key leads to an array or a scalar, with
  /// `overrides` in place of those in the state. Errors: bad_key.
  [[nodiscard]] result<void> check(override_record const& overrides, key const& which) const;

 private:
  boost::json::object const* defaults_; ///< null: there are none
  std::vector<source_lookup> layers_;   ///< the lowest layer first
};

/// The notes on a source: those of its reader that a schema leaves (a note on the spelling of a
/// text where the schema asks for text has no point), and of a file with a schema what it says
/// without effect (schema::lint). Their paths are filled in, and of values their keys.
std::vector<issue> notes_on(source_record const& source, namespace_schema const* by);

} // namespace cfgd::engine
