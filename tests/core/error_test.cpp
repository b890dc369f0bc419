#include "core/error.hpp"

#include <boost/test/unit_test.hpp>

#include <sstream>
#include <stdexcept>
#include <string>

namespace {

using namespace cfgd;

result<int> refuse() { return error{.code = errc::not_found, .message = "no such key"}; }

} // namespace

BOOST_AUTO_TEST_SUITE(error)

BOOST_AUTO_TEST_CASE(an_error_is_printed_with_its_known_parts) {
  cfgd::error failure{.code = errc::parse, .message = "unexpected '}'"};
  BOOST_CHECK_EQUAL(to_string(failure), "unexpected '}'");

  failure.where.line = 3;
  BOOST_CHECK_EQUAL(to_string(failure), "3: unexpected '}'");

  failure.where.column = 5;
  BOOST_CHECK_EQUAL(to_string(failure), "3:5: unexpected '}'");

  failure.subject = "/etc/cfgd/namespaces/site.json";
  BOOST_CHECK_EQUAL(to_string(failure), "/etc/cfgd/namespaces/site.json:3:5: unexpected '}'");

  failure.where = {};
  BOOST_CHECK_EQUAL(to_string(failure), "/etc/cfgd/namespaces/site.json: unexpected '}'");
}

BOOST_AUTO_TEST_CASE(a_limit_error_has_the_use_and_the_maximum) {
  std::ostringstream out;
  out << cfgd::error{.code = errc::limit,
                     .message = "the key is too long",
                     .subject = "key_bytes",
                     .where = {},
                     .used = 513,
                     .maximum = 512};
  BOOST_CHECK_EQUAL(out.str(), "limit: key_bytes: the key is too long (513 of 512)");
}

BOOST_AUTO_TEST_CASE(value_of_a_failed_result_throws_the_error_text) {
  BOOST_CHECK_EXCEPTION(refuse().value(), std::runtime_error, [](std::runtime_error const& thrown) {
    return std::string(thrown.what()) == "no such key";
  });
}

BOOST_AUTO_TEST_CASE(an_issue_is_printed_with_its_known_parts) {
  issue found{.rule = "minimum", .message = "must be at least 1"};
  BOOST_CHECK_EQUAL(to_string(found), "error: must be at least 1 [minimum]");

  found.how = severity::warning;
  found.key = "site.port";
  found.pointer = "/port"; // said by the key
  BOOST_CHECK_EQUAL(to_string(found), "warning: site.port: must be at least 1 [minimum]");

  found.path = "/etc/cfgd/namespaces/site.yaml";
  BOOST_CHECK_EQUAL(to_string(found), "/etc/cfgd/namespaces/site.yaml: warning: site.port: must be "
                                      "at least 1 [minimum]");

  found.where = {.line = 3, .column = 7};
  std::ostringstream out;
  out << found;
  BOOST_CHECK_EQUAL(out.str(), "/etc/cfgd/namespaces/site.yaml:3:7: warning: site.port: must be at "
                               "least 1 [minimum]");

  found.where.column = 0;
  found.path.clear();
  BOOST_CHECK_EQUAL(to_string(found), "3: warning: site.port: must be at least 1 [minimum]");
}

BOOST_AUTO_TEST_CASE(issues_do_not_change_the_text_of_an_error) {
  cfgd::error failure{.code = errc::invalid, .message = "schema refuses it", .subject = "site"};
  auto const line = to_string(failure);
  failure.used = 2;
  failure.issues = {{.rule = "type", .message = "must be a string"}};

  BOOST_CHECK_EQUAL(to_string(failure), line);
  BOOST_CHECK_EQUAL(line, "site: schema refuses it");
}

BOOST_AUTO_TEST_CASE(errors_with_different_issues_differ) {
  cfgd::error const plain{.code = errc::invalid, .message = "refused"};
  auto with_issue = plain;
  with_issue.issues = {{.rule = "type", .pointer = "/a", .message = "must be a string"}};
  auto elsewhere = with_issue;
  elsewhere.issues.front().pointer = "/b";

  BOOST_CHECK(plain != with_issue);
  BOOST_CHECK(with_issue != elsewhere);
  BOOST_CHECK(elsewhere == cfgd::error(elsewhere));
}

BOOST_AUTO_TEST_CASE(severities_have_names) {
  BOOST_CHECK_EQUAL(to_string(severity::error), "error");
  BOOST_CHECK_EQUAL(to_string(severity::warning), "warning");
}

BOOST_AUTO_TEST_CASE(every_code_has_a_name) {
  for (int code = 0; code <= static_cast<int>(errc::closed); ++code)
    BOOST_CHECK_NE(std::string(to_string(static_cast<errc>(code))), "unknown");
}

BOOST_AUTO_TEST_SUITE_END()
