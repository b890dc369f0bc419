#include "daemon/credential_request.hpp"

#include "core/document.hpp"
#include "core/limits.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

// The digits of the peer's name are random: they only make the name free. Who has bound the name is
// checked by whoever calls this, because everybody can bind any abstract name.

namespace cfgd {
namespace {

/// systemd prints 64 bits.
constexpr std::size_t most_digits = 16;
constexpr std::string_view marker = "/unit/";

bool is_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

/// The text before the first slash, which is taken off with it. Empty: there is none.
std::string_view take_part(std::string_view& from) {
  auto const slash = from.find('/');
  if (slash == from.npos) return {};
  auto const part = from.substr(0, slash);
  from.remove_prefix(slash + 1);
  return part;
}

std::string bytes_of(std::string_view canonical_text) {
  if (!canonical_text.starts_with('"')) return std::string(canonical_text);
  auto const parsed =
      boost::json::parse(boost::json::string_view(canonical_text.data(), canonical_text.size()));
  auto const& text = parsed.get_string();
  return {text.data(), text.size()};
}

error denial(std::string message, key const& which) {
  return {.code = errc::denied, .message = std::move(message), .subject = which.str()};
}

} // namespace

std::optional<credential_request> parse_credential_request(std::string_view peer_name) {
  if (!peer_name.starts_with('\0')) return std::nullopt;
  peer_name.remove_prefix(1);
  auto const at = peer_name.find(marker);
  if (at == peer_name.npos || at == 0 || at > most_digits) return std::nullopt;
  if (!std::ranges::all_of(peer_name.substr(0, at), is_digit)) return std::nullopt;
  peer_name.remove_prefix(at + marker.size());
  auto const unit = take_part(peer_name);
  bool const is_whole = !unit.empty() && !peer_name.empty();
  if (!is_whole || peer_name.find('/') != peer_name.npos || peer_name.find('\0') != peer_name.npos)
    return std::nullopt;
  return credential_request{std::string(unit), std::string(peer_name)};
}

result<void> check_unit_right(engine::access_rules const& rules, std::string_view unit,
                              key const& which, engine::operation what) {
  // The uid is that of the service manager, not of the unit: no entry for a user is meant.
  engine::asker const who{.unit = unit};
  auto const answer = engine::decide(rules, {}, who, what, which);
  if (answer.what == engine::access_answer::verdict::allowed) return {};
  auto const name = std::string(engine::to_string(what));
  if (answer.by != nullptr) return denial(answer.by->place() + " denies " + name, which);
  if (!rules.broken.empty())
    return denial("the access file '" + rules.broken.front() + "' cannot be read, so nobody has " +
                      "what it could refuse",
                  which);
  return denial("no entry in access/ allows the unit to " +
                    std::string(what == engine::operation::secret ? "see secrets" : "read") +
                    "; add one with to = \"unit:" + std::string(unit) + "\" and allow = [\"read\"" +
                    (what == engine::operation::secret ? ", \"secret\"]" : "]"),
                which);
}

result<std::string> serve_credential(engine::access_rules const& rules, std::string_view unit,
                                     key const& which, namespace_texts const* texts) {
  if (auto const may = check_unit_right(rules, unit, which, engine::operation::read); !may)
    return may.error();
  auto const whole = texts == nullptr ? std::nullopt : canonical::find(texts->whole, which.path());
  if (!whole)
    return error{.code = errc::not_found, .message = "there is no value", .subject = which.str()};
  if (whole != canonical::find(texts->shown, which.path()))
    if (auto const may = check_unit_right(rules, unit, which, engine::operation::secret); !may)
      return may.error();
  auto bytes = bytes_of(*whole);
  if (bytes.size() > limits::credential_bytes)
    return error{.code = errc::limit,
                 .message = "the value is too large for a credential",
                 .subject = "credential_bytes",
                 .used = bytes.size(),
                 .maximum = limits::credential_bytes};
  return bytes;
}

} // namespace cfgd
