/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pair_counts.c: see pair_counts.h. The positions of each symbol are listed first. Then each symbol's pairs are added
 * up, one symbol after the other, so that the counts of one row stay in the nearest cache and nothing is sorted.
 *
 * Pairs are those of two positions p - distance and p. If the text is long, p is a multiple of a step; for a symbol
 * that comes first in a pair this means that its position has some remainders only.
 */
#include "pair_counts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PAIRS (UINT32_C(1) << 24) /* each is in two rows, at 8 bytes */
#define N_BLOCKS 256u                 /* rows that are found by one thread at a time */
#define SLICE 65536u                  /* positions between two looks at the task: read one after the other, */
#define ROW_SLICE 512u                /* and with all of their pairs */

const uint8_t pylm__topic_distances[PYLM__TOPIC_DISTANCES] = {2, 5, 8, 11, 14, 18, 24, 30, 36, 42, 48, 54, 60};

/* What a thread counts with. */
struct row {
    uint32_t *seen; /* by symbol: pairs with it; 0 between rows */
    uint32_t *list; /* the symbols that have some, and room for one more */
};

struct finding {
    struct pylm__pair_counts *counts;
    const struct pylm__corpus *corpus;
    const float *weights;
    uint8_t distances[PYLM__TOPIC_DISTANCES];
    uint32_t n_distances;
    const pylm_task *task;
    uint32_t n_runs; /* sections in use that follow each other */
    uint64_t run_begins[PYLM__TOPIC_SECTIONS], run_ends[PYLM__TOPIC_SECTIONS];
    uint32_t step;      /* pairs end at its multiples */
    uint16_t *first_of; /* by remainder of the position: a bit for each distance at which pairs begin there */
    /* Remainders of the positions that are in any pair. Those positions have numbers, in their order: they fit 32 bits,
     * whatever the length of the text. */
    uint32_t remainders[PYLM__TOPIC_DISTANCES + 1u], n_remainders;
    uint64_t *starts;  /* by symbol: where its positions begin */
    uint32_t *numbers; /* of positions, in ascending order */
    struct row *rows;  /* by thread */
    int n_threads;
};

/* ---- positions by symbol ---- */

static void find_runs(struct finding *f, const struct pylm__neighbourhood *around)
{
    const uint64_t *bounds = around->bounds;
    uint64_t used = 0, n_pairs;
    uint32_t i;
    for (i = 0; i < around->n; i++) {
        if (!around->use[i])
            continue;
        if (!i || !around->use[i - 1u])
            f->run_begins[f->n_runs++] = bounds[i];
        f->run_ends[f->n_runs - 1u] = bounds[i + 1u];
        used += bounds[i + 1u] - bounds[i];
    }
    n_pairs = used * f->n_distances;
    f->step = (uint32_t)(n_pairs / MAX_PAIRS) + (n_pairs % MAX_PAIRS != 0);
    f->step += !f->step;
}

static int find_remainders(struct finding *f)
{
    uint32_t i;
    f->first_of = pylm__array_new(f->step, sizeof *f->first_of);
    if (!f->first_of)
        return PYLM_ERR_MEMORY;
    for (i = 0; i < f->n_distances; i++) {
        uint16_t *bits = &f->first_of[(f->step - f->distances[i] % f->step) % f->step];
        *bits = (uint16_t)(*bits | 1u << i);
    }
    for (i = 0; i < f->step; i++)
        if (!i || f->first_of[i])
            f->remainders[f->n_remainders++] = i;
    return PYLM_OK;
}

/* The number of the first position from p on that is in a pair. */
static uint32_t number_from(const struct finding *f, uint64_t p)
{
    uint32_t i = 0;
    while (i < f->n_remainders && f->remainders[i] < p % f->step)
        i++;
    return (uint32_t)(p / f->step * f->n_remainders + i);
}

static uint64_t position_of(const struct finding *f, uint32_t number)
{
    return (uint64_t)(number / f->n_remainders) * f->step + f->remainders[number % f->n_remainders];
}

/* Goes through all positions that have pairs. Without a list it only counts them: starts[symbol + 1] grows. Else it
 * lists them, and starts[symbol] becomes where the list of a symbol ends. */
static int visit_positions(struct finding *f, uint32_t *list)
{
    uint32_t run, remainder, number;
    uint64_t p;
    for (run = 0; run < f->n_runs; run++) {
        remainder = (uint32_t)(f->run_begins[run] % f->step);
        number = number_from(f, f->run_begins[run]);
        for (p = f->run_begins[run]; p < f->run_ends[run]; pylm__corpus_passed(f->corpus, p++)) {
            uint32_t symbol = pylm__symbol(f->corpus, p);
            if (p % SLICE == 0 && pylm__task_cancelled(f->task))
                return PYLM_ERR_CANCELLED;
            if (!remainder || f->first_of[remainder]) {
                if (f->weights[symbol] > 0 && list)
                    list[f->starts[symbol]++] = number;
                else if (f->weights[symbol] > 0)
                    f->starts[symbol + 1u]++;
                number++;
            }
            remainder = remainder + 1u < f->step ? remainder + 1u : 0;
        }
    }
    return PYLM_OK;
}

static int list_positions(struct finding *f)
{
    uint32_t n = f->corpus->n_symbols, symbol;
    f->starts = pylm__array_new((uint64_t)n + 1u, sizeof *f->starts);
    if (!f->starts)
        return PYLM_ERR_MEMORY;
    PYLM__TRY(visit_positions(f, NULL));
    for (symbol = 0; symbol < n; symbol++)
        f->starts[symbol + 1u] += f->starts[symbol];
    f->numbers = pylm__array_new(f->starts[n], sizeof *f->numbers);
    if (!f->numbers)
        return PYLM_ERR_MEMORY;
    PYLM__TRY(visit_positions(f, f->numbers));
    memmove(f->starts + 1, f->starts, n * sizeof *f->starts); /* ends become starts again */
    f->starts[0] = 0;
    return PYLM_OK;
}

/* ---- rows ---- */

/* The text around a position within which its pairs lie. */
struct stretch {
    uint64_t begin, end;
    uint64_t document; /* the number of the document there */
    uint32_t run;
};

/* Goes on to the stretch of a position behind this one. */
static void find_stretch(const struct finding *f, uint64_t position, struct stretch *s)
{
    const uint64_t *ends = f->corpus->document_ends;
    uint64_t lower = s->document, upper = lower, ahead = 1, n = f->corpus->n_documents;
    while (upper < n && ends[upper] <= position) { /* documents of one symbol's positions are often near */
        lower = upper + 1u;
        upper = n - lower > ahead ? lower + ahead : n;
        ahead *= 2u;
    }
    while (lower < upper) {
        uint64_t middle = lower + (upper - lower) / 2u;
        if (ends[middle] <= position)
            lower = middle + 1u;
        else
            upper = middle;
    }
    s->document = lower;
    while (f->run_ends[s->run] <= position)
        s->run++;
    s->begin = lower ? ends[lower - 1u] : 0;
    s->end = lower < n ? ends[lower] : f->corpus->n;
    if (s->begin < f->run_begins[s->run])
        s->begin = f->run_begins[s->run];
    if (s->end > f->run_ends[s->run])
        s->end = f->run_ends[s->run];
}

/* Counts the pairs of a position; returns how many symbols are in the list.
 *   side   of a matrix with two: 0: pairs that begin there, 1: that end there */
static uint32_t count_pairs(const struct finding *f, uint32_t side, uint64_t position, const struct stretch *s,
                            const struct row *row, uint32_t n)
{
    int begin = f->counts->n_sides == 1u || !side, end = f->counts->n_sides == 1u || side;
    uint32_t remainder = f->step == 1u ? 0 : (uint32_t)(position % f->step), i;
    uint32_t bits = begin ? f->first_of[remainder] : 0u;
    for (i = 0; bits >> i; i++) {
        uint64_t other = position + f->distances[i];
        if (bits >> i & 1u && other < s->end) {
            uint32_t symbol = pylm__symbol(f->corpus, other);
            row->list[n] = symbol;
            n += !row->seen[symbol]++;
        }
    }
    for (i = 0; end && !remainder && i < f->n_distances; i++) {
        if (position - s->begin >= f->distances[i]) {
            uint32_t symbol = pylm__symbol(f->corpus, position - f->distances[i]);
            row->list[n] = symbol;
            n += !row->seen[symbol]++;
        }
    }
    return n;
}

/* Finds the number of pairs of a symbol, and the others in the order in which they come. */
static int count_row(const struct finding *f, uint32_t side, uint32_t symbol, const struct row *row, uint32_t *n)
{
    struct stretch s = {0, 0, 0, 0};
    uint64_t i;
    *n = 0;
    for (i = f->starts[symbol]; i < f->starts[symbol + 1u]; i++) {
        uint64_t position = position_of(f, f->numbers[i]);
        if (i % ROW_SLICE == 0) { /* each position may be on a page of its own */
            pylm__store_rest(&f->corpus->symbols);
            if (pylm__task_cancelled(f->task))
                return PYLM_ERR_CANCELLED;
        }
        if (position >= s.end)
            find_stretch(f, position, &s);
        *n = count_pairs(f, side, position, &s, row, *n);
    }
    return PYLM_OK;
}

/* Writes a row that has been counted; returns its length. */
static uint32_t write_row(const struct finding *f, uint32_t symbol, const struct row *row, uint32_t n,
                          struct pylm__topic_pair *pairs)
{
    uint32_t i, n_pairs = 0;
    for (i = 0; i < n; i++) {
        uint32_t other = row->list[i];
        float weight = f->weights[symbol] * f->weights[other];
        if (weight > 0) {
            pairs[n_pairs].symbol = other;
            pairs[n_pairs++].value = (float)sqrt((double)weight * row->seen[other]);
        }
        row->seen[other] = 0;
    }
    return n_pairs;
}

/* The first symbol of a block. All blocks have about as many positions; the last one ends at n_symbols. */
static uint32_t first_of_block(const struct finding *f, uint32_t block)
{
    uint32_t lower = 0, upper = f->corpus->n_symbols;
    uint64_t positions = f->starts[upper] / N_BLOCKS * block;
    if (block == N_BLOCKS)
        return upper;
    while (lower < upper) {
        uint32_t middle = lower + (upper - lower) / 2u;
        if (f->starts[middle] < positions)
            lower = middle + 1u;
        else
            upper = middle;
    }
    return lower;
}

/* A job: the rows of a block, on one side. */
static int find_block(void *user, uint32_t job, pylm_task *task)
{
    struct finding *f = user;
    const struct row *row = &f->rows[pylm__thread()];
    uint32_t block = job % N_BLOCKS, side = job / N_BLOCKS;
    struct pylm__pair_rows *out = &f->counts->sides[side];
    uint32_t first = first_of_block(f, block), end = first_of_block(f, block + 1u), symbol, n;
    uint64_t done = 0, capacity = 0;
    struct pylm__topic_pair *pairs = NULL, *grown;
    (void)task; /* it would count jobs as steps of progress */
    for (symbol = first; symbol < end; symbol++) {
        PYLM__TRY(count_row(f, side, symbol, row, &n));
        if (!n)
            continue;
        if (capacity - done < n) {
            capacity += capacity / 2u + n;
            grown = pylm__array_grow(pairs, capacity, sizeof *pairs);
            if (!grown)
                return PYLM_ERR_MEMORY;
            out->blocks[block] = pairs = grown;
        }
        out->n_pairs[symbol] = write_row(f, symbol, row, n, pairs + done);
        done += out->n_pairs[symbol];
    }
    grown = pairs ? pylm__array_grow(pairs, done, sizeof *pairs) : NULL;
    out->blocks[block] = pairs = grown ? grown : pairs;
    for (symbol = first; pairs && symbol < end; pairs += out->n_pairs[symbol++])
        out->rows[symbol] = pairs;
    return PYLM_OK;
}

/* ---- all ---- */

static int allocate(struct finding *f)
{
    uint64_t n = f->corpus->n_symbols;
    uint32_t side;
    int t;
    for (side = 0; side < f->counts->n_sides; side++) {
        struct pylm__pair_rows *rows = &f->counts->sides[side];
        rows->rows = pylm__array_new(n, sizeof *rows->rows);
        rows->n_pairs = pylm__array_new(n, sizeof *rows->n_pairs);
        rows->blocks = pylm__array_new(N_BLOCKS, sizeof *rows->blocks);
        if (!rows->rows || !rows->n_pairs || !rows->blocks)
            return PYLM_ERR_MEMORY;
    }
    f->rows = pylm__array_new((uint64_t)f->n_threads, sizeof *f->rows);
    if (!f->rows)
        return PYLM_ERR_MEMORY;
    for (t = 0; t < f->n_threads; t++) {
        f->rows[t].seen = pylm__array_new(n, sizeof *f->rows[t].seen);
        f->rows[t].list = pylm__array_new(n + 1u, sizeof *f->rows[t].list);
        if (!f->rows[t].seen || !f->rows[t].list)
            return PYLM_ERR_MEMORY;
    }
    return PYLM_OK;
}

static void release(struct finding *f)
{
    int t;
    for (t = 0; f->rows && t < f->n_threads; t++) {
        free(f->rows[t].seen);
        free(f->rows[t].list);
    }
    free(f->rows);
    free(f->first_of);
    free(f->starts);
    free(f->numbers);
}

int pylm__pair_counts_find(struct pylm__pair_counts *counts, const struct pylm__neighbourhood *around,
                           const float *weights, uint32_t n_threads, const pylm_task *task)
{
    struct finding f;
    int status;
    memset(&f, 0, sizeof f);
    memset(counts, 0, sizeof *counts);
    counts->n_symbols = around->corpus->n_symbols;
    f.counts = counts;
    f.corpus = around->corpus;
    f.weights = weights;
    counts->n_sides = around->distance ? 2u : 1u;
    f.n_distances = around->distance ? 1u : PYLM__TOPIC_DISTANCES;
    memcpy(f.distances, pylm__topic_distances, sizeof f.distances);
    if (around->distance)
        f.distances[0] = (uint8_t)around->distance;
    f.task = task;
    f.n_threads = pylm__n_threads(n_threads, N_BLOCKS);
    find_runs(&f, around);
    status = allocate(&f);
    if (status == PYLM_OK)
        status = find_remainders(&f);
    if (status == PYLM_OK)
        status = list_positions(&f);
    if (status == PYLM_OK)
        status = pylm__run_jobs(find_block, &f, counts->n_sides * N_BLOCKS, (uint32_t)f.n_threads, NULL);
    release(&f);
    return status;
}

void pylm__pair_counts_free(struct pylm__pair_counts *counts)
{
    uint32_t side, block;
    for (side = 0; side < counts->n_sides; side++) {
        struct pylm__pair_rows *rows = &counts->sides[side];
        for (block = 0; rows->blocks && block < N_BLOCKS; block++)
            free(rows->blocks[block]);
        free(rows->blocks);
        free(rows->rows);
        free(rows->n_pairs);
    }
    memset(counts, 0, sizeof *counts);
}
