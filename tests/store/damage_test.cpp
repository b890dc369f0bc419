#include "store/crc32c.hpp"
#include "store/encoding.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

// Files that are not what was written: an error that names them, never a wrong value.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

/// Bit by bit, as slow as it is short.
std::uint32_t reference_sum(std::string_view bytes) {
  std::uint32_t sum = 0xFFFFFFFF;
  for (char const byte : bytes) {
    sum ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit)
      sum = (sum & 1) != 0 ? sum >> 1 ^ 0x82F63B78 : sum >> 1;
  }
  return ~sum;
}

struct fixture : store_fixture {
  std::filesystem::path const file = store->data_file();

  /// Changes each place of the closed file where `bytes` stand.
  int overwrite(std::string_view bytes, char with) {
    auto content = read_file(file);
    int places = 0;
    for (auto at = content.find(bytes); at != std::string::npos; at = content.find(bytes, at + 1)) {
      content[at] = with;
      ++places;
    }
    write_file(file, content);
    return places;
  }
  /// Opens a store whose changes 2 and 3 are damaged; site.a is 2. No other record in use has the
  /// value that is overwritten.
  void damage_two_changes() {
    for (auto const* const value : {"0", "\"BEFORE\"", "1", "2"})
      must(set({{"site.a", value}}));
    store.reset();
    BOOST_TEST(overwrite("BEFORE", 'b') > 0);
    store = open();
  }
  error failure() { return config_store::open(directory / "state", bounds).error(); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(damage, fixture)

BOOST_AUTO_TEST_CASE(a_flipped_bit_in_a_value_is_found_at_opening) {
  must(files_changed({good("admin/site.json", R"({"a":"MARKER"})")}));
  store.reset();
  BOOST_TEST(overwrite("MARKER", 'm') > 0);

  auto const why = failure();

  BOOST_TEST((why.code == errc::invalid));
  BOOST_TEST(why.message ==
             "the record 'site' of the database 'effective' is damaged: the check sum "
             "does not match");
}

BOOST_AUTO_TEST_CASE(a_damaged_record_of_history_is_left_out_and_named) {
  damage_two_changes();

  BOOST_TEST(text("site") == R"({"a":2})");
  auto const page = store->log({.limit = 10}, 1 << 20);
  BOOST_TEST(show(page.changes) == "4: site.a=1->2; 1: site.a=->0;");
  BOOST_REQUIRE_EQUAL(page.damaged.size(), 2U); // both records have the old value
  BOOST_TEST(page.damaged[0] == 3U);
  BOOST_TEST(page.damaged[1] == 2U);
  BOOST_TEST(store->log({.after = 3, .limit = 10}, 1 << 20).damaged.empty());
  auto const examined = store->examine_history(0, 1 << 20);
  BOOST_TEST(examined.damaged.size() == 2U);
  BOOST_TEST(examined.last == 4U);
  BOOST_TEST(!examined.more);
}

BOOST_AUTO_TEST_CASE(blame_leaves_out_a_damaged_record_and_what_it_may_hide) {
  must(files_changed({good("admin/site.json", R"({"kept":1})")}));
  must(set({{"site.a", "1"}, {"site.b", "2"}, {"site.c", "3"}}));
  must(set({{"site.a", "\"BEFORE\""}}));
  must(set({{"site.a", "4"}}));
  must(set({{"site.c", "5"}}));
  store.reset();
  BOOST_TEST(overwrite("BEFORE", 'b') > 0);
  store = open();

  auto const found = store->blame("site").value();

  BOOST_TEST((found.damaged == std::vector<revision_number>{4, 3}));
  std::string out;
  for (auto const& one : found.lines)
    out += one.key + '=' + one.value + (one.time ? " r" : " - r") +
           std::to_string(one.from.revision) + "; ";
  // The change that gave site.a its value is damaged: revision 2 did not.
  BOOST_TEST(out == "site.a=4 - r4; site.b=2 r2; site.c=5 r5; site.kept=1 r1; ");
}

BOOST_AUTO_TEST_CASE(a_watcher_is_not_resumed_over_a_damaged_record) {
  damage_two_changes();

  BOOST_TEST(store->changes_after(0, 1 << 20).compacted);
  BOOST_TEST(store->changes_after(0, 1 << 20).changes.empty());
  BOOST_TEST(show(store->changes_after(3, 1 << 20).changes) == "4: site.a=1->2;");
  // The past behind it would be wrong, so it is not derived.
  BOOST_CHECK_EXCEPTION(std::ignore = store->values_at(1, {}), damaged_record,
                        [](damaged_record const& failure) {
                          return std::string_view(failure.what())
                              .starts_with("the record '\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x03' "
                                           "of the database 'changes' is damaged");
                        });
}

BOOST_AUTO_TEST_CASE(a_damaged_record_is_trimmed_and_stops_no_commit) {
  damage_two_changes();
  bounds.history_revisions = 1;
  bounds.history_age = std::chrono::hours(0);
  reopen();

  for (int value = 2; value < 4; ++value) {
    request const asked = set({{"site.b", std::to_string(value)}});
    BOOST_TEST(store->commit({&asked, 1}, at(value)).front().has_value());
  }
  BOOST_TEST(store->revision() == 6U);

  BOOST_TEST(store->examine_history(0, 1 << 20).damaged.empty());
  reopen();
  BOOST_TEST(text("site") == R"({"a":2,"b":3})");
}

BOOST_AUTO_TEST_CASE(a_truncated_file_is_rejected) {
  must(set({{"site.a", '"' + std::string(200'000, 'x') + '"'}}));
  store.reset();
  auto const whole = std::filesystem::file_size(file);
  for (auto const size :
       {std::uintmax_t{0}, std::uintmax_t{100}, std::uintmax_t{8192}, whole / 2}) {
    std::filesystem::resize_file(file, size);
    BOOST_TEST((failure().code == errc::invalid), "cut off at " << size);
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_a_store_is_rejected) {
  store.reset();
  write_file(file, std::string(100'000, 'x'));
  auto const why = failure();
  BOOST_TEST((why.code == errc::invalid));
  BOOST_TEST(why.subject == (directory / "state").string());
}

BOOST_AUTO_TEST_CASE(a_record_under_another_key_is_damaged) {
  record_writer out;
  out.u8(7);
  std::string const record(out.finish("right"));

  record_reader in("test", {"right", record});
  BOOST_TEST(in.u8() == 7U);
  in.end();
  BOOST_CHECK_THROW(record_reader("test", {"wrong", record}), damaged_record);
}

BOOST_AUTO_TEST_CASE(each_bit_of_a_record_counts) {
  record_writer out;
  out.text("content");
  std::string const whole(out.finish("key"));
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    auto record = whole;
    record[bit / 8] = static_cast<char>(record[bit / 8] ^ (1 << bit % 8));
    BOOST_CHECK_THROW(record_reader("test", {"key", record}), damaged_record);
  }
  for (std::size_t length = 0; length < whole.size(); ++length)
    BOOST_CHECK_THROW(record_reader("test", {"key", std::string_view(whole).substr(0, length)}),
                      damaged_record);
}

BOOST_AUTO_TEST_CASE(fields_are_read_back_in_order) {
  record_writer out;
  out.u8(255);
  out.u32(0xFEDCBA98);
  out.u64(0xFEDCBA9876543210);
  out.i64(-2);
  out.text(std::string_view("a\0b", 3));
  auto const begun = out.begin_text();
  out.rest("later");
  out.end_text(begun);
  out.rest("rest");
  std::string const record(out.finish("key"));

  record_reader in("test", {"key", record});
  BOOST_TEST(in.u8() == 255U);
  BOOST_TEST(in.u32() == 0xFEDCBA98U);
  BOOST_TEST(in.u64() == 0xFEDCBA9876543210U);
  BOOST_TEST(in.i64() == -2);
  BOOST_TEST(in.text() == std::string_view("a\0b", 3));
  BOOST_TEST(in.text() == "later");
  BOOST_CHECK_THROW(in.end(), damaged_record);
  BOOST_TEST(in.rest() == "rest");
  in.end();
  BOOST_CHECK_THROW(in.u8(), damaged_record);
}

BOOST_AUTO_TEST_CASE(the_check_sum_is_crc_32c) {
  // The check value of the catalogue of CRCs stands for the reference, the reference for us.
  BOOST_REQUIRE_EQUAL(reference_sum("123456789"), 0xE3069283U);
  record_writer out;
  out.rest("fields");
  auto const record = out.finish("key");
  std::uint32_t sum = 0;
  for (std::size_t byte = 4; byte > 0; --byte)
    sum = sum << 8 | static_cast<std::uint8_t>(record[byte]);
  BOOST_TEST(sum == reference_sum("key\x01"
                                  "fields"));
}

BOOST_AUTO_TEST_CASE(the_instruction_and_the_table_give_the_same_sum) {
  std::string bytes;
  for (int length = 0; length < 100; ++length) {
    auto const sum = reference_sum("key\x01" + bytes);
    BOOST_TEST(crc_32c({"key", "\x01", bytes}) == sum, length);
    BOOST_TEST(crc_32c_by_table({"key", "\x01", bytes}) == sum, length);
    bytes.push_back(static_cast<char>(length * 37));
  }
}

BOOST_AUTO_TEST_SUITE_END()
