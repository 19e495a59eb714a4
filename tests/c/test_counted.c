/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Models of a given size: what is counted of a template (train/size/counted.h). It is the same with little memory, and
 * what is left out would not have been kept.
 */
#include "check.h"
#include "train/size/bases.h"
#include "train/size/prune_template.h"
#include "train/text/prepare.h"
#include "train/text/text_ends.h"
#include "train/tree/byte_tree.h"

enum { N_WORDS = 4000, N_LEVELS = 5, FEW_KEYS = 700 };

static const uint32_t levels[N_LEVELS] = {0, 6, 10, 14, 20};

struct text {
    struct pylm__corpus corpus;
    struct pylm__symbol_tree tree;
    struct pylm__heldout heldout;
    struct pylm__templates templates;
    struct pylm__prune_input input;
};

static void set_up(struct text *t)
{
    struct pylm__vocabulary_limits limits = {0, 0, 0, 0};
    pylm_train_options options;
    size_t nbytes;
    char *text = make_text(N_WORDS, 5, &nbytes);
    memset(t, 0, sizeof *t);
    pylm_train_options_init(&options);
    REQUIRE(pylm__corpus_init(&t->corpus, PYLM_TOKENIZER_BYTES) == PYLM_OK);
    REQUIRE(pylm__corpus_add(&t->corpus, (const uint8_t *)text, nbytes / 3u, NULL) == PYLM_OK);
    REQUIRE(pylm__corpus_add(&t->corpus, (const uint8_t *)text + nbytes / 3u, nbytes - nbytes / 3u, NULL) == PYLM_OK);
    REQUIRE(pylm__corpus_prepare(&t->corpus, &limits, 1, NULL) == PYLM_OK);
    REQUIRE(pylm__tree_of_bytes(&t->tree, &t->corpus, NULL) == PYLM_OK);
    pylm__corpus_find_ends(&t->corpus);
    REQUIRE(pylm__heldout_choose(&t->heldout, &t->corpus, &t->tree, PYLM__HELDOUT_OFTEN) == PYLM_OK);
    REQUIRE(pylm__heldout_list(&t->heldout, &t->corpus, &t->tree, 1) == PYLM_OK);
    pylm__templates_choose(&t->templates, PYLM_TOKENIZER_BYTES, &options, 0);
    t->templates.factor = t->corpus.factor;
    pylm__templates_set_min_counts(&t->templates, &options);
    t->input.corpus = &t->corpus;
    t->input.tree = &t->tree;
    t->input.templates = &t->templates;
    t->input.heldout = &t->heldout;
    t->input.symbol_bits = pylm__width(t->tree.n_symbols - 1u);
    pylm__prices_find(&t->input.prices, t->input.symbol_bits);
    free(text);
}

static void tear_down(struct text *t)
{
    pylm__heldout_free(&t->heldout);
    pylm__symbol_tree_free(&t->tree);
    pylm__corpus_free(&t->corpus);
}

static uint32_t base_of(const struct text *t, uint32_t k)
{
    return t->templates.of[k].base != PYLM__NO_BASE ? t->templates.of[k].base : k ? 0u : PYLM__NO_BASE;
}

/* Counts a template; with few keys, in runs. */
static int count(const struct text *t, uint32_t k, int is_base, uint32_t lowest, uint64_t max_keys,
                 struct pylm__room *room, struct pylm__counted *counted)
{
    struct pylm__stream stream;
    struct pylm__counted_input input;
    struct pylm__spill scratch;
    uint32_t base = base_of(t, k);
    int status;
    memset(&input, 0, sizeof input);
    memset(&stream, 0, sizeof stream);
    input.prices = &t->input.prices;
    input.extends = base != PYLM__NO_BASE;
    input.has_bases = input.extends && t->templates.of[base].kind != PYLM__KIND_NOTHING;
    input.is_base = is_base;
    input.min_count = t->templates.of[k].min_count;
    input.lowest = lowest;
    input.may_raise = 1;
    stream.contexts.corpus = &t->corpus;
    stream.contexts.tree = &t->tree;
    stream.contexts.templates = &t->templates;
    stream.contexts.k = k;
    stream.heldout = &t->heldout;
    stream.max_keys = max_keys;
    stream.scratch = &scratch;
    REQUIRE(pylm__spill_open(&scratch, NULL) == PYLM_OK);
    status = pylm__counted_make(counted, &stream, &input, room, NULL);
    if (status == PYLM_OK && input.has_bases)
        status = pylm__counted_find_bases(counted, &stream.contexts, base, NULL);
    pylm__spill_close(&scratch);
    return status;
}

static void check_same(const struct pylm__counted *a, const struct pylm__counted *b, const struct text *t)
{
    CHECK(a->n_contexts == b->n_contexts && a->n_followers == b->n_followers && a->discount == b->discount);
    CHECK(memcmp(a->contexts, b->contexts, (size_t)a->n_contexts * sizeof *a->contexts) == 0);
    CHECK(memcmp(a->followers, b->followers, (size_t)a->n_followers * sizeof *a->followers) == 0);
    CHECK(!a->bases == !b->bases &&
          (!a->bases || memcmp(a->bases, b->bases, (size_t)a->n_contexts * sizeof *a->bases) == 0));
    CHECK(memcmp(a->of_blocks, b->of_blocks, (size_t)t->heldout.n_symbols * sizeof *a->of_blocks) == 0);
}

/* ---- counts ---- */

/* Compares what was counted at the lowest level of all with the text, position by position. */
static void check_counts(const struct text *t, uint32_t k, const struct pylm__counted *c)
{
    const struct pylm__contexts contexts = {&t->corpus, &t->tree, &t->templates, k};
    size_t n = (size_t)t->corpus.n, n_followers = (size_t)c->n_followers + 1u;
    uint64_t *keys = allocate(n * sizeof *keys), *bases = allocate(n * sizeof *bases), p, i, all = 0;
    uint32_t base = base_of(t, k), *seen = allocate(n_followers * sizeof *seen);
    memset(seen, 0, n_followers * sizeof *seen);
    REQUIRE(pylm__keys_make(&contexts, keys, base, base == PYLM__NO_BASE ? NULL : bases, NULL) == PYLM_OK);
    for (p = 0; p < t->corpus.n; p++) {
        uint64_t context = pylm__counted_find(c, keys[p] >> c->leaf_bits);
        struct pylm__followers f;
        if (context == c->n_contexts)
            continue;
        f = pylm__counted_followers(c, context);
        for (i = 0; i < f.n && f.of[i].leaf != pylm__key_leaf(keys[p], c->leaf_bits); i++)
            continue;
        CHECK(i < f.n);
        CHECK(!c->bases || c->bases[context] == bases[p] >> c->leaf_bits);
        seen[&f.of[i] - c->followers]++;
        all++;
    }
    for (i = 0; i < c->n_followers; i++)
        CHECK(seen[i] == c->followers[i].n);
    for (i = 0; i < c->n_contexts; i++) {
        CHECK(c->contexts[i].total >= t->templates.of[k].min_count);
        all -= c->contexts[i].total;
    }
    CHECK(all == 0 && c->n_contexts > 0);
    free(keys);
    free(bases);
    free(seen);
}

static void test_counts(void)
{
    struct pylm__room room = {UINT64_MAX / 2u, 0};
    struct pylm__counted whole, in_runs;
    struct text t;
    uint32_t k;
    set_up(&t);
    for (k = 0; k < t.templates.n; k++) {
        REQUIRE(count(&t, k, 1, 0, t.corpus.n, &room, &whole) == PYLM_OK);
        REQUIRE(count(&t, k, 1, 0, FEW_KEYS, &room, &in_runs) == PYLM_OK);
        check_counts(&t, k, &whole);
        check_same(&whole, &in_runs, &t);
        pylm__counted_free(&whole);
        pylm__counted_free(&in_runs);
    }
    CHECK(room.nbytes == UINT64_MAX / 2u);
    tear_down(&t);
}

/* ---- what is left out ---- */

/* A sum over all that is kept at a level. */
struct kept_sum {
    uint32_t level;
    struct pylm__kept kept;
    uint64_t sum, n;
};

static uint64_t mixed(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * UINT64_C(0x9e3779b97f4a7c15) + (sum >> 29);
}

static int add_kept(void *user, const struct pylm__pruned_context *context)
{
    struct kept_sum *s = user;
    uint32_t i;
    pylm__ranked_keep(&context->ranked, s->level, &s->kept);
    if (!s->kept.n)
        return PYLM_OK;
    s->sum = mixed(mixed(s->sum, context->hash), context->block);
    for (i = 0; i < s->kept.n; i++)
        s->sum = mixed(mixed(s->sum, s->kept.leaves[i]), s->kept.sums[i]);
    for (i = 0; i < context->n_places; i++)
        s->sum = mixed(s->sum, context->places[i]);
    s->n += s->kept.n;
    return PYLM_OK;
}

static struct kept_sum keep(const struct text *t, const struct pylm__counted *c, const struct pylm__counted *base,
                            uint32_t level, int of_blocks)
{
    struct pylm__pruning pruning = {&t->input, c, base, base ? 2u : 1u, level, NULL};
    struct kept_sum s;
    memset(&s, 0, sizeof s);
    s.level = level;
    REQUIRE(pylm__kept_new(&s.kept, t->tree.n_symbols) == PYLM_OK);
    REQUIRE((of_blocks ? pylm__prune_heldout : pylm__prune_table)(&pruning, add_kept, &s) == PYLM_OK);
    pylm__kept_free(&s.kept);
    return s;
}

/* What is kept at each level is the same if the template, and its base, were counted for that level only. */
static void check_level(const struct text *t, uint32_t k, uint32_t level, const struct pylm__counted *all,
                        const struct pylm__counted *all_base, uint64_t *n_left, uint64_t *n_all)
{
    struct pylm__room room = {UINT64_MAX / 2u, 0};
    struct pylm__counted few, few_base;
    uint32_t base = base_of(t, k);
    int of_blocks;
    REQUIRE(count(t, k, 0, level, FEW_KEYS, &room, &few) == PYLM_OK);
    if (all_base)
        REQUIRE(count(t, base, 1, level, t->corpus.n, &room, &few_base) == PYLM_OK);
    for (of_blocks = 0; of_blocks < 2; of_blocks++) {
        struct kept_sum a = keep(t, all, all_base, level, of_blocks);
        struct kept_sum b = keep(t, &few, all_base ? &few_base : NULL, level, of_blocks);
        CHECK(a.n == b.n && a.sum == b.sum);
        CHECK(a.n > 0 || level);
    }
    if (level > 10u) {
        *n_left += few.n_followers;
        *n_all += all->n_followers;
    }
    pylm__counted_free(&few);
    if (all_base)
        pylm__counted_free(&few_base);
}

static void test_left_out(void)
{
    struct pylm__room room = {UINT64_MAX / 2u, 0};
    struct pylm__counted all, all_base;
    struct text t;
    uint64_t n_left = 0, n_all = 0;
    uint32_t k, i, base;
    set_up(&t);
    for (k = 0; k < t.templates.n; k++) {
        base = base_of(&t, k);
        REQUIRE(count(&t, k, 1, 0, t.corpus.n, &room, &all) == PYLM_OK);
        if (base != PYLM__NO_BASE)
            REQUIRE(count(&t, base, 1, 0, t.corpus.n, &room, &all_base) == PYLM_OK);
        for (i = 0; i < N_LEVELS; i++)
            check_level(&t, k, levels[i], &all, base == PYLM__NO_BASE ? NULL : &all_base, &n_left, &n_all);
        pylm__counted_free(&all);
        if (base != PYLM__NO_BASE)
            pylm__counted_free(&all_base);
    }
    CHECK(n_left < n_all / 2u);
    tear_down(&t);
}

/* ---- little room ---- */

/* Without room for all, the lowest level is raised, and all that is kept from there on is still there. */
static void test_room(void)
{
    enum { K = 4, LITTLE = 60000 };
    struct pylm__room much = {UINT64_MAX / 2u, 0}, little = {LITTLE, 0}, none = {100, 0};
    struct pylm__counted all, few, base, nothing;
    struct kept_sum a, b;
    struct text t;
    set_up(&t);
    REQUIRE(count(&t, K, 0, 0, t.corpus.n, &much, &all) == PYLM_OK);
    REQUIRE(count(&t, K - 1u, 1, 0, t.corpus.n, &much, &base) == PYLM_OK);
    REQUIRE(count(&t, K, 0, 0, t.corpus.n, &little, &few) == PYLM_OK);
    CHECK(little.is_short && !much.is_short && few.lowest > 0 && few.n_followers < all.n_followers &&
          few.n_followers > 0);
    CHECK(few.context_room * sizeof *few.contexts + few.follower_room * sizeof *few.followers +
              few.base_room * sizeof *few.bases + little.nbytes ==
          LITTLE);
    a = keep(&t, &all, &base, few.lowest, 0);
    b = keep(&t, &few, &base, few.lowest, 0);
    CHECK(a.n == b.n && a.sum == b.sum && a.n > 0);
    pylm__counted_free(&few);
    CHECK(little.nbytes == LITTLE);
    CHECK(count(&t, K, 0, 0, t.corpus.n, &none, &nothing) == PYLM_ERR_MEMORY);
    pylm__counted_free(&nothing);
    CHECK(none.nbytes == 100);
    pylm__counted_free(&all);
    pylm__counted_free(&base);
    tear_down(&t);
}

int main(void)
{
    test_counts();
    test_left_out();
    test_room();
    return finish();
}
