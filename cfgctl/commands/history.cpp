/// diff of revisions, rollback, blame, compact.

#include "cfgctl/text/commit_text.hpp"
#include "cfgctl/text/history_text.hpp"
#include "cfgctl/output.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/values.hpp"
#include "client/detail/decode.hpp"

#include <utility>

namespace cfgd::cfgctl {

exit_code run(context const& all, diff_command const& what) {
  std::string const doing = "diff " + std::to_string(what.from);
  auto service = connect(all);
  if (!service) return report(doing, service.error());
  auto found = service->diff(what.from, what.to, what.prefix);
  if (!found) return report(doing, found.error());
  bool const same = found->before.empty() && found->after.empty();
  if (all.asked.format == output_format::json) {
    boost::json::object out;
    out["before"] = std::move(found->before);
    out["after"] = std::move(found->after);
    print(json_text(all.where, out));
  } else {
    print(difference_text(all.where, found->before, found->after));
  }
  return same ? exit_code::ok : exit_code::refused;
}

exit_code run(context const& all, rollback_command const& what) {
  std::string const doing = "rollback to revision " + std::to_string(what.to);
  client::rollback_request request;
  request.revision = what.to;
  request.name_space = what.name_space;
  request.if_revision = what.how.if_revision;
  request.mode = what.how.dry_run ? client::commit_mode::check : client::commit_mode::apply;
  request.comment = what.how.comment;
  request.confirm = what.how.confirm;

  auto service = connect(all);
  if (!service) return report(doing, service.error());
  auto const done = service->rollback(request);
  if (!done) return report(doing, done.error());
  boost::json::object const none;
  tell_commit(all,
              {.values = none, .mode = request.mode, .unconfirmed = request.confirm.has_value()},
              *done);
  return exit_code::ok;
}

exit_code run(context const& all, blame_command const& what) {
  boost::json::object const parameters{{"namespace", what.name_space}};
  std::string const doing = "blame " + what.name_space;
  auto const render = [&](boost::json::object&& reply) -> client::result<std::string> {
    auto const lines = client::detail::decode_blame(std::move(reply));
    if (!lines) return lines.error();
    return blame_text(all.where, *lines);
  };
  return ask(all, {.what = doing, .method = "io.cfgd.History.Blame", .parameters = parameters},
             render);
}

exit_code run(context const& all, compact_command const& what) {
  boost::json::object const parameters{{"keep", what.keep}};
  auto const render = [&](boost::json::object&& reply) -> client::result<std::string> {
    auto const oldest = client::detail::decode_oldest(std::move(reply));
    if (!oldest) return oldest.error();
    return "the oldest revision that is kept is " + std::to_string(*oldest) + '\n';
  };
  return ask(all,
             {.what = "compact", .method = "io.cfgd.History.Compact", .parameters = parameters},
             render);
}

} // namespace cfgd::cfgctl
