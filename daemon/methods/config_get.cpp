#include "core/json.hpp"
#include "core/key.hpp"
#include "core/outline.hpp"
#include "daemon/methods/config_methods.hpp"
#include "daemon/methods/parameters.hpp"
#include "daemon/methods/reply.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <set>
#include <unordered_set>

// Get has three ways. The quick one knows one form of the call byte for byte and answers from ready
// bytes. The usual one takes ready bytes for each key. Where a namespace is not in memory all that
// was asked for is read, and answered from the texts.
//
// What is in the cache has no secrets and is for everybody. Only in a namespace that has secrets it
// matters who asks: its two texts are looked into then, past the cache. A key that is there and not
// shown to the caller is refused; from a subtree it is left out.

namespace cfgd {
namespace {

namespace bj = boost::json;

/// What a bare key is made of; nothing of it is escaped in JSON.
bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

/// The reply of a Get while it is put together.
class get_reply {
 public:
  void add_ready(std::string_view member) {
    if (out_.back() != '{') out_ += ',';
    out_ += member;
  }
  void add(std::string_view key_text, std::string_view value) {
    append_member(out_, key_text, value);
  }
  void add_missing(std::string_view key_text) {
    if (!missing_.empty()) missing_ += ',';
    json::append_string(missing_, key_text);
  }
  /// What was put together so far.
  std::size_t size() const { return out_.size() + missing_.size(); }
  std::string finish(revision_number revision) {
    out_.append("},\"missing\":[").append(missing_);
    return std::move(out_.append("],\"revision\":").append(std::to_string(revision)).append("}"));
  }

 private:
  std::string out_ = "{\"values\":{";
  std::string missing_;
};

/// A key of a namespace that has secrets, for somebody who may see them or may not.
struct sight {
  std::optional<std::string_view> value = {};
  bool is_hidden = false; ///< there is one, and it is not for him
};

/// Looks up the keys of one Get in texts, which stay as long as it does.
class sights {
 public:
  sight look_up(view::secret_texts const& texts, key const& which, result<void> const& may) {
    auto const whole = in(*texts.whole).find(which.path());
    if (may) return {whole};
    auto const shown = in(*texts.shown).find(which.path());
    return {shown, whole && !shown};
  }
  sight look_up(std::string const& text, key const& which) { return {in(text).find(which.path())}; }

 private:
  canonical::finder& in(std::string const& text) {
    return known_.try_emplace(&text, text).first->second;
  }

  std::map<std::string const*, canonical::finder> known_;
};

} // namespace

void config_methods::get(ipc::call const& asked) {
  get_reply reply;
  ipc::responder answer = asked.answer;
  bj::array const& keys = asked.parameters.at("keys").get_array();
  std::unordered_set<std::string_view> seen;
  for (auto const& one : keys) {
    std::string_view const text = one.get_string();
    // A key that is asked for twice is answered once: a member must not come twice.
    if (keys.size() > 1 && !seen.insert(text).second) continue;
    auto const found = view_.cache().find(text);
    if (found.what == value_cache::status::bad_key) {
      fail(answer, config_interface, found.why);
      return;
    }
    if (found.what == value_cache::status::not_loaded ||
        (view_.has_secrets() && view_.secrets_of(key::parse(text)->name_space()) != nullptr)) {
      get_from_store(asked);
      return;
    }
    if (found.what == value_cache::status::no_value) {
      reply.add_missing(text);
      continue;
    }
    // Checked as it grows: a key can be written in many ways, and each asks for its value anew.
    if (reply.size() + found.member.size() > bounds_.reply_bytes) {
      fail(answer, config_interface,
           too_long(reply.size() + found.member.size(), bounds_.reply_bytes));
      return;
    }
    reply.add_ready(found.member);
  }
  reply_within(answer, config_interface, reply.finish(view_.revision()), bounds_.reply_bytes);
}

void config_methods::get_from_store(ipc::call const& asked) {
  auto texts = strings_of(asked.parameters, "keys");
  std::set<std::string> const unique(texts.begin(), texts.end());
  texts.assign(unique.begin(), unique.end());
  view::names names;
  for (auto const& asked_key : texts)
    if (auto const which = key::parse(asked_key)) names.insert(which->name_space());
  view_.with_texts(
      committer_, std::move(names),
      [this, texts, from = asked.from, answer = asked.answer](view::texts const& read) {
        answer_from_texts({.method = "io.cfgd.Config.Get",
                           .parameters = bj::object(),
                           .from = from,
                           .answer = answer},
                          texts, read);
      },
      [answer = asked.answer](error const& why) mutable { fail(answer, config_interface, why); });
}

void config_methods::answer_from_texts(ipc::call const& asked, std::vector<std::string> const& keys,
                                       view::texts const& texts) {
  ipc::responder answer = asked.answer;
  get_reply reply;
  sights all;
  for (auto const& text : keys) {
    auto const which = key::parse(text);
    if (!which) {
      fail(answer, config_interface, which.error());
      return;
    }
    sight seen;
    if (auto const* const secret = view_.secrets_of(which->name_space()))
      seen = all.look_up(*secret, *which,
                         access_.authorize(asked.from, operation::secret, which->name_space()));
    else if (auto const document = texts.find(which->name_space()); document != texts.end())
      seen = all.look_up(*document->second, *which);
    if (seen.is_hidden) {
      refuse_secret(asked, which->name_space());
      return;
    }
    if (!seen.value) {
      reply.add_missing(text);
      continue;
    }
    if (reply.size() + seen.value->size() > bounds_.reply_bytes) {
      fail(answer, config_interface,
           too_long(reply.size() + seen.value->size(), bounds_.reply_bytes));
      return;
    }
    reply.add(text, *seen.value);
  }
  reply_within(answer, config_interface, reply.finish(view_.revision()), bounds_.reply_bytes);
}

void config_methods::refuse_secret(ipc::call const& asked, std::string_view name_space) {
  auto const allowed = access_.authorize(asked.from, operation::secret, name_space);
  refuse(asked, config_interface, allowed.error());
}

bool config_methods::quick_get(std::string_view parameters, ipc::peer const& from,
                               std::string& reply) {
  constexpr std::string_view before = "{\"keys\":[\"";
  constexpr std::string_view behind = "\"]}";
  if (!parameters.starts_with(before) || !parameters.ends_with(behind) ||
      parameters.size() <= before.size() + behind.size())
    return false;
  std::string_view const text =
      parameters.substr(before.size(), parameters.size() - before.size() - behind.size());
  if (!std::all_of(text.begin(), text.end(), is_plain)) return false;
  if (view_.has_secrets()) {
    // What is in the cache is right for those who may not see more.
    auto const name = namespace_of(text);
    if (view_.secrets_of(name) != nullptr && access_.authorize(from, operation::secret, name))
      return false;
  }
  auto const found = view_.cache().find(text);
  if (found.what != value_cache::status::found || found.member.size() > bounds_.reply_bytes)
    return false;
  char digits[24];
  auto const end = std::to_chars(std::begin(digits), std::end(digits), view_.revision()).ptr;
  reply.append("{\"values\":{").append(found.member).append("},\"missing\":[],\"revision\":");
  reply.append(std::begin(digits), end).append(1, '}');
  return true;
}

} // namespace cfgd
