#include "engine/source_content.hpp"

#include "core/json.hpp"
#include "engine/stored_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>

// A request reads the documents of the namespaces that it changes, several times each. So the last
// ones that were read stay parsed, as many as fit in a bound, for each thread that reads any.

namespace cfgd::engine {
namespace {

namespace bj = boost::json;
using text_pointer = std::shared_ptr<std::string const>;
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

/// Appends a number in 7 bits a byte, the low ones first; the others have the high bit.
void append_number(std::string& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7)
    out.push_back(static_cast<char>(number | 0x80));
  out.push_back(static_cast<char>(number));
}

std::uint64_t take_number(std::string_view& from) {
  std::uint64_t number = 0;
  for (unsigned shift = 0; !from.empty(); shift += 7) {
    auto const byte = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    number |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) break;
  }
  return number;
}

/// Of each place the step of its line and its column. Most take two bytes instead of eight.
std::string pack_places(std::vector<place> const& all) {
  std::string packed;
  packed.reserve(all.size() * 2);
  std::int64_t line = 0;
  for (auto const& one : all) {
    auto const step = std::int64_t{one.line} - std::exchange(line, std::int64_t{one.line});
    append_number(packed, step < 0 ? static_cast<std::uint64_t>(-step) * 2 - 1
                                   : static_cast<std::uint64_t>(step) * 2);
    append_number(packed, one.column);
  }
  packed.shrink_to_fit();
  return packed;
}

/// The documents that were read last, the newest first.
class recent_documents {
 public:
  document_pointer find(text_pointer const& text, std::string const& places) {
    auto const found = std::ranges::find_if(kept_, [&](entry const& one) {
      return one.document && one.text == text && one.places == places;
    });
    if (found == kept_.end()) return nullptr;
    std::rotate(kept_.begin(), found, found + 1);
    return kept_.front().document;
  }

  void keep(text_pointer const& text, std::string const& places, document_pointer document) {
    if (text->size() > most_bytes) return;
    std::rotate(kept_.begin(), kept_.end() - 1, kept_.end());
    kept_.front() = {text, places, std::move(document)};
    std::size_t bytes = 0;
    for (auto& one : kept_) {
      if (one.document) bytes += one.text->size();
      if (bytes > most_bytes) one = {};
    }
  }

 private:
  static constexpr std::size_t most_bytes = std::size_t{256} * 1024; ///< of text

  struct entry {
    text_pointer text;
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

source_content::source_content(source_kind what, sourced_document const& from) : notes(from.notes) {
  if (what != source_kind::values) {
    parsed_ = std::make_shared<sourced_document const>(
        sourced_document{.root = from.root, .places = from.places});
  } else if (!from.root.empty()) {
    auto text = json::canonical(from.root);
    text.shrink_to_fit(); // it is kept
    text_ = std::make_shared<std::string const>(std::move(text));
    if (!from.places.empty()) places_ = pack_places(place_sorter(from.places).sort(from.root));
  }
}

source_content::source_content(text_pointer text, std::vector<place> const& all)
    : text_(text && *text == "{}" ? nullptr : std::move(text)), places_(pack_places(all)) {}

document_pointer source_content::read() const {
  if (parsed_) return parsed_;
  if (!text_) return empty_document();
  if (auto known = recent.find(text_, places_)) return known;
  auto value = parse_stored_value(*text_);
  if (!value || !value->is_object())
    throw std::runtime_error("the content of a source in memory is not an object");
  auto made = std::make_shared<sourced_document const>(
      sourced_document{.root = std::move(value->get_object()), .places = places()});
  recent.keep(text_, places_, made);
  return made;
}

bool source_content::empty() const { return parsed_ ? parsed_->root.empty() : text_ == nullptr; }

bool source_content::operator==(source_content const& other) const {
  if (parsed_ || other.parsed_) return read()->root == other.read()->root;
  if (text_ == other.text_) return true;
  return text_ && other.text_ && *text_ == *other.text_;
}

void source_content::share_text(text_pointer const& same) {
  if (text_ && same && *text_ == *same) text_ = same;
}

std::vector<place> source_content::places() const {
  if (parsed_) return parsed_->places;
  std::vector<place> all;
  all.reserve(places_.size() / 2);
  std::int64_t line = 0;
  for (std::string_view left = places_; !left.empty();) {
    auto const step = take_number(left);
    line += step % 2 == 0 ? static_cast<std::int64_t>(step / 2)
                          : -static_cast<std::int64_t>(step / 2) - 1;
    auto const column = take_number(left);
    all.push_back(
        {.line = static_cast<std::uint32_t>(line), .column = static_cast<std::uint32_t>(column)});
  }
  return all;
}

} // namespace cfgd::engine
