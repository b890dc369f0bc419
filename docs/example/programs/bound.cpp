/// A struct of the program that follows the settings of the site.

#include <boost/describe/class.hpp>

#include <cfgd/bound.hpp>
#include <chrono>
#include <iostream>
#include <string>

namespace client = cfgd::client;

struct site {
  std::string title = "no title";
  int port = 80;
  std::chrono::seconds timeout{30};
};
BOOST_DESCRIBE_STRUCT(site, (), (title, port, timeout))

int main() {
  client::live_options how;
  how.prefixes = {"site"};
  auto const service = client::live::open(how);
  if (!service) {
    std::cerr << service.error().message << std::endl;
    return 1;
  }

  client::bound<site> settings(*service, "site");
  do {
    std::cout << settings->title << ", port " << settings->port << ", timeout "
              << settings->timeout.count() << " s" << std::endl;
  } while (settings.wait(std::chrono::hours(1)));
  return 0;
}
