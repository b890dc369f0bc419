/// log, show: changes, the newest first.
///
/// The service gives a page at a time; each is printed before the next one is asked for, so that a
/// long history takes little memory here and `| head` ends it early. A page that is shorter than
/// what was asked for need not be the last one: the end is where nothing comes, or the oldest
/// revision that is kept.

#include "cfgctl/text/history_text.hpp"
#include "cfgctl/output.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/values.hpp"
#include "client/detail/decode.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace cfgd::cfgctl {
namespace {

constexpr std::int64_t page_size = 100;

/// Prints changes and remembers where they ended.
class printer {
 public:
  printer(context const& all, client::log_detail detail) : all_(all), detail_(detail) {}

  /// One reply of the service. Absent, or why it is not understood.
  std::optional<client::call_error> take(boost::json::object& reply) {
    std::string lines;
    if (as_json()) {
      auto const* const list = reply.if_contains("changes");
      if (list != nullptr && list->is_array()) {
        for (auto const& one : list->get_array())
          lines += json_line(all_.where, one);
      }
    }
    auto page = client::detail::decode_log(std::move(reply));
    if (!page) return std::move(page).error();
    for (client::change const& one : page->changes) {
      if (!as_json()) lines += (count == 0 ? "" : "\n") + change_text(all_.where, one, detail_);
      ++count;
      last = one.revision;
    }
    oldest = page->oldest;
    print(lines);
    return {};
  }

  std::int64_t count = 0;
  client::revision_number last = 0;
  client::revision_number oldest = 0;

 private:
  bool as_json() const { return all_.asked.format == output_format::json; }

  context const& all_;
  client::log_detail detail_;
};

/// Asks for one page and prints it.
client::result<void> print_page(client::connection& service, client::log_query const& query,
                                printer& to) {
  std::optional<client::call_error> bad;
  auto const take = [&](boost::json::object& reply) {
    bad = to.take(reply);
    return bad ? client::step::stop : client::step::more;
  };
  auto done = service.call_more("io.cfgd.History.Log", client::detail::parameters_of(query), take);
  if (bad) return std::move(*bad);
  return done;
}

} // namespace

exit_code run(context const& all, log_command const& what) {
  client::log_query query;
  query.prefix = what.prefix;
  query.since = what.since;
  query.after = what.after;
  query.detail = what.values ? client::log_detail::values : client::log_detail::keys;

  auto service = connect(all);
  if (!service) return report("log", service.error());
  printer pages(all, query.detail);
  for (;;) {
    std::int64_t const before = pages.count;
    std::int64_t const left = what.limit ? *what.limit - pages.count : page_size;
    query.limit = std::min(left, page_size);
    auto const done = print_page(*service, query, pages);
    if (!done) return report("log", done.error());
    bool const enough = what.limit && pages.count >= *what.limit;
    if (enough || pages.count == before || pages.last <= pages.oldest) return exit_code::ok;
    query.before = pages.last;
  }
}

exit_code run(context const& all, show_command const& what) {
  std::string const doing = "show " + std::to_string(what.which);
  client::log_query query;
  query.before = what.which + 1;
  query.limit = 1;
  query.detail = client::log_detail::values;

  auto service = connect(all);
  if (!service) return report(doing, service.error());
  auto const found = service->call("io.cfgd.History.Log", client::detail::parameters_of(query));
  if (!found) return report(doing, found.error());
  auto copy = *found;
  auto const told = client::detail::decode_log(std::move(copy));
  if (!told) return report(doing, told.error());
  if (told->changes.empty() || told->changes.front().revision != what.which) {
    complain("cfgctl: " + doing + ": there is no such change; the oldest that is kept is " +
             std::to_string(told->oldest) + '\n');
    return exit_code::refused;
  }
  if (all.asked.format == output_format::json) {
    print(json_text(all.where, found->at("changes").at(0)));
  } else {
    print(change_text(all.where, told->changes.front(), query.detail));
  }
  return exit_code::ok;
}

} // namespace cfgd::cfgctl
