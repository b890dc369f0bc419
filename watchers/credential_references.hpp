#pragma once

#include "core/document.hpp"
#include "core/error.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace cfgd::watchers {

/// The member that makes an object a reference: {"$credential": "name"}.
inline constexpr std::string_view credential_member = "$credential";

/// The rule of the note that each reference leaves in a document. The engine leaves the note out
/// where the schema calls the value secret.
inline constexpr std::string_view credential_rule = "credential";

/// The text of a credential. Errors: its own; the message is one for people.
using credential_lookup = std::function<result<std::string>(std::string_view name)>;

/// Puts the text of the credential in the place of every reference: an object with exactly this
/// member, anywhere below the root. Its place becomes that of the object. Each leaves a note of the
/// rule credential_rule. Returns the number of references. `name_space` is for messages. On an
/// error the document is in an unspecified state. Errors: bad_value (the member is not a text),
/// those of `find`; with the place, and the key in the message.
[[nodiscard]] result<std::size_t> resolve_credentials(sourced_document& document,
                                                      std::string_view name_space,
                                                      credential_lookup const& find);

/// Whether a document has a reference.
bool has_credentials(sourced_document const& document);

} // namespace cfgd::watchers
