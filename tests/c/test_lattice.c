/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Steps of decoders, and the best paths through lattices, against all paths tried one by one.
 */
#include "pylm_adapt.h"
#include "pylm_decode.h"
#include "pylm_text.h"

#include "check.h"

static pylm_model model;
static pylm_info info;
static void *work;

static void test_steps(void)
{
    static uint8_t memory[1 << 14], before[1 << 14];
    pylm_state state, next, read;
    uint32_t cost, other, i;
    CHECK(pylm_overlay_init(&model, memory, sizeof memory) == PYLM_OK);
    pylm_state_init(&model, &state);
    CHECK(pylm_state_attach(&model, &state, memory, sizeof memory) == PYLM_OK);
    for (i = 0; i < 300u; i++)
        CHECK(pylm_state_push(&model, &state, i * i % 40u) == PYLM_OK);
    memcpy(before, memory, sizeof memory);
    read = state;
    for (i = 0; i < 20u; i++) {
        CHECK(pylm_step(&model, &state, i, work, &next, &cost) == PYLM_OK);
        CHECK(pylm_cost(&model, &read, i, work, &other) == PYLM_OK && cost == other);
        CHECK(pylm_state_read(&model, &read, i) == PYLM_OK && memcmp(&read, &next, sizeof next) == 0);
        state = next;
        CHECK(pylm_step(&model, &state, i, work, &state, &cost) == PYLM_OK); /* in place */
        CHECK(pylm_state_read(&model, &read, i) == PYLM_OK && memcmp(&read, &state, sizeof state) == 0);
    }
    CHECK(memcmp(before, memory, sizeof memory) == 0);
    CHECK(pylm_step(&model, &state, info.n_symbols, work, &next, &cost) == PYLM_ERR_ARGUMENT);
}

static void test_keys(void)
{
    pylm_state a, b;
    uint32_t i;
    pylm_state_init(&model, &a);
    pylm_state_init(&model, &b);
    (void)pylm_state_read(&model, &a, 7);
    for (i = 0; i < 9u; i++) {
        (void)pylm_state_read(&model, &a, i);
        (void)pylm_state_read(&model, &b, i);
    }
    for (i = 0; i <= 16u; i++)
        CHECK((pylm_state_key(&a, i) == pylm_state_key(&b, i)) == (i <= 9u));
    CHECK(pylm_state_key(&a, 16) == pylm_state_key(&a, 99));
    CHECK(pylm_reach(&model) >= 1u && pylm_reach(&model) <= 16u);
}

/* Drafts are the most probable symbols, one after the other, as far as all of them are probable enough. A state that
 * learns stays as it is. */
static void test_drafts(void)
{
    static uint8_t memory[1 << 14], before[1 << 14];
    pylm_state state, other;
    pylm_candidate best;
    uint32_t draft[12], n, i, k, at, n_best, lengths = 0;
    uint64_t cost;
    CHECK(pylm_overlay_init(&model, memory, sizeof memory) == PYLM_OK);
    CHECK(pylm_state_attach(&model, &state, memory, sizeof memory) == PYLM_OK);
    for (i = 0; i < 60u; i++) {
        CHECK(pylm_state_push(&model, &state, i * i % 40u) == PYLM_OK);
        memcpy(before, memory, sizeof memory);
        for (k = 0; k < 4u; k++) { /* any; at least 2^-3, 2^-6, 2^-9 */
            pylm_draft(&model, &state, 12, k ? UINT32_C(65536) >> 3u * k : 0u, work, draft, &n);
            CHECK(k || n == 12u);
            lengths |= 1u << n;
            other = state;
            for (at = 0, cost = 0; at < 12u; at++) {
                pylm_top(&model, &other, 1, work, &best, &n_best);
                cost += best.cost_q16;
                if (k && cost > (uint64_t)(3u * k) << 16)
                    break;
                CHECK(at < n && draft[at] == best.symbol);
                (void)pylm_state_read(&model, &other, best.symbol);
            }
            CHECK(at == n);
        }
        CHECK(memcmp(before, memory, sizeof memory) == 0);
    }
    CHECK((lengths & (lengths - 1u)) != 0); /* of different lengths */
}

#define MOST_ARCS 64u
#define MOST_PATHS 20000u

static pylm_arc arcs[MOST_ARCS];
static uint32_t symbols[4u * MOST_ARCS];

/* Nodes one after the other, with some arcs between near ones. */
static pylm_lattice random_lattice(uint64_t *seed, uint32_t n_nodes)
{
    pylm_lattice lattice = {arcs, symbols, 0, 0, 0, 0, 0, 0, 0};
    uint32_t node, i, n;
    lattice.n_nodes = n_nodes;
    for (node = 0; node + 1u < n_nodes; node++) {
        n = 1u + (uint32_t)(random_number(seed) % 3u);
        for (i = 0; i < n && lattice.n_arcs < MOST_ARCS; i++) {
            pylm_arc *arc = &arcs[lattice.n_arcs++];
            uint64_t r = random_number(seed);
            uint32_t length = (uint32_t)(r >> 8) % 4u;
            arc->from = node;
            arc->to = node + 1u + (i ? (uint32_t)(r % 3u) : 0u);
            arc->to = arc->to < n_nodes ? arc->to : n_nodes - 1u;
            arc->cost_q16 = (int32_t)((r >> 16) % 200000u) - 50000;
            arc->begin = lattice.n_symbols;
            while (length--)
                symbols[lattice.n_symbols++] = (uint32_t)(random_number(seed) % info.n_symbols);
            arc->end = lattice.n_symbols;
        }
    }
    lattice.beam = 1024;
    lattice.merge = 16;
    lattice.weight_q16 = 65536;
    lattice.n_best = 1;
    return lattice;
}

/* The costs of all paths. */
static int64_t all_costs[MOST_PATHS];
static uint32_t n_all;

static void try_paths(const pylm_lattice *lattice, uint32_t node, const pylm_state *state, int64_t cost)
{
    uint32_t i, k;
    if (node == lattice->n_nodes - 1u) {
        REQUIRE(n_all < MOST_PATHS);
        all_costs[n_all++] = cost;
        return;
    }
    for (i = 0; i < lattice->n_arcs; i++) {
        pylm_state next = *state;
        uint64_t total = 0;
        uint32_t one;
        if (arcs[i].from != node)
            continue;
        for (k = arcs[i].begin; k < arcs[i].end; k++) {
            CHECK(pylm_step(&model, &next, symbols[k], work, &next, &one) == PYLM_OK);
            total += one;
        }
        try_paths(lattice, arcs[i].to, &next,
                  cost + (int64_t)((total * lattice->weight_q16 + 32768u) >> 16) + arcs[i].cost_q16);
    }
}

static int by_cost(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* What a path costs, and whether it is one. */
static int64_t cost_of(const pylm_lattice *lattice, const pylm_state *state, const pylm_path *path)
{
    pylm_state next = *state;
    int64_t cost = 0;
    uint32_t i, k, node = 0, one;
    for (i = 0; i < path->n_arcs; i++) {
        const pylm_arc *arc = &arcs[path->arcs[i]];
        uint64_t total = 0;
        CHECK(arc->from == node);
        node = arc->to;
        for (k = arc->begin; k < arc->end; k++) {
            (void)pylm_step(&model, &next, symbols[k], work, &next, &one);
            total += one;
        }
        cost += (int64_t)((total * lattice->weight_q16 + 32768u) >> 16) + arc->cost_q16;
    }
    CHECK(node == lattice->n_nodes - 1u);
    return cost;
}

static void *search(const pylm_lattice *lattice, const pylm_state *state)
{
    uint64_t nbytes;
    uint32_t at = 0;
    void *memory;
    REQUIRE(pylm_lattice_nbytes(&model, lattice, &nbytes) == PYLM_OK);
    memory = allocate((size_t)nbytes);
    do
        pylm_lattice_search(&model, lattice, state, memory, work, &at);
    while (at < lattice->n_arcs);
    return memory;
}

static void test_against_all(uint64_t seed, uint32_t weight_q16)
{
    pylm_lattice lattice = random_lattice(&seed, 8);
    pylm_state state;
    pylm_path path;
    uint32_t n;
    void *memory;
    lattice.weight_q16 = weight_q16;
    pylm_state_init(&model, &state);
    (void)pylm_state_read(&model, &state, 3);
    n_all = 0;
    try_paths(&lattice, 0, &state, 0);
    qsort(all_costs, n_all, sizeof *all_costs, by_cost);
    memory = search(&lattice, &state);
    CHECK(pylm_lattice_path(&lattice, memory, &path) == 1 && path.cost_q16 == all_costs[0]);
    CHECK(cost_of(&lattice, &state, &path) == all_costs[0]);
    CHECK(pylm_lattice_path(&lattice, memory, &path) == 0 && pylm_lattice_path(&lattice, memory, &path) == 0);
    free(memory);
    lattice.n_best = 5000;
    memory = search(&lattice, &state);
    for (n = 0; pylm_lattice_path(&lattice, memory, &path); n++)
        CHECK(n < n_all && path.cost_q16 == all_costs[n] && cost_of(&lattice, &state, &path) == path.cost_q16);
    CHECK(n == (n_all < 5000u ? n_all : 5000u));
    free(memory);
    lattice.beam = 2; /* then it is only good */
    lattice.merge = 2;
    lattice.n_best = 3;
    memory = search(&lattice, &state);
    CHECK(pylm_lattice_path(&lattice, memory, &path) && path.cost_q16 >= all_costs[0]);
    free(memory);
}

static void test_dead_ends(void)
{
    pylm_lattice lattice = {arcs, symbols, 2, 0, 4, 3, 5, 65536, 2};
    pylm_state state;
    pylm_path path;
    void *memory;
    memset(arcs, 0, sizeof arcs);
    arcs[0].to = 1;
    arcs[1].from = 2; /* nothing leads to 2 */
    arcs[1].to = 3;
    pylm_state_init(&model, &state);
    memory = search(&lattice, &state);
    CHECK(!pylm_lattice_path(&lattice, memory, &path));
    free(memory);
    lattice.n_arcs = 0;
    lattice.n_best = 1;
    memory = search(&lattice, &state);
    CHECK(!pylm_lattice_path(&lattice, memory, &path));
    free(memory);
    lattice.n_arcs = 2;
    arcs[0].to = 3; /* past a part that nothing leads to */
    arcs[0].cost_q16 = -70000;
    memory = search(&lattice, &state);
    CHECK(pylm_lattice_path(&lattice, memory, &path) && path.n_arcs == 1 && path.cost_q16 == -70000);
    free(memory);
}

static void test_refused(void)
{
    uint64_t nbytes, seed = 1;
    pylm_lattice lattice = random_lattice(&seed, 5), bad;
    pylm_arc kept = arcs[1];
    CHECK(pylm_lattice_nbytes(&model, &lattice, &nbytes) == PYLM_OK);
#define REFUSED(change)                                                                                                \
    do {                                                                                                               \
        bad = lattice;                                                                                                 \
        change;                                                                                                        \
        CHECK(pylm_lattice_nbytes(&model, &bad, &nbytes) == PYLM_ERR_ARGUMENT);                                        \
        arcs[1] = kept;                                                                                                \
    } while (0)
    REFUSED(bad.n_nodes = 1);
    REFUSED(bad.n_nodes = 2);
    REFUSED(bad.beam = 0);
    REFUSED(bad.beam = 4097);
    REFUSED(bad.merge = 17);
    REFUSED(bad.weight_q16 = (1u << 24) + 1u);
    REFUSED(bad.n_best = 0);
    REFUSED(bad.n_best = 65537);
    REFUSED(arcs[1].to = arcs[1].from); /* a circle */
    REFUSED(arcs[1].from = 4);          /* not in order */
    REFUSED(arcs[1].begin = arcs[1].end + 1u);
    REFUSED(arcs[1].end = lattice.n_symbols + 1u);
    symbols[0] = info.n_symbols;
    lattice.n_symbols = lattice.n_symbols ? lattice.n_symbols : 1u;
    CHECK(pylm_lattice_nbytes(&model, &lattice, &nbytes) == PYLM_ERR_ARGUMENT);
    symbols[0] = 0;
    lattice.n_nodes = UINT32_MAX - 1u;
    CHECK(pylm_lattice_nbytes(&model, &lattice, &nbytes) == PYLM_ERR_LARGE);
}

int main(void)
{
    static const int kinds[] = {KIND_WORDS, KIND_BYTES, KIND_TREES, KIND_TOPICS};
    uint32_t i;
    uint64_t seed;
    for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct image image = train_kind(kinds[i], N_SHARED_WORDS);
        REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
        pylm_model_info(&model, &info);
        work = allocate((size_t)pylm_work_nbytes(&model));
        test_steps();
        test_keys();
        test_drafts();
        for (seed = 1; seed < 12u; seed++)
            test_against_all(seed, seed % 2u ? 65536u : 30000u);
        test_dead_ends();
        test_refused();
        free(work);
        free(image.data);
    }
    return finish();
}
