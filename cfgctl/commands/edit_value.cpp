/// edit KEY: a value in an editor.
///
/// The value is written as JSON or YAML to a file that only the user can read, and read back when
/// the editor ends. It is set on the condition that the service is still at the revision that was
/// read, so that no other change is overwritten. The user's text is never lost: after any failure
/// the file is kept and its path is printed.
///
/// Only what the user changed is set, leaf by leaf, as apply does: an override of the whole value
/// would hide later changes of files beside it. A member that the user removed is unset where an
/// override sets it. An override cannot remove what a lower layer sets, so such an edit is rejected
/// as a whole, with the file to change.

#include "cfgctl/commands/edit_value.hpp"

#include "cfgctl/commands/apply_plan.hpp"
#include "cfgctl/commands/documents.hpp"
#include "cfgctl/commands/suggest.hpp"
#include "cfgctl/failure_report.hpp"
#include "cfgctl/offline/formats.hpp"
#include "cfgctl/programs.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/commit_text.hpp"
#include "cfgctl/text/users.hpp"
#include "cfgctl/text/values.hpp"
#include "core/durable_file.hpp"
#include "core/json.hpp"
#include "core/key.hpp"
#include "core/unique_fd.hpp"

#include <boost/json/array.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace cfgd::cfgctl {
namespace {

/// A file in a directory of its own, which only the user can enter. The destructor removes both,
/// with what the editor left there, unless keep() was called.
class scratch_file {
 public:
  scratch_file(std::string_view text, std::string const& extension) : text_(text) {
    char const* const directory = std::getenv("TMPDIR"); // NOLINT(concurrency-mt-unsafe)
    std::string place = directory != nullptr && *directory != '\0' ? directory : "/tmp";
    place += "/cfgctl-edit-XXXXXX";
    if (::mkdtemp(place.data()) == nullptr) broken(place); // 0700, mkdtemp(3)
    directory_ = place;
    path_ = directory_ + "/value." + extension;
    unique_fd const file(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) broken(path_);
    if (int const failed = write_all(file.get(), text); failed != 0) {
      errno = failed;
      broken(path_);
    }
  }
  ~scratch_file() { remove(); }
  scratch_file(scratch_file const&) = delete;
  scratch_file& operator=(scratch_file const&) = delete;

  std::string const& path() const { return path_; }

  bool is_unchanged() const {
    auto const now = read_text(path_);
    return now && *now == text_;
  }

  /// Keeps the file and prints its path, if the user changed it.
  exit_code keep(exit_code code) {
    if (is_unchanged()) return code;
    kept_ = true;
    complain_line("your text is kept in " + path_);
    return code;
  }

 private:
  [[noreturn]] void broken(std::string const& path) {
    int const failed = errno;
    remove();
    throw std::system_error(failed, std::generic_category(), path);
  }

  void remove() const {
    std::error_code ignored;
    if (!kept_ && !directory_.empty()) std::filesystem::remove_all(directory_, ignored);
  }

  std::string text_; ///< that it began with
  std::string directory_;
  std::string path_;
  bool kept_ = false;
};

/// Asks on the terminal, if there is one. No answer means no, an empty line means yes.
bool wants_to_edit_again() {
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1) return false;
  complain("edit again? [Y/n] ");
  std::array<char, 256> answer{};
  ssize_t const got = ::read(STDIN_FILENO, answer.data(), answer.size());
  return got > 0 && (answer.front() == '\n' || answer.front() == 'y' || answer.front() == 'Y');
}

result<boost::json::value> parse_edited(std::string const& path, bool is_yaml) {
  if (is_yaml) {
    auto document = read_document(path);
    if (!document) return document.error();
    return boost::json::value(std::move(*document));
  }
  auto const text = read_text(path);
  if (!text) return text.error();
  auto parsed = json::parse(*text);
  if (parsed && parsed->is_null())
    parsed = error{.code = errc::bad_value,
                   .message = "null is not a value; use 'unset' to remove a key"};
  if (parsed) return parsed;
  error why = parsed.error();
  why.subject = path;
  return why;
}

/// Reads the value from the file. Errors: as json::parse; bad_value for null; the path is the
/// subject.
result<boost::json::value> read_back(std::string const& path, bool is_yaml) {
  auto parsed = parse_edited(path, is_yaml);
  if (!parsed) return parsed;
  auto const* const object = parsed->if_object();
  auto const clean = object != nullptr ? check_no_null(path, *object) : result<void>();
  if (!clean) return clean.error();
  return parsed;
}

/// Finds out how to remove the members that the user removed.
class removal {
 public:
  explicit removal(client::connection& service) : service_(service) {}

  /// Adds what `before` has and `after` has not. Stops early when too many removals are rejected.
  client::result<void> compare(std::string const& at, boost::json::value const& before,
                               boost::json::value const& after) {
    auto const* const was = before.if_object();
    auto const* const is = after.if_object();
    if (was == nullptr || is == nullptr) return {}; // set as a whole, or the same
    for (auto const& member : *was) {
      std::string below = at;
      append_key_part(below, member.key());
      auto const* const kept = is->if_contains(member.key());
      auto done =
          kept != nullptr ? compare(below, member.value(), *kept) : remove(below, member.value());
      if (!done || refused_.size() == most_refused) return done;
    }
    return {};
  }

  std::vector<std::string> const& unset() const { return unset_; }
  /// Why members cannot be removed, a line for each.
  std::vector<std::string> const& refused() const { return refused_; }
  /// The values of lower layers that become effective again, a line for each.
  std::vector<std::string> const& shown() const { return shown_; }

 private:
  static constexpr std::size_t most_refused = 10;

  client::result<void> remove(std::string const& key, boost::json::value const& value) {
    auto const found = service_.explain(key);
    if (!found) return found.error();
    auto const& layers = found->candidates; // the winner first
    auto const below = std::ranges::find_if(
        layers, [](client::candidate const& one) { return one.from.layer != "override"; });
    if (below != layers.end() && below == layers.begin()) {
      refused_.push_back(why_not(key, below->from));
      return {};
    }
    bool const merges =
        below != layers.end() && value.is_object() && (!below->value || below->value->is_object());
    // Each member may come from either layer.
    if (merges) return compare(key, value, boost::json::object());
    unset_.push_back(key);
    // Without a value the layer below removes the key itself, unless it is secret.
    if (below != layers.end() && (below->value || found->secret))
      shown_.push_back("the override of '" + key + "' was removed; it is set " +
                       place(below->from));
    return {};
  }

  static std::string place(client::origin const& from) {
    return from.path ? "in " + origin_text(from) : "by the layer '" + from.layer + '\'';
  }

  static std::string why_not(std::string const& key, client::origin const& from) {
    return '\'' + key + "' is set " + place(from) + "; cfgctl edit cannot remove what " +
           (from.path ? "a file sets" : "that layer sets");
  }

  client::connection& service_;
  std::vector<std::string> unset_;
  std::vector<std::string> refused_;
  std::vector<std::string> shown_;
};

/// What is edited: refers to objects of edit_value().
struct subject {
  std::string doing;
  std::string key;
  client::snapshot const& found;
  std::string const& comment;

  boost::json::value before() const {
    return found.values.empty() ? boost::json::value() : found.values.begin()->value();
  }
};

void complain_lines(std::string const& doing, std::vector<std::string> const& lines) {
  for (std::string const& line : lines)
    complain_line(std::string(doing).append(": ").append(line));
}

/// The result of one attempt.
enum class attempt : std::uint8_t { done, again, lost };

/// Why the last attempt failed. The object of --json is printed when the user gives up: an attempt
/// that follows may succeed.
struct failure_note {
  exit_code code = exit_code::refused;
  boost::json::object as_json;
};

attempt failed(subject const& what, client::call_error const& why, failure_note& note) {
  std::string const text = failure_text(what.doing, why);
  complain(text);
  note = {.code = exit_code_of(why), .as_json = failure_json(text, why)};
  // A value that was rejected can be corrected in the editor.
  return client::refusal_of(why) ? attempt::again : attempt::lost;
}

/// Sets what the user changed, or reports why not.
attempt try_change(context const& all, subject const& what, boost::json::value const& edited,
                   failure_note& note) {
  auto service = connect(all);
  if (!service) return failed(what, service.error(), note);
  boost::json::object effective;
  if (!what.found.values.empty()) effective[what.key] = what.before();
  apply_plan plan = plan_changes(boost::json::object{{what.key, edited}}, effective);
  removal gone(*service);
  auto const known = gone.compare(what.key, what.before(), edited);
  if (!known) return failed(what, known.error(), note);
  if (!gone.refused().empty()) {
    complain_lines(what.doing, gone.refused());
    note = {.code = exit_code::refused,
            .as_json =
                failure_json(what.doing + ": " + gone.refused().front(), exit_code::refused)};
    return attempt::again;
  }
  client::transaction const change{.values = std::move(plan.set),
                                   .unset = gone.unset(),
                                   .if_revision = what.found.revision,
                                   .comment = what.comment};
  auto const done = service->set(change);
  if (!done) return failed(what, done.error(), note);
  close(*service);
  show_commit(all, {.values = change.values}, *done);
  complain_lines(what.doing, gone.shown());
  return attempt::done;
}

struct looked_at {
  client::snapshot values;
  bool writable = true;
  bool is_read_only = false;
  bool is_known = true; ///< it has a value, or a schema has the key
};

/// The value, and whether the user may change it: that is better known before the editor starts.
client::result<looked_at> look_at(client::connection& service, std::string const& key) {
  auto const found = service.get({key});
  if (!found) return found.error();
  auto const how = service.explain(key);
  return looked_at{.values = *found,
                   .writable = !how || how->writable,
                   .is_read_only = how && how->read_only.value_or(false),
                   .is_known = !found->values.empty() || (how && how->schema)};
}

/// Says why this cannot be edited. Empty: it can.
std::optional<exit_code> refuse(context const& all, std::string const& doing,
                                std::string const& key, looked_at const& found) {
  if (found.is_read_only)
    return fail(all, doing + ": it is read-only: the schema leaves it to files");
  if (!found.writable)
    return fail(all, doing + ": you may not change it (you are " + user_text(::geteuid()) + ')');
  if (!found.is_known) return report(all, doing, no_such_key(all, key));
  return {};
}

} // namespace

exit_code edit_value(context const& all, edit_options const& asked) {
  bool const is_command = asked.key == "begin" || asked.key == "end"; // if it were not behind --
  std::string const doing = (is_command ? "edit -- " : "edit ") + asked.key;
  // This closes the connection: an editor may be open for hours.
  auto const found = call(all, look_at, asked.key);
  if (!found) return report(all, doing, found.error());
  if (auto const refused = refuse(all, doing, asked.key, *found)) return *refused;
  subject const value{
      .doing = doing, .key = asked.key, .found = found->values, .comment = asked.comment};
  boost::json::value const before = value.before();
  bool const is_yaml = asked.format == "yaml" && before.is_object();

  scratch_file file(is_yaml ? offline::yaml_text(before) : json::pretty(before) + '\n',
                    is_yaml ? "yaml" : "json");
  for (;;) {
    int const ended = run_editor(file.path());
    if (ended != 0) {
      return file.keep(fail(all, doing + ": the editor ended with " + std::to_string(ended)));
    }
    auto const edited = read_back(file.path(), is_yaml);
    failure_note note;
    attempt came = attempt::again;
    if (file.is_unchanged() || (edited && *edited == before)) {
      show(all, boost::json::object{{"changed", boost::json::array()}}, "unchanged\n");
      return exit_code::ok;
    }
    if (edited) {
      came = try_change(all, value, *edited, note);
    } else {
      std::string const text = to_string(edited.error());
      note.code = exit_code::usage;
      note.as_json = failure_json(text, note.code);
      complain_line(text);
    }
    if (came == attempt::done) return exit_code::ok;
    if (came == attempt::again && wants_to_edit_again()) continue;
    if (all.as_json()) print(json_text(all.where, note.as_json));
    return file.keep(note.code);
  }
}

} // namespace cfgd::cfgctl
