/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * prefixes.c: see prefixes.h.
 */
#include "prefixes.h"

#include <stdlib.h>
#include <string.h>

#include "frequent.h"

#define LEAST 160u         /* events of a node with a vector of its own; so a prefix comes as often, too */
#define MOST 16384u        /* prefixes */
#define MOST_RECORDS 65536 /* vectors of nodes, about */
#define SLICE 65536u       /* positions between two looks at the task */

struct finding {
    struct pylm__readings *readings;
    const struct pylm__corpus *corpus;
    const struct pylm__symbol_tree *tree;
    uint8_t *table;
    uint64_t table_nbytes;
    uint32_t n_prefixes, n_nodes;
    uint32_t *n_events; /* by prefix and node */
};

static int count_prefixes(struct finding *f, const pylm_task *task)
{
    const struct pylm__readings *readings = f->readings;
    struct pylm__frequencies frequencies;
    int status = PYLM_OK;
    uint64_t at;
    memset(&frequencies, 0, sizeof frequencies);
    for (at = 0; at < readings->n_positions && status == PYLM_OK; at++)
        status = at % SLICE == 0 && pylm__task_cancelled(task)
                     ? PYLM_ERR_CANCELLED
                     : pylm__frequencies_count(&frequencies, readings->key_of[at]);
    if (status == PYLM_OK)
        status = pylm__frequencies_table(&frequencies, LEAST, MOST, &f->table, &f->table_nbytes);
    pylm__frequencies_free(&frequencies);
    return status;
}

/* Counts the events of each node behind each prefix. */
static int count_events(struct finding *f, const pylm_task *task)
{
    struct pylm__readings *readings = f->readings;
    const struct pylm__symbol_tree *tree = f->tree;
    uint32_t i;
    f->n_prefixes = pylm__load32(f->table);
    f->n_nodes = tree->n_symbols - 1u;
    f->n_events = pylm__array_new((uint64_t)f->n_prefixes * f->n_nodes, sizeof *f->n_events);
    if (!f->n_events)
        return PYLM_ERR_MEMORY;
    for (i = 0; i < readings->n_sections; i++) {
        const struct pylm__section *section = &readings->sections[i];
        uint64_t p = section->begin, at = section->first;
        for (; p < section->last; pylm__corpus_passed(f->corpus, p++), at++) {
            uint32_t prefix = pylm__table_find(f->table, readings->key_of[at]);
            uint32_t leaf = tree->leaf_of[pylm__symbol(f->corpus, p)], node = 0, lo = 0, hi = tree->n_symbols;
            if (at % SLICE == 0 && pylm__task_cancelled(task))
                return PYLM_ERR_CANCELLED;
            readings->key_of[at] = prefix + 1u; /* PYLM_NONE becomes 0 */
            while (prefix != PYLM_NONE && hi - lo > 1u) {
                uint32_t mid = tree->mid[node];
                int side = leaf >= mid;
                f->n_events[(size_t)prefix * f->n_nodes + node]++;
                node += side ? mid - lo : 1u;
                *(side ? &lo : &hi) = mid;
            }
        }
    }
    return PYLM_OK;
}

/* How many nodes have `least` events or more. */
static uint64_t count_records(const struct finding *f, uint32_t least)
{
    uint64_t i, n = 0;
    for (i = 0; i < (uint64_t)f->n_prefixes * f->n_nodes; i++)
        n += f->n_events[i] >= least;
    return n;
}

/* Writes the entry of a prefix; returns how many nodes have records of their own. */
static uint32_t write_prefix(const struct finding *f, uint32_t prefix, uint32_t least, uint32_t first, uint8_t *out)
{
    const uint32_t *n_events = f->n_events + (size_t)prefix * f->n_nodes;
    uint32_t i, node, n = 0;
    pylm__store32(out + PYLM__PREFIX_FIRST, first);
    for (i = 0; i < 8u; i++) {
        uint32_t bits = 0;
        out[PYLM__PREFIX_RANKS + i] = (uint8_t)n;
        for (node = 32u * i; node < 32u * i + 32u && node < f->n_nodes; node++)
            if (n_events[node] >= least) {
                bits |= UINT32_C(1) << node % 32u;
                n++;
            }
        pylm__store32(out + PYLM__PREFIX_BITS + 4u * i, bits);
    }
    return n;
}

static int write_prefixes(struct finding *f)
{
    struct pylm__readings *readings = f->readings;
    uint64_t before = 4u + f->table_nbytes;
    uint32_t prefix, least = LEAST, n = f->n_nodes;
    while (count_records(f, least) > MOST_RECORDS)
        least += least / 8u;
    readings->prefixes_nbytes = before + (uint64_t)f->n_prefixes * PYLM__PREFIX_NBYTES;
    readings->prefixes = pylm__array_new(readings->prefixes_nbytes, 1);
    if (!readings->prefixes)
        return PYLM_ERR_MEMORY;
    memcpy(readings->prefixes + 4, f->table, (size_t)f->table_nbytes);
    for (prefix = 0; prefix < f->n_prefixes; prefix++)
        n += write_prefix(f, prefix, least, n, readings->prefixes + before + (size_t)prefix * PYLM__PREFIX_NBYTES);
    pylm__store32(readings->prefixes, n);
    readings->n_records = n;
    return PYLM_OK;
}

int pylm__prefixes_find(struct pylm__readings *readings, const struct pylm__corpus *corpus,
                        const struct pylm__symbol_tree *tree, const pylm_task *task)
{
    struct finding f;
    int status;
    memset(&f, 0, sizeof f);
    f.readings = readings;
    f.corpus = corpus;
    f.tree = tree;
    status = count_prefixes(&f, task);
    if (status == PYLM_OK)
        status = count_events(&f, task);
    if (status == PYLM_OK)
        status = write_prefixes(&f);
    free(f.table);
    free(f.n_events);
    return status;
}
