/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * cluster.c: word classes by exchange (Kneser and Ney 1993, Martin, Liermann and Ney 1998).
 *
 * The classes maximise the likelihood of a class bigram model,
 *     F = sum over class pairs of N(a, b) log N(a, b)  -  2 * sum over classes of N(a) log N(a).
 * Each word in turn, the frequent ones first, is taken out of its class and put where F becomes largest. Only the
 * counts of class pairs with the word's neighbours change. So a move takes the number of classes times the number of
 * neighbouring classes.
 */
#include "cluster.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train/base/sort.h"

#define MAX_ROUNDS 10u
#define TABLE_SIZE 65536u

/* One word's neighbours on one side: words and how often. */
struct neighbours {
    uint64_t *starts; /* n_symbols + 1 */
    uint32_t *words, *counts;
};

struct clustering {
    uint32_t n_symbols, n_classes;
    uint64_t *frequency; /* of symbols */
    struct neighbours after, before;
    uint32_t *class_of;
    uint64_t *class_total, *pairs;
    uint64_t *mirrored;                       /* the pairs, second class first */
    double *logs, *mirrored_logs;             /* x log x of each pair, in both orders */
    double *gains;                            /* by class, of the word moved */
    uint64_t *touched_after, *touched_before; /* of the word moved: its bigrams with each class */
    uint32_t *list_after, *list_before, n_after, n_before;
    uint32_t *members; /* words in each class */
    double *xlogx;     /* table for small numbers */
};

double pylm__xlogx(uint64_t x)
{
    return x ? (double)x * log((double)x) : 0.0;
}

static double xlogx(const struct clustering *c, uint64_t x)
{
    return x < TABLE_SIZE ? c->xlogx[x] : pylm__xlogx(x);
}

/* Lists the neighbours of every word on one side within documents, word by word, in the order of the text. The
 * frequencies are known; starts[word] becomes where the list of a word ends. */
static void list_neighbours(const struct pylm__corpus *corpus, int before, struct neighbours *side)
{
    uint64_t d, p = 0;
    for (d = 0; d < corpus->n_documents; d++) {
        for (; p + 1u < corpus->document_ends[d]; p++) {
            uint32_t first = pylm__symbol(corpus, p), second = pylm__symbol(corpus, p + 1u);
            side->words[side->starts[before ? second : first]++] = before ? first : second;
        }
        p = corpus->document_ends[d];
    }
}

/* Turns lists with an entry for each occurrence of a neighbour into lists with an entry for each neighbour, in order.
 * `seen` has a zero for every symbol; `list` and `scratch` have room for every symbol. */
static int merge_neighbours(const struct clustering *c, struct neighbours *side, uint32_t *seen, uint64_t *list,
                            uint64_t *scratch, const pylm_task *task)
{
    uint64_t begin = 0, from, end, i, n, done = 0;
    uint32_t word;
    for (word = 0; word < c->n_symbols; word++, begin += c->frequency[word - 1u]) {
        end = side->starts[word];
        side->starts[word] = done;
        for (n = 0, from = begin; from < end; from++)
            if (!seen[side->words[from]]++)
                list[n++] = side->words[from];
        PYLM__TRY(pylm__sort(list, scratch, n, task));
        for (i = 0; i < n; i++) { /* what is overwritten has been read */
            side->words[done] = (uint32_t)list[i];
            side->counts[done++] = seen[list[i]];
            seen[list[i]] = 0;
        }
    }
    side->starts[c->n_symbols] = done;
    return PYLM_OK;
}

/* Gives back the room that the merged lists do not need. */
static void shrink(struct neighbours *side, uint64_t n)
{
    uint32_t *words = pylm__array_grow(side->words, n, sizeof *words);
    uint32_t *counts = pylm__array_grow(side->counts, n, sizeof *counts);
    side->words = words ? words : side->words;
    side->counts = counts ? counts : side->counts;
}

static int fill_neighbours(const struct pylm__corpus *corpus, const struct clustering *c, int before,
                           struct neighbours *side, const pylm_task *task)
{
    uint32_t n = c->n_symbols, word;
    uint32_t *seen = pylm__array_new(n, sizeof *seen);
    uint64_t *list = pylm__array_new(n, sizeof *list), *scratch = pylm__array_new(n, sizeof *scratch), sum = 0;
    int status = PYLM_ERR_MEMORY;
    side->starts = pylm__array_new((uint64_t)n + 1u, sizeof *side->starts);
    side->words = pylm__array_new(corpus->n, sizeof *side->words);
    side->counts = pylm__array_new(corpus->n, sizeof *side->counts);
    if (seen && list && scratch && side->starts && side->words && side->counts) {
        for (word = 0; word < n; word++) { /* at the end of a document a word has no neighbour: some room stays empty */
            side->starts[word] = sum;
            sum += c->frequency[word];
        }
        list_neighbours(corpus, before, side);
        status = merge_neighbours(c, side, seen, list, scratch, task);
        if (status == PYLM_OK)
            shrink(side, side->starts[n]);
    }
    free(seen);
    free(list);
    free(scratch);
    return status;
}

/* Adds up a word's neighbours by class; itself is left out and returned. */
static uint64_t touch(const struct clustering *c, const struct neighbours *side, uint32_t word, uint64_t *touched,
                      uint32_t *list, uint32_t *n)
{
    uint64_t i, self = 0;
    *n = 0;
    for (i = side->starts[word]; i < side->starts[word + 1u]; i++) {
        uint32_t class = c->class_of[side->words[i]];
        if (side->words[i] == word) {
            self = side->counts[i];
            continue;
        }
        if (!touched[class])
            list[(*n)++] = class;
        touched[class] += side->counts[i];
    }
    return self;
}

/* Adds to the number of pairs of two classes (in arithmetic modulo 2^64). */
static void add_pairs(struct clustering *c, uint32_t first, uint32_t second, uint64_t n)
{
    uint64_t at = (uint64_t)first * c->n_classes + second, mirrored_at = (uint64_t)second * c->n_classes + first;
    c->mirrored[mirrored_at] = c->pairs[at] += n;
    c->mirrored_logs[mirrored_at] = c->logs[at] = xlogx(c, c->pairs[at]);
}

/* Adds the word's bigrams to the pairs of a class, or takes them away. */
static void shift_pairs(struct clustering *c, uint32_t class, uint32_t word, uint64_t self, int add)
{
    uint64_t sign = add ? 1u : UINT64_MAX;
    uint32_t i;
    for (i = 0; i < c->n_after; i++)
        add_pairs(c, class, c->list_after[i], sign * c->touched_after[c->list_after[i]]);
    for (i = 0; i < c->n_before; i++)
        add_pairs(c, c->list_before[i], class, sign * c->touched_before[c->list_before[i]]);
    add_pairs(c, class, class, sign * self);
    c->class_total[class] += sign * c->frequency[word];
    c->members[class] += (uint32_t)sign;
}

/* Adds to the gains of all classes but `other` what the word's n bigrams with `other` give them.
 *   counts, logs   the pairs of each class with `other` */
static void add_gains(struct clustering *c, uint32_t other, uint64_t n, const uint64_t *counts, const double *logs)
{
    double kept = c->gains[other];
    uint32_t class;
    for (class = 0; class < c->n_classes; class++)
        c->gains[class] += xlogx(c, counts[class] + n) - logs[class];
    c->gains[other] = kept;
}

/* Finds by how much F grows if the word, now in no class, joins each class. All classes are computed side by side, so
 * that no sum has to wait for another. */
static void find_gains(struct clustering *c, uint32_t word, uint64_t self)
{
    uint32_t i, class, n = c->n_classes;
    memset(c->gains, 0, n * sizeof *c->gains);
    for (i = 0; i < c->n_after; i++) {
        uint64_t other = c->list_after[i];
        add_gains(c, (uint32_t)other, c->touched_after[other], c->mirrored + other * n, c->mirrored_logs + other * n);
    }
    for (i = 0; i < c->n_before; i++) {
        uint64_t other = c->list_before[i];
        add_gains(c, (uint32_t)other, c->touched_before[other], c->pairs + other * n, c->logs + other * n);
    }
    for (class = 0; class < n; class++) {
        uint64_t own = c->pairs[(uint64_t)class * n + class], total = c->class_total[class];
        c->gains[class] += xlogx(c, own + c->touched_after[class] + c->touched_before[class] + self) - xlogx(c, own);
        c->gains[class] -= 2 * (xlogx(c, total + c->frequency[word]) - xlogx(c, total));
    }
}

/* Moves a word to its best class; returns whether that is another one. */
static int exchange(struct clustering *c, uint32_t word)
{
    uint32_t from = c->class_of[word], best = from, class, i;
    uint64_t self;
    double best_gain = -HUGE_VAL;
    if (c->members[from] == 1u)
        return 0;
    self = touch(c, &c->after, word, c->touched_after, c->list_after, &c->n_after);
    (void)touch(c, &c->before, word, c->touched_before, c->list_before, &c->n_before);
    shift_pairs(c, from, word, self, 0);
    find_gains(c, word, self);
    for (class = 0; class < c->n_classes; class++)
        if (c->gains[class] > best_gain) {
            best_gain = c->gains[class];
            best = class;
        }
    shift_pairs(c, best, word, self, 1);
    c->class_of[word] = best;
    for (i = 0; i < c->n_after; i++)
        c->touched_after[c->list_after[i]] = 0;
    for (i = 0; i < c->n_before; i++)
        c->touched_before[c->list_before[i]] = 0;
    return best != from;
}

/* The most frequent words begin in classes of their own; the rest is dealt out. */
static void begin(struct clustering *c)
{
    uint32_t word, class;
    uint64_t i;
    for (word = 0; word < c->n_symbols; word++) {
        c->class_of[word] = word < c->n_classes ? word : word % c->n_classes;
        c->class_total[c->class_of[word]] += c->frequency[word];
        c->members[c->class_of[word]]++;
    }
    for (word = 0; word < c->n_symbols; word++)
        for (i = c->after.starts[word]; i < c->after.starts[word + 1u]; i++)
            c->pairs[(uint64_t)c->class_of[word] * c->n_classes + c->class_of[c->after.words[i]]] += c->after.counts[i];
    for (i = 0; i < c->n_classes; i++)
        for (class = 0; class < c->n_classes; class++)
            add_pairs(c, (uint32_t)i, class, 0);
}

static int iterate(struct clustering *c, pylm_task *task)
{
    uint32_t round, word, moves;
    pylm__task_begin(task, PYLM_STAGE_CLUSTER, MAX_ROUNDS);
    for (round = 0; round < MAX_ROUNDS; round++) {
        for (word = moves = 0; word < c->n_symbols; word++) {
            if (word % 16u == 0 && pylm__task_cancelled(task))
                return PYLM_ERR_CANCELLED;
            moves += (uint32_t)exchange(c, word);
        }
        pylm__task_step(task);
        if (moves <= c->n_symbols / 500u)
            break;
    }
    return PYLM_OK;
}

static int allocate(struct clustering *c)
{
    uint32_t n = c->n_classes, i;
    c->frequency = pylm__array_new(c->n_symbols, sizeof *c->frequency);
    c->class_total = pylm__array_new(n, sizeof *c->class_total);
    c->touched_after = pylm__array_new(n, sizeof *c->touched_after);
    c->touched_before = pylm__array_new(n, sizeof *c->touched_before);
    c->list_after = pylm__array_new(n, sizeof *c->list_after);
    c->list_before = pylm__array_new(n, sizeof *c->list_before);
    c->members = pylm__array_new(n, sizeof *c->members);
    c->mirrored = pylm__array_new((uint64_t)n * n, sizeof *c->mirrored);
    c->logs = pylm__array_new((uint64_t)n * n, sizeof *c->logs);
    c->mirrored_logs = pylm__array_new((uint64_t)n * n, sizeof *c->mirrored_logs);
    c->gains = pylm__array_new(n, sizeof *c->gains);
    c->xlogx = pylm__array_new(TABLE_SIZE, sizeof *c->xlogx);
    if (!c->frequency || !c->class_total || !c->touched_after || !c->touched_before || !c->list_after ||
        !c->list_before || !c->members || !c->mirrored || !c->logs || !c->mirrored_logs || !c->gains || !c->xlogx)
        return PYLM_ERR_MEMORY;
    for (i = 0; i < TABLE_SIZE; i++)
        c->xlogx[i] = pylm__xlogx(i);
    return PYLM_OK;
}

static void release(struct clustering *c)
{
    free(c->frequency);
    free(c->after.starts);
    free(c->after.words);
    free(c->after.counts);
    free(c->before.starts);
    free(c->before.words);
    free(c->before.counts);
    free(c->class_total);
    free(c->touched_after);
    free(c->touched_before);
    free(c->list_after);
    free(c->list_before);
    free(c->members);
    free(c->mirrored);
    free(c->logs);
    free(c->mirrored_logs);
    free(c->gains);
    free(c->xlogx);
}

int pylm__cluster(const struct pylm__corpus *corpus, uint32_t n_classes, uint32_t *class_of, uint64_t *bigrams,
                  pylm_task *task)
{
    struct clustering c;
    uint64_t p;
    int status;
    memset(&c, 0, sizeof c);
    c.n_symbols = corpus->n_seen;
    c.n_classes = n_classes;
    c.class_of = class_of;
    c.pairs = bigrams;
    memset(bigrams, 0, (size_t)n_classes * n_classes * sizeof *bigrams);
    status = allocate(&c);
    if (status == PYLM_OK)
        for (p = 0; p < corpus->n; p++)
            c.frequency[pylm__symbol(corpus, p)]++;
    if (status == PYLM_OK)
        status = fill_neighbours(corpus, &c, 0, &c.after, task);
    if (status == PYLM_OK)
        status = fill_neighbours(corpus, &c, 1, &c.before, task);
    if (status == PYLM_OK) {
        begin(&c);
        status = iterate(&c, task);
    }
    release(&c);
    return status;
}
