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

static void add_section(struct pylm__readings *readings, uint32_t part, uint8_t group, uint64_t begin, uint64_t end)
{
    struct pylm__section *section = &readings->sections[readings->n_sections++];
    section->part = part;
    section->group = group;
    section->begin = begin;
    section->end = end;
}

/* Finds the sections: blocks begin where parts do. If most of the text is held out, what is left of it teaches too
 * little; then each half of the blocks is learned from without the other. */
static void find_sections(struct pylm__readings *readings, uint64_t n, const struct pylm__heldout *heldout)
{
    int in_groups = heldout->n_symbols > n / 2u + n / (2u * PYLM__TOPIC_PARTS);
    uint32_t part, b;
    for (part = 0; part < PYLM__TOPIC_PARTS; part++) {
        uint64_t begin = n * part / PYLM__TOPIC_PARTS, end = n * (part + 1u) / PYLM__TOPIC_PARTS;
        readings->first_section[part] = readings->n_sections;
        b = block_at(heldout, begin);
        if (b < heldout->n_blocks) {
            uint8_t group = b % 2u && in_groups ? PYLM__TOPIC_SECOND : PYLM__TOPIC_FIRST;
            add_section(readings, part, group, begin, heldout->ends[b]);
            readings->has_second |= group == PYLM__TOPIC_SECOND;
            begin = heldout->ends[b];
        }
        if (begin < end)
            add_section(readings, part, PYLM__TOPIC_COMMON, begin, end);
    }
    readings->first_section[part] = readings->n_sections;
}

void pylm__readings_lay_out(struct pylm__readings *readings, const struct pylm__corpus *corpus,
                            const struct pylm__heldout *heldout, uint64_t most)
{
    uint32_t i;
    memset(readings, 0, sizeof *readings);
    readings->n = PYLM__MAX_READING;
    readings->n_used = PYLM__MAX_TOPIC;
    find_sections(readings, corpus->n, heldout);
    for (i = 0; i < readings->n_sections; i++) {
        struct pylm__section *section = &readings->sections[i];
        uint64_t most_here = section->group == PYLM__TOPIC_COMMON ? most : PYLM__MAX_BLOCK; /* the whole block */
        section->last = section->end - section->begin > most_here ? section->begin + most_here : section->end;
        section->first = readings->n_positions;
        readings->n_positions += section->last - section->begin;
    }
}

void pylm__readings_neighbourhood(const struct pylm__readings *readings, const struct pylm__corpus *corpus,
                                  const uint64_t *bounds, struct pylm__neighbourhood *around)
{
    uint32_t i;
    memset(around, 0, sizeof *around);
    around->corpus = corpus;
    around->n = readings->n_sections;
    for (i = 0; i < around->n; i++) {
        around->use[i] = readings->sections[i].group == PYLM__TOPIC_COMMON || readings->has_second;
        around->bounds[i] = bounds ? bounds[i] : readings->sections[i].begin;
    }
    around->bounds[i] = bounds ? bounds[i] : corpus->n;
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
