/* Reads settings of the site, changes one, and says why it cannot. C99. */

#include <cfgd.h>
#include <inttypes.h>
#include <stdio.h>

static int change_title(cfgd_client* service) {
  cfgd_transaction* change = cfgd_transaction_new();
  uint64_t revision = 0;
  int done = change == NULL ? -1 : cfgd_transaction_set_string(change, "site.title", "Spring sale");
  if (done == 0) done = cfgd_transaction_comment(change, "campaign");
  if (done == 0) done = cfgd_commit(service, change, &revision);
  cfgd_transaction_free(change);
  if (done == 0) printf("revision %" PRIu64 "\n", revision);
  return done;
}

int main(void) {
  cfgd_client* service = NULL;
  char* title = NULL;
  int64_t port = 0;
  int64_t timeout = 0;
  int done = cfgd_open(&service, NULL, -1);

  if (done == 0) {
    /* What a getter cannot read has its default. */
    done = cfgd_get_string(service, "site.title", "no title", &title);
    (void)cfgd_get_int64(service, "site.port", 80, &port);
    (void)cfgd_get_duration(service, "site.timeout", 30000000, &timeout);
  }
  if (done >= 0) {
    printf("%s, port %" PRId64 ", timeout %" PRId64 " us\n", title, port, timeout);
    done = change_title(service);
  }
  if (done < 0) fprintf(stderr, "%s\n", cfgd_error_message());
  cfgd_free(title);
  cfgd_close(service);
  return done < 0 ? 1 : 0;
}
