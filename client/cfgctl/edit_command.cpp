/// edit KEY: a value in an editor.
///
/// The value goes into a file that nobody else may read, and comes back as JSON. It is set on the
/// condition that the service is still at the revision that was read, so that nobody's change is
/// written over unseen. The user's text is never lost: whatever fails, the file stays and is named.

#include "client/cfgctl/commit_text.hpp"
#include "client/cfgctl/documents.hpp"
#include "client/cfgctl/failure_report.hpp"
#include "client/cfgctl/output.hpp"
#include "client/cfgctl/programs.hpp"
#include "client/cfgctl/session.hpp"
#include "client/detail/failures.hpp"
#include "core/json.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace cfgd::cfgctl {
namespace {

/// A file of the user's own, mode 0600, that is removed unless it is to be kept.
class scratch_file {
 public:
  explicit scratch_file(std::string_view text) {
    char const* const directory = std::getenv("TMPDIR"); // NOLINT(concurrency-mt-unsafe)
    path_ = directory != nullptr && *directory != '\0' ? directory : "/tmp";
    path_ += "/cfgctl-edit-XXXXXX.json";
    int const file = ::mkostemps(path_.data(), 5, O_CLOEXEC); // 0600, mkostemps(3)
    if (file < 0) broken();
    for (std::string_view rest = text; !rest.empty();) {
      ssize_t const written = ::write(file, rest.data(), rest.size());
      if (written < 0 && errno != EINTR) {
        ::close(file);
        ::unlink(path_.c_str());
        broken();
      }
      if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
    }
    ::close(file);
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

/// The value that the file holds now. Errors: as json::parse, null, with the path as subject.
result<boost::json::value> read_back(std::string const& path) {
  auto const text = read_text(path);
  if (!text) return text.error();
  auto parsed = json::parse(*text);
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

/// What became of one attempt.
enum class outcome : std::uint8_t { done, again, lost };

/// Sets the value; tells what failed.
outcome try_set(context const& all, client::transaction const& change, std::string const& doing,
                exit_code& code) {
  auto service = connect(all);
  if (!service) {
    code = report(doing, service.error());
    return outcome::lost;
  }
  auto const done = service->set(change);
  if (done) {
    tell_commit(all, {.values = change.values}, *done);
    code = exit_code::ok;
    return outcome::done;
  }
  code = report(doing, done.error());
  // What was refused for its value can be mended in the editor.
  return client::refusal_of(done.error()) ? outcome::again : outcome::lost;
}

} // namespace

exit_code run(context const& all, edit_command const& what) {
  std::string const doing = "edit " + what.key;
  auto const found = read_value(all, what.key);
  if (!found) return report(doing, found.error());
  boost::json::value const before =
      found->values.empty() ? boost::json::value() : found->values.begin()->value();

  client::transaction change;
  change.comment = what.comment;
  change.if_revision = found->revision;
  scratch_file file(json::pretty(before) + '\n');
  for (;;) {
    int const ended = run_editor(file.path());
    if (ended != 0) {
      complain("cfgctl: " + doing + ": the editor ended with " + std::to_string(ended) + '\n');
      return file.keep(exit_code::refused);
    }
    auto edited = read_back(file.path());
    exit_code code = exit_code::refused;
    outcome came = outcome::again;
    if (edited && *edited == before) {
      print("unchanged\n");
      return exit_code::ok;
    }
    if (edited) {
      change.values[what.key] = std::move(*edited);
      came = try_set(all, change, doing, code);
    } else {
      complain(printable("cfgctl: " + to_string(edited.error()) + '\n'));
    }
    if (came == outcome::done) return code;
    if (came == outcome::lost || !wants_to_edit_again()) return file.keep(code);
  }
}

} // namespace cfgd::cfgctl
