#include "store/sealing.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

// A nonce of 192 random bits needs no counter that a crash could set back. The place of a record is
// associated data: who can write to the file cannot put a sealed value under another key, where
// somebody may read it.

namespace cfgd::store {
namespace {

constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(sealer::key_bytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

unsigned char* bytes_of(char* text) { return reinterpret_cast<unsigned char*>(text); }
unsigned char const* bytes_of(char const* text) {
  return reinterpret_cast<unsigned char const*>(text);
}

void prepare() {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialized");
}

/// Names of databases have no zero byte, so no two places have the same bytes.
std::string associated_data(sealed_place const& at) {
  std::string data(at.kind);
  data.push_back('\0');
  data.append(at.key);
  return data;
}

bool is_space(char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; }

bool decode_hex(std::string_view text, std::span<char> into) {
  std::size_t length = 0;
  return sodium_hex2bin(bytes_of(into.data()), into.size(), text.data(), text.size(), nullptr,
                        &length, nullptr) == 0 &&
         length == into.size();
}

bool decode_base64(std::string_view text, std::span<char> into) {
  std::size_t length = 0;
  return sodium_base642bin(bytes_of(into.data()), into.size(), text.data(), text.size(), nullptr,
                           &length, nullptr, sodium_base64_VARIANT_ORIGINAL) == 0 &&
         length == into.size();
}

} // namespace

void wipe(std::span<char> bytes) {
  if (!bytes.empty()) sodium_memzero(bytes.data(), bytes.size());
}

secret_bytes::secret_bytes(std::size_t size)
    : data_(std::make_unique<char[]>(size)), size_(size) {} // NOLINT(modernize-avoid-c-arrays)

secret_bytes::secret_bytes(secret_bytes&& other) noexcept
    : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}

secret_bytes& secret_bytes::operator=(secret_bytes&& other) noexcept {
  if (this == &other) return *this;
  wipe(span());
  data_ = std::move(other.data_);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

secret_bytes::~secret_bytes() { wipe(span()); }

sealer::sealer(std::span<char const> key) : key_(key_bytes), id_(id_bytes, '\0') {
  prepare();
  if (key.size() != key_bytes) throw std::invalid_argument("a key of another length");
  std::ranges::copy(key, key_.span().begin());
  std::array<unsigned char, crypto_generichash_BYTES> hash{};
  crypto_generichash(hash.data(), hash.size(), bytes_of(key_.span().data()), key_bytes, nullptr, 0);
  std::copy_n(hash.begin(), id_bytes, bytes_of(id_.data()));
}

result<std::shared_ptr<sealer const>> sealer::parse(std::span<char const> file) {
  prepare();
  if (file.size() == key_bytes) return std::make_shared<sealer const>(file);
  auto last = file.size();
  while (last > 0 && is_space(file[last - 1]))
    --last;
  std::string_view const text(file.data(), last);
  secret_bytes key(key_bytes);
  if (decode_hex(text, key.span()) || decode_base64(text, key.span()))
    return std::make_shared<sealer const>(key.span());
  return error{.code = errc::untrusted,
               .message = "not a key: wanted are 32 bytes, or their hexadecimal or base64 text"};
}

secret_bytes sealer::make_key() {
  prepare();
  secret_bytes key(key_bytes);
  randombytes_buf(key.span().data(), key_bytes);
  return key;
}

std::string sealer::id_text() const { return key_id_text(id_); }

std::size_t sealer::overhead() { return id_bytes + nonce_bytes + tag_bytes; }

void sealer::seal(std::string_view text, sealed_place const& at, std::string& to) const {
  auto const begin = to.size();
  to.resize(begin + overhead() + text.size());
  char* const start = to.data() + begin;
  std::ranges::copy(id_, start);
  char* const nonce = start + id_bytes;
  randombytes_buf(nonce, nonce_bytes);
  auto const data = associated_data(at);
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      bytes_of(nonce + nonce_bytes), nullptr, bytes_of(text.data()), text.size(),
      bytes_of(data.data()), data.size(), nullptr, bytes_of(nonce), bytes_of(key_.view().data()));
}

std::optional<secret_bytes> sealer::open(std::string_view sealed, sealed_place const& at) const {
  if (sealed.size() < overhead() || key_id_of(sealed) != id_) return std::nullopt;
  auto const nonce = sealed.substr(id_bytes, nonce_bytes);
  auto const text = sealed.substr(id_bytes + nonce_bytes);
  secret_bytes opened(text.size() - tag_bytes);
  auto const data = associated_data(at);
  int const failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
      bytes_of(opened.span().data()), nullptr, nullptr, bytes_of(text.data()), text.size(),
      bytes_of(data.data()), data.size(), bytes_of(nonce.data()), bytes_of(key_.view().data()));
  if (failed != 0) return std::nullopt;
  return opened;
}

std::string_view key_id_of(std::string_view sealed) {
  return sealed.size() < sealer::id_bytes ? std::string_view() : sealed.substr(0, sealer::id_bytes);
}

std::string key_id_text(std::string_view id) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (char const c : id) {
    auto const byte = static_cast<std::uint8_t>(c);
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 0xF]);
  }
  return text;
}

std::shared_ptr<sealer const> key_ring::current() const {
  std::lock_guard const locked(mutex_);
  return current_;
}

std::shared_ptr<sealer const> key_ring::find(std::string_view id) const {
  return find_text(key_id_text(id));
}

std::shared_ptr<sealer const> key_ring::find_text(std::string_view id_text) const {
  std::lock_guard const locked(mutex_);
  if (current_->id_text() == id_text) return current_;
  auto const found = std::ranges::find_if(
      older_, [id_text](auto const& one) { return one->id_text() == id_text; });
  return found == older_.end() ? nullptr : *found;
}

void key_ring::add(std::shared_ptr<sealer const> older) {
  std::lock_guard const locked(mutex_);
  older_.push_back(std::move(older));
}

void key_ring::use(std::shared_ptr<sealer const> newest) {
  std::lock_guard const locked(mutex_);
  older_.assign(1, std::exchange(current_, std::move(newest)));
}

} // namespace cfgd::store
