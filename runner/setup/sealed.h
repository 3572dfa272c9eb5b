/* sealed.h - JSON records of the cache that vouch for themselves and for no place.
 *
 * A record is one line, HASH JSON: a record that was changed, cut or emptied is not there.  Paths in it are written as
 * @cache, @root and @goroot, and an @ as two, so that a cache is found wherever it is moved to. */
#ifndef TLSMATRIX_RUNNER_SETUP_SEALED_H
#define TLSMATRIX_RUNNER_SETUP_SEALED_H

#include "runner/setup/setup.h"

#include <jansson.h>

/* Writes it whole or not at all.  0 or -errno. */
int sealed_write(const struct setup *setup, const char *path, const json_t *json);

/* A new reference, or NULL where there is no whole record. */
json_t *sealed_read(const struct setup *setup, const char *path);

/* A copy without places: @cache, @root, @goroot. */
json_t *sealed_placeless(const struct setup *setup, const json_t *json);

/* A copy in which every text and key has from in place of to. */
json_t *sealed_replace(const json_t *json, const char *from, const char *to);

#endif
