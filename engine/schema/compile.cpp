#include "engine/schema/compile.hpp"

#include "core/document.hpp"
#include "engine/schema/numbers.hpp"
#include "engine/schema/uri.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <cmath>

// A node is created when a keyword or a reference first leads to its subschema, and waits in a list
// until its keywords are compiled. So nothing here is recursive, and circles need no special care.
// The first failure is kept, with the place of the keyword, and ends the compilation.
//
// In drafts 4 to 7 keywords beside "$ref" are ignored, except for annotations: a secret must not
// become public, nor a read-only member writable, because its type was moved into a definition.

namespace cfgd::schema {
namespace {

namespace bj = boost::json;

bool counts_beside_reference(std::string_view name) {
  return name == "$ref" || name == "$schema" || name == "default" || name == "x-secret" ||
         name == "readOnly" || name == "x-key" || name == "definitions";
}

/// The nodes that apply to the same value as `which`, whatever the dynamic scope is.
std::vector<node const*> nodes_in_place(program const& all, node const& which) {
  std::vector<node const*> out;
  for_each_child(all, which, [&](node const& child, relation how) {
    if (how == relation::in_place || how == relation::negated) out.push_back(&child);
  });
  return out;
}

} // namespace

compiler::compiler(program& into, resources& known, options const& how)
    : into_(into), known_(known), how_(how.how) {}

void compiler::fail(std::string place, std::string message) {
  if (failure_) return;
  failure_ =
      error{.code = errc::invalid, .message = std::move(message), .subject = std::move(place)};
}

void compiler::fail(node const& at, keyword const& which, std::string message) {
  auto place = place_of(at);
  append_pointer(place, which.name);
  fail(std::move(place), std::move(message));
}

result<void> compiler::run(std::string const& uri) {
  auto const document = known_.load(uri);
  if (!document) {
    auto failure = document.error();
    if (failure.subject.empty()) failure.subject = uri;
    return failure;
  }
  if (!(*document)->is_object() && !(*document)->is_bool())
    return error{.code = errc::invalid,
                 .message = "a schema must be an object or a boolean",
                 .subject = uri + "#"};
  into_.root = node_of(**document);
  drain();
  if (!failure_) find_loops();
  if (failure_) return *failure_;
  return {};
}

void compiler::drain() {
  do {
    while (!open_.empty() && !failure_) {
      auto* const next = open_.front();
      open_.pop_front();
      fill(*next);
    }
    compile_dynamic_anchors();
  } while (!open_.empty() && !failure_);
}

/// What a dynamic reference may lead to.
void compiler::compile_dynamic_anchors() {
  for (; resources_seen_ < into_.resources.size(); ++resources_seen_) {
    auto& home = into_.resources[resources_seen_];
    for (auto const& [name, what] : home.dynamic_anchors)
      home.dynamic_nodes.emplace(name, node_of(*what));
    if (home.recursive_anchor) home.recursive_node = node_of(*home.root);
  }
}

node* compiler::node_of(bj::value const& what) {
  auto const [found, fresh] = nodes_.try_emplace(&what, nullptr);
  if (!fresh) return found->second;
  auto const* const site = known_.find(what);
  BOOST_ASSERT(site != nullptr);
  auto& made = into_.nodes.emplace_back();
  made.source = &what;
  made.home = site->home;
  made.id = into_.nodes.size() - 1;
  made.pointer = site->pointer;
  found->second = &made;
  open_.push_back(&made);
  return &made;
}

node* compiler::child(node const& parent, bj::value const& what, std::string const& rest,
                      keyword const& which) {
  bool const only_objects = parent.home->language.which == draft::draft4 &&
                            which.name != "additionalProperties" && which.name != "additionalItems";
  if (what.is_object() || (what.is_bool() && !only_objects)) return node_of(what);
  fail(place_of(parent) + rest, only_objects ? "must be a schema, which is an object"
                                             : "must be a schema, which is an object or a boolean");
  return nullptr;
}

void compiler::fill(node& which) {
  if (which.source->is_bool())
    which.what = which.source->get_bool() ? node::kind::accepts : node::kind::rejects;
  else
    fill_object(which, which.source->get_object());
}

void compiler::fill_object(node& which, bj::object const& source) {
  auto const& language = which.home->language;
  bool const only_reference = language.which <= draft::draft7 && source.contains("$ref");
  for (auto const& member : source) {
    if (failure_) return;
    if (only_reference && !counts_beside_reference(member.key())) continue;
    auto const* const found = find_keyword(member.key(), language);
    if (found != nullptr && language.knows(found->words))
      (this->*found->take)(which, member.value(), *found);
  }
  bool const says_nothing = which.allowed == 0 && which.constant == nullptr &&
                            which.choices == nullptr && !which.numbers && !which.strings &&
                            !which.arrays && !which.objects && !which.in_place && !which.deprecated;
  if (says_nothing) which.what = node::kind::accepts;
  into_.has_deprecated = into_.has_deprecated || which.deprecated;
  into_.has_read_only = into_.has_read_only || which.read_only;
  into_.marks_secrets = into_.marks_secrets || which.secret;
}

/// A schema that applies itself to the same value again would never end.
void compiler::find_loops() {
  enum class state : std::uint8_t { fresh, open, done };
  std::vector<state> states(into_.nodes.size(), state::fresh);
  struct step {
    node const* at;
    std::vector<node const*> next;
  };
  for (auto const& first : into_.nodes) {
    if (states[first.id] != state::fresh) continue;
    std::vector<step> path;
    auto const enter = [&](node const& which) {
      states[which.id] = state::open;
      path.push_back({.at = &which, .next = nodes_in_place(into_, which)});
    };
    enter(first);
    while (!path.empty()) {
      auto& now = path.back();
      if (now.next.empty()) {
        states[now.at->id] = state::done;
        path.pop_back();
        continue;
      }
      auto const* const next = now.next.back();
      now.next.pop_back();
      if (states[next->id] == state::open)
        return fail(place_of(*next), "applies to itself: infinite $ref loop");
      if (states[next->id] == state::fresh) enter(*next);
    }
  }
}

void compiler::take_reference(node& into, bj::value const& value, keyword const& which) {
  auto const* const text = value.if_string();
  if (text == nullptr) return fail(into, which, "must be a string");
  auto const found = known_.resolve(*text, *into.home);
  if (!found) {
    auto failure = found.error();
    if (failure.subject.empty()) return fail(into, which, std::move(failure.message));
    return fail(std::move(failure.subject), std::move(failure.message));
  }
  auto* const target = node_of(**found);
  if (!into.in_place) into.in_place = std::make_unique<in_place_rules>();
  if (which.name == "$ref") {
    into.in_place->reference = target;
    return;
  }
  into.in_place->dynamic = target;
  if (which.name == "$recursiveRef") {
    if (*text != "#") return fail(into, which, "must be \"#\"");
    into.in_place->recursive = target->home->recursive_anchor;
    into_.has_dynamic = into_.has_dynamic || into.in_place->recursive;
    return;
  }
  auto const parts = split_fragment(*text);
  auto const& anchors = target->home->dynamic_anchors;
  auto const anchor = anchors.find(parts->fragment);
  if (anchor == anchors.end() || anchor->second != target->source) return;
  into.in_place->dynamic_anchor = parts->fragment;
  into_.has_dynamic = true;
}

regex::pattern const* compiler::pattern_of(std::string_view text, std::string place) {
  std::string key(text);
  auto const known = into_.patterns.find(key);
  if (known != into_.patterns.end()) return &known->second;
  auto compiled = regex::pattern::compile(text);
  if (!compiled) {
    fail(std::move(place), "must be a regular expression: " + compiled.error().message);
    return nullptr;
  }
  return &into_.patterns.emplace(std::move(key), std::move(*compiled)).first->second;
}

std::vector<std::string_view> compiler::names_in(bj::value const& value, std::string place) {
  std::vector<std::string_view> out;
  auto const* const list = value.if_array();
  if (list == nullptr) {
    fail(std::move(place), "must be a list of names");
    return out;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto const* const name = (*list)[i].if_string();
    if (name == nullptr) {
      fail(place + "/" + std::to_string(i), "must be a string");
      return out;
    }
    out.emplace_back(*name);
  }
  return out;
}

} // namespace cfgd::schema
