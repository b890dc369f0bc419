#include "core/json.hpp"
#include "ipc/framing.hpp"
#include "ipc/message.hpp"
#include "tests/fuzz/require.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

// The input is what a client sends: the frames are the same however it is cut, the scanner of the
// envelope takes just what the real parser and the rules would take, and what was understood is
// written so that it is understood again.

namespace {

using namespace cfgd;
using test::require;

constexpr std::size_t maximum_frame = 256;

void put(ipc::frame_reader& reader, std::string_view bytes) {
  auto const room = reader.prepare(bytes.size());
  if (!bytes.empty()) std::memcpy(room.data(), bytes.data(), bytes.size());
  reader.commit(bytes.size());
}

std::vector<std::string> frames_of(std::string_view bytes, std::size_t piece) {
  std::vector<char> scratch(64);
  ipc::frame_reader reader(maximum_frame);
  std::vector<std::string> frames;
  while (!bytes.empty() && !reader.too_large()) {
    if (piece <= scratch.size()) reader.borrow(scratch);
    put(reader, bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (auto const frame = reader.next())
      frames.emplace_back(*frame);
    reader.keep();
    require(reader.has_partial() || reader.held_bytes() == 0, "an empty reader holds no memory");
  }
  return frames;
}

/// The same decision as parse_call, made from a whole value.
bool is_call(boost::json::value const& value) {
  if (!value.is_object() || !value.get_object().contains("method")) return false;
  int flags = 0;
  for (auto const& member : value.get_object()) {
    auto const name = member.key();
    auto const& content = member.value();
    if (name == "method") {
      if (!content.is_string()) return false;
    } else if (name == "parameters") {
      if (!content.is_object() && !content.is_null()) return false;
    } else if (name == "more" || name == "oneway" || name == "upgrade") {
      if (!content.is_bool()) return false;
      flags += content.get_bool() ? 1 : 0;
    } else if (name.find('.') == boost::json::string_view::npos) {
      return false;
    }
  }
  return flags <= 1;
}

void check_call(std::string_view frame) {
  json::read_limits const bounds{32, 1000};
  auto const call = ipc::parse_call(frame, bounds);
  auto const value = json::parse(frame, json::dialect::strict, bounds);
  require(call.has_value() == (value.has_value() && is_call(*value)),
          "the scanner takes what the parser takes");
  if (!call) return;

  std::string written;
  ipc::append_call(written, call->method, json::canonical(call->parameters), call->kind);
  require(written.find('\0') == written.size() - 1, "a message has one NUL, at its end");
  written.pop_back();
  auto const again = ipc::parse_call(written, bounds);
  require(again.has_value() && again->method == call->method && again->kind == call->kind &&
              json::canonical(again->parameters) == json::canonical(call->parameters),
          "a call reads back equal");
}

void check_reply(std::string_view frame) {
  auto const reply = ipc::parse_reply(frame, {32, 1000});
  if (!reply) return;

  std::string written;
  auto const parameters = json::canonical(reply->parameters);
  if (reply->error.empty())
    ipc::append_reply(written, parameters, reply->continues);
  else
    ipc::append_error(written, reply->error, parameters);
  written.pop_back();
  auto const again = ipc::parse_reply(written, {32, 1000});
  require(again.has_value() && again->error == reply->error &&
              again->continues == reply->continues &&
              json::canonical(again->parameters) == parameters,
          "a reply reads back equal");
}

} // namespace

// The name is libFuzzer's.
extern "C" int
LLVMFuzzerTestOneInput(std::uint8_t const* data, // NOLINT(readability-identifier-naming)
                       std::size_t size) {
  std::string_view const bytes(reinterpret_cast<char const*>(data), size);
  auto const whole = frames_of(bytes, size + 1);
  for (std::size_t const piece : {1U, 7U, 64U})
    require(frames_of(bytes, piece) == whole, "frames are the same however the stream is cut");
  for (auto const& frame : whole) {
    check_call(frame);
    check_reply(frame);
  }
  return 0;
}
