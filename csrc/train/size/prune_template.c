/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * prune_template.c: see prune_template.h. The keys of a template and of its base, the template that it extends, are
 * sorted. For every context, the context of the base is found. Then successors are chosen twice: by the counts of the
 * whole text, for the table, and by the counts without a held-out block, for the evidence there.
 */
#include "prune_template.h"

#include <stdlib.h>
#include <string.h>

#include "core/evidence_coded.h"
#include "train/base/sort.h"
#include "train/count/keys.h"

#define SLICE 65536u /* contexts, symbols or successors between two looks at the task */

struct pruning {
    const struct pylm__prune_input *in;
    const pylm_task *task;
    uint32_t k, base; /* templates; base is PYLM__NO_BASE for the empty context */
    unsigned symbol_bits;
    uint64_t n; /* symbols in the corpus */
    uint64_t *keys, *base_keys, *scratch;
    uint64_t n_base_keys;                 /* different ones */
    uint32_t *base_sums;                  /* occurrences of those up to each */
    uint64_t *of_blocks, *base_of_blocks; /* keys of the held-out symbols */
    uint64_t n_contexts;                  /* seen often enough */
    uint64_t *contexts, *bases;           /* their hashes, ascending, and those of what they extend */
    uint32_t *starts;                     /* where contexts begin, by the upper bits of the hash */
    unsigned start_bits;
    double discount;
    uint8_t *depths; /* of every leaf; only for the empty context */
    struct pylm__successors successors;
    struct pylm__kept kept;
};

/* The keys of a hash, among sorted keys from `from` to n. */
static struct pylm__key_range range_of(const uint64_t *keys, uint64_t from, uint64_t n, uint64_t hash)
{
    struct pylm__key_range r = {keys, NULL, from, n};
    r.from = pylm__lower_bound(keys, from, n, hash << PYLM__LEAF_BITS);
    if (hash + 1u < (uint64_t)1 << PYLM__HASH_BITS)
        r.to = pylm__lower_bound(keys, r.from, n, (hash + 1u) << PYLM__LEAF_BITS);
    return r;
}

static struct pylm__key_range base_range(const struct pruning *s, uint64_t hash)
{
    struct pylm__key_range r = range_of(s->base_keys, 0, s->n_base_keys, hash);
    r.sums = s->base_sums;
    return r;
}

/* ---- contexts and their bases ---- */

/* Finds the end of the context that begins at `from`. */
static uint64_t context_end(const uint64_t *keys, uint64_t from, uint64_t n)
{
    uint64_t hash = keys[from] >> PYLM__LEAF_BITS;
    while (from < n && keys[from] >> PYLM__LEAF_BITS == hash)
        from++;
    return from;
}

static int list_contexts(struct pruning *s)
{
    uint64_t i, end, n = 0;
    for (i = 0; i < s->n; i = end) {
        end = context_end(s->keys, i, s->n);
        n += end - i >= s->in->min_count;
    }
    s->contexts = pylm__array_new(n, sizeof *s->contexts);
    s->bases = pylm__array_new(n, sizeof *s->bases);
    while ((uint64_t)2 << s->start_bits < n && s->start_bits < 28u)
        s->start_bits++;
    s->starts = pylm__array_new(((uint64_t)1 << s->start_bits) + 1u, sizeof *s->starts);
    if (!s->contexts || !s->bases || !s->starts)
        return PYLM_ERR_MEMORY;
    for (i = 0; i < s->n; i = end) {
        end = context_end(s->keys, i, s->n);
        if (end - i < s->in->min_count)
            continue;
        s->contexts[s->n_contexts] = s->keys[i] >> PYLM__LEAF_BITS;
        s->starts[(s->contexts[s->n_contexts++] >> (PYLM__HASH_BITS - s->start_bits)) + 1u]++;
    }
    for (i = 0; i < (uint64_t)1 << s->start_bits; i++)
        s->starts[i + 1u] += s->starts[i];
    return PYLM_OK;
}

/* Notes the context of the base that a context extends. */
static void note_base(struct pruning *s, uint64_t hash, uint64_t base)
{
    uint64_t bucket = hash >> (PYLM__HASH_BITS - s->start_bits);
    uint32_t i = s->starts[bucket], end = s->starts[bucket + 1u];
    while (i < end && s->contexts[i] < hash)
        i++;
    if (i < end && s->contexts[i] == hash)
        s->bases[i] = base;
}

/* Finds the base of every context, in the order of the text: the keys of the base are not sorted yet. */
static int find_bases(struct pruning *s)
{
    const struct pylm__corpus *corpus = s->in->corpus;
    pylm_state opaque;
    uint64_t d, p = 0;
    for (d = 0; d < corpus->n_documents; d++) {
        struct pylm__state *state = pylm__state_view(&opaque);
        pylm__corpus_begin(corpus, &opaque);
        for (; p < corpus->document_ends[d]; p++) {
            uint64_t hash = pylm__template_hash(s->in->templates, s->k, s->in->tree, state);
            if (p % SLICE == 0 && pylm__task_cancelled(s->task))
                return PYLM_ERR_CANCELLED;
            note_base(s, hash >> (64u - PYLM__HASH_BITS), s->base_keys[p] >> PYLM__LEAF_BITS);
            pylm__state_read(state, corpus->tokenizer, pylm__symbol(corpus, p));
        }
    }
    return PYLM_OK;
}

/* Keeps each of the base's sorted keys once, with sums of occurrences. */
static int merge_base_keys(struct pruning *s)
{
    uint64_t i;
    s->base_sums = pylm__array_new(s->n, sizeof *s->base_sums);
    if (!s->base_sums)
        return PYLM_ERR_MEMORY;
    for (i = 0; i < s->n; i++) {
        if (!i || s->base_keys[i] != s->base_keys[s->n_base_keys - 1u])
            s->base_keys[s->n_base_keys++] = s->base_keys[i];
        s->base_sums[s->n_base_keys - 1u] = (uint32_t)(i + 1u);
    }
    return PYLM_OK;
}

/* The usual estimate of the discount in absolute discounting: n1 / (n1 + 2 n2), where n1 successors occur once and n2
 * twice. */
static double estimate_discount(const uint64_t *keys, uint64_t n)
{
    uint64_t i, j, once = 0, twice = 0;
    for (i = 0; i < n; i = j) {
        for (j = i; j < n && keys[j] == keys[i]; j++)
            continue;
        once += j - i == 1u;
        twice += j - i == 2u;
    }
    return once ? (double)once / ((double)once + 2.0 * (double)twice) : 0.5;
}

static int find_depths(struct pruning *s)
{
    const struct pylm__symbol_tree *tree = s->in->tree;
    uint32_t leaf, node, lo, hi;
    s->depths = pylm__array_new(tree->n_symbols, 1);
    if (!s->depths)
        return PYLM_ERR_MEMORY;
    for (leaf = 0; leaf < tree->n_symbols; leaf++)
        for (node = lo = 0, hi = tree->n_symbols; hi - lo > 1u; s->depths[leaf]++) {
            uint32_t mid = tree->mid[node];
            node += leaf < mid ? 1u : mid - lo;
            if (leaf < mid)
                hi = mid;
            else
                lo = mid;
        }
    return PYLM_OK;
}

static void find_gains(struct pruning *s, const struct pylm__key_range *base, const struct pylm__key_range *base_own)
{
    if (s->base_keys)
        pylm__successors_gains(&s->successors, base, base_own, s->discount);
    else
        pylm__successors_gains_alone(&s->successors, s->depths);
}

/* ---- the whole text: sizes and the table ---- */

static int prune_table(struct pruning *s, struct pylm__pruned_template *pruned)
{
    struct pylm__packing *packing = NULL;
    struct pylm__key_range all = {s->keys, NULL, 0, 0}, none = all, base = all;
    uint64_t n_records[PYLM__N_PRICES] = {0}, lists[PYLM__N_PRICES] = {0}, c, work = 0;
    uint32_t i;
    int status = PYLM_OK;
    if (pruned->packed)
        packing = pylm__packing_begin(pruned->packed, s->in->tree, PYLM__LIST_CODED, 0, NULL);
    if (pruned->packed && !packing)
        return PYLM_ERR_MEMORY;
    for (c = 0; c < s->n_contexts && status == PYLM_OK; c++) {
        const struct pylm__kept *kept = &s->kept;
        for (all.from = all.to; s->keys[all.from] >> PYLM__LEAF_BITS != s->contexts[c];)
            all.from++;
        all.to = context_end(s->keys, all.from, s->n);
        pylm__successors_collect(&s->successors, &all, &none);
        work += s->successors.n + 1u;
        if (work >= SLICE) {
            work = 0;
            status = pylm__task_cancelled(s->task) ? PYLM_ERR_CANCELLED : PYLM_OK;
        }
        if (s->base_keys)
            base = base_range(s, s->bases[c]);
        find_gains(s, &base, &none);
        for (i = 0; i < pruned->n_levels && status == PYLM_OK; i++) {
            pylm__successors_prune(&s->successors, pruned->levels[i], s->symbol_bits, &s->kept);
            if (!kept->n)
                break; /* higher levels keep even less */
            n_records[i]++;
            lists[i] += pylm__coded_list_nbytes(kept->n, kept->max_code, kept->sums[kept->n - 1u], s->symbol_bits);
            if (packing && i == 0)
                status = pylm__packing_add(packing, s->contexts[c], kept->leaves, kept->sums, kept->n);
        }
    }
    for (i = 0; i < pruned->n_levels; i++)
        pruned->nbytes[i] = pylm__coded_table_nbytes(n_records[i], lists[i], s->symbol_bits);
    return packing ? pylm__packing_end(packing, status) : status;
}

/* ---- held-out blocks: evidence ---- */

/* Evidence of the kept successors on the path to a leaf; also added to the means, if they are wanted. */
static void follow_path(const struct pylm__symbol_tree *tree, const struct pylm__kept *kept, uint32_t leaf,
                        uint16_t *indices, struct pylm__mean *means)
{
    uint32_t unit = (UINT32_C(1) << PYLM__UNIT_BITS) / kept->sums[kept->n - 1u];
    uint32_t node = 0, lo = 0, hi = tree->n_symbols, from = 0, to = kept->n;
    while (hi - lo > 1u && from < to) {
        uint32_t mid = tree->mid[node], left = from, right = to, before = from ? kept->sums[from - 1u] : 0u;
        uint32_t n0, n1;
        int side = leaf >= mid;
        while (left < right) { /* the first successor right of mid */
            uint32_t middle = left + (right - left) / 2u;
            if (kept->leaves[middle] < mid)
                left = middle + 1u;
            else
                right = middle;
        }
        n0 = (left ? kept->sums[left - 1u] : 0u) - before;
        n1 = kept->sums[to - 1u] - before - n0;
        if (means) {
            means->left += n0 * unit;
            means++->right += n1 * unit;
        }
        *indices++ =
            (uint16_t)(to - from == 1u ? pylm__calibration_single(n0 + n1, n1 > 0) : pylm__calibration_index(n0, n1));
        if (side) {
            from = left;
            node += mid - lo;
            lo = mid;
        } else {
            to = left;
            node++;
            hi = mid;
        }
    }
}

/* A held-out block: its keys, sorted; hash and position in the block of each, sorted; keys of the base. */
struct block {
    int keeps_own;
    uint64_t n, first; /* symbols; held-out symbols before it */
    uint64_t *own, *positions, *base_own;
};

/* Evidence of one context, at all levels, at the positions where it stands in the block. */
static void context_evidence(struct pruning *s, const struct block *block, struct pylm__key_range all,
                             const struct pylm__key_range *own, const struct pylm__pruned_template *pruned)
{
    const struct pylm__heldout *heldout = s->in->heldout;
    struct pylm__key_range base = {NULL, NULL, 0, 0}, base_own = base, none = base;
    uint64_t j, at;
    uint32_t i;
    if (s->base_keys) {
        uint64_t position = block->positions[own->from] & PYLM__LEAF_MASK;
        uint64_t hash = s->base_of_blocks[block->first + position] >> PYLM__LEAF_BITS;
        base = base_range(s, hash);
        if (!block->keeps_own)
            base_own = range_of(block->base_own, 0, block->n, hash);
    }
    pylm__successors_collect(&s->successors, &all, block->keeps_own ? &none : own);
    find_gains(s, &base, &base_own);
    for (i = 0; i < pruned->n_levels; i++) {
        pylm__successors_prune(&s->successors, pruned->levels[i], s->symbol_bits, &s->kept);
        if (!s->kept.n)
            return;
        for (j = own->from; j < own->to; j++) {
            at = block->first + (block->positions[j] & PYLM__LEAF_MASK);
            follow_path(s->in->tree, &s->kept, (uint32_t)s->of_blocks[at] & PYLM__LEAF_MASK,
                        pruned->indices[i] + heldout->first_event[at],
                        pruned->means ? pruned->means + heldout->first_event[at] : NULL);
        }
    }
}

static int sort_block(struct pruning *s, struct block *block)
{
    uint64_t i;
    for (i = 0; i < block->n; i++) {
        block->own[i] = s->of_blocks[block->first + i];
        block->positions[i] = block->own[i] >> PYLM__LEAF_BITS << PYLM__LEAF_BITS | i;
        block->base_own[i] = s->base_keys ? s->base_of_blocks[block->first + i] : 0u;
    }
    PYLM__TRY(pylm__sort(block->own, s->scratch, block->n, s->task));
    PYLM__TRY(pylm__sort(block->positions, s->scratch, block->n, s->task));
    return pylm__sort(block->base_own, s->scratch, block->n, s->task);
}

static int block_evidence(struct pruning *s, struct block *block, const struct pylm__pruned_template *pruned)
{
    struct pylm__key_range all = {s->keys, NULL, 0, 0}, own = {block->own, NULL, 0, 0};
    uint64_t seen = 0;
    for (; own.from < block->n; own.from = own.to) {
        uint64_t total;
        own.to = context_end(block->own, own.from, block->n);
        all = range_of(s->keys, all.to, s->n, block->own[own.from] >> PYLM__LEAF_BITS);
        total = (all.to - all.from) - (block->keeps_own ? 0u : own.to - own.from);
        if (total && total >= s->in->min_count)
            context_evidence(s, block, all, &own, pruned);
        if (++seen % 64u == 0 && pylm__task_cancelled(s->task))
            return PYLM_ERR_CANCELLED;
    }
    return PYLM_OK;
}

static int find_evidence(struct pruning *s, const struct pylm__pruned_template *pruned)
{
    const struct pylm__heldout *heldout = s->in->heldout;
    struct block block;
    uint32_t b;
    int status = PYLM_OK;
    block.own = pylm__array_new(heldout->n_symbols, sizeof *block.own);
    block.positions = pylm__array_new(heldout->n_symbols, sizeof *block.positions);
    block.base_own = pylm__array_new(heldout->n_symbols, sizeof *block.base_own);
    if (!block.own || !block.positions || !block.base_own)
        status = PYLM_ERR_MEMORY;
    for (block.first = b = 0; b < heldout->n_blocks && status == PYLM_OK; b++, block.first += block.n) {
        block.keeps_own = pylm__keeps_own(heldout, b);
        block.n = heldout->ends[b] - heldout->begins[b];
        status = sort_block(s, &block);
        if (status != PYLM_OK)
            break;
        if (pruned->means)
            pylm__lock(heldout->locks, b);
        status = block_evidence(s, &block, pruned);
        if (pruned->means)
            pylm__unlock(heldout->locks, b);
    }
    free(block.own);
    free(block.positions);
    free(block.base_own);
    return status;
}

/* ---- one template ---- */

static int prepare(struct pruning *s)
{
    const struct pylm__prune_input *in = s->in;
    struct pylm__contexts contexts = {in->corpus, in->tree, in->templates, s->k};
    s->keys = pylm__array_new(s->n, sizeof *s->keys);
    s->scratch = pylm__array_new(s->n, sizeof *s->scratch);
    s->of_blocks = pylm__array_new(in->heldout->n_symbols, sizeof *s->of_blocks);
    s->base_of_blocks = pylm__array_new(in->heldout->n_symbols, sizeof *s->base_of_blocks);
    if (s->base != PYLM__NO_BASE)
        s->base_keys = pylm__array_new(s->n, sizeof *s->base_keys);
    if (!s->keys || !s->scratch || !s->of_blocks || !s->base_of_blocks || (s->base != PYLM__NO_BASE && !s->base_keys))
        return PYLM_ERR_MEMORY;
    PYLM__TRY(pylm__successors_new(&s->successors, &s->kept, in->tree->n_symbols));
    pylm__keys_make(&contexts, s->keys);
    pylm__keys_of_blocks(in->heldout, s->keys, s->of_blocks);
    PYLM__TRY(pylm__sort(s->keys, s->scratch, s->n, s->task));
    PYLM__TRY(list_contexts(s));
    s->discount = estimate_discount(s->keys, s->n);
    if (!s->base_keys)
        return find_depths(s);
    contexts.k = s->base;
    pylm__keys_make(&contexts, s->base_keys);
    pylm__keys_of_blocks(in->heldout, s->base_keys, s->base_of_blocks);
    PYLM__TRY(find_bases(s));
    PYLM__TRY(pylm__sort(s->base_keys, s->scratch, s->n, s->task));
    return merge_base_keys(s);
}

int pylm__prune_template(const struct pylm__prune_input *input, uint32_t k, struct pylm__pruned_template *pruned,
                         const pylm_task *task)
{
    const struct pylm__template *template = &input->templates->of[k];
    struct pruning s;
    int status;
    memset(&s, 0, sizeof s);
    s.in = input;
    s.task = task;
    s.k = k;
    s.base = template->base != PYLM__NO_BASE ? template->base : k ? 0u : PYLM__NO_BASE;
    s.symbol_bits = pylm__width(input->tree->n_symbols - 1u);
    s.n = input->corpus->n;
    status = prepare(&s);
    if (status == PYLM_OK && (pruned->packed || !pruned->indices[0] || pruned->n_levels > 1u))
        status = prune_table(&s, pruned);
    if (status == PYLM_OK && pruned->indices[0])
        status = find_evidence(&s, pruned);
    free(s.keys);
    free(s.base_keys);
    free(s.base_sums);
    free(s.scratch);
    free(s.of_blocks);
    free(s.base_of_blocks);
    free(s.contexts);
    free(s.bases);
    free(s.starts);
    free(s.depths);
    pylm__successors_free(&s.successors, &s.kept);
    return status;
}
