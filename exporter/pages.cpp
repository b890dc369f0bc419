#include "exporter/pages.hpp"

#include "core/metrics_text.hpp"

#include <utility>

// Nothing is cached: each request of a page is one call of the service, which answers from memory.

namespace cfgd::exporter {
namespace {

namespace asio = boost::asio;

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

page health_page(client::health_report const& report) {
  std::string text = report.status + '\n';
  for (auto const& check : report.checks) {
    if (check.status != "healthy")
      text += check.name + ' ' + check.status + ' ' + check.message + '\n';
  }
  return plain(report.status == "critical" ? unavailable : ok, std::move(text));
}

} // namespace

pages::pages(asio::any_io_executor executor, std::string address)
    : service_(std::move(executor), std::move(address), time_limit) {}

asio::awaitable<page> pages::find(std::string path, std::string accept) {
  if (path == "/metrics") co_return co_await metrics(std::move(accept));
  if (path == "/healthz") co_return co_await health();
  if (path == "/readyz") co_return co_await readiness();
  if (path == "/") co_return plain(ok, index_text);
  co_return plain(not_found, "no such page\n");
}

asio::awaitable<page> pages::metrics(std::string accept) {
  auto text = co_await service_.metrics();
  if (!text) co_return unreachable(text.error());
  page out;
  // OpenMetrics says more: clients that accept both get it.
  if (accept.find("application/openmetrics-text") != std::string::npos) {
    out.type = metrics::open_metrics_type;
    out.text = std::move(*text);
  } else {
    out.type = metrics::prometheus_type;
    out.text = metrics::to_prometheus_text(*text);
  }
  co_return out;
}

asio::awaitable<page> pages::health() {
  auto const report = co_await service_.health();
  if (!report) co_return unreachable(report.error());
  co_return health_page(*report);
}

asio::awaitable<page> pages::readiness() {
  auto const status = co_await service_.status();
  if (!status) co_return unreachable(status.error());
  unsigned code = unavailable;
  if (status->ready) code = ok;
  co_return plain(code, status->ready ? "ready\n" : "not ready\n");
}

} // namespace cfgd::exporter
