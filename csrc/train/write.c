/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * write.c: see write.h; the layout is core/image.h, in words FORMAT.md. The heads are written first, as
 * zeros, and filled in as the parts behind them find their positions.
 */
#include "write.h"

#include <stdlib.h>
#include <string.h>

#include "../core/evidence.h"
#include "../core/hash.h"

/* Stores into a head, if there is one: the buffer may have run out of memory. */
static void head8(struct pylm__buffer *image, uint64_t at, unsigned value)
{
    if (image->status == PYLM_OK)
        image->data[at] = (uint8_t)value;
}

static void head32(struct pylm__buffer *image, uint64_t at, uint32_t value)
{
    if (image->status == PYLM_OK)
        pylm__store32(image->data + at, value);
}

static void head64(struct pylm__buffer *image, uint64_t at, uint64_t value)
{
    if (image->status == PYLM_OK)
        pylm__store64(image->data + at, value);
}

/* Begins a part and notes its position in a head. */
static void begin_part(struct pylm__buffer *image, uint64_t at)
{
    head64(image, at, pylm__buffer_align(image));
}

static void write_numbers(struct pylm__buffer *image, uint64_t at, const int16_t *numbers, uint64_t n)
{
    uint64_t i;
    begin_part(image, at);
    for (i = 0; i < n; i++)
        pylm__buffer_bits(image, (uint16_t)numbers[i], 16);
}

/* ---- vocabulary ---- */

/* Whether a slot has a symbol of this text: only external vocabularies have one twice. */
static int is_text_of(const struct pylm__corpus *corpus, uint32_t slot, const uint8_t *text, uint64_t nbytes)
{
    uint64_t other_nbytes;
    const uint8_t *other;
    if (corpus->tokenizer != PYLM_TOKENIZER_EXTERNAL || !slot)
        return 0;
    other = pylm__word_text(&corpus->words, slot - 1u, &other_nbytes);
    return other_nbytes == nbytes && memcmp(other, text, (size_t)nbytes) == 0;
}

static void write_slots(struct pylm__buffer *image, const struct pylm__corpus *corpus)
{
    unsigned slot_bits = 1;
    uint32_t i, *slots, mask;
    while ((uint64_t)1 << slot_bits < corpus->n_symbols + corpus->n_symbols / 2u)
        slot_bits++;
    mask = (UINT32_C(1) << slot_bits) - 1u;
    slots = pylm__array_new((uint64_t)mask + 1u, sizeof *slots);
    if (!slots) {
        image->status = PYLM_ERR_MEMORY;
        return;
    }
    for (i = 0; i < corpus->n_symbols; i++) {
        uint64_t nbytes;
        const uint8_t *text = pylm__word_text(&corpus->words, i, &nbytes);
        uint32_t slot = (uint32_t)(pylm__hash_bytes(text, nbytes) >> 32);
        while (slots[slot & mask] && !is_text_of(corpus, slots[slot & mask], text, nbytes))
            slot++;
        if (!slots[slot & mask] && nbytes)
            slots[slot & mask] = i + 1u;
    }
    head8(image, PYLM__H_VOCAB_SLOT_BITS, slot_bits);
    begin_part(image, PYLM__H_VOCAB_SLOTS);
    for (i = 0; i <= mask; i++)
        pylm__buffer_bits(image, slots[i], pylm__width(corpus->n_symbols));
    free(slots);
}

static void write_vocabulary(struct pylm__buffer *image, const struct pylm__corpus *corpus)
{
    const struct pylm__words *words = &corpus->words;
    unsigned position_bits;
    uint32_t i;
    if (corpus->tokenizer == PYLM_TOKENIZER_BYTES) {
        begin_part(image, PYLM__H_VOCAB_TEXT);
        head64(image, PYLM__H_VOCAB_TEXT_NBYTES, 256);
        for (i = 0; i < 256u; i++)
            pylm__buffer_bits(image, i, 8);
        return;
    }
    if (words->text_nbytes > UINT32_MAX) {
        image->status = PYLM_ERR_LARGE;
        return;
    }
    begin_part(image, PYLM__H_VOCAB_TEXT);
    head64(image, PYLM__H_VOCAB_TEXT_NBYTES, words->text_nbytes);
    pylm__buffer_bytes(image, words->text, words->text_nbytes);
    position_bits = pylm__width((uint32_t)words->text_nbytes);
    head8(image, PYLM__H_VOCAB_POSITION_BITS, position_bits);
    begin_part(image, PYLM__H_VOCAB_POSITIONS);
    pylm__buffer_bits(image, 0, position_bits);
    for (i = 0; i < corpus->n_symbols; i++)
        pylm__buffer_bits(image, (uint32_t)words->ends[i], position_bits);
    write_slots(image, corpus);
    if (corpus->tokenizer == PYLM_TOKENIZER_EXTERNAL) {
        begin_part(image, PYLM__H_TOKENIZER_FILE);
        head64(image, PYLM__H_TOKENIZER_FILE_NBYTES, corpus->file_nbytes);
        pylm__buffer_bytes(image, corpus->file, corpus->file_nbytes);
    }
}

/* ---- trees ---- */

static void write_packed(struct pylm__buffer *image, uint64_t at, const uint32_t *values, uint32_t n,
                         unsigned width)
{
    uint32_t i;
    begin_part(image, at);
    for (i = 0; i < n; i++)
        pylm__buffer_bits(image, values[i], width);
}

static int is_identity(const uint32_t *values, uint32_t n)
{
    uint32_t i;
    for (i = 0; i < n && values[i] == i; i++)
        continue;
    return i == n;
}

/* Ranks and their inverse, for a tree whose leaves are not in the order of the symbols. */
static void write_order(struct pylm__buffer *image, uint64_t head, const struct pylm__symbol_tree *tree,
                        unsigned symbol_bits)
{
    uint32_t i, *symbol_of;
    if (is_identity(tree->leaf_of, tree->n_symbols))
        return;
    symbol_of = pylm__array_new(tree->n_symbols, sizeof *symbol_of);
    if (!symbol_of) {
        image->status = PYLM_ERR_MEMORY;
        return;
    }
    for (i = 0; i < tree->n_symbols; i++)
        symbol_of[tree->leaf_of[i]] = i;
    write_packed(image, head + PYLM__T_RANKS, tree->leaf_of, tree->n_symbols, symbol_bits);
    write_packed(image, head + PYLM__T_SYMBOLS, symbol_of, tree->n_symbols, symbol_bits);
    free(symbol_of);
}

static void write_symbol_tree(struct pylm__buffer *image, uint64_t head, const struct pylm__symbol_tree *tree)
{
    unsigned symbol_bits = pylm__width(tree->n_symbols - 1u), set_bits = pylm__width(tree->n_sets - 1u);
    unsigned class_bits = pylm__width(tree->n_classes ? tree->n_classes - 1u : 0u);
    unsigned coarse_bits = pylm__width(tree->n_coarse ? tree->n_coarse - 1u : 0u);
    uint32_t i;
    head32(image, head + PYLM__T_N_NODE_SETS, tree->n_sets);
    head32(image, head + PYLM__T_N_PREVIOUS, pylm__tree_previous_sets(tree));
    head32(image, head + PYLM__T_DEPTH, tree->depth);
    head8(image, head + PYLM__T_SYMBOL_BITS, symbol_bits);
    head8(image, head + PYLM__T_CLASS_BITS, class_bits);
    head8(image, head + PYLM__T_COARSE_BITS, coarse_bits);
    head8(image, head + PYLM__T_SET_BITS, set_bits);
    begin_part(image, head + PYLM__T_NODES);
    for (i = 0; i + 1u < tree->n_symbols; i++) {
        pylm__buffer_bits(image, tree->mid[i], symbol_bits);
        pylm__buffer_bits(image, tree->set[i], set_bits);
    }
    write_order(image, head, tree, symbol_bits);
    if (!tree->n_classes)
        return;
    begin_part(image, head + PYLM__T_CLASSES);
    for (i = 0; i < tree->n_symbols; i++) {
        pylm__buffer_bits(image, tree->class_of[i], class_bits);
        pylm__buffer_bits(image, tree->coarse_of[i], coarse_bits);
    }
}

static void write_template(struct pylm__buffer *image, uint64_t head, const struct pylm__template *t,
                           const struct pylm__packed *packed)
{
    head8(image, head + PYLM__C_BASE, t->base);
    head8(image, head + PYLM__C_KIND, t->kind);
    head8(image, head + PYLM__C_LAG, t->lag);
    head8(image, head + PYLM__C_ROLE, t->role);
    head8(image, head + PYLM__C_BUCKET_BITS, packed->bucket_bits);
    head8(image, head + PYLM__C_CHECK_BITS, packed->check_bits);
    head8(image, head + PYLM__C_COUNT_BITS, packed->count_bits);
    head8(image, head + PYLM__C_PAYLOAD_BITS, packed->payload_bits);
    head8(image, head + PYLM__C_INDEX_BITS, packed->index_bits);
    head8(image, head + PYLM__C_LIST_FORM, packed->form);
    head32(image, head + PYLM__C_N_RECORDS, (uint32_t)packed->n_records);
    begin_part(image, head + PYLM__C_INDEX);
    pylm__buffer_bytes(image, packed->index.data, packed->index.n);
    begin_part(image, head + PYLM__C_RECORDS);
    pylm__buffer_bytes(image, packed->records.data, packed->records.n);
    begin_part(image, head + PYLM__C_LISTS);
    pylm__buffer_bytes(image, packed->lists.data, packed->lists.n);
    head64(image, head + PYLM__C_LISTS_NBYTES, packed->lists.n);
}

static void write_plan(struct pylm__buffer *image, uint64_t at, const struct pylm__plan *plan)
{
    uint32_t i;
    head8(image, at++, plan->n_recalled);
    head8(image, at++, plan->n_long);
    for (i = 0; i < PYLM__MAX_RECALLED; i++)
        head8(image, at++, plan->recalled[i]);
    for (i = 0; i < PYLM__MAX_LONG; i++)
        head8(image, at++, plan->lengths[i]);
}

static void write_tree(struct pylm__buffer *image, uint64_t head, const struct pylm__trained_tree *trained,
                       uint32_t share)
{
    const struct pylm__stages *stages = &trained->stages;
    uint32_t k, n = trained->templates.n;
    head32(image, head + PYLM__T_SHARE, share);
    head32(image, head + PYLM__T_N_TEMPLATES, n);
    head32(image, head + PYLM__T_N_SUFFIX, trained->templates.n_suffix);
    write_symbol_tree(image, head, &trained->tree);
    write_numbers(image, head + PYLM__T_CALIBRATION, trained->calibration, (uint64_t)n * PYLM__N_CALIBRATION);
    write_numbers(image, head + PYLM__T_WEIGHTS, stages->weights, stages->n_weights);
    write_numbers(image, head + PYLM__T_FINAL_WEIGHTS, stages->final_weights, stages->n_final_weights);
    write_plan(image, head + PYLM__T_PLAN, &trained->templates.plan);
    write_numbers(image, head + PYLM__T_OVERLAY_CALIBRATION, stages->overlay_calibration,
                  stages->n_overlay_calibration);
    write_numbers(image, head + PYLM__T_OVERLAY_WEIGHTS, stages->overlay_weights, stages->n_overlay_weights);
    for (k = 0; k < n; k++)
        write_template(image, head + PYLM__T_NBYTES + k * PYLM__C_NBYTES, &trained->templates.of[k],
                       &trained->packed[k]);
}

int pylm__write_image(struct pylm__buffer *image, const struct pylm__corpus *corpus,
                      const struct pylm__trained_tree *trees, uint32_t n_trees, const char *facts)
{
    uint64_t head = PYLM__H_NBYTES, head_nbytes = PYLM__H_NBYTES;
    uint32_t t;
    for (t = 0; t < n_trees; t++)
        head_nbytes += PYLM__T_NBYTES + trees[t].templates.n * PYLM__C_NBYTES;
    (void)pylm__buffer_zeros(image, head_nbytes);
    head32(image, PYLM__H_TOKENIZER, corpus->tokenizer);
    head32(image, PYLM__H_N_SYMBOLS, corpus->n_symbols);
    head32(image, PYLM__H_UNKNOWN, corpus->unknown);
    head32(image, PYLM__H_LINE_END, corpus->line_end);
    head32(image, PYLM__H_N_TREES, n_trees);
    begin_part(image, PYLM__H_FACTS);
    head64(image, PYLM__H_FACTS_NBYTES, strlen(facts));
    pylm__buffer_bytes(image, facts, strlen(facts));
    write_vocabulary(image, corpus);
    for (t = 0; t < n_trees; t++) { /* shares are equal but for what does not divide */
        write_tree(image, head, &trees[t], 65536u / n_trees + (t < 65536u % n_trees));
        head += PYLM__T_NBYTES + trees[t].templates.n * PYLM__C_NBYTES;
    }
    (void)pylm__buffer_align(image);
    (void)pylm__buffer_zeros(image, PYLM__SLACK_NBYTES);
    if (image->status != PYLM_OK)
        return image->status;
    memcpy(image->data, PYLM__MAGIC, 8);
    head32(image, PYLM__H_VERSION, PYLM_FORMAT_VERSION);
    head32(image, PYLM__H_HEAD_NBYTES, (uint32_t)head_nbytes);
    head64(image, PYLM__H_IMAGE_NBYTES, image->n);
    head64(image, PYLM__H_HEAD_CHECKSUM,
           pylm__checksum(image->data + PYLM__H_TOKENIZER, head_nbytes - PYLM__H_TOKENIZER));
    head64(image, PYLM__H_IMAGE_CHECKSUM,
           pylm__checksum(image->data + PYLM__H_HEAD_CHECKSUM, image->n - PYLM__H_HEAD_CHECKSUM));
    return PYLM_OK;
}
