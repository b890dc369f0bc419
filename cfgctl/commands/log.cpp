/// log, show: changes, the newest first.
///
/// The service returns a page at a time. Each page is printed before the next one is asked for, so
/// that a long history takes little memory and `| head` ends it early. A page that is shorter than
/// the limit need not be the last one: the log ends with an empty page, or with the oldest revision
/// that is kept.

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/history_text.hpp"
#include "cfgctl/text/values.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <utility>

namespace cfgd::cfgctl {
namespace {

constexpr std::int64_t page_size = 100;
constexpr char const* log_method = "io.cfgd.History.Log";

struct log_options {
  std::string prefix;
  std::optional<std::int64_t> limit;
  std::string since; ///< RFC 3339
  std::optional<client::revision_number> after;
  bool values = false;
};

struct show_options {
  client::revision_number which = 0;
};

/// The parameters of io.cfgd.History.Log, for --json.
boost::json::object parameters_of(client::log_query const& what) {
  boost::json::object out;
  if (!what.prefix.empty()) out["prefix"] = what.prefix;
  if (what.after) out["afterRevision"] = *what.after;
  if (!what.since.empty()) out["since"] = what.since;
  if (what.limit) out["limit"] = *what.limit;
  if (what.detail == client::log_detail::values) out["values"] = true;
  if (what.before) out["beforeRevision"] = *what.before;
  return out;
}

/// A reply of the log that was printed.
struct printed_page {
  std::int64_t count = 0;
  client::revision_number last = 0;
  client::revision_number oldest = 0;
};

std::uint64_t number_of(boost::json::object const& from, std::string_view name) {
  auto const* const found = from.if_contains(name);
  return found != nullptr && found->is_number() ? found->to_number<std::uint64_t>() : 0;
}

/// Prints the changes of one page as they came, one a line.
client::result<printed_page> print_json_page(context const& all, client::connection& service,
                                             client::log_query const& query) {
  printed_page out;
  auto const take = [&](boost::json::object& reply) {
    std::string lines;
    auto const* const changes = reply.if_contains("changes");
    if (changes != nullptr && changes->is_array()) {
      for (auto const& one : changes->get_array()) {
        lines += json_line(all.where, one);
        ++out.count;
        if (auto const* const members = one.if_object()) out.last = number_of(*members, "revision");
      }
    }
    out.oldest = number_of(reply, "oldest");
    print(lines);
    return client::step::more;
  };
  auto const done = service.call_more(log_method, parameters_of(query), take);
  if (!done) return done.error();
  return out;
}

client::result<printed_page> print_text_page(context const& all, client::connection& service,
                                             client::log_query const& query) {
  auto const page = service.log(query);
  if (!page) return page.error();
  printed_page out{.oldest = page->oldest};
  std::string lines;
  for (client::change const& one : page->changes) {
    bool const first = !query.before && out.count == 0;
    lines += (first ? "" : "\n") + change_text(all.where, one, query.detail);
    ++out.count;
    out.last = one.revision;
  }
  print(lines);
  return out;
}

client::result<void> print_log(context const& all, log_options const& what,
                               client::connection& service) {
  client::log_query query{.prefix = what.prefix, .after = what.after, .since = what.since};
  query.detail = what.values ? client::log_detail::values : client::log_detail::keys;
  for (std::int64_t printed = 0;;) {
    query.limit = std::min(what.limit ? *what.limit - printed : page_size, page_size);
    auto const page =
        all.as_json() ? print_json_page(all, service, query) : print_text_page(all, service, query);
    if (!page) return page.error();
    printed += page->count;
    bool const enough = what.limit && printed >= *what.limit;
    if (enough || page->count == 0 || page->last <= page->oldest) return {};
    query.before = page->last;
  }
}

exit_code log(context const& all, log_options const& what) {
  auto const done =
      call(all, [&](client::connection& service) { return print_log(all, what, service); });
  return done ? exit_code::ok : report("log", done.error());
}

exit_code no_such_change(std::string const& doing, client::revision_number oldest) {
  complain_line(doing + ": there is no such change; the oldest that is kept is " +
                std::to_string(oldest));
  return exit_code::refused;
}

exit_code show_json(context const& all, client::log_query const& query, std::string const& doing) {
  auto const reply = call(all, [&](client::connection& service) {
    return service.call(log_method, parameters_of(query));
  });
  if (!reply) return report(doing, reply.error());
  auto const* const changes = reply->if_contains("changes");
  auto const* const list = changes != nullptr ? changes->if_array() : nullptr;
  auto const* const first = list != nullptr && !list->empty() ? list->front().if_object() : nullptr;
  if (first == nullptr || number_of(*first, "revision") + 1 != query.before)
    return no_such_change(doing, number_of(*reply, "oldest"));
  print(json_text(all.where, list->front()));
  return exit_code::ok;
}

exit_code show(context const& all, show_options const& what) {
  std::string const doing = "show " + std::to_string(what.which);
  client::log_query query{.before = what.which + 1};
  query.limit = 1;
  query.detail = client::log_detail::values;
  if (all.as_json()) return show_json(all, query, doing);
  auto const found = call(all, [&](client::connection& service) { return service.log(query); });
  if (!found) return report(doing, found.error());
  auto const& changes = found->changes;
  if (changes.empty() || changes.front().revision != what.which)
    return no_such_change(doing, found->oldest);
  print(change_text(all.where, changes.front(), query.detail));
  return exit_code::ok;
}

} // namespace

void add_log_commands(declarations const& to) {
  auto const logging = declare(to, "log", "Print the changes, the newest first", log);
  auto& into = logging.options;
  add_argument(logging.app, "KEY", into.prefix, "Only of this key and those below");
  logging->add_option("-n,--limit", into.limit, "At most this many")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  add_parsed(
      logging.app, "--since", into.since,
      [](std::string const& text) { return parse_since(text, wall_now()); },
      "Only since this time, or this long ago: 2026-11-23, 2h")
      ->type_name("WHEN");
  logging->add_option("--after", into.after, "Only after this revision")->type_name("REVISION");
  logging->add_flag("-p,--values", into.values, "With the values");

  auto const showing = declare(to, "show", "Print one change with its values", show);
  add_argument(showing.app, "REVISION", showing.options.which, "The change")->required();
}

} // namespace cfgd::cfgctl
