#include "cfgctl/failure_report.hpp"
#include "cfgctl/offline/formats.hpp"
#include "cfgctl/text/commit_text.hpp"
#include "cfgctl/text/explanation_text.hpp"
#include "cfgctl/text/history_text.hpp"
#include "cfgctl/text/near.hpp"
#include "cfgctl/text/overrides_text.hpp"
#include "cfgctl/text/service_text.hpp"
#include "cfgctl/text/users.hpp"
#include "cfgctl/text/values.hpp"
#include "client/detail/failures.hpp"
#include "core/json.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace cfgd;
using namespace cfgd::cfgctl;
using client::call_error;

namespace {

constexpr screen file{.terminal = false, .colored = false, .columns = 80};
constexpr screen terminal{.terminal = true, .colored = false, .columns = 80};
constexpr screen colored{.terminal = true, .colored = true, .columns = 80};

call_error refused(std::string_view name, std::string_view parameters) {
  return client::detail::refused(std::string(name),
                                 std::move(json::parse(parameters).value().as_object()));
}

/// The reason alone, without what every failure begins with.
std::string reason(std::string_view name, std::string_view parameters) {
  std::string const text = failure_text("do", refused(name, parameters));
  BOOST_REQUIRE(text.starts_with("cfgctl: do: "));
  BOOST_REQUIRE(text.ends_with("\n"));
  return text.substr(12, text.size() - 13);
}

} // namespace

BOOST_AUTO_TEST_SUITE(texts)

BOOST_AUTO_TEST_CASE(values_are_bare_alone_and_json_beside_a_key) {
  BOOST_TEST(value_text(file, "x \"y\"") == "x \"y\"\n");
  BOOST_TEST(value_text(file, 3) == "3\n");
  BOOST_TEST(value_text(file, 1.0) == "1.0\n");
  BOOST_TEST(value_text(file, true) == "true\n");
  BOOST_TEST(value_line(file, "a.b", "x \"y\"") == "a.b = \"x \\\"y\\\"\"\n");
  BOOST_TEST(value_line(colored, "a.b", 1) == "\033[36ma.b\033[0m = 1\n");
}

BOOST_AUTO_TEST_CASE(escape_sequences_reach_files_but_no_terminal) {
  BOOST_TEST(value_text(file, "\033[31m") == "\033[31m\n");
  BOOST_TEST(value_text(terminal, "\033[31m") == "\\u001b[31m\n");
  BOOST_TEST(failure_text("get \033[31m", client::detail::timed_out()).find('\033') ==
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(json_is_laid_out_for_people_only) {
  boost::json::value const what{{"a", 1}};

  BOOST_TEST(json_text(file, what) == "{\"a\":1}\n");
  BOOST_TEST(json_text(terminal, what) == "{\n  \"a\": 1\n}\n");
  BOOST_TEST(json_line(terminal, what) == "{\"a\":1}\n");
}

BOOST_AUTO_TEST_CASE(an_explanation_distinguishes_secrets_and_removals) {
  client::explanation secret;
  secret.secret = true;
  secret.writable = true;
  secret.candidates.push_back({.from = {.layer = "admin",
                                        .path = "/e/a.yaml",
                                        .line = {},
                                        .column = {},
                                        .uid = {},
                                        .revision = 4},
                               .value = {}});

  std::string const text = explanation_text(file, "a.b", secret);

  BOOST_TEST(text.find("a.b is secret\n") == 0U);
  BOOST_TEST(text.find("*  admin        (secret)  /e/a.yaml         4\n") != std::string::npos,
             text);
  BOOST_TEST(explanation_text(file, "a.b", {}).starts_with("a.b has no value\n"));
}

BOOST_AUTO_TEST_CASE(a_change_has_the_value_before_and_after) {
  boost::json::value const one = 1;
  boost::json::value const two = "x";

  BOOST_TEST(change_line(file, "a.b", &one, &two) == "a.b: 1 -> \"x\"\n");
  BOOST_TEST(change_line(file, "a.b", nullptr, &two) == "a.b = \"x\"\n");
  BOOST_TEST(change_line(file, "a.b", &one, nullptr) == "a.b: 1 -> (no value)\n");

  boost::json::object known{{"a.b", 1}};
  client::watch_event event;
  event.revision = 9;
  event.values = {{"a.b", 2}, {"a.c", 3}};
  BOOST_TEST(event_text(file, event, known) == "# revision 9\na.b: 1 -> 2\na.c = 3\n");
  BOOST_TEST(known.at("a.b").as_int64() == 2);
}

BOOST_AUTO_TEST_CASE(users_have_their_names) {
  BOOST_TEST(user_text(0) == "uid 0 (root)");
  BOOST_TEST(user_text(0, "a.service") == "uid 0 (root, a.service)");
  BOOST_TEST(user_text(4'000'000'001) == "uid 4000000001");
}

BOOST_AUTO_TEST_CASE(a_word_that_is_nearly_known_is_found) {
  std::vector<std::string> const known{"status", "sources", "set", "show"};

  BOOST_TEST(nearest("stauts", known).value_or("") == "status");
  BOOST_TEST(nearest("sourcs", known).value_or("") == "sources");
  BOOST_TEST(nearest("sour", known).value_or("") == "sources");
  BOOST_TEST(nearest("st", known).value_or("") == "set");
  BOOST_TEST(!nearest("frobnicate", known));
  BOOST_TEST(!nearest("set", {"set"}));
  BOOST_TEST(did_you_mean("stauts", known) == " (did you mean 'status'?)");
  BOOST_TEST(did_you_mean("xyz", known) == "");
}

BOOST_AUTO_TEST_CASE(a_resync_is_marked) {
  client::watch_event event;
  event.revision = 9;
  event.resync = true;
  event.ready = true;

  boost::json::object known{{"a.b", 1}};
  BOOST_TEST(event_text(file, event, known) ==
             "# revision 9, read again because changes were missed\n");
  BOOST_TEST(event_json(file, event) == "{\"revision\":9,\"ready\":true,\"resync\":true}\n");
}

BOOST_AUTO_TEST_CASE(every_declared_error_has_its_sentence) {
  BOOST_TEST(reason("io.cfgd.Config.BadKey", R"({"key":"A","message":"no"})") ==
             "'A' is not a valid key: no");
  BOOST_TEST(reason("io.cfgd.Config.BadKey", R"({"key":"","message":"the key is empty"})") ==
             "KEY is empty");
  BOOST_TEST(reason("io.cfgd.Config.NoSuchNamespace", R"({"namespace":"x"})") ==
             "there is no namespace 'x'");
  BOOST_TEST(reason("io.cfgd.Config.ReadOnly", R"({"key":"a.b"})") == "'a.b' is read-only");
  BOOST_TEST(
      reason("io.cfgd.Config.ReadOnly", R"({"key":"a.b","path":"/s.json","line":2,"column":3})") ==
      "'a.b' is read-only: /s.json:2:3");
  BOOST_TEST(reason("io.cfgd.Config.ReadOnly",
                    R"({"key":"a.b","path":"/x.toml","line":2,"reason":"house style"})") ==
             "'a.b' is read-only, locked: house style: /x.toml:2");
  BOOST_TEST(reason("io.cfgd.Config.StoreFailed", R"({"message":"disk full"})") ==
             "the change could not be made durable, nothing was changed: disk full");
  BOOST_TEST(
      reason("io.cfgd.Config.LimitExceeded", R"({"limit":"value_bytes","used":9,"maximum":8})") ==
      "the limit 'value_bytes' would be exceeded: 9 of 8");
  BOOST_TEST(reason("io.cfgd.History.NoSuchRevision", R"({"oldest":3,"newest":8})") ==
             "no such revision; the history has revisions 3 to 8");
  BOOST_TEST(reason("org.varlink.service.InvalidParameter", R"({"parameter":"x"})") ==
             "the service does not accept the parameter 'x'");
  BOOST_TEST(reason("org.varlink.service.InterfaceNotFound", R"({"interface":"x.y"})") ==
             "this service does not have the interface 'x.y'");
  BOOST_TEST(reason("org.varlink.service.PermissionDenied", "{}")
                 .starts_with("permission denied: needs root or group cfgd-admin (you are uid "));
  BOOST_TEST(reason("org.varlink.service.ExpectedMore", "{}").find("--more") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(absent_parameters_make_a_sentence_shorter) {
  BOOST_TEST(reason("io.cfgd.Config.BadKey", "{}") == "is not a valid key");
  BOOST_TEST(reason("io.cfgd.Config.Invalid", R"({"issues":7})") ==
             "the change is not valid, nothing was changed");
  BOOST_TEST(reason("io.cfgd.Config.NoSuchNamespace", R"({"namespace":1})") ==
             "there is no namespace");
}

BOOST_AUTO_TEST_CASE(unknown_errors_are_shown_as_they_came) {
  BOOST_TEST(reason("io.cfgd.Config.Novel", R"({"x":1})") == R"(io.cfgd.Config.Novel {"x":1})");
  BOOST_TEST(reason("other.thing.BadKey", "{}") == "other.thing.BadKey");
}

BOOST_AUTO_TEST_CASE(each_kind_of_failure_has_its_exit_code) {
  BOOST_TEST(static_cast<int>(exit_code_of(refused("a.b.C", "{}"))) == 1);
  BOOST_TEST(static_cast<int>(exit_code_of(client::detail::unreachable("/x", "no"))) == 3);
  BOOST_TEST(static_cast<int>(exit_code_of(client::detail::timed_out())) == 4);
  BOOST_TEST(static_cast<int>(exit_code_of(client::detail::closed("x"))) == 4);
  BOOST_TEST(static_cast<int>(exit_code_of(client::detail::protocol("x"))) == 4);
}

BOOST_AUTO_TEST_CASE(sources_say_below_what_is_wrong) {
  client::source_file bad;
  bad.path = "/e/a.yaml";
  bad.name_space = "a";
  bad.layer = "admin";
  bad.state = "quarantined";
  bad.message = "a colon is missing";
  bad.line = 3;
  bad.column = 8;
  bad.revision = 4;
  bad.size = 120;
  bad.watch = "inotify";
  bad.kind = "schema";
  bad.issues.push_back({.severity = "error",
                        .rule = "maximum",
                        .key = "a.b",
                        .pointer = "/b",
                        .message = "too large",
                        .path = "/e/a.yaml",
                        .line = 3,
                        .column = 8});

  BOOST_TEST(sources_text(file, {bad}) ==
             "STATE        KIND    LAYER  NAMESPACE  PATH       REVISION  BYTES  WATCH\n"
             "quarantined  schema  admin  a          /e/a.yaml         4    120  inotify\n"
             "\n"
             "/e/a.yaml:3:8: a colon is missing\n"
             "  /e/a.yaml:3:8: error: a.b: too large [maximum]\n");
  BOOST_TEST(sources_text(file, {}) == "there are no sources\n");
}

BOOST_AUTO_TEST_CASE(files_that_are_not_used_have_their_reason_and_are_not_bad) {
  client::source_file one;
  one.path = "/e/App.yaml";
  for (auto const* const state : {"ignored", "masked"}) {
    one.state = state;
    one.message = "the reason";
    BOOST_TEST(!is_bad(one));
    BOOST_TEST(sources_text(file, {one}).find("\n/e/App.yaml: the reason\n") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(an_emptied_file_is_a_fact_and_not_bad) {
  client::source_file one;
  one.path = "/e/a.yaml";
  one.state = "active";
  one.message = "the file has become empty: 2 values no longer apply";

  BOOST_TEST(!is_bad(one));
  BOOST_TEST(sources_text(file, {one}).ends_with("\n/e/a.yaml: " + *one.message + '\n'));
}

BOOST_AUTO_TEST_CASE(sources_count_their_overridden_keys) {
  client::source_file one;
  one.path = "/e/a.yaml";
  one.state = "active";
  one.keys = 12;
  one.overridden = 3;
  BOOST_TEST(sources_text(file, {one}).find("active, 3 of 12 keys overridden") !=
             std::string::npos);
  one.keys = one.overridden = 1;
  BOOST_TEST(sources_text(file, {one}).find("active, 1 of 1 key overridden ") != std::string::npos);
  one.overridden = 0;
  BOOST_TEST(sources_text(file, {one}).find("overridden") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(overrides_have_age_author_and_what_they_hide) {
  client::override_key one;
  one.key = "a.b";
  one.value = 1;
  one.from.uid = 4321;
  one.from.revision = 42;
  one.from.time = "2026-11-23T10:00:00.000Z";
  one.soft = true;
  one.hidden = 2;
  one.hides = {
      {.key = "a.b",
       .from = {.layer = "admin", .path = "/e/a.yaml", .line = 4, .column = {}, .uid = {}}}};

  BOOST_TEST(overrides_text(file, {one}, parse_rfc3339("2026-11-23T11:30:00Z").value()) ==
             "KEY  VALUE        AGE  BY        REVISION  HIDES\n"
             "a.b  1 (soft)  1h 30m  uid 4321        42  admin /e/a.yaml:4 and 1 more\n");
  BOOST_TEST(overrides_text(file, {}, wall_now()) == "no overrides\n");
  one.hides.front().from.path = "/etc/cfgd/namespaces/a.yaml";
  std::string const narrow = overrides_text({.terminal = true, .colored = false, .columns = 70},
                                            {one}, parse_rfc3339("2026-11-23T11:30:00Z").value());
  BOOST_TEST(narrow.ends_with("  …spaces/a.yaml:4 and 1 more\n"), narrow);
}

BOOST_AUTO_TEST_CASE(an_edit_without_effect_names_the_override_and_its_user) {
  client::hidden_value one;
  one.key = "a.b";
  one.from = {.layer = "admin", .path = "/e/a.yaml", .line = 4, .column = 1, .uid = {}};
  one.by = client::origin{
      .layer = "override", .path = {}, .line = {}, .column = {}, .uid = 0, .revision = 42};
  one.unset = "a.b";

  BOOST_TEST(without_effect_text(one) ==
             "/e/a.yaml:4:1 a.b has no effect: overridden by revision 42, uid 0 (root); unset a.b");
}

BOOST_AUTO_TEST_CASE(a_rollback_prints_some_keys_and_the_number_of_the_others) {
  client::commit done{.revision = 9, .changed = {}, .warnings = {}};
  for (int each = 0; each < 5; ++each)
    done.changed.push_back("a.k" + std::to_string(each));
  done.changed.insert(done.changed.end(), {"gone.x", "gone.y"});
  done.hidden = 3;

  screen few = file;
  few.most_keys = 2;

  BOOST_TEST(commit_text(few, {.values = {}, .gone = {"gone"}}, done, nullptr) ==
             "a.k0 changed\na.k1 changed\nand 3 more keys; -v prints all\n"
             "and 1 more namespace removed; -v prints all\n"
             "3 values of files hidden now: cfgctl overrides\nrevision 9\n");

  done.changed = {"a.k0", "gone.x", "gone.y", "old.x", "past.x"};
  done.hidden.reset();
  BOOST_TEST(commit_text(few, {.values = {}, .gone = {"gone", "old", "past"}}, done, nullptr) ==
             "a.k0 changed\ngone removed, 2 values\n"
             "and 2 more namespaces removed; -v prints all\nrevision 9\n");
}

BOOST_AUTO_TEST_CASE(all_lists_of_changed_keys_print_some_lines_and_the_number_of_the_others) {
  screen few = file;
  few.most_keys = 3;
  boost::json::object const before{{"a.b", 1}, {"a.c", 1}, {"a.d", 1}};
  boost::json::object const after{{"a.b", 2}, {"a.c", 2}, {"a.e", 2}};

  // A key that changed has two lines, and is printed with both or not at all.
  BOOST_TEST(difference_text(few, {.before = before, .after = after}) ==
             "-a.b 1\n+a.b 2\nand 3 more keys; -v prints all\n");
  client::change one;
  one.updated = {"a.b", "a.c"};
  one.deleted = {"a.d"};
  one.before = before;
  one.after = after;
  BOOST_TEST(change_text(few, one, client::log_detail::values)
                 .ends_with("\n\n-a.b 1\n+a.b 2\nand 2 more keys; -v prints all\n"));
  one.updated.push_back("a.x");
  BOOST_TEST(
      change_text(few, one, client::log_detail::keys)
          .ends_with("    M a.b\n    M a.c\n    M a.x\n    and 1 more key; -v prints all\n"));

  client::watch_event event{.values = after, .removed = {"a.d"}, .revision = 9, .from = {}};
  boost::json::object known;
  std::string const state = "# revision 9\na.b = 2\na.c = 2\na.e = 2\na.d removed\n";
  BOOST_TEST(event_text(few, event, known) == state); // the state is complete
  event.from = client::origin{
      .layer = "admin", .path = {}, .line = {}, .column = {}, .uid = {}, .revision = 9};
  known = before;
  BOOST_TEST(event_text(few, event, known) ==
             "# revision 9, admin\na.b: 1 -> 2\na.c: 1 -> 2\na.e = 2\n"
             "and 1 more key; -v prints all\n");
  BOOST_TEST(known == after); // also what was not printed
}

BOOST_AUTO_TEST_CASE(keys_of_a_change_have_their_own_files_and_lines) {
  client::change one;
  one.revision = 3;
  one.from = {.layer = "admin", .path = "/e/a.yaml", .line = 1, .column = 2, .uid = {}};
  one.time = "T";
  one.updated = {"a.x", "a.y", "b.z"};
  one.origins = {
      {.from = {.layer = "admin", .path = "/e/a.yaml", .line = {}, .column = {}, .uid = {}},
       .lines = {{"a.y", 5}}},
      {.from = {.layer = "admin", .path = "/e/b.json", .line = {}, .column = {}, .uid = {}},
       .lines = {{"b.z", 7}}}};

  auto const text = change_text(file, one, client::log_detail::keys);

  BOOST_TEST(
      text.find("    M a.x  /e/a.yaml:1\n    M a.y  /e/a.yaml:5\n    M b.z  /e/b.json:7\n") !=
          std::string::npos,
      text);
  one.origins.clear();
  BOOST_TEST(change_text(file, one, client::log_detail::keys).find("    M b.z\n") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_status_counts_overrides_and_what_they_hide) {
  service_state from;
  from.status.overrides = 1;
  from.status.hidden = 1;
  std::string const one = status_text(file, from);
  from.status.overrides = 2;
  from.status.hidden = 3;
  std::string const several = status_text(file, from);

  BOOST_TEST(one.find("1, which hides 1 value of files: cfgctl overrides") != one.npos, one);
  BOOST_TEST(several.find("2, which hide 3 values of files: cfgctl overrides") != several.npos,
             several);
}

BOOST_AUTO_TEST_CASE(the_first_line_has_the_state_of_the_service) {
  service_state from;
  auto& what = from.status;
  what.version = "0.1.0";
  what.status = "warning";
  what.ready = true;
  what.degraded = true;
  what.namespaces = {"a", "b"};
  what.start_time = "2026-11-23T07:23:48.123Z";
  what.state_directory = "/var/lib/cfgd";
  what.store_id = "0123456789abcdef0123456789abcdef";

  client::source_file bad;
  bad.path = "/e/site.yaml";
  bad.state = "quarantined";
  bad.message = "a colon is missing";
  bad.line = 12;
  bad.column = 3;

  std::string const text = status_text(file, from);
  from.sources = {bad, bad};
  std::string const with_files = status_text(file, from);
  bad.message = "'/e/site.yaml': mode 0666 lets others write it; run: chmod go-w '/e/site.yaml'";
  bad.line.reset();
  bad.column.reset();
  from.sources = {bad};
  std::string const untrusted = status_text(file, from);
  what.degraded = false;
  what.status = "healthy";
  from.sources.clear();
  std::string const good = status_text(file, from);

  BOOST_TEST(text.starts_with("DEGRADED: files are not applied yet: see 'cfgctl sources'\n"), text);
  BOOST_TEST(with_files.starts_with("DEGRADED: 2 files not active: site.yaml:12:3: a colon is "
                                    "missing (and 1 more)\n"),
             with_files);
  BOOST_TEST(untrusted.starts_with("DEGRADED: 1 file not active: site.yaml: mode 0666 lets others "
                                   "write it; run: chmod go-w '/e/site.yaml'\n"),
             untrusted);
  BOOST_TEST(good.starts_with("OK: all sources are active\n"), good);
  BOOST_TEST(text.find("version      0.1.0\n") != std::string::npos, text);
  BOOST_TEST(text.find("namespaces   a, b\n") != std::string::npos, text);
  BOOST_TEST(text.find("state in     /var/lib/cfgd\n") != std::string::npos, text);
  BOOST_TEST(text.find("store        0123456789abcdef0123456789abcdef\n") != std::string::npos,
             text);
}

BOOST_AUTO_TEST_CASE(the_state_lists_pending_changes_and_the_edit) {
  service_state from;
  auto& what = from.status;
  what.version = "1";
  what.status = "healthy";
  what.ready = true;
  what.fallback = {"a"};
  what.pending = {
      {.revision = 12, .kind = "confirm", .deadline = "D", .keys = {}, .uid = {}, .comment = {}}};
  what.edit_deadline = "E";

  std::string const text = status_text(file, from);
  client::source_file schema;
  schema.name_space = "b";
  schema.kind = "schema";
  schema.state = "active";
  from.sources = {schema};
  what.fallback = {"a", "b"};
  std::string const known = status_text(file, from);

  BOOST_TEST(text.find("fallback     a\n") != std::string::npos, text);
  BOOST_TEST(known.starts_with("DEGRADED: without a file that was ever valid: a (no values), "
                               "b (defaults of its schema)\n"),
             known);
  BOOST_TEST(text.find("pending      revision 12, confirm until D\n") != std::string::npos, text);
  BOOST_TEST(text.find("edit         in progress, until E\n") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(pending_changes_have_the_time_that_is_left) {
  auto const now = parse_rfc3339("2026-11-23T10:00:00Z").value();

  BOOST_TEST(pending_text(file,
                          {{.revision = 12,
                            .kind = "confirm",
                            .deadline = "2026-11-23T10:14:59.500Z",
                            .keys = {"a.b", "a.c"},
                            .uid = 4321,
                            .comment = "why"}},
                          now) ==
             "REVISION  KIND     DEADLINE                     LEFT  USER      KEYS      COMMENT\n"
             "      12  confirm  2026-11-23T10:14:59.500Z  14m 59s  uid 4321  a.b, a.c  why\n");
  BOOST_TEST(pending_text(file, {}, now) == "No pending changes.\n");
}

BOOST_AUTO_TEST_CASE(objects_show_through_from_below_until_something_else_hides_them) {
  auto const from = [](std::string layer, boost::json::value value) {
    client::candidate out;
    out.from.layer = std::move(layer);
    out.value = std::move(value);
    return out;
  };
  client::explanation what;
  what.writable = true;
  what.candidates = {from("override", boost::json::object{{"x", 1}}),
                     from("admin", boost::json::object{{"y", 2}}), from("novel", 3),
                     from("default", boost::json::object{{"z", 4}})};

  std::string const text = explanation_text(file, "a.b", what);

  BOOST_TEST(text.find("*  override     {\"x\":1}") != std::string::npos, text);
  BOOST_TEST(text.find("+  admin        {\"y\":2}") != std::string::npos, text);
  BOOST_TEST(text.find("   novel        3 ") != std::string::npos, text);
  BOOST_TEST(text.find("   default      {\"z\":4}") != std::string::npos, text);
  BOOST_TEST(text.ends_with("You may change it.\n"));
  BOOST_TEST(text.find("read-only") == text.npos);
  what.read_only = true;
  what.writable = false;
  BOOST_TEST(explanation_text(file, "a.b", what)
                 .ends_with("It is read-only: the schema leaves it to files.\n"
                            "You may not change it.\n"));
}

BOOST_AUTO_TEST_CASE(a_schema_has_a_short_form) {
  auto const schema = json::parse(R"({"type":["integer","null"],"minimum":1,"maximum":9,
                                      "enum":[1,"x"],"pattern":"^a","x-odd":{}})");

  BOOST_TEST(constraints_text(schema.value().as_object()) ==
             "integer | null, one of 1 | \"x\", minimum 1, maximum 9, pattern ^a");
}

BOOST_AUTO_TEST_CASE(a_rejection_lists_places_and_how_many_more) {
  BOOST_TEST(
      reason("io.cfgd.Config.Invalid",
             R"({"issues":[{"severity":"error","rule":"ports","key":"a.b","message":"taken",)"
             R"("path":"/r/a.lua","line":3,"column":1},)"
             R"({"severity":"error","rule":"r","pointer":"/x","message":"no"}],"more":7})") ==
      "the change is not valid, nothing was changed\n"
      "  /r/a.lua:3:1: error: a.b: taken [ports]\n"
      "  error: at /x: no [r]\n"
      "  and 7 more");
  BOOST_TEST(reason("io.cfgd.Config.EditInProgress", R"({"uid":4321,"deadline":"D"})") ==
             "another edit is in progress, by uid 4321 until D\n  'cfgctl edit end' ends it");
  BOOST_TEST(reason("io.cfgd.Config.NoSuchPending", R"({"revision":7})")
                 .starts_with("revision 7 is not waiting for confirmation"));
  BOOST_TEST(reason("io.cfgd.Config.NoEdit", "{}") == "no edit of several files is in progress");
  BOOST_TEST(reason("io.cfgd.History.BadTime", R"({"time":"x"})") ==
             "'x' is not a time of RFC 3339");
}

BOOST_AUTO_TEST_CASE(differences_have_colours_and_no_escape_sequences_of_others) {
  boost::json::object const before{{"a.b", "old"}, {"a.c", 1}};
  boost::json::object const after{{"a.b", "\033[31m"}, {"a.d", true}};

  BOOST_TEST(difference_text(file, {.before = before, .after = after}) ==
             "-a.b \"old\"\n+a.b \"\\u001b[31m\"\n-a.c 1\n+a.d true\n");
  BOOST_TEST(
      difference_text(colored, {.before = {}, .after = after}).find("\033[32m+a.d true\033[0m\n") !=
      std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
