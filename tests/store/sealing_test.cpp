#include "store/encoding.hpp"
#include "store/sealing.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

// Texts and records that are sealed with a key for one place.

namespace {

using namespace cfgd;
using namespace cfgd::store;

constexpr std::string_view hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
constexpr sealed_place here{.kind = "overrides", .key = "app"};

std::shared_ptr<sealer const> random_key() {
  auto const key = sealer::make_key();
  return std::make_shared<sealer const>(key.span());
}

std::string seal(sealer const& with, std::string_view text) {
  std::string out;
  with.seal(text, here, out);
  return out;
}

bool opens(sealer const& with, std::string_view sealed, sealed_place const& at) {
  return with.open(sealed, at).has_value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(sealing)

BOOST_AUTO_TEST_CASE(a_sealed_text_is_opened_with_its_key) {
  auto const key = random_key();
  std::string const text = "correct horse";

  auto const sealed = seal(*key, text);

  BOOST_TEST(sealed.find("horse") == std::string::npos);
  BOOST_TEST(sealed.size() == text.size() + sealer::overhead());
  BOOST_TEST(key->open(sealed, here).value().view() == text);
  BOOST_TEST(key->open(seal(*key, ""), here).value().size() == 0U);
  BOOST_TEST(seal(*key, text) != sealed);
}

BOOST_AUTO_TEST_CASE(another_key_or_place_does_not_open_it) {
  auto const key = random_key();
  auto const sealed = seal(*key, "value");

  BOOST_TEST(!opens(*random_key(), sealed, here));
  BOOST_TEST(!opens(*key, sealed, {.kind = "overrides", .key = "web"}));
  BOOST_TEST(!opens(*key, sealed, {.kind = "effective", .key = "app"}));
}

BOOST_AUTO_TEST_CASE(every_changed_byte_is_found) {
  auto const key = random_key();
  auto const sealed = seal(*key, "value");
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    auto changed = sealed;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    BOOST_TEST(!opens(*key, changed, here));
    BOOST_TEST(!opens(*key, std::string_view(sealed).substr(0, at), here));
  }
}

BOOST_AUTO_TEST_CASE(a_key_is_bytes_or_text) {
  auto const from_hex = sealer::parse(hex).value();
  std::string const base64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
  std::string bytes;
  for (char byte = 0; byte < 32; ++byte)
    bytes.push_back(byte);

  BOOST_TEST(sealer::parse(base64).value()->id() == from_hex->id());
  BOOST_TEST(sealer::parse(bytes).value()->id() == from_hex->id());
  BOOST_TEST(from_hex->id_text().size() == 2 * sealer::id_bytes);
  for (std::string const wrong :
       {"", "00", "not a key", "zz0102030405060708090a0b0c0d0e0f10111213"})
    BOOST_TEST((sealer::parse(wrong).error().code == errc::untrusted));
}

BOOST_AUTO_TEST_CASE(a_ring_opens_with_older_keys) {
  auto const old = random_key();
  auto const next = random_key();
  key_ring ring(old);

  ring.use(next);

  BOOST_TEST(ring.current() == next);
  BOOST_TEST(ring.find(old->id()) == old);
  BOOST_TEST(ring.find_text(next->id_text()) == next);
  BOOST_TEST(ring.find("12345678") == nullptr);
}

BOOST_AUTO_TEST_CASE(bytes_are_wiped_when_they_move) {
  secret_bytes first(3);
  first.span()[0] = 'x';
  secret_bytes second(std::move(first));
  BOOST_TEST(second.view()[0] == 'x');
  second = secret_bytes(1);
  BOOST_TEST(second.view() == std::string_view("\0", 1));
}

BOOST_AUTO_TEST_CASE(a_record_is_checked_without_the_key_and_read_with_it) {
  key_ring const ring(random_key());
  record_writer out;
  out.text("secret");
  out.u8(7);
  std::string const record(out.finish_sealed(*ring.current(), here));

  BOOST_TEST(is_sealed(record));
  record_reader in("overrides", {"app", record}, &ring);
  BOOST_TEST(in.text() == "secret");
  BOOST_TEST(in.u8() == 7U);
  in.end();
  record_reader without("overrides", {"app", record});
  BOOST_CHECK_THROW(without.text(), sealed_record);
  auto damaged = record;
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  BOOST_CHECK_THROW(record_reader("overrides", {"app", damaged}), damaged_record);
}

BOOST_AUTO_TEST_CASE(a_record_at_another_place_or_of_another_key_is_refused) {
  key_ring const ring(random_key());
  record_writer out;
  out.text("secret");
  std::string const record(out.finish_sealed(*ring.current(), here));

  BOOST_CHECK_THROW(record_reader("effective", {"app", record}, &ring), damaged_record);
  key_ring const other(random_key());
  BOOST_CHECK_EXCEPTION(record_reader("overrides", {"app", record}, &other), sealed_record,
                        [&](sealed_record const& refused) {
                          return std::string(refused.what()).find(ring.current()->id_text()) !=
                                 std::string::npos;
                        });
}

BOOST_AUTO_TEST_SUITE_END()
