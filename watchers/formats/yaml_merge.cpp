#include "watchers/formats/yaml_merge.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <utility>
#include <vector>

// Merge keys are applied to the finished document: an alias copies a node as it is written, so
// while the document is composed the members of a mapping keep their positions, by which anchors
// find their nodes. Aliases have been counted when they were copied, and merging only moves what
// they copied, so a document does not grow here.
//
// The walk goes in the order of the places and builds new values and places. Its depth is
// that of the document, which is limited.

namespace cfgd::watchers::formats {

namespace {

namespace bj = boost::json;

class merger {
 public:
  explicit merger(std::vector<place> const& places) : places_(places) {}

  std::optional<error> take() { return std::move(fault_); }

  bj::value rebuild(bj::value const& from, std::vector<place>& places) {
    if (auto const* const object = from.if_object()) return rebuild_object(*object, places);
    if (auto const* const array = from.if_array()) {
      bj::array out;
      out.reserve(array->size());
      for (auto const& element : *array) {
        places.push_back(places_[next_++]);
        out.push_back(rebuild(element, places));
      }
      return out;
    }
    return from;
  }

 private:
  bj::value rebuild_object(bj::object const& from, std::vector<place>& places) {
    bj::object out;
    out.reserve(from.size());
    for (auto const& one : from) {
      place const at = places_[next_++];
      std::vector<place> below;
      auto value = rebuild(one.value(), below);
      if (one.key() == merge_key) {
        add_merged(from, out, places, at, value, below);
      } else if (!out.contains(one.key())) {
        places.push_back(at);
        places.insert(places.end(), below.begin(), below.end());
        out.emplace(one.key(), std::move(value));
      }
    }
    return out;
  }

  /// Adds the members of a merge key's value that `from` does not name itself.
  void add_merged(bj::object const& from, bj::object& out, std::vector<place>& places, place at,
                  bj::value const& value, std::vector<place> const& below) {
    std::size_t next = 0;
    if (auto const* const mapping = value.if_object()) {
      add_members(from, out, places, *mapping, below, next);
      return;
    }
    auto const* const list = value.if_array();
    if (list == nullptr) return fail(at);
    for (auto const& element : *list) {
      ++next; // the place of the element
      if (!element.is_object()) return fail(at);
      add_members(from, out, places, element.get_object(), below, next);
    }
  }

  static void add_members(bj::object const& from, bj::object& out, std::vector<place>& places,
                          bj::object const& mapping, std::vector<place> const& below,
                          std::size_t& next) {
    for (auto const& one : mapping) {
      auto const begin = static_cast<std::ptrdiff_t>(next);
      next += 1 + count_nodes(one.value());
      if (from.contains(one.key()) || out.contains(one.key())) continue;
      places.insert(places.end(), below.begin() + begin,
                    below.begin() + static_cast<std::ptrdiff_t>(next));
      out.emplace(one.key(), one.value());
    }
  }

  static std::size_t count_nodes(bj::value const& what) {
    std::size_t count = 0;
    if (auto const* const object = what.if_object()) {
      for (auto const& one : *object)
        count += 1 + count_nodes(one.value());
    } else if (auto const* const array = what.if_array()) {
      for (auto const& element : *array)
        count += 1 + count_nodes(element);
    }
    return count;
  }

  void fail(place at) {
    if (fault_) return;
    fault_ = make_parse_error(
        at, "the merge key '<<' wants a mapping or a list of mappings; quote it if it is a name");
  }

  std::vector<place> const& places_;
  std::size_t next_ = 0;
  std::optional<error> fault_;
};

} // namespace

std::optional<error> resolve_merge_keys(sourced_value& what) {
  merger work(what.places);
  std::vector<place> places;
  places.reserve(what.places.size());
  auto root = work.rebuild(what.root, places);
  what.root = std::move(root);
  what.places = std::move(places);
  return work.take();
}

} // namespace cfgd::watchers::formats
