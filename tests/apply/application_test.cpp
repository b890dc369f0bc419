#include "apply/application.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <vector>

namespace cfgd::apply {
std::ostream& operator<<(std::ostream& out, step const& what) {
  return out << to_string(what.what) << ' ' << what.target << ' ' << what.file;
}
} // namespace cfgd::apply

namespace {

using namespace cfgd::apply;
using kind = step::kind;

/// One file that is checked, in a target that is verified.
member const whole{.checked = {true}, .verified = true};

std::string text_of(step const& what) {
  return std::string(to_string(what.what)) + std::to_string(what.target);
}

/// The steps, where those in `failing` fail. The same step twice would be another failure.
std::string run(application& steps, std::vector<std::string> failing = {}) {
  std::string out;
  for (auto at = steps.next(); at.what != kind::finished; at = steps.next()) {
    auto const text = text_of(at);
    auto const fails = std::erase(failing, text) > 0;
    out += text + (fails ? "! " : " ");
    if (fails)
      steps.failed(text + " broke");
    else
      steps.succeeded();
  }
  BOOST_TEST(failing.empty());
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(application)

BOOST_AUTO_TEST_CASE(everything_is_written_and_checked_before_anything_is_replaced) {
  cfgd::apply::application steps({{.checked = {true, false}, .verified = true}},
                                 cfgd::apply::application::unit::acts);

  BOOST_TEST(run(steps) == "find_unit0 write0 write0 check0 keep0 keep0 begin0 replace0 replace0 "
                           "begin_acting0 act0 verify0 end0 ");
  BOOST_TEST(!steps.is_failed(0));
}

BOOST_AUTO_TEST_CASE(the_unit_of_several_targets_acts_once) {
  cfgd::apply::application steps({whole, whole}, cfgd::apply::application::unit::acts);

  auto const done = run(steps);

  BOOST_TEST(done.find("act0") == done.rfind("act0"));
  BOOST_TEST(done.ends_with("begin0 replace0 replace1 begin_acting0 act0 verify0 verify1 end0 "));
}

BOOST_AUTO_TEST_CASE(a_check_that_fails_replaces_nothing) {
  cfgd::apply::application steps({whole}, cfgd::apply::application::unit::acts);

  BOOST_TEST(run(steps, {"check0"}) == "find_unit0 write0 check0! discard0 end0 ");
  BOOST_TEST(steps.failure(0) == "check0 broke");
  BOOST_TEST(!steps.is_live(0));
}

BOOST_AUTO_TEST_CASE(a_check_that_fails_leaves_out_its_target_alone) {
  cfgd::apply::application steps({whole, whole}, cfgd::apply::application::unit::acts);

  BOOST_TEST(run(steps, {"check0"}) ==
             "find_unit0 write0 check0! discard0 find_unit1 write1 check1 keep1 begin0 replace1 "
             "begin_acting0 act0 verify1 end0 ");
  BOOST_TEST(steps.is_failed(0));
  BOOST_TEST(!steps.is_failed(1));
}

BOOST_AUTO_TEST_CASE(an_action_that_fails_puts_all_files_back_and_acts_again) {
  cfgd::apply::application steps({whole, whole}, cfgd::apply::application::unit::acts);

  auto const done = run(steps, {"act0"});

  BOOST_TEST(done.ends_with("act0! begin_restoring0 restore0 restore1 act_again0 end0 "));
  BOOST_TEST(steps.failure(0) == "act0 broke");
  BOOST_TEST(steps.failure(1) == "act0 broke");
}

BOOST_AUTO_TEST_CASE(a_verification_that_fails_puts_all_files_back_and_acts_again) {
  cfgd::apply::application steps({whole}, cfgd::apply::application::unit::acts);

  BOOST_TEST(
      run(steps, {"verify0"}).ends_with("verify0! begin_restoring0 restore0 act_again0 end0 "));
}

BOOST_AUTO_TEST_CASE(a_unit_that_has_not_acted_does_not_act_on_the_way_back) {
  cfgd::apply::application steps({whole}, cfgd::apply::application::unit::acts);

  BOOST_TEST(run(steps, {"replace0"}).ends_with("replace0! begin_restoring0 restore0 end0 "));
}

BOOST_AUTO_TEST_CASE(the_way_back_is_taken_to_its_end) {
  cfgd::apply::application steps({whole, whole}, cfgd::apply::application::unit::acts);

  auto const done = run(steps, {"act0", "restore0", "act_again0"});

  BOOST_TEST(done.ends_with("restore0! restore1 act_again0! end0 "));
  BOOST_TEST(steps.failure(0) ==
             "act0 broke\nand then: restore0 broke\nand then: act_again0 broke");
}

BOOST_AUTO_TEST_CASE(a_journal_that_cannot_be_written_replaces_nothing) {
  cfgd::apply::application steps({whole, whole}, cfgd::apply::application::unit::acts);

  BOOST_TEST(run(steps, {"begin0"}).ends_with("begin0! discard1 discard0 end0 "));
  BOOST_TEST(steps.is_failed(0));
  BOOST_TEST(steps.is_failed(1));
}

BOOST_AUTO_TEST_CASE(without_a_unit_nothing_acts) {
  cfgd::apply::application steps({whole}, cfgd::apply::application::unit::none);

  BOOST_TEST(run(steps, {"verify0"}) == "write0 check0 keep0 begin0 replace0 begin_acting0 "
                                        "verify0! begin_restoring0 restore0 end0 ");
}

BOOST_AUTO_TEST_CASE(what_was_interrupted_goes_on_from_its_phase) {
  auto const resumed = [](phase at) {
    return cfgd::apply::application::resumed({whole}, cfgd::apply::application::unit::acts, at,
                                             "interrupted");
  };
  auto replacing = resumed(phase::replacing);
  auto acting = resumed(phase::acting);
  auto restoring = resumed(phase::restoring);

  BOOST_TEST(run(replacing) == "begin_restoring0 restore0 end0 ");
  BOOST_TEST(run(acting) == "act0 verify0 end0 ");
  BOOST_TEST(run(restoring) == "restore0 act_again0 end0 ");
  BOOST_TEST(replacing.failure(0) == "interrupted");
  BOOST_TEST(!acting.is_failed(0));
  BOOST_TEST(restoring.failure(0) == "interrupted");
}

BOOST_AUTO_TEST_SUITE_END()
