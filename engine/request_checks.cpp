#include "engine/request_checks.hpp"

#include "core/text.hpp"

// These checks do not depend on the state of a namespace, so they come before any work is done.

namespace cfgd::engine {

result<void> check_terms(std::optional<revision_number> const& if_revision,
                         std::string const& comment, revision_number revision,
                         limits const& bounds) {
  if (if_revision && *if_revision != revision)
    return error{.code = errc::conflict,
                 .message = "the service is at revision " + std::to_string(revision) + ", not " +
                            std::to_string(*if_revision),
                 .used = revision,
                 .maximum = 0};
  if (comment.size() > bounds.comment_bytes)
    return error{.code = errc::limit,
                 .message = "the comment is too long",
                 .subject = "comment_bytes",
                 .used = comment.size(),
                 .maximum = bounds.comment_bytes};
  if (!is_clean_text(comment))
    return error{.code = errc::bad_value,
                 .message = "the comment is not valid UTF-8 text",
                 .subject = "comment"};
  return {};
}

result<void> check_value_size(std::string const& key_text, std::size_t used, limits const& bounds) {
  if (used <= bounds.value_bytes) return {};
  return error{.code = errc::limit,
               .message = "the value of '" + key_text + "' is too large",
               .subject = "value_bytes",
               .used = used,
               .maximum = bounds.value_bytes};
}

result<void> check_key_size(std::string const& key_text) {
  if (key_text.size() <= limits::key_bytes) return {};
  return error{.code = errc::limit,
               .message = "a key is too long: " + key_text.substr(0, 64) + "...",
               .subject = "key_bytes",
               .used = key_text.size(),
               .maximum = limits::key_bytes};
}

} // namespace cfgd::engine
