/// edit KEY: a value in an editor.
///
/// The value goes into a file that nobody else may read, and comes back as JSON. It is changed on
/// the condition that the service is still at the revision that was read, so that nobody's change
/// is written over unseen. The user's text is never lost: whatever fails, the file stays and is
/// named.
///
/// Only what the user changed is set, leaf by leaf, as apply does: an override of the whole value
/// would pin what files say beside it. A member that the user took out is unset where an override
/// says it. What a layer below says cannot be taken away by an override, so that such an edit is
/// refused as a whole, with the place to go to.

#include "cfgctl/commands/apply_plan.hpp"
#include "cfgctl/commands/documents.hpp"
#include "cfgctl/text/values.hpp"
#include "cfgctl/failure_report.hpp"
#include "cfgctl/output.hpp"
#include "cfgctl/programs.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/commit_text.hpp"
#include "core/durable_file.hpp"
#include "core/json.hpp"
#include "core/key.hpp"
#include "core/unique_fd.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <utility>
#include <vector>

namespace cfgd::cfgctl {
namespace {

/// A file of the user's own, mode 0600, that is removed unless it is to be kept.
class scratch_file {
 public:
  explicit scratch_file(std::string_view text) {
    char const* const directory = std::getenv("TMPDIR"); // NOLINT(concurrency-mt-unsafe)
    path_ = directory != nullptr && *directory != '\0' ? directory : "/tmp";
    path_ += "/cfgctl-edit-XXXXXX.json";
    unique_fd const file(::mkostemps(path_.data(), 5, O_CLOEXEC)); // 0600, mkostemps(3)
    if (!file) broken();
    if (int const failed = write_all(file.get(), text); failed != 0) {
      ::unlink(path_.c_str());
      errno = failed;
      broken();
    }
  }
  ~scratch_file() {
    if (!kept_) ::unlink(path_.c_str());
  }
  scratch_file(scratch_file const&) = delete;
  scratch_file& operator=(scratch_file const&) = delete;

  std::string const& path() const { return path_; }

  /// Leaves the file and says so.
  exit_code keep(exit_code code) {
    kept_ = true;
    complain("cfgctl: your text is kept in " + path_ + '\n');
    return code;
  }

 private:
  [[noreturn]] void broken() const {
    throw std::system_error(errno, std::generic_category(), path_);
  }

  std::string path_;
  bool kept_ = false;
};

/// Asks on the terminal, if there is one. No answer is a no, an empty line a yes.
bool wants_to_edit_again() {
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1) return false;
  complain("edit again? [Y/n] ");
  std::array<char, 256> answer{};
  ssize_t const got = ::read(STDIN_FILENO, answer.data(), answer.size());
  return got > 0 && (answer.front() == '\n' || answer.front() == 'y' || answer.front() == 'Y');
}

/// The value that the file holds now. Errors: as json::parse, also null, with the path as subject.
result<boost::json::value> read_back(std::string const& path) {
  auto const text = read_text(path);
  if (!text) return text.error();
  auto parsed = json::parse(*text);
  if (parsed && parsed->is_object()) {
    auto const clean = check_no_null(path, parsed->get_object());
    if (!clean) return clean.error();
  }
  error why;
  if (parsed && !parsed->is_null()) return parsed;
  if (parsed) {
    why.code = errc::bad_value;
    why.message = "null is no value; to remove a key use 'unset'";
  } else {
    why = parsed.error();
  }
  why.subject = path;
  return why;
}

/// Over a connection that is closed again: an editor may be open for hours.
client::result<client::snapshot> read_value(context const& all, std::string const& key) {
  auto service = connect(all);
  if (!service) return service.error();
  return service->get({key});
}

/// Finds out how to remove the members that an edit took out.
class removal {
 public:
  explicit removal(client::connection& service) : service_(service) {}

  /// Takes in what `before` has and `after` has not. Stops early when too much is refused.
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
  /// What shows again once the overrides are gone, a line for each.
  std::vector<std::string> const& shown() const { return shown_; }

 private:
  static constexpr std::size_t most_refused = 10;

  client::result<void> remove(std::string const& key, boost::json::value const& value) {
    auto const told = service_.explain(key);
    if (!told) return told.error();
    auto const& layers = told->candidates; // the winner first
    auto const below = std::ranges::find_if(
        layers, [](client::candidate const& one) { return one.from.layer != "override"; });
    if (below != layers.end() && below == layers.begin()) {
      refused_.push_back(why_not(key, below->from));
      return {};
    }
    bool const merges =
        below != layers.end() && value.is_object() && (!below->value || below->value->is_object());
    // Each member of the two may come from either.
    if (merges) return compare(key, value, boost::json::object());
    unset_.push_back(key);
    // Without a value the layer below removes the key itself, unless it is secret.
    if (below != layers.end() && (below->value || told->secret))
      shown_.push_back("the override of '" + key + "' is gone; it is set " + place(below->from));
    return {};
  }

  static std::string place(client::origin const& from) {
    return from.path ? "in " + origin_text(from) : "by the layer '" + from.layer + '\'';
  }

  static std::string why_not(std::string const& key, client::origin const& from) {
    return '\'' + key + "' is set " + place(from) + "; cfgctl edit cannot remove what " +
           (from.path ? "a file says" : "that layer says");
  }

  client::connection& service_;
  std::vector<std::string> unset_;
  std::vector<std::string> refused_;
  std::vector<std::string> shown_;
};

/// What is edited.
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
  std::string text;
  for (std::string const& line : lines)
    text.append("cfgctl: ").append(doing).append(": ").append(printable(line)).append("\n");
  complain(text);
}

/// What became of one attempt.
enum class outcome : std::uint8_t { done, again, lost };

outcome failed(subject const& what, client::call_error const& why, exit_code& code) {
  code = report(what.doing, why);
  // What was refused for its value can be mended in the editor.
  return client::refusal_of(why) ? outcome::again : outcome::lost;
}

/// Makes the value what the editor left; tells what failed.
outcome try_change(context const& all, subject const& what, boost::json::value const& edited,
                   exit_code& code) {
  auto service = connect(all);
  if (!service) return failed(what, service.error(), code);
  boost::json::object effective;
  if (!what.found.values.empty()) effective[what.key] = what.before();
  apply_plan plan = plan_changes(boost::json::object{{what.key, edited}}, effective);
  removal gone(*service);
  auto const known = gone.compare(what.key, what.before(), edited);
  if (!known) return failed(what, known.error(), code);
  if (!gone.refused().empty()) {
    complain_lines(what.doing, gone.refused());
    code = exit_code::refused;
    return outcome::again;
  }
  client::transaction change;
  change.comment = what.comment;
  change.if_revision = what.found.revision;
  change.values = std::move(plan.set);
  change.unset = gone.unset();
  auto const done = service->set(change);
  if (!done) return failed(what, done.error(), code);
  tell_commit(all, {.values = change.values}, *done);
  complain_lines(what.doing, gone.shown());
  code = exit_code::ok;
  return outcome::done;
}

} // namespace

exit_code run(context const& all, edit_command const& what) {
  std::string const doing = "edit " + what.key;
  auto const found = read_value(all, what.key);
  if (!found) return report(doing, found.error());
  subject const value{.doing = doing, .key = what.key, .found = *found, .comment = what.comment};
  boost::json::value const before = value.before();

  scratch_file file(json::pretty(before) + '\n');
  for (;;) {
    int const ended = run_editor(file.path());
    if (ended != 0) {
      complain("cfgctl: " + doing + ": the editor ended with " + std::to_string(ended) + '\n');
      return file.keep(exit_code::refused);
    }
    auto const edited = read_back(file.path());
    exit_code code = exit_code::refused;
    outcome came = outcome::again;
    if (edited && *edited == before) {
      print("unchanged\n");
      return exit_code::ok;
    }
    if (edited) {
      came = try_change(all, value, *edited, code);
    } else {
      complain(printable("cfgctl: " + to_string(edited.error()) + '\n'));
    }
    if (came == outcome::done) return code;
    if (came == outcome::lost || !wants_to_edit_again()) return file.keep(code);
  }
}

} // namespace cfgd::cfgctl
