/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * The code for particular processors against the portable code, bit for bit: down many paths of all golden models,
 * and with numbers at random.
 */
#include "check.h"

#include "../../csrc/core/predict.h"

static const char *const models[] = {"bytes", "words", "pieces", "trees", "sized", "external"};

static uint64_t seed = 12345;

static uint32_t any_number(void)
{
    return (uint32_t)(random_number(&seed) >> 33);
}

static void test_dot(void)
{
    static uint8_t weights[4][2 * PYLM__DOT_MAX + 16];
    const uint8_t *rows[4];
    int16_t inputs[PYLM__DOT_MAX];
    uint32_t round, i, n;
    for (round = 0; round < 20000; round++) {
        n = 1u + any_number() % PYLM__DOT_MAX;
        for (i = 0; i < sizeof weights; i++)
            weights[i / sizeof *weights][i % sizeof *weights] = (uint8_t)(round % 3u ? any_number() : 0x80u * (i & 1u)); /* also all -32768 */
        for (i = 0; i < PYLM__DOT_MAX; i++)
            inputs[i] = (int16_t)(i >= n ? 0 : round % 3u ? (int)any_number() % 32768 : -32768);
        for (i = 0; i < 4u; i++)
            rows[i] = weights[i] + round % 7u; /* at any address */
        CHECK(pylm__dot(rows, inputs, n) == pylm__dot_portable(rows, inputs, n));
    }
}

static void test_add_rows(void)
{
    static uint8_t rows[2][2 * PYLM__DOT_MAX + 16], sum[2 * PYLM__DOT_MAX], same[2 * PYLM__DOT_MAX];
    uint32_t round, i, n;
    for (round = 0; round < 5000; round++) {
        n = 1u + any_number() % PYLM__DOT_MAX;
        for (i = 0; i < sizeof rows; i++)
            rows[i / sizeof *rows][i % sizeof *rows] = (uint8_t)any_number(); /* half of the sums are clamped */
        pylm__add_rows(rows[0] + round % 7u, rows[1] + round % 5u, sum, n);
        pylm__add_rows_portable(rows[0] + round % 7u, rows[1] + round % 5u, same, n);
        CHECK(!memcmp(sum, same, 2u * n));
    }
    pylm__store16(rows[0], 0x7fffu);
    pylm__store16(rows[1], 1u);
    pylm__add_rows(rows[0], rows[1], sum, 1);
    CHECK(pylm__load_i16(sum) == INT16_MAX);
}

static void test_count_bits(void)
{
    uint32_t round, x, n, i;
    for (round = 0; round < 1000; round++) {
        x = any_number() & (round % 2u ? any_number() : UINT32_MAX);
        for (i = n = 0; i < 32u; i++)
            n += x >> i & 1u;
        CHECK(pylm__count_bits(x) == n);
    }
    CHECK(pylm__count_bits(0) == 0 && pylm__count_bits(UINT32_MAX) == 32u);
}

#if PYLM__HAVE_AVX2

/* The slices of those alive, in arrays that can be compared. */
static int same_slices(const struct pylm__slices *a, const struct pylm__slices *b, uint32_t alive)
{
    for (; alive; alive &= alive - 1u) {
        uint32_t k = pylm__lowest(alive);
        if (a->total[k] != b->total[k] || a->n[k] != b->n[k] || a->first[k] != b->first[k] ||
            a->right[k] != b->right[k])
            return 0;
        if (a->n[k] > 1u && (a->n_left[k] != b->n_left[k] || a->total_left[k] != b->total_left[k] ||
                             a->at[k] != b->at[k]))
            return 0;
    }
    return 1;
}

/* Follows the path to a leaf with all. Returns the nodes seen. */
static uint32_t compare_path(const struct pylm__work *work, const struct pylm__slices *root, uint32_t *fields,
                             uint32_t stride, uint32_t leaf)
{
    const struct pylm__evidence *e = &work->mixer.evidence;
    const struct pylm__tree *tree = &work->mixer.tree;
    struct pylm__slices a = pylm__slices_at(fields, stride);
    struct pylm__slices b = pylm__slices_at(fields + PYLM__N_SLICE_FIELDS * stride, stride);
    struct pylm__slices c = pylm__slices_at(fields + 2u * PYLM__N_SLICE_FIELDS * stride, stride);
    struct pylm__sets sa = {work->lookup.found, 0}, sb = sa, sc = sa;
    uint32_t number = 0, lo = 0, hi = tree->n_symbols, n_nodes = 0;
    memcpy(a.total, root->total, PYLM__N_SLICE_FIELDS * stride * sizeof *fields);
    memcpy(b.total, root->total, PYLM__N_SLICE_FIELDS * stride * sizeof *fields);
    memcpy(c.total, root->total, PYLM__N_SLICE_FIELDS * stride * sizeof *fields);
    while (hi - lo > 1u && sa.alive) {
        struct pylm__node node = pylm__tree_node(tree, number, lo, hi);
        struct pylm__gathered ga, gb, gc;
        int side = leaf >= node.mid;
        memset(&ga, 0, sizeof ga);
        memset(&gb, 0, sizeof gb);
        memset(&gc, 0, sizeof gc);
        pylm__look_portable(e, &a, sa.stale);
        pylm__look_avx2(e, &b, sb.stale);
        CHECK(same_slices(&a, &b, sa.alive));
        pylm__gather_portable(e, &a, sa.alive, node.mid, &ga);
        pylm__gather_avx2(e, &b, sb.alive, node.mid, &gb);
        CHECK(!memcmp(ga.inputs, gb.inputs, sizeof ga.inputs) && ga.left == gb.left && ga.all == gb.all);
        sc = pylm__descend_portable(e, &c, sc, node.mid, side, &gc);
        CHECK(!memcmp(ga.inputs, gc.inputs, sizeof ga.inputs) && ga.left == gc.left && ga.all == gc.all);
        sa = pylm__narrow_portable(e, &a, sa.alive, node.mid, side);
        sb = pylm__narrow_avx2(e, &b, sb.alive, node.mid, side);
        CHECK(sa.alive == sb.alive && sa.stale == sb.stale);
        CHECK(sa.alive == sc.alive && sa.stale == sc.stale);
        number = side ? number + node.mid - lo : number + 1u;
        if (side)
            lo = node.mid;
        else
            hi = node.mid;
        n_nodes++;
    }
    return n_nodes;
}

static void test_paths(const char *name)
{
    char path[500];
    const void *image;
    uint64_t nbytes;
    pylm_model model;
    pylm_state state;
    const struct pylm__model *view = pylm__model_view(&model);
    struct pylm__work *work;
    struct pylm__slices root;
    uint32_t *fields, i, stride, n_nodes = 0;
    (void)snprintf(path, sizeof path, "%s/%s.pylm", PYLM_TEST_DATA, name);
    REQUIRE(pylm_file_map(path, &image, &nbytes) == PYLM_OK && pylm_model_open(&model, image, nbytes) == PYLM_OK);
    stride = pylm__stride(view->n_templates);
    work = allocate((size_t)pylm_work_nbytes(&model));
    fields = allocate(3u * PYLM__N_SLICE_FIELDS * stride * sizeof *fields);
    pylm_state_init(&state);
    pylm__work_first_tree(view, work);
    for (i = 0; i < 3000u; i++) {
        (void)pylm__root(view, pylm__state_view(&state), work);
        root = pylm__frame_slices(work, pylm__frame(work, 0));
        if (!work->mixer.evidence.rare)
            n_nodes += compare_path(work, &root, fields, stride, any_number() % view->n_symbols);
        CHECK(pylm_state_push(&model, &state, any_number() % (i % 2u ? view->n_symbols : 9u)) == PYLM_OK);
    }
    CHECK(n_nodes > 3000u || !strcmp(name, "sized")); /* lists of sized models are left to the portable code */
    free(work);
    free(fields);
    pylm_file_unmap(image, nbytes);
}

#endif

int main(void)
{
    size_t i;
    test_dot();
    test_add_rows();
    test_count_bits();
    for (i = 0; i < sizeof models / sizeof *models; i++) {
#if PYLM__HAVE_AVX2
        if (pylm__have_avx2())
            test_paths(models[i]);
#endif
    }
    return finish();
}
