/// The C interface: errors, texts, and values. Nothing here is decided anew: every function is a
/// function of the C++ interface with its exceptions and results as codes.

#include "client/cfgd.h"
#include "client/detail/c_handles.hpp"
#include "client/units.hpp"
#include "client/value.hpp"
#include "core/json.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

namespace client = cfgd::client;

namespace cfgd::client::detail {
namespace {

struct failure_text {
  std::string message;
  std::string name;
  std::string parameters;
  bool out_of_memory = false;
};

thread_local failure_text last;

/// The codes of what the service replies, by the end of the name.
constexpr std::array codes{
    std::pair{std::string_view(".PermissionDenied"), -EACCES},
    std::pair{std::string_view(".ReadOnly"), -EROFS},
    std::pair{std::string_view(".RevisionMismatch"), -ESTALE},
    std::pair{std::string_view(".NoSuchNamespace"), -ENOENT},
    std::pair{std::string_view(".NoSuchRevision"), -ENOENT},
    std::pair{std::string_view(".NoSuchPending"), -ENOENT},
    std::pair{std::string_view(".NoSuchConsumer"), -ENOENT},
    std::pair{std::string_view(".LimitExceeded"), -EDQUOT},
    std::pair{std::string_view(".StoreFailed"), -EIO},
    std::pair{std::string_view(".InternalError"), -EIO},
    std::pair{std::string_view(".BadKey"), -EINVAL},
    std::pair{std::string_view(".Invalid"), -EINVAL},
    std::pair{std::string_view(".InvalidParameter"), -EINVAL},
};

int code_of_failure(call_error const& why) {
  switch (why.kind) {
  case failure::unreachable:
    return -ENOTCONN;
  case failure::timed_out:
    return -ETIMEDOUT;
  case failure::closed:
    return -ECONNRESET;
  case failure::protocol:
    return -EPROTO;
  case failure::refused:
    break;
  }
  for (auto const& [end, code] : codes)
    if (why.name.ends_with(end)) return code;
  return -EREMOTEIO;
}

/// One line for people: the issues of a rejected change, else the message.
std::string line_of(call_error const& why) {
  auto const rejected = refusal_of(why);
  if (!rejected || rejected->issues.empty()) return why.message;
  std::string out;
  for (auto const& issue : rejected->issues) {
    if (!out.empty()) out += "; ";
    if (issue.key) out.append(*issue.key).append(": ");
    out += issue.message;
  }
  return out;
}

} // namespace

int failed(call_error const& why) noexcept {
  int const code = code_of_failure(why);
  try {
    last = {.message = line_of(why), .name = why.name, .parameters = "{}"};
    if (!why.parameters.empty()) {
      last.parameters.clear();
      json::append_compact(last.parameters, why.parameters);
    }
  } catch (std::exception const&) {
    return failed(-ENOMEM, {}); // there is no memory for the text
  }
  return code;
}

int failed(int code, std::string_view message) noexcept {
  last.name.clear();
  last.parameters.clear();
  last.message.clear();
  last.out_of_memory = code == -ENOMEM;
  try {
    last.message = message;
  } catch (std::exception const&) {
    last.out_of_memory = true;
  }
  return code;
}

std::vector<std::string> list_of(char const* const* texts) {
  std::vector<std::string> out;
  for (; texts != nullptr && *texts != nullptr; ++texts)
    out.emplace_back(*texts);
  return out;
}

char* copy_of(std::string_view text) {
  auto* const out = static_cast<char*>(std::malloc(text.size() + 1));
  if (out == nullptr) throw std::bad_alloc();
  std::memcpy(out, text.data(), text.size());
  out[text.size()] = '\0';
  return out;
}

namespace {

template <class T, class Out>
Out read(cfgd_values const* values, char const* key, Out fallback) noexcept {
  if (values == nullptr || key == nullptr) return fallback;
  auto const found = value_as<T>(values->find(key));
  if constexpr (std::is_same_v<T, byte_size>) {
    return found ? found->bytes : fallback;
  } else if constexpr (is_duration<T>) {
    return found ? found->count() : fallback;
  } else {
    return found ? *found : fallback;
  }
}

} // namespace
} // namespace cfgd::client::detail

namespace detail = client::detail;

char const* cfgd_error_message() {
  return detail::last.out_of_memory ? "out of memory" : detail::last.message.c_str();
}

char const* cfgd_error_name() { return detail::last.name.c_str(); }

char const* cfgd_error_parameters() {
  return detail::last.parameters.empty() ? "{}" : detail::last.parameters.c_str();
}

void cfgd_free(void* text) { std::free(text); }

int cfgd_parse_duration(char const* text, int64_t* microseconds) {
  if (text == nullptr || microseconds == nullptr) return detail::missing_argument();
  auto const time = client::parse_duration(text);
  if (!time) return detail::failed(-EINVAL, "not a valid duration; one is written as 1h30m");
  *microseconds = time->count();
  return 0;
}

int cfgd_parse_size(char const* text, uint64_t* bytes) {
  if (text == nullptr || bytes == nullptr) return detail::missing_argument();
  auto const size = client::parse_size(text);
  if (!size) return detail::failed(-EINVAL, "not a valid size; one is written as 10M");
  *bytes = *size;
  return 0;
}

void cfgd_values_free(cfgd_values* values) { delete values; }

uint64_t cfgd_values_revision(cfgd_values const* values) {
  if (values == nullptr) return 0;
  if (auto const* const live = std::get_if<client::live_values>(&values->of))
    return live->revision();
  return std::get<client::snapshot>(values->of).revision;
}

size_t cfgd_values_count(cfgd_values const* values) {
  if (values == nullptr) return 0;
  if (auto const* const live = std::get_if<client::live_values>(&values->of)) return live->size();
  return std::get<client::snapshot>(values->of).values.size();
}

bool cfgd_values_has(cfgd_values const* values, char const* key) {
  return values != nullptr && key != nullptr && values->find(key) != nullptr;
}

int cfgd_values_each(cfgd_values const* values,
                     int (*visit)(void* user, char const* key, char const* json), void* user) {
  if (values == nullptr || visit == nullptr) return detail::missing_argument();
  return detail::guarded([&] {
    int outcome = 0;
    auto const one = [&](std::string_view key, boost::json::value const& value) {
      if (outcome != 0) return;
      std::string text;
      cfgd::json::append_compact(text, value);
      outcome = visit(user, std::string(key).c_str(), text.c_str());
    };
    if (auto const* const live = std::get_if<client::live_values>(&values->of)) {
      live->for_each(one);
    } else {
      for (auto const& member : std::get<client::snapshot>(values->of).values)
        one(member.key(), member.value());
    }
    return outcome;
  });
}

char const* cfgd_values_string(cfgd_values const* values, char const* key, char const* fallback) {
  if (values == nullptr || key == nullptr) return fallback;
  auto const* const found = values->find(key);
  auto const* const text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? fallback : text->c_str();
}

int64_t cfgd_values_int64(cfgd_values const* values, char const* key, int64_t fallback) {
  return detail::read<std::int64_t>(values, key, fallback);
}

double cfgd_values_double(cfgd_values const* values, char const* key, double fallback) {
  return detail::read<double>(values, key, fallback);
}

bool cfgd_values_bool(cfgd_values const* values, char const* key, bool fallback) {
  return detail::read<bool>(values, key, fallback);
}

int64_t cfgd_values_duration(cfgd_values const* values, char const* key, int64_t fallback) {
  return detail::read<std::chrono::microseconds>(values, key, fallback);
}

uint64_t cfgd_values_size(cfgd_values const* values, char const* key, uint64_t fallback) {
  return detail::read<client::byte_size>(values, key, fallback);
}

char* cfgd_values_json(cfgd_values const* values, char const* key) {
  char* out = nullptr;
  if (!cfgd_values_has(values, key)) return out;
  detail::guarded([&] {
    std::string text;
    cfgd::json::append_compact(text, *values->find(key));
    out = detail::copy_of(text);
    return 0;
  });
  return out;
}

bool cfgd_values_refresh(cfgd_values* values) {
  auto* const live = values == nullptr ? nullptr : std::get_if<client::live_values>(&values->of);
  return live != nullptr && live->refresh();
}

bool cfgd_values_wait(cfgd_values* values, int timeout_ms) {
  auto* const live = values == nullptr ? nullptr : std::get_if<client::live_values>(&values->of);
  if (live == nullptr) return false;
  using std::chrono::milliseconds;
  auto const limit = timeout_ms < 0 ? milliseconds::max() : milliseconds(timeout_ms);
  return detail::guarded([&] { return live->wait(limit) ? 1 : 0; }) == 1;
}

bool cfgd_values_is_stale(cfgd_values const* values) {
  auto const* const live =
      values == nullptr ? nullptr : std::get_if<client::live_values>(&values->of);
  return live != nullptr && live->stale() != nullptr;
}
