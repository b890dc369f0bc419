/// adopt: an existing file of another program becomes a namespace, and a target that renders it.
///
/// The file is copied as it is: its format is one of sources, so the same reader gives the same
/// values, and its comments stay where people edit them. What the values cannot have is found by
/// writing them again (offline/formats): the text is the one that cfgd-apply will render, and a
/// format that cannot have them is an error before anything is written.

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/commands/documents.hpp"
#include "cfgctl/commands/promoted_file.hpp"
#include "cfgctl/offline/adoption.hpp"
#include "cfgctl/offline/schema_guess.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/targets/file_diff.hpp"
#include "cfgctl/text/values.hpp"
#include "core/durable_file.hpp"
#include "core/json.hpp"
#include "core/key.hpp"
#include "core/source.hpp"

#include <boost/json/array.hpp>

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace fs = std::filesystem;

namespace cfgd::cfgctl {
namespace {

struct options {
  std::string file;
  std::string name_space;
  std::string format; ///< empty: by the extension
  std::string root;
  bool merge = false;
  bool dry_run = false;
};

/// A file that adopt writes.
struct written_file {
  std::string_view what; ///< values, schema, target
  fs::path path;
  std::string text;
  unsigned mode = 0644;
};

constexpr std::array extensions{".json", ".jsonc", ".yaml", ".yml", ".toml", ".ini", ".env"};

/// etc of the administrator: where the service reads it, if it answers.
fs::path directory_of(context const& all) {
  auto const found = call(all, &client::connection::sources);
  auto const sources = found ? *found : std::vector<client::source_file>();
  return admin_directory(sources, all.root).parent_path();
}

/// The first file that has values of the namespace, in the layer of the administrator.
fs::path existing(fs::path const& namespaces, std::string const& name) {
  std::error_code ignored;
  for (char const* const extension : extensions) {
    auto path = namespaces / (name + extension);
    if (fs::exists(path, ignored)) return path;
  }
  auto drop_ins = namespaces / (name + ".d");
  return fs::exists(drop_ins, ignored) ? drop_ins : fs::path();
}

/// Whether the service has the namespace, from any layer.
bool is_known(context const& all, std::string const& name) {
  auto const status = call(all, &client::connection::status);
  return status && std::ranges::find(status->namespaces, name) != status->namespaces.end();
}

/// The extension of a source in the format.
std::string extension_of(format kind) {
  constexpr std::array<char const*, 6> names{".json", ".jsonc", ".yaml", ".toml", ".ini", ".env"};
  return names.at(static_cast<std::size_t>(kind));
}

std::string toml_line(std::string const& key, std::string const& value) {
  return key + " = " + compact_text(boost::json::string(value)) + '\n';
}

/// targets/NAME.toml, for cfgd-apply. Owner and mode are those of the file.
std::string target_text(std::string const& path, format kind, std::string const& name,
                        struct stat const& how) {
  std::string const format_name = kind == format::jsonc ? "json" : extension_of(kind).substr(1);
  std::string out = "# Renders the file that was adopted. Add 'unit' and 'action' before [[file]] "
                    "for the\n# program that reads it, and 'check' below: see cfgd.targets(5).\n\n"
                    "[[file]]\n" +
                    toml_line("path", path) + toml_line("format", format_name) +
                    toml_line("key", name);
  auto const* const owner = ::getpwuid(how.st_uid); // NOLINT(concurrency-mt-unsafe): one thread
  gid_t usual_group = 0;                            // of a target without one
  if (how.st_uid != 0 && owner != nullptr) {
    out += toml_line("owner", owner->pw_name);
    usual_group = owner->pw_gid;
  }
  auto const* const group = ::getgrgid(how.st_gid); // NOLINT(concurrency-mt-unsafe): one thread
  if (how.st_gid != usual_group && group != nullptr) out += toml_line("group", group->gr_name);
  constexpr std::string_view digits = "01234567";
  unsigned const bits = (how.st_mode & 0775U) | 0400U; // what a target may have
  std::string mode = "0";
  for (unsigned const shift : {6U, 3U, 0U})
    mode += digits[(bits >> shift) & 7U];
  if (mode != "0644") out += toml_line("mode", mode);
  return out;
}

struct adoption {
  std::string file; ///< its absolute path
  offline::adopted what;
  std::vector<written_file> files = {};
  std::vector<std::string> remarks = {};
};

/// Adds what is to be written. An error text, or nothing.
std::string plan_files(context const& all, options const& how, struct stat const& mode,
                       adoption& into) {
  auto const directory = directory_of(all);
  auto const namespaces = directory / "namespaces";
  auto const found = existing(namespaces, how.name_space);
  if (!how.merge && !found.empty())
    return "the namespace '" + how.name_space + "' exists: " + found.string() +
           "; --merge adds the values to it";
  if (!how.merge && is_known(all, how.name_space))
    return "the namespace '" + how.name_space + "' exists; --merge adds the values to it";
  auto const extension = extension_of(into.what.kind);
  auto const values = how.merge ? namespaces / (how.name_space + ".d") / ("50-adopted" + extension)
                                : namespaces / (how.name_space + extension);
  auto const schema = directory / "schemas" / (how.name_space + ".json");
  auto const target = directory / "targets" / (how.name_space + ".toml");
  std::error_code ignored;
  for (auto const& path : {values, target})
    if (fs::exists(path, ignored)) return path.string() + " exists; it is not overwritten";
  bool const is_private = (mode.st_mode & S_IROTH) == 0;
  into.files.push_back({.what = "values",
                        .path = values,
                        .text = into.what.text,
                        .mode = is_private ? 0640U : 0644U});
  if (is_private)
    into.remarks.push_back("others may not read " + into.file + "; give " + values.string() +
                           " to the group of the service, and declare its secrets in the schema");
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
  if (::getpwuid(mode.st_uid) == nullptr || ::getgrgid(mode.st_gid) == nullptr)
    into.remarks.push_back("the owner or group of " + into.file +
                           " has no name: the target does not keep it");
  if (how.merge || fs::exists(schema, ignored))
    into.remarks.emplace_back("no schema is written: the namespace may have one");
  else
    into.files.push_back(
        {.what = "schema",
         .path = schema,
         .text = json::pretty(offline::guess_schema(how.name_space, into.what.values)) + '\n'});
  into.files.push_back({.what = "target",
                        .path = target,
                        .text = target_text(into.file, into.what.kind, how.name_space, mode)});
  return {};
}

/// Writes all, or says why not; then those that are written already stay.
result<void> write_files(std::vector<written_file> const& files) {
  for (auto const& one : files) {
    std::error_code failed;
    // The service reads no directory that others may write, whatever the umask is.
    for (auto const& directory : {one.path.parent_path().parent_path(), one.path.parent_path()}) {
      bool const is_new = fs::create_directories(directory, failed);
      if (is_new && !failed) fs::permissions(directory, static_cast<fs::perms>(0755), failed);
      if (failed) return system_error("mkdir", failed.value(), directory);
    }
    if (auto done = replace_file(one.path, one.text, one.mode); !done) return done;
  }
  return {};
}

void show_adoption(context const& all, options const& how, adoption const& what) {
  if (all.as_json()) {
    boost::json::object out;
    for (auto const& one : what.files)
      out[one.what] = one.path.string();
    out["rendered"] = what.what.rendered;
    out["respelled"] = boost::json::array(what.what.respelled.begin(), what.what.respelled.end());
    print(json_text(all.where, out));
    return;
  }
  std::string text;
  for (auto const& one : what.files) {
    text.append(how.dry_run ? "would write " : "wrote ").append(one.path.string());
    text.append(one.what == "values"   ? ": the values, a copy with its comments\n"
                : one.what == "schema" ? ": a guessed schema; review it\n"
                                       : ": a target that renders " + what.file + '\n');
  }
  if (what.what.rendered == what.what.text) {
    text += "the rendered file is the same, byte for byte\n";
  } else if (what.what.respelled.empty()) {
    text += "the rendered file differs in comments and layout only:\n";
  } else {
    text += "beside comments and layout, the rendered file differs in:\n";
    for (std::string const& line : what.what.respelled)
      text.append("  ").append(line).append("\n");
  }
  text += file_diff({.name = what.file, .text = what.what.text},
                    {.name = what.file + " (rendered)", .text = what.what.rendered});
  print(for_screen(all.where, text));
}

/// With the service of this --root, not that of the system. --socket wins.
context below_root(context all, std::string const& root) {
  if (root.empty()) return all;
  bool const is_asked_for = !all.socket.empty() && all.root.empty();
  all.root = root;
  if (!is_asked_for) all.socket = (fs::path(root) / "run" / "io.cfgd").string();
  return all;
}

exit_code adopt(context const& caller, options const& how) {
  context const all = below_root(caller, how.root);
  std::string const doing = "adopt " + how.file;
  if (!is_namespace_name(how.name_space))
    return fail(all, '\'' + how.name_space + "' is not a valid namespace name", exit_code::usage);
  struct stat mode {};
  if (::stat(how.file.c_str(), &mode) != 0)
    return fail(all, doing + ": " + std::generic_category().message(errno), exit_code::usage);
  if (!S_ISREG(mode.st_mode))
    return fail(all, doing + ": it is not a regular file", exit_code::usage);
  auto const text = read_text(how.file);
  if (!text) return fail(all, to_string(text.error()), exit_code::usage);
  auto const kind = format_of(how.format.empty() ? how.file : "file." + how.format);
  if (!kind)
    return fail(all, doing + ": unknown format: use --format json, jsonc, yaml, toml, ini or env",
                exit_code::usage);
  auto found = offline::adopt_text(*kind, *text);
  if (!found) {
    error why = found.error();
    why.message += why.where.line == 0 ? "; its file cannot be rendered from values" : "";
    return fail(all, doing + ": " + to_string(why));
  }
  std::error_code failed;
  adoption what{.file = fs::canonical(how.file, failed).string(), .what = *std::move(found)};
  if (auto const fault = plan_files(all, how, mode, what); !fault.empty())
    return fail(all, doing + ": " + fault);
  for (std::string const& remark : what.what.notes)
    warn(how.file + ':' + remark);
  for (std::string const& remark : what.remarks)
    warn(remark);
  if (!how.dry_run) {
    if (auto const done = write_files(what.files); !done)
      return fail(all, doing + ": " + to_string(done.error()));
  }
  show_adoption(all, how, what);
  return exit_code::ok;
}

} // namespace

void add_adopt_command(declarations const& to) {
  auto const adopting =
      declare(to, "adopt", "Make a namespace and a target of another program's file", adopt);
  auto& into = adopting.options;
  add_argument(adopting.app, "FILE", into.file, "A file: INI, TOML, YAML, JSON or .env")
      ->required();
  add_option(adopting.app, "--as", into.name_space, "NAMESPACE", "The namespace that it becomes")
      ->required();
  add_choice(adopting.app, "--format", into.format, {"json", "jsonc", "yaml", "toml", "ini", "env"},
             "Format of FILE [by its extension]")
      ->type_name("FORMAT");
  adopting->add_flag("--merge", into.merge, "Add the values to a namespace that exists");
  adopting->add_flag("--dry-run", into.dry_run, "Write nothing");
  add_root(adopting.app, into.root);
}

} // namespace cfgd::cfgctl
