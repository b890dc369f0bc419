#include "daemon/file_edit.hpp"

#include <utility>
#include <variant>

// A watcher reports a content once. So a collected content must not be lost to a later observation
// of the same file, unless that replaces it: newer content does, and so does removal. A touch gives
// the content another identity. A file that is blocked after it was saved has both: its content
// belongs to the edit, and the reason why it cannot be read now is committed after it.

namespace cfgd {

using watchers::observation;

void file_edit::hold(std::vector<observation> observed) {
  for (auto& one : observed) {
    auto& known = held_[one.id];
    if (auto* const content = std::get_if<observation::content>(&one.what)) {
      content->document.reset(); // bytes are smaller, and the edit may take long
      known.content = std::move(one);
      known.last.reset();
    } else if (std::holds_alternative<observation::gone>(one.what)) {
      known.content.reset();
      known.last = std::move(one);
    } else if (known.content && std::holds_alternative<observation::touched>(one.what)) {
      known.content->identity = one.identity;
      known.last.reset();
    } else {
      known.last = std::move(one);
    }
  }
}

file_edit::taken file_edit::release() {
  taken all;
  for (auto& [id, one] : std::exchange(held_, {})) {
    bool const has_both = one.content && one.last;
    if (one.content) all.edit.push_back(*std::move(one.content));
    if (one.last) (has_both ? all.behind : all.edit).push_back(*std::move(one.last));
  }
  return all;
}

} // namespace cfgd
