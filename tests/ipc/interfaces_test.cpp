#include "ipc/idl.hpp"
#include "ipc/interfaces.hpp"
#include "tests/support/naming_calls.hpp"
#include "tests/support/serving.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

using namespace cfgd;
using namespace cfgd::ipc;
using namespace cfgd::test;

namespace {

struct installed {
  std::string_view name;
  std::string_view text;
};

std::ostream& operator<<(std::ostream& out, installed const& which) { return out << which.name; }

installed const all[] = {
    {"io.cfgd.Config", interfaces::io_cfgd_config},
    {"io.cfgd.History", interfaces::io_cfgd_history},
    {"io.cfgd.Service", interfaces::io_cfgd_service},
    {"io.systemd.service", interfaces::io_systemd_service},
    {"org.varlink.service", interfaces::org_varlink_service},
};

std::filesystem::path source_directory() { return CFGD_SOURCE_DIRECTORY; }

} // namespace

BOOST_AUTO_TEST_SUITE(interfaces)

BOOST_DATA_TEST_CASE(the_embedded_text_is_the_installed_file, boost::unit_test::data::make(all),
                     which) {
  auto const file = source_directory() / "ipc/interfaces" / (std::string(which.name) + ".varlink");

  BOOST_TEST(which.text == read_file(file));
}

BOOST_DATA_TEST_CASE(every_client_can_read_it, boost::unit_test::data::make(all), which) {
  auto const problems = idl::portability_problems(which.text);

  BOOST_TEST(problems == std::vector<std::string>{}, boost::test_tools::per_element());
  BOOST_TEST(idl::parse(which.text).value().name == which.name);
}

BOOST_AUTO_TEST_CASE(no_file_is_forgotten) {
  std::size_t count = 0;
  for (auto const& file :
       std::filesystem::directory_iterator(source_directory() / "ipc/interfaces"))
    if (file.path().extension() == ".varlink") ++count;

  BOOST_TEST(count == std::size(all));
}

BOOST_DATA_TEST_CASE(a_server_serves_just_this_text, boost::unit_test::data::make(all), which) {
  serving here;
  here.start();
  if (which.name != "org.varlink.service") here.server->add_interface(which.text);
  auto client = here.connect();

  auto const answer = client.ask(
      R"({"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":")" +
      std::string(which.name) + R"("}})");

  auto const reply = boost::json::parse(answer);
  BOOST_TEST(reply.at("parameters").at("description").as_string() == which.text);
}

BOOST_AUTO_TEST_CASE(our_interfaces_declare_how_they_fail) {
  for (auto const& each : all) {
    if (!std::string_view(each.name).starts_with("io.cfgd.")) continue;
    auto const read = idl::parse(each.text).value();
    BOOST_TEST(read.errors.contains("InternalError"));
  }
}

/// A namespace that is hidden is answered as one that does not exist: integration/access tries it.
BOOST_AUTO_TEST_CASE(every_method_that_takes_a_name_is_tried_with_hidden_ones) {
  std::set<std::string, std::less<>> const names{"key",      "keys",   "namespace", "prefix",
                                                 "prefixes", "values", "unset",     "overrides"};
  // Watch has a case of its own; rights are what the entries say of a name, if it exists or not.
  std::set<std::string, std::less<>> tried{"Config.Watch", "Service.Access"};
  for (auto const& one : naming_calls)
    tried.emplace(one.method);

  for (auto const& which : all) {
    if (!which.name.starts_with("io.cfgd.")) continue;
    auto const described = idl::parse(which.text).value();
    for (auto const& method : described.methods) {
      bool const takes_one = std::ranges::any_of(
          method.input.fields, [&](idl::field const& one) { return names.contains(one.name); });
      auto const name = described.name.substr(described.name.rfind('.') + 1) + '.' + method.name;
      BOOST_TEST(tried.contains(name) == takes_one, name);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
