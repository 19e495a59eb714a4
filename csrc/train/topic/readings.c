/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * readings.c: see readings.h.
 */
#include "readings.h"

#include <stdlib.h>
#include <string.h>

void pylm__readings_lay_out(struct pylm__readings *readings, const struct pylm__corpus *corpus,
                            const struct pylm__heldout *heldout, uint64_t most)
{
    int in_groups = heldout->n_blocks > PYLM__TOPIC_PARTS / 2u; /* else enough is not held out */
    uint32_t part, b;
    memset(readings, 0, sizeof *readings);
    readings->n = PYLM__MAX_READING;
    readings->n_used = PYLM__MAX_TOPIC;
    for (part = 0; part < PYLM__TOPIC_PARTS; part++) {
        uint64_t begin = pylm__topic_part(corpus->n, part), end = pylm__topic_part(corpus->n, part + 1u);
        uint64_t most_here = most;
        readings->group[part] = PYLM__TOPIC_COMMON;
        for (b = 0; b < heldout->n_blocks; b++)
            if (heldout->begins[b] == begin)
                readings->group[part] = b % 2u && in_groups ? PYLM__TOPIC_SECOND : PYLM__TOPIC_FIRST;
        readings->has_second |= readings->group[part] == PYLM__TOPIC_SECOND;
        if (readings->group[part] != PYLM__TOPIC_COMMON)
            most_here = PYLM__MAX_BLOCK; /* the whole block */
        if (end - begin > most_here)
            end = begin + most_here;
        readings->begins[part] = begin;
        readings->ends[part] = end;
        readings->first[part] = readings->n_positions;
        readings->n_positions += end - begin;
    }
}

void pylm__readings_neighbourhood(const struct pylm__readings *readings, const struct pylm__corpus *corpus,
                                  const uint64_t *bounds, struct pylm__neighbourhood *around)
{
    uint32_t part;
    memset(around, 0, sizeof *around);
    around->corpus = corpus;
    for (part = 0; part < PYLM__TOPIC_PARTS; part++)
        around->use[part] = readings->group[part] == PYLM__TOPIC_COMMON || readings->has_second;
    for (part = 0; part <= PYLM__TOPIC_PARTS; part++)
        around->bounds[part] = bounds ? bounds[part] : pylm__topic_part(corpus->n, part);
}

void pylm__readings_free(struct pylm__readings *readings)
{
    free(readings->rows);
    free(readings->symbols);
    free(readings->wanted);
    free(readings->row_of);
    free(readings->key_of);
    free(readings->prefixes);
    memset(readings, 0, sizeof *readings);
}
