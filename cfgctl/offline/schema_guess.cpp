#include "cfgctl/offline/schema_guess.hpp"

#include "engine/schema/format.hpp"

#include <boost/json/array.hpp>

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

// A shape collects all values of one place: the value of a member, or all elements of a list. What
// they have in common becomes the schema, so that the schema accepts every value of the shape.

namespace cfgd::cfgctl::offline {
namespace {

namespace bj = boost::json;

/// Formats that a string rarely has by chance.
constexpr std::array<std::string_view, 4> telling_formats{"date-time", "ipv4", "email", "uri"};

bool fits(std::string_view format, std::string_view text) {
  // "a:b" is a URI, and a time, and a label.
  if (format == "uri" && text.find("://") == text.npos) return false;
  auto const* const rule = schema::find_format(format, schema::draft::draft2020);
  return rule != nullptr && rule->fits(text);
}

class shape {
 public:
  void add(bj::value const& what) {
    types_.insert(type_of(what));
    if (auto const* const object = what.if_object()) add_object(*object);
    if (auto const* const list = what.if_array()) add_list(*list);
    if (auto const* const text = what.if_string()) add_text(*text);
  }

  void add_object(bj::object const& what) {
    types_.insert("object");
    ++objects_;
    for (auto const& member : what) {
      if (member.value().is_null()) continue;
      auto const name = std::string(member.key());
      auto [found, is_new] = members_.try_emplace(name);
      if (is_new) order_.push_back(name);
      ++found->second.seen;
      if (!found->second.what) found->second.what = std::make_unique<shape>();
      found->second.what->add(member.value());
    }
  }

  void write_to(bj::object& out) const {
    write_type(out);
    if (types_.contains("string") && !formats_.empty()) out["format"] = *formats_.begin();
    if (types_.contains("object")) write_members(out);
    if (elements_) {
      bj::object items;
      elements_->write_to(items);
      out["items"] = std::move(items);
    }
  }

 private:
  struct known_member {
    std::size_t seen = 0;
    std::unique_ptr<shape> what = {};
  };

  static char const* type_of(bj::value const& what) {
    if (what.is_object()) return "object";
    if (what.is_array()) return "array";
    if (what.is_string()) return "string";
    if (what.is_bool()) return "boolean";
    if (what.is_null()) return "null";
    return what.is_double() ? "number" : "integer";
  }

  void add_list(bj::array const& what) {
    if (!what.empty() && !elements_) elements_ = std::make_unique<shape>();
    for (auto const& element : what)
      elements_->add(element);
  }

  void add_text(std::string_view text) {
    if (!has_text_) formats_.insert(telling_formats.begin(), telling_formats.end());
    has_text_ = true;
    std::erase_if(formats_, [text](std::string_view format) { return !fits(format, text); });
  }

  void write_type(bj::object& out) const {
    auto types = types_;
    if (types.contains("number")) types.erase("integer"); // an integer is a number
    if (types.size() == 1) {
      out["type"] = *types.begin();
      return;
    }
    bj::array list;
    for (auto const type : types)
      list.emplace_back(type);
    out["type"] = std::move(list);
  }

  void write_members(bj::object& out) const {
    bj::object properties;
    bj::array required;
    for (auto const& name : order_) {
      auto const& one = members_.at(name);
      bj::object below;
      one.what->write_to(below);
      properties[name] = std::move(below);
      if (one.seen == objects_) required.emplace_back(name);
    }
    out["properties"] = std::move(properties);
    if (!required.empty()) out["required"] = std::move(required);
  }

  std::set<std::string_view> types_;
  std::size_t objects_ = 0;
  std::map<std::string, known_member> members_;
  std::vector<std::string> order_; ///< of the members, as they came
  std::unique_ptr<shape> elements_;
  bool has_text_ = false;
  std::set<std::string_view> formats_;
};

} // namespace

bj::object guess_schema(std::string_view title, bj::object const& document) {
  shape seen;
  seen.add_object(document);
  bj::object out;
  out["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  out["$comment"] = "Guessed from one document. Review what is required; add limits (minimum, "
                    "enum, pattern), defaults and additionalProperties.";
  out["title"] = title;
  seen.write_to(out);
  return out;
}

} // namespace cfgd::cfgctl::offline
