/* libcfgd in C: read, change and watch the configuration of cfgd. See cfgd.h(3).
 *
 * Functions that may fail return a negative errno; cfgd_error_message() then says why. Handles are used
 * by one thread at a time, except cfgd_live. Functions that free take NULL. Arguments are read before a
 * function returns; texts are UTF-8. Nothing here throws, and signal handlers may call nothing of it.
 *
 *   -ENOTCONN      no connection; nothing was changed
 *   -ETIMEDOUT     no reply in time; whether the service acted is not known
 *   -ECONNRESET    the connection ended before the reply; likewise
 *   -EPROTO        the reply is not valid; likewise
 *   -EACCES        the service refused: rights
 *   -EROFS         ... the key is left to files, or locked
 *   -ESTALE        ... the revision is not the one that was expected
 *   -ENOENT        ... no such namespace, revision, pending change, consumer
 *   -EDQUOT        ... a limit of the service
 *   -EIO           ... the service or its store failed
 *   -EINVAL        ... the key or the change is not valid; or an argument is NULL
 *   -EREMOTEIO     ... another reason; see cfgd_error_name()
 *   -EBADMSG       the value is of another type, or a text is not JSON
 *   -ENOMEM        out of memory
 */
#ifndef CFGD_H
#define CFGD_H

/* NOLINTBEGIN(modernize-use-using,modernize-deprecated-headers): C, too */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Why the last call of this thread that failed did so: one line for people, the qualified name of the
 * error if the service replied with one ("io.cfgd.Config.Invalid"; else empty), and its parameters as
 * JSON. Valid until a call of this thread fails. */
const char* cfgd_error_message(void);
const char* cfgd_error_name(void);
const char* cfgd_error_parameters(void);

/* Frees texts that functions have given. */
void cfgd_free(void* text);

/* A duration as people write it ("1h30m", "250ms"; a number alone is seconds), in microseconds, and a
 * size ("10M", "512KiB", "1GB"), in bytes. -EINVAL: the text is not one. */
int cfgd_parse_duration(const char* text, int64_t* microseconds);
int cfgd_parse_size(const char* text, uint64_t* bytes);

/* ---- Values of one revision --------------------------------------------------------------------- */

/* Of a call, an event, or a cfgd_live. Keys are leaves, written as the service writes them
 * (hosts."db.example.org".port), or what was asked for. */
typedef struct cfgd_values cfgd_values;

void cfgd_values_free(cfgd_values* values); /* not those of an event */
uint64_t cfgd_values_revision(const cfgd_values* values);
size_t cfgd_values_count(const cfgd_values* values);
bool cfgd_values_has(const cfgd_values* values, const char* key);
/* Calls `visit` with each key and its value as JSON, until it returns something else than 0, which
 * is the result. */
int cfgd_values_each(const cfgd_values* values,
                     int (*visit)(void* user, const char* key, const char* json), void* user);

/* The value of a key, or `fallback` where it has none or one of another type. A string is valid as long
 * as the values are, until cfgd_values_refresh() or _wait(). A duration is a number of seconds or a text
 * for cfgd_parse_duration(), a size a number of bytes or a text for cfgd_parse_size(). */
const char* cfgd_values_string(const cfgd_values* values, const char* key, const char* fallback);
int64_t cfgd_values_int64(const cfgd_values* values, const char* key, int64_t fallback);
double cfgd_values_double(const cfgd_values* values, const char* key, double fallback);
bool cfgd_values_bool(const cfgd_values* values, const char* key, bool fallback);
int64_t cfgd_values_duration(const cfgd_values* values, const char* key, int64_t fallback);
uint64_t cfgd_values_size(const cfgd_values* values, const char* key, uint64_t fallback);
/* The value as JSON, for cfgd_free(); NULL: there is none, or no memory. */
char* cfgd_values_json(const cfgd_values* values, const char* key);

/* ---- Calls --------------------------------------------------------------------------------------- */

/* A connection. Calls block, at most for its time limit. After -ETIMEDOUT, -ECONNRESET and -EPROTO it is
 * made again by the next call; no call is repeated. */
typedef struct cfgd_client cfgd_client;

/* `address`: PATH or unix:PATH; NULL: $CFGD_SOCKET, else /run/cfgd/io.cfgd. `time_limit_ms`: 0: none;
 * negative: 30 seconds. -ENOTCONN, -ETIMEDOUT. */
int cfgd_open(cfgd_client** service, const char* address, int time_limit_ms);
void cfgd_close(cfgd_client* service);

/* The value of one key. 1: it has one; 0: it has none, and *value is `fallback`; negative: it cannot be
 * read (-EBADMSG: it is of another type), and *value is `fallback`, too. Texts are for cfgd_free(), and
 * NULL where the fallback is NULL. */
int cfgd_get_string(cfgd_client* service, const char* key, const char* fallback, char** value);
int cfgd_get_int64(cfgd_client* service, const char* key, int64_t fallback, int64_t* value);
int cfgd_get_double(cfgd_client* service, const char* key, double fallback, double* value);
int cfgd_get_bool(cfgd_client* service, const char* key, bool fallback, bool* value);
int cfgd_get_duration(cfgd_client* service, const char* key, int64_t fallback, int64_t* microseconds);
int cfgd_get_size(cfgd_client* service, const char* key, uint64_t fallback, uint64_t* bytes);
int cfgd_get_json(cfgd_client* service, const char* key, const char* fallback, char** value);

/* The values of several keys, of one revision; `keys` ends with NULL. Keys without a value are not in
 * it. */
int cfgd_read(cfgd_client* service, const char* const* keys, cfgd_values** values);
/* The leaves at and below `prefix`; NULL: everything that the caller may read. */
int cfgd_list(cfgd_client* service, const char* prefix, cfgd_values** values);
/* Any method, with its parameters as JSON (NULL: none), and the parameters of the reply, for
 * cfgd_free(). */
int cfgd_call(cfgd_client* service, const char* method, const char* parameters, char** reply);

/* Changes that are made together or not at all. */
typedef struct cfgd_transaction cfgd_transaction;

cfgd_transaction* cfgd_transaction_new(void); /* NULL: out of memory */
void cfgd_transaction_free(cfgd_transaction* change);
int cfgd_transaction_set_string(cfgd_transaction* change, const char* key, const char* value);
int cfgd_transaction_set_int64(cfgd_transaction* change, const char* key, int64_t value);
int cfgd_transaction_set_double(cfgd_transaction* change, const char* key, double value);
int cfgd_transaction_set_bool(cfgd_transaction* change, const char* key, bool value);
int cfgd_transaction_set_json(cfgd_transaction* change, const char* key, const char* json);
/* Removes the key from the override layer, so that the layers below show again. */
int cfgd_transaction_unset(cfgd_transaction* change, const char* key);
int cfgd_transaction_comment(cfgd_transaction* change, const char* comment);
/* Fail with -ESTALE unless the service is still at this revision. */
int cfgd_transaction_if_revision(cfgd_transaction* change, uint64_t revision);
/* Undo it after this time unless cfgd_confirm() is called; let it expire. */
int cfgd_transaction_confirm(cfgd_transaction* change, int64_t seconds);
int cfgd_transaction_expire(cfgd_transaction* change, int64_t seconds);
/* Validate everything, change nothing. */
int cfgd_transaction_check_only(cfgd_transaction* change);

/* Makes the change; returns when it is durable. `revision` may be NULL. The transaction can be made
 * again. -EINVAL, -ESTALE, -EROFS, -EACCES, -EIO. */
int cfgd_commit(cfgd_client* service, const cfgd_transaction* change, uint64_t* revision);
/* Makes a pending change permanent. -ENOENT. */
int cfgd_confirm(cfgd_client* service, uint64_t revision);
/* Says that `consumer` has applied everything up to `revision`, or (not ok) could not; `message` may be
 * NULL. Waits until all consumers have applied it, at most `seconds`: 1: they have, 0: not yet, or one
 * has failed. `seconds` must be shorter than the time limit of the connection. */
int cfgd_acknowledge(cfgd_client* service, const char* consumer, uint64_t revision, bool ok,
                     const char* message);
int cfgd_wait_applied(cfgd_client* service, uint64_t revision, int seconds);

/* ---- Watches, for event loops --------------------------------------------------------------------- */

/* Every revision of the watched keys once, in order, whole, over any number of reconnects. It has no
 * thread: everything happens in cfgd_watch_dispatch(). */
typedef struct cfgd_watch cfgd_watch;
typedef struct cfgd_event cfgd_event;

/* `prefixes` ends with NULL; NULL: everything that the caller may read. `consumer`: the name of the
 * program, under which it acknowledges; NULL: none. Does not connect yet. */
int cfgd_watch_new(cfgd_watch** watch, const char* address, const char* const* prefixes,
                   const char* consumer);
void cfgd_watch_free(cfgd_watch* watch);
/* Before cfgd_watch_fd() and the first dispatch, else -EBUSY: continue after a revision (`store_id`: the
 * store that it is of; NULL: not known); wait also for the first connection. */
int cfgd_watch_resume(cfgd_watch* watch, uint64_t revision, const char* store_id);
int cfgd_watch_retry(cfgd_watch* watch);

/* A descriptor that is readable when cfgd_watch_dispatch() has something to do, from the first time on;
 * it stays the same. It belongs to the watch. */
int cfgd_watch_fd(cfgd_watch* watch);
/* Does what can be done without waiting. 1: *event is the next event, valid until the watch is
 * dispatched again or freed; 0: nothing now, and *event is NULL; negative: the watch has ended, but for
 * -ENOMEM: it goes on when it is dispatched again, and nothing is lost.
 * The first event is the whole state, unless the watch was resumed. */
int cfgd_watch_dispatch(cfgd_watch* watch, const cfgd_event** event);
/* The same, and waits up to `timeout_ms` for an event; negative: for ever. */
int cfgd_watch_wait(cfgd_watch* watch, int timeout_ms, const cfgd_event** event);
/* Says that everything up to `revision` is applied, or could not be; `message` may be NULL. Blocks as a
 * call does. */
int cfgd_watch_acknowledge(cfgd_watch* watch, uint64_t revision, bool ok, const char* message);
/* Up to which everything was reported, and the store that it is of ("": not known); for
 * cfgd_watch_resume() of another process. The text is valid until the watch is dispatched. */
uint64_t cfgd_watch_revision(const cfgd_watch* watch);
const char* cfgd_watch_store_id(const cfgd_watch* watch);
/* Whether the connection is lost, and will be made again. */
bool cfgd_watch_is_lost(const cfgd_watch* watch);

uint64_t cfgd_event_revision(const cfgd_event* event);
/* The state is complete; the events behind this one are changes. */
bool cfgd_event_is_ready(const cfgd_event* event);
/* The values are the whole state; what was reported before is void. */
bool cfgd_event_is_resync(const cfgd_event* event);
/* Values that were set; of the event. */
const cfgd_values* cfgd_event_values(const cfgd_event* event);
/* Keys that lost their value: the number, and one of them; NULL behind the last one. */
size_t cfgd_event_removed_count(const cfgd_event* event);
const char* cfgd_event_removed(const cfgd_event* event, size_t index);

/* ---- Reading without a call ------------------------------------------------------------------------ */

/* A copy of some of the configuration in this process, kept current by a thread of its own. Any thread
 * may use it. */
typedef struct cfgd_live cfgd_live;

/* Waits for the values, or (retry) does not, and has none, marked stale, until the service answers. */
int cfgd_live_open(cfgd_live** live, const char* address, const char* const* prefixes, bool retry);
void cfgd_live_close(cfgd_live* live);
/* The newest values, for one thread. They do not change until cfgd_values_refresh(), and may outlive
 * the cfgd_live. NULL: out of memory. */
cfgd_values* cfgd_live_values(const cfgd_live* live);
/* Changes to the newest values, and never waits; or waits for newer ones, at most `timeout_ms` (negative:
 * for ever). True: there were newer ones. Values of calls and events are never newer. */
bool cfgd_values_refresh(cfgd_values* values);
bool cfgd_values_wait(cfgd_values* values, int timeout_ms);
/* Whether the service cannot be reached, so that the values may be out of date. */
bool cfgd_values_is_stale(const cfgd_values* values);

#ifdef __cplusplus
}
#endif

/* NOLINTEND(modernize-use-using,modernize-deprecated-headers) */
#endif
