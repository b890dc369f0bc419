#pragma once

#include "core/error.hpp"

#include <yaml.h>

#include <optional>
#include <string_view>
#include <vector>

namespace cfgd::watchers::formats {

place to_place(yaml_mark_t const& mark);

/// The events of libyaml for a text. Its errors are the messages of libyaml, except where brackets
/// are not closed: libyaml reports the position where it noticed, and people need the other one.
class yaml_events {
 public:
  /// `text` must outlive it. Throws std::bad_alloc.
  explicit yaml_events(std::string_view text);
  ~yaml_events();
  yaml_events(yaml_events const&) = delete;
  yaml_events& operator=(yaml_events const&) = delete;

  /// Valid until the next call. Errors: parse. Throws std::bad_alloc.
  result<yaml_event_t const*> next();

 private:
  void follow_brackets();
  error why() const;
  std::optional<error> find_unclosed() const;

  std::string_view text_;
  yaml_parser_t parser_{};
  yaml_event_t event_{};
  /// Of each collection that is not closed yet: the end of its bracket; absent: it has none.
  std::vector<std::optional<yaml_mark_t>> open_;
};

} // namespace cfgd::watchers::formats
