#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "daemon/methods/handlers.hpp"
#include "daemon/methods/reply.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <utility>

// RotateKey. The committer does it between two commits: the file of the store is replaced.

namespace cfgd::methods {

void rotate_key(method_context& with, authorized_call const& asked) {
  using rotated = store::config_store::rotated_key;
  with.writer.query(
      [permitted =
           asked.by.permission(asked.needs)](store::config_store& store) -> result<rotated> {
        if (auto const fine = permitted(*store.access()); !fine) return fine.error();
        return store.rotate_key(wall_now());
      },
      [answer = asked.answer](result<rotated> const& done) {
        if (!done) return fail(answer, service_interface, done.error());
        log::write(log::level::notice,
                   "the secrets in the store are sealed with the new key " + done->id,
                   {{"MESSAGE_ID", message_id::key_rotated}});
        for (auto const& one : done->removed)
          log::write(log::level::notice,
                     "removed '" + one.string() + "', a store that the old key still opened",
                     {{"MESSAGE_ID", message_id::key_rotated}});
        if (!done->traces.empty())
          log::write(log::level::notice, // the check of the store makes it a problem
                     "values with the old key are still in free pages or copies, trying again at "
                     "the next start: " +
                         done->traces,
                     {{"MESSAGE_ID", message_id::key_rotated}});
        boost::json::array old;
        for (auto const& one : done->old)
          old.emplace_back(one.string());
        boost::json::object out{{"key", done->id}, {"records", done->records}};
        out["old"] = std::move(old);
        reply(answer, out);
      });
}

} // namespace cfgd::methods
