/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Which symbols of a text are held out, and which of them have events.
 */
#include "check.h"
#include "train/count/heldout.h"

#define LONG 30000000u /* symbols: blocks are a small part of it */
#define SHORT 3000000u /* too short for blocks that are used in part */
#define ENOUGH 300000u /* symbols that have events */
#define FEW 2u         /* different symbols, so that a symbol has one event */

static uint32_t mids[FEW] = {1, 0}, leaves[FEW] = {0, 1}, sets[FEW] = {0, 0};

/* The held-out blocks of a text of so many pieces. Checks that they lie apart, that n_used of their symbols have an
 * event, and that these are evenly spread over the blocks. */
static struct pylm__heldout hold_out(uint32_t n, enum pylm__heldout_use use)
{
    struct pylm__corpus corpus;
    struct pylm__symbol_tree tree;
    struct pylm__heldout h;
    uint64_t at = 0, end;
    uint32_t b;
    memset(&corpus, 0, sizeof corpus);
    memset(&tree, 0, sizeof tree);
    corpus.tokenizer = PYLM_TOKENIZER_PIECES;
    corpus.n = n;
    corpus.width = 1;
    corpus.n_symbols = tree.n_symbols = FEW;
    corpus.symbols.data = allocate(n);
    memset(corpus.symbols.data, 1, n);
    tree.mid = mids;
    tree.leaf_of = leaves;
    tree.set = sets;
    tree.n_sets = 1;
    REQUIRE(pylm__heldout_choose(&h, &corpus, &tree, use) == PYLM_OK);
    for (b = 0; b < h.n_blocks; b++) {
        uint64_t n_symbols = h.ends[b] - h.begins[b], n_events, share = n_symbols * h.n_used / h.n_symbols;
        CHECK(h.begins[b] < h.ends[b] && h.ends[b] <= n && (!b || h.ends[b - 1u] <= h.begins[b]));
        CHECK(n_symbols <= PYLM__MAX_BLOCK);
        end = at + n_symbols;
        n_events = h.first_event[end] - h.first_event[at];
        CHECK(n_events >= share && n_events <= share + 1u);
        for (; at < end; at++)
            CHECK(h.first_event[at + 1u] - h.first_event[at] == (uint64_t)pylm__is_used(&h, at));
    }
    CHECK(at == h.n_symbols && h.n_events == h.n_used && h.first_event[at] == h.n_events);
    free(corpus.symbols.data);
    return h;
}

/* A long text may be of many kinds: as many blocks as there can be, and not all of each is used. */
static void test_long(enum pylm__heldout_use use, uint64_t n_used)
{
    struct pylm__heldout h = hold_out(LONG, use);
    CHECK(h.n_blocks == PYLM__MAX_BLOCKS && h.n_symbols == PYLM__MAX_BLOCKS * (uint64_t)PYLM__MAX_BLOCK);
    CHECK(h.n_used == n_used);
    pylm__heldout_free(&h);
}

/* Of a short one, and where something has to be made quickly, there are as many as are needed, and all is used. */
static void test_all_used(void)
{
    struct pylm__heldout few = hold_out(SHORT, PYLM__HELDOUT_ONCE), quick = hold_out(LONG, PYLM__HELDOUT_QUICK);
    CHECK(few.n_used == few.n_symbols && few.n_used >= ENOUGH && few.n_blocks == 5u);
    CHECK(quick.n_used == quick.n_symbols && quick.n_used >= ENOUGH / 3u && quick.n_blocks == 2u);
    pylm__heldout_free(&few);
    pylm__heldout_free(&quick);
}

int main(void)
{
    test_long(PYLM__HELDOUT_ONCE, ENOUGH);
    test_long(PYLM__HELDOUT_OFTEN, ENOUGH / 3u);
    test_all_used();
    return finish();
}
