/// The command line of history: log, show, diff, rollback, blame, compact.
///
/// `diff` compares two revisions, or a document with what is in force. What is a revision is told
/// by its digits: a file whose name is all digits is written ./12.

#include "cfgctl/command_line_parts.hpp"

#include <algorithm>
#include <charconv>

namespace cfgd::cfgctl {
namespace {

std::optional<revision_number> revision_of(std::string const& text) {
  revision_number out = 0;
  auto const* const end = text.data() + text.size();
  auto const [at, failed] = std::from_chars(text.data(), end, out);
  if (text.empty() || failed != std::errc() || at != end) return {};
  return out;
}

command diff_of(parsed const& from) {
  auto const& words = from.diff;
  auto const first = revision_of(words.front());
  if (!first) {
    if (words.size() > 1) throw CLI::ExtrasError({words[1]});
    apply_command out;
    out.what = apply_command::action::diff;
    out.file = words.front();
    out.prune = from.diff_prune;
    return out;
  }
  if (from.diff_prune) throw CLI::ValidationError("--prune", "is for a document");
  diff_command out;
  out.from = *first;
  std::size_t at = 1;
  if (words.size() > at) out.to = revision_of(words[at]);
  if (out.to) ++at;
  if (words.size() > at) out.prefix = words[at++];
  if (words.size() > at) throw CLI::ExtrasError({words[at]});
  return out;
}

void add_log(CLI::App& app, parsed& into) {
  auto* log = app.add_subcommand("log", "Print the changes, the newest first");
  log->add_option("KEY", into.log.prefix, "Only of this key and those below")->type_name("");
  log->add_option("-n,--limit", into.log.limit, "At most so many")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  auto const read = [&into](std::string const& text) {
    auto const since = parse_since(text, wall_now());
    if (!since) throw CLI::ValidationError("--since", to_string(since.error()));
    into.log.since = *since;
  };
  log->add_option_function<std::string>("--since", read,
                                        "Not before this time, or so long ago: 2026-11-23, 2h")
      ->type_name("WHEN");
  log->add_option("--after", into.log.after, "Only behind this revision")->type_name("REVISION");
  log->add_flag("-p,--values", into.log.values, "With the values");
  choose(*log, into, [&] { return into.log; });
}

} // namespace

void add_history_commands(CLI::App& app, parsed& into) {
  add_log(app, into);

  auto* show = app.add_subcommand("show", "Print one change with its values");
  show->add_option("REVISION", into.show.which, "The change")->required()->type_name("");
  choose(*show, into, [&] { return into.show; });

  auto* diff = app.add_subcommand("diff", "Print what differs: FILE, or REVISION [REVISION] [KEY]");
  diff->add_option("WHAT", into.diff, "A document of namespaces, or revisions")
      ->required()
      ->expected(1, 3)
      ->type_name("");
  diff->add_flag("--prune", into.diff_prune, "As apply --prune would do");
  choose(*diff, into, [&] { return diff_of(into); });

  auto* rollback = app.add_subcommand("rollback", "Make values what they were at a revision");
  rollback->add_option("REVISION", into.rollback.to, "What to go back to")
      ->required()
      ->type_name("");
  rollback->add_option("NAMESPACE", into.rollback.name_space, "Only this namespace")->type_name("");
  add_change_options(*rollback, into.rollback.how);
  choose(*rollback, into, [&] { return into.rollback; });

  auto* blame = app.add_subcommand("blame", "Tell who gave each key of a namespace its value");
  blame->add_option("NAMESPACE", into.blame.name_space, "A namespace")->required()->type_name("");
  choose(*blame, into, [&] { return into.blame; });

  auto* compact = app.add_subcommand("compact", "Forget old changes");
  compact->add_option("--keep", into.compact.keep, "How many of the newest to keep")
      ->required()
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  choose(*compact, into, [&] { return into.compact; });
}

} // namespace cfgd::cfgctl
