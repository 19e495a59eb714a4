/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * cluster.c: word classes by exchange (Kneser and Ney 1993, Martin, Liermann and Ney 1998).
 *
 * The classes maximise the likelihood of a class bigram model,
 *     F = sum over class pairs of N(a, b) log N(a, b)  -  2 * sum over classes of N(a) log N(a).
 * Each word in turn, the frequent ones first, goes to the class where F becomes largest. Only the counts of class pairs
 * with the word's neighbours change. So finding that class takes the number of classes times the number of neighbouring
 * classes.
 *
 * A few words at a time are looked at side by side, each as if the others stayed where they are. Then they move, one
 * after the other, if that is still better. So all processors have work, and the result does not depend on their
 * number.
 */
#include "cluster.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "neighbours.h"
#include "train/threads.h"

#define MAX_ROUNDS 10u
#define TABLE_SIZE 65536u
#define MIN_ABREAST 8u    /* words that are looked at side by side */
#define MAX_ABREAST 256u  /* if they are rare: */
#define FEW_BIGRAMS 4000u /* different ones, of those words together */

/* The pairs of all classes, in one of two orders. Index: first * n_classes + second. */
struct pairs {
    uint64_t *n;
    double *logs;       /* n log n */
    double *increments; /* by how much that grows with one pair more: most bigrams of a word come once */
};

/* A word's bigrams, by the class of the neighbour. Those with itself are apart. Of a thread. */
struct word_bigrams {
    uint64_t *after, *before, self;
    uint32_t *list_after, *list_before, n_after, n_before; /* the classes that have some */
    double *gains;                                         /* by class: how much F grows if the word joins it */
    struct pairs own;                                      /* those of each class with the word's, without the word */
};

struct clustering {
    uint32_t n_symbols, n_classes;
    uint64_t *frequency; /* of symbols */
    struct pylm__neighbours after, before;
    uint32_t *class_of;
    uint64_t *class_total;
    struct pairs pairs, mirrored; /* mirrored: the second class of a pair is the first index */
    uint32_t *members;            /* words in each class */
    double *xlogx;                /* table for small numbers */
    struct word_bigrams *words;   /* by thread */
    int n_threads;
};

double pylm__xlogx(uint64_t x)
{
    return x ? (double)x * log((double)x) : 0.0;
}

static double xlogx(const struct clustering *c, uint64_t x)
{
    return x < TABLE_SIZE ? c->xlogx[x] : pylm__xlogx(x);
}

static void set_pairs(const struct clustering *c, const struct pairs *pairs, size_t at, uint64_t n)
{
    pairs->n[at] = n;
    pairs->logs[at] = xlogx(c, n);
    pairs->increments[at] = xlogx(c, n + 1u) - pairs->logs[at];
}

/* ---- the bigrams of a word ---- */

/* Adds up a word's neighbours by class; itself is left out and returned. */
static uint64_t touch(const struct clustering *c, const struct pylm__neighbours *side, uint32_t word, uint64_t *touched,
                      uint32_t *list, uint32_t *n)
{
    uint64_t i, self = 0;
    *n = 0;
    for (i = side->starts[word]; i < side->starts[word + 1u]; i++) {
        uint32_t class = c->class_of[side->symbols[i]];
        if (side->symbols[i] == word) {
            self = side->counts[i];
            continue;
        }
        if (!touched[class])
            list[(*n)++] = class;
        touched[class] += side->counts[i];
    }
    return self;
}

static void find_bigrams(const struct clustering *c, uint32_t word, struct word_bigrams *w)
{
    w->self = touch(c, &c->after, word, w->after, w->list_after, &w->n_after);
    (void)touch(c, &c->before, word, w->before, w->list_before, &w->n_before);
}

static void forget_bigrams(struct word_bigrams *w)
{
    uint32_t i;
    for (i = 0; i < w->n_after; i++)
        w->after[w->list_after[i]] = 0;
    for (i = 0; i < w->n_before; i++)
        w->before[w->list_before[i]] = 0;
}

/* ---- where a word should go ---- */

/* Adds to the gains of all classes but `other` what the word's n bigrams with `other` give them.
 *   row   where the pairs of each class with `other` begin */
static void add_gains(const struct clustering *c, double *gains, uint32_t other, uint64_t n, const struct pairs *pairs,
                      size_t row)
{
    const double *logs = pairs->logs + row, *increments = pairs->increments + row;
    const uint64_t *counts = pairs->n + row;
    double kept = gains[other];
    uint32_t class;
    if (n == 1u)
        for (class = 0; class < c->n_classes; class++)
            gains[class] += increments[class];
    else
        for (class = 0; class < c->n_classes; class++)
            gains[class] += xlogx(c, counts[class] + n) - logs[class];
    gains[other] = kept;
}

/* As add_gains() for the word's bigrams on one side.
 *   pairs     those of each class with the word's neighbours, by neighbour
 *   list, n   the classes of neighbours; `touched` says how many
 *   others    the bigrams on the other side: where a neighbour is in the word's own class, they are among the pairs */
static void add_side(const struct clustering *c, struct word_bigrams *w, uint32_t from, const struct pairs *pairs,
                     const uint32_t *list, uint32_t n, const uint64_t *touched, const uint64_t *others)
{
    uint32_t i, class, n_classes = c->n_classes;
    for (i = 0; i < n; i++) {
        size_t row = (size_t)list[i] * n_classes;
        if (list[i] != from) {
            add_gains(c, w->gains, list[i], touched[list[i]], pairs, row);
            continue;
        }
        for (class = 0; class < n_classes; class++)
            set_pairs(c, &w->own, class, class == from ? 0 : pairs->n[row + class] - others[class]);
        add_gains(c, w->gains, from, touched[from], &w->own, 0);
    }
}

/* How much F grows if the word, once it were out of its class, came back. */
static double gain_of_own(const struct clustering *c, uint32_t word, const struct word_bigrams *w)
{
    uint32_t from = c->class_of[word], i, other;
    size_t row = (size_t)from * c->n_classes;
    uint64_t own = c->pairs.n[row + from], total = c->class_total[from];
    double gain = xlogx(c, own) - xlogx(c, own - w->after[from] - w->before[from] - w->self);
    for (i = 0; i < w->n_after; i++) {
        other = w->list_after[i];
        if (other != from)
            gain += c->pairs.logs[row + other] - xlogx(c, c->pairs.n[row + other] - w->after[other]);
    }
    for (i = 0; i < w->n_before; i++) {
        other = w->list_before[i];
        if (other != from)
            gain += c->mirrored.logs[row + other] - xlogx(c, c->mirrored.n[row + other] - w->before[other]);
    }
    return gain - 2 * (xlogx(c, total) - xlogx(c, total - c->frequency[word]));
}

/* Finds the best class of a word. The word stays; counts are taken to be what they would be without it. All classes are
 * computed side by side, so that no sum has to wait for another. */
static uint32_t find_best(const struct clustering *c, uint32_t word, struct word_bigrams *w)
{
    uint32_t from = c->class_of[word], best = from, class, n = c->n_classes;
    double best_gain;
    if (c->members[from] == 1u)
        return from;
    find_bigrams(c, word, w);
    memset(w->gains, 0, n * sizeof *w->gains);
    add_side(c, w, from, &c->mirrored, w->list_after, w->n_after, w->after, w->before);
    add_side(c, w, from, &c->pairs, w->list_before, w->n_before, w->before, w->after);
    for (class = 0; class < n; class++) {
        uint64_t own = c->pairs.n[(size_t)class * n + class], total = c->class_total[class];
        w->gains[class] += xlogx(c, own + w->after[class] + w->before[class] + w->self) - xlogx(c, own);
        w->gains[class] -= 2 * (xlogx(c, total + c->frequency[word]) - xlogx(c, total));
    }
    best_gain = w->gains[from] = gain_of_own(c, word, w);
    for (class = 0; class < n; class++)
        if (w->gains[class] > best_gain) {
            best_gain = w->gains[class];
            best = class;
        }
    forget_bigrams(w);
    return best;
}

/* ---- moves ---- */

/* Adds to the number of pairs of two classes (in arithmetic modulo 2^64). */
static void add_pairs(struct clustering *c, uint32_t first, uint32_t second, uint64_t n)
{
    size_t at = (size_t)first * c->n_classes + second, mirrored_at = (size_t)second * c->n_classes + first;
    n += c->pairs.n[at];
    set_pairs(c, &c->pairs, at, n);
    set_pairs(c, &c->mirrored, mirrored_at, n);
}

/* Adds the word's bigrams to the pairs of a class, or takes them away. */
static void shift_pairs(struct clustering *c, uint32_t class, uint32_t word, const struct word_bigrams *w, int add)
{
    uint64_t sign = add ? 1u : UINT64_MAX;
    uint32_t i;
    for (i = 0; i < w->n_after; i++)
        add_pairs(c, class, w->list_after[i], sign * w->after[w->list_after[i]]);
    for (i = 0; i < w->n_before; i++)
        add_pairs(c, w->list_before[i], class, sign * w->before[w->list_before[i]]);
    add_pairs(c, class, class, sign * w->self);
    c->class_total[class] += sign * c->frequency[word];
    c->members[class] += (uint32_t)sign;
}

/* How much F grows if the word, which is in no class, joins one. */
static double gain_of(const struct clustering *c, uint32_t word, const struct word_bigrams *w, uint32_t class)
{
    size_t row = (size_t)class * c->n_classes;
    uint64_t own = c->pairs.n[row + class], total = c->class_total[class];
    double gain = xlogx(c, own + w->after[class] + w->before[class] + w->self) - xlogx(c, own);
    uint32_t i, other;
    for (i = 0; i < w->n_after; i++) {
        other = w->list_after[i];
        if (other != class)
            gain += xlogx(c, c->pairs.n[row + other] + w->after[other]) - c->pairs.logs[row + other];
    }
    for (i = 0; i < w->n_before; i++) {
        other = w->list_before[i];
        if (other != class)
            gain += xlogx(c, c->mirrored.n[row + other] + w->before[other]) - c->mirrored.logs[row + other];
    }
    return gain - 2 * (xlogx(c, total + c->frequency[word]) - xlogx(c, total));
}

/* Moves a word to a class, if that is still better after the moves of others; returns whether it was. A class keeps its
 * last word. */
static int move(struct clustering *c, uint32_t word, uint32_t to)
{
    uint32_t from = c->class_of[word];
    struct word_bigrams *w = c->words;
    if (from == to || c->members[from] == 1u)
        return 0;
    find_bigrams(c, word, w);
    shift_pairs(c, from, word, w, 0);
    if (gain_of(c, word, w, to) <= gain_of(c, word, w, from))
        to = from;
    shift_pairs(c, to, word, w, 1);
    c->class_of[word] = to;
    forget_bigrams(w);
    return from != to;
}

/* ---- all words ---- */

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
            c->pairs.n[(size_t)c->class_of[word] * c->n_classes + c->class_of[c->after.symbols[i]]] +=
                c->after.counts[i];
    for (i = 0; i < c->n_classes; i++)
        for (class = 0; class < c->n_classes; class++)
            add_pairs(c, (uint32_t)i, class, 0);
}

/* How many words from `first` on are looked at side by side. Rare ones hardly matter to each other. */
static uint32_t n_abreast(const struct clustering *c, uint32_t first)
{
    const uint64_t *after = c->after.starts, *before = c->before.starts;
    uint32_t left = c->n_symbols - first, n = 0, most = left < MAX_ABREAST ? left : MAX_ABREAST;
    while (n < most &&
           (n < MIN_ABREAST || after[first + n] - after[first] + before[first + n] - before[first] < FEW_BIGRAMS))
        n++;
    return n;
}

/* Moves n words from `first` on to their best classes; returns how many went elsewhere. */
static uint32_t move_words(struct clustering *c, uint32_t first, uint32_t n)
{
    uint32_t best[MAX_ABREAST], moves = 0, i;
    int k;
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 1) num_threads(c->n_threads)
#endif
    for (k = 0; k < (int)n; k++)
        best[k] = find_best(c, first + (uint32_t)k, &c->words[pylm__thread()]);
    for (i = 0; i < n; i++)
        moves += (uint32_t)move(c, first + i, best[i]);
    return moves;
}

static int iterate(struct clustering *c, pylm_task *task)
{
    uint32_t round, word, n, moves;
    pylm__task_begin(task, PYLM_STAGE_CLUSTER, MAX_ROUNDS);
    for (round = 0; round < MAX_ROUNDS; round++) {
        for (word = moves = 0; word < c->n_symbols; word += n) {
            if (pylm__task_cancelled(task))
                return PYLM_ERR_CANCELLED;
            n = n_abreast(c, word);
            moves += move_words(c, word, n);
        }
        pylm__task_step(task);
        if (moves <= c->n_symbols / 500u)
            break;
    }
    return PYLM_OK;
}

/* ---- memory ---- */

/* Those whose numbers lie elsewhere have them already. */
static int new_pairs(struct pairs *pairs, uint64_t n)
{
    if (!pairs->n)
        pairs->n = pylm__array_new(n, sizeof *pairs->n);
    pairs->logs = pylm__array_new(n, sizeof *pairs->logs);
    pairs->increments = pylm__array_new(n, sizeof *pairs->increments);
    return pairs->n && pairs->logs && pairs->increments ? PYLM_OK : PYLM_ERR_MEMORY;
}

static void free_pairs(const struct pairs *pairs)
{
    free(pairs->n);
    free(pairs->logs);
    free(pairs->increments);
}

static int new_word(struct word_bigrams *w, uint32_t n)
{
    w->after = pylm__array_new(n, sizeof *w->after);
    w->before = pylm__array_new(n, sizeof *w->before);
    w->list_after = pylm__array_new(n, sizeof *w->list_after);
    w->list_before = pylm__array_new(n, sizeof *w->list_before);
    w->gains = pylm__array_new(n, sizeof *w->gains);
    PYLM__TRY(new_pairs(&w->own, n));
    return w->after && w->before && w->list_after && w->list_before && w->gains ? PYLM_OK : PYLM_ERR_MEMORY;
}

static int allocate(struct clustering *c)
{
    uint64_t n_pairs = (uint64_t)c->n_classes * c->n_classes;
    uint32_t i;
    int t;
    c->frequency = pylm__array_new(c->n_symbols, sizeof *c->frequency);
    c->class_total = pylm__array_new(c->n_classes, sizeof *c->class_total);
    c->members = pylm__array_new(c->n_classes, sizeof *c->members);
    c->xlogx = pylm__array_new(TABLE_SIZE, sizeof *c->xlogx);
    c->words = pylm__array_new((uint64_t)c->n_threads, sizeof *c->words);
    PYLM__TRY(new_pairs(&c->pairs, n_pairs));
    PYLM__TRY(new_pairs(&c->mirrored, n_pairs));
    for (t = 0; c->words && t < c->n_threads; t++)
        PYLM__TRY(new_word(&c->words[t], c->n_classes));
    if (!c->frequency || !c->class_total || !c->members || !c->xlogx || !c->words)
        return PYLM_ERR_MEMORY;
    for (i = 0; i < TABLE_SIZE; i++)
        c->xlogx[i] = pylm__xlogx(i);
    return PYLM_OK;
}

/* Frees everything but what the caller was given. */
static void release(struct clustering *c)
{
    int t;
    for (t = 0; c->words && t < c->n_threads; t++) {
        free(c->words[t].after);
        free(c->words[t].before);
        free(c->words[t].list_after);
        free(c->words[t].list_before);
        free(c->words[t].gains);
        free_pairs(&c->words[t].own);
    }
    free(c->words);
    pylm__neighbours_free(&c->after);
    pylm__neighbours_free(&c->before);
    free(c->frequency);
    free(c->class_total);
    free(c->members);
    c->pairs.n = NULL;
    free_pairs(&c->pairs);
    free_pairs(&c->mirrored);
    free(c->xlogx);
}

/* Finds the neighbours on both sides. */
static int find_neighbours(struct clustering *c, const struct pylm__corpus *corpus, const pylm_task *task)
{
    int status[2], k;
#ifdef _OPENMP
#pragma omp parallel for schedule(static, 1) num_threads(c->n_threads)
#endif
    for (k = 0; k < 2; k++)
        status[k] = pylm__neighbours_find(k ? &c->before : &c->after, corpus, c->frequency, k, task);
    return status[0] == PYLM_OK ? status[1] : status[0];
}

int pylm__cluster(const struct pylm__corpus *corpus, uint32_t n_classes, uint32_t n_threads, uint32_t *class_of,
                  uint64_t *bigrams, pylm_task *task)
{
    struct clustering c;
    uint64_t p;
    int status;
    memset(&c, 0, sizeof c);
    c.n_symbols = corpus->n_seen;
    c.n_classes = n_classes;
    c.class_of = class_of;
    c.pairs.n = bigrams;
    c.n_threads = (int)pylm__startable(n_threads, MIN_ABREAST);
    memset(bigrams, 0, (size_t)n_classes * n_classes * sizeof *bigrams);
    status = allocate(&c);
    if (status == PYLM_OK) {
        for (p = 0; p < corpus->n; p++)
            c.frequency[pylm__symbol(corpus, p)]++;
        status = find_neighbours(&c, corpus, task);
    }
    if (status == PYLM_OK) {
        begin(&c);
        status = iterate(&c, task);
    }
    release(&c);
    return status;
}
