/// diff, rollback, blame, compact.
///
/// `diff` compares two revisions, or a document with the effective values. A word of digits is a
/// revision: write ./12 for a file whose name is all digits.

#include "cfgctl/commands/change_options.hpp"
#include "cfgctl/commands/declare.hpp"
#include "cfgctl/commands/files.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/commit_text.hpp"
#include "cfgctl/text/history_text.hpp"
#include "core/key.hpp"

#include <unistd.h>

#include <array>
#include <charconv>
#include <set>
#include <utility>

namespace cfgd::cfgctl {
namespace {

using client::revision_number;

struct diff_options {
  std::vector<std::string> words; ///< FILE, or REVISION [REVISION] [KEY]
  bool prune = false;
};

struct rollback_options {
  revision_number to = 0;
  std::string name_space; ///< empty: all
  bool soft = false;
  change_options how;
};

struct compact_options {
  std::int64_t keep = 0;
  bool yes = false;
};

std::optional<revision_number> revision_of(std::string const& text) {
  revision_number out = 0;
  auto const* const end = text.data() + text.size();
  auto const [at, failed] = std::from_chars(text.data(), end, out);
  if (text.empty() || failed != std::errc() || at != end) return {};
  return out;
}

/// What `diff` compares, if not a document.
struct revisions {
  revision_number from = 0;
  std::optional<revision_number> to; ///< absent: now
  std::string prefix;
};

/// Absent: the words name a document. Throws CLI::ParseError.
std::optional<revisions> parse_revisions(diff_options const& what) {
  auto const& words = what.words;
  auto const first = revision_of(words.front());
  if (!first) {
    if (words.size() > 1) throw wrong_words("too many arguments: '" + words[1] + '\'');
    return {};
  }
  if (what.prune) throw wrong_words("--prune is for a document");
  revisions out{.from = *first, .to = {}, .prefix = {}};
  std::size_t at = 1;
  if (words.size() > at) out.to = revision_of(words[at]);
  if (out.to) ++at;
  if (words.size() > at) out.prefix = words[at++];
  if (words.size() > at) throw wrong_words("too many arguments: '" + words[at] + '\'');
  return out;
}

exit_code diff_revisions(context const& all, revisions const& what) {
  auto const found = call(all, [&](client::connection& service) {
    return service.diff(what.from, what.to, what.prefix);
  });
  if (!found) return report(all, "diff " + std::to_string(what.from), found.error());
  return show_difference(all, *found);
}

/// What a rollback has done, and the namespaces that have no value any more.
struct rolled_back {
  client::commit done;
  std::vector<std::string> gone = {};
};

client::result<rolled_back> roll_back(client::connection& service,
                                      client::rollback_request const& request) {
  auto done = service.rollback(request);
  if (!done) return std::move(done).error();
  rolled_back out{.done = *std::move(done)};
  std::set<std::string> names;
  for (auto const& key : out.done.changed)
    names.emplace(namespace_of(key));
  if (request.mode == client::commit_mode::check || out.done.changed.size() < 2) return out;
  auto const now = service.get({names.begin(), names.end()});
  if (!now) return out; // the change is made: what is printed is only longer
  for (auto const& name : names) {
    auto const* const value = now->values.if_contains(name);
    auto const* const members = value == nullptr ? nullptr : value->if_object();
    if (value == nullptr || (members != nullptr && members->empty())) out.gone.push_back(name);
  }
  return out;
}

exit_code rollback(context const& all, rollback_options const& what) {
  client::rollback_request const request{.revision = what.to,
                                         .name_space = what.name_space,
                                         .if_revision = what.how.if_revision,
                                         .mode = what.how.mode(),
                                         .comment = what.how.comment,
                                         .confirm = what.how.confirm,
                                         .kind = what.soft ? client::rollback_kind::soft
                                                           : client::rollback_kind::lasting,
                                         .until_applied = what.how.until_applied_or_absent()};
  auto const made = call(all, roll_back, request);
  if (!made) return report(all, "rollback to revision " + std::to_string(what.to), made.error());
  boost::json::object const none;
  auto facts = what.how.facts(none);
  facts.gone = made->gone;
  facts.restores = what.to;
  return show_commit(all, facts, made->done);
}

exit_code blame(context const& all, std::string const& name_space) {
  return ask(all, "blame " + name_space, methods::blame, {name_space},
             [](screen const& where, client::blame_report const& found) {
               for (auto const revision : found.damaged)
                 complain_damaged("blame", revision);
               return blame_text(where, found.lines);
             });
}

/// Asks on the terminal, if there is one. No answer means no.
bool is_sure(std::string const& question) {
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1) return true; // a script
  complain(question + " [y/N] ");
  std::array<char, 256> answer{};
  ssize_t const got = ::read(STDIN_FILENO, answer.data(), answer.size());
  return got > 0 && (answer.front() == 'y' || answer.front() == 'Y');
}

exit_code compact(context const& all, compact_options const& what) {
  std::int64_t const keep = what.keep;
  if (!what.yes && !is_sure("delete all changes but the newest " + std::to_string(keep) + '?')) {
    return fail(all, "compact: nothing was deleted");
  }
  return ask(all, "compact", methods::compact, {keep}, [](revision_number oldest) {
    return "the oldest revision that is kept is " + std::to_string(oldest) + '\n';
  });
}

void add_diff(declarations const& to) {
  auto const options = std::make_shared<diff_options>();
  auto* const diff =
      to.app.add_subcommand("diff", "Print what differs: FILE, or REVISION [REVISION] [KEY]");
  add_argument(diff, "WHAT", options->words, "A document of namespaces, or revisions")
      ->required()
      ->expected(1, 1000); // more than three are reported by parse_revisions()
  diff->add_flag("--prune", options->prune, "As apply --prune would do");
  // The words are checked here and not when the command runs, so that an error is CLI11's.
  diff->final_callback([&chosen = to.chosen, options] {
    chosen = [options, what = parse_revisions(*options)](context const& all) {
      return what ? diff_revisions(all, *what)
                  : diff_document(all, options->words.front(), options->prune);
    };
  });
}

} // namespace

void add_history_commands(declarations const& to) {
  add_diff(to);

  auto const back = declare(to, "rollback", "Make values what they were at a revision", rollback);
  add_revision(back.app, "REVISION", back.options.to, "The revision to go back to")->required();
  add_argument(back.app, "NAMESPACE", back.options.name_space, "Only this namespace");
  back->add_flag("--soft", back.options.soft,
                 "Each override gives way to the next edit of a file that changes its key");
  add_change_options(back.app, back.options.how);

  auto const blaming = declare(to, "blame", "Print who set each key of a namespace", blame);
  add_argument(blaming.app, "NAMESPACE", blaming.options, "A namespace")->required();

  auto const compacting = declare(to, "compact", "Delete old changes from the history", compact);
  add_number(compacting.app, "--keep", compacting.options.keep, "How many of the newest to keep")
      ->required();
  compacting->add_flag("-y,--yes", compacting.options.yes, "Do not ask");
}

} // namespace cfgd::cfgctl
