#pragma once

#include "core/error.hpp"
#include "core/key.hpp"
#include "engine/access/entries.hpp"

#include <optional>
#include <string>
#include <string_view>

/// What a unit asks for with LoadCredential=NAME:/run/cfgd/credentials, and whether it gets it. No
/// I/O; any thread.
namespace cfgd {

struct credential_request {
  std::string unit;       ///< "nginx.service"
  std::string credential; ///< "web.tls.password": a key, or the name of a namespace

  friend bool operator==(credential_request const&, credential_request const&) = default;
};

/// Reads the name that systemd binds its socket to before it connects (systemd.exec(5),
/// LoadCredential=): a NUL, hexadecimal digits, "/unit/", the unit, "/", the credential. Absent: it
/// is another one.
std::optional<credential_request> parse_credential_request(std::string_view peer_name);

/// Decides by the entries of access files whether a unit gets the value of a key, `secret` if that
/// is or contains one. There are no defaults: without an entry that allows it, it is denied.
/// Errors: denied; the message says why, and which entry.
[[nodiscard]] result<void> check_unit_right(engine::access_rules const& rules,
                                            std::string_view unit, key const& which,
                                            engine::operation what);

/// The two texts of a namespace: canonical; the same text if it has no secrets.
struct namespace_texts {
  std::string_view whole;
  std::string_view shown; ///< without secrets
};

/// The bytes of a credential: of a string its text, of anything else canonical JSON. A value of
/// which only a part may be seen is not served. Null texts: there is no such namespace.
/// Errors: denied, not_found, limit ("credential_bytes").
[[nodiscard]] result<std::string> serve_credential(engine::access_rules const& rules,
                                                   std::string_view unit, key const& which,
                                                   namespace_texts const* texts);

} // namespace cfgd
