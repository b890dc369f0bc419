#include "engine/schema/findings.hpp"

#include "core/document.hpp"
#include "core/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <array>
#include <optional>

// If no alternative matches, the issues of all of them together hide the relevant one. So the
// alternatives are compared: a wrong type of the value itself, or a wrong fixed value of a member
// ("kind": "file"), means that an alternative was not intended.

namespace cfgd::schema {
namespace {

namespace bj = boost::json;

constexpr std::size_t longest_quote = 60;
constexpr std::size_t most_choices = 12;

/// At most `most` bytes, cut between characters.
std::string shorten(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  auto end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  text.resize(end);
  return text + "...";
}

/// The position of the value at `pointer` among all of the document: the index at each level.
std::vector<std::size_t> position_of(bj::value const& document, std::string_view pointer) {
  std::vector<std::size_t> out;
  auto const* at = &document;
  for (auto const& token : split_pointer(pointer)) {
    if (auto const* const object = at->if_object()) {
      auto const found = object->find(token);
      out.push_back(static_cast<std::size_t>(found - object->begin()));
      if (found == object->end()) break;
      at = &found->value();
    } else if (auto const* const array = at->if_array()) {
      std::string step;
      append_pointer(step, token);
      auto const* const element = find_pointer(*at, step);
      if (element == nullptr) break;
      out.push_back(static_cast<std::size_t>(element - array->data()));
      at = element;
    } else {
      break;
    }
  }
  return out;
}

enum class misfit : std::uint8_t { none, fixed_member, type };

/// The worst that was found out about whether an alternative was meant.
misfit worst_misfit(findings const& alternative, std::string_view pointer) {
  auto worst = misfit::none;
  for (auto const& one : alternative.kept()) {
    if (one.pointer == pointer && one.rule == "type") return misfit::type;
    bool const fixed = one.rule == "const" || one.rule == "enum";
    bool const own_member = one.pointer.size() > pointer.size() &&
                            one.pointer.rfind('/') == pointer.size() &&
                            one.pointer.starts_with(pointer);
    if (fixed && own_member) worst = misfit::fixed_member;
  }
  return worst;
}

} // namespace

std::string pointer_of(instance const& at) {
  if (at.parent == nullptr) return {};
  auto pointer = pointer_of(*at.parent);
  if (at.parent->value->is_array())
    pointer += "/" + std::to_string(at.index);
  else
    append_pointer(pointer, at.name);
  return pointer;
}

void findings::add(issue what) {
  if (std::find(kept_.begin(), kept_.end(), what) != kept_.end()) return;
  auto& count = what.how == severity::error ? errors_ : warnings_;
  if (count++ < most_) kept_.push_back(std::move(what));
}

void findings::add_all(findings const& other) {
  for (auto const& one : other.kept_)
    add(one);
  // Those that it counted and did not keep.
  if (other.errors_ > other.most_) errors_ += other.errors_ - other.most_;
  if (other.warnings_ > other.most_) warnings_ += other.warnings_ - other.most_;
}

void findings::add_warnings(findings const& other) {
  for (auto const& one : other.kept_) {
    if (one.how == severity::warning) add(one);
  }
}

std::vector<issue> findings::in_order(bj::value const& document) const {
  struct placed {
    severity how;
    std::vector<std::size_t> position;
    issue const* what;
  };
  std::vector<placed> all;
  for (auto const& one : kept_)
    all.push_back({.how = one.how, .position = position_of(document, one.pointer), .what = &one});
  std::stable_sort(all.begin(), all.end(), [](placed const& left, placed const& right) {
    if (left.how != right.how) return left.how < right.how;
    return left.position < right.position;
  });
  std::vector<issue> out;
  for (auto const& one : all) {
    if (out.size() == most_) break;
    out.push_back(*one.what);
  }
  return out;
}

findings const* clearly_meant(std::span<findings const> alternatives, std::string_view pointer) {
  auto best = misfit::type;
  std::vector<std::pair<misfit, findings const*>> ranked;
  for (auto const& one : alternatives) {
    ranked.emplace_back(worst_misfit(one, pointer), &one);
    best = std::min(best, ranked.back().first);
  }
  if (best == misfit::type) return nullptr;
  findings const* found = nullptr;
  bool alone = true;
  for (auto const& [how, one] : ranked) {
    if (how != best) continue;
    if (found == nullptr || one->errors() < found->errors()) {
      found = one;
      alone = true;
    } else if (one->errors() == found->errors()) {
      alone = false;
    }
  }
  return alone ? found : nullptr;
}

std::string describe_types(type_bits allowed) {
  constexpr std::array<std::pair<type_bits, std::string_view>, 7> names{{
      {types::string, "a string"},
      {types::number, "a number"},
      {types::integer, "an integer"},
      {types::boolean, "true or false"},
      {types::array, "a list"},
      {types::object, "an object"},
      {types::null, "null"},
  }};
  std::string out;
  for (auto const& [bit, name] : names) {
    if ((allowed & bit) == 0) continue;
    if (!out.empty()) out += " or ";
    out += name;
  }
  return out;
}

std::string describe_value(bj::value const& constant) {
  return shorten(json::canonical(constant), longest_quote);
}

std::string describe_choices(bj::array const& choices) {
  if (choices.size() == 1) return describe_value(choices.front());
  std::string out = "one of ";
  for (std::size_t i = 0; i < choices.size() && i < most_choices; ++i) {
    if (i > 0) out += ", ";
    out += describe_value(choices[i]);
  }
  if (choices.size() > most_choices) out += ", ...";
  return out;
}

std::string describe_count(std::size_t count, std::string_view thing) {
  return std::to_string(count) + " " + std::string(thing) + (count == 1 ? "" : "s");
}

std::string quote_name(std::string_view name) {
  return "'" + shorten(std::string(name), longest_quote) + "'";
}

} // namespace cfgd::schema
