#include "core/json.hpp"
#include "core/outline.hpp"
#include "core/value_path.hpp"
#include "daemon/methods/batches.hpp"
#include "daemon/methods/handlers.hpp"
#include "daemon/methods/parameters.hpp"
#include "daemon/methods/reply.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <memory>
#include <unordered_set>
#include <utility>

// Get has three paths. The quick one knows one form of the call byte for byte and answers from
// ready bytes. The usual one uses ready bytes for each key. If a namespace is not in memory, the
// store is read and the reply is made from the texts; so are replies to many keys, in steps.
//
// The cache has no secrets and serves everybody. The caller matters only in a namespace with
// secrets: its two texts are used then, not the cache. A key that exists and is hidden from the
// caller is rejected; in a subtree it is left out.

namespace cfgd::methods {
namespace {

namespace bj = boost::json;

/// What a bare key is made of; nothing of it is escaped in JSON.
bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

/// More keys than this are answered in steps.
constexpr std::size_t keys_at_once = 64;
/// How many keys are looked at between two looks at the clock: about 20 us.
constexpr std::size_t keys_a_look = 16;

/// What a caller gets of a key.
struct found_value {
  std::optional<std::string_view> value = {};
  bool is_hidden = false; ///< there is one, which the caller may not see
};

/// The keys of a Get, each once: a member must not come twice in the reply.
struct asked_keys {
  enum class parameters : std::uint8_t { stay, go };

  asked_keys(bj::object const& from, parameters later) {
    bool const lasting = later == parameters::stay;
    if (!lasting) owned = strings_of(from, "keys");
    bj::array const& all = from.at("keys").get_array();
    std::unordered_set<std::string_view> seen(all.size());
    texts.reserve(all.size());
    for (std::size_t index = 0; index < all.size(); ++index) {
      std::string_view const text(lasting ? std::string_view(all[index].get_string())
                                          : std::string_view(owned[index]));
      if (seen.insert(text).second) texts.push_back(text);
    }
  }

  std::vector<std::string> owned = {};
  std::vector<std::string_view> texts = {}; ///< as they were asked for
};

/// A Get that is answered in steps, from texts that stay as long as it does: where a namespace has
/// secrets, or is not in memory, or there are many keys.
class text_get {
 public:
  text_get(method_context& with, authorized_call const& asked)
      : with_(with), answer_(asked.answer), may_see_secrets_(asked.by.visible_secrets()),
        may_read_(asked.by.visible()), kept_(asked.read_ahead<asked_keys const>()) {
    if (!kept_)
      kept_ = std::make_shared<asked_keys const>(asked.parameters, asked_keys::parameters::go);
  }

  ipc::responder const& answer() const { return answer_; }

  /// Collects the namespaces of the keys; whether there is more to do.
  bool collect_names(time_share const& share) {
    while (next_ < keys().size()) {
      auto const text = keys()[next_++];
      std::string name(namespace_of(text));
      if (!is_namespace_name(name)) // it may be quoted
        if (auto const which = parse_value_path(text)) name = which->base.name_space();
      if (!names_.contains(name) && is_namespace_name(name) && may_read_(name))
        names_.emplace(name);
      if (next_ % keys_a_look == 0 && share.is_over()) return true;
    }
    next_ = 0;
    return false;
  }
  view::names take_names() { return std::exchange(names_, {}); }

  /// `texts`: of these namespaces, as of now.
  void begin(view::texts const& texts) {
    texts_ = texts;
    revision_ = with_.values.revision();
    for (auto const& [name, text] : texts)
      if (auto const* const secret = with_.values.secrets_of(name)) secrets_.emplace(name, *secret);
  }

  /// Answers some of the keys; whether there is more to do.
  bool answer_some(time_share const& share) {
    while (next_ < keys().size()) {
      if (!add(keys()[next_++])) return false;
      if (next_ % keys_a_look != 0 || !share.is_over()) continue;
      answer_.making(reply_.size_bytes());
      return true;
    }
    reply_within(answer_, config_interface, reply_.finish(revision_), with_.bounds.reply_bytes);
    return false;
  }

 private:
  std::vector<std::string_view> const& keys() const { return kept_->texts; }
  /// Adds one key. False: the call has failed.
  bool add(std::string_view text);
  found_value look_up(key const& which);
  std::optional<std::string_view> find(std::string const& text, key const& which);
  void refuse_secret(std::string_view name_space) const;

  method_context& with_;
  ipc::responder answer_;
  secret_visibility may_see_secrets_;
  visible_namespaces may_read_;
  std::shared_ptr<asked_keys const> kept_;
  std::size_t next_ = 0;
  view::names names_;
  view::texts texts_;
  std::map<std::string, view::secret_texts, std::less<>> secrets_;
  revision_number revision_ = 0;
  std::map<std::string const*, canonical::finder> known_; ///< of texts that are not current
  values_reply reply_;
};

std::optional<std::string_view> text_get::find(std::string const& text, key const& which) {
  auto const& name = which.name_space();
  auto const* const secret = with_.values.secrets_of(name);
  auto const kept = with_.values.cache().peek(name);
  bool const is_current = (kept && kept.is_whole() && &*kept == &text) ||
                          (secret != nullptr && secret->whole.get() == &text);
  if (is_current) return with_.values.find_in(text, which);
  return known_.try_emplace(&text, text).first->second.find(which.path());
}

found_value text_get::look_up(key const& which) {
  auto const& name = which.name_space();
  if (auto const secret = secrets_.find(name); secret != secrets_.end()) {
    auto const whole = find(*secret->second.whole, which);
    if (may_see_secrets_(name)) return {whole};
    auto const shown = find(*secret->second.shown, which);
    return {shown, whole && !shown};
  }
  auto const text = texts_.find(name);
  return text == texts_.end() ? found_value() : found_value{find(*text->second, which)};
}

void text_get::refuse_secret(std::string_view name_space) const {
  refuse({.method = "io.cfgd.Config.Get",
          .parameters = bj::object(),
          .from = may_see_secrets_.peer(),
          .answer = answer_},
         may_see_secrets_.denial(name_space));
}

bool text_get::add(std::string_view text) {
  auto const failed = [this](error const& why) {
    fail(answer_, config_interface, why);
    return false;
  };
  auto const which = parse_value_path(text);
  if (!which) return failed(which.error());
  auto found = look_up(which->base);
  if (found.is_hidden) {
    refuse_secret(which->base.name_space());
    return false;
  }
  if (found.value) {
    auto const inside = canonical::find_inside(*found.value, *which);
    if (!inside) return failed(inside.error());
    found.value = *inside;
  }
  if (!found.value) {
    reply_.add_missing(text);
    return true;
  }
  // Checked as it grows: a key can be written in many ways, and each adds its value again.
  if (auto const size = reply_.size_bytes() + found.value->size(); size > with_.bounds.reply_bytes)
    return failed(too_long(size, with_.bounds.reply_bytes));
  reply_.add(text, *found.value);
  return true;
}

void answer_in_steps(method_context& with, std::shared_ptr<text_get> const& one, asker by) {
  with.values.with_texts(
      with.writer, one->take_names(),
      [&with, one](view::texts const& texts) {
        one->begin(texts);
        work_in_steps(one->answer(), [one] { return one->answer_some(time_share()); });
        with.streams.note_reader(one->answer());
      },
      [answer = one->answer()](error const& why) { fail(answer, config_interface, why); },
      std::move(by));
}

void get_from_texts(method_context& with, authorized_call const& asked) {
  auto const one = std::make_shared<text_get>(with, asked);
  work_in_steps(asked.answer, [&with, one, by = asker_of(with, asked)] {
    if (one->collect_names(time_share())) return true;
    answer_in_steps(with, one, by);
    return false;
  });
}

} // namespace

std::shared_ptr<void> read_get(ipc::call const& asked) {
  return std::make_shared<asked_keys>(asked.parameters, asked_keys::parameters::stay);
}

void get_values(method_context& with, authorized_call const& asked) {
  values_reply reply;
  bj::array const& keys = asked.parameters.at("keys").get_array();
  if (keys.size() > keys_at_once) return get_from_texts(with, asked);
  std::unordered_set<std::string_view> seen;
  bool const reads_all = asked.by.reads_all();
  for (auto const& one : keys) {
    std::string_view const text = one.get_string();
    // A key that is asked for twice is answered once: a member must not come twice.
    if (keys.size() > 1 && !seen.insert(text).second) continue;
    // Before it is looked up: that an array has no such element says that there is one.
    if (!reads_all) {
      auto const which = parse_value_path(text);
      if (!which) return fail(asked.answer, config_interface, which.error());
      if (!asked.by.may_read(which->base.name_space())) {
        reply.add_missing(text);
        continue;
      }
    }
    auto const found = with.values.cache().find(text);
    if (found.what == value_cache::status::bad_key)
      return fail(asked.answer, config_interface, found.why);
    if (found.what == value_cache::status::not_loaded ||
        (with.values.has_secrets() &&
         with.values.secrets_of(parse_value_path(text)->base.name_space()) != nullptr))
      return get_from_texts(with, asked);
    if (found.what == value_cache::status::no_value) {
      reply.add_missing(text);
      continue;
    }
    // Checked as it grows: a key can be written in many ways, and each adds its value again.
    if (auto const size = reply.size_bytes() + found.member.size(); size > with.bounds.reply_bytes)
      return fail(asked.answer, config_interface, too_long(size, with.bounds.reply_bytes));
    reply.add_ready(found.member);
  }
  reply_within(asked.answer, config_interface, reply.finish(with.values.revision()),
               with.bounds.reply_bytes);
}

std::string_view quick_key(std::string_view parameters) {
  constexpr std::string_view before = "{\"keys\":[\"";
  constexpr std::string_view behind = "\"]}";
  if (!parameters.starts_with(before) || !parameters.ends_with(behind) ||
      parameters.size() <= before.size() + behind.size())
    return {};
  return parameters.substr(before.size(), parameters.size() - before.size() - behind.size());
}

bool get_quickly(method_context& with, std::string_view key_text, caller const& by,
                 std::string& reply) {
  auto& values = with.values;
  if (values.has_secrets()) {
    // The cache has what those get who may not see secrets.
    auto const name = key_text.substr(0, key_text.find('.'));
    if (values.secrets_of(name) != nullptr && by.may_see_secrets(name)) return false;
  }
  auto member = values.cache().find_plain(key_text);
  if (member.empty()) {
    // Any bytes may be in it until it is known.
    if (!std::all_of(key_text.begin(), key_text.end(), is_plain)) return false;
    member = values.cache().find(key_text).member;
  }
  if (member.empty() || member.size() > with.bounds.reply_bytes) return false;
  char digits[24];
  auto const end = std::to_chars(std::begin(digits), std::end(digits), values.revision()).ptr;
  reply.append("{\"values\":{").append(member).append("},\"missing\":[],\"revision\":");
  reply.append(std::begin(digits), end).append(1, '}');
  return true;
}

} // namespace cfgd::methods
