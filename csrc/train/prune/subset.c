/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * subset.c: see subset.h. The heads are copied first, then every part that they point to; its new position is written
 * into the copied head. Of a template's table, the index and the records are made again, field by field; lists are
 * copied as they are. There is a pass over the table for each of its parts, so nothing has to be kept in memory.
 */
#include "subset.h"

#include <string.h>

#include "core/hash.h"
#include "core/words.h"
#include "modules/adapt/extended.h"
#include "train/count/pack.h"

#define SLICE 65536u       /* records between two looks at the task */
#define MAX_CHECK_BITS 32u /* of a fingerprint */

struct copy {
    const struct pylm__model *model;
    const pylm_task *task;
    struct pylm__buffer *out; /* begins with the heads */
};

/* ---- going through a table ---- */

/* A template's table as it is. */
struct table {
    const uint8_t *index, *records, *lists, *stays;
    uint32_t n_records;
    uint64_t n_buckets, lists_nbytes;
    unsigned check_bits, payload_bits, index_bits;
};

/* A record that stays. */
struct record {
    uint64_t key;     /* bucket and fingerprint */
    uint64_t payload; /* as it will be */
    unsigned is_list;
};

/* The records that stay, in order. */
struct walk {
    const struct table *table;
    struct pylm__buffer *lists; /* where lists that stay are copied to; NULL: nowhere */
    uint64_t bucket;
    uint32_t next, bucket_end; /* records */
    uint64_t list;             /* where the last list begins */
    int list_stays;
    uint64_t lists_nbytes; /* of those lists before it that stay */
    int status;
};

static struct table table_of(const struct copy *c, const uint8_t *head, const uint8_t *stays)
{
    struct table t;
    t.index = c->model->image + (size_t)pylm__load64(head + PYLM__C_INDEX);
    t.records = c->model->image + (size_t)pylm__load64(head + PYLM__C_RECORDS);
    t.lists = c->model->image + (size_t)pylm__load64(head + PYLM__C_LISTS);
    t.stays = stays;
    t.n_records = pylm__load32(head + PYLM__C_N_RECORDS);
    t.n_buckets = (uint64_t)1 << head[PYLM__C_BUCKET_BITS];
    t.lists_nbytes = pylm__load64(head + PYLM__C_LISTS_NBYTES);
    t.check_bits = head[PYLM__C_CHECK_BITS];
    t.payload_bits = head[PYLM__C_PAYLOAD_BITS];
    t.index_bits = head[PYLM__C_INDEX_BITS];
    return t;
}

static struct walk walk_begin(const struct table *table, struct pylm__buffer *lists)
{
    struct walk w;
    memset(&w, 0, sizeof w);
    w.table = table;
    w.lists = lists;
    w.bucket_end = pylm__bits(table->index, table->index_bits, table->index_bits);
    w.status =
        pylm__bits(table->index, 0, table->index_bits) || w.bucket_end > table->n_records ? PYLM_ERR_DAMAGED : PYLM_OK;
    return w;
}

/* Ends a list at `position`, where another list begins or the lists end. Lists are in the order of their records. */
static void end_list(struct walk *w, uint64_t position)
{
    uint64_t nbytes = position - w->list;
    if (position < w->list || position > w->table->lists_nbytes) {
        w->status = PYLM_ERR_DAMAGED;
        return;
    }
    if (w->list_stays) {
        w->lists_nbytes += nbytes;
        if (w->lists)
            pylm__buffer_bytes(w->lists, w->table->lists + (size_t)w->list, nbytes);
    }
    w->list = position;
    w->list_stays = 0;
}

/* Finds the bucket of the next record. Returns 0 behind the last record, and if the index is damaged. */
static int find_bucket(struct walk *w)
{
    const struct table *t = w->table;
    while (w->status == PYLM_OK && w->next == w->bucket_end) {
        if (++w->bucket == t->n_buckets) {
            if (w->next != t->n_records)
                w->status = PYLM_ERR_DAMAGED;
            end_list(w, t->lists_nbytes);
            return 0;
        }
        w->bucket_end = pylm__bits(t->index, (w->bucket + 1u) * t->index_bits, t->index_bits);
        if (w->bucket_end < w->next || w->bucket_end > t->n_records)
            w->status = PYLM_ERR_DAMAGED;
    }
    return w->status == PYLM_OK;
}

/* Finds the next record that stays. Returns 0 at the end, and after a failure, which is in w->status. */
static int walk_next(struct walk *w, struct record *r)
{
    const struct table *t = w->table;
    while (find_bucket(w)) {
        uint32_t number = w->next++;
        uint64_t bit = (uint64_t)number * (t->check_bits + 1u + t->payload_bits);
        uint64_t word = pylm__word(t->records, bit + t->check_bits);
        r->is_list = (unsigned)word & 1u;
        r->payload = word >> 1 & (((uint64_t)1 << t->payload_bits) - 1u);
        if (r->is_list) {
            end_list(w, r->payload);
            r->payload = w->lists_nbytes;
            w->list_stays = t->stays[number] != 0;
        }
        if (!t->stays[number])
            continue;
        r->key = w->bucket << t->check_bits | pylm__bits(t->records, bit, t->check_bits);
        return 1;
    }
    return 0;
}

/* ---- writing a table ---- */

/* The sizes of the new table. */
struct widths {
    uint32_t n_records;
    uint64_t lists_nbytes;
    unsigned bucket_bits, check_bits, payload_bits, index_bits;
};

/* Finds how many records stay and what their lists take. Checks the whole table on the way. */
static int measure(const struct copy *c, const struct table *t, struct widths *to)
{
    struct walk w = walk_begin(t, NULL);
    struct record r;
    to->n_records = 0;
    while (walk_next(&w, &r))
        if (++to->n_records % SLICE == 0 && pylm__task_cancelled(c->task))
            return PYLM_ERR_CANCELLED;
    to->lists_nbytes = w.lists_nbytes;
    return w.status;
}

/* All bits of a hash are kept. With fewer buckets, more of them are in the fingerprint. */
static void choose_widths(const struct pylm__tree *tree, const uint8_t *head, struct widths *to)
{
    unsigned hash_bits = (unsigned)head[PYLM__C_BUCKET_BITS] + head[PYLM__C_CHECK_BITS];
    unsigned inline_bits = (unsigned)tree->symbol_bits + head[PYLM__C_COUNT_BITS];
    unsigned list_bits = pylm__width64(to->lists_nbytes);
    to->bucket_bits = pylm__bucket_bits(to->n_records);
    if (to->bucket_bits >= hash_bits)
        to->bucket_bits = hash_bits - 1u;
    if (hash_bits - to->bucket_bits > MAX_CHECK_BITS)
        to->bucket_bits = hash_bits - MAX_CHECK_BITS;
    to->check_bits = hash_bits - to->bucket_bits;
    to->payload_bits = list_bits > inline_bits ? list_bits : inline_bits;
    to->index_bits = pylm__width(to->n_records);
}

static void begin_part(struct copy *c, uint64_t at)
{
    uint64_t position = pylm__buffer_align(c->out);
    pylm__store64(c->out->data + at, position);
}

static void write_index(struct copy *c, const struct table *t, const struct widths *to)
{
    struct walk w = walk_begin(t, NULL);
    struct record r;
    uint64_t bucket = 0;
    uint32_t n;
    for (n = 0; walk_next(&w, &r); n++)
        for (; bucket <= r.key >> to->check_bits; bucket++)
            pylm__buffer_bits(c->out, n, to->index_bits);
    for (; bucket <= (uint64_t)1 << to->bucket_bits; bucket++)
        pylm__buffer_bits(c->out, n, to->index_bits);
}

static void write_records(struct copy *c, const struct table *t, const struct widths *to)
{
    struct walk w = walk_begin(t, NULL);
    struct record r;
    while (walk_next(&w, &r)) {
        pylm__buffer_bits(c->out, (uint32_t)(r.key & pylm__mask(to->check_bits)), to->check_bits);
        pylm__buffer_bits(c->out, r.is_list, 1);
        pylm__buffer_bits64(c->out, r.payload, to->payload_bits);
    }
}

static void write_lists(struct copy *c, const struct table *t)
{
    struct walk w = walk_begin(t, c->out);
    struct record r;
    while (walk_next(&w, &r))
        continue;
}

static void write_head(struct copy *c, uint64_t at, const struct widths *to)
{
    uint8_t *head = c->out->data + at;
    head[PYLM__C_BUCKET_BITS] = (uint8_t)to->bucket_bits;
    head[PYLM__C_CHECK_BITS] = (uint8_t)to->check_bits;
    head[PYLM__C_PAYLOAD_BITS] = (uint8_t)to->payload_bits;
    head[PYLM__C_INDEX_BITS] = (uint8_t)to->index_bits;
    pylm__store32(head + PYLM__C_N_RECORDS, to->n_records);
    pylm__store64(head + PYLM__C_LISTS_NBYTES, to->lists_nbytes);
}

static int write_template(struct copy *c, const struct pylm__tree *tree, uint32_t k, const uint8_t *stays)
{
    const uint8_t *head = pylm__template_head(tree, k);
    uint64_t at = (uint64_t)(head - c->model->image);
    struct table t = table_of(c, head, stays);
    struct widths to;
    PYLM__TRY(measure(c, &t, &to));
    choose_widths(tree, head, &to);
    write_head(c, at, &to);
    begin_part(c, at + PYLM__C_INDEX);
    write_index(c, &t, &to);
    begin_part(c, at + PYLM__C_RECORDS);
    write_records(c, &t, &to);
    begin_part(c, at + PYLM__C_LISTS);
    write_lists(c, &t);
    return c->out->status;
}

/* ---- what stays as it is ---- */

/* Copies the part that the field `at` of the heads points to, if it is there. */
static void copy_part(struct copy *c, uint64_t at, uint64_t nbytes)
{
    uint64_t position = pylm__load64(c->model->image + (size_t)at);
    if (!position)
        return;
    begin_part(c, at);
    pylm__buffer_bytes(c->out, c->model->image + (size_t)position, nbytes);
}

static void copy_vocabulary(struct copy *c)
{
    const uint8_t *h = c->model->image;
    uint64_t n = c->model->n_symbols;
    copy_part(c, PYLM__H_VOCAB_TEXT, pylm__load64(h + PYLM__H_VOCAB_TEXT_NBYTES));
    if (c->model->tokenizer != PYLM_TOKENIZER_BYTES) {
        copy_part(c, PYLM__H_VOCAB_POSITIONS, pylm__packed_nbytes(n + 1u, h[PYLM__H_VOCAB_POSITION_BITS]));
        copy_part(c, PYLM__H_VOCAB_SLOTS,
                  pylm__packed_nbytes((uint64_t)1 << h[PYLM__H_VOCAB_SLOT_BITS], pylm__width((uint32_t)n)));
    }
    copy_part(c, PYLM__H_TOKENIZER_FILE, pylm__load64(h + PYLM__H_TOKENIZER_FILE_NBYTES));
    copy_part(c, PYLM__H_SPELLING, pylm__load64(h + PYLM__H_SPELLING_NBYTES));
}

/* Bytes of the symbols' topic vectors, which may be there. */
static uint64_t topics_nbytes(const struct copy *c)
{
    const struct pylm__model *m = c->model;
    const struct pylm__topics topics = pylm__topics_of(m);
    uint64_t at = pylm__load64(m->image + PYLM__H_TOPIC);
    if (at && m->tokenizer == PYLM_TOKENIZER_BYTES)
        return pylm__words_nbytes(m->image + (size_t)at);
    return pylm__topics_nbytes(topics.n, topics.is_short, m->n_symbols);
}

/* Bytes of those of a tree's nodes. */
static uint64_t node_topics_nbytes(const struct copy *c, const struct pylm__tree *tree)
{
    const struct pylm__topics topics = pylm__topics_of(c->model);
    if (tree->parts[PYLM__P_TOPIC] && c->model->tokenizer == PYLM_TOKENIZER_BYTES)
        return pylm__prefixes_nbytes(tree->parts[PYLM__P_TOPIC], topics.n);
    return pylm__node_topics_nbytes(topics.n, topics.is_short, tree->n_symbols);
}

static void copy_tree(struct copy *c, const struct pylm__tree *tree)
{
    const struct pylm__shape shape = pylm__tree_shape(tree);
    uint64_t at = (uint64_t)(tree->head - c->model->image), n = tree->n_symbols, n_sets = 0;
    struct pylm__plan plan;
    uint32_t i;
    for (i = 0; i < PYLM__N_FAMILIES; i++)
        n_sets += pylm__n_sets(i, &shape);
    pylm__plan_read(tree, &plan);
    copy_part(c, at + PYLM__T_NODES, pylm__packed_nbytes(n - 1u, (uint32_t)tree->symbol_bits + tree->set_bits));
    copy_part(c, at + PYLM__T_RANKS, pylm__packed_nbytes(n, tree->symbol_bits));
    copy_part(c, at + PYLM__T_SYMBOLS, pylm__packed_nbytes(n, tree->symbol_bits));
    copy_part(c, at + PYLM__T_CLASSES, pylm__packed_nbytes(n, (uint32_t)tree->class_bits + tree->coarse_bits));
    copy_part(c, at + PYLM__T_TOPIC, node_topics_nbytes(c, tree));
    copy_part(c, at + PYLM__T_CALIBRATION, (uint64_t)tree->n_templates * PYLM__N_CALIBRATION * 2u);
    copy_part(c, at + PYLM__T_WEIGHTS, n_sets * pylm__n_stage1(tree) * 2u);
    copy_part(c, at + PYLM__T_STAGE2_WEIGHTS,
              (tree->n_node_sets + (uint64_t)PYLM__N_CONFIDENCES) * PYLM__N_STAGE2 * 2u);
    if (!tree->parts[PYLM__P_OVERLAY_WEIGHTS]) { /* without them, the other parts of an overlay have not been checked */
        pylm__store64(c->out->data + at + PYLM__T_OVERLAY_CALIBRATION, 0);
        return;
    }
    copy_part(c, at + PYLM__T_OVERLAY_CALIBRATION, (uint64_t)pylm__plan_inputs(&plan) * PYLM__N_CALIBRATION * 2u);
    copy_part(c, at + PYLM__T_OVERLAY_WEIGHTS, (uint64_t)pylm__n_overlay_weights(tree, &plan) * 2u);
}

/* ---- all of it ---- */

static void write_facts(struct copy *c, const struct pylm__subset *subset)
{
    if (!subset->facts) {
        copy_part(c, PYLM__H_FACTS, pylm__load64(c->model->image + PYLM__H_FACTS_NBYTES));
        return;
    }
    begin_part(c, PYLM__H_FACTS);
    pylm__store64(c->out->data + PYLM__H_FACTS_NBYTES, subset->facts_nbytes);
    pylm__buffer_bytes(c->out, subset->facts, subset->facts_nbytes);
}

static int write_parts(struct copy *c, const struct pylm__subset *subset)
{
    struct pylm__tree tree;
    uint32_t t, k;
    write_facts(c, subset);
    copy_vocabulary(c);
    copy_part(c, PYLM__H_TOPIC, topics_nbytes(c));
    for (t = 0; t < c->model->n_trees; t++) {
        pylm__tree_view(c->model, t ? &tree : NULL, &tree);
        copy_tree(c, &tree);
        for (k = 0; k < tree.n_templates; k++)
            PYLM__TRY(write_template(c, &tree, k, subset->stays[t][k]));
    }
    (void)pylm__buffer_align(c->out);
    (void)pylm__buffer_zeros(c->out, PYLM__SLACK_NBYTES);
    return c->out->status;
}

static void sign(struct pylm__buffer *image, uint32_t head_nbytes)
{
    uint8_t *h = image->data;
    pylm__store64(h + PYLM__H_IMAGE_NBYTES, image->n);
    pylm__store64(h + PYLM__H_HEAD_CHECKSUM, pylm__checksum(h + PYLM__H_TOKENIZER, head_nbytes - PYLM__H_TOKENIZER));
    pylm__store64(h + PYLM__H_IMAGE_CHECKSUM,
                  pylm__checksum(h + PYLM__H_HEAD_CHECKSUM, (size_t)image->n - PYLM__H_HEAD_CHECKSUM));
}

int pylm__subset_build(const pylm_model *model, const struct pylm__subset *subset, const pylm_task *task,
                       struct pylm__buffer *built)
{
    struct copy c = {pylm__model_view(model), task, built};
    uint32_t head_nbytes = pylm__load32(c.model->image + PYLM__H_HEAD_NBYTES);
    pylm__buffer_reserve(built, head_nbytes);
    pylm__buffer_bytes(built, c.model->image, head_nbytes);
    PYLM__TRY(built->status);
    PYLM__TRY(write_parts(&c, subset));
    sign(built, head_nbytes);
    return PYLM_OK;
}
