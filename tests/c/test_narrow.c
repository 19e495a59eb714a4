/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Core: the code for particular processors against the portable code, bit for bit: down many paths of all golden
 * models, and with random numbers.
 */
#include "check.h"

#include "core/fast/follow_avx2.h"
#include "core/fast/follow_portable.h"
#include "core/fast/narrow_avx2.h"
#include "core/fast/walk_avx2.h"
#include "core/work.h"

#if PYLM__HAVE_AVX2
PYLM__AVX2_BEGIN
#include "core/fast/coded_avx2.h"
#include "core/fast/descend_avx2.h"
static void descend_lanes(struct pylm__path *path)
{
    const uint32_t n_lanes = pylm__stride(path->work->mixer.tree.n_templates);
    if (path->work->mixer.evidence.coded) {
        coded_look_all(path);
        coded_descend(path, n_lanes);
    } else {
        lanes_descend(path, n_lanes);
    }
}
static void lanes_begin(struct pylm__path *path)
{
    uint32_t k;
    coded_begin(path);
    for (k = 0; k < pylm__stride(path->work->mixer.tree.n_templates); k += PYLM__LANES)
        lanes_words(path->work->mixer.evidence.list + k, lanes_load(path->slices->at, k), path->word + k);
}
PYLM__AVX2_END
#endif

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
    uint32_t round, i, n, set;
    for (round = 0; round < 20000; round++) {
        n = 1u + any_number() % PYLM__DOT_MAX;
        set = any_number() & any_number() & pylm__mask(n - 1u);
        for (i = 0; i < sizeof weights; i++)
            weights[i / sizeof *weights][i % sizeof *weights] =
                (uint8_t)(round % 3u ? any_number() : 0x80u * (i & 1u)); /* also all -32768 */
        for (i = 0; i < PYLM__DOT_MAX; i++)
            inputs[i] = (int16_t)(i != n - 1u && !(set >> i & 1u) ? 0
                                  : round % 3u                    ? (int)any_number() % 32768
                                                                  : -32768);
        for (i = 0; i < 4u; i++)
            rows[i] = weights[i] + round % 7u; /* at any address */
        CHECK(pylm__dot(rows, inputs, n, set) == pylm__dot_portable(rows, inputs, n));
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

/* Below, but by less than a hundredth. */
static void test_bound(void)
{
    uint32_t x, exact, bound;
    for (x = 0; x < 33u << 16; x += 1u + x / 65536u * 16u) {
        exact = pylm__exp2_neg(x);
        bound = pylm__exp2_bound(x);
        CHECK(bound <= exact && (uint64_t)bound * 100u + 100u >= (uint64_t)exact * 99u);
    }
}

/* Two fields that are read together are the same as read one by one. */
static void test_pair(void)
{
    uint8_t fields[32]; /* from the fourth on: where a processor has 32 bits, words begin before */
    struct pylm__pair pair;
    uint32_t round, i, bit, first, second;
    for (round = 0; round < 20000; round++) {
        for (i = 0; i < sizeof fields; i++)
            fields[i] = (uint8_t)any_number();
        bit = any_number() % 64u;
        first = any_number() % 33u;
        second = any_number() % 33u;
        pair = pylm__pair(fields + 4, bit, first, second);
        CHECK(pair.first == pylm__bits(fields + 4, bit, first));
        CHECK(pair.second == pylm__bits(fields + 4, bit + first, second));
    }
}

#if PYLM__HAVE_AVX2

/* The slices of the active templates, in arrays that can be compared. */
static int same_slices(struct pylm__slices *a, struct pylm__slices *b, uint32_t active)
{
    for (; active; active &= active - 1u) {
        uint32_t k = pylm__lowest_from(active, 0);
        if (a->total[k] != b->total[k] || a->n[k] != b->n[k] || a->first[k] != b->first[k])
            return 0;
        if (a->n[k] > 1u && a->at[k] != b->at[k])
            return 0;
    }
    return 1;
}

/* The inputs that are read. */
static int same_gathered(const struct pylm__gathered *a, const struct pylm__gathered *b, uint32_t n_templates)
{
    return !memcmp(a->inputs, b->inputs, pylm__stride(n_templates) * sizeof *a->inputs) && a->left == b->left &&
           a->all == b->all && a->voice.left == b->voice.left && a->voice.right == b->voice.right;
}

/* Follows the path to a leaf in every way: both steps and all in one, portable and with AVX2. Returns the nodes
 * seen. */
static uint32_t compare_path(struct pylm__work *work, uint32_t *fields, uint32_t stride, uint32_t leaf)
{
    const struct pylm__evidence *e = &work->mixer.evidence;
    const struct pylm__tree *tree = &work->mixer.tree;
    struct pylm__frame *frame = pylm__frame(work, 0);
    struct pylm__slices *root = pylm__frame_slices(work, frame), slices[4];
    struct pylm__sets sets[3] = {frame->active.sets, frame->active.sets, frame->active.sets};
    struct pylm__path path;
    const int by_steps = !e->coded; /* walks through coded lists are portable */
    uint32_t number = 0, lo = 0, hi = tree->n_symbols, n_nodes = 0, i;
    for (i = 0; i < 4u; i++) {
        (void)pylm__slices_at(fields + i * PYLM__N_SLICE_FIELDS * stride, stride, &slices[i]);
        memcpy(slices[i].total, root->total, PYLM__N_SLICE_FIELDS * stride * sizeof *fields);
    }
    memset(&path, 0, sizeof path);
    path.work = work;
    path.frame = frame;
    path.slices = &slices[3];
    lanes_begin(&path);
    while (hi - lo > 1u && sets[0].active) {
        struct pylm__node node = pylm__tree_node(tree, number, lo, hi);
        struct pylm__gathered gathered[3];
        int side = leaf >= node.mid;
        path.node = node;
        path.side = side;
        pylm__gather_portable(e, &slices[0], &sets[0], node.mid, &gathered[0]);
        (by_steps ? pylm__gather_avx2 : pylm__gather_portable)(e, &slices[1], &sets[1], node.mid, &gathered[1]);
        pylm__narrow_portable(e, &slices[0], &sets[0], node.mid, side);
        (by_steps ? pylm__narrow_avx2 : pylm__narrow_portable)(e, &slices[1], &sets[1], node.mid, side);
        pylm__descend_portable(e, &slices[2], &sets[2], node.mid, side, &gathered[2]);
        descend_lanes(&path);
        CHECK(same_gathered(&gathered[0], &gathered[1], tree->n_templates));
        CHECK(same_gathered(&gathered[0], &gathered[2], tree->n_templates));
        CHECK(same_gathered(&gathered[0], &path.gathered, tree->n_templates));
        CHECK(sets[0].active == sets[1].active && sets[0].active == sets[2].active);
        CHECK(sets[0].active == frame->active.sets.active && sets[0].stale == sets[2].stale);
        for (i = 1; i < 4u; i++)
            CHECK(same_slices(&slices[0], &slices[i], sets[0].active));
        number = side ? number + node.mid - lo : number + 1u;
        if (side)
            lo = node.mid;
        else
            hi = node.mid;
        n_nodes++;
    }
    return n_nodes;
}

/* Follows paths to leaves by chance from a state.
 *   avx2   whether the processor's vectors may be used */
static void follow(const struct pylm__model *model, const struct pylm__state *state, struct pylm__work *works,
                   const uint32_t *leaves, uint32_t n, int avx2, struct pylm__path *paths)
{
    uint32_t i;
    for (i = 0; i < n; i++) {
        struct pylm__path *path = &paths[i];
        uint8_t *memory = (uint8_t *)(void *)works + i * pylm__path_nbytes(model);
        memset(path, 0, sizeof *path);
        path->work = (struct pylm__work *)(void *)memory;
        pylm__work_first_tree(model, path->work);
        path->frame = pylm__root(model, state, path->work);
        path->slices = pylm__frame_slices(path->work, path->frame);
        path->p = pylm__small_one();
        path->leaf = leaves[i];
        path->work->mixer.avx2 &= avx2;
    }
    pylm__follow_avx2(paths, n);
    pylm__follow_portable(paths, n);
}

/* One to eight paths abreast have the same probabilities with AVX2 and without. */
static void compare_abreast(const struct pylm__model *model, const struct pylm__state *state, struct pylm__work *works)
{
    static struct pylm__path paths[2][PYLM__ABREAST];
    uint32_t leaves[PYLM__ABREAST], n = 1u + any_number() % PYLM__ABREAST, i;
    for (i = 0; i < n; i++)
        leaves[i] = any_number() % (i % 2u ? model->n_symbols : 3u); /* some ways are longer than others */
    follow(model, state, works, leaves, n, 0, paths[0]);
    follow(model, state, works, leaves, n, 1, paths[1]);
    for (i = 0; i < n; i++)
        CHECK(paths[0][i].p.mantissa == paths[1][i].p.mantissa && paths[0][i].p.exponent == paths[1][i].p.exponent);
}

/* What a walk is to find: the masses of leaves. */
struct masses {
    struct pylm__visitor visitor;
    uint64_t *of;
    struct pylm__small *p;
    uint32_t n;
};

static void note_leaf(struct pylm__visitor *visitor, uint32_t leaf, const struct pylm__chance *chance)
{
    struct masses *masses = (struct masses *)(void *)visitor;
    masses->of[leaf] = chance->mass;
    masses->p[leaf] = chance->p;
    masses->n++;
}

/* A node by node walk below a frame, whose working memory has room for the deeper ones behind it. */
static void walk_below(struct pylm__work *work, uint32_t level, struct masses *masses)
{
    struct pylm__frame *frame = pylm__frame(work, level), *child = pylm__frame(work, level + 1u);
    struct pylm__node node = pylm__tree_node(&work->mixer.tree, frame->node, frame->lo, frame->hi);
    uint32_t right = pylm__node_right(&work->mixer, &node, &frame->active, pylm__frame_slices(work, frame));
    uint64_t mass = pylm__mass_times(frame->chance.mass, right);
    int side;
    for (side = 0; side < 2; side++) {
        memcpy(child, frame, pylm__frame_nbytes(work->mixer.tree.n_templates));
        child->chance.mass = side ? mass : frame->chance.mass - mass;
        pylm__small_scale(&child->chance.p, side ? right : 65536u - right);
        pylm__node_narrow(&work->mixer, node.mid, side, &child->active, pylm__frame_slices(work, child));
        pylm__frame_enter(child, node.mid, side);
        if (child->hi - child->lo <= 1u || level + 1u >= work->mixer.tree.depth)
            note_leaf(&masses->visitor, child->lo, &child->chance);
        else
            walk_below(work, level + 1u, masses);
    }
}

static struct masses no_masses(uint32_t n)
{
    struct masses masses = {{0, NULL}, allocate(n * sizeof *masses.of), allocate(n * sizeof *masses.p), 0};
    memset(masses.of, 0, n * sizeof *masses.of);
    memset(masses.p, 0, n * sizeof *masses.p);
    return masses;
}

/* Eight nodes at once have the same leaves as one after the other. */
static void compare_walk(const struct pylm__model *model, const struct pylm__state *state, struct pylm__work *work)
{
    const uint32_t n = model->n_symbols;
    struct masses expected = no_masses(n), found = no_masses(n);
    pylm__work_first_tree(model, work);
    (void)pylm__root(model, state, work);
    if (pylm__walk_avx2_can(work) && n > 1u) {
        pylm__walk_avx2(work, UINT64_C(1) << 62, &found.visitor, note_leaf);
        (void)pylm__root(model, state, work);
        walk_below(work, 0, &expected);
        CHECK(found.n == expected.n);
        CHECK(!memcmp(found.of, expected.of, n * sizeof *found.of));
        CHECK(!memcmp(found.p, expected.p, n * sizeof *found.p));
    }
    free(expected.of);
    free(expected.p);
    free(found.of);
    free(found.p);
}

/* Many paths of an open model. Returns the nodes seen. */
static uint32_t compare_paths(const pylm_model *model, uint32_t n_states)
{
    const struct pylm__model *view = pylm__model_view(model);
    struct pylm__work *work = allocate((size_t)pylm_work_nbytes(model));
    uint32_t stride = pylm__stride(view->n_templates), i, n_nodes = 0;
    uint32_t *fields = allocate(4u * PYLM__N_SLICE_FIELDS * stride * sizeof *fields);
    pylm_state state;
    pylm_state_init(model, &state);
    pylm__work_first_tree(view, work);
    for (i = 0; i < n_states; i++) {
        (void)pylm__root(view, pylm__state_view(&state), work);
        if (!work->mixer.evidence.rare)
            n_nodes += compare_path(work, fields, stride, any_number() % view->n_symbols);
        compare_abreast(view, pylm__state_view(&state), work);
        if (i % 25u == 0)
            compare_walk(view, pylm__state_view(&state), work);
        CHECK(pylm_state_push(model, &state, any_number() % (i % 2u ? view->n_symbols : 9u)) == PYLM_OK);
    }
    free(work);
    free(fields);
    return n_nodes;
}

/* Scores many symbols. Damaged coded lists, whose leaves are in no order, may part elsewhere than in portable code; but
 * they do no harm. */
static void go_through(const pylm_model *model)
{
    void *work = allocate((size_t)pylm_work_nbytes(model));
    uint32_t symbols[300], i;
    uint64_t total;
    pylm_state state;
    pylm_info info;
    pylm_model_info(model, &info);
    for (i = 0; i < 300u; i++)
        symbols[i] = any_number() % (i % 2u ? info.n_symbols : 9u);
    pylm_state_init(model, &state);
    CHECK(pylm_score(model, &state, symbols, 300, work, NULL, &total) == PYLM_OK);
    free(work);
}

/* A model as it is, and damaged in many ways behind its head. */
static void test_image(const char *name, const void *image, uint64_t nbytes)
{
    uint8_t *copy;
    uint32_t round, i, head;
    pylm_model model;
    REQUIRE(pylm_model_open(&model, image, nbytes) == PYLM_OK);
    CHECK(compare_paths(&model, 3000) > 3000u);
    copy = allocate((size_t)nbytes);
    head = pylm__load32((const uint8_t *)image + PYLM__H_HEAD_NBYTES);
    for (round = 0; round < 30u; round++) {
        memcpy(copy, image, (size_t)nbytes);
        for (i = 0; i < nbytes / 50u; i++)
            copy[head + any_number() % (uint32_t)(nbytes - head)] = (uint8_t)any_number();
        if (pylm_model_open(&model, copy, nbytes) != PYLM_OK)
            continue;
        if (strcmp(name, "sized") != 0)
            (void)compare_paths(&model, 100);
        else
            go_through(&model);
    }
    free(copy);
}

/* A model whose templates find room in half a vector. */
static void test_few_templates(void)
{
    pylm_train_options options;
    size_t nbytes;
    char *text = make_text(5000, 7, &nbytes);
    struct image image;
    pylm_train_options_init(&options);
    options.tokenizer = PYLM_TOKENIZER_WORDS;
    options.profile = PYLM_PROFILE_FAST;
    for (options.max_order = 1; options.max_order <= 3u; options.max_order++) {
        image = train(text, nbytes, &options);
        test_image("fast", image.data, image.nbytes);
        free(image.data);
    }
    free(text);
}

/* Models with coded lists of many splits, and such of bytes, where shorter slices have one. */
static void test_coded(void)
{
    pylm_train_options options;
    size_t nbytes;
    char *text = make_text(20000, 7, &nbytes);
    struct image image;
    pylm_train_options_init(&options);
    options.max_nbytes = 1u << 30;
    options.min_count = 1;
    options.tokenizer = PYLM_TOKENIZER_WORDS;
    image = train(text, nbytes, &options);
    test_image("sized", image.data, image.nbytes);
    free(image.data);
    options.tokenizer = PYLM_TOKENIZER_BYTES;
    image = train(text, nbytes, &options);
    test_image("sized", image.data, image.nbytes);
    free(image.data);
    free(text);
}

static void test_models(void)
{
    static const char *const models[] = {"bytes", "words", "pieces", "trees", "sized", "external"};
    size_t i;
    char path[500];
    const void *image;
    uint64_t nbytes;
    for (i = 0; i < sizeof models / sizeof *models; i++) {
        (void)snprintf(path, sizeof path, "%s/%s.pylm", PYLM_TEST_DATA, models[i]);
        REQUIRE(pylm_file_map(path, &image, &nbytes) == PYLM_OK);
        test_image(models[i], image, nbytes);
        pylm_file_unmap(image, nbytes);
    }
    test_few_templates();
    test_coded();
}

#endif

int main(void)
{
    test_dot();
    test_bound();
    test_pair();
    test_add_rows();
    test_count_bits();
#if PYLM__HAVE_AVX2
    if (pylm__have_avx2())
        test_models();
#endif
    return finish();
}
