#pragma once

#include "store/layout.hpp"

#include <cstddef>
#include <string>
#include <string_view>

/// Which records are sealed, and how they are written. For layout*.cpp.
namespace cfgd::store {

/// Quarantined contents may hold a secret that no schema knows yet, and a schema may have one as a
/// default: they are always sealed. Other records are if they have values of a sealed namespace.
bool must_seal(source_record const& one, layout::names const& sealed);
bool must_seal(change const& one, layout::names const& sealed);
bool must_seal(pending_record const& one, layout::names const& sealed);

/// Most records are shorter.
inline constexpr std::size_t usual_record_bytes = 256;

/// Writes records of one transaction, sealed or not. Without keys it seals nothing.
class layout::sealing_writer {
 public:
  sealing_writer(lmdb::write_transaction& in, key_ring const* keys, layout::names const& sealed)
      : in_(in), with_(keys == nullptr ? nullptr : keys->current()), sealed_(sealed) {}

  /// A database by its handle and its name.
  struct table {
    lmdb::database handle;
    char const* name;
  };

  lmdb::write_transaction& in() { return in_; }
  layout::names const& sealed() const { return sealed_; }
  bool has_sealed() const { return has_sealed_; }

  /// Completes a record. The view is valid as long as `record`.
  std::string_view finish(record_writer& record, sealed_place const& at, bool seal) {
    if (!seal || !with_) return record.finish(at.key);
    has_sealed_ = true;
    return record.finish_sealed(*with_, at);
  }

  /// Writes the record of a key, or erases it if `what` is null.
  template <class What>
  void write_or_erase(table const& into, std::string_view key, What const* what,
                      void (*write_fields)(record_writer&, What const&), bool seal) {
    if (what == nullptr) {
      in_.erase(into.handle, key);
      return;
    }
    record_writer record;
    record.buffer().reserve(usual_record_bytes);
    write_fields(record, *what);
    in_.put(into.handle, key, finish(record, {into.name, key}, seal));
  }

  /// Writes down which key the store is sealed with.
  void note_key(lmdb::database meta);

 private:
  lmdb::write_transaction& in_;
  std::shared_ptr<sealer const> with_;
  layout::names const& sealed_;
  bool has_sealed_ = false;
};

} // namespace cfgd::store
