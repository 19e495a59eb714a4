/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * check.c: see check.h.
 */
#include "check.h"

#include "words.h"

#include <string.h>

#include "modules/adapt/plan.h"
#include "modules/kernel/kernel.h"
#include "modules/text/vocabulary.h"

static int check_template(const struct pylm__model *m, const struct pylm__tree *tree, uint32_t k)
{
    const uint8_t *c = pylm__template_head(tree, k);
    unsigned buckets = c[PYLM__C_BUCKET_BITS], check = c[PYLM__C_CHECK_BITS];
    uint32_t kind = c[PYLM__C_KIND], lag = c[PYLM__C_LAG];
    int bytes = m->tokenizer == PYLM_TOKENIZER_BYTES;
    if (c[PYLM__C_BASE] != PYLM__NO_BASE && c[PYLM__C_BASE] >= k)
        return 0;
    if (kind >= PYLM__N_KINDS || c[PYLM__C_ROLE] >= PYLM__N_ROLES)
        return 0;
    if (c[PYLM__C_ROLE] && k != tree->n_suffix &&
        (k < tree->n_suffix || !pylm__template_head(tree, k - 1u)[PYLM__C_ROLE]))
        return 0; /* those with a role stand together behind the suffix contexts */
    if (kind >= PYLM__KIND_WORD && !bytes)
        return 0;
    if (kind == PYLM__KIND_WORD    ? lag >= PYLM__N_WORDS
        : kind == PYLM__KIND_SHAPE ? !lag || lag > PYLM__MAX_RUNS
        : kind > PYLM__KIND_WORD   ? lag != 0u
                                   : kind != PYLM__KIND_NOTHING && (!lag || lag > PYLM__MAX_LAG))
        return 0;
    if (check < 1u || check > 32u || buckets + check > PYLM__HASH_BITS)
        return 0;
    if (c[PYLM__C_LIST_FORM] >= PYLM__N_LIST_FORMS ||
        c[PYLM__C_LIST_FORM] != pylm__template_head(tree, 0)[PYLM__C_LIST_FORM])
        return 0;
    if (c[PYLM__C_PAYLOAD_BITS] > (PYLM__WIDE_REGISTERS ? PYLM__MAX_LIST_BITS : 32u) || c[PYLM__C_INDEX_BITS] > 32u ||
        (unsigned)tree->symbol_bits + c[PYLM__C_COUNT_BITS] > c[PYLM__C_PAYLOAD_BITS])
        return 0;
    return pylm__packed_inside(m, pylm__load64(c + PYLM__C_INDEX), ((uint64_t)1 << buckets) + 1u,
                               c[PYLM__C_INDEX_BITS]) &&
           pylm__packed_inside(m, pylm__load64(c + PYLM__C_RECORDS), pylm__load32(c + PYLM__C_N_RECORDS),
                               check + 1u + c[PYLM__C_PAYLOAD_BITS]) &&
           pylm__lies_inside(m, pylm__load64(c + PYLM__C_LISTS), pylm__load64(c + PYLM__C_LISTS_NBYTES));
}

/* A table of hashes, with `behind` bytes of each hash behind it.
 *   end   out: where those end */
static int check_table(const struct pylm__model *m, uint64_t at, uint32_t behind, uint64_t *end)
{
    uint32_t n, bits;
    if (!pylm__lies_inside(m, at, PYLM__TABLE_HEAD_NBYTES))
        return 0;
    n = pylm__load32(m->image + (size_t)at);
    bits = pylm__load32(m->image + (size_t)at + 4u);
    if (bits > PYLM__TABLE_MAX_BITS)
        return 0;
    *end = at + pylm__table_nbytes(n, bits) + (uint64_t)n * behind;
    return pylm__lies_inside(m, at, *end - at);
}

/* The vectors of words, of which there is one at least. */
static int check_words(const struct pylm__model *m, uint64_t at)
{
    const uint8_t *head = m->image + (size_t)at;
    uint32_t place, n = 0;
    uint64_t end;
    if (!pylm__lies_inside(m, at, PYLM__WORDS_NBYTES))
        return 0;
    for (place = 0; place < PYLM__MAX_PLACES; place++)
        n += head[PYLM__WORDS_DIMS + place];
    return n == head[PYLM__WORDS_N] && check_table(m, at + PYLM__WORDS_NBYTES, n, &end) &&
           pylm__load32(head + PYLM__WORDS_NBYTES);
}

/* The vectors of nodes behind prefixes; each node has one at least.
 *   n   numbers of one */
static int check_prefixes(const struct pylm__model *m, uint64_t at, uint32_t n)
{
    uint32_t n_records;
    uint64_t end;
    if (!pylm__lies_inside(m, at, 4u) || !check_table(m, at + 4u, PYLM__PREFIX_NBYTES, &end))
        return 0;
    n_records = pylm__load32(m->image + (size_t)at);
    return n_records >= m->n_symbols - 1u &&
           pylm__lies_inside(m, end, (uint64_t)n_records * (n + PYLM__NODE_TOPIC_NUMBERS));
}

/* The vectors of the symbols. Without the module, images with any have been refused. */
static int check_topics(const struct pylm__model *m)
{
    uint64_t at = pylm__load64(m->image + PYLM__H_TOPIC);
    const uint8_t *head;
    uint32_t n, i;
    if (!PYLM_MODULE_TOPIC || !at)
        return 1;
    if (pylm__n_below(m) || m->n_banks || !pylm__lies_inside(m, at, PYLM__TOPIC_NBYTES))
        return 0;
    head = m->image + (size_t)at;
    n = head[PYLM__TOPIC_N];
    if (!n || n % 8u || n > (m->tokenizer == PYLM_TOKENIZER_BYTES ? PYLM__MAX_READING : PYLM__MAX_TOPIC))
        return 0;
    if (m->tokenizer == PYLM_TOKENIZER_BYTES)
        return check_words(m, at);
    for (i = 0; i < PYLM__N_FADES; i++)
        if (!head[PYLM__TOPIC_FADES + i] || head[PYLM__TOPIC_FADES + i] > PYLM__TOPIC_MAX_FADE ||
            head[PYLM__TOPIC_SCALES + i] > PYLM__TOPIC_MAX_SCALE)
            return 0;
    return head[PYLM__TOPIC_SHORT] <= 1u &&
           pylm__lies_inside(m, at, pylm__topics_nbytes(n, head[PYLM__TOPIC_SHORT], m->n_symbols));
}

/* Those of a tree's nodes. */
static int check_node_topics(const struct pylm__model *m, const struct pylm__tree *tree)
{
    uint64_t at = pylm__load64(tree->head + PYLM__T_TOPIC), topics = pylm__load64(m->image + PYLM__H_TOPIC);
    const uint8_t *head = m->image + (size_t)topics;
    if (!PYLM_MODULE_TOPIC || !at)
        return 1;
    if (!topics || (PYLM_ALIGNED && (at & 1u)))
        return 0;
    if (m->tokenizer == PYLM_TOKENIZER_BYTES)
        return check_prefixes(m, at, head[PYLM__TOPIC_N]);
    return pylm__lies_inside(m, at,
                             pylm__node_topics_nbytes(head[PYLM__TOPIC_N], head[PYLM__TOPIC_SHORT], m->n_symbols));
}

/* Whether the inputs of the first stage do. The templates and a constant always do. */
static int rows_find_room(const struct pylm__tree *tree)
{
    return !(PYLM_MODULE_TOPIC || PYLM_MODULE_VOICE) || pylm__n_stage1(tree) <= PYLM__DOT_MAX;
}

/* What calibration and weights need of the image. */
static int check_mix(const struct pylm__model *m, const struct pylm__tree *tree)
{
    struct pylm__shape shape = pylm__tree_shape(tree);
    uint64_t n_sets = 0;
    uint32_t i;
    for (i = 0; i < PYLM__N_FAMILIES; i++)
        n_sets += pylm__n_sets(i, &shape);
    return check_node_topics(m, tree) && rows_find_room(tree) &&
           pylm__numbers_inside(m, pylm__load64(tree->head + PYLM__T_CALIBRATION),
                                (uint64_t)tree->n_templates * PYLM__N_CALIBRATION) &&
           pylm__numbers_inside(m, pylm__load64(tree->head + PYLM__T_WEIGHTS), n_sets * pylm__n_stage1(tree)) &&
           pylm__numbers_inside(m, pylm__load64(tree->head + PYLM__T_STAGE2_WEIGHTS),
                                (tree->n_node_sets + (uint64_t)PYLM__N_CONFIDENCES) * pylm__n_plain(tree));
}

/* What a layer has of the model that it lies on. */
static int check_symbol_tree(const struct pylm__model *m, const struct pylm__tree *tree)
{
    const uint8_t *t = tree->head;
    uint64_t n = m->n_symbols, ranks = pylm__load64(t + PYLM__T_RANKS), symbols = pylm__load64(t + PYLM__T_SYMBOLS),
             classes = pylm__load64(t + PYLM__T_CLASSES);
    if (!tree->n_node_sets || tree->n_node_sets > PYLM__MAX_SYMBOLS || !tree->n_previous ||
        tree->n_previous > PYLM__MAX_SYMBOLS || !tree->n_before || tree->n_before > PYLM__MAX_SYMBOLS)
        return 0;
    if (tree->symbol_bits != pylm__width(m->n_symbols - 1u) || tree->class_bits > 24u || tree->coarse_bits > 24u ||
        tree->set_bits > 24u)
        return 0;
    return pylm__packed_inside(m, pylm__load64(t + PYLM__T_NODES), n - 1u, tree->symbol_bits + 0u + tree->set_bits) &&
           (!ranks || pylm__packed_inside(m, ranks, n, tree->symbol_bits)) &&
           (!symbols || pylm__packed_inside(m, symbols, n, tree->symbol_bits)) &&
           (!classes || pylm__packed_inside(m, classes, n, tree->class_bits + 0u + tree->coarse_bits));
}

static int check_predictor(const struct pylm__model *m, const struct pylm__tree *tree)
{
    if (PYLM_MODULE_KERNEL && m->n_banks)
        return pylm__kernel_check(m, tree);
    return check_mix(m, tree);
}

static int check_tree(const struct pylm__model *m, const struct pylm__tree *tree)
{
    uint32_t i;
    if (!tree->n_suffix || tree->n_suffix > tree->n_templates || !(pylm__n_below(m) || check_symbol_tree(m, tree)) ||
        !check_predictor(m, tree) || (PYLM_MODULE_ADAPT && !pylm__plan_check(m, tree)))
        return 0;
    for (i = 0; i < tree->n_templates; i++)
        if (!check_template(m, tree, i))
            return 0;
    return 1;
}

/* What the tokenizers differ in: bytes are 256 symbols; words have "<unk>" and "</s>"; an external one has a file. */
static int check_tokenizer(const struct pylm__model *m)
{
    const uint8_t *h = m->image;
    uint32_t unknown = pylm__load32(h + PYLM__H_UNKNOWN), line_end = pylm__load32(h + PYLM__H_LINE_END);
    uint32_t text_end = pylm__load32(h + PYLM__H_TEXT_END);
    uint64_t file = pylm__load64(h + PYLM__H_TOKENIZER_FILE);
    uint64_t file_nbytes = pylm__load64(h + PYLM__H_TOKENIZER_FILE_NBYTES);
    if (m->tokenizer > PYLM_TOKENIZER_EXTERNAL || (m->tokenizer == PYLM_TOKENIZER_BYTES && m->n_symbols != 256u))
        return 0;
    if (m->tokenizer == PYLM_TOKENIZER_WORDS
            ? unknown >= m->n_symbols || line_end >= m->n_symbols
            : unknown != PYLM_NONE || (line_end != PYLM_NONE && line_end >= m->n_symbols))
        return 0;
    if (text_end != PYLM_NONE && text_end >= m->n_symbols)
        return 0;
    return m->tokenizer == PYLM_TOKENIZER_EXTERNAL ? pylm__lies_inside(m, file, file_nbytes) : !file && !file_nbytes;
}

static int check_vocabulary(const struct pylm__model *m)
{
    return check_tokenizer(m) && (!PYLM_MODULE_TEXT || pylm__vocabulary_check(m));
}

/* Whether a layer was made for the model below, and says the same of the vocabulary. */
static int check_below(const struct pylm__model *m)
{
    const uint8_t *h = m->image;
    return m->n_trees == 1u && !m->n_banks &&
           !memcmp(h + PYLM__H_TOKENIZER, m->below->image + PYLM__H_TOKENIZER, PYLM__H_N_TREES - PYLM__H_TOKENIZER);
}

int pylm__check_parts(const struct pylm__model *m)
{
    struct pylm__tree tree;
    uint32_t t;
    if (!(pylm__n_below(m) ? check_below(m) : check_vocabulary(m)) ||
        !pylm__lies_inside(m, pylm__load64(m->image + PYLM__H_FACTS), pylm__load64(m->image + PYLM__H_FACTS_NBYTES)) ||
        (PYLM_MODULE_VOICE && m->image[PYLM__H_VOICE] > !m->n_banks) || !check_topics(m))
        return 0;
    for (t = 0; t < m->n_trees; t++) {
        pylm__tree_view(m, t ? &tree : NULL, &tree);
        if (!check_tree(m, &tree))
            return 0;
    }
    return 1;
}
