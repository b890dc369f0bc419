#include "tests/bench/bench.hpp"
#include "tests/bench/servers.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>

// What it costs that every Set is validated: the same daemon without schemas and rules is the peer.
// Then history: the time of each question to many revisions, through the socket as a client has it.

namespace cfgd::bench {
namespace {

constexpr std::size_t namespace_count = key_count / keys_in_namespace;
constexpr std::size_t idle_rules = 100;

enum class validated_by : std::uint8_t { nothing, schema, schema_and_rule, rules_of_others };

std::string schema_text() {
  return R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",)"
         R"("patternProperties":{"^setting_name_[0-9]+$":{"type":"string","minLength":1,)"
         R"("maxLength":128,"pattern":"^[0-9]*$"}},"additionalProperties":false})";
}

std::string rule_text(std::size_t number, std::string_view check) {
  return fmt::format("[[rule]]\nname = \"rule-{}\"\ncheck = '{}'\nmessage = \"no\"\n", number,
                     check);
}

void add_policy(std::filesystem::path const& etc, validated_by what) {
  std::filesystem::create_directories(etc / "schemas");
  std::filesystem::create_directories(etc / "rules");
  bool const with_schema = what == validated_by::schema || what == validated_by::schema_and_rule;
  std::string rules;
  for (std::size_t number = 0; number < namespace_count; ++number) {
    if (with_schema)
      test::write_file(etc / "schemas" / fmt::format("bench_{}.json", number), schema_text());
    if (what == validated_by::schema_and_rule)
      rules += rule_text(number, fmt::format(R"(bench_{}.setting_name_001 ~= "")", number));
  }
  if (what == validated_by::rules_of_others) {
    test::write_file(etc / "namespaces" / "other.json", R"({"a":1})");
    for (std::size_t number = 0; number < idle_rules; ++number)
      rules += rule_text(number, "other.a == 1");
  }
  test::write_file(etc / "rules" / "bench.toml", rules);
}

struct contestant {
  std::string name;
  validated_by what;
  std::unique_ptr<cfgd_server> server = {};
  traffic sets = {};
};

void measure_validation(options const& how, test::temporary_directory const& directory) {
  std::vector<contestant> all;
  all.push_back({"nothing", validated_by::nothing});
  all.push_back({"a schema", validated_by::schema});
  all.push_back({"a schema and a rule", validated_by::schema_and_rule});
  all.push_back({fmt::format("{} rules about others", idle_rules), validated_by::rules_of_others});
  std::vector<contender> contenders;
  for (auto& one : all) {
    auto const root = directory / fmt::format("policy{}", contenders.size());
    one.server = std::make_unique<cfgd_server>(how.cfgd, root);
    write_sources(*one.server);
    add_policy(root / "etc", one.what);
    one.server->start();
    one.sets = one.server->sets(1, 1);
    contenders.push_back({one.name, [&one, &how] { return run_load(one.sets, how.time); }});
  }

  auto const results = alternate(contenders, how.rounds);

  table out(
      {"Set, durable, 1 client, validated by", "calls/s", "p50 us", "p99 us", "p50 x nothing"});
  for (std::size_t index = 0; index < all.size(); ++index) {
    auto const& mine = results[index];
    out.add({all[index].name, fixed(median_of(mine, &figures::per_second), 0),
             fixed(median_of(mine, &figures::p50), 0), fixed(median_of(mine, &figures::p99), 0),
             fixed(ratio_of(mine, results[0], &figures::p50), 2)});
  }
  fmt::print("{}\n", out.text());
}

/// Sets until there are so many revisions; each changes one key.
void make_revisions(cfgd_server& server, std::size_t count) {
  auto work = server.sets(50, 16);
  auto const revisions = [&server] {
    auto const status = server.ask("io.cfgd.Service.Status");
    auto const at = status.find("\"revision\":");
    return std::stoull(status.substr(at + 11));
  };
  while (revisions() < count)
    run_load(work, std::chrono::milliseconds(500));
}

void measure_history(options const& how, test::temporary_directory const& directory) {
  auto const root = directory / "history";
  cfgd_server server(how.cfgd, root, "[store]\nhistory_revisions = 1000000\n");
  write_sources(server);
  server.start();
  make_revisions(server, how.revisions);
  auto const store_bytes = [&root] {
    return fixed(static_cast<double>(std::filesystem::file_size(root / "state/data/data.mdb")) /
                     (1024 * 1024),
                 1);
  };

  struct question {
    std::string name;
    std::string method;
    std::string parameters;
  };
  std::vector<question> const questions{
      {"Log, the newest 10", "Log", "{}"},
      {"Log, 1,000 with values", "Log", R"({"limit":1000,"values":true})"},
      {"Log of one key", "Log", fmt::format(R"({{"prefix":"{}","limit":1000}})", key_text(1))},
      {"Diff with the first", "Diff", R"({"from":1})"},
      {"GetAt the first, one namespace", "GetAt", R"({"keys":["bench_0"],"revision":1})"},
      {"Blame, 100 keys", "Blame", R"({"namespace":"bench_0"})"},
      {"Rollback to the first, dry run", "Rollback", R"({"revision":1,"dryRun":true})"},
      {"Rollback to the first", "Rollback", R"({"revision":1})"}};
  table out({fmt::format("History of {} revisions", how.revisions), "ms", "MiB of store"});
  for (auto const& one : questions) {
    auto const before = steady::now();
    server.ask("io.cfgd.History." + one.method, one.parameters);
    auto const took = std::chrono::duration<double, std::milli>(steady::now() - before);
    out.add({one.name, fixed(took.count(), 1), store_bytes()});
  }
  auto const before = steady::now();
  server.ask("io.cfgd.History.Compact", R"({"keep":10})");
  auto const took = std::chrono::duration<double, std::milli>(steady::now() - before);
  out.add({"Compact, 10 kept", fixed(took.count(), 1), store_bytes()});
  fmt::print("{}\n", out.text());
}

} // namespace

void policy(options const& how) {
  test::temporary_directory const directory;
  measure_validation(how, directory);
  measure_history(how, directory);
}

} // namespace cfgd::bench
