#include "daemon/consumers.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

// Random histories against a model that remembers everything: which revision has changed which key,
// what each consumer was sent, and what it has acknowledged. What the registry calls applied must
// be applied, and each wait must end in the step in which the model says so.

namespace {

using registry = cfgd::consumers;
using cfgd::revision_number;
using content = registry::watch::content;

constexpr std::array<char const*, 3> names{"one", "two", "three"};
constexpr std::array<char const*, 3> keys{"a.x", "b.x", "c.x"};

struct modelled {
  std::set<std::string> prefixes;
  bool is_open = false;
  revision_number sent = 0;
  revision_number applied = 0;
  std::optional<revision_number> failed = {};
};

struct modelled_wait {
  revision_number revision = 0;
  std::set<std::string> names;
  std::shared_ptr<std::optional<bool>> answer;
};

class history {
 public:
  explicit history(unsigned seed) : random_(seed) {}

  void step() {
    auto const which = std::string(names.at(pick(names.size())));
    switch (pick(7)) {
    case 0:
      commit();
      break;
    case 1:
      toggle(which);
      break;
    case 2:
      wait();
      break;
    case 3:
    case 4:
      deliver(which);
      break;
    default:
      acknowledge(which);
    }
    check();
  }

 private:
  std::size_t pick(std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_);
  }

  void commit() { changed_.emplace_back(keys.at(pick(keys.size()))); }
  revision_number revision() const { return changed_.size(); }
  std::string const& key_of(revision_number which) const { return changed_.at(which - 1); }

  /// Whether a revision concerns a consumer.
  bool concerns(modelled const& one, revision_number which) const {
    return one.prefixes.contains(key_of(which).substr(0, 1));
  }
  /// By all that is known: what concerns it up to here was sent to it and acknowledged.
  bool has_applied(modelled const& one, revision_number which) const {
    if (one.applied >= which) return true;
    if (!one.is_open || one.sent < which) return false;
    for (auto at = one.applied + 1; at <= which; ++at)
      if (concerns(one, at)) return false;
    return true;
  }

  void toggle(std::string const& name) {
    auto& one = model_[name];
    if (one.is_open) {
      watches_.erase(name);
      one.is_open = false;
      return;
    }
    if (one.prefixes.empty())
      for (auto const* const key : keys)
        if (pick(2) == 0 || one.prefixes.empty()) one.prefixes.insert(std::string(key, 1));
    registry::subscription what{
        .prefixes = {one.prefixes.begin(), one.prefixes.end()}, .may_read = {}, .after = {}};
    bool const resumes = one.sent > 0;
    if (resumes) what.after = one.sent;
    watches_.emplace(name, subject_.begin(name, {7, 1}, std::move(what), {}).value());
    one.is_open = true;
    if (resumes || revision() == 0) return;
    // The state: it counts as something that was sent, whatever it has.
    one.sent = revision();
    watches_.at(name)->sent(revision(), content::some, {});
  }

  void deliver(std::string const& name) {
    auto& one = model_[name];
    if (!one.is_open || one.sent == revision() || one.sent == 0) return;
    ++one.sent;
    watches_.at(name)->sent(one.sent, concerns(one, one.sent) ? content::some : content::none, {});
  }

  void acknowledge(std::string const& name) {
    auto& one = model_[name];
    if (one.sent == 0) return;
    auto const which = 1 + pick(one.sent);
    bool const is_ok = pick(5) != 0;
    BOOST_TEST_REQUIRE(
        subject_.acknowledge(name, {7, 1}, {which, is_ok, is_ok ? "" : "no"}, {}).has_value());
    if (!is_ok) {
      one.failed = which;
      return;
    }
    one.applied = std::max<revision_number>(one.applied, which);
    if (one.failed && *one.failed <= which) one.failed.reset();
  }

  void wait() {
    if (revision() == 0) return;
    auto const which = 1 + pick(revision());
    modelled_wait made{
        .revision = which, .names = {}, .answer = std::make_shared<std::optional<bool>>()};
    cfgd::change what{.revision = which, .time = {}, .from = {}, .comment = {}, .keys = {}};
    what.keys.push_back({.key = key_of(which), .before = "1", .after = "2"});
    auto const concerned = subject_.concerned_by(&what, {}, 7);
    for (auto const& [name, one] : model_)
      if (!one.prefixes.empty() && concerns(one, which)) made.names.insert(name);
    BOOST_TEST(made.names == std::set<std::string>(concerned.begin(), concerned.end()));
    BOOST_TEST_REQUIRE(subject_
                           .wait({.revision = which, .names = concerned},
                                 [answer = made.answer](registry::outcome const& seen) {
                                   BOOST_TEST(!answer->has_value());
                                   *answer = seen.applied;
                                 })
                           .has_value());
    waits_.push_back(std::move(made));
  }

  void check() {
    for (auto const& [name, one] : model_)
      for (revision_number at = 1; at <= revision(); ++at) {
        bool const found = subject_.has_applied(name, at);
        if (found) BOOST_TEST(has_applied(one, at));
        if (concerns(one, at) && has_applied(one, at)) BOOST_TEST(found);
      }
    std::erase_if(waits_, [&](modelled_wait const& one) {
      bool is_left = false;
      bool has_failed = false;
      for (auto const& name : one.names) {
        auto const& who = model_.at(name);
        if (has_applied(who, one.revision)) continue;
        is_left = true;
        has_failed |= who.failed && *who.failed >= one.revision;
      }
      bool const is_over = !is_left || has_failed;
      BOOST_TEST(one.answer->has_value() == is_over);
      if (one.answer->has_value()) BOOST_TEST(**one.answer == !is_left);
      return is_over;
    });
  }

  std::mt19937 random_;
  registry subject_{cfgd::limits{}};
  std::vector<std::string> changed_; ///< the key of each revision, from 1
  std::map<std::string, modelled> model_;
  std::map<std::string, std::shared_ptr<registry::watch>> watches_; ///< before subject_ goes
  std::vector<modelled_wait> waits_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(consumers_model)

BOOST_DATA_TEST_CASE(waits_end_when_everything_is_applied, boost::unit_test::data::xrange(100U),
                     seed) {
  history one(seed);
  for (int step = 0; step < 120; ++step)
    one.step();
}

BOOST_AUTO_TEST_SUITE_END()
