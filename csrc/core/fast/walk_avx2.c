/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * walk_avx2.c: see walk_avx2.h.
 *
 * Nodes that are still to be passed are kept one above the other, the deeper ones above. Up to eight are taken from
 * above at once. They are mixed together (lanes_mix_avx2.h), and their children come in their places. So below the
 * deepest level there are no more than eight of a level. Nodes stay where they are in memory: only their numbers move.
 *
 * Far down few contexts have evidence. A node that has no more than four keeps only these, and two such nodes are
 * gathered in one vector.
 */
#include "walk_avx2.h"
#include "narrow_avx2.h"

#include <string.h>

#if PYLM__HAVE_AVX2

#define AT_ONCE PYLM__LANES
#define N_INPUTS 48u /* three vectors: room for all of a node, and for what stands at NONE_THERE */

int pylm__walk_avx2_can(const struct pylm__work *work)
{
    return work->mixer.avx2 && !work->mixer.evidence.coded && pylm__is_plain(&work->mixer.extended);
}

PYLM__AVX2_BEGIN

#include "few_avx2.h"

struct walk {
    const struct pylm__mixer *mixer;
    struct pylm__visitor *visitor;
    pylm__visit *visit;
    struct lanes_mixer m;
    uint32_t depth, stride;
    size_t nbytes; /* of a node */
    uint8_t *memory;
    uint16_t *waiting, *unused; /* numbers of nodes, one above the other */
    uint32_t n_waiting, n_unused;
    struct pylm__waiting *taken[AT_ONCE];
    struct found found[NONE_THERE + 1u];
    struct lanes_paths at;
    int16_t inputs[AT_ONCE][N_INPUTS];
    struct handed handed[AT_ONCE];
    uint32_t parts[AT_ONCE][3u * PYLM__MAX_STRIDE];      /* of others: right, n_left, total_left */
    uint32_t right[AT_ONCE];                             /* probabilities of going there, q16 */
    uint32_t mantissa[2][AT_ONCE], exponent[2][AT_ONCE]; /* of the children's probabilities */
};

static struct pylm__waiting *nth_node(const struct walk *w, uint32_t i)
{
    return (struct pylm__waiting *)(void *)(w->memory + i * w->nbytes);
}

/* ---- where all contexts are kept */

/* Its slices; what their lists say where they part is in `parts`. */
static struct pylm__slices slices_of(const struct walk *w, struct pylm__waiting *node, uint32_t *parts)
{
    struct pylm__slices s;
    s.total = node->fields;
    s.n = s.total + w->stride;
    s.first = s.n + w->stride;
    s.at = s.first + w->stride;
    s.right = parts;
    s.n_left = parts + PYLM__MAX_STRIDE;
    s.total_left = parts + 2u * PYLM__MAX_STRIDE;
    return s;
}

static void gather_all(struct walk *w, uint32_t i)
{
    struct pylm__waiting *node = w->taken[i];
    struct pylm__slices s = slices_of(w, node, w->parts[i]);
    struct pylm__sets sets = {node->active, 0};
    struct pylm__gathered gathered;
    pylm__gather_avx2(&w->mixer->evidence, &s, &sets, w->at.mid[i], &gathered);
    memcpy(w->inputs[i], gathered.inputs, pylm__stride(w->m.n_templates) * sizeof *gathered.inputs);
    lanes_note(&w->at, i, &gathered);
}

/* Keeps only the contexts that have evidence, at most PYLM__FEW. */
static void keep_few(const struct walk *w, struct pylm__waiting *node)
{
    uint32_t fields[4u * PYLM__FEW] = {0}, left, k = 0, n = 0, i;
    for (left = node->active; left; left &= left - 1u, n++) {
        k = pylm__lowest_from(left, k);
        node->of[n] = (uint8_t)k;
        for (i = 0; i < 4u; i++)
            fields[i * PYLM__FEW + n] = node->fields[i * w->stride + k];
    }
    for (; n < PYLM__FEW; n++)
        node->of[n] = NONE_THERE;
    node->kept = node->active;
    memcpy(node->fields, fields, sizeof fields);
}

/* Hands the contexts of node i down to its child. */
static void hand_down_all(struct walk *w, uint32_t i, int side, struct pylm__waiting *child)
{
    struct pylm__sets sets = {w->taken[i]->active, 0};
    struct pylm__slices s = slices_of(w, child, w->parts[i]);
    uint32_t k = 0;
    memcpy(child->fields, w->taken[i]->fields, 4u * sizeof(uint32_t) * w->stride);
    pylm__narrow_avx2(&w->mixer->evidence, &s, &sets, w->at.mid[i], side);
    child->active = sets.active;
    child->kept = 0;
    for (; sets.active; sets.active &= sets.active - 1u) {
        k = pylm__lowest_from(sets.active, k);
        PYLM__PREFETCH(w->found[k].list + (s.at[k] >> 3));
    }
    if (pylm__count_bits(child->active) <= PYLM__FEW)
        keep_few(w, child);
}

/* ---- where few are kept */

static void hand_down_few(const struct walk *w, uint32_t i, int side, struct pylm__waiting *child)
{
    const struct pylm__waiting *node = w->taken[i];
    uint32_t t;
    child->active = w->handed[i].active[side];
    child->kept = node->kept;
    memcpy(child->of, node->of, sizeof child->of);
    memcpy(child->fields, w->handed[i].fields[side], sizeof w->handed[i].fields[side]);
    for (t = 0; t < PYLM__FEW; t++)
        PYLM__PREFETCH(w->found[child->of[t]].list + (child->fields[3u * PYLM__FEW + t] >> 3));
}

/* ---- all nodes that are taken */

/* As memset() does, or a loop; of both, gcc makes an instruction that is slow to begin (rep stos). */
static inline void clear_inputs(int16_t *inputs)
{
    __m256i *of = (__m256i *)(void *)inputs, zero = _mm256_setzero_si256();
    _mm256_storeu_si256(of, zero);
    _mm256_storeu_si256(of + 1, zero);
    _mm256_storeu_si256(of + 2, zero);
}

/* Where node i is, and what is known of it before anything is gathered there. */
static inline void look(struct walk *w, uint32_t i)
{
    const struct pylm__waiting *node = w->taken[i];
    uint32_t suffixes = node->active & w->m.suffixes, suffix = pylm__ilog2(suffixes | 1u), lane = suffix;
    w->at.number[i] = node->number;
    w->at.lo[i] = node->lo;
    w->at.hi[i] = node->hi;
    w->at.mantissa[i] = node->chance.p.mantissa;
    w->at.exponent[i] = node->chance.p.exponent;
    lanes_node(&w->m, &w->at, i);
    PYLM__PREFETCH(w->mixer->families[PYLM__FAMILY_NODE] + (size_t)w->at.set[i] * w->m.row_nbytes);
    w->at.active[i] = node->active;
    w->at.suffix[i] = suffix;
    if (node->kept)
        lane = (uint32_t)_mm_popcnt_u32(node->kept & pylm__mask(suffix));
    w->at.total[i] = suffixes ? node->fields[lane] : 0u;
    clear_inputs(w->inputs[i]);
    w->inputs[i][w->m.n_templates] = PYLM__CONSTANT_Q10;
}

/* Nodes i and j, which may be the same. */
static void gather_few(struct walk *w, uint32_t i, uint32_t j)
{
    struct two two = {w->taken[i], w->taken[j], i, j, w->inputs[i], w->inputs[j], &w->handed[i], &w->handed[j]};
    gather_two(&w->mixer->evidence, w->found, &two, &w->at);
}

static void gather(struct walk *w, uint32_t n)
{
    uint32_t i, waits = AT_ONCE; /* one of few that waits for another */
    for (i = 0; i < n; i++) {
        if (!w->taken[i]->kept) {
            gather_all(w, i);
        } else if (waits < AT_ONCE) {
            gather_few(w, waits, i);
            waits = AT_ONCE;
        } else {
            waits = i;
        }
    }
    if (waits < AT_ONCE)
        gather_few(w, waits, waits);
}

static void put_inputs(struct walk *w, uint32_t n, uint32_t place, __m256i inputs)
{
    int32_t of[AT_ONCE];
    uint32_t i;
    _mm256_storeu_si256((__m256i *)(void *)of, inputs);
    for (i = 0; i < n; i++)
        w->inputs[i][place] = (int16_t)of[i];
}

/* The probabilities of both children of each node. */
static void mix(struct walk *w, uint32_t n)
{
    __m256i confidence, mean, right;
    uint32_t i, side;
    for (i = 0; w->m.topic_at && i < n; i++)
        lanes_topic(&w->at, i, w->mixer);
    if (w->m.voice_at)
        put_inputs(w, n, w->m.voice_at, lanes_voice_inputs(&w->at));
    confidence = lanes_confidence(&w->at);
    if (w->m.topic_at)
        put_inputs(w, n, w->m.topic_at, lanes_topic_inputs(&w->at));
    lanes_rows(&w->m, &w->at, confidence);
    mean = lanes_mean_log_odds(&w->at);
    for (i = 0; i < n; i++)
        lanes_stage1(&w->m, &w->at, i, w->mixer, w->inputs[i]);
    right = lanes_stage2(&w->m, &w->at, mean, confidence);
    lanes_store(w->right, 0, right);
    for (side = 0; side < 2u; side++) {
        lanes_store(w->mantissa[side], 0, lanes_load(w->at.mantissa, 0));
        lanes_store(w->exponent[side], 0, lanes_load(w->at.exponent, 0));
        lanes_scale(w->mantissa[side], w->exponent[side], side ? right : _mm256_sub_epi32(lanes_all(65536), right));
    }
}

/* A node that is not used yet, which waits above all others. */
static struct pylm__waiting *new_node(struct walk *w)
{
    uint16_t number = w->unused[--w->n_unused];
    w->waiting[w->n_waiting++] = number;
    return nth_node(w, number);
}

/* Visits a child of node i, if it is a leaf; else it waits. */
static void enter(struct walk *w, uint32_t i, int side, uint64_t mass)
{
    const struct pylm__waiting *node = w->taken[i];
    uint32_t mid = w->at.mid[i], lo = side ? mid : node->lo, hi = side ? node->hi : mid;
    const struct pylm__chance chance = {mass, {w->mantissa[side][i], w->exponent[side][i]}};
    struct pylm__waiting *child;
    struct pylm__node at;
    if (mass < w->visitor->min_mass)
        return;
    if (w->visitor->wanted && !pylm__has_bit(w->visitor->wanted, lo, hi))
        return;
    if (hi - lo <= 1u || PYLM__DAMAGED(node->level + 1u >= w->depth)) {
        w->visit(w->visitor, lo, &chance);
        return;
    }
    child = new_node(w);
    child->chance = chance;
    child->number = node->number + (side ? mid - node->lo : 1u);
    child->lo = lo;
    child->hi = hi;
    child->level = node->level + 1u;
    at.number = child->number;
    pylm__node_topic_fetch(w->mixer, &at);
    if (node->kept)
        hand_down_few(w, i, side, child);
    else
        hand_down_all(w, i, side, child);
}

/* Takes up to eight nodes from above. Returns how many. */
static uint32_t take(struct walk *w)
{
    uint32_t n = w->n_waiting < AT_ONCE ? w->n_waiting : AT_ONCE, i;
    w->n_waiting -= n;
    for (i = 0; i < n; i++)
        w->taken[i] = nth_node(w, w->waiting[w->n_waiting + i]);
    return n;
}

/* Those that were taken are passed. Their numbers stood where the first children's now are, so they were kept. */
static void give_back(struct walk *w, const uint16_t *numbers, uint32_t n)
{
    while (n)
        w->unused[w->n_unused++] = numbers[--n];
}

static void begin(struct walk *w, struct pylm__work *work, uint64_t mass)
{
    struct pylm__frame *root = pylm__frame(work, 0);
    const struct pylm__slices *s = pylm__frame_slices(work, root);
    const struct pylm__evidence *e = &work->mixer.evidence;
    struct pylm__waiting *first;
    uint32_t k, n = pylm__most_waiting(w->depth);
    memset(&w->at, 0, sizeof w->at);
    w->m = lanes_mixer(w->mixer);
    w->nbytes = pylm__waiting_nbytes(w->m.n_templates);
    w->memory = (uint8_t *)(void *)pylm__frame(work, 1);
    w->waiting = (uint16_t *)(void *)(w->memory + n * w->nbytes);
    w->unused = w->waiting + n;
    w->n_waiting = w->n_unused = 0;
    while (n)
        w->unused[w->n_unused++] = (uint16_t)--n;
    for (k = 0; k <= NONE_THERE; k++) {
        uint32_t of = k < w->m.n_templates ? k : 0u;
        struct found *found = &w->found[k];
        found->unit = e->unit[of];
        found->n_mask = e->n_mask[of];
        found->total_mask = e->total_mask[of];
        found->total_at = e->total_at[of];
        found->split_bits = e->split_bits[of];
        found->row = of * PYLM__N_CALIBRATION;
        found->list = e->list[of];
    }
    first = new_node(w);
    memset(first, 0, sizeof *first);
    first->chance.mass = mass;
    first->chance.p = root->chance.p;
    first->hi = root->hi;
    first->active = root->active.sets.active;
    memcpy(first->fields, s->total, w->stride * sizeof(uint32_t));
    memcpy(first->fields + w->stride, s->n, w->stride * sizeof(uint32_t));
    memcpy(first->fields + 2u * w->stride, s->first, w->stride * sizeof(uint32_t));
    memcpy(first->fields + 3u * w->stride, s->at, w->stride * sizeof(uint32_t));
    if (pylm__count_bits(first->active) <= PYLM__FEW)
        keep_few(w, first);
}

void pylm__walk_avx2(struct pylm__work *work, uint64_t mass, struct pylm__visitor *visitor, pylm__visit *visit)
{
    struct walk w;
    uint16_t numbers[AT_ONCE];
    uint32_t i, n;
    w.mixer = &work->mixer;
    w.visitor = visitor;
    w.visit = visit;
    w.depth = work->mixer.tree.depth;
    w.stride = pylm__stride(work->mixer.tree.n_templates);
    begin(&w, work, mass);
    while ((n = take(&w)) > 0) {
        memcpy(numbers, w.waiting + w.n_waiting, n * sizeof *numbers);
        for (i = 0; i < n; i++)
            look(&w, i);
        gather(&w, n);
        mix(&w, n);
        for (i = 0; i < n; i++) { /* the more probable child comes to lie above the other */
            uint64_t of_node = w.taken[i]->chance.mass, right = pylm__mass_times(of_node, w.right[i]);
            uint64_t masses[2] = {of_node - right, right};
            int likely = right > of_node - right;
            enter(&w, i, !likely, masses[!likely]);
            enter(&w, i, likely, masses[likely]);
        }
        give_back(&w, numbers, n);
    }
}

PYLM__AVX2_END

#endif
