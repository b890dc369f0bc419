#include "engine/source_content.hpp"

#include "core/json.hpp"
#include "engine/stored_text.hpp"
#include "engine/text_places.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

// A request reads the documents of the namespaces that it changes, several times each. So the last
// ones that were read stay parsed, as many as fit in a bound, for each thread that reads any.

namespace cfgd::engine {
namespace {

namespace bj = boost::json;
using canonical::shared_text;
using document_pointer = std::shared_ptr<sourced_document const>;

/// Brings the places of a document into the order of its canonical text.
class place_sorter {
 public:
  explicit place_sorter(std::vector<place> const& from) : from_(from) { to_.reserve(from.size()); }

  std::vector<place> sort(bj::object const& root) && {
    add_members(root, 0);
    return std::move(to_);
  }

 private:
  struct child {
    std::string_view name;
    bj::value const* value;
    std::size_t node;
  };

  /// Adds all nodes below a value, whose first one is `node`; returns the one behind them.
  std::size_t add_below(bj::value const& at, std::size_t node) {
    if (auto const* const object = at.if_object()) return add_members(*object, node);
    if (auto const* const list = at.if_array())
      for (auto const& element : *list)
        node = add(element, node);
    return node;
  }

  std::size_t add(bj::value const& at, std::size_t node) {
    to_.push_back(node < from_.size() ? from_[node] : place());
    return add_below(at, node + 1);
  }

  std::size_t add_members(bj::object const& of, std::size_t node) {
    std::vector<child> members;
    members.reserve(of.size());
    for (auto const& member : of) {
      members.push_back({member.key(), &member.value(), node});
      node += 1 + count_below(member.value());
    }
    std::ranges::sort(members, {}, &child::name);
    for (auto const& one : members)
      add(*one.value, one.node);
    return node;
  }

  static std::size_t count_below(bj::value const& at) {
    std::size_t count = 0;
    if (auto const* const object = at.if_object())
      for (auto const& member : *object)
        count += 1 + count_below(member.value());
    else if (auto const* const list = at.if_array())
      for (auto const& element : *list)
        count += 1 + count_below(element);
    return count;
  }

  std::vector<place> const& from_;
  std::vector<place> to_;
};

/// The documents that were read last, the newest first.
class recent_documents {
 public:
  document_pointer find(shared_text const& text, std::string const& places) {
    auto const found = std::ranges::find_if(kept_, [&](entry const& one) {
      return one.document && one.text == text && one.places == places;
    });
    if (found == kept_.end()) return nullptr;
    std::rotate(kept_.begin(), found, found + 1);
    return kept_.front().document;
  }

  void keep(shared_text const& text, std::string const& places, document_pointer document) {
    if (text.size() > most_bytes) return;
    std::rotate(kept_.begin(), kept_.end() - 1, kept_.end());
    kept_.front() = {text, places, std::move(document)};
    std::size_t bytes = 0;
    for (auto& one : kept_) {
      if (one.document) bytes += one.text.size();
      if (bytes > most_bytes) one = {};
    }
  }

 private:
  static constexpr std::size_t most_bytes = std::size_t{256} * 1024; ///< of text

  struct entry {
    shared_text text;
    std::string places;
    document_pointer document; ///< null: none
  };
  std::array<entry, 8> kept_;
};

// Of the thread, because any may read and none should wait: records do not know who reads them.
thread_local recent_documents recent; // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

document_pointer const& empty_document() {
  static auto const empty = std::make_shared<sourced_document const>();
  return empty;
}

} // namespace

/// Packed places, with positions in their text that are made for the first look-up.
struct source_content::packed_places {
  explicit packed_places(std::string all) : packed(std::move(all)) {}

  std::string packed;
  mutable std::once_flag make_positions;
  mutable std::optional<text_places> positions;
};

std::string const& source_content::packed() const {
  static std::string const none;
  return places_ ? places_->packed : none;
}

source_content::source_content(source_kind what, sourced_document const& from) : notes(from.notes) {
  if (what != source_kind::values) {
    parsed_ = std::make_shared<sourced_document const>(
        sourced_document{.root = from.root, .places = from.places});
  } else if (!from.root.empty()) {
    auto text = json::canonical(from.root);
    text.shrink_to_fit(); // it is kept
    text_ = std::make_shared<std::string const>(std::move(text));
    if (!from.places.empty())
      places_ = std::make_shared<packed_places const>(
          pack_places(place_sorter(from.places).sort(from.root)));
  }
}

source_content::source_content(shared_text text, std::vector<place> const& all)
    : text_(text && *text == "{}" ? shared_text() : std::move(text)),
      places_(std::make_shared<packed_places const>(pack_places(all))) {}

document_pointer source_content::read() const {
  if (parsed_) return parsed_;
  if (!text_) return empty_document();
  if (auto known = recent.find(text_, packed())) return known;
  auto value = parse_stored_value(*text_);
  if (!value || !value->is_object())
    throw std::runtime_error("the content of a source in memory is not an object");
  auto made = std::make_shared<sourced_document const>(
      sourced_document{.root = std::move(value->get_object()), .places = places()});
  recent.keep(text_, packed(), made);
  return made;
}

bool source_content::empty() const { return parsed_ ? parsed_->root.empty() : !text_; }

bool source_content::operator==(source_content const& other) const {
  if (parsed_ || other.parsed_) return read()->root == other.read()->root;
  if (text_ == other.text_) return true;
  return text_ && other.text_ && *text_ == *other.text_;
}

void source_content::share_text(shared_text const& same) {
  if (text_ && same && *text_ == *same) text_ = same;
}

place source_content::find_place(std::span<std::string const> path) const {
  if (parsed_) return cfgd::find_place(*parsed_, path);
  if (!text_ || packed().empty()) return {};
  // A text that is shared instead is equal, so the positions are the same.
  std::call_once(places_->make_positions, [this] { places_->positions.emplace(*text_, packed()); });
  auto const found = places_->positions->find(*text_, path);
  return found ? *found : cfgd::find_place(*read(), path);
}

std::vector<place> source_content::places() const {
  if (parsed_) return parsed_->places;
  std::vector<place> all;
  all.reserve(packed().size() / 2);
  for (place_reader left(packed()); !left.at_end();)
    all.push_back(left.next());
  return all;
}

} // namespace cfgd::engine
