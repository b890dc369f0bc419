#include "engine/schema/metaschemas.hpp"

#include "core/json.hpp"

#include <boost/json/object.hpp>

#include <functional>
#include <map>
#include <string>

// Schemas may refer to the metaschemas ("$ref": "http://json-schema.org/draft-07/schema#") and
// custom metaschemas are made of them. They are parsed once, at first use.

namespace cfgd::schema {
namespace {

using table = std::map<std::string, boost::json::value, std::less<>>;

table parse_all() {
  table all;
  for (auto const text : metaschema_texts()) {
    auto parsed = json::parse(text).value();
    auto const& object = parsed.get_object();
    auto const* id = object.if_contains("$id");
    if (id == nullptr) id = &object.at("id");
    std::string uri(id->get_string());
    if (uri.ends_with('#')) uri.pop_back();
    all.emplace(std::move(uri), std::move(parsed));
  }
  return all;
}

} // namespace

boost::json::value const* find_metaschema(std::string_view uri) {
  static table const all = parse_all();
  auto const found = all.find(uri);
  return found == all.end() ? nullptr : &found->second;
}

} // namespace cfgd::schema
