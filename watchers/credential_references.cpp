#include "watchers/credential_references.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <utility>
#include <vector>

// The places of a document are in depth-first order, one for each node below the root. A reference
// is two nodes, itself and its member, and becomes one; so the walk copies the places and leaves
// out the second.

namespace cfgd::watchers {
namespace {

namespace bj = boost::json;

/// The value of the one member of a reference; null: it is not a reference.
bj::value const* reference_in(bj::value const& what) {
  auto const* const object = what.if_object();
  if (object == nullptr || object->size() != 1) return nullptr;
  return object->if_contains(bj::string_view(credential_member.data(), credential_member.size()));
}

bool has_reference(bj::value const& in) {
  if (reference_in(in) != nullptr) return true;
  if (auto const* const object = in.if_object())
    for (auto const& member : *object)
      if (has_reference(member.value())) return true;
  if (auto const* const array = in.if_array())
    for (auto const& element : *array)
      if (has_reference(element)) return true;
  return false;
}

class resolver {
 public:
  resolver(sourced_document& document, std::string_view name_space, credential_lookup const& find)
      : document_(document), name_space_(name_space), find_(find) {}

  result<std::size_t> run() {
    walk(document_.root, {});
    if (failure_) return *std::move(failure_);
    if (!document_.places.empty()) document_.places = std::move(places_);
    return count_;
  }

 private:
  void walk(bj::object& members, std::string const& pointer) {
    for (auto& member : members) {
      auto below = pointer;
      append_pointer(below, std::string_view(member.key().data(), member.key().size()));
      visit(member.value(), below);
      if (failure_) return;
    }
  }

  void walk(bj::array& elements, std::string const& pointer) {
    std::size_t index = 0;
    for (auto& element : elements) {
      auto below = pointer;
      append_pointer(below, std::to_string(index++));
      visit(element, below);
      if (failure_) return;
    }
  }

  void visit(bj::value& what, std::string const& pointer) {
    keep_place();
    if (auto const* const name = reference_in(what)) {
      ++next_; // the place of its member
      resolve(what, *name, pointer);
    } else if (auto* const object = what.if_object()) {
      walk(*object, pointer);
    } else if (auto* const array = what.if_array()) {
      walk(*array, pointer);
    }
  }

  void keep_place() {
    where_ = next_ < document_.places.size() ? document_.places[next_] : place();
    places_.push_back(where_);
    ++next_;
  }

  void resolve(bj::value& into, bj::value const& name, std::string const& pointer) {
    if (!name.is_string())
      return fail({.code = errc::bad_value, .message = "'$credential' must be a text"}, pointer);
    auto text = find_(std::string_view(name.get_string().data(), name.get_string().size()));
    if (!text) return fail(text.error(), pointer);
    into = bj::value(*text);
    ++count_;
    document_.notes.push_back(
        {.how = severity::warning,
         .rule = std::string(credential_rule),
         .pointer = pointer,
         .message = "the value is a credential, but no schema calls it secret: everybody who may "
                    "read the namespace sees it; say \"x-secret\": true in its schema",
         .where = where_});
  }

  void fail(error why, std::string const& pointer) {
    std::string key(name_space_);
    for (auto const& part : split_pointer(pointer))
      key.append(".").append(part);
    why.message.insert(0, "'" + key + "': ");
    why.where = where_;
    failure_ = std::move(why);
  }

  sourced_document& document_;
  std::string_view name_space_;
  credential_lookup const& find_;
  std::vector<place> places_;
  std::size_t next_ = 0; ///< the next place of the document
  std::size_t count_ = 0;
  place where_;
  std::optional<error> failure_;
};

} // namespace

result<std::size_t> resolve_credentials(sourced_document& document, std::string_view name_space,
                                        credential_lookup const& find) {
  if (!has_credentials(document)) return std::size_t{0};
  return resolver(document, name_space, find).run();
}

bool has_credentials(sourced_document const& document) {
  for (auto const& member : document.root)
    if (has_reference(member.value())) return true;
  return false;
}

} // namespace cfgd::watchers
