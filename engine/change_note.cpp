#include "engine/change_note.hpp"

#include <utility>

// Notes are part of the comment, because a field of their own would change the format of the store.
// They are for people; no code reads them back, except to replace a note of the same kind.

namespace cfgd::engine {

change_note note_of(pending_request const& done) {
  bool const confirmed = done.what == pending_request::action::confirm;
  change_note note{.revision = done.revision,
                   .kind = confirmed ? "confirmed" : "extended to",
                   .rest = confirmed ? "" : to_rfc3339(done.deadline)};
  if (done.from.uid)
    note.rest.append(note.rest.empty() ? "by uid " : " by uid ")
        .append(std::to_string(*done.from.uid));
  return note;
}

std::string add_note(std::string comment, change_note const& note) {
  auto const begin = "[" + note.kind;
  if (auto const last = comment.rfind('['); last != comment.npos && comment.ends_with(']') &&
                                            comment.compare(last, begin.size(), begin) == 0) {
    comment.resize(last);
    if (comment.ends_with(' ')) comment.pop_back();
  }
  if (!comment.empty()) comment += ' ';
  comment += begin;
  if (!note.rest.empty()) comment.append(1, ' ').append(note.rest);
  return comment += ']';
}

} // namespace cfgd::engine
