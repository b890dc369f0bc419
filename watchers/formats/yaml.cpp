#include "watchers/formats/yaml.hpp"

#include "core/document.hpp"
#include "core/text.hpp"
#include "watchers/formats/yaml_events.hpp"
#include "watchers/formats/yaml_guard.hpp"
#include "watchers/formats/yaml_merge.hpp"
#include "watchers/formats/yaml_scalar.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <yaml.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

// libyaml tokenizes and checks the grammar; this file makes a value of its events. The document
// tree of libyaml is not used, because it has neither duplicate names nor types nor limits.
//
// The value is built in place, and open_ points to the containers that are not closed yet. A
// container grows only while it is the innermost one, so these pointers stay valid. An anchor
// outlives its container and cannot keep a pointer: it has the path to its node from the root, as
// positions of members and elements, and an alias follows it.
//
// Limits for hostile input:
// - depth is checked at each event, before libyaml continues (its scanner is quadratic in depth);
// - an alias counts all nodes and bytes that it copies before it copies ("billion laughs");
// - libyaml searches all %TAG directives for each new one, so their number is limited.

namespace cfgd::watchers::formats {

namespace {

constexpr std::size_t max_tag_directives = 64;

std::string_view view(yaml_char_t const* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<char const*>(text);
}

class yaml_composer {
 public:
  yaml_composer(limits const& bounds, json::big_integers beyond_int64)
      : bounds_(bounds), beyond_int64_(beyond_int64) {}

  /// Returns the error that ends reading, or nullopt.
  std::optional<error> on_event(yaml_event_t const& event) {
    at_ = to_place(event.start_mark);
    switch (event.type) {
    case YAML_DOCUMENT_START_EVENT:
      return on_document(event.data.document_start.version_directive);
    case YAML_SCALAR_EVENT:
      return on_scalar(event.data.scalar);
    case YAML_ALIAS_EVENT:
      return on_alias(view(event.data.alias.anchor));
    case YAML_SEQUENCE_START_EVENT:
      return on_open(view(event.data.sequence_start.anchor), view(event.data.sequence_start.tag),
                     boost::json::array());
    case YAML_MAPPING_START_EVENT:
      return on_open(view(event.data.mapping_start.anchor), view(event.data.mapping_start.tag),
                     boost::json::object());
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
      on_close();
      return std::nullopt;
    default:
      return std::nullopt;
    }
  }

  result<sourced_value> take() {
    sourced_value out{
        .root = std::move(root_), .places = std::move(places_), .notes = std::move(notes_)};
    if (!has_merge_keys_) return out;
    if (auto refused = resolve_merge_keys(out)) return *std::move(refused);
    return out;
  }

 private:
  /// Numbers read from the start, or between two points.
  struct amount {
    std::size_t nodes = 0;
    std::size_t bytes = 0;
  };

  struct anchored {
    bool is_open = true;
    std::vector<std::size_t> way;           ///< positions, from the root down
    std::optional<boost::json::value> name; ///< the scalar, if the anchor is on a name
    std::size_t first_place = 0;
    std::size_t last_place = 0;
    amount before;
    amount size;
    std::size_t height = 0; ///< nesting depth of the containers in it
  };

  struct container {
    boost::json::value* value = nullptr;
    anchored* anchor = nullptr;
    std::size_t height = 1;
    std::optional<std::string> name = {}; ///< of the member whose value comes next
    place name_at = {};
    std::vector<place> members = {}; ///< the places of their names
  };

  std::optional<error> on_document(yaml_version_directive_t const* version) {
    if (std::exchange(has_document_, true))
      return make_parse_error(at_, "a second document; a source must have one document");
    if (version != nullptr && version->major == 1 && version->minor == 1)
      add_note(notes_, "yaml", {},
               "%YAML 1.1 is ignored: the file is read as YAML 1.2; remove the directive", at_);
    return std::nullopt;
  }

  std::optional<error> on_scalar(auto const& scalar) {
    std::string_view const text(reinterpret_cast<char const*>(scalar.value), scalar.length);
    std::string_view const tag = view(scalar.tag);
    bool const is_plain = scalar.style == YAML_PLAIN_SCALAR_STYLE;
    auto value = !tag.empty() ? resolve_tagged(tag, text, beyond_int64_)
                 : is_plain   ? resolve_plain(text, beyond_int64_)
                              : result<boost::json::value>(boost::json::value(text));
    bool const is_name = awaits_name();
    if (!value && !(is_name && tag.empty())) {
      error refused = value.error();
      refused.where = at_;
      return refused;
    }
    std::string_view const anchor = view(scalar.anchor);
    if (is_name) {
      bool const is_bare = is_plain && tag.empty();
      if (!anchor.empty()) {
        anchored& named = anchors_[std::string(anchor)] = {};
        named.is_open = false;
        named.name = value ? *std::move(value) : boost::json::value(text);
        named.size.bytes = text.size();
      }
      has_merge_keys_ = has_merge_keys_ || (is_bare && text == "<<");
      if (auto refused = set_name(is_bare && text == "<<" ? merge_key : text)) return refused;
      if (is_bare) note_ambiguity(find_ambiguous_name(text));
      return std::nullopt;
    }
    if (is_plain && tag.empty()) note_ambiguity(find_ambiguity(text));
    anchored* const named = add_anchor(anchor);
    used_.bytes += text.size();
    auto placed = add(*std::move(value));
    if (!placed) return placed.error();
    close_anchor(named, 0);
    return std::nullopt;
  }

  std::optional<error> on_open(std::string_view anchor, std::string_view tag,
                               boost::json::value empty) {
    if (awaits_name()) return make_parse_error(at_, "a name must be a scalar");
    std::string_view const type =
        empty.is_object() ? "tag:yaml.org,2002:map" : "tag:yaml.org,2002:seq";
    if (!tag.empty() && tag != "!" && tag != type)
      return make_parse_error(at_, "unknown tag " + in_quotes(tag));
    if (open_.size() >= bounds_.file_depth)
      return located(make_limit_error("file_depth", open_.size() + 1, bounds_.file_depth));
    anchored* const named = add_anchor(anchor);
    auto placed = add(std::move(empty));
    if (!placed) return placed.error();
    if (named != nullptr) named->first_place = places_.size();
    open_.push_back({.value = *placed, .anchor = named});
    return std::nullopt;
  }

  void on_close() {
    std::size_t const height = open_.back().height;
    anchored* const named = open_.back().anchor;
    open_.pop_back();
    if (!open_.empty()) open_.back().height = std::max(open_.back().height, height + 1);
    close_anchor(named, height);
  }

  std::optional<error> on_alias(std::string_view anchor) {
    auto const found = anchors_.find(std::string(anchor));
    if (found == anchors_.end()) return make_parse_error(at_, "unknown alias " + in_quotes(anchor));
    anchored const& target = found->second;
    if (target.is_open)
      return make_parse_error(at_, "the alias " + in_quotes(anchor) +
                                       " refers to a node that contains it");
    if (auto refused = charge(target)) return refused;
    boost::json::value copy = target.name ? *target.name : walk(target.way);
    if (awaits_name()) {
      if (!copy.is_string()) return make_parse_error(at_, "a name must be a string");
      return set_name(copy.get_string());
    }
    auto placed = add(std::move(copy));
    if (!placed) return placed.error();
    for (std::size_t index = target.first_place; index < target.last_place; ++index) {
      place const original = places_[index]; // push_back may move what a reference points to
      places_.push_back(original);
    }
    if (!open_.empty()) open_.back().height = std::max(open_.back().height, target.height + 1);
    return std::nullopt;
  }

  /// Counts a copy of `target`; returns the limit that it exceeds, if any.
  std::optional<error> charge(anchored const& target) {
    if (open_.size() + target.height > bounds_.file_depth)
      return located(
          make_limit_error("file_depth", open_.size() + target.height, bounds_.file_depth));
    used_.nodes += target.size.nodes;
    used_.bytes += target.size.bytes;
    copied_bytes_ += target.size.bytes;
    if (used_.nodes > bounds_.file_elements)
      return located(make_limit_error("file_elements", used_.nodes, bounds_.file_elements));
    if (copied_bytes_ > bounds_.file_bytes)
      return located(make_limit_error("file_bytes", copied_bytes_, bounds_.file_bytes));
    return std::nullopt;
  }

  void note_ambiguity(std::string_view message) {
    if (message.empty() || notes_.size() == max_notes) return;
    add_note(notes_, "yaml", pointer(), std::string(message), at_);
  }

  /// The pointer of the name at hand or, without one, of the node that is added next.
  std::string pointer() const {
    std::string out;
    for (auto const& level : open_) {
      bool const is_innermost = &level == &open_.back();
      if (auto const* const array = level.value->if_array()) {
        append_pointer(out, std::to_string(array->size() - (is_innermost ? 0 : 1)));
        continue;
      }
      auto const& object = level.value->get_object();
      std::string const name =
          is_innermost ? *level.name : std::string(std::prev(object.end())->key());
      // What a merge key brings becomes a member of the mapping around it.
      if (name != merge_key) append_pointer(out, name);
    }
    return out;
  }

  bool awaits_name() const {
    return !open_.empty() && open_.back().value->is_object() && !open_.back().name;
  }

  std::optional<error> set_name(std::string_view name) {
    container& parent = open_.back();
    used_.bytes += name.size();
    auto const& object = parent.value->get_object();
    if (auto const* const first = object.find(name); first != object.end()) {
      place const where = parent.members[static_cast<std::size_t>(first - object.begin())];
      return make_parse_error(at_, "duplicate key " + in_quotes(name == merge_key ? "<<" : name) +
                                       " (first at line " + std::to_string(where.line) +
                                       "); remove one of them");
    }
    parent.name = name;
    parent.name_at = at_;
    return std::nullopt;
  }

  /// Adds a node at the current position.
  result<boost::json::value*> add(boost::json::value what) {
    if (open_.empty()) {
      root_ = std::move(what);
      return &root_;
    }
    if (++used_.nodes > bounds_.file_elements)
      return located(make_limit_error("file_elements", used_.nodes, bounds_.file_elements));
    container& parent = open_.back();
    if (auto* const array = parent.value->if_array()) {
      places_.push_back(at_);
      return &array->emplace_back(std::move(what));
    }
    places_.push_back(parent.name_at);
    parent.members.push_back(parent.name_at);
    auto const added = parent.value->get_object().emplace(*parent.name, std::move(what)).first;
    parent.name.reset();
    return &added->value();
  }

  /// To be called before the node is added. Null if it has no anchor.
  anchored* add_anchor(std::string_view name) {
    if (name.empty()) return nullptr;
    anchored& named = anchors_[std::string(name)] = {};
    for (auto const& level : open_)
      named.way.push_back(size_of(*level.value) - (&level == &open_.back() ? 0 : 1));
    // The alias adds the place and the count of the node itself.
    named.first_place = places_.size() + (open_.empty() ? 0 : 1);
    named.before = used_;
    if (!open_.empty()) ++named.before.nodes;
    return &named;
  }

  void close_anchor(anchored* named, std::size_t height) {
    if (named == nullptr || !named->is_open) return;
    named->is_open = false;
    named->last_place = places_.size();
    named->size = {.nodes = used_.nodes - named->before.nodes,
                   .bytes = used_.bytes - named->before.bytes};
    named->height = height;
  }

  static std::size_t size_of(boost::json::value const& what) {
    return what.is_object() ? what.get_object().size() : what.get_array().size();
  }

  boost::json::value const& walk(std::vector<std::size_t> const& way) const {
    boost::json::value const* node = &root_;
    for (std::size_t const position : way) {
      if (auto const* const array = node->if_array())
        node = &(*array)[position];
      else
        node = &(node->get_object().begin() + static_cast<std::ptrdiff_t>(position))->value();
    }
    return *node;
  }

  error located(error refused) const {
    refused.where = at_;
    return refused;
  }

  limits const& bounds_;
  json::big_integers beyond_int64_;
  boost::json::value root_ = nullptr;
  std::vector<place> places_;
  std::vector<container> open_;
  /// Elements of an unordered_map do not move, so open containers may point to them.
  std::unordered_map<std::string, anchored> anchors_;
  amount used_;
  std::size_t copied_bytes_ = 0;
  place at_; ///< of the current event
  bool has_document_ = false;
  bool has_merge_keys_ = false;
  std::vector<issue> notes_;
};

std::optional<error> check_directives(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find("%TAG"); at != text.npos; at = text.find("%TAG", at + 1)) {
    bool const begins_line = at == 0 || text[at - 1] == '\n' || text[at - 1] == '\r';
    if (begins_line && ++count > max_tag_directives)
      return make_parse_error(place_at(text, at), "too many %TAG directives");
  }
  return std::nullopt;
}

} // namespace

result<sourced_value> read_yaml(std::string_view text, limits const& bounds,
                                json::big_integers beyond_int64) {
  if (auto refused = check_directives(text)) return *std::move(refused);
  yaml_events events(text);
  yaml_guard guard(text);
  yaml_composer composer(bounds, beyond_int64);
  for (;;) {
    auto const event = events.next();
    if (!event) return event.error();
    if ((*event)->type == YAML_STREAM_END_EVENT) return composer.take();
    if (auto refused = guard.check(**event)) return *std::move(refused);
    if (auto refused = composer.on_event(**event)) return *std::move(refused);
  }
}

} // namespace cfgd::watchers::formats
