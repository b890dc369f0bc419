#include "watchers/formats/yaml_events.hpp"

#include "core/text.hpp"
#include "watchers/formats/sourced_value.hpp"

#include <new>
#include <string>
#include <utility>

// A bracket that is not closed is found by libyaml lines later, at something that cannot be inside
// it: "did not find expected node content while parsing a flow node". So the brackets that are open
// are followed here, and the message names the innermost one.

namespace cfgd::watchers::formats {

namespace {

/// The byte of a position, which libyaml counts in characters.
std::size_t offset_of(std::string_view text, std::size_t characters) {
  std::size_t at = 0;
  for (; characters > 0 && at < text.size(); --characters) {
    do
      ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U);
  }
  return at;
}

std::string describe_text(std::string_view text, std::size_t at) {
  if (at >= text.size()) return "the text ends";
  bool const is_shown = text[at] > ' ' && text[at] < '\x7F';
  return is_shown ? std::string("'") + text[at] + '\'' : "unexpected text";
}

/// What may be missing before the text at `at`, which is where a value has to be or behind one.
std::string describe_missing(std::string_view text, std::size_t at, char bracket,
                             bool is_behind_value) {
  if (!is_behind_value && at < text.size() && text[at] == ',')
    return "is a value missing before it?";
  std::string const closing = bracket == '[' ? "']'" : "'}'";
  return (is_behind_value && at < text.size() ? "is ',' or " : "is ") + closing + " missing?";
}

} // namespace

place to_place(yaml_mark_t const& mark) {
  return {.line = static_cast<std::uint32_t>(mark.line) + 1,
          .column = static_cast<std::uint32_t>(mark.column) + 1};
}

yaml_events::yaml_events(std::string_view text) : text_(text) {
  if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
  yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&parser_, reinterpret_cast<unsigned char const*>(text.data()),
                               text.size());
}

yaml_events::~yaml_events() {
  yaml_event_delete(&event_);
  yaml_parser_delete(&parser_);
}

result<yaml_event_t const*> yaml_events::next() {
  yaml_event_delete(&event_);
  if (yaml_parser_parse(&parser_, &event_) == 0) return why();
  follow_brackets();
  return &event_;
}

void yaml_events::follow_brackets() {
  auto const open = [this](bool has_bracket) {
    open_.push_back(has_bracket ? std::optional(event_.end_mark) : std::nullopt);
  };
  switch (event_.type) {
  case YAML_SEQUENCE_START_EVENT:
    return open(event_.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE);
  case YAML_MAPPING_START_EVENT:
    return open(event_.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE);
  case YAML_SEQUENCE_END_EVENT:
  case YAML_MAPPING_END_EVENT:
    return open_.pop_back();
  default:
    return;
  }
}

error yaml_events::why() const {
  if (parser_.error == YAML_MEMORY_ERROR) throw std::bad_alloc();
  if (auto unclosed = find_unclosed()) return *std::move(unclosed);
  std::string message = parser_.problem == nullptr ? "not valid YAML" : parser_.problem;
  if (parser_.error == YAML_READER_ERROR)
    return make_parse_error(place_at(text_, parser_.problem_offset), std::move(message));
  if (parser_.context != nullptr) message.append(" ").append(parser_.context);
  return make_parse_error(to_place(parser_.problem_mark), std::move(message));
}

/// The innermost bracket that is open where the parser of collections in brackets fails.
std::optional<error> yaml_events::find_unclosed() const {
  if (parser_.error != YAML_PARSER_ERROR || parser_.context == nullptr) return std::nullopt;
  std::string_view const context = parser_.context;
  if (context.find("flow") == context.npos) return std::nullopt;
  for (auto level = open_.rbegin(); level != open_.rend() && *level; ++level) {
    yaml_mark_t const& behind = **level;
    auto const at = offset_of(text_, behind.index);
    // A mapping of one pair, [a: b], has no bracket of its own.
    if (at == 0 || (text_[at - 1] != '[' && text_[at - 1] != '{')) continue;
    char const bracket = text_[at - 1];
    auto const problem = offset_of(text_, parser_.problem_mark.index);
    bool const is_behind_value = context.find("node") == context.npos;
    return make_parse_error(to_place(parser_.problem_mark),
                            describe_text(text_, problem) + " inside '" + bracket + "' opened at " +
                                std::to_string(behind.line + 1) + ':' +
                                std::to_string(behind.column) + "; " +
                                describe_missing(text_, problem, bracket, is_behind_value));
  }
  return std::nullopt;
}

} // namespace cfgd::watchers::formats
