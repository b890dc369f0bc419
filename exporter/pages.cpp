#include "exporter/pages.hpp"

#include "core/metrics_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <utility>

// Nothing is kept here: each page is asked for when it is wanted, so that what it says is true.
// The service answers all of it from memory.

namespace cfgd::exporter {
namespace {

namespace asio = boost::asio;
namespace bj = boost::json;

constexpr unsigned ok = 200;
constexpr unsigned not_found = 404;
constexpr unsigned unavailable = 503;

constexpr char const* index_text = "cfgd-exporter\n"
                                   "/metrics  all figures, for Prometheus\n"
                                   "/healthz  200, or 503 while the service is critical\n"
                                   "/readyz   200, or 503 until every source was read once\n";

page plain(unsigned status, std::string text) {
  return {.status = status, .text = std::move(text)};
}

page unreachable(client::call_error const& why) {
  return plain(unavailable, "cfgd: " + why.message + '\n');
}

/// A member that is text; empty if it is none.
std::string text_of(bj::object const& from, std::string_view name) {
  auto const* const member = from.if_contains(name);
  return member != nullptr && member->is_string() ? std::string(member->get_string())
                                                  : std::string();
}

page health_page(bj::object const& answer) {
  auto const status = text_of(answer, "status");
  std::string text = status + '\n';
  auto const* const checks = answer.if_contains("checks");
  if (checks != nullptr && checks->is_array())
    for (auto const& one : checks->get_array()) {
      if (!one.is_object()) continue;
      auto const& check = one.get_object();
      auto const its = text_of(check, "status");
      if (its != "healthy")
        text += text_of(check, "name") + ' ' + its + ' ' + text_of(check, "message") + '\n';
    }
  bool const fails = status == "critical" || status.empty();
  return plain(fails ? unavailable : ok, std::move(text));
}

} // namespace

pages::pages(asio::any_io_executor executor, std::string address)
    : service_(std::move(executor), std::move(address), patience) {}

asio::awaitable<page> pages::find(std::string path, std::string accept) {
  if (path == "/metrics") co_return co_await metrics(std::move(accept));
  if (path == "/healthz") co_return co_await health();
  if (path == "/readyz") co_return co_await readiness();
  if (path == "/") co_return plain(ok, index_text);
  co_return plain(not_found, "no such page\n");
}

asio::awaitable<page> pages::metrics(std::string accept) {
  boost::json::object const nothing;
  auto const answer = co_await service_.call("io.cfgd.Service.Metrics", nothing);
  if (!answer) co_return unreachable(answer.error());
  page out;
  out.text = text_of(*answer, "text");
  // Who accepts both is given what says more.
  if (accept.find("application/openmetrics-text") != std::string::npos) {
    out.type = metrics::open_metrics_type;
  } else {
    out.type = metrics::prometheus_type;
    out.text = metrics::to_prometheus_text(out.text);
  }
  co_return out;
}

asio::awaitable<page> pages::health() {
  boost::json::object const nothing;
  auto const answer = co_await service_.call("io.cfgd.Service.Health", nothing);
  if (!answer) co_return unreachable(answer.error());
  co_return health_page(*answer);
}

asio::awaitable<page> pages::readiness() {
  boost::json::object const nothing;
  auto const answer = co_await service_.call("io.cfgd.Service.Status", nothing);
  if (!answer) co_return unreachable(answer.error());
  auto const* const ready = answer->if_contains("ready");
  bool const is_ready = ready != nullptr && ready->is_bool() && ready->get_bool();
  std::string text = is_ready ? "ready\n" : "not ready\n";
  co_return plain(is_ready ? ok : unavailable, std::move(text));
}

} // namespace cfgd::exporter
