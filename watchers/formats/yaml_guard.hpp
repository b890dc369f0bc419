#pragma once

#include "core/error.hpp"

#include <yaml.h>

#include <cstddef>
#include <optional>
#include <string_view>

namespace cfgd::watchers::formats {

/// Finds what libyaml 0.2.5 accepts and reads otherwise than YAML 1.2 says
/// (docs/decisions/13-libyaml-with-a-guard.md). Looks at the text where each event begins, so call
/// it with every event, in their order.
class yaml_guard {
 public:
  explicit yaml_guard(std::string_view text) : text_(text) {}

  /// The error that ends reading, or nullopt.
  std::optional<error> check(yaml_event_t const& event);

 private:
  std::size_t offset_of(yaml_mark_t const& mark);
  std::optional<error> check_question_mark(std::size_t begin) const;
  std::optional<error> check_name_end(std::size_t begin, char sign) const;
  std::optional<error> check_block_end(yaml_event_t const& event, std::size_t begin);

  std::string_view text_;
  std::size_t index_ = 0;  ///< characters before offset_
  std::size_t offset_ = 0; ///< bytes
};

} // namespace cfgd::watchers::formats
