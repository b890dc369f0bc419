#include "tests/support/store_requests.hpp"

#include "core/json.hpp"

#include <algorithm>

namespace cfgd::test {
namespace {

engine::source_update update(std::string_view source, std::string_view content) {
  engine::source_update made{.id = to_source(source),
                             .path = "/" + std::string(source),
                             .identity = {.device = 1,
                                          .inode = 2,
                                          .size = content.size(),
                                          .modified_ns = 3,
                                          .changed_ns = 4},
                             .hash = hash_content(content),
                             .what = engine::source_update::touched{}};
  return made;
}

/// Members and elements, which have a place each.
std::uint32_t nodes_below(boost::json::value const& value) {
  std::uint32_t count = 0;
  if (auto const* const object = value.if_object())
    for (auto const& member : *object)
      count += 1 + nodes_below(member.value());
  else if (auto const* const list = value.if_array())
    for (auto const& element : *list)
      count += 1 + nodes_below(element);
  return count;
}

} // namespace

boost::json::value to_json(std::string_view text) { return json::parse(text).value(); }
key to_key(std::string_view text) { return key::parse(text).value(); }

source_id to_source(std::string_view text) { return parse_source_id(text).value(); }

engine::source_update good(std::string_view source, std::string_view content) {
  auto made = update(source, content);
  engine::source_update::good what;
  what.document.root = to_json(content).as_object();
  what.bytes = content;
  auto const nodes = nodes_below(what.document.root);
  for (std::uint32_t node = 0; node < nodes; ++node)
    what.document.places.push_back({.line = node + 1, .column = 1});
  made.what = std::move(what);
  return made;
}

engine::source_update refused(std::string_view source, std::string_view content,
                              std::string_view why) {
  auto made = update(source, content);
  made.what = engine::source_update::refused{
      .bytes = std::string(content),
      .why = {.code = errc::parse, .message = std::string(why), .where = {.line = 3, .column = 7}}};
  return made;
}

engine::source_update blocked(std::string_view source, engine::source_status status) {
  auto made = update(source, "");
  made.what = engine::source_update::blocked{
      .status = status, .why = {.code = errc::untrusted, .message = "not to be had"}};
  return made;
}

engine::source_update touched(std::string_view source) {
  auto made = update(source, "");
  made.what = engine::source_update::touched{};
  return made;
}

engine::source_update gone(std::string_view source) {
  auto made = update(source, "");
  made.what = engine::source_update::gone{};
  return made;
}

engine::request files_changed(std::vector<engine::source_update> updates, engine::grouping how) {
  return engine::file_change{.updates = std::move(updates), .how = how};
}

engine::set_request set(std::initializer_list<key_value> values) {
  engine::set_request made;
  for (auto const& [name, text] : values)
    made.values.emplace_back(to_key(name), to_json(text));
  made.from.uid = 1000;
  made.from.gid = 1000;
  made.from.pid = 4711;
  made.from.unit = "some.service";
  return made;
}

engine::set_request unset(std::initializer_list<std::string_view> keys) {
  auto made = set({});
  for (auto const name : keys)
    made.unset.push_back(to_key(name));
  return made;
}

wall_time at(std::int64_t milliseconds) {
  return wall_time(std::chrono::milliseconds(1'795'000'000'000 + milliseconds));
}

} // namespace cfgd::test
