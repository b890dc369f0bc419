#include "tests/integration/fixture.hpp"
#include "tests/integration/observer.hpp"
#include "tests/integration/random_configuration.hpp"
#include "tests/integration/service_model.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdlib>
#include <deque>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

// The whole service against a model that is as simple as can be. Random steps are done to both;
// after each of them the revision and what every watcher received must be what the model says, and
// now and then all that can be asked for. CFGD_MODEL_SEED gives other steps, CFGD_MODEL_STEPS more.
//
// Files settle for longer than the test takes, so that they are looked at when Sync asks for it:
// then what is found together is known. Everything else is as in service.

namespace {

using namespace cfgd;
using namespace cfgd::test;
namespace bj = boost::json;
using mode = service_model::mode;
using grouping = service_model::grouping;

constexpr std::string_view settings = R"([watch]
quiet_ms = 3600000
late_ms = 3600000
sweep_ms = 3600000
grace_ms = 0
empty_ms = 0
)";

std::uint32_t number_from(char const* name, std::uint32_t otherwise) {
  char const* const text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

std::string text(bj::value const& what) { return json::canonical(what); }
std::string text(leaf_map const& all) {
  std::string out;
  for (auto const& [key_text, value] : all)
    out.append(key_text).append("=").append(value).append(" ");
  return out;
}
std::string text(leaf_changes const& all) {
  std::string out;
  for (auto const& [key_text, both] : all)
    out += key_text + ": " + both.first + " -> " + both.second + "; ";
  return out;
}

template <class What>
void expect(What const& is, What const& expected, std::string const& of) {
  if (is == expected) return;
  if constexpr (std::is_same_v<What, leaf_map> || std::is_same_v<What, leaf_changes>)
    throw std::runtime_error(of + ": " + text(is) + "\n  instead of: " + text(expected));
  else
    throw std::runtime_error(of + ": " + text(bj::value_from(is)) +
                             "\n  instead of: " + text(bj::value_from(expected)));
}

/// The part of the changes that a watcher of a key receives.
leaf_changes changes_below(leaf_changes const& all, std::string const& key_text) {
  leaf_changes found;
  for (auto const& one : all)
    if (key_text.empty() || one.first == key_text || one.first.starts_with(key_text + '.'))
      found.insert(one);
  return found;
}

/// A watcher, and which key it watches; empty: everything.
struct watcher {
  std::string prefix;
  observer who;
};

/// The service, the model of it, and who watches.
class trial : running {
 public:
  explicit trial(std::uint32_t seed) : random_(seed) {
    save_settings(settings);
    daemon.start();
    connection_.emplace(daemon.socket());
    for (auto const* const prefix : {"", "one", "two.p", "three.sub", ""}) {
      std::string list = "[";
      if (*prefix != '\0') list.append(1, '"').append(prefix).append(1, '"');
      watchers_.push_back({prefix, observer(daemon.socket(), list + "]")});
      watchers_.back().who.open();
      watchers_.back().who.until_ready();
    }
  }

  /// One random step, with what can be checked after each. Throws std::runtime_error.
  void step() {
    struct kind {
      std::size_t weight;
      void (trial::*how)();
    };
    static constexpr kind kinds[] = {
        {300, &trial::set},      {60, &trial::set_many}, {300, &trial::save},
        {40, &trial::save_some}, {50, &trial::validate}, {40, &trial::roll_back},
        {10, &trial::restore},   {10, &trial::compact},  {60, &trial::watch_anew},
        {4, &trial::restart},    {4, &trial::kill},      {4, &trial::kill_while_it_sets},
        {20, &trial::refuse},
    };
    std::size_t all = 0;
    for (auto const& one : kinds)
      all += one.weight;
    auto left = random_.below(all);
    auto const* chosen = kinds;
    for (; left >= chosen->weight; ++chosen)
      left -= chosen->weight;
    (this->*chosen->how)();
  }

  /// Everything that can be asked for.
  void compare() {
    auto const list = ask("Config.List", {});
    leaf_map leaves;
    if (auto const* const values = list.if_contains("values"))
      for (auto const& one : values->as_object())
        leaves.emplace(one.key(), text(one.value()));
    expect(leaves, model_.leaves(), "List");

    auto const got = ask("Config.Get", {{"keys", bj::array{"one", "two", "three"}}});
    leaf_map texts;
    for (auto const& one : got.at("values").as_object())
      texts.emplace(one.key(), text(one.value()));
    expect(texts, model_.texts(), "Get");
    compare_files();
    compare_history();
  }

  std::uint64_t revision() const { return model_.revision(); }
  std::string steps() const {
    std::string out;
    for (auto const& one : trace_)
      out.append("\n  ").append(one);
    return out;
  }
  /// Sources and the newest change, for the report of a failure.
  std::string service_state() {
    try {
      return text(ask("Service.Sources", {})) + '\n' +
             text(ask("History.Log", {{"limit", 1}, {"values", true}})) + '\n' +
             text(ask("Config.Explain", {{"key", "two"}}));
    } catch (std::exception const& failure) {
      return failure.what();
    }
  }
  std::map<std::string, std::size_t> const& counts() const { return counts_; }

 private:
  // What steps are made of.

  void note(std::string const& kind, std::string const& what) {
    ++counts_[kind];
    trace_.push_back(std::to_string(model_.revision()) + ": " + kind + ' ' + what);
    if (trace_.size() > 12) trace_.pop_front();
  }

  bj::object call(std::string const& method, bj::object const& parameters) {
    return connection_->ask(R"({"method":"io.cfgd.)" + method + R"(","parameters":)" +
                            text(parameters) + "}");
  }
  bj::object ask(std::string const& method, bj::object const& parameters) {
    auto const reply = call(method, parameters);
    if (reply.contains("error")) throw std::runtime_error(method + ": " + text(reply));
    return reply.contains("parameters") ? reply.at("parameters").as_object() : bj::object();
  }
  /// The error without its interface.
  std::string refusal(std::string const& method, bj::object const& parameters) {
    auto const reply = call(method, parameters);
    if (!reply.contains("error")) return "none";
    std::string const name(reply.at("error").as_string());
    return name.substr(name.rfind('.') + 1);
  }
  static std::uint64_t revision_in(bj::object const& reply) {
    return reply.at("revision").to_number<std::uint64_t>();
  }

  // Who watches.

  /// Takes what a watcher has to receive of the revisions after `after`.
  void take_changes(watcher& by, std::uint64_t after) {
    for (auto revision = after + 1; revision <= model_.revision(); ++revision) {
      auto const expected = changes_below(model_.changes_of(revision), by.prefix);
      if (expected.empty()) continue;
      auto reply = by.who.next();
      while (reply.is_bare())
        reply = by.who.next();
      expect_change(reply, revision, expected, by.prefix);
    }
  }
  static void expect_change(watch_reply const& reply, std::uint64_t revision,
                            leaf_changes const& expected, std::string const& prefix) {
    std::string const of = "a watcher of '" + prefix + "' at " + std::to_string(revision);
    leaf_map values;
    leaf_map gone;
    for (auto const& [key_text, both] : expected)
      (both.second.empty() ? gone : values)[key_text] = both.second;
    leaf_map removed;
    for (auto const& key_text : reply.removed)
      removed[key_text] = "";
    expect(reply.revision, revision, of);
    expect(reply.values, values, of);
    expect(removed, gone, of);
  }
  /// Takes all replies up to the mark; a resync is due where history is gone.
  void take_resumption(watcher& by, std::uint64_t after) {
    auto const before = by.who.resyncs();
    bool const gone = after + 1 < model_.oldest() || after > model_.revision();
    if (!gone) take_changes(by, after);
    by.who.until_ready();
    expect(by.who.resyncs() - before, std::size_t{gone ? 1U : 0U}, "resyncs");
    expect_state(by);
  }
  void expect_state(watcher const& by) {
    expect(by.who.revision(), model_.revision(), "the mark of a watcher");
    expect(by.who.state(), below(model_.leaves(), by.prefix), "the state of a watcher");
  }
  void watch_anew() {
    auto& one = watchers_[1 + random_.below(watchers_.size() - 1)]; // the first one never leaves
    one.who.close();
    auto const now = model_.revision();
    auto const first = model_.oldest() - 1;
    if (random_.one_in(4)) {
      note("watch", one.prefix);
      one.who.open();
      one.who.until_ready();
      expect_state(one);
      return;
    }
    std::uint64_t after = first + random_.below(now - first + 1);
    if (random_.one_in(6)) after = now + 1 + random_.below(2);
    if (first > 0 && random_.one_in(4)) after = random_.below(first);
    note("resume", one.prefix + " behind " + std::to_string(after));
    auto const known =
        after >= first && after <= now ? below(model_.leaves_at(after), one.prefix) : leaf_map();
    one.who.resume(after, known);
    take_resumption(one, after);
  }

  /// Asks for all that was saved, and checks the revision and what watchers receive.
  void finish(std::uint64_t before) {
    expect(revision_in(ask("Config.Sync", {})), model_.revision(), "Sync");
    for (auto& one : watchers_)
      take_changes(one, before);
  }

  // Overrides.

  static bj::object parameters_of(service_model::set_step const& what) {
    bj::object values;
    for (auto const& [which, value] : what.values)
      values[which.str()] = value;
    bj::array unset;
    for (auto const& which : what.unset)
      unset.emplace_back(which.str());
    return {{"values", values}, {"unset", unset}};
  }

  /// Whether the reply of something that changes overrides is what the model says.
  void expect_reply(bj::object const& reply, service_model::outcome const& due,
                    std::uint64_t revision) {
    if (due.refused) {
      if (!reply.contains("error") ||
          !reply.at("error").as_string().ends_with(due.is_bad_key ? ".BadKey" : ".Invalid"))
        throw std::runtime_error("not refused: " + text(reply));
      if (!due.is_bad_key && reply.at("parameters").as_object().at("issues").as_array().empty())
        throw std::runtime_error("refused without a reason");
      return;
    }
    if (reply.contains("error")) throw std::runtime_error("refused: " + text(reply));
    auto const& change = reply.at("parameters").as_object();
    expect(revision_in(change), revision, "the revision of a reply");
    std::vector<std::string> changed;
    for (auto const& one : change.at("changed").as_array())
      changed.emplace_back(one.as_string());
    std::sort(changed.begin(), changed.end());
    std::vector<std::string> expected;
    if (due.own != 0)
      for (auto const& one : due.revisions.front())
        expected.push_back(one.first);
    expect(changed, expected, "the keys of a reply");
  }
  /// Does it, as a trial one time in eight.
  void change(std::string const& method, bj::object parameters,
              std::function<service_model::outcome(mode)> const& in_model) {
    auto const before = model_.revision();
    auto const how = random_.one_in(8) ? mode::dry_run : mode::real;
    if (how == mode::dry_run) parameters["dryRun"] = true;
    if (random_.one_in(4)) parameters["ifRevision"] = before;
    note(method, text(parameters));
    auto const due = in_model(how);
    auto const own = how == mode::real ? before + due.own : before;
    expect_reply(call(method, parameters), due, own);
    if (due.refused) ++counts_["refused"];
    finish(before);
  }
  void set() {
    auto const what = random_.set();
    change("Config.Set", parameters_of(what), [&](mode how) { return model_.set(what, how); });
  }
  /// Several calls that are under way at once: each is a revision of its own.
  void set_many() {
    if (model_.has_retryable()) return; // who would be tried again between them
    auto const before = model_.revision();
    std::vector<std::pair<service_model::outcome, std::uint64_t>> due;
    for (auto left = 2 + random_.below(6); left > 0; --left) {
      auto const what = random_.set();
      note("Config.Set at once", text(parameters_of(what)));
      connection_->send(R"({"method":"io.cfgd.Config.Set","parameters":)" +
                        text(parameters_of(what)) + "}");
      auto made = model_.set(what);
      due.emplace_back(std::move(made), model_.revision());
    }
    for (auto const& [made, revision] : due)
      expect_reply(connection_->next(), made, revision);
    finish(before);
  }
  void restore() {
    std::map<std::string, bj::object> wanted = model_.overrides();
    wanted[random_.name_space()] = random_.document();
    if (random_.one_in(2)) wanted.erase(random_.name_space());
    bj::object overrides;
    for (auto const& [name, says] : wanted)
      overrides[name] = says;
    auto const before = model_.revision();
    note("History.Restore", text(overrides));
    auto const due = model_.restore(wanted);
    expect_reply(call("History.Restore", {{"overrides", overrides}}), due, before + due.own);
    finish(before);
  }
  void roll_back() {
    auto const first = model_.oldest() - 1;
    auto const to = first + random_.below(model_.revision() - first + 1);
    auto const name = random_.name_space();
    bool const all = random_.one_in(2) || !model_.texts().contains(name);
    bj::object parameters{{"revision", to}};
    if (!all) parameters["namespace"] = name;
    change("History.Rollback", parameters,
           [&](mode how) { return model_.roll_back(to, all ? std::string() : name, how); });
  }
  void refuse() {
    auto const what = parameters_of(random_.set());
    auto wrong = what;
    wrong["ifRevision"] = model_.revision() + 1;
    note("refuse", text(wrong));
    expect(refusal("Config.Set", wrong), std::string("RevisionMismatch"), "Set");
    expect(refusal("History.Rollback", {{"revision", model_.revision() + 1}}),
           std::string("NoSuchRevision"), "Rollback");
    if (model_.oldest() > 1)
      expect(refusal("History.Rollback", {{"revision", model_.oldest() - 2}}),
             std::string("NoSuchRevision"), "Rollback");
    finish(model_.revision());
  }
  void validate() {
    auto const name = random_.name_space();
    if (!model_.texts().contains(name)) return;
    auto says = random_.plain_document();
    note("validate", name + ' ' + text(says));
    auto const valid = model_.is_valid(name, says);
    auto const reply = ask("Config.Validate", {{"namespace", name}, {"document", says}});
    expect(reply.at("valid").as_bool(), valid, "Validate");
    expect(reply.at("issues").as_array().empty(), valid, "the issues of Validate");
    expect(ask("Config.Validate", {{"namespace", name}}).at("valid").as_bool(), true,
           "Validate of what is effective");
  }
  void compact() {
    auto const keep = random_.below(60);
    note("compact", std::to_string(keep));
    model_.compact(keep);
    expect(ask("History.Compact", {{"keep", keep}}).at("oldest").to_number<std::uint64_t>(),
           model_.oldest(), "Compact");
  }

  // Files.

  std::filesystem::path path_of(source_id const& id) const {
    static std::map<layer, char const*> const directories{
        {layer::vendor, "vendor"}, {layer::admin, "etc"}, {layer::runtime, "run"}};
    return root / directories.at(id.where) / directory_of(id.what) / id.relative;
  }
  /// Does something to a file, on disk only.
  file_step edit(source_id const& id) {
    auto const path = path_of(id);
    bool const is_there = std::filesystem::exists(path);
    auto const how = random_.below(10);
    if (is_there && how == 0) {
      std::filesystem::remove(path);
      return {.id = id, .what = file_step::kind::gone};
    }
    if (is_there && how == 1) {
      replace_file(path, read_file(path));
      return {.id = id, .what = file_step::kind::touched};
    }
    bool const unreadable = how == 2;
    auto const says = id.what == source_kind::schema ? random_.schema() : random_.document();
    // Blanks make other bytes of the same document.
    std::string const bytes =
        (unreadable ? "{\"a\": ]" : text(says)) + std::string(1 + ++edits_ % 4'000, '\n');
    if (random_.one_in(2))
      replace_file(path, bytes);
    else
      write_file(path, bytes);
    return {.id = id,
            .what = unreadable ? file_step::kind::unreadable : file_step::kind::good,
            .says = says};
  }
  std::vector<file_step> edit_some(std::size_t most) {
    std::map<source_id, file_step> done;
    for (auto left = 1 + random_.below(most); left > 0; --left) {
      auto const id = random_.file();
      if (!done.contains(id)) done.emplace(id, edit(id));
    }
    std::vector<file_step> steps;
    std::string names;
    for (auto const& [id, one] : done) {
      static constexpr char const* kinds[] = {"good", "unreadable", "gone", "touched"};
      names += to_string(id) + ' ' + kinds[static_cast<int>(one.what)] + ' ' + text(one.says) + ' ';
      steps.push_back(one);
    }
    note(steps.size() == 1 ? "save" : "save together", names);
    return steps;
  }
  void save_files(std::size_t most) {
    auto const before = model_.revision();
    model_.apply(edit_some(most), grouping::one_change);
    finish(before);
  }
  void save() { save_files(1); }
  void save_some() { save_files(4); }

  // Ends and beginnings.

  void begin_anew() {
    daemon.start();
    connection_.emplace(daemon.socket());
  }
  void watch_on() {
    expect(revision_in(ask("Config.Sync", {})), model_.revision(), "Sync after a start");
    for (auto& one : watchers_) {
      one.who.close();
      auto const after = one.who.revision();
      one.who.resume();
      take_resumption(one, after);
    }
  }
  /// While it is down files change, half of the time.
  void come_back() {
    auto steps = model_.missing();
    if (random_.one_in(2)) {
      for (auto const& one : edit_some(3)) {
        std::erase_if(steps, [&one](file_step const& gone) { return gone.id == one.id; });
        steps.push_back(one);
      }
    }
    std::sort(steps.begin(), steps.end(),
              [](file_step const& left, file_step const& right) { return left.id < right.id; });
    model_.apply(steps, grouping::change_per_namespace);
    begin_anew();
    watch_on();
  }
  void restart() {
    note("restart", "");
    expect(daemon.stop(), 0, "the exit code");
    come_back();
  }
  void kill() {
    note("kill", "");
    daemon.kill();
    come_back();
  }
  /// Whether it was done is not known; it was done whole or not at all.
  void kill_while_it_sets() {
    if (!model_.missing().empty() || model_.has_retryable()) return;
    auto const what = random_.set();
    note("kill while it sets", text(parameters_of(what)));
    auto done = model_;
    auto const due = done.set(what);
    if (due.own == 0) return; // nobody could see whether it was done
    connection_->send(R"({"method":"io.cfgd.Config.Set","parameters":)" +
                      text(parameters_of(what)) + "}");
    bool const acknowledged = random_.one_in(2);
    if (acknowledged) connection_->next();
    daemon.kill();
    begin_anew();
    bool const was_done = revision_in(ask("Config.Sync", {})) == done.revision();
    if (acknowledged) expect(was_done, true, "what was acknowledged");
    if (was_done) model_ = std::move(done);
    watch_on();
  }

  // What can be asked for.

  void compare_files() {
    std::map<std::string, std::string> states;
    auto const reply = ask("Service.Sources", {});
    for (auto const& one : reply.at("sources").as_array())
      states.emplace(one.at("path").as_string(), one.at("state").as_string());
    for (auto const* const name : {"one", "two", "three"}) {
      for (auto const& id : random_configuration::files_of(name)) {
        auto const found = states.find(path_of(id).string());
        expect(found == states.end() ? "unknown" : found->second,
               model_.state_of(id).value_or("unknown"), to_string(id));
      }
    }
  }
  static leaf_changes changes_in(bj::object const& reply) {
    leaf_changes all;
    for (auto const& [list, side] :
         {std::pair("before", &std::pair<std::string, std::string>::first),
          std::pair("after", &std::pair<std::string, std::string>::second)})
      if (auto const* const values = reply.if_contains(list))
        for (auto const& one : values->as_object())
          all[one.key()].*side = text(one.value());
    return all;
  }
  void compare_history() {
    auto const first = model_.oldest();
    auto const last = model_.revision();
    auto const log = ask("History.Log", {{"limit", 8}, {"values", true}});
    expect(log.at("oldest").to_number<std::uint64_t>(), first, "Log");
    auto revision = last;
    for (auto const& one : log.at("changes").as_array()) {
      auto const& change = one.as_object();
      expect(revision_in(change), revision, "a change of Log");
      expect(changes_in(change), model_.changes_of(revision), "a change of Log");
      --revision;
    }
    expect(last - revision, std::min<std::uint64_t>(8, last + 1 - first), "the length of Log");

    auto const from = first - 1 + random_.below(last + 2 - first);
    auto const to = first - 1 + random_.below(last + 2 - first);
    expect(changes_in(ask("History.Diff", {{"from", from}, {"to", to}})),
           differences(model_.leaves_at(from), model_.leaves_at(to)), "Diff");
    auto const& then = model_.leaves_at(from);
    auto const& some = then.empty() ? std::string("one.p") : then.begin()->first;
    auto const was =
        ask("History.GetAt", {{"keys", bj::array{bj::value(some)}}, {"revision", from}});
    leaf_map values;
    for (auto const& one : was.at("values").as_object())
      values.emplace(one.key(), text(one.value()));
    leaf_map expected;
    if (auto const found = then.find(some); found != then.end()) expected.insert(*found);
    expect(values, expected, "GetAt");
  }

  random_configuration random_;
  service_model model_;
  std::optional<stream> connection_;
  std::vector<watcher> watchers_;
  std::size_t edits_ = 0;
  std::deque<std::string> trace_;
  std::map<std::string, std::size_t> counts_;
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(model)

BOOST_AUTO_TEST_CASE(the_service_does_what_a_simple_model_does) {
  auto const seed = number_from("CFGD_MODEL_SEED", 4711);
  auto const steps = number_from("CFGD_MODEL_STEPS", 10'000);
  std::cout << "CFGD_MODEL_SEED=" << seed << " CFGD_MODEL_STEPS=" << steps << '\n';
  trial all(seed);
  std::uint32_t step = 0;

  try {
    for (; step < steps; ++step) {
      all.step();
      if (step % 25 == 0) all.compare();
    }
    all.compare();
  } catch (std::exception const& failure) {
    BOOST_FAIL("step " << step << " of CFGD_MODEL_SEED=" << seed << ": " << failure.what()
                       << "\nthe last steps:" << all.steps() << "\nthe service says:\n"
                       << all.service_state());
  }
  for (auto const& [kind, count] : all.counts())
    std::cout << kind << ' ' << count << ", ";
  std::cout << "revision " << all.revision() << '\n';
  BOOST_TEST(all.revision() > steps / 4);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
