#include "tests/integration/fixture.hpp"
#include "tests/integration/observer.hpp"
#include "tests/support/random_document.hpp"

#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <string>
#include <utility>
#include <vector>

// The six promises that etcd makes of its watches, one case each: ordered, unique, reliable,
// atomic, resumable, bookmarkable. Several connections write at once, and files are saved, so that
// nothing holds only because there is one writer.

namespace {

using namespace cfgd::test;
using values = std::map<std::string, std::string>;
/// What was changed, by revision.
using record = std::map<std::uint64_t, values>;

/// One connection that makes changes and remembers them as the replies report them.
class writer {
 public:
  explicit writer(std::filesystem::path const& socket) : connection_(socket) {}

  std::uint64_t set(values const& what) {
    boost::json::object members;
    for (auto const& [key, text] : what)
      members[key] = cfgd::json::parse(text).value();
    auto const reply = connection_.ask(R"({"method":"io.cfgd.Config.Set","parameters":{"values":)" +
                                       text_of(members) + "}}");
    auto const revision =
        reply.at("parameters").as_object().at("revision").to_number<std::uint64_t>();
    made_[revision] = what;
    return revision;
  }
  record const& made() const { return made_; }

 private:
  stream connection_;
  record made_;
};

constexpr int writers = 4;

/// A daemon on which several write at once.
struct busy : running_quietly {
  busy() {
    save("app.json", R"({"file":0})");
    save("other.json", R"({"file":0})");
    daemon.start();
  }

  /// A watcher that has received the state.
  observer watcher(std::string prefixes = "[]") {
    observer opened(daemon.socket(), std::move(prefixes));
    opened.open();
    opened.until_ready();
    return opened;
  }

  /// Each of the writers changes a key of two namespaces `times` times, and of none else.
  record write_from_many(int times, std::string const& bulk = {}) {
    std::vector<std::future<record>> all;
    all.reserve(writers);
    for (int who = 0; who < writers; ++who) {
      all.push_back(std::async(std::launch::async, [this, who, times, bulk] {
        writer mine(daemon.socket());
        std::string const part = ".t" + std::to_string(who);
        for (int n = 1; n <= times; ++n) {
          std::string const text = bulk.empty()
                                       ? std::to_string(++count_.at(static_cast<std::size_t>(who)))
                                       : '"' + bulk + std::to_string(n) + '"';
          mine.set({{"app" + part, text}, {"other" + part, text}});
        }
        return mine.made();
      }));
    }
    record made;
    for (auto& one : all)
      made.merge(one.get());
    return made;
  }

  /// A last change that every watcher of one of the namespaces sees.
  std::uint64_t finish(record& made) {
    writer last(daemon.socket());
    auto const revision = last.set({{"app.end", "1"}, {"other.end", "1"}, {"other.t0", "\"end\""}});
    made.merge(record(last.made()));
    return revision;
  }

 private:
  std::vector<int> count_ = std::vector<int>(writers);
};

/// What is left of a record for who watches keys that begin so.
record below(record const& all, std::string const& prefix) {
  record mine;
  for (auto const& [revision, changed] : all)
    for (auto const& [key, text] : changed)
      if (key.starts_with(prefix)) mine[revision].emplace(key, text);
  return mine;
}

record recorded(std::vector<watch_reply> const& events) {
  record out;
  for (auto const& one : events)
    out[one.revision] = one.values;
  return out;
}

std::vector<std::uint64_t> revisions(std::vector<watch_reply> const& events) {
  std::vector<std::uint64_t> out;
  out.reserve(events.size());
  for (auto const& one : events)
    out.push_back(one.revision);
  return out;
}
std::vector<std::uint64_t> revisions(record const& all) {
  std::vector<std::uint64_t> out;
  for (auto const& [revision, changed] : all)
    out.push_back(revision);
  return out;
}

void append(std::vector<watch_reply>& to, std::vector<watch_reply> const& more) {
  to.insert(to.end(), more.begin(), more.end());
}

void check_equal(std::vector<std::uint64_t> const& is, std::vector<std::uint64_t> const& expected) {
  BOOST_CHECK_EQUAL_COLLECTIONS(is.begin(), is.end(), expected.begin(), expected.end());
}

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(promises)

BOOST_FIXTURE_TEST_CASE(ordered_changes_come_in_the_order_of_their_revisions, busy) {
  auto all = watcher();
  auto app = watcher(R"(["app"])");
  auto one = watcher(R"(["other.t0","other.end"])");

  auto made = write_from_many(50);
  auto const last = finish(made);

  // An observer throws where a revision goes back.
  BOOST_TEST((recorded(all.until(last)) == made));
  BOOST_TEST((recorded(app.until(last)) == below(made, "app.")));
  auto mine = below(made, "other.t0");
  mine.rbegin()->second.emplace("other.end", "1");
  BOOST_TEST((recorded(one.until(last)) == mine));
}

BOOST_FIXTURE_TEST_CASE(unique_no_change_comes_twice, busy) {
  random_document random(1);
  auto restless = watcher();
  std::vector<watch_reply> events;
  record made;

  for (int round = 0; round < 20; ++round) {
    auto writing = std::async(std::launch::async, [this] { return write_from_many(5); });
    // Breaks off and goes on while others write.
    for (auto left = random.below(8); left > 0; --left) {
      auto reply = restless.next();
      if (!reply.is_bare()) events.push_back(std::move(reply));
    }
    restless.close();
    restless.resume();
    made.merge(writing.get());
  }
  append(events, restless.until(finish(made)));

  check_equal(revisions(events), revisions(made));
  BOOST_TEST(restless.resyncs() == 0U);
}

BOOST_FIXTURE_TEST_CASE(reliable_no_change_in_between_is_left_out, busy) {
  auto slow = watcher();
  auto part = watcher(R"(["other"])");
  auto const before = slow.revision();

  // More than the queues and buffers of somebody who does not read hold, but written well before
  // limits::queue_stalled even under a sanitizer.
  auto made = write_from_many(4, std::string(60'000, 'x'));
  auto const last = finish(made);

  auto const received = slow.until(last);
  BOOST_TEST(received.size() == last - before);
  BOOST_TEST((recorded(received) == made));
  BOOST_TEST((recorded(part.until(last)) == below(made, "other.")));
  BOOST_TEST(slow.resyncs() + part.resyncs() == 0U);
}

BOOST_FIXTURE_TEST_CASE(atomic_a_revision_comes_whole_and_alone, busy) {
  auto all = watcher();

  auto writing = std::async(std::launch::async, [this] { return write_from_many(50); });
  // Each state is of one revision, too.
  for (int n = 0; n < 20; ++n) {
    auto fresh = watcher();
    for (int who = 0; who < writers; ++who) {
      auto state = fresh.state();
      auto const part = ".t" + std::to_string(who);
      BOOST_TEST(state["app" + part] == state["other" + part]);
    }
  }
  auto made = writing.get();
  save("app.json", R"({"file":1,"more":{"a":1,"b":2}})");
  sync();
  auto const last = finish(made);
  made[last - 1] = {{"app.file", "1"}, {"app.more.a", "1"}, {"app.more.b", "2"}};

  auto const events = all.until(last);

  check_equal(revisions(events), revisions(made));
  for (auto const& one : events)
    BOOST_TEST((one.values == made[one.revision]));
}

BOOST_FIXTURE_TEST_CASE(resumable_a_broken_watch_goes_on_where_it_was, busy) {
  random_document random(2);
  auto watching = watcher();
  auto const before = watching.revision();
  std::vector<watch_reply> events;
  record made;

  for (int round = 0; round < 30; ++round) {
    made.merge(write_from_many(1 + static_cast<int>(random.below(3))));
    for (auto left = random.below(5); left > 0; --left) {
      auto reply = watching.next();
      if (!reply.is_bare()) events.push_back(std::move(reply));
    }
    watching.close();
    if (round % 10 == 4) {
      daemon.kill();
      daemon.start();
    }
    if (round % 10 == 9) {
      BOOST_TEST(daemon.stop() == 0);
      save("app.json", "{\"file\":" + std::to_string(round) + "}");
      daemon.start();
      made[revision()] = {{"app.file", std::to_string(round)}};
    }
    watching.resume();
  }
  auto const last = finish(made);
  append(events, watching.until(last));

  BOOST_TEST(events.size() == last - before);
  BOOST_TEST((recorded(events) == made));
  BOOST_TEST(watching.resyncs() == 0U);
}

BOOST_FIXTURE_TEST_CASE(resumable_or_a_resync, busy) {
  daemon.stop();
  save_settings("[store]\nhistory_revisions = 5\nhistory_hours = 0\n");
  daemon.start();
  auto late = watcher();
  late.close();

  auto made = write_from_many(20);
  auto const last = finish(made);
  late.resume();
  auto const replies = late.until_ready();

  BOOST_TEST(replies.front().resync);
  BOOST_TEST(late.resyncs() == 1U);
  BOOST_TEST(late.revision() == last);
  auto fresh = watcher();
  BOOST_TEST((late.state() == fresh.state()));
}

BOOST_FIXTURE_TEST_CASE(bookmarkable_a_mark_means_that_all_up_to_it_was_sent, busy) {
  auto part = watcher(R"(["other.t0","other.end"])");
  part.close();
  auto made = write_from_many(10);
  auto const all = below(made, "other.t0");

  // After what was missed comes the mark: the last revision, also where the last changes are of
  // keys that it does not watch.
  part.resume();
  auto const replies = part.until_ready();
  auto const& mark = replies.back();

  BOOST_TEST(mark.is_bare());
  BOOST_TEST(mark.revision == made.rbegin()->first);
  BOOST_TEST((recorded({replies.begin(), replies.end() - 1}) == all));

  // From there on it can go on as from a change.
  part.close();
  auto later = write_from_many(10);
  part.resume();
  auto const last = finish(later);
  auto mine = below(later, "other.t0");
  mine.rbegin()->second.emplace("other.end", "1");
  BOOST_TEST((recorded(part.until(last)) == mine));
  BOOST_TEST(part.resyncs() == 0U);
}

BOOST_FIXTURE_TEST_CASE(bookmarkable_a_watch_of_quiet_keys_gets_marks, busy) {
  daemon.stop();
  save_settings("[store]\nhistory_revisions = 20\nhistory_hours = 0\n");
  daemon.start();
  auto quiet = watcher(R"(["other.quiet"])");
  auto const begin = quiet.revision();

  auto const last = write_from_many(25).rbegin()->first;
  while (quiet.revision() + 10 < last)
    BOOST_TEST(quiet.next().is_bare());

  // History no longer goes back to its first state, but it does to the marks.
  quiet.close();
  quiet.resume();
  quiet.until_ready();
  BOOST_TEST(quiet.resyncs() == 0U);
  quiet.resume(begin, {});
  quiet.until_ready();
  BOOST_TEST(quiet.resyncs() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
