/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * stop.c: looks for a stop string while text is generated.
 */
#include "core/config.h"
#include "pylm_text.h"

#if PYLM_MODULE_TEXT

/* Whether the stop string's first bytes, as many as fit, stand at `text`. */
static int stands_at(const uint8_t *text, uint64_t text_nbytes, const uint8_t *stop, uint64_t stop_nbytes)
{
    uint64_t i, n = stop_nbytes < text_nbytes ? stop_nbytes : text_nbytes;
    for (i = 0; i < n; i++)
        if (text[i] != stop[i])
            return 0;
    return 1;
}

uint64_t pylm_stop_search(const void *text, uint64_t text_nbytes, const void *stop, uint64_t stop_nbytes,
                          int *found_ret)
{
    uint64_t at;
    *found_ret = 0;
    for (at = 0; at < text_nbytes; at++) {
        if (stands_at((const uint8_t *)text + at, text_nbytes - at, stop, stop_nbytes)) {
            *found_ret = stop_nbytes <= text_nbytes - at;
            break;
        }
    }
    return at;
}

#endif
