/* Prints settings of the site, then each change of them, and acknowledges it. The descriptor of the watch
 * would be one of many in the event loop of a service; here it is alone. C99 and POSIX. */

#include <cfgd.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

static int print(void* user, const char* key, const char* json) {
  const uint64_t* revision = user;
  printf("%" PRIu64 ": %s = %s\n", *revision, key, json);
  return 0;
}

static int apply(cfgd_watch* watch, const cfgd_event* event) {
  uint64_t revision = cfgd_event_revision(event);
  int done = cfgd_values_each(cfgd_event_values(event), print, &revision);
  size_t i;
  for (i = 0; i < cfgd_event_removed_count(event); ++i)
    printf("%" PRIu64 ": %s is gone\n", revision, cfgd_event_removed(event, i));
  fflush(stdout);
  return done != 0 ? done : cfgd_watch_acknowledge(watch, revision, true, NULL);
}

int main(void) {
  const char* prefixes[] = {"site", NULL};
  cfgd_watch* watch = NULL;
  const cfgd_event* event = NULL;
  struct pollfd waiting;
  int done = cfgd_watch_new(&watch, NULL, prefixes, "follow");

  while (done >= 0) {
    waiting.fd = cfgd_watch_fd(watch);
    waiting.events = POLLIN;
    if (waiting.fd < 0 || poll(&waiting, 1, -1) < 0) break;
    while ((done = cfgd_watch_dispatch(watch, &event)) > 0) {
      done = apply(watch, event);
      if (done < 0) break;
    }
  }
  fprintf(stderr, "%s\n", cfgd_error_message());
  cfgd_watch_free(watch);
  return 1;
}
