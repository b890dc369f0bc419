#include "tests/bench/dconf.hpp"

#include "tests/bench/servers.hpp"
#include "tests/support/temporary_directory.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <vector>

// The database is written here as gvdb, the format of dconf's files: a header that points to a hash
// table of items, each with a key and the bytes of a GVariant. Little-endian machines only, as the
// magic number says.

namespace cfgd::bench {
namespace {

constexpr std::uint32_t no_parent = 0xffff'ffff;

class gvdb_text {
 public:
  void add(std::uint32_t number) {
    for (int shift = 0; shift < 32; shift += 8)
      bytes_ += static_cast<char>(number >> shift & 0xff);
  }
  void add(std::string_view bytes) { bytes_ += bytes; }
  void align() { bytes_.resize((bytes_.size() + 7) / 8 * 8); }
  std::uint32_t size() const { return static_cast<std::uint32_t>(bytes_.size()); }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

struct item {
  std::uint32_t hash = 5381;
  std::string key;
  std::string value;
};

item make_item(std::size_t number) {
  using namespace std::string_view_literals;
  item out;
  out.key = dconf_reader::path_of(key_text(number));
  for (char const each : out.key)
    out.hash = out.hash * 33 + static_cast<std::uint32_t>(static_cast<signed char>(each));
  // A variant: the string with its NUL, a NUL, the type.
  out.value = value_text(number).append("\0\0s"sv);
  return out;
}

std::string database() {
  std::vector<item> items;
  items.reserve(key_count);
  for (std::size_t number = 0; number < key_count; ++number)
    items.push_back(make_item(number));
  std::uint32_t const buckets = key_count;
  std::ranges::stable_sort(items, {}, [&](item const& one) { return one.hash % buckets; });

  constexpr std::uint32_t header_bytes = 24;
  constexpr std::uint32_t item_bytes = 24;
  std::uint32_t const table_bytes = 8 + 4 * buckets + item_bytes * buckets;
  gvdb_text texts; // behind the table
  gvdb_text table;
  table.add(0U); // no bloom filter
  table.add(buckets);
  for (std::uint32_t bucket = 0; bucket < buckets; ++bucket) {
    auto const first = std::ranges::lower_bound(
        items, bucket, {}, [&](item const& one) { return one.hash % buckets; });
    table.add(static_cast<std::uint32_t>(first - items.begin()));
  }
  for (auto const& one : items) {
    table.add(one.hash);
    table.add(no_parent);
    std::uint32_t const base = header_bytes + table_bytes;
    table.add(base + texts.size());
    table.add(static_cast<std::uint32_t>(one.key.size()) | std::uint32_t{'v'} << 16);
    texts.add(one.key);
    texts.align(); // the base is a multiple of 8, too
    table.add(base + texts.size());
    texts.add(one.value);
    table.add(base + texts.size());
    texts.align();
  }
  gvdb_text out;
  out.add("GVariant");
  out.add(0U); // version
  out.add(0U); // options
  out.add(header_bytes);
  out.add(header_bytes + table_bytes);
  out.add(table.take());
  out.add(texts.take());
  return out.take();
}

template <class Function>
void load(void* library, char const* name, Function*& into) {
  into = reinterpret_cast<Function*>(::dlsym(library, name));
  if (into == nullptr) throw std::runtime_error(std::string("no function ") + name);
}

} // namespace

struct dconf_reader::functions {
  explicit functions(void* library) {
    load(library, "dconf_client_new", make_client);
    load(library, "dconf_client_read", read);
    load(library, "g_variant_get_string", string_of);
    load(library, "g_variant_unref", release);
    load(library, "g_object_unref", release_client);
  }
  void* (*make_client)();
  void* (*read)(void* client, char const* path);
  char const* (*string_of)(void* value, std::size_t* length);
  void (*release)(void* value);
  void (*release_client)(void* client);
};

std::unique_ptr<dconf_reader> dconf_reader::make(std::filesystem::path const& directory) {
  void* const library = ::dlopen("libdconf.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return nullptr;
  test::write_file(directory / "config" / "dconf" / "user", database());
  test::write_file(directory / "profile", "user-db:user\n");
  std::filesystem::create_directories(directory / "run");
  ::setenv("DCONF_PROFILE", (directory / "profile").c_str(), 1);
  ::setenv("XDG_CONFIG_HOME", (directory / "config").c_str(), 1);
  ::setenv("XDG_RUNTIME_DIR", (directory / "run").c_str(), 1);
  return std::unique_ptr<dconf_reader>(new dconf_reader(std::make_unique<functions>(library)));
}

dconf_reader::dconf_reader(std::unique_ptr<functions> loaded)
    : call_(std::move(loaded)), client_(call_->make_client()) {}

dconf_reader::~dconf_reader() { call_->release_client(client_); }

std::string dconf_reader::path_of(std::string const& key) {
  std::string path = "/" + key;
  std::ranges::replace(path, '.', '/');
  return path;
}

std::size_t dconf_reader::read(std::string const& path) const {
  void* const value = call_->read(client_, path.c_str());
  if (value == nullptr) return 0;
  std::size_t length = 0;
  call_->string_of(value, &length);
  call_->release(value);
  return length;
}

} // namespace cfgd::bench
