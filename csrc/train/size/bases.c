/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * bases.c: see bases.h. Sorted keys do not say which context of the base theirs extends. So the text is read once more.
 * Few contexts are left by now, and it is enough to meet each of them once.
 */
#include "bases.h"

#include <stdlib.h>
#include <string.h>

#define AHEAD 16u          /* positions: what they look up is fetched before it is needed; a power of two */
#define NOT_YET UINT64_MAX /* no hash */
#define SLICE 65536u       /* positions between two looks at the task */

/* A position whose context is looked up later. */
struct waiting {
    uint64_t hash, base;
};

struct search {
    struct pylm__counted *c;
    uint64_t n_left; /* contexts whose bases are not known */
    struct waiting ring[AHEAD];
    uint64_t n; /* positions so far */
};

static void look_up(struct search *s, const struct waiting *at)
{
    uint64_t context = at->base == NOT_YET ? s->c->n_contexts : pylm__counted_find(s->c, at->hash);
    if (context == s->c->n_contexts || s->c->bases[context] != NOT_YET)
        return;
    s->c->bases[context] = at->base;
    s->n_left--;
}

static void add_position(struct search *s, uint64_t hash, uint64_t base)
{
    struct waiting *new = &s->ring[s->n & (AHEAD - 1u)];
    look_up(s, new);
    new->hash = hash;
    new->base = base;
    pylm__counted_fetch_start(s->c, hash);
    s->n++;
    if (s->n >= AHEAD / 2u)
        pylm__counted_fetch_context(s->c, s->ring[(s->n - AHEAD / 2u) & (AHEAD - 1u)].hash);
}

/* Reads a document. */
static int search_document(struct search *s, const struct pylm__contexts *contexts, uint32_t base, uint64_t p,
                           uint64_t end, const pylm_task *task)
{
    const struct pylm__corpus *corpus = contexts->corpus;
    const unsigned shift = s->c->leaf_bits;
    pylm_state opaque;
    struct pylm__state *state = pylm__state_view(&opaque);
    pylm__corpus_begin(corpus, &opaque);
    for (; p < end && s->n_left; pylm__corpus_passed(corpus, p++)) {
        uint64_t base_hash = pylm__template_hash(contexts->templates, base, contexts->tree, state);
        uint64_t hash = pylm__template_extend(contexts->templates, contexts->k, contexts->tree, state, base_hash);
        if (p % SLICE == 0 && pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        add_position(s, hash >> shift, base_hash >> shift);
        pylm__state_read(state, corpus->tokenizer, pylm__symbol(corpus, p), corpus->factor);
    }
    return PYLM_OK;
}

int pylm__counted_find_bases(struct pylm__counted *c, const struct pylm__contexts *contexts, uint32_t base,
                             const pylm_task *task)
{
    const struct pylm__corpus *corpus = contexts->corpus;
    struct search s;
    uint64_t d, i;
    memset(&s, 0, sizeof s);
    s.c = c;
    s.n_left = c->n_contexts;
    for (i = 0; i < c->n_contexts; i++)
        c->bases[i] = NOT_YET;
    for (i = 0; i < AHEAD; i++)
        s.ring[i].base = NOT_YET;
    for (d = 0; d < corpus->n_documents && s.n_left; d++)
        PYLM__TRY(search_document(&s, contexts, base, pylm__corpus_document_begin(corpus, d), corpus->document_ends[d],
                                  task));
    for (i = 0; i < AHEAD; i++)
        look_up(&s, &s.ring[i]);
    pylm__store_rest(&corpus->symbols);
    return PYLM_OK;
}
