#include "tests/integration/random_configuration.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

// Values mostly have the type that a schema gives their key, if it does: p and n are integers, q is
// a text. No number is a whole one with a fraction, for that is an integer to a schema.

namespace cfgd::test {
namespace {

namespace bj = boost::json;

} // namespace

std::vector<source_id> random_configuration::files_of(std::string const& name) {
  return {{layer::vendor, name + ".json"},
          {layer::runtime, name + ".json"},
          {layer::admin, name + ".d/50-more.jsonc"},
          {layer::admin, name + ".yaml"},
          {layer::admin, name + ".json", source_kind::schema}};
}

source_id random_configuration::file() {
  auto const all = files_of(name_space());
  return all.at(below(all.size()));
}

bj::value random_configuration::scalar() {
  switch (below(5)) {
  case 0:
    return bj::value(pick({"x", "y"}));
  case 1:
    return bj::value(one_in(2));
  case 2:
    return bj::value(0.5);
  default:
    return bj::value(static_cast<std::int64_t>(below(3)));
  }
}

bj::value random_configuration::value_of(std::string const& name) {
  if (one_in(6)) return scalar();
  if (name == "p" || name == "n") return bj::value(static_cast<std::int64_t>(below(3)));
  if (name == "q") return bj::value(pick({"x", "y", "z"}));
  if (name == "sub") return object({"n", "a b"}, 0);
  if (one_in(3)) return bj::array{scalar(), scalar()};
  if (one_in(3)) return object({"n", "c"}, 0);
  return scalar();
}

/// `nulls`: one member in so many is null; 0: none.
bj::object random_configuration::object(std::vector<std::string> const& names, std::size_t nulls) {
  bj::object made;
  for (auto const& name : names) {
    if (one_in(2)) continue;
    made[name] = nulls != 0 && one_in(nulls) ? bj::value() : value_of(name);
  }
  return made;
}

bj::object random_configuration::schema() {
  if (one_in(8)) return {{"type", 5}}; // none that means anything
  auto const property = [this](char const* type, bj::value const& otherwise) {
    bj::object made{{"type", type}};
    if (one_in(2)) made["default"] = otherwise;
    return made;
  };
  bj::object properties;
  if (!one_in(3)) properties["p"] = property("integer", 7);
  if (!one_in(3)) properties["q"] = property("string", "default");
  if (!one_in(3)) properties["sub"] = {{"properties", {{"n", property("integer", 8)}}}};
  if (one_in(6)) properties["a"] = property("boolean", true);
  return {{"properties", properties}};
}

service_model::set_step random_configuration::set() {
  service_model::set_step made;
  auto const name = name_space();
  if (one_in(4)) {
    made.unset.push_back(key_in(name));
    if (one_in(2)) return made;
  } else if (one_in(12)) {
    made.values.emplace(key({name}), plain_document());
    return made;
  }
  for (auto left = 1 + below(3); left > 0; --left) {
    auto const which = key_in(one_in(4) ? name_space() : name);
    auto const overlaps = [&which](auto const& one) {
      return one.first.contains(which) || which.contains(one.first);
    };
    // No key may be set twice, nor unset and set as part of another.
    bool const is_free =
        !which.path().empty() && std::ranges::none_of(made.values, overlaps) &&
        std::ranges::none_of(made.unset, [&](key const& one) { return which.contains(one); });
    if (is_free) made.values.emplace(which, value_of(which.parts().back()));
  }
  return made;
}

key random_configuration::key_in(std::string const& name) {
  if (one_in(15)) return key({name});
  auto const part = pick({"p", "q", "sub", "a", "b", "sub"});
  if (part != "sub" || one_in(3)) return key({name, part});
  return key({name, part, pick({"n", "a b"})});
}

} // namespace cfgd::test
