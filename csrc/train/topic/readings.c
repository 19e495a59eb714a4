/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * readings.c: see readings.h.
 */
#include "readings.h"

#include <stdlib.h>
#include <string.h>

/* The held-out block that begins at a position; n_blocks if there is none. */
static uint32_t block_at(const struct pylm__heldout *heldout, uint64_t position)
{
    uint32_t b = 0;
    while (b < heldout->n_blocks && heldout->begins[b] != position)
        b++;
    return b;
}

/* Finds the parts. No two blocks with a rest are neighbours: else enough is held out of fewer blocks. */
static void find_parts(struct pylm__readings *readings, uint64_t n, const struct pylm__heldout *heldout)
{
    int in_groups = heldout->n_blocks > PYLM__TOPIC_PARTS / 2u; /* else enough is not held out */
    uint32_t part, b;
    for (part = 0; part < PYLM__TOPIC_PARTS; part++) {
        readings->bounds[part] = n * part / PYLM__TOPIC_PARTS;
        b = block_at(heldout, readings->bounds[part]);
        readings->group[part] = b == heldout->n_blocks ? PYLM__TOPIC_COMMON
                                : b % 2u && in_groups  ? PYLM__TOPIC_SECOND
                                                       : PYLM__TOPIC_FIRST;
        readings->has_second |= readings->group[part] == PYLM__TOPIC_SECOND;
    }
    readings->bounds[part] = n;
    for (part = 1; part < PYLM__TOPIC_PARTS; part++)
        if (readings->group[part - 1u] != PYLM__TOPIC_COMMON && readings->group[part] == PYLM__TOPIC_COMMON)
            readings->bounds[part] = heldout->ends[block_at(heldout, readings->bounds[part - 1u])];
}

void pylm__readings_lay_out(struct pylm__readings *readings, const struct pylm__corpus *corpus,
                            const struct pylm__heldout *heldout, uint64_t most)
{
    uint32_t part;
    memset(readings, 0, sizeof *readings);
    readings->n = PYLM__MAX_READING;
    readings->n_used = PYLM__MAX_TOPIC;
    find_parts(readings, corpus->n, heldout);
    for (part = 0; part < PYLM__TOPIC_PARTS; part++) {
        uint64_t begin = readings->bounds[part], end = readings->bounds[part + 1u], most_here = most;
        if (readings->group[part] != PYLM__TOPIC_COMMON)
            most_here = PYLM__MAX_BLOCK; /* the whole block */
        readings->begins[part] = begin;
        readings->ends[part] = end - begin > most_here ? begin + most_here : end;
        readings->first[part] = readings->n_positions;
        readings->n_positions += readings->ends[part] - begin;
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
        around->bounds[part] = bounds ? bounds[part] : readings->bounds[part];
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
