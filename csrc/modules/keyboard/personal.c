/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * personal.c: counts of one person's texts, from which a text can be removed again.
 *
 * An overlay cannot unlearn: its counts age, and old ones make room. These counts can. They say how often
 * each symbol came, and how often it followed each context that overlays recall. Entries are sorted, so adding a text
 * and removing it cancel out to the last byte, in any order. An overlay that predicts by them is made anew when they
 * are loaded, and when a text was removed.
 *
 * When there is no room, the rarest entries go. From then on, removing a text may also remove counts of other texts.
 * But nothing of a removed text ever stays.
 *
 *    0  8 bytes  magic
 *    8  u64      head checksum of the model's image
 *   16  u64      checksum of all that follows, written by pylm_personal_seal()
 *   24  u32      number of entries
 *   28  u32      1 if entries had to go
 *   32  entries  of 10 bytes, ascending: u40 context, 0 for none; u24 symbol; u16 count, at least 1
 */
#include <string.h>

#include "core/lexicon.h"
#include "core/work.h"
#include "typing.h"

#if PYLM_MODULE_KEYBOARD

#define MAGIC "\x93pylmpe1"
#define HEAD_NBYTES 32u
#define ENTRY_NBYTES 10u
#define MAX_COUNT 65535u
#define MIN_ENTRIES 8u
#define N_CONTEXTS 2u       /* contexts counted, of those that an overlay recalls: a third one gains nothing, */
#define N_CONTEXTS_BYTES 5u /* but in bytes a context is only a few letters */
enum { AT_MODEL = 8, AT_CHECKSUM = 16, AT_N = 24, AT_INEXACT = 28 };

/* The entries, and room for how many. */
struct table {
    uint8_t *head;
    uint32_t n, capacity;
};

struct entry {
    uint64_t context; /* pylm__key_kept(), 0 for none */
    uint32_t symbol, count;
};

/* ---- the table ---- */

static uint8_t *entry_at(const struct table *table, uint32_t i)
{
    return table->head + HEAD_NBYTES + (size_t)i * ENTRY_NBYTES;
}

static struct entry load_entry(const struct table *table, uint32_t i)
{
    const uint8_t *p = entry_at(table, i);
    struct entry e;
    e.context = pylm__load32(p) | (uint64_t)p[4] << 32;
    e.symbol = pylm__load32(p + 5) & 0xffffffu;
    e.count = pylm__load16(p + 8);
    return e;
}

static int is_less(struct entry a, struct entry b)
{
    return a.context != b.context ? a.context < b.context : a.symbol < b.symbol;
}

/* The index where an entry stands or would stand. */
static uint32_t find_place(const struct table *table, struct entry wanted)
{
    uint32_t lo = 0, hi = table->n, middle;
    while (lo < hi) {
        middle = lo + (hi - lo) / 2u;
        if (is_less(load_entry(table, middle), wanted))
            lo = middle + 1u;
        else
            hi = middle;
    }
    return lo;
}

static int is_at(const struct table *table, uint32_t i, struct entry wanted)
{
    struct entry e;
    if (i == table->n)
        return 0;
    e = load_entry(table, i);
    return e.context == wanted.context && e.symbol == wanted.symbol;
}

static void set_n(struct table *table, uint32_t n)
{
    table->n = n;
    pylm__store32(table->head + AT_N, n);
}

/* Makes room for an entry in front of the i-th one, or takes the i-th one out. */
static void shift(struct table *table, uint32_t i, int out)
{
    uint8_t *here = entry_at(table, i), *next = entry_at(table, i + 1u);
    size_t nbytes = (size_t)(table->n - i - (out ? 1u : 0u)) * ENTRY_NBYTES;
    memmove(out ? here : next, out ? next : here, nbytes);
    set_n(table, out ? table->n - 1u : table->n + 1u);
}

/* Takes out the rarest entries, until a quarter of the room or more is free. */
static void make_room(struct table *table)
{
    uint32_t level, i, kept;
    pylm__store32(table->head + AT_INEXACT, 1);
    for (level = 1; table->n > table->capacity / 4u * 3u; level++) {
        for (i = kept = 0; i < table->n; i++)
            if (load_entry(table, i).count > level)
                memmove(entry_at(table, kept++), entry_at(table, i), ENTRY_NBYTES);
        set_n(table, kept);
    }
}

static void add_one(struct table *table, struct entry e)
{
    uint32_t i = find_place(table, e), count;
    uint8_t *p = entry_at(table, i);
    if (is_at(table, i, e)) {
        count = pylm__load16(p + 8);
        if (count == MAX_COUNT)
            pylm__store32(table->head + AT_INEXACT, 1);
        pylm__store16(p + 8, count < MAX_COUNT ? count + 1u : count);
        return;
    }
    if (table->n == table->capacity) {
        make_room(table);
        if (!table->capacity) /* a file that was cut behind its head, or made so */
            return;
        i = find_place(table, e);
        p = entry_at(table, i);
    }
    shift(table, i, 0);
    pylm__store32(p, (uint32_t)e.context);
    p[4] = (uint8_t)(e.context >> 32);
    pylm__store32(p + 5, e.symbol | UINT32_C(1) << 24);
    p[9] = 0;
}

/* Counts an entry down. Returns 0 if there is none. */
static int remove_one(struct table *table, struct entry e)
{
    uint32_t i = find_place(table, e), count;
    uint8_t *p = entry_at(table, i);
    if (!is_at(table, i, e))
        return 0;
    count = pylm__load16(p + 8);
    pylm__store16(p + 8, count - 1u);
    if (count <= 1u)
        shift(table, i, 1);
    return 1;
}

/* ---- texts ---- */

/* The adding or removing of a text. */
struct change {
    struct table table;
    const struct pylm__model *model;
    struct pylm__tree tree;
    struct pylm__plan plan;
    struct pylm__state state;
    uint32_t unknown, n_contexts;
    int removes;
    uint64_t n, limit; /* counts changed by now, and at most */
    int is_missing;    /* a count could not be removed: the change ended there */
};

static void change_count(struct change *c, uint64_t context, uint32_t symbol)
{
    struct entry e = {0, 0, 0};
    e.context = context;
    e.symbol = symbol;
    if (c->is_missing || c->n == c->limit)
        return;
    if (!c->removes)
        add_one(&c->table, e);
    else if (!remove_one(&c->table, e) && !pylm__load32(c->table.head + AT_INEXACT))
        c->is_missing = 1;
    c->n += !c->is_missing;
}

static void change_symbol(void *user, uint32_t symbol, const uint8_t *word, uint64_t nbytes)
{
    struct change *c = user;
    uint64_t hashes[PYLM__MAX_TEMPLATES], kept;
    uint32_t i;
    (void)word;
    (void)nbytes;
    symbol = pylm__place_of(c->model, symbol);
    if (symbol != c->unknown) {
        pylm__context_hashes(&c->tree, &c->state, pylm__factor(c->model), hashes);
        change_count(c, 0, symbol);
        for (i = 0; i < c->plan.n_recalled && i < c->n_contexts; i++) {
            if (c->plan.recalled[i] >= PYLM__INDIRECT)
                continue;
            kept = pylm__key_kept(pylm__recall_key(hashes[c->plan.recalled[i]], i));
            change_count(c, kept ? kept : 1u, symbol);
        }
    }
    pylm__state_go_on(&c->state, c->model, symbol);
}

static struct table open_table(void *personal, uint64_t nbytes)
{
    struct table table;
    uint64_t capacity = (nbytes - HEAD_NBYTES) / ENTRY_NBYTES;
    table.head = personal;
    table.capacity = capacity < UINT32_MAX ? (uint32_t)capacity : UINT32_MAX;
    table.n = pylm__load32(table.head + AT_N);
    table.n = table.n < table.capacity ? table.n : table.capacity; /* it is larger only if the end is missing */
    return table;
}

static int run(struct change *c, const pylm_model *model, const void *text, uint64_t nbytes, int removes,
               uint64_t limit)
{
    memset(&c->state, 0, sizeof c->state);
    pylm__state_begin(&c->state, c->model);
    c->removes = removes;
    c->limit = limit;
    c->n = 0;
    c->is_missing = 0;
    return pylm__read_typed(model, text, nbytes, change_symbol, c);
}

static void change_begin(struct change *c, const pylm_model *model, void *personal, uint64_t nbytes)
{
    c->model = pylm__model_view(model);
    c->table = open_table(personal, nbytes);
    c->unknown = pylm__load32(c->model->image + PYLM__H_UNKNOWN);
    c->n_contexts = c->model->tokenizer == PYLM_TOKENIZER_BYTES ? N_CONTEXTS_BYTES : N_CONTEXTS;
    pylm__tree_view(c->model, NULL, &c->tree);
    pylm__plan_read(&c->tree, &c->plan);
}

int pylm_personal_add(const pylm_model *model, void *personal, uint64_t nbytes, const void *text, uint64_t text_nbytes)
{
    struct change c;
    change_begin(&c, model, personal, nbytes);
    return run(&c, model, text, text_nbytes, 0, UINT64_MAX);
}

int pylm_personal_remove(const pylm_model *model, void *personal, uint64_t nbytes, const void *text,
                         uint64_t text_nbytes)
{
    struct change c;
    int status;
    change_begin(&c, model, personal, nbytes);
    status = run(&c, model, text, text_nbytes, 1, UINT64_MAX);
    if (status == PYLM_OK && c.is_missing) {
        (void)run(&c, model, text, text_nbytes, 0, c.n);
        status = PYLM_ERR_ARGUMENT;
    }
    return status;
}

/* ---- memory and files ---- */

static uint64_t model_checksum(const pylm_model *model)
{
    return pylm__load64(pylm__model_view(model)->image + PYLM__H_HEAD_CHECKSUM);
}

static uint64_t used_nbytes(const struct table *table)
{
    return HEAD_NBYTES + (uint64_t)table->n * ENTRY_NBYTES;
}

static uint64_t checksum(const struct table *table)
{
    return pylm__checksum(table->head + AT_N, used_nbytes(table) - AT_N);
}

int pylm_personal_init(const pylm_model *model, void *personal, uint64_t nbytes)
{
    uint8_t *p = personal;
    if (nbytes < HEAD_NBYTES + MIN_ENTRIES * ENTRY_NBYTES || nbytes > SIZE_MAX)
        return PYLM_ERR_SPACE;
    memset(p, 0, (size_t)nbytes);
    memcpy(p, MAGIC, 8);
    pylm__store64(p + AT_MODEL, model_checksum(model));
    return PYLM_OK;
}

uint64_t pylm_personal_seal(void *personal, uint64_t nbytes)
{
    struct table table = open_table(personal, nbytes);
    pylm__store64(table.head + AT_CHECKSUM, checksum(&table));
    return used_nbytes(&table);
}

int pylm_personal_open(const pylm_model *model, void *personal, uint64_t nbytes)
{
    uint8_t *p = personal;
    struct table table;
    struct entry e, last = {0, 0, 0};
    uint32_t i;
    if (nbytes < HEAD_NBYTES || memcmp(p, MAGIC, 8) != 0)
        return PYLM_ERR_FOREIGN;
    if (pylm__load64(p + AT_MODEL) != model_checksum(model))
        return PYLM_ERR_ARGUMENT;
    table = open_table(personal, nbytes);
    if (pylm__load32(p + AT_N) > table.capacity)
        return PYLM_ERR_TRUNCATED;
    if (pylm__load64(p + AT_CHECKSUM) != checksum(&table))
        return PYLM_ERR_DAMAGED;
    for (i = 0; i < table.n; i++, last = e) {
        e = load_entry(&table, i);
        if (!e.count || e.symbol >= pylm__model_view(model)->n_symbols || (i && !is_less(last, e)))
            return PYLM_ERR_DAMAGED;
    }
    return PYLM_OK;
}

int pylm_personal_is_exact(const void *personal)
{
    return !pylm__load32((const uint8_t *)personal + AT_INEXACT);
}

/* ---- overlays ---- */

/* The leaf of an entry's symbol, which was checked when the counts were opened. */
static uint32_t leaf_of(const struct pylm__tree *tree, const struct entry *e)
{
    return pylm__tree_leaf(tree, e->symbol < tree->n_symbols ? e->symbol : 0u);
}

/* Puts a successor among its context's most frequent ones, if it is one of them. */
static void keep_successor(struct pylm__recall *r, uint32_t leaf, uint32_t count)
{
    uint32_t i = r->n < PYLM__N_RECENT ? r->n : PYLM__N_RECENT - 1u;
    uint8_t n = (uint8_t)(count < 255u ? count : 255u);
    if (r->n == PYLM__N_RECENT && n <= r->count[i])
        return;
    r->n = (uint8_t)(i + 1u);
    for (; i && n > r->count[i - 1u]; i--) {
        r->leaf[i] = r->leaf[i - 1u];
        r->count[i] = r->count[i - 1u];
    }
    r->leaf[i] = leaf;
    r->count[i] = n;
}

static void add_path(const struct pylm__model *model, const struct pylm__tree *tree,
                     const struct pylm__overlay *overlay, uint32_t leaf, uint32_t count)
{
    uint32_t number = 0, lo = 0, hi = model->n_symbols;
    while (hi - lo > 1u) {
        struct pylm__node node = pylm__tree_node(tree, number, lo, hi);
        int side = leaf >= node.mid;
        pylm__overlay_add_path(overlay, number, side, count);
        number += side ? node.mid - lo : 1u;
        *(side ? &lo : &hi) = node.mid;
    }
}

static void apply_to_tree(const struct table *table, const struct pylm__model *model, const struct pylm__tree *tree,
                          const struct pylm__overlay *overlay)
{
    struct pylm__recall successors;
    uint64_t total = 0;
    uint32_t i = 0;
    struct entry e;
    for (; i < table->n && (e = load_entry(table, i)).context == 0; i++) {
        add_path(model, tree, overlay, leaf_of(tree, &e), e.count);
        total += e.count;
    }
    pylm__overlay_settle_nodes(overlay, total < 0xffffffu ? (uint32_t)total : 0xffffffu);
    while (i < table->n) {
        uint64_t context = load_entry(table, i).context;
        for (successors.n = 0; i < table->n && (e = load_entry(table, i)).context == context; i++)
            keep_successor(&successors, leaf_of(tree, &e), e.count);
        pylm__overlay_fill(overlay, pylm__key_of_kept(context), &successors);
    }
}

int pylm_personal_apply(const pylm_model *model, const void *personal, uint64_t nbytes, void *overlay,
                        uint64_t overlay_nbytes)
{
    const struct pylm__model *view = pylm__model_view(model);
    struct table table = open_table((uint8_t *)(uintptr_t)personal, nbytes);
    struct pylm__overlay part;
    struct pylm__plan plan;
    struct pylm__tree tree;
    pylm_state state;
    uint32_t t;
    int status = pylm_overlay_init(model, overlay, overlay_nbytes);
    if (status == PYLM_OK)
        status = pylm_state_attach(model, &state, overlay, overlay_nbytes);
    for (t = 0; t < view->n_trees && status == PYLM_OK; t++) {
        const struct pylm__state *s = pylm__state_const(&state);
        pylm__tree_view(view, t ? &tree : NULL, &tree);
        if (pylm__overlay_of_tree(view, &tree, t, s->overlay, s->overlay_nbytes, &plan, &part))
            apply_to_tree(&table, view, &tree, &part);
    }
    return status;
}

#endif
