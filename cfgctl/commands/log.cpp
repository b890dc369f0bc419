/// log, show: changes, the newest first.
///
/// The service returns a page at a time. Each page is printed before the next one is asked for, so
/// that a long history takes little memory and `| head` ends it early. A page that is shorter than
/// the limit need not be the last one: the log ends with an empty page, or with the oldest revision
/// that is kept.

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/commands/suggest.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/history_text.hpp"
#include "cfgctl/text/values.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <utility>

namespace cfgd::cfgctl {
namespace {

constexpr std::int64_t page_size = 100;

struct log_options {
  std::string prefix;
  std::optional<std::int64_t> limit;
  std::string since; ///< RFC 3339
  std::optional<client::revision_number> after;
  bool values = false;
  bool oneline = false;
};

/// A reply of the log that was printed.
struct printed_page {
  std::int64_t count = 0;
  client::revision_number last = 0;
  client::revision_number oldest = 0;
};

/// Prints the changes of one page: as they came, one a line, or as text.
client::result<printed_page> print_page(context const& all, client::connection& service,
                                        client::log_query const& query, bool oneline) {
  printed_page out;
  client::result<void> outcome;
  auto const take = [&](boost::json::object& reply) {
    boost::json::object const raw = reply;
    auto const part = wire::decode<client::change_log>(methods::log.name, std::move(reply));
    if (!part) {
      outcome = part.error();
      return client::step::stop;
    }
    std::string lines;
    for (std::size_t at = 0; at < part->changes.size(); ++at) {
      client::change const& one = part->changes[at];
      bool const first = !query.before && out.count == 0;
      if (all.as_json()) {
        lines += json_line(all.where, raw.at("changes").at(at));
      } else if (oneline) {
        lines += change_line_text(all.where, one);
      } else {
        lines += (first ? "" : "\n") + change_text(all.where, one, query.detail);
      }
      ++out.count;
      out.last = one.revision;
    }
    out.oldest = part->oldest;
    print(lines);
    for (auto const revision : part->damaged)
      complain_damaged("log", revision);
    return client::step::more;
  };
  auto const done = service.call_more(methods::log.name, parameters_of(query), take);
  if (!done) return done.error();
  if (!outcome) return outcome.error();
  return out;
}

/// Returns the number of changes.
client::result<std::int64_t> print_log(client::connection& service, context const& all,
                                       log_options const& what) {
  client::log_query query{.prefix = what.prefix, .after = what.after, .since = what.since};
  query.detail = what.values ? client::log_detail::values : client::log_detail::keys;
  for (std::int64_t printed = 0;;) {
    query.limit = std::min(what.limit ? *what.limit - printed : page_size, page_size);
    auto const page = print_page(all, service, query, what.oneline);
    if (!page) return page.error();
    printed += page->count;
    bool const enough = what.limit && printed >= *what.limit;
    if (enough || page->count == 0 || page->last <= page->oldest) return printed;
    query.before = page->last;
  }
}

exit_code log(context const& all, log_options const& what) {
  auto const printed = call(all, print_log, all, what);
  if (!printed) return report(all, "log", printed.error());
  if (*printed > 0) return exit_code::ok;
  std::string text = "log: no changes";
  if (!what.prefix.empty()) text += " of " + what.prefix + key_hint(all, what.prefix);
  return complain_line(text, exit_code::ok);
}

exit_code show_change(context const& all, client::revision_number const& which) {
  std::string const doing = "show " + std::to_string(which);
  client::log_query query{.before = which + 1};
  query.limit = 1;
  query.detail = client::log_detail::values;
  auto const reply = call(all, &client::connection::call, methods::log.name, parameters_of(query));
  if (!reply) return report(all, doing, reply.error());
  auto page = wire::decode<client::change_log>(methods::log.name, boost::json::object(*reply));
  if (!page) return report(all, doing, page.error());
  if (std::ranges::find(page->damaged, which) != page->damaged.end())
    return fail(all, doing + ": the record of this revision is damaged");
  if (page->changes.empty() || page->changes.front().revision != which) {
    return fail(all, doing + ": there is no such change; " +
                         (page->changes.empty()
                              ? "the oldest that is kept is " + std::to_string(page->oldest)
                              : "the newest before it is " +
                                    std::to_string(page->changes.front().revision)));
  }
  show(all, reply->at("changes").at(0),
       change_text(all.where, page->changes.front(), query.detail));
  return exit_code::ok;
}

} // namespace

void add_log_commands(declarations const& to) {
  auto const logging = declare(to, "log", "Print the changes, the newest first", log);
  auto& into = logging.options;
  add_argument(logging.app, "KEY", into.prefix, "Only of this key and those below");
  add_limit(logging.app, into.limit);
  add_parsed(
      logging.app, "--since", into.since,
      [](std::string const& text) { return parse_since(text, wall_now()); },
      "Only since this time, or this long ago: 2026-11-23, 2h")
      ->type_name("WHEN");
  add_revision(logging.app, "--after", into.after, "Only after this revision");
  auto* const values = logging->add_flag("-p,--values", into.values, "With the values");
  logging->add_flag("--oneline", into.oneline, "One line for each change")->excludes(values);

  auto const showing = declare(to, "show", "Print one change with its values", show_change);
  add_revision(showing.app, "REVISION", showing.options, "The change")->required();
}

} // namespace cfgd::cfgctl
