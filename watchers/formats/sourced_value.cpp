#include "watchers/formats/sourced_value.hpp"

#include "core/text.hpp"

#include <boost/assert.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <optional>
#include <utility>

// The last check, which is the same for every format. It rejects in the finished value what a
// grammar allows and cfgd does not, so that no reader can forget it: "\u0000" in JSON, "\0" in
// YAML, a tree that is deeper than the parser of requests accepts. Readers have
// checks of their own where a library would need much time or memory before this check.
//
// The walk goes in the order of the places, so a running index finds the place of each value. It is
// recursive; the depth is checked before each step down.

namespace cfgd::watchers::formats {

namespace {

class content_check {
 public:
  content_check(std::vector<place> const& places, limits const& bounds)
      : places_(places), bounds_(bounds) {}

  std::optional<error> visit(boost::json::value const& what, place at, std::size_t depth) {
    if (auto const* text = what.if_string(); text != nullptr && !is_clean_text(*text))
      return unclean(at, "a string ", *text);
    if (auto const* object = what.if_object()) return visit_object(*object, at, depth + 1);
    if (auto const* array = what.if_array()) return visit_array(*array, at, depth + 1);
    return std::nullopt;
  }

 private:
  std::optional<error> visit_object(boost::json::object const& object, place at,
                                    std::size_t depth) {
    if (depth > bounds_.file_depth) return too_deep(at, depth);
    for (auto const& member : object) {
      place const here = next_place();
      if (next_ > bounds_.file_elements) return too_many(here);
      if (!is_clean_text(member.key())) return unclean(here, "a name ", member.key());
      if (auto refused = visit(member.value(), here, depth)) return refused;
    }
    return std::nullopt;
  }

  std::optional<error> visit_array(boost::json::array const& array, place at, std::size_t depth) {
    if (depth > bounds_.file_depth) return too_deep(at, depth);
    for (auto const& element : array) {
      place const here = next_place();
      if (next_ > bounds_.file_elements) return too_many(here);
      if (auto refused = visit(element, here, depth)) return refused;
    }
    return std::nullopt;
  }

  place next_place() {
    BOOST_ASSERT(next_ < places_.size());
    return places_[next_++];
  }

  static error unclean(place at, std::string what, std::string_view text) {
    return make_parse_error(at, std::move(what) + text_fault(text));
  }

  error too_deep(place at, std::size_t depth) const {
    error refused = make_limit_error("file_depth", depth, bounds_.file_depth);
    refused.where = at;
    return refused;
  }

  error too_many(place at) const {
    error refused = make_limit_error("file_elements", places_.size(), bounds_.file_elements);
    refused.where = at;
    return refused;
  }

  std::vector<place> const& places_;
  limits const& bounds_;
  std::size_t next_ = 0;
};

std::string_view explain(std::string_view which) {
  if (which == "file_bytes") return "the file is too large";
  if (which == "file_depth") return "lists and objects are nested too deeply";
  return "too many members and elements";
}

} // namespace

error make_parse_error(place where, std::string message) {
  return {.code = errc::parse, .message = std::move(message), .subject = {}, .where = where};
}

error make_limit_error(std::string_view which, std::uint64_t used, std::uint64_t maximum) {
  return {.code = errc::limit,
          .message = std::string(explain(which)),
          .subject = std::string(which),
          .where = {},
          .used = used,
          .maximum = maximum};
}

std::string in_quotes(std::string_view name) {
  constexpr std::size_t longest = 64;
  bool const cut = name.size() > longest;
  if (cut) {
    std::size_t end = longest;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U)
      --end;
    name = name.substr(0, end);
  }
  std::string out = "'";
  for (char const byte : name)
    out += static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F ? '?' : byte;
  out += cut ? "...'" : "'";
  return out;
}

void add_note(std::vector<issue>& to, std::string_view rule, std::string pointer,
              std::string message, place where) {
  if (to.size() == max_notes) return;
  to.push_back({.how = severity::warning,
                .rule = std::string(rule),
                .pointer = std::move(pointer),
                .message = std::move(message),
                .where = where});
}

result<void> check_content(sourced_value const& what, limits const& bounds) {
  content_check walk(what.places, bounds);
  if (auto refused = walk.visit(what.root, place{.line = 1, .column = 1}, 0))
    return *std::move(refused);
  return {};
}

} // namespace cfgd::watchers::formats
