#pragma once

#include "engine/schema/keywords.hpp"
#include "engine/schema/program.hpp"
#include "engine/schema/resources.hpp"

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cfgd::schema {

/// Compiles schemas into a program: one node for each subschema, created when a keyword or
/// reference first leads to it. Checks the values of the keywords. Used once, by one thread; the
/// program, the resources and the documents must outlive it.
class compiler {
 public:
  compiler(program& into, resources& known, options const& how);

  /// Compiles the document at `uri` with everything that it refers to. Errors: invalid (subject:
  /// the URI with the JSON pointer as fragment).
  [[nodiscard]] result<void> run(std::string const& uri);

  // For the table of keywords: each stores the value of a keyword in a node, or fails.
  void take_text(node& into, boost::json::value const& value, keyword const& which);
  void take_element_key(node& into, boost::json::value const& value, keyword const& which);
  void take_flag(node& into, boost::json::value const& value, keyword const& which);
  void take_list_of_any(node& into, boost::json::value const& value, keyword const& which);
  void take_anchor(node& into, boost::json::value const& value, keyword const& which);
  void take_reference(node& into, boost::json::value const& value, keyword const& which);
  void take_default(node& into, boost::json::value const& value, keyword const& which);
  void take_type(node& into, boost::json::value const& value, keyword const& which);
  void take_enum(node& into, boost::json::value const& value, keyword const& which);
  void take_const(node& into, boost::json::value const& value, keyword const& which);
  void take_bound(node& into, boost::json::value const& value, keyword const& which);
  void take_multiple_of(node& into, boost::json::value const& value, keyword const& which);
  void take_count(node& into, boost::json::value const& value, keyword const& which);
  void take_pattern(node& into, boost::json::value const& value, keyword const& which);
  void take_format(node& into, boost::json::value const& value, keyword const& which);
  void take_required(node& into, boost::json::value const& value, keyword const& which);
  void take_subschema(node& into, boost::json::value const& value, keyword const& which);
  void take_subschemas(node& into, boost::json::value const& value, keyword const& which);
  void take_items(node& into, boost::json::value const& value, keyword const& which);
  void take_additional_items(node& into, boost::json::value const& value, keyword const& which);
  void take_definitions(node& into, boost::json::value const& value, keyword const& which);
  void take_properties(node& into, boost::json::value const& value, keyword const& which);
  void take_pattern_properties(node& into, boost::json::value const& value, keyword const& which);
  void take_dependencies(node& into, boost::json::value const& value, keyword const& which);

 private:
  void fail(std::string place, std::string message);
  void fail(node const& at, keyword const& which, std::string message);
  node* node_of(boost::json::value const& what);
  node* child(node const& parent, boost::json::value const& what, std::string const& rest,
              keyword const& which);
  void fill(node& which);
  void fill_object(node& which, boost::json::object const& source);
  void compile_dynamic_anchors();
  void drain();
  void find_loops();
  regex::pattern const* pattern_of(std::string_view text, std::string place);
  std::vector<std::string_view> names_in(boost::json::value const& value, std::string place);

  program& into_;
  resources& known_;
  formats how_;
  std::unordered_map<boost::json::value const*, node*> nodes_;
  std::deque<node*> open_;
  std::size_t resources_seen_ = 0;
  std::optional<error> failure_;
};

} // namespace cfgd::schema
