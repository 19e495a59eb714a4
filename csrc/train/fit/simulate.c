/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * simulate.c: see simulate.h. It uses the overlay of the engine, with the tree of the trainer.
 */
#include "simulate.h"

#include <stdlib.h>
#include <string.h>

#define OVERLAY_NBYTES (UINT32_C(1) << 20)
#define SLICE 4096u /* symbols between two looks at the task */

struct reader {
    const struct pylm__symbol_tree *tree;
    const struct pylm__templates *templates;
    struct pylm__overlay overlay;
    struct pylm__simulated *out;
};

static void make_keys(const struct reader *r, const struct pylm__state *state, uint64_t *keys)
{
    const struct pylm__plan *plan = &r->templates->plan;
    uint64_t hashes[PYLM__MAX_TEMPLATES];
    uint32_t i;
    for (i = 0; i < plan->n_recalled; i++)
        if (plan->recalled[i] < PYLM__INDIRECT)
            hashes[plan->recalled[i]] = pylm__template_hash(r->templates, plan->recalled[i], r->tree, state);
    pylm__overlay_keys(&r->overlay, plan, hashes, state, keys);
}

/* Notes what the overlay says at one node. */
static void note(const struct reader *r, uint64_t event, uint32_t node, const struct pylm__recall *recalls,
                 const struct pylm__active_recalls *active)
{
    struct pylm__node_past past = pylm__overlay_node(&r->overlay, node);
    uint16_t **indices = r->out->indices;
    uint32_t i, n = r->templates->plan.n_recalled, mid = r->tree->mid[node], n_active = 0;
    indices[PYLM__INPUT_COUNTS][event] = (uint16_t)pylm__calibration_index(past.counts[0], past.counts[1]);
    indices[PYLM__INPUT_AGES][event] = (uint16_t)pylm__ages_index(past);
    for (i = 0; i <= n; i++) {
        uint32_t index = i < n ? pylm__recall_index(&recalls[i], active->successors[i], mid)
                               : pylm__repetition_index(&recalls[i], active->successors[i], mid);
        indices[PYLM__INPUT_RECALL + i][event] = (uint16_t)index;
        n_active += i < n && index;
    }
    r->out->sets[event] = (uint16_t)pylm__recall_set(n_active, recalls[n].count[0], active->successors[n] != 0);
}

/* Looks up a symbol along its path, if that has events, then learns it. */
static void read_symbol(const struct reader *r, const struct pylm__state *state, uint32_t leaf, const uint64_t *events)
{
    const struct pylm__plan *plan = &r->templates->plan;
    const struct pylm__symbol_tree *tree = r->tree;
    struct pylm__recall recalls[PYLM__MAX_RECALLS];
    struct pylm__active_recalls active;
    uint64_t keys[PYLM__MAX_KEYS];
    uint32_t i, node = 0, lo = 0, hi = tree->n_symbols, mid;
    uint64_t event = events[0];
    make_keys(r, state, keys);
    pylm__overlay_recall(&r->overlay, plan, keys, recalls);
    for (i = 0; i <= plan->n_recalled; i++)
        active.successors[i] = (uint8_t)pylm__mask(recalls[i].n);
    while (hi - lo > 1u) {
        int side = leaf >= (mid = tree->mid[node]);
        if (event < events[1])
            note(r, event++, node, recalls, &active);
        pylm__overlay_count(&r->overlay, node, side);
        for (i = 0; i <= plan->n_recalled; i++)
            active.successors[i] = pylm__recall_narrow(&recalls[i], active.successors[i], mid, side);
        node += side ? mid - lo : 1u;
        *(side ? &lo : &hi) = mid;
    }
    pylm__overlay_learn(&r->overlay, plan, keys, leaf);
}

static int read_block(const struct reader *r, const struct pylm__heldout *heldout, uint32_t block,
                      const struct pylm__corpus *corpus, const pylm_task *task)
{
    pylm_state opaque;
    struct pylm__state *state = pylm__state_view(&opaque);
    uint64_t p, d = 0, at = pylm__heldout_first(heldout, block);
    pylm__corpus_begin(corpus, &opaque);
    for (p = heldout->begins[block]; p < heldout->ends[block]; p++, at++) {
        if (p % SLICE == 0 && pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        for (; d < corpus->n_documents && corpus->document_ends[d] <= p; d++)
            pylm__corpus_begin(corpus, &opaque); /* before the block these do no harm */
        read_symbol(r, state, r->tree->leaf_of[pylm__symbol(corpus, p)], &heldout->first_event[at]);
        pylm__state_read(state, corpus->tokenizer, pylm__symbol(corpus, p), corpus->factor);
    }
    return PYLM_OK;
}

static int simulate_block(struct reader reader, const struct pylm__heldout *heldout, uint32_t block,
                          const struct pylm__corpus *corpus, const pylm_task *task)
{
    uint8_t *memory = pylm__array_new(OVERLAY_NBYTES, 1);
    int status = PYLM_ERR_MEMORY;
    if (memory) {
        pylm__overlay_lay_out(memory, OVERLAY_NBYTES, reader.tree->n_symbols - 1u, 0, &reader.overlay);
        status = read_block(&reader, heldout, block, corpus, task);
    }
    free(memory);
    return status;
}

int pylm__simulate(struct pylm__simulated *simulated, const struct pylm__heldout *heldout,
                   const struct pylm__corpus *corpus, const struct pylm__symbol_tree *tree,
                   const struct pylm__templates *templates, uint32_t n_threads, const pylm_task *task)
{
    struct reader reader;
    int b, n_blocks = (int)heldout->n_blocks, first_error = PYLM_OK;
    uint32_t i;
    memset(&reader, 0, sizeof reader);
    reader.tree = tree;
    reader.templates = templates;
    reader.out = simulated;
    (void)n_threads;
    memset(simulated, 0, sizeof *simulated);
    simulated->n_inputs = pylm__plan_inputs(&templates->plan);
    simulated->sets = pylm__array_new(heldout->n_events, sizeof *simulated->sets);
    if (!simulated->sets)
        return PYLM_ERR_MEMORY;
    for (i = 0; i < simulated->n_inputs; i++) {
        simulated->indices[i] = pylm__array_new(heldout->n_events, sizeof *simulated->indices[i]);
        if (!simulated->indices[i])
            return PYLM_ERR_MEMORY;
    }
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 1) num_threads(pylm__n_threads(n_threads, (uint64_t)n_blocks))
#endif
    for (b = 0; b < n_blocks; b++) {
        int status = simulate_block(reader, heldout, (uint32_t)b, corpus, task);
        if (status != PYLM_OK) {
#ifdef _OPENMP
#pragma omp critical(pylm_error)
#endif
            first_error = status;
        }
    }
    return first_error;
}

void pylm__simulated_free(struct pylm__simulated *simulated)
{
    uint32_t i;
    for (i = 0; i < simulated->n_inputs; i++)
        free(simulated->indices[i]);
    free(simulated->sets);
    memset(simulated, 0, sizeof *simulated);
}
