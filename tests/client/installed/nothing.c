/* Every function of cfgd.h without what it needs: NULL, nobody at the socket, after the end. */

#include <cfgd.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static int faults = 0;

#define CHECK(condition)                                                                           \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      ++faults;                                                                                    \
      fprintf(stderr, "line %d: %s (%s)\n", __LINE__, #condition, cfgd_error_message());           \
    }                                                                                              \
  } while (0)

static int stop_at_once(void* user, const char* key, const char* json) {
  (void)user;
  (void)key;
  (void)json;
  return 7;
}

static void texts_and_units(void) {
  int64_t time = 0;
  uint64_t size = 0;
  cfgd_free(NULL);
  CHECK(strcmp(cfgd_error_message(), "") == 0 && strcmp(cfgd_error_name(), "") == 0);
  CHECK(strcmp(cfgd_error_parameters(), "{}") == 0);
  CHECK(cfgd_parse_duration(NULL, &time) == -EINVAL && cfgd_parse_duration("1s", NULL) == -EINVAL);
  CHECK(cfgd_parse_size(NULL, &size) == -EINVAL && cfgd_parse_size("1", NULL) == -EINVAL);
  CHECK(cfgd_parse_duration("", &time) == -EINVAL && cfgd_parse_size("-1", &size) == -EINVAL);
  CHECK(cfgd_parse_duration("99999999999999999999", &time) == -EINVAL);
}

static void values(void) {
  cfgd_values_free(NULL);
  CHECK(cfgd_values_revision(NULL) == 0 && cfgd_values_count(NULL) == 0);
  CHECK(!cfgd_values_has(NULL, "a.b"));
  CHECK(cfgd_values_each(NULL, stop_at_once, NULL) == -EINVAL);
  CHECK(strcmp(cfgd_values_string(NULL, NULL, "x"), "x") == 0);
  CHECK(cfgd_values_int64(NULL, "a.b", 3) == 3 && cfgd_values_double(NULL, "a.b", 0.5) == 0.5);
  CHECK(cfgd_values_bool(NULL, "a.b", true) && cfgd_values_duration(NULL, "a.b", 4) == 4);
  CHECK(cfgd_values_size(NULL, "a.b", 5) == 5 && cfgd_values_json(NULL, "a.b") == NULL);
  CHECK(!cfgd_values_refresh(NULL) && !cfgd_values_wait(NULL, 0) && !cfgd_values_is_stale(NULL));
}

static void calls(void) {
  const char* const keys[] = {"a.b", NULL};
  cfgd_client* service = (cfgd_client*)&faults;
  cfgd_values* found = NULL;
  char* text = NULL;
  int64_t number = 0;
  uint64_t size = 0;
  double ratio = 0;
  bool flag = false;
  CHECK(cfgd_open(NULL, NULL, 0) == -EINVAL);
  CHECK(cfgd_open(&service, "/nonexistent/io.cfgd", 0) == -ENOTCONN && service == NULL);
  CHECK(cfgd_open(&service, "tcp:x", 0) == -ENOTCONN);
  cfgd_close(NULL);
  CHECK(cfgd_get_string(NULL, "a.b", "x", &text) == -EINVAL && text != NULL);
  cfgd_free(text);
  CHECK(cfgd_get_string(NULL, "a.b", "x", NULL) == -EINVAL);
  CHECK(cfgd_get_json(NULL, "a.b", NULL, &text) == -EINVAL && text == NULL);
  CHECK(cfgd_get_int64(NULL, NULL, 8, &number) == -EINVAL && number == 8);
  CHECK(cfgd_get_double(NULL, "a.b", 0.5, &ratio) == -EINVAL && ratio == 0.5);
  CHECK(cfgd_get_bool(NULL, "a.b", true, &flag) == -EINVAL && flag);
  CHECK(cfgd_get_duration(NULL, "a.b", 9, &number) == -EINVAL && number == 9);
  CHECK(cfgd_get_size(NULL, "a.b", 9, &size) == -EINVAL && size == 9);
  CHECK(cfgd_get_int64(NULL, "a.b", 8, NULL) == -EINVAL);
  CHECK(cfgd_read(NULL, keys, &found) == -EINVAL && cfgd_list(NULL, NULL, &found) == -EINVAL);
  CHECK(cfgd_call(NULL, "io.cfgd.Config.Sync", NULL, &text) == -EINVAL);
  CHECK(cfgd_commit(NULL, NULL, NULL) == -EINVAL && cfgd_confirm(NULL, 1) == -EINVAL);
  CHECK(cfgd_acknowledge(NULL, "x", 1, true, NULL) == -EINVAL);
  CHECK(cfgd_wait_applied(NULL, 1, 1) == -EINVAL);
}

static void transactions(void) {
  cfgd_transaction* const change = cfgd_transaction_new();
  cfgd_transaction_free(NULL);
  CHECK(cfgd_transaction_set_string(NULL, "a.b", "x") == -EINVAL);
  CHECK(cfgd_transaction_set_string(change, NULL, "x") == -EINVAL);
  CHECK(cfgd_transaction_set_string(change, "a.b", NULL) == -EINVAL);
  CHECK(cfgd_transaction_set_int64(NULL, "a.b", 1) == -EINVAL);
  CHECK(cfgd_transaction_set_double(change, "a.b", (double)NAN) == -EINVAL);
  CHECK(cfgd_transaction_set_bool(change, NULL, true) == -EINVAL);
  CHECK(cfgd_transaction_set_json(change, "a.b", NULL) == -EINVAL);
  CHECK(cfgd_transaction_set_json(change, "a.b", "{") == -EBADMSG);
  CHECK(cfgd_transaction_unset(change, NULL) == -EINVAL);
  CHECK(cfgd_transaction_comment(change, NULL) == -EINVAL);
  CHECK(cfgd_transaction_if_revision(NULL, 1) == -EINVAL);
  CHECK(cfgd_transaction_confirm(NULL, 1) == -EINVAL &&
        cfgd_transaction_expire(NULL, 1) == -EINVAL);
  CHECK(cfgd_transaction_check_only(NULL) == -EINVAL);
  cfgd_transaction_free(change);
}

static void watches(void) {
  cfgd_watch* watch = NULL;
  const cfgd_event* event = (const cfgd_event*)&faults;
  cfgd_watch_free(NULL);
  CHECK(cfgd_watch_new(NULL, NULL, NULL, NULL) == -EINVAL);
  CHECK(cfgd_watch_resume(NULL, 1, NULL) == -EINVAL && cfgd_watch_retry(NULL) == -EINVAL);
  CHECK(cfgd_watch_fd(NULL) == -EINVAL && cfgd_watch_dispatch(NULL, &event) == -EINVAL);
  CHECK(cfgd_watch_wait(NULL, 0, &event) == -EINVAL);
  CHECK(cfgd_watch_acknowledge(NULL, 1, true, NULL) == -EINVAL);
  CHECK(cfgd_watch_revision(NULL) == 0 && strcmp(cfgd_watch_store_id(NULL), "") == 0);
  CHECK(!cfgd_watch_is_lost(NULL) && cfgd_event_revision(NULL) == 0);
  CHECK(!cfgd_event_is_ready(NULL) && !cfgd_event_is_resync(NULL));
  CHECK(cfgd_event_values(NULL) == NULL && cfgd_event_removed_count(NULL) == 0);
  CHECK(cfgd_event_removed(NULL, 0) == NULL);

  CHECK(cfgd_watch_new(&watch, "/nonexistent/io.cfgd", NULL, NULL) == 0);
  CHECK(cfgd_watch_acknowledge(watch, 1, true, NULL) == -EINVAL); /* it has no name */
  CHECK(cfgd_watch_dispatch(watch, NULL) == -EINVAL);
  CHECK(cfgd_watch_wait(watch, -1, &event) == -ENOTCONN && event == NULL);
  CHECK(cfgd_watch_dispatch(watch, &event) == -ENOTCONN); /* it has ended, and stays so */
  CHECK(cfgd_watch_resume(watch, 1, NULL) == -EBUSY && cfgd_watch_retry(watch) == -EBUSY);
  cfgd_watch_free(watch);

  CHECK(cfgd_watch_new(&watch, "/nonexistent/io.cfgd", NULL, "x") == 0);
  CHECK(cfgd_watch_retry(watch) == 0 && cfgd_watch_resume(watch, 4, "s") == 0);
  CHECK(cfgd_watch_wait(watch, 0, &event) == 0 && event == NULL && cfgd_watch_is_lost(watch));
  CHECK(cfgd_watch_acknowledge(watch, 1, false, "why") == -ENOTCONN);
  CHECK(cfgd_watch_revision(watch) == 4);
  cfgd_watch_free(watch);
}

static void copies(void) {
  cfgd_live* live = (cfgd_live*)&faults;
  cfgd_values* newest = NULL;
  cfgd_live_close(NULL);
  CHECK(cfgd_live_open(NULL, NULL, NULL, true) == -EINVAL && cfgd_live_values(NULL) == NULL);
  CHECK(cfgd_live_open(&live, "/nonexistent/io.cfgd", NULL, false) == -ENOTCONN && live == NULL);
  CHECK(cfgd_live_open(&live, "/nonexistent/io.cfgd", NULL, true) == 0);
  newest = cfgd_live_values(live);
  CHECK(cfgd_values_count(newest) == 0 && cfgd_values_is_stale(newest));
  cfgd_live_close(live);
  CHECK(cfgd_values_int64(newest, "a.b", 6) == 6); /* they outlive it */
  CHECK(cfgd_values_each(newest, stop_at_once, NULL) == 0);
  while (cfgd_values_wait(newest, -1)) { /* what came before the end */
  }
  cfgd_values_free(newest);
}

int main(void) {
  texts_and_units();
  values();
  calls();
  transactions();
  watches();
  copies();
  return faults == 0 ? 0 : 1;
}
