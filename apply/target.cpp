/// Reads targets. The first fault of a file is reported with its place, and the file as a whole is
/// not used then: half of a target could write a file and leave out its check.
#include "apply/target.hpp"

#include "apply/mustache.hpp"
#include "core/key.hpp"
#include "watchers/definition_files.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

namespace cfgd::apply {
namespace {

namespace bj = boost::json;

constexpr std::array<std::string_view, 6> action_names{
    "none", "signal", "reload", "reload-or-restart", "try-restart", "restart"};
constexpr std::array<std::string_view, 9> target_members{
    "keys",   "user",           "unit",          "action", "signal",
    "verify", "active_seconds", "limit_seconds", "file"};
constexpr std::array<std::string_view, 9> file_members{
    "path", "template", "format", "key", "keys", "owner", "group", "mode", "check"};
constexpr std::array<std::string_view, 5> formats{"json", "yaml", "toml", "ini", "env"};
constexpr std::size_t most_files = 64;
constexpr std::size_t most_words = 100;

template <std::size_t Count>
bool has(std::array<std::string_view, Count> const& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// Whether it is absolute and names a file without "//", "." and "..".
bool is_plain_path(std::string_view path) {
  return path.starts_with('/') && path.size() > 1 && !path.ends_with('/') &&
         path.find('\0') == path.npos &&
         std::filesystem::path(path).lexically_normal().native() == path;
}

/// The names of units that systemd accepts, roughly: what is refused later is reported later.
bool is_unit_name(std::string_view name) {
  return name.size() < 256 && name.find('.') != name.npos &&
         std::ranges::all_of(name, [](char one) {
           return (std::isalnum(static_cast<unsigned char>(one)) != 0) ||
                  std::strchr(":-_.\\@", one) != nullptr;
         });
}

/// What the name of a consumer may have.
bool is_target_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && std::ranges::all_of(name, [](char one) {
    return std::isalnum(static_cast<unsigned char>(one)) != 0 ||
           std::string_view("._@-").find(one) != std::string_view::npos;
  });
}

class reader {
 public:
  reader(sourced_document const& document, std::string const& path)
      : document_(document), path_(path) {}

  result<target> read() {
    target made;
    made.path = path_;
    made.name = std::filesystem::path(path_).stem();
    if (!is_target_name(made.name))
      complain("", "the name of a target has letters, digits and any of . _ @ -, and at most 100");
    read_members(made);
    if (fault_) return *fault_;
    return made;
  }

 private:
  void complain(std::string const& pointer, std::string message) {
    if (!fault_)
      fault_ = error{.code = errc::invalid,
                     .message = std::move(message),
                     .subject = path_,
                     .where = find_place(document_, std::string_view(pointer))};
  }

  static std::string below(std::string pointer, std::string_view name) {
    append_pointer(pointer, name);
    return pointer;
  }

  template <std::size_t Count>
  void refuse_unknown(bj::object const& from, std::string const& at,
                      std::array<std::string_view, Count> const& known) {
    for (auto const& member : from)
      if (!has(known, member.key()))
        complain(below(at, member.key()),
                 "unknown key '" + std::string(member.key()) +
                     (at.empty() ? "' in a target" : "' in a [[file]] of a target"));
  }

  /// False: it is absent, or faulty.
  bool take_text(bj::object const& from, std::string const& at, std::string_view name,
                 std::string& into) {
    auto const* const value = from.if_contains(name);
    if (value == nullptr) return false;
    if (!value->is_string() || value->get_string().empty()) {
      complain(below(at, name), "'" + std::string(name) + "' must be a string that is not empty");
      return false;
    }
    into = value->get_string();
    return true;
  }

  void take_words(bj::object const& from, std::string const& at, std::string_view name,
                  std::vector<std::string>& into) {
    auto const* const value = from.if_contains(name);
    if (value == nullptr) return;
    auto const wrong = "'" + std::string(name) + "' must be a list of strings";
    if (!value->is_array() || value->get_array().empty() || value->get_array().size() > most_words)
      return complain(below(at, name), wrong);
    into.clear();
    into.reserve(value->get_array().size());
    for (auto const& word : value->get_array()) {
      if (!word.is_string()) return complain(below(at, name), wrong);
      into.emplace_back(word.get_string());
    }
    if (into.front().empty()) complain(below(at, name), wrong);
  }

  void take_seconds(bj::object const& from, std::string_view name, std::int64_t least,
                    std::chrono::seconds& into) {
    auto const* const value = from.if_contains(name);
    if (value == nullptr) return;
    auto const* const number = value->if_int64();
    if (number == nullptr || *number < least || *number > 600)
      return complain(below("", name), "'" + std::string(name) + "' must be an integer from " +
                                           std::to_string(least) + " to 600");
    into = std::chrono::seconds(*number);
  }

  void take_keys(bj::object const& from, std::string const& at, std::vector<std::string>& into) {
    take_words(from, at, "keys", into);
    for (auto const& one : into)
      if (auto const key = cfgd::key::parse(one); !key)
        complain(below(at, "keys"), "'" + one + "': " + key.error().message);
  }

  void read_members(target& made) {
    auto const& root = document_.root;
    refuse_unknown(root, "", target_members);
    take_keys(root, "", keys_);
    read_user(root, made);
    read_unit(root, made);
    take_words(root, "", "verify", made.verify);
    take_seconds(root, "limit_seconds", 1, made.limit);
    take_seconds(root, "active_seconds", 0, made.active);
    if (made.active.count() > 0 && made.unit.empty())
      complain("/active_seconds", "'active_seconds' needs a 'unit'");
    auto const* const files = root.if_contains("file");
    if (files == nullptr || !files->is_array() || files->get_array().empty() ||
        files->get_array().size() > most_files)
      return complain("/file", "a target must have 1 to 64 [[file]] tables");
    made.files.reserve(files->get_array().size());
    std::size_t index = 0;
    for (auto const& one : files->get_array()) {
      auto const at = below("/file", std::to_string(index++));
      if (!one.is_object()) return complain(at, "must be a [[file]] table");
      read_file(one.get_object(), at, made.files.emplace_back());
    }
    if (made.keys().size() > limits{}.watch_prefixes)
      complain("/file", "a target must not use more than " +
                            std::to_string(limits{}.watch_prefixes) +
                            " keys; name whole namespaces");
  }

  void read_user(bj::object const& root, target& made) {
    std::string name;
    if (!take_text(root, "", "user", name)) return;
    made.as = find_user(name);
    if (!made.as) return complain("/user", "there is no user '" + name + "'");
    if (::geteuid() != 0 && made.as->uid != ::geteuid())
      complain("/user", "only root can act as '" + name + "'");
    owner_ = made.as;
  }

  void read_unit(bj::object const& root, target& made) {
    if (take_text(root, "", "unit", made.unit) && !is_unit_name(made.unit))
      complain("/unit", "'" + made.unit + "' is not the name of a unit, such as nginx.service");
    std::string word;
    made.act = made.unit.empty() ? action::none : action::reload_or_restart;
    if (take_text(root, "", "action", word)) {
      auto const which = parse_action(word);
      if (!which)
        complain("/action", "'" + word +
                                "' is not one of none, signal, reload, "
                                "reload-or-restart, try-restart, restart");
      else if (made.unit.empty() && *which != action::none)
        complain("/action", "'action' needs a 'unit'");
      made.act = which.value_or(action::none);
    }
    bool const has_signal = take_text(root, "", "signal", made.signal);
    if (has_signal != (made.act == action::signal))
      return complain(has_signal ? "/signal" : "/action",
                      R"(action = "signal" and 'signal' need each other)");
    if (has_signal && signal_number(made.signal) == 0)
      complain("/signal", "'" + made.signal + "' is not the name of a signal, such as SIGHUP");
  }

  void read_file(bj::object const& from, std::string const& at, target_file& made) {
    refuse_unknown(from, at, file_members);
    made.owner = owner_ ? owner_->uid : ::geteuid();
    made.group = owner_ ? owner_->gid : ::getegid();
    made.keys = keys_;
    if (!take_text(from, at, "path", made.path))
      return complain(at, "a [[file]] must have a 'path'");
    made.where = find_place(document_, std::string_view(below(at, "path")));
    if (!is_plain_path(made.path))
      complain(below(at, "path"), "'" + made.path +
                                      "' must be absolute, without '.', '..' and "
                                      "empty parts");
    read_content(from, at, made);
    read_mode(from, at, made);
    read_names(from, at, made);
    take_words(from, at, "check", made.check);
    bool const names_file = std::ranges::any_of(
        made.check, [](std::string const& word) { return word.find("{}") != word.npos; });
    if (!made.check.empty() && !names_file) // it would accept the old file
      complain(below(at, "check"), "'check' must have '{}', the path of the new file");
  }

  void read_content(bj::object const& from, std::string const& at, target_file& made) {
    bool const has_template = take_text(from, at, "template", made.template_name);
    bool const has_format = take_text(from, at, "format", made.format);
    bool const has_key = take_text(from, at, "key", made.key);
    if (has_template == has_format || has_format != has_key)
      return complain(at, "a [[file]] must have either a 'template', or a 'format' and a 'key'");
    if (has_format) {
      if (from.contains("keys"))
        complain(below(at, "keys"), "a file with a 'format' is made of its 'key' alone");
      if (!has(formats, made.format))
        complain(below(at, "format"),
                 "'" + made.format + "' is not one of json, yaml, toml, ini, env");
      if (auto const key = cfgd::key::parse(made.key); !key)
        complain(below(at, "key"), "'" + made.key + "': " + key.error().message);
      made.keys = {made.key};
      return;
    }
    take_keys(from, at, made.keys);
    if (made.keys.empty()) complain(at, "a file with a 'template' needs 'keys'");
    if (made.template_name.find('/') != made.template_name.npos || made.template_name[0] == '.')
      complain(below(at, "template"),
               "'" + made.template_name + "' must be the name of a file beside the target");
  }

  void read_mode(bj::object const& from, std::string const& at, target_file& made) {
    std::string text;
    if (!take_text(from, at, "mode", text)) return;
    bool const is_octal = text.size() <= 4 && text.find_first_not_of("01234567") == text.npos;
    if (is_octal) made.mode = static_cast<unsigned>(std::stoul(text, nullptr, 8));
    if (!is_octal || (made.mode & ~0775U) != 0 || (made.mode & 0400U) == 0)
      complain(below(at, "mode"), "'" + text +
                                      R"(' must be an octal mode such as "0640", )"
                                      "readable for the owner and not writable for others");
  }

  void read_names(bj::object const& from, std::string const& at, target_file& made) {
    std::string name;
    if (take_text(from, at, "owner", name)) {
      auto const found = find_user(name);
      if (!found) return complain(below(at, "owner"), "there is no user '" + name + "'");
      if (owner_ && owner_->uid != found->uid)
        complain(below(at, "owner"), "'" + owner_->name + "' cannot give files to another user");
      made.owner = found->uid;
      made.group = found->gid;
    }
    if (take_text(from, at, "group", name)) {
      group const* const found = ::getgrnam(name.c_str());
      if (found == nullptr) return complain(below(at, "group"), "there is no group '" + name + "'");
      made.group = found->gr_gid;
    }
  }

  sourced_document const& document_;
  std::string const& path_;
  std::vector<std::string> keys_; ///< of the target, for files without keys
  std::optional<user> owner_;     ///< whom files belong to; absent: the program's user
  std::optional<error> fault_;
};

result<target> read_whole(watchers::definition_file const& file,
                          target_directories const& directories, watchers::trust const& trusted,
                          limits const& bounds) {
  if (!file.document) return file.document.error();
  auto made = read_target(*file.document, file.path);
  if (!made) return made;
  for (auto& one : made->files) {
    if (one.template_name.empty()) continue;
    auto text = watchers::read_definition_text(directories, one.template_name, trusted, bounds);
    if (!text) {
      auto why = text.error();
      if (why.code != errc::not_found) return why;
      return error{.code = errc::invalid,
                   .message = "there is no template '" + one.template_name + "'",
                   .subject = file.path,
                   .where = one.where};
    }
    one.template_text = std::move(*text);
    auto const partial = [&](std::string const& name) -> result<std::string> {
      auto found = watchers::read_definition_text(directories, name, trusted, bounds);
      if (found) one.partials.insert_or_assign(name, *found);
      return found;
    };
    if (auto const fine = check_template(one.template_text, one.template_name, partial); !fine)
      return fine.error();
  }
  return made;
}

/// Directories that are there and cannot be opened, or not be trusted: what they mask is not known.
target_map unusable_directories(target_directories const& directories,
                                watchers::trust const& trusted) {
  target_map out;
  watchers::walker const way(trusted, [](auto const&...) {});
  for (auto const& directory : directories) {
    auto const found = way.open_root(directory.string());
    struct stat info {};
    bool const is_absent = ::lstat(directory.c_str(), &info) != 0 && errno == ENOENT;
    if (!found && !is_absent)
      out.emplace(directory.string(), found.error());
    else if (found && (*found)->distrust)
      out.emplace(directory.string(), *(*found)->distrust);
  }
  return out;
}

/// Targets that write the same path refuse each other.
void refuse_shared_paths(target_map& all) {
  std::map<std::string, std::vector<std::pair<std::string, place>>> owners;
  for (auto const& [name, one] : all)
    if (one)
      for (auto const& file : one->files)
        owners[file.path].emplace_back(name, file.where);
  std::map<std::string, error> faults;
  for (auto const& [path, of] : owners) {
    if (of.size() < 2) continue;
    for (auto const& [name, where] : of) {
      auto const& other = of.front().first == name ? of.back() : of.front();
      faults.try_emplace(name, error{.code = errc::invalid,
                                     .message = path + " is written twice, also by " +
                                                all.at(other.first)->path + ":" +
                                                std::to_string(other.second.line),
                                     .subject = all.at(name)->path,
                                     .where = where});
    }
  }
  for (auto& [name, why] : faults)
    all.at(name) = std::move(why);
}

} // namespace

std::string_view to_string(action which) {
  return action_names.at(static_cast<std::size_t>(which));
}

std::optional<action> parse_action(std::string_view text) {
  auto const* const found = std::ranges::find(action_names, text);
  if (found == action_names.end()) return std::nullopt;
  return static_cast<action>(found - action_names.begin());
}

int signal_number(std::string_view name) {
  if (name.starts_with("SIG")) name.remove_prefix(3);
  for (int number = 1; number < SIGSYS + 1; ++number)
    if (char const* const known = ::sigabbrev_np(number); known != nullptr && name == known)
      return number;
  return 0;
}

std::vector<std::string> target::keys() const {
  std::set<std::string> all;
  for (auto const& file : files)
    all.insert(file.keys.begin(), file.keys.end());
  return {all.begin(), all.end()};
}

result<target> read_target(sourced_document const& document, std::string const& path) {
  return reader(document, path).read();
}

bool is_directory(std::string_view name) { return name.starts_with('/'); }

bool keep_unreadable(target_map& read, target_map const& before) {
  if (read.empty() || !is_directory(read.begin()->first)) return false;
  for (auto const& [name, one] : before)
    if (!is_directory(name)) read.emplace(name, one);
  return true;
}

target_map read_targets(target_directories const& directories, watchers::trust const& trusted,
                        limits const& bounds) {
  target_map all = unusable_directories(directories, trusted);
  if (!all.empty()) return all;
  for (auto const& [name, file] : watchers::read_definitions(directories, trusted, bounds)) {
    if (is_directory(name)) return {{name, file.document.error()}};
    all.emplace(name.substr(0, name.rfind('.')), read_whole(file, directories, trusted, bounds));
  }
  refuse_shared_paths(all);
  return all;
}

} // namespace cfgd::apply
