#include "engine/schema/resources.hpp"

#include "core/document.hpp"
#include "engine/schema/keywords.hpp"
#include "engine/schema/metaschemas.hpp"
#include "engine/schema/uri.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <algorithm>

// A document is walked once, through the keywords that have subschemas: an "$id" in an enum is not
// an identifier. Each subschema gets its place, and one with an identifier begins a resource of its
// own: references in it are relative to the resource, and it may have another draft. A pointer may
// lead where no keyword does ("#/x-parts/colour"); its target is walked then. Walks use a list
// instead of recursion, so that no document is too deep.
//
// A document without $schema has the dialect of the document that refers to it.

namespace cfgd::schema {
namespace {

namespace bj = boost::json;

error fault(std::string message, std::string subject = {}) {
  return {.code = errc::invalid, .message = std::move(message), .subject = std::move(subject)};
}

std::string in_quotes(std::string_view text) {
  return "'" + std::string(text.substr(0, 200)) + "'";
}

std::string subject_of(resources::site const& where, std::string_view keyword) {
  auto pointer = where.pointer;
  append_pointer(pointer, keyword);
  return where.home->document + "#" + pointer;
}

bj::string const* string_member(bj::object const& in, std::string_view name) {
  auto const* const found = in.if_contains(name);
  return found == nullptr ? nullptr : found->if_string();
}

bool ignores_siblings_of_ref(draft which) { return which <= draft::draft7; }

} // namespace

resources::resources(std::deque<resource>& store, loader const& load, dialect const& unnamed)
    : store_(store), load_(load), unnamed_(unnamed) {}

resources::site const* resources::find(bj::value const& which) const {
  auto const found = sites_.find(&which);
  return found == sites_.end() ? nullptr : &found->second;
}

result<bj::value const*> resources::load(std::string const& uri) {
  auto const opened = open(uri, unnamed_);
  if (!opened) return opened.error();
  return (*opened)->root;
}

result<resource*> resources::open(std::string const& uri, dialect const& fallback) {
  if (auto const known = by_uri_.find(uri); known != by_uri_.end()) return known->second;
  auto const* document = find_metaschema(uri);
  bool const published = document != nullptr;
  if (!published) document = load_(uri);
  if (document == nullptr) return fault("cannot find schema " + in_quotes(uri));
  if (!published) documents_.push_back(uri);
  auto& home = store_.emplace_back();
  home.base = uri;
  home.document = uri;
  home.root = document;
  home.language = fallback;
  by_uri_.emplace(uri, &home);
  if (auto done = index({.what = document, .where = {.home = &home, .pointer = {}}}); !done)
    return done.error();
  // Not `home` if the loader has given the same document under another URI before.
  auto* const opened = sites_.at(document).home;
  by_uri_[uri] = opened;
  return opened;
}

result<void> resources::index(pending first) {
  std::vector<pending> open{std::move(first)};
  while (!open.empty()) {
    auto at = std::move(open.back());
    open.pop_back();
    if (sites_.contains(at.what)) continue;
    if (auto done = index_one(at); !done) return done.error();
    sites_.emplace(at.what, at.where);
    for_each_subschema(
        *at.what, at.where.home->language, [&](bj::value const& child, std::string const& rest) {
          open.push_back({.what = &child,
                          .where = {.home = at.where.home, .pointer = at.where.pointer + rest}});
        });
  }
  return {};
}

result<void> resources::index_one(pending& at) {
  auto const* const object = at.what->if_object();
  if (object == nullptr) return {};
  bool const is_root = at.where.home->root == at.what;
  auto language = at.where.home->language;
  auto const named = named_dialect(*object);
  if (!named) {
    auto failure = named.error();
    failure.subject = subject_of(at.where, "$schema");
    return failure;
  }
  if (*named) language = **named;
  if (is_root) at.where.home->language = language;
  if (ignores_siblings_of_ref(language.which) && object->contains("$ref")) return {};
  auto const* const id = string_member(*object, id_keyword(language.which));
  if (id != nullptr) {
    auto const parts = split_fragment(*id);
    if (!parts || !is_uri_reference(*id))
      return fault("must be a URI reference", subject_of(at.where, id_keyword(language.which)));
    if (!parts->fragment.empty() && !ignores_siblings_of_ref(language.which))
      return fault("must have no fragment (use $anchor)", subject_of(at.where, "$id"));
    if (!parts->document.empty()) {
      auto const uri = resolve_uri(at.where.home->base, parts->document);
      if (auto done = begin_resource(at, uri, language); !done) return done.error();
    }
    if (!parts->fragment.empty() && !parts->fragment.starts_with('/'))
      at.where.home->anchors.emplace(parts->fragment, at.what);
  }
  return index_names(at);
}

result<void> resources::begin_resource(pending& at, std::string const& uri,
                                       dialect const& language) {
  auto const known = by_uri_.find(uri);
  if (known != by_uri_.end() && known->second->root != at.what)
    return fault(in_quotes(uri) + " is the identifier of another schema",
                 subject_of(at.where, id_keyword(language.which)));
  auto& outer = *at.where.home;
  if (outer.root == at.what) { // the document itself: known by both names
    outer.base = uri;
    by_uri_.emplace(uri, &outer);
    return {};
  }
  auto& home = store_.emplace_back();
  home.base = uri;
  home.document = outer.document;
  home.root = at.what;
  home.language = language;
  by_uri_.emplace(uri, &home);
  at.where.home = &home;
  return {};
}

result<void> resources::index_names(pending const& at) {
  auto const& object = at.what->get_object();
  auto& home = *at.where.home;
  auto const which = home.language.which;
  auto const add = [&](char const* keyword, auto& table) -> bool {
    auto const* const name = string_member(object, keyword);
    return name == nullptr || table.emplace(std::string(*name), at.what).second;
  };
  if (which >= draft::draft2019 && !add("$anchor", home.anchors))
    return fault("another schema has this anchor", subject_of(at.where, "$anchor"));
  if (which == draft::draft2020) {
    if (!add("$dynamicAnchor", home.anchors) || !add("$dynamicAnchor", home.dynamic_anchors))
      return fault("another schema has this anchor", subject_of(at.where, "$dynamicAnchor"));
  }
  if (which == draft::draft2019 && home.root == at.what) {
    auto const* const recursive = object.if_contains("$recursiveAnchor");
    home.recursive_anchor = recursive != nullptr && recursive->is_bool() && recursive->get_bool();
  }
  return {};
}

result<std::optional<dialect>> resources::named_dialect(bj::object const& what) {
  auto const* const name = string_member(what, "$schema");
  if (name == nullptr) return std::optional<dialect>();
  if (auto const known = standard_dialect(*name)) return known;
  auto const parts = split_fragment(*name);
  if (!parts || parts->document.empty()) return fault("not a known dialect of JSON Schema");
  auto const custom = dialect_at(parts->document);
  if (!custom) return custom.error();
  return std::optional<dialect>(*custom);
}

/// The dialect that a custom metaschema describes: the draft of its own $schema, with the
/// vocabularies that it lists.
result<dialect> resources::dialect_at(std::string const& uri) {
  auto const* const document = load_(uri);
  if (document == nullptr || !document->is_object() || !reading_.insert(uri).second)
    return fault(in_quotes(uri) + " is not a known dialect of JSON Schema");
  if (std::find(documents_.begin(), documents_.end(), uri) == documents_.end())
    documents_.push_back(uri);
  auto found = read_vocabularies(document->get_object());
  reading_.erase(uri);
  return found;
}

result<dialect> resources::read_vocabularies(bj::object const& metaschema) {
  auto const base = named_dialect(metaschema);
  if (!base) return base.error();
  auto language = base->value_or(unnamed_);
  auto const* const list = metaschema.if_contains("$vocabulary");
  if (list == nullptr || !list->is_object()) return language;
  language.words = 0;
  for (auto const& member : list->get_object()) {
    auto const bits = vocabulary_bits(member.key());
    bool const required = member.value().is_bool() && member.value().get_bool();
    if (!bits && required) return fault("unknown vocabulary " + in_quotes(member.key()));
    language.words = static_cast<vocabularies>(language.words | bits.value_or(0));
  }
  return language;
}

result<bj::value const*> resources::resolve(std::string_view reference, resource const& from) {
  if (!is_uri_reference(reference)) return fault("must be a URI reference");
  auto const parts = split_fragment(resolve_uri(from.base, reference));
  if (!parts) return fault("must be a URI reference");
  auto const opened = open(parts->document, from.language);
  if (!opened) return opened.error();
  auto& home = **opened;
  if (parts->fragment.empty()) return home.root;
  if (parts->fragment.starts_with('/')) return follow(home, parts->fragment);
  auto const found = home.anchors.find(parts->fragment);
  if (found == home.anchors.end()) return fault(in_quotes(reference) + ": no such anchor");
  return found->second;
}

result<bj::value const*> resources::follow(resource& from, std::string_view pointer) {
  auto const* at = from.root;
  site where = sites_.at(at);
  for (auto const& token : split_pointer(pointer)) {
    std::string step;
    append_pointer(step, token);
    at = find_pointer(*at, step);
    if (at == nullptr) return fault(in_quotes("#" + std::string(pointer)) + " does not exist");
    where.pointer += step;
    if (auto const* const known = find(*at)) where.home = known->home;
  }
  if (!at->is_object() && !at->is_bool())
    return fault(in_quotes("#" + std::string(pointer)) + " does not lead to a schema");
  auto const* const found = at;
  if (auto done = index({.what = found, .where = std::move(where)}); !done) return done.error();
  return found;
}

} // namespace cfgd::schema
