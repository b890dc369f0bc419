#include "client/detail/methods.hpp"
#include "client/detail/wire.hpp"
#include "ipc/idl.hpp"
#include "ipc/interfaces.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

using namespace cfgd::client::detail;
namespace idl = cfgd::ipc::idl;
namespace texts = cfgd::ipc::interfaces;
namespace table = cfgd::client::detail::methods;

namespace {

constexpr std::tuple rows{
    table::get,          table::list,           table::explain,        table::set,
    table::sync,         table::validate,       table::list_pending,   table::confirm,
    table::extend,       table::watch,          table::begin_edit,     table::end_edit,
    table::log,          table::diff,           table::get_at,         table::rollback,
    table::blame,        table::restore,        table::compact,        table::status,
    table::sources,      table::reload,         table::cache,          table::invalidate,
    table::warm,         table::health,         table::run_checks,     table::watch_health,
    table::problems,     table::clear_problems, table::metrics,        table::interfaces,
    table::introspect,   table::figures,        table::list_overrides, table::access,
    table::usage,        table::rotate_key,     table::acknowledge,    table::consumers,
    table::wait_applied, table::forget_consumer};

template <class Check>
void for_each_row(Check check) {
  std::apply([&](auto const&... row) { (check(row), ...); }, rows);
}

std::vector<idl::interface> interface_descriptions() {
  std::vector<idl::interface> out;
  for (std::string_view const text : {texts::io_cfgd_config, texts::io_cfgd_history,
                                      texts::io_cfgd_service, texts::org_varlink_service})
    out.push_back(idl::parse(text).value());
  return out;
}

idl::method const* find(std::vector<idl::interface> const& all, std::string_view interface,
                        std::string_view method) {
  for (auto const& each : all)
    for (auto const& candidate : each.methods)
      if (each.name == interface && candidate.name == method) return &candidate;
  return nullptr;
}

std::set<std::string> names_of(idl::type const& what) {
  std::set<std::string> out;
  for (auto const& field : what.fields)
    out.insert(field.name);
  return out;
}

/// Fields that a method must be given, or must give.
std::set<std::string> mandatory_of(idl::type const& what) {
  std::set<std::string> out;
  for (auto const& field : what.fields)
    if (!field.what.optional) out.insert(field.name);
  return out;
}

template <class T>
std::set<std::string> wire_names() {
  std::set<std::string> out;
  T what{};
  for_each_member<T>(
      what, [&](auto const&, std::string_view name, presence) { out.insert(std::string(name)); });
  return out;
}

/// Fields without which a reply is an error.
template <class T>
std::set<std::string> required_names() {
  std::set<std::string> out;
  T what{};
  for_each_member<T>(what, [&]<class M>(M const&, std::string_view name, presence when) {
    bool const by_type = when == presence::by_type && !may_be_absent<M>;
    if (by_type || when == presence::required) out.insert(std::string(name));
  });
  return out;
}

bool contains(std::set<std::string> const& all, std::set<std::string> const& some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

} // namespace

// Suites are namespaces: not in the global one, where the used names are.
namespace cases {
BOOST_AUTO_TEST_SUITE(methods)

BOOST_AUTO_TEST_CASE(a_row_says_what_the_interface_says) {
  auto const interfaces = interface_descriptions();

  for_each_row([&]<class Request, class Reply>(method<Request, Reply> const& row) {
    auto const* const found =
        find(interfaces, row.interface(), row.name.substr(row.interface().size() + 1));
    BOOST_TEST_CONTEXT(row.name) {
      BOOST_REQUIRE(found != nullptr);
      BOOST_TEST(contains(names_of(found->input), wire_names<Request>()));
      BOOST_TEST(contains(wire_names<Request>(), mandatory_of(found->input)));
      BOOST_TEST((row.answer == replies::stream) == found->requires_more);
      BOOST_TEST((row.answer != replies::one) == found->supports_more);
    }
  });
}

BOOST_AUTO_TEST_CASE(only_what_the_interface_promises_is_required_of_a_reply) {
  auto const interfaces = interface_descriptions();

  for_each_row([&]<class Request, class Reply>(method<Request, Reply> const& row) {
    if (row.name == table::begin_edit.name) return; // its two replies differ
    auto const* const found =
        find(interfaces, row.interface(), row.name.substr(row.interface().size() + 1));
    BOOST_TEST_CONTEXT(row.name) {
      BOOST_TEST(contains(mandatory_of(found->output), required_names<Reply>()));
    }
  });
}

BOOST_AUTO_TEST_CASE(every_method_has_a_row) {
  std::set<std::string> known;
  for_each_row([&](auto const& row) { known.insert(std::string(row.name)); });

  for (auto const& interface : interface_descriptions())
    for (auto const& each : interface.methods)
      BOOST_TEST(known.contains(interface.name + '.' + each.name), interface.name << each.name);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
