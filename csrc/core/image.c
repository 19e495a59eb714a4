/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * image.c: opening an image. See image.h for the layout.
 *
 * After pylm_model_open() every part that a header points to is known to lie inside the image with
 * PYLM__SLACK_NBYTES to spare, so that readers need no checks of their own but for what they find
 * *inside* a table: numbers of records, positions of lists.
 */
#include "image.h"

#include <string.h>

#include "hash.h"

/* Compile-time check: an array of negative size if the structure does not fit its opaque twin. */
typedef char model_fits[sizeof(struct pylm__model) <= sizeof(pylm_model) ? 1 : -1];

static int has_magic(const uint8_t *image)
{
    return memcmp(image, PYLM__MAGIC, 8) == 0;
}

/* Whether the checksum at a position is that of what follows its 8 bytes up to `end`. */
static int has_checksum(const uint8_t *image, uint32_t position, pylm__offset end)
{
    return pylm__checksum(image + position + 8u, end - position - 8u) == pylm__load64(image + position);
}

/* Whether `nbytes` from `position` lie inside the image, behind the head. */
static int lies_inside(const struct pylm__model *m, uint64_t position, uint64_t nbytes)
{
    uint64_t end = m->image_nbytes - PYLM__SLACK_NBYTES;
    return position >= PYLM__H_NBYTES && position <= end && nbytes <= end - position;
}

/* Whether n numbers of 16 bits do. n < 2^33. */
static int numbers_inside(const struct pylm__model *m, uint64_t position, uint64_t n)
{
    return (!PYLM_ALIGNED || !(position & 1u)) && lies_inside(m, position, 2u * n);
}

/* Whether n packed fields of `width` bits do. */
static int packed_inside(const struct pylm__model *m, uint64_t position, uint64_t n, unsigned width)
{
    return lies_inside(m, position, pylm__packed_nbytes(n, width));
}

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
    if (kind == PYLM__KIND_WORD ? !bytes || lag >= PYLM__N_WORDS
                                : kind != PYLM__KIND_NOTHING && (!lag || lag > PYLM__MAX_LAG))
        return 0;
    if (check < 1u || check > 32u || buckets + check > PYLM__HASH_BITS)
        return 0;
    if (c[PYLM__C_LIST_FORM] >= PYLM__N_LIST_FORMS)
        return 0;
    if (m->n_banks && (c[PYLM__C_LIST_FORM] != PYLM__LIST_SPLITS || kind > PYLM__KIND_CLASS || lag > PYLM__MAX_REACH))
        return 0;
    if (c[PYLM__C_PAYLOAD_BITS] > 32u || c[PYLM__C_INDEX_BITS] > 32u ||
        (unsigned)tree->symbol_bits + c[PYLM__C_COUNT_BITS] > c[PYLM__C_PAYLOAD_BITS])
        return 0;
    return packed_inside(m, pylm__load64(c + PYLM__C_INDEX), ((uint64_t)1 << buckets) + 1u,
                         c[PYLM__C_INDEX_BITS]) &&
           packed_inside(m, pylm__load64(c + PYLM__C_RECORDS), pylm__load32(c + PYLM__C_N_RECORDS),
                         check + 1u + c[PYLM__C_PAYLOAD_BITS]) &&
           lies_inside(m, pylm__load64(c + PYLM__C_LISTS), pylm__load64(c + PYLM__C_LISTS_NBYTES));
}

/* Whether the tree can adapt: its plan names templates and lengths that there are. */
static int check_overlay(const struct pylm__model *m, const struct pylm__tree *tree)
{
    struct pylm__plan plan;
    uint32_t i;
    pylm__plan_read(tree, &plan);
    if (!pylm__load64(tree->head + PYLM__T_OVERLAY_WEIGHTS))
        return !plan.n_recalled && !plan.n_long;
    for (i = 0; i < plan.n_recalled; i++)
        if (plan.recalled[i] < PYLM__INDIRECT ? plan.recalled[i] >= tree->n_templates
                                              : plan.recalled[i] - PYLM__INDIRECT >= i)
            return 0;
    for (i = 0; i < plan.n_long; i++)
        if (plan.lengths[i] < 1u || plan.lengths[i] > PYLM__MAX_LAG || (i && plan.lengths[i] < plan.lengths[i - 1u]))
            return 0;
    return numbers_inside(m, pylm__load64(tree->head + PYLM__T_OVERLAY_CALIBRATION),
                          (uint64_t)pylm__plan_inputs(&plan) * PYLM__N_CALIBRATION) &&
           numbers_inside(m, pylm__load64(tree->head + PYLM__T_OVERLAY_WEIGHTS),
                          pylm__n_overlay_weights(tree, &plan));
}

/* What calibration and weights need of the image. */
static int check_mix(const struct pylm__model *m, const struct pylm__tree *tree)
{
    struct pylm__shape shape = pylm__tree_shape(tree);
    uint64_t n_sets = 0;
    uint32_t i;
    for (i = 0; i < PYLM__N_FAMILIES; i++)
        n_sets += pylm__n_sets(i, &shape);
    return numbers_inside(m, pylm__load64(tree->head + PYLM__T_CALIBRATION),
                          (uint64_t)tree->n_templates * PYLM__N_CALIBRATION) &&
           numbers_inside(m, pylm__load64(tree->head + PYLM__T_WEIGHTS), n_sets * (tree->n_templates + 1u)) &&
           numbers_inside(m, pylm__load64(tree->head + PYLM__T_FINAL_WEIGHTS),
                          (tree->n_node_sets + (uint64_t)PYLM__N_CONFIDENCES) * pylm__n_plain(tree)) &&
           check_overlay(m, tree);
}

/* A bank of a kernel has bandwidths instead, and nothing that adapts. */
static int check_kernel(const struct pylm__model *m, const struct pylm__tree *tree)
{
    uint64_t bandwidths = pylm__load64(tree->head + PYLM__T_WEIGHTS);
    uint32_t reach;
    if (!lies_inside(m, bandwidths, PYLM__K_NBYTES) || pylm__load64(tree->head + PYLM__T_OVERLAY_WEIGHTS) ||
        !check_overlay(m, tree))
        return 0;
    reach = pylm__load32(m->image + (size_t)bandwidths + PYLM__K_REACH);
    return reach >= 1u && reach <= PYLM__MAX_REACH;
}

/* What a layer has of the model that it lies on. */
static int check_symbol_tree(const struct pylm__model *m, const struct pylm__tree *tree)
{
    const uint8_t *t = tree->head;
    uint64_t n = m->n_symbols, ranks = pylm__load64(t + PYLM__T_RANKS), symbols = pylm__load64(t + PYLM__T_SYMBOLS),
             classes = pylm__load64(t + PYLM__T_CLASSES);
    if (tree->depth > PYLM__MAX_DEPTH || !tree->n_node_sets || tree->n_node_sets > PYLM__MAX_SYMBOLS ||
        !tree->n_previous || tree->n_previous > PYLM__MAX_SYMBOLS || !tree->n_before ||
        tree->n_before > PYLM__MAX_SYMBOLS)
        return 0;
    if (tree->symbol_bits != pylm__width(m->n_symbols - 1u) || tree->class_bits > 24u ||
        tree->coarse_bits > 24u || tree->set_bits > 24u)
        return 0;
    return packed_inside(m, pylm__load64(t + PYLM__T_NODES), n - 1u, tree->symbol_bits + 0u + tree->set_bits) &&
           (!ranks || packed_inside(m, ranks, n, tree->symbol_bits)) &&
           (!symbols || packed_inside(m, symbols, n, tree->symbol_bits)) &&
           (!classes || packed_inside(m, classes, n, tree->class_bits + 0u + tree->coarse_bits));
}

static int check_tree(const struct pylm__model *m, const struct pylm__tree *tree)
{
    uint32_t i;
    if (!tree->n_suffix || tree->n_suffix > tree->n_templates ||
        !(pylm__n_below(m) || check_symbol_tree(m, tree)) || !(m->n_banks ? check_kernel(m, tree) : check_mix(m, tree)))
        return 0;
    for (i = 0; i < tree->n_templates; i++)
        if (!check_template(m, tree, i))
            return 0;
    return 1;
}

/* What only some tokenizers have: "<unk>" and "</s>", a file of their own. */
static int check_tokenizer(const struct pylm__model *m)
{
    const uint8_t *h = m->image;
    uint32_t unknown = pylm__load32(h + PYLM__H_UNKNOWN), line_end = pylm__load32(h + PYLM__H_LINE_END);
    uint64_t file = pylm__load64(h + PYLM__H_TOKENIZER_FILE);
    uint64_t file_nbytes = pylm__load64(h + PYLM__H_TOKENIZER_FILE_NBYTES);
    if (m->tokenizer > PYLM_TOKENIZER_EXTERNAL)
        return 0;
    if (m->tokenizer == PYLM_TOKENIZER_WORDS ? unknown >= m->n_symbols || line_end >= m->n_symbols
                                             : unknown != PYLM_NONE || line_end != PYLM_NONE)
        return 0;
    return m->tokenizer == PYLM_TOKENIZER_EXTERNAL ? lies_inside(m, file, file_nbytes) : !file && !file_nbytes;
}

static int check_vocabulary(const struct pylm__model *m)
{
    const uint8_t *h = m->image;
    unsigned position_bits = h[PYLM__H_VOCAB_POSITION_BITS], slot_bits = h[PYLM__H_VOCAB_SLOT_BITS];
    uint64_t text_nbytes = pylm__load64(h + PYLM__H_VOCAB_TEXT_NBYTES);
    if (!check_tokenizer(m) || !lies_inside(m, pylm__load64(h + PYLM__H_VOCAB_TEXT), text_nbytes))
        return 0;
    if (m->tokenizer == PYLM_TOKENIZER_BYTES)
        return m->n_symbols == 256u && text_nbytes == 256u;
    return text_nbytes < (UINT64_C(1) << 32) && position_bits <= 32u && slot_bits <= 28u &&
           packed_inside(m, pylm__load64(h + PYLM__H_VOCAB_POSITIONS), (uint64_t)m->n_symbols + 1u,
                         position_bits) &&
           packed_inside(m, pylm__load64(h + PYLM__H_VOCAB_SLOTS), (uint64_t)1 << slot_bits,
                         pylm__width(m->n_symbols));
}

/* Whether the tree header at `at` and its template headers lie within the head. */
static int fits_head(const uint8_t *image, uint32_t at, uint32_t head_nbytes)
{
    uint32_t n;
    if (at > head_nbytes || head_nbytes - at < PYLM__T_NBYTES)
        return 0;
    n = pylm__load32(image + at + PYLM__T_N_TEMPLATES);
    return n >= 1u && n <= PYLM__MAX_TEMPLATES && head_nbytes - at - PYLM__T_NBYTES >= n * PYLM__C_NBYTES;
}

/* Whether a layer was made for the model below, and says the same of the vocabulary. */
static int check_below(const struct pylm__model *m)
{
    const uint8_t *h = m->image;
    return m->n_trees == 1u && !m->n_banks && !memcmp(h + PYLM__H_TOKENIZER, m->below->image + PYLM__H_TOKENIZER,
                                                      PYLM__H_N_TREES - PYLM__H_TOKENIZER);
}

/* Goes through the tree headers, which are to lie within the head. Notes the largest of what each says. Returns a
 * status. */
static int measure(struct pylm__model *m, uint32_t head_nbytes)
{
    struct pylm__tree tree;
    uint32_t t, k, shares = 0, at = PYLM__H_NBYTES;
    for (t = 0; t < m->n_trees; t++) {
        if (PYLM__DAMAGED(!fits_head(m->image, at, head_nbytes)))
            return PYLM_ERR_DAMAGED;
        pylm__tree_view(m, t ? &tree : NULL, &tree);
        if (PYLM__DAMAGED(tree.share < !(m->n_banks && t) || tree.share > 65536u))
            return PYLM_ERR_DAMAGED;
        shares += tree.share;
        if (PYLM__DAMAGED(m->n_banks && shares != 65536u)) /* the first has all */
            return PYLM_ERR_DAMAGED;
        m->adapts = m->adapts && tree.parts[PYLM__P_OVERLAY_WEIGHTS];
        m->depth = tree.depth > m->depth ? tree.depth : m->depth;
        m->n_templates = tree.n_templates > m->n_templates ? tree.n_templates : m->n_templates;
        at += PYLM__T_NBYTES + tree.n_templates * (uint32_t)PYLM__C_NBYTES;
        for (k = 0; PYLM_CODED && k < tree.n_templates; k++)
            if (pylm__template_head(&tree, k)[PYLM__C_LIST_FORM] != PYLM__LIST_CODED)
                return PYLM_ERR_LARGE;
    }
    return PYLM__DAMAGED(shares != 65536u) ? PYLM_ERR_DAMAGED : PYLM_OK;
}

/* Whether the image needs more than this library is compiled for. */
static int is_large(const struct pylm__model *m)
{
    return m->n_trees > PYLM__MOST_TREES || m->n_templates > PYLM__MOST_TEMPLATES ||
           (m->n_banks && !PYLM_MODULE_KERNEL) || (PYLM_BYTES && m->tokenizer != PYLM_TOKENIZER_BYTES);
}

/* Whether everything that the headers point to is there. */
static int check_parts(const struct pylm__model *m)
{
    struct pylm__tree tree;
    uint32_t t;
    if (!(pylm__n_below(m) ? check_below(m) : check_vocabulary(m)) ||
        !lies_inside(m, pylm__load64(m->image + PYLM__H_FACTS), pylm__load64(m->image + PYLM__H_FACTS_NBYTES)))
        return 0;
    for (t = 0; t < m->n_trees; t++) {
        pylm__tree_view(m, t ? &tree : NULL, &tree);
        if (!check_tree(m, &tree))
            return 0;
    }
    return 1;
}

/* Whether there is a layer where one is to be, and the model below is the one that it was made for. */
static int check_layer(const uint8_t *h, const struct pylm__model *below)
{
    if (h[PYLM__H_IS_LAYER] != (PYLM__MOST_LAYERS && below))
        return PYLM_ERR_LAYER;
    if (!PYLM__MOST_LAYERS || !below)
        return PYLM_OK;
    if (below->n_trees != 1u || below->n_banks ||
        pylm__load64(h + PYLM__H_BASE) != pylm__load64(below->image + PYLM__H_IMAGE_CHECKSUM))
        return PYLM_ERR_BASE;
    return pylm__n_below(below) + 1u > PYLM__MOST_LAYERS ? PYLM_ERR_LARGE : PYLM_OK;
}

int pylm__image_open(pylm_model *model, const pylm_model *below, const void *image, uint64_t image_nbytes)
{
    const uint8_t *h = image;
    struct pylm__model m;
    uint32_t head_nbytes;
    int status;
    if (PYLM_ALIGNED && ((uintptr_t)image & 1u))
        return PYLM_ERR_ARGUMENT;
    if (!PYLM__MOST_LAYERS && below)
        return PYLM_ERR_LARGE;
    if (image_nbytes < 8u || !has_magic(h))
        return PYLM_ERR_FOREIGN;
    if (image_nbytes < PYLM__H_NBYTES + PYLM__SLACK_NBYTES)
        return PYLM_ERR_TRUNCATED;
    if (pylm__load32(h + PYLM__H_VERSION) != PYLM_FORMAT_VERSION)
        return PYLM_ERR_VERSION;
    memset(&m, 0, sizeof m);
    m.image = h;
    if (PYLM__MOST_LAYERS && below) {
        m.below = pylm__model_view(below);
        m.n_below = m.below->n_below + 1u;
        m.n_templates = m.below->n_templates;
    }
    m.image_nbytes = pylm__load_offset(h + PYLM__H_IMAGE_NBYTES);
    m.n_symbols = pylm__load32(h + PYLM__H_N_SYMBOLS);
    m.tokenizer = pylm__load32(h + PYLM__H_TOKENIZER);
    m.n_trees = pylm__load32(h + PYLM__H_N_TREES);
    m.line_end = pylm__load32(h + PYLM__H_LINE_END);
    m.adapts = 1;
    head_nbytes = pylm__load32(h + PYLM__H_HEAD_NBYTES);
    if (head_nbytes < PYLM__H_NBYTES || m.image_nbytes < head_nbytes ||
        m.image_nbytes - head_nbytes < PYLM__SLACK_NBYTES)
        return PYLM_ERR_DAMAGED;
    if (m.image_nbytes > PYLM__MOST_NBYTES)
        return PYLM_ERR_LARGE;
    if (image_nbytes < m.image_nbytes)
        return PYLM_ERR_TRUNCATED;
    if (!has_checksum(h, PYLM_TRUSTS ? PYLM__H_IMAGE_CHECKSUM : PYLM__H_HEAD_CHECKSUM,
                      PYLM_TRUSTS ? m.image_nbytes : head_nbytes))
        return PYLM_ERR_DAMAGED;
    status = check_layer(h, m.below);
    if (status != PYLM_OK)
        return status;
    if (PYLM__DAMAGED(!m.n_symbols || m.n_symbols > PYLM__MAX_SYMBOLS || !m.n_trees || m.n_trees > PYLM__MAX_TREES ||
                      h[PYLM__H_PREDICTOR] > PYLM_PREDICTOR_KERNEL))
        return PYLM_ERR_DAMAGED;
    m.n_banks = (uint16_t)(h[PYLM__H_PREDICTOR] == PYLM_PREDICTOR_KERNEL ? m.n_trees : 0u);
    status = measure(&m, head_nbytes);
    if (status != PYLM_OK)
        return status;
    if (is_large(&m))
        return PYLM_ERR_LARGE;
    if (PYLM__DAMAGED(!check_parts(&m)))
        return PYLM_ERR_DAMAGED;
    if (m.n_banks)
        m.n_trees = 1;
    memset(model, 0, sizeof *model);
    memcpy(model, &m, sizeof m);
    return PYLM_OK;
}

int pylm_model_open(pylm_model *model, const void *image, uint64_t image_nbytes)
{
    return pylm__image_open(model, NULL, image, image_nbytes);
}

int pylm_model_verify(const pylm_model *model)
{
    const struct pylm__model *m = pylm__model_view(model);
    return has_checksum(m->image, PYLM__H_IMAGE_CHECKSUM, m->image_nbytes) ? PYLM_OK : PYLM_ERR_DAMAGED;
}

/* Where a part begins; NULL if it is absent, or outside in an image that is still to be refused. */
static const uint8_t *part(const struct pylm__model *model, const uint8_t *tree_head, uint32_t number)
{
    pylm__offset at = pylm__load_offset(tree_head + PYLM__T_PARTS + 8u * number);
    return at && at < model->image_nbytes ? model->image + (size_t)at : NULL;
}

void pylm__tree_view(const struct pylm__model *model, const struct pylm__tree *previous,
                     struct pylm__tree *tree)
{
    const struct pylm__model *root = pylm__root_model(model);
    const uint8_t *t = previous ? pylm__template_head(previous, previous->n_templates)
                                : model->image + PYLM__H_NBYTES;
    uint32_t i;
    tree->head = t;
    tree->share = pylm__load32(t + PYLM__T_SHARE);
    tree->n_templates = pylm__load32(t + PYLM__T_N_TEMPLATES);
    tree->n_suffix = pylm__load32(t + PYLM__T_N_SUFFIX);
    tree->is_layer = pylm__n_below(model) > 0u;
    for (i = 0; i < PYLM__N_PARTS; i++)
        tree->parts[i] = part(model, t, i);
    if (root != model) { /* which has a single tree */
        t = root->image + PYLM__H_NBYTES;
        for (i = 0; i < PYLM__N_PARTS; i++)
            if (i <= PYLM__P_CLASSES || i == PYLM__P_SYMBOLS)
                tree->parts[i] = part(root, t, i);
    }
    tree->n_node_sets = pylm__load32(t + PYLM__T_N_NODE_SETS);
    tree->n_previous = pylm__load32(t + PYLM__T_N_PREVIOUS);
    tree->n_before = pylm__load32(t + PYLM__T_N_BEFORE);
    tree->depth = pylm__load32(t + PYLM__T_DEPTH);
    tree->n_symbols = model->n_symbols;
    tree->symbol_bits = t[PYLM__T_SYMBOL_BITS];
    tree->class_bits = t[PYLM__T_CLASS_BITS];
    tree->coarse_bits = t[PYLM__T_COARSE_BITS];
    tree->set_bits = t[PYLM__T_SET_BITS];
}

int pylm__tree_find(const struct pylm__model *model, uint32_t number, struct pylm__tree *tree)
{
    uint32_t t;
    if (number >= model->n_trees)
        return 0;
    for (t = 0; t <= number; t++)
        pylm__tree_view(model, t ? tree : NULL, tree);
    return 1;
}

void pylm_model_info(const pylm_model *model, pylm_info *info)
{
    const struct pylm__model *m = pylm__model_view(model);
    struct pylm__tree tree;
    uint32_t t, k;
    memset(info, 0, sizeof *info);
    info->format_version = PYLM_FORMAT_VERSION;
    info->tokenizer = m->tokenizer;
    info->n_symbols = m->n_symbols;
    info->unknown = pylm__load32(m->image + PYLM__H_UNKNOWN);
    info->line_end = m->line_end;
    info->n_trees = m->n_trees;
    info->n_below = pylm__n_below(m);
    info->depth = m->depth;
    info->image_nbytes = m->image_nbytes;
    info->facts_offset = pylm__load64(m->image + PYLM__H_FACTS);
    info->facts_nbytes = pylm__load64(m->image + PYLM__H_FACTS_NBYTES);
    info->tokenizer_offset = pylm__load64(m->image + PYLM__H_TOKENIZER_FILE);
    info->tokenizer_nbytes = pylm__load64(m->image + PYLM__H_TOKENIZER_FILE_NBYTES);
    info->predictor = pylm__is_kernel(m) ? PYLM_PREDICTOR_KERNEL : PYLM_PREDICTOR_MIX;
    for (t = 0; t < pylm__n_banks(m); t++) {
        pylm__tree_view(m, t ? &tree : NULL, &tree);
        info->n_templates += tree.n_templates;
        for (k = 0; k < tree.n_templates; k++)
            info->n_contexts += pylm__load32(pylm__template_head(&tree, k) + PYLM__C_N_RECORDS);
    }
}

void pylm__plan_read(const struct pylm__tree *tree, struct pylm__plan *plan)
{
    memcpy(plan, tree->head + PYLM__T_PLAN, PYLM__PLAN_NBYTES);
    if (PYLM__DAMAGED(plan->n_recalled > PYLM__MAX_RECALLED))
        plan->n_recalled = PYLM__MAX_RECALLED;
    if (PYLM__DAMAGED(plan->n_long > PYLM__MAX_LONG))
        plan->n_long = PYLM__MAX_LONG;
}
