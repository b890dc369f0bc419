#include "cfgctl/offline/check.hpp"
#include "cfgctl/offline/progress.hpp"
#include "cfgctl/text/issue_text.hpp"
#include "tests/support/program_run.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace offline = cfgd::cfgctl::offline;
using cfgd::test::program_run;
using cfgd::test::write_file;

namespace {

constexpr std::string_view port_schema =
    R"({"type": "object", "properties": {"port": {"type": "integer", "minimum": 1, "default": 80}}})";
constexpr std::string_view port_rule = "[[rule]]\n"
                                       "name = \"ports-differ\"\n"
                                       "check = 'site.port ~= mail.port'\n"
                                       "key = \"mail.port\"\n"
                                       "message = \"must differ from the site's\"\n";

using files = std::vector<std::pair<std::string, std::string>>;

/// A tree, the paths to check, and the expected output; paths are relative to the tree.
struct tree_case {
  std::string name;
  files tree;
  std::vector<std::string> named;
  std::string said;
};

std::ostream& operator<<(std::ostream& out, tree_case const& what) { return out << what.name; }

struct fixture {
  cfgd::test::temporary_directory directory;

  void fill(files const& tree) const {
    for (auto const& [path, text] : tree)
      write_file(directory / path, text);
  }

  std::string without_directory(std::string text) const {
    auto const prefix = directory.path().string() + '/';
    for (auto at = text.find(prefix); at != text.npos; at = text.find(prefix))
      text.erase(at, prefix.size());
    return text;
  }

  offline::check_question question(std::vector<std::string> const& named) const {
    offline::check_question asked{.where = offline::tree_of_root(directory.path()), .named = {}};
    for (auto const& one : named)
      asked.named.push_back(directory / one);
    return asked;
  }

  std::string check(std::vector<std::string> const& named) const {
    auto const found = offline::check(question(named), [](std::size_t, std::size_t) {});
    if (!found) return "refused: " + without_directory(to_string(found.error()));
    std::string out;
    for (auto const& one : found->findings)
      out += cfgd::cfgctl::issue_text(cfgd::cfgctl::client_issue(one)) + '\n';
    for (auto const& one : found->unreadable)
      out += "unreadable: " + to_string(one) + '\n';
    return without_directory(out);
  }

  program_run cfgctl(std::vector<std::string> arguments) const {
    for (auto& one : arguments)
      if (one.starts_with('@')) one = directory / one.substr(1);
    return program_run(CFGCTL_PROGRAM, arguments);
  }
};

std::vector<tree_case> const trees{
    {"a valid tree",
     {{"etc/schemas/site.json", std::string(port_schema)},
      {"etc/namespaces/site.yaml", "port: 8080\n"},
      {"vendor/namespaces/site.toml", "port = 1\n"}},
     {},
     ""},
    {"files that are not sources",
     {{"etc/namespaces/.site.yaml", "port: [\n"}, {"etc/namespaces/README", "port: [\n"}},
     {},
     "etc/namespaces/README: warning: is ignored: its name does not end in .json, .jsonc, .yaml, "
     ".yml, .toml, .ini or .env [file]\n"},
    {"an error of a schema has its place",
     {{"etc/schemas/site.json", std::string(port_schema)},
      {"etc/namespaces/site.yaml", "# ports\nport: 0\n"}},
     {},
     "etc/namespaces/site.yaml:2:1: error: site.port: must be at least 1 [minimum]\n"},
    {"two errors in one file",
     {{"etc/schemas/site.json",
       R"({"properties": {"a": {"type": "string"}, "b": {"type": "string"}}})"},
      {"etc/namespaces/site.json", "{\"a\": 1,\n \"b\": 2}"}},
     {},
     "etc/namespaces/site.json:1:2: error: site.a: must be a string [type]\n"
     "etc/namespaces/site.json:2:2: error: site.b: must be a string [type]\n"},
    {"an invalid value that a higher layer replaces is accepted",
     {{"etc/schemas/site.json", std::string(port_schema)},
      {"vendor/namespaces/site.yaml", "port: 0\n"},
      {"etc/namespaces/site.yaml", "port: 1\n"}},
     {},
     ""},
    {"an error in a vendor file has its place in that file",
     {{"etc/schemas/site.json", std::string(port_schema)},
      {"vendor/namespaces/site.yaml", "port: 0\n"},
      {"etc/namespaces/site.yaml", "name: a\n"}},
     {},
     "vendor/namespaces/site.yaml:1:1: error: site.port: must be at least 1 [minimum]\n"},
    {"a file that does not parse",
     {{"etc/namespaces/site.d/10-a.json", "{\"a\": 1,}"}},
     {},
     "etc/namespaces/site.d/10-a.json:1:9: error: a comma before a closing bracket is allowed in "
     ".jsonc files only; rename the file or remove the comma [parse]\n"},
    {"an invalid schema",
     {{"etc/schemas/site.json", "{\"type\": \"strin\"}"}},
     {},
     "etc/schemas/site.json:1:2: error: at /type: \"strin\" is not a JSON Schema type (did you "
     "mean "
     "'string'?) [schema]\n"},
    {"an unknown keyword of a schema is a warning",
     {{"etc/schemas/site.json", "{\"properties\": {\n  \"port\": {\"minimun\": 1}}}"}},
     {},
     "etc/schemas/site.json:2:12: warning: at /properties/port/minimun: unknown keyword 'minimun' "
     "(did you mean 'minimum'?) [schema]\n"},
    {"a shared schema may have parts under any name",
     {{"etc/schemas/_types.json", R"({"parts": {"port": {"type": "integer"}}, "propertys": {}})"},
      {"etc/schemas/site.json",
       R"({"properties": {"port": {"$ref": "_types.json#/parts/port"}}})"}},
     {},
     "etc/schemas/_types.json:1:42: warning: at /propertys: unknown keyword 'propertys' (did you "
     "mean 'properties'?) [schema]\n"},
    {"an ambiguous value of a YAML file is a warning",
     {{"etc/namespaces/site.yaml", "mode: 0755\n"}},
     {},
     "etc/namespaces/site.yaml:1:7: warning: site.mode: this is a decimal number, as in YAML 1.2; "
     "YAML "
     "1.1 reads an octal one: write 0o for octal, drop the zero, or quote it to keep it as text "
     "[yaml]\n"},
    {"a schema with nulls in lists is valid",
     {{"etc/schemas/site.yaml", "properties:\n  a: {enum: [1, null]}\n"},
      {"etc/namespaces/site.yaml", "a: 1\n"}},
     {},
     ""},
    {"an access file with faults",
     {{"etc/access/10-web.toml",
       "[[entry]]\nallow = [\"read\", \"fly\"]\nto = \"any\"\nnamespaces = \"web\"\n"}},
     {},
     "etc/access/10-web.toml:2:18: error: at /entry/0/allow/1: is not an operation: read, write, "
     "rollback, secret or "
     "admin [access]\n"},
    {"an access file with names that this machine does not know",
     {{"etc/access/10-web.toml", "[[entry]]\nallow = \"read\"\n"
                                 "to = [\"user:root\", \"user:no-such-user\", \"user:4711\"]\n"
                                 "namespaces = \"web\"\n"}},
     {},
     "etc/access/10-web.toml:1:1: warning: this machine does not know 'user:no-such-user': the "
     "entry does not fit it [access]\n"},
    {"a value that a lock takes away",
     {{"vendor/access/10.toml",
       "[[lock]]\nkeys = \"site.port\"\nabove = \"vendor\"\nreason = \"fixed\"\n"},
      {"etc/namespaces/site.yaml", "a: 1\nport: 1\n"}},
     {},
     "etc/namespaces/site.yaml:2:1: warning: site.port: has no effect: is locked by "
     "vendor/access/10.toml:1: fixed [lock]\n"},
    {"a rule that does not hold",
     {{"etc/rules/ports.toml", std::string(port_rule)},
      {"etc/namespaces/site.yaml", "port: 1\n"},
      {"etc/namespaces/mail.yaml", "host: a\nport: 1\n"}},
     {},
     "etc/namespaces/mail.yaml:2:1: error: mail.port: must differ from the site's "
     "[ports-differ]\n"},
    {"a rule about a key without a value is reported for the file of rules",
     {{"etc/rules/ports.toml", std::string(port_rule)},
      {"etc/namespaces/site.yaml", "a: 1\n"},
      {"etc/schemas/mail.json", "{}"}},
     {},
     "etc/rules/ports.toml: error: mail.port: must differ from the site's [ports-differ]\n"},
    {"a rule about a default and a variable of another spelling",
     {{"etc/schemas/site.json", R"({"properties": {"logLevel": {"default": "debug"}}})"},
      {"etc/rules/levels.toml", "[[rule]]\n"
                                "name = \"levels\"\n"
                                "check = 'site.logLevel ~= \"debug\"'\n"
                                "key = \"site.logLevel\"\n"
                                "message = \"shows secrets\"\n"},
      {"etc/namespaces/site.env", "A=1\nLOG_LEVEL=debug\n"}},
     {},
     "etc/namespaces/site.env:2:1: error: site.logLevel: shows secrets [levels]\n"},
    {"a rule that warns",
     {{"etc/rules/ports.toml", std::string(port_rule) + "severity = \"warning\"\n"},
      {"etc/namespaces/site.yaml", "port: 1\n"},
      {"etc/namespaces/mail.yaml", "port: 1\n"}},
     {},
     "etc/namespaces/mail.yaml:1:1: warning: mail.port: must differ from the site's "
     "[ports-differ]\n"},
    {"names that are ignored",
     {{"etc/namespaces/Site.yaml", "a: 1\n"},
      {"etc/namespaces/App.d/x.toml", ""},
      {"etc/namespaces/notes.txt~", ""},
      {"etc/namespaces/x.YAML", "a: 1\n"},
      {"etc/rules/site.yaml", "a: 1\n"}},
     {},
     "etc/namespaces/App.d: warning: is ignored: 'App' is not the name of a namespace: a "
     "lower-case letter, then at most 63 of a-z, 0-9, _ and - [file]\n"
     "etc/namespaces/Site.yaml: warning: is ignored: 'Site' is not the name of a namespace: a "
     "lower-case letter, then at most 63 of a-z, 0-9, _ and - [file]\n"
     "etc/namespaces/x.YAML: warning: is ignored: its name does not end in .json, .jsonc, .yaml, "
     ".yml, .toml, .ini or .env, in lower case [file]\n"
     "etc/rules/site.yaml: warning: is ignored: its name does not end in .toml [file]\n"},
    {"only issues of a named file",
     {{"etc/schemas/site.json", std::string(port_schema)},
      {"etc/namespaces/site.yaml", "port: 0\n"},
      {"etc/namespaces/mail.yaml", "port: [\n"}},
     {"etc/namespaces/site.yaml"},
     "etc/namespaces/site.yaml:1:1: error: site.port: must be at least 1 [minimum]\n"},
    {"only issues of a named schema",
     {{"etc/schemas/site.json", std::string(port_schema)},
      {"etc/namespaces/site.d/port.yaml", "port: 0\n"},
      {"etc/namespaces/mail.yaml", "port: [\n"}},
     {"etc/schemas/site.json"},
     "etc/namespaces/site.d/port.yaml:1:1: error: site.port: must be at least 1 [minimum]\n"},
    {"issues of rules that read a named file",
     {{"etc/rules/ports.toml", std::string(port_rule)},
      {"etc/namespaces/site.yaml", "port: 1\n"},
      {"etc/namespaces/other.yaml", "a: [\n"},
      {"etc/namespaces/mail.yaml", "port: 1\n"}},
     {"etc/namespaces/site.yaml"},
     "etc/namespaces/mail.yaml:1:1: error: mail.port: must differ from the site's "
     "[ports-differ]\n"},
    {"only issues of a named file of rules",
     {{"etc/rules/ports.toml", std::string(port_rule)},
      {"etc/namespaces/site.yaml", "port: 1\n"},
      {"etc/namespaces/mail.yaml", "port: 1\n"}},
     {"etc/rules/ports.toml"},
     "etc/namespaces/mail.yaml:1:1: error: mail.port: must differ from the site's "
     "[ports-differ]\n"},
    {"a file outside of a tree counts as an admin file",
     {{"etc/schemas/site.json", std::string(port_schema)},
      {"etc/namespaces/site.yaml", "port: 1\n"},
      {"draft/site.yaml", "port: 0\n"}},
     {"draft/site.yaml"},
     "draft/site.yaml:1:1: error: site.port: must be at least 1 [minimum]\n"},
    {"a file in another tree belongs to that one",
     {{"etc/schemas/site.json", R"({"required": ["name"]})"},
      {"other/schemas/site.json", std::string(port_schema)},
      {"other/namespaces/site.yaml", "port: 0\n"}},
     {"other/namespaces/site.yaml"},
     "other/namespaces/site.yaml:1:1: error: site.port: must be at least 1 [minimum]\n"},
    {"a directory is a tree",
     {{"other/etc/schemas/site.json", std::string(port_schema)},
      {"other/vendor/namespaces/site.yaml", "port: 0\n"},
      {"other/etc/namespaces/mail.yaml", "port: 1\n"}},
     {"other"},
     "other/vendor/namespaces/site.yaml:1:1: error: site.port: must be at least 1 [minimum]\n"},
    {"a directory of a tree stands for the tree",
     {{"other/etc/schemas/site.json", std::string(port_schema)},
      {"other/vendor/namespaces/site.yaml", "port: 0\n"}},
     {"other/etc/schemas"},
     "other/vendor/namespaces/site.yaml:1:1: error: site.port: must be at least 1 [minimum]\n"},
    {"a file with a name that is not valid for a source",
     {{"etc/namespaces/site.txt", "a: 1\n"}},
     {"etc/namespaces/site.txt"},
     "refused: etc/namespaces/site.txt: not a configuration source: its name does not end in "
     ".json, "
     ".jsonc, .yaml, .yml, .toml, .ini or .env"},
    {"a rule file with another name",
     {{"etc/rules/site.yaml", "a: 1\n"}},
     {"etc/rules/site.yaml"},
     "refused: etc/rules/site.yaml: not a configuration source: its name does not end in .toml"},
    {"a missing file",
     {{"etc/namespaces/site.yaml", "a: 1\n"}},
     {"etc/namespaces/mail.yaml"},
     "refused: etc/namespaces/mail.yaml: No such file or directory"},
    {"a directory without sources",
     {{"empty/file", ""}},
     {"empty"},
     "refused: empty: has no sources: none of etc, vendor, namespaces, schemas, rules"},
    {"no tree at all", {}, {}, "refused: etc: there is no such directory"},
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(check, fixture)

BOOST_DATA_TEST_CASE_F(fixture, trees_are_validated_as_a_daemon_would, trees) {
  fill(sample.tree);

  auto const said = check(sample.named);

  BOOST_TEST(said == sample.said);
}

BOOST_AUTO_TEST_CASE(every_format_is_read) {
  fill({{"etc/namespaces/a.json", "{\"x\": 1}"},
        {"etc/namespaces/b.jsonc", "{\"x\": 1, /* one */}"},
        {"etc/namespaces/c.yml", "x: 1\n"},
        {"etc/namespaces/d.toml", "x = 1\n"},
        {"etc/namespaces/e.ini", "x = 1\n"},
        {"etc/namespaces/f.env", "X=1\n"}});

  auto const found = offline::check(question({}), [](std::size_t, std::size_t) {});

  BOOST_TEST(found.value().findings.empty());
  BOOST_TEST(found->files == 6U);
}

BOOST_AUTO_TEST_CASE(masked_files_do_not_count) {
  fill({{"vendor/namespaces/site.yaml", "a: [\n"},
        {"vendor/namespaces/site.d/10.toml", "= \n"},
        {"vendor/namespaces/mail.yaml", "a: [\n"},
        {"etc/namespaces/site.d/20.toml", "x = 1\n"}});
  std::filesystem::create_symlink("/dev/null", directory / "etc/namespaces/site.yaml");
  std::filesystem::create_symlink("/dev/null", directory / "etc/namespaces/site.d/10.toml");

  auto const said = check({});

  BOOST_TEST(said.find("site") == said.npos);
  BOOST_TEST(said.find("vendor/namespaces/mail.yaml:") != said.npos);
}

BOOST_AUTO_TEST_CASE(only_links_to_files_are_accepted) {
  fill({{"etc/namespaces/..data/site.yaml", "a: [\n"},
        {"etc/other/out.yaml", "a: 1\n"},
        {"etc/namespaces/folder.yaml/x.yaml", "a: 1\n"}});
  std::filesystem::create_symlink("..data/site.yaml", directory / "etc/namespaces/site.yaml");
  std::filesystem::create_symlink("../other/out.yaml", directory / "etc/namespaces/out.yaml");
  std::filesystem::create_symlink("nowhere", directory / "etc/namespaces/lost.yaml");
  BOOST_REQUIRE(::mkfifo((directory / "etc/namespaces/pipe.yaml").c_str(), 0600) == 0);

  auto const said = check({});

  BOOST_TEST(said.find("lost.yaml: error: is not a regular file or a link to one [file]") !=
             said.npos);
  BOOST_TEST(said.find("pipe.yaml: error: is not a regular file or a link to one [file]") !=
             said.npos);
  BOOST_TEST(said.find("folder.yaml: error: is not a regular file or a link to one [file]") !=
             said.npos);
  BOOST_TEST(said.find("out.yaml: error: is a link that leads outside of '") != said.npos, said);
  BOOST_TEST(said.find("site.yaml:2:1: error: ") != said.npos);

  write_file(directory / "etc/cfgd.toml",
             "[files]\nlink_roots = [\"" + (directory / "etc/other").string() + "\"]\n");
  BOOST_TEST(check({}).find("out.yaml") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(
    an_unreadable_file_is_reported_and_others_are_checked,
    *boost::unit_test::precondition([](auto) -> boost::test_tools::assertion_result {
      return ::geteuid() != 0;
    })) {
  fill({{"etc/namespaces/site.yaml", "a: 1\n"}, {"etc/namespaces/mail.yaml", "a: [\n"}});
  ::chmod((directory / "etc/namespaces/site.yaml").c_str(), 0);

  auto run = cfgctl({"check", "--root", "@"});

  BOOST_TEST(run.finish() == 2);
  BOOST_TEST(run.out().find("mail.yaml:2:1: error: ") != run.out().npos);
  BOOST_TEST(run.err().find("site.yaml: Permission denied\n") != run.err().npos);
  auto as_json = cfgctl({"--json", "check", "--root", "@"});
  BOOST_TEST(as_json.finish() == 2);
  BOOST_TEST(as_json.out().find(R"("message":"Permission denied")") != as_json.out().npos);
}

BOOST_AUTO_TEST_CASE(the_summary_and_the_exit_code_count_errors) {
  fill({{"etc/schemas/site.json", std::string(port_schema)},
        {"etc/namespaces/site.yaml", "port: 0\n"}});

  auto run = cfgctl({"check", "--root", "@"});

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(without_directory(run.out()) ==
             "etc/namespaces/site.yaml:1:1: error: site.port: must be at least 1 [minimum]\n");
  BOOST_TEST(run.err() == "checked 2 files: 1 error, 0 warnings\n");
}

BOOST_AUTO_TEST_CASE(warnings_fail_only_with_strict) {
  fill({{"etc/namespaces/Site.yaml", "port: 0\n"}});

  auto plain = cfgctl({"check", "--vendor", "@none", "--etc", "@etc"});
  auto strict = cfgctl({"check", "--etc", "@etc", "--strict"});

  BOOST_TEST(plain.finish() == 0);
  BOOST_TEST(plain.err() == "checked 0 files: 0 errors, 1 warning\n");
  BOOST_TEST(strict.finish() == 1);
}

BOOST_AUTO_TEST_CASE(json_is_a_list_of_objects) {
  fill({{"etc/schemas/site.json", std::string(port_schema)},
        {"etc/namespaces/site.yaml", "port: 0\n"}});

  auto run = cfgctl({"--json", "check", "@etc/namespaces/site.yaml"});

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(without_directory(run.out()) ==
             R"([{"severity":"error","rule":"minimum","key":"site.port","pointer":"/port",)"
             R"("message":"must be at least 1","path":"etc/namespaces/site.yaml",)"
             R"("line":1,"column":1}])"
             "\n");
}

BOOST_AUTO_TEST_CASE(a_wrong_command_line_exits_with_2) {
  auto both = cfgctl({"check", "--root", "@", "--etc", "@"});
  auto absent = cfgctl({"check", "@none.yaml"});

  BOOST_TEST(both.finish() == 2);
  BOOST_TEST(absent.finish() == 2);
  BOOST_TEST(without_directory(absent.err()) == "cfgctl: none.yaml: No such file or directory\n");
}

BOOST_AUTO_TEST_CASE(progress_is_a_bar) {
  BOOST_TEST(offline::progress_line("a", 0, 100) == "a [>" + std::string(29, ' ') + "] 0 %");
  BOOST_TEST(offline::progress_line("a", 50, 100) ==
             "a [" + std::string(15, '=') + '>' + std::string(14, ' ') + "] 50 %");
  BOOST_TEST(offline::progress_line("a", 200, 100) == "a [" + std::string(30, '=') + "] 100 %");
  BOOST_TEST(offline::progress_line("a", 1, 0) == "a ...");
}

BOOST_AUTO_TEST_SUITE_END()
