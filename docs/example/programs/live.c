/* Reads settings all the time, without a call for each. C99. */

#include <cfgd.h>
#include <inttypes.h>
#include <stdio.h>

int main(void) {
  const char* prefixes[] = {"site", NULL};
  cfgd_live* live = NULL;
  cfgd_values* site = NULL;
  if (cfgd_live_open(&live, NULL, prefixes, false) < 0) {
    fprintf(stderr, "%s\n", cfgd_error_message());
    return 1;
  }
  site = cfgd_live_values(live);
  while (site != NULL) {
    printf("%s, port %" PRId64 "\n", cfgd_values_string(site, "site.title", "no title"),
           cfgd_values_int64(site, "site.port", 80));
    fflush(stdout);
    (void)cfgd_values_wait(site, 60000);
  }
  cfgd_values_free(site);
  cfgd_live_close(live);
  return 0;
}
