/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * image_writer.c: see image_writer.h. core/format.h has the layout; FORMAT.md describes it.
 *
 * The heads come first, and say where the parts behind them lie. So there are several passes over the image: one fills
 * in the heads and writes nothing; on the way to a file, one finds the checksum; one writes. So only a small piece of
 * the image is in memory at once.
 */
#include "image_writer.h"

#include <stdlib.h>
#include <string.h>

#include "core/evidence.h"
#include "core/hash.h"
#include "modules/kernel/kernel.h"
#include "train/base/file.h"
#include "train/base/spill.h"
#include "train/text/slots.h"

#define SHARE_ONE 65536u

/* An image on its way out. */
struct writer {
    struct pylm__buffer out;
    uint8_t *head; /* all heads */
    uint32_t head_nbytes;
    int release; /* tables are freed as soon as they are written */
};

static void head8(struct writer *image, uint64_t at, unsigned value)
{
    image->head[at] = (uint8_t)value;
}

static void head32(struct writer *image, uint64_t at, uint32_t value)
{
    pylm__store32(image->head + at, value);
}

static void head64(struct writer *image, uint64_t at, uint64_t value)
{
    pylm__store64(image->head + at, value);
}

/* Begins a part and notes its position in a head. */
static void begin_part(struct writer *image, uint64_t at)
{
    head64(image, at, pylm__buffer_align(&image->out));
}

static void write_numbers(struct writer *image, uint64_t at, const int16_t *numbers, uint64_t n)
{
    uint64_t i;
    if (!n)
        return;
    begin_part(image, at);
    for (i = 0; i < n; i++)
        pylm__buffer_bits(&image->out, (uint16_t)numbers[i], 16);
}

static void write_bytes(struct writer *image, uint64_t at, const uint8_t *bytes, uint64_t n)
{
    begin_part(image, at);
    pylm__buffer_bytes(&image->out, bytes, n);
}

/* ---- vocabulary ---- */

static void write_slots(struct writer *image, const struct pylm__corpus *corpus)
{
    unsigned slot_bits;
    uint32_t i, *slots;
    int status = pylm__slots_make(&corpus->vocabulary, corpus->n_symbols, corpus->factor, &slots, &slot_bits);
    if (status != PYLM_OK) {
        image->out.status = status;
        return;
    }
    head8(image, PYLM__H_VOCAB_SLOT_BITS, slot_bits);
    begin_part(image, PYLM__H_VOCAB_SLOTS);
    for (i = 0; i < UINT32_C(1) << slot_bits; i++)
        pylm__buffer_bits(&image->out, slots[i], pylm__width(corpus->n_symbols));
    free(slots);
}

static void write_vocabulary(struct writer *image, const struct pylm__corpus *corpus)
{
    const struct pylm__strings *words = &corpus->vocabulary;
    unsigned position_bits;
    uint32_t i;
    if (corpus->tokenizer == PYLM_TOKENIZER_BYTES) {
        begin_part(image, PYLM__H_VOCAB_TEXT);
        head64(image, PYLM__H_VOCAB_TEXT_NBYTES, 256);
        for (i = 0; i < 256u; i++)
            pylm__buffer_bits(&image->out, i, 8);
        return;
    }
    if (words->text_nbytes > UINT32_MAX) {
        image->out.status = PYLM_ERR_LARGE;
        return;
    }
    begin_part(image, PYLM__H_VOCAB_TEXT);
    head64(image, PYLM__H_VOCAB_TEXT_NBYTES, words->text_nbytes);
    pylm__buffer_bytes(&image->out, words->text, words->text_nbytes);
    position_bits = pylm__width((uint32_t)words->text_nbytes);
    head8(image, PYLM__H_VOCAB_POSITION_BITS, position_bits);
    begin_part(image, PYLM__H_VOCAB_POSITIONS);
    pylm__buffer_bits(&image->out, 0, position_bits);
    for (i = 0; i < corpus->n_symbols; i++)
        pylm__buffer_bits(&image->out, (uint32_t)words->ends[i], position_bits);
    write_slots(image, corpus);
    if (corpus->tokenizer == PYLM_TOKENIZER_EXTERNAL) {
        begin_part(image, PYLM__H_TOKENIZER_FILE);
        head64(image, PYLM__H_TOKENIZER_FILE_NBYTES, corpus->file_nbytes);
        pylm__buffer_bytes(&image->out, corpus->file, corpus->file_nbytes);
    }
}

static void write_spelling(struct writer *image, const struct pylm__spelling *spelling)
{
    if (!spelling || !spelling->image)
        return;
    write_bytes(image, PYLM__H_SPELLING, spelling->image, spelling->nbytes);
    head64(image, PYLM__H_SPELLING_NBYTES, spelling->nbytes);
    head32(image, PYLM__H_SPELLING_SAVES, spelling->saves_q16);
}

/* Instead of a vocabulary, a layer has the checksum of its base. */
static void write_base(struct writer *image, const pylm_model *base)
{
    head8(image, PYLM__H_IS_LAYER, 1);
    head64(image, PYLM__H_BASE, pylm__load64(pylm__model_view(base)->image + PYLM__H_IMAGE_CHECKSUM));
}

/* ---- trees ---- */

static void write_packed(struct writer *image, uint64_t at, const uint32_t *values, uint32_t n, unsigned width)
{
    uint32_t i;
    begin_part(image, at);
    for (i = 0; i < n; i++)
        pylm__buffer_bits(&image->out, values[i], width);
}

static int is_identity(const uint32_t *values, uint32_t n)
{
    uint32_t i;
    for (i = 0; i < n && values[i] == i; i++)
        continue;
    return i == n;
}

/* Writes ranks and their inverse, unless the leaves are in the order of the symbols. */
static void write_order(struct writer *image, uint64_t head, const struct pylm__symbol_tree *tree, unsigned symbol_bits)
{
    uint32_t i, *symbol_of;
    if (is_identity(tree->leaf_of, tree->n_symbols))
        return;
    symbol_of = pylm__array_new(tree->n_symbols, sizeof *symbol_of);
    if (!symbol_of) {
        image->out.status = PYLM_ERR_MEMORY;
        return;
    }
    for (i = 0; i < tree->n_symbols; i++)
        symbol_of[tree->leaf_of[i]] = i;
    write_packed(image, head + PYLM__T_RANKS, tree->leaf_of, tree->n_symbols, symbol_bits);
    write_packed(image, head + PYLM__T_SYMBOLS, symbol_of, tree->n_symbols, symbol_bits);
    free(symbol_of);
}

/* The tree of a base is not written. */
static void write_symbol_tree(struct writer *image, uint64_t head, const struct pylm__symbol_tree *tree)
{
    unsigned symbol_bits = pylm__width(tree->n_symbols - 1u), set_bits = pylm__width(tree->n_sets - 1u);
    unsigned class_bits = pylm__width(tree->n_classes ? tree->n_classes - 1u : 0u);
    unsigned coarse_bits = pylm__width(tree->n_coarse ? tree->n_coarse - 1u : 0u);
    uint32_t i;
    if (tree->is_of_base)
        return;
    head32(image, head + PYLM__T_N_NODE_SETS, tree->n_sets);
    head32(image, head + PYLM__T_N_PREVIOUS, pylm__tree_previous_sets(tree));
    head32(image, head + PYLM__T_N_BEFORE, pylm__tree_before_sets(tree));
    head32(image, head + PYLM__T_DEPTH, tree->depth);
    head8(image, head + PYLM__T_SYMBOL_BITS, symbol_bits);
    head8(image, head + PYLM__T_CLASS_BITS, class_bits);
    head8(image, head + PYLM__T_COARSE_BITS, coarse_bits);
    head8(image, head + PYLM__T_SET_BITS, set_bits);
    begin_part(image, head + PYLM__T_NODES);
    for (i = 0; i + 1u < tree->n_symbols; i++) {
        pylm__buffer_bits(&image->out, tree->mid[i], symbol_bits);
        pylm__buffer_bits(&image->out, tree->set[i], set_bits);
    }
    write_order(image, head, tree, symbol_bits);
    if (!tree->n_classes)
        return;
    begin_part(image, head + PYLM__T_CLASSES);
    for (i = 0; i < tree->n_symbols; i++) {
        pylm__buffer_bits(&image->out, tree->class_of[i], class_bits);
        pylm__buffer_bits(&image->out, tree->coarse_of[i], coarse_bits);
    }
}

static void write_table(struct writer *image, uint64_t at, struct pylm__buffer *table)
{
    begin_part(image, at);
    pylm__buffer_append(&image->out, table);
    if (image->release)
        pylm__buffer_free(table);
}

static void write_template(struct writer *image, uint64_t head, const struct pylm__template *t,
                           struct pylm__packed *packed)
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
    head64(image, head + PYLM__C_LISTS_NBYTES, packed->lists.n);
    write_table(image, head + PYLM__C_INDEX, &packed->index);
    write_table(image, head + PYLM__C_RECORDS, &packed->records);
    write_table(image, head + PYLM__C_LISTS, &packed->lists);
}

static void write_plan(struct writer *image, uint64_t at, const struct pylm__plan *plan)
{
    uint32_t i;
    head8(image, at++, plan->n_recalled);
    head8(image, at++, plan->n_long);
    for (i = 0; i < PYLM__MAX_RECALLED; i++)
        head8(image, at++, plan->recalled[i]);
    for (i = 0; i < PYLM__MAX_LONG; i++)
        head8(image, at++, plan->lengths[i]);
}

/* Writes what the predictor `mix` needs besides counts. */
static void write_mix(struct writer *image, uint64_t head, const struct pylm__trained_tree *trained)
{
    const struct pylm__stages *stages = &trained->stages;
    uint32_t n = trained->templates.n;
    write_numbers(image, head + PYLM__T_CALIBRATION, trained->calibration, (uint64_t)n * PYLM__N_CALIBRATION);
    write_numbers(image, head + PYLM__T_WEIGHTS, stages->stage1_weights, stages->n_stage1_weights);
    write_numbers(image, head + PYLM__T_STAGE2_WEIGHTS, stages->stage2_weights, stages->n_stage2_weights);
    write_plan(image, head + PYLM__T_PLAN, &trained->templates.plan);
    write_numbers(image, head + PYLM__T_OVERLAY_CALIBRATION, stages->overlay_calibration,
                  stages->n_overlay_calibration);
    write_numbers(image, head + PYLM__T_OVERLAY_WEIGHTS, stages->overlay_weights, stages->n_overlay_weights);
}

static void write_kernel(struct writer *image, uint64_t head, const pylm_kernel *kernel)
{
    uint32_t j;
    begin_part(image, head + PYLM__T_WEIGHTS);
    pylm__buffer_bits(&image->out, kernel->reach, 32);
    pylm__buffer_bits(&image->out, kernel->n_class, 32);
    pylm__buffer_bits(&image->out, kernel->tau_q16, 32);
    for (j = 0; j < PYLM_MAX_REACH; j++)
        pylm__buffer_bits(&image->out, kernel->distance_q16[j], 32);
    for (j = 0; j < PYLM_MAX_REACH; j++)
        pylm__buffer_bits(&image->out, kernel->class_distance_q16[j], 32);
}

/* Writes a tree with its share of the probability. Of the banks of a kernel, the first has the whole share, and all
 * that they have in common. */
static void write_tree(struct writer *image, uint64_t head, const struct pylm__image_parts *parts, uint32_t number)
{
    struct pylm__trained_tree *trained = &parts->trees[number];
    uint32_t k, n = trained->templates.n, share = SHARE_ONE / parts->n_trees + (number < SHARE_ONE % parts->n_trees);
    if (!parts->kernel || !number)
        write_symbol_tree(image, head, &trained->tree);
    if (trained->node_topics.part && parts->topics)
        write_bytes(image, head + PYLM__T_TOPIC, trained->node_topics.part, trained->node_topics.nbytes);
    if (!parts->kernel)
        write_mix(image, head, trained);
    else if (!number)
        write_kernel(image, head, parts->kernel);
    else
        memcpy(image->head + head, image->head + PYLM__H_NBYTES, PYLM__T_NBYTES);
    head32(image, head + PYLM__T_SHARE, !parts->kernel ? share : !number ? SHARE_ONE : 0u);
    head32(image, head + PYLM__T_N_TEMPLATES, n);
    head32(image, head + PYLM__T_N_SUFFIX, trained->templates.n_suffix);
    for (k = 0; k < n; k++)
        write_template(image, head + PYLM__T_NBYTES + k * PYLM__C_NBYTES, &trained->templates.of[k],
                       &trained->packed[k]);
}

/* Makes a pass over the whole image. */
static void write_parts(struct writer *image, const struct pylm__image_parts *parts)
{
    uint64_t head = PYLM__H_NBYTES;
    uint32_t t, n_trees = parts->n_trees;
    pylm__buffer_bytes(&image->out, image->head, image->head_nbytes);
    head32(image, PYLM__H_TOKENIZER, parts->corpus->tokenizer);
    head32(image, PYLM__H_N_SYMBOLS, parts->corpus->n_symbols);
    head32(image, PYLM__H_UNKNOWN, parts->corpus->unknown);
    head32(image, PYLM__H_LINE_END, parts->corpus->line_end);
    head32(image, PYLM__H_TEXT_END, parts->corpus->text_end);
    head32(image, PYLM__H_N_TREES, n_trees);
    head64(image, PYLM__H_FACTOR, pylm__load64(parts->corpus->factor));
    head8(image, PYLM__H_PREDICTOR, parts->kernel ? PYLM_PREDICTOR_KERNEL : PYLM_PREDICTOR_MIX);
    head8(image, PYLM__H_VOICE, n_trees && !parts->kernel && parts->trees[0].templates.has_voice);
    begin_part(image, PYLM__H_FACTS);
    head64(image, PYLM__H_FACTS_NBYTES, strlen(parts->facts));
    pylm__buffer_bytes(&image->out, parts->facts, strlen(parts->facts));
    if (parts->corpus->base)
        write_base(image, parts->corpus->base);
    else
        write_vocabulary(image, parts->corpus);
    write_spelling(image, parts->spelling);
    if (parts->topics && parts->topics->part)
        write_bytes(image, PYLM__H_TOPIC, parts->topics->part, parts->topics->part_nbytes);
    for (t = 0; t < n_trees; t++) {
        write_tree(image, head, parts, t);
        head += PYLM__T_NBYTES + parts->trees[t].templates.n * PYLM__C_NBYTES;
    }
    (void)pylm__buffer_align(&image->out);
    (void)pylm__buffer_zeros(&image->out, PYLM__SLACK_NBYTES);
    pylm__buffer_drain(&image->out);
}

/* Begins a pass whose bytes go to a drain. */
static void begin_pass(struct writer *image, const struct pylm__drain *drain)
{
    memset(&image->out, 0, sizeof image->out);
    image->out.drain = drain;
}

static int end_pass(struct writer *image)
{
    int status = image->out.status;
    pylm__buffer_free(&image->out);
    return status;
}

/* Makes the heads without the checksum of the image, and finds the size of the image. */
static int make_heads(struct writer *image, const struct pylm__image_parts *parts, uint64_t *nbytes)
{
    static const struct pylm__drain nowhere = {NULL, NULL, NULL};
    uint32_t t;
    memset(image, 0, sizeof *image);
    image->head_nbytes = PYLM__H_NBYTES;
    for (t = 0; t < parts->n_trees; t++)
        image->head_nbytes += PYLM__T_NBYTES + parts->trees[t].templates.n * PYLM__C_NBYTES;
    image->head = pylm__array_new(image->head_nbytes, 1);
    if (!image->head)
        return PYLM_ERR_MEMORY;
    begin_pass(image, &nowhere);
    write_parts(image, parts);
    *nbytes = image->out.n;
    PYLM__TRY(end_pass(image));
    memcpy(image->head, PYLM__MAGIC, 8);
    head32(image, PYLM__H_VERSION, PYLM_FORMAT_VERSION);
    head32(image, PYLM__H_HEAD_NBYTES, image->head_nbytes);
    head64(image, PYLM__H_IMAGE_NBYTES, *nbytes);
    head64(image, PYLM__H_HEAD_CHECKSUM,
           pylm__checksum(image->head + PYLM__H_TOKENIZER, image->head_nbytes - PYLM__H_TOKENIZER));
    return PYLM_OK;
}

int pylm__image_nbytes(const struct pylm__image_parts *parts, uint64_t *nbytes)
{
    struct writer image;
    int status = make_heads(&image, parts, nbytes);
    free(image.head);
    return status;
}

/* ---- into memory ---- */

int pylm__image_build(const struct pylm__image_parts *parts, struct pylm__buffer *built)
{
    struct writer image;
    uint64_t nbytes;
    int status = make_heads(&image, parts, &nbytes);
    if (status == PYLM_OK) {
        begin_pass(&image, NULL);
        image.release = 1;
        pylm__buffer_reserve(&image.out, nbytes);
        write_parts(&image, parts);
        *built = image.out;
        status = built->status;
    }
    if (status == PYLM_OK)
        pylm__store64(built->data + PYLM__H_IMAGE_CHECKSUM,
                      pylm__checksum(built->data + PYLM__H_HEAD_CHECKSUM, nbytes - PYLM__H_HEAD_CHECKSUM));
    free(image.head);
    return status;
}

/* ---- into a file ---- */

/* The pylm__checksum() of bytes that come in pieces. All together, their number is a multiple of 8. */
struct checksum {
    uint64_t hash, n;
    uint64_t skip;   /* bytes at the start that do not count */
    uint8_t rest[8]; /* the last n % 8 bytes */
};

static int add_to_checksum(void *user, const uint8_t *data, uint64_t n)
{
    struct checksum *sum = user;
    uint64_t i = n < sum->skip ? n : sum->skip;
    sum->skip -= i;
    while (i < n) {
        if (sum->n % 8u == 0 && n - i >= 8u) {
            sum->hash = pylm__hash_step(sum->hash, pylm__load64(data + i));
            sum->n += 8u;
            i += 8u;
            continue;
        }
        sum->rest[sum->n++ % 8u] = data[i++];
        if (sum->n % 8u == 0)
            sum->hash = pylm__hash_step(sum->hash, pylm__load64(sum->rest));
    }
    return PYLM_OK;
}

static int find_checksum(struct writer *image, const struct pylm__image_parts *parts)
{
    struct checksum sum = {PYLM__HASH_SEED, 0, PYLM__H_HEAD_CHECKSUM, {0}};
    struct pylm__drain drain;
    drain.take = add_to_checksum;
    drain.release = NULL;
    drain.user = &sum;
    begin_pass(image, &drain);
    write_parts(image, parts);
    PYLM__TRY(end_pass(image));
    head64(image, PYLM__H_IMAGE_CHECKSUM, pylm__hash_step(pylm__hash_step(sum.hash, 0), sum.n));
    return PYLM_OK;
}

struct saving {
    struct pylm__file *file;
    pylm_task *task;
};

static int add_to_file(void *user, const uint8_t *data, uint64_t n)
{
    struct saving *saving = user;
    if (pylm__task_cancelled(saving->task))
        return PYLM_ERR_CANCELLED;
    return pylm__file_write(saving->file, data, n);
}

static int write_file(struct writer *image, const struct pylm__image_parts *parts, const char *path, pylm_task *task)
{
    struct pylm__drain drain;
    struct saving saving;
    int status = pylm__file_open(&saving.file, path);
    saving.task = task;
    drain.take = add_to_file;
    drain.release = NULL;
    drain.user = &saving;
    if (status != PYLM_OK)
        return status;
    begin_pass(image, &drain);
    write_parts(image, parts);
    return pylm__file_close(saving.file, end_pass(image));
}

int pylm__image_save(const struct pylm__image_parts *parts, const char *path, uint64_t *nbytes, pylm_task *task)
{
    struct writer image;
    int status = make_heads(&image, parts, nbytes);
    if (status == PYLM_OK)
        status = find_checksum(&image, parts);
    if (status == PYLM_OK)
        status = write_file(&image, parts, path, task);
    *nbytes = status == PYLM_OK ? *nbytes : 0u; /* else it would be taken for the smallest possible memory */
    free(image.head);
    return status;
}
