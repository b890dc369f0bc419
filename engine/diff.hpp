#pragma once

#include "core/change.hpp"
#include "core/key.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace cfgd::engine {

struct namespace_state;

/// Appends the leaves that differ between two canonical texts of one namespace, in key order. A
/// leaf is any value but an object with members; a namespace that is an empty object has no leaf.
/// An empty text stands for a namespace that does not exist. The time is linear in the texts.
/// `before` and `after` of the changes are copies, so the texts need not outlive the call.
void append_differences(std::vector<key_change>& out, std::string_view name_space,
                        std::string_view before, std::string_view after);

/// The same for the texts of the value at a key below its namespace; empty: there is none.
void append_differences(std::vector<key_change>& out, key const& at, std::string_view before,
                        std::string_view after);

/// The topmost keys that overrides and files may say something else about in `now` than in `was`,
/// in key order, none below another one. Absent: other keys may differ, too, because of the schema,
/// locks, or formats without types; or they are too many for one by one.
std::optional<std::vector<key>> differing_keys(namespace_state const& was,
                                               namespace_state const& now);

} // namespace cfgd::engine
