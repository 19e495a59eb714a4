/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * word_vectors.c: see word_vectors.h. Counts of pairs, some way apart, are compared with what chance would give. The
 * vectors come from the leading eigenvectors of the matrix of these: a closed form.
 */
#include "word_vectors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "subspace.h"

#define GAIN_FREQUENCY 2e-4 /* a symbol as frequent as this has a gain of one half */
#define KEEP_FACTOR 5.0
#define MIN_KEEP 0.02
#define SHRINK 300.0     /* of row sums: pairs of rare symbols say little */
#define SHRINK_NEAR 20.0 /* the same of near pairs, which are fewer and say more */
#define SLICE 65536u     /* positions between two looks at the task */

/* Sets gain and keep by the frequencies in the sections in use. */
static int weigh_symbols(struct pylm__word_vectors *v, const struct pylm__neighbourhood *around, uint64_t *frequency,
                         const pylm_task *task)
{
    const struct pylm__corpus *corpus = around->corpus;
    uint64_t p, n = 0;
    uint32_t i;
    for (i = 0; i < around->n; i++) {
        for (p = around->bounds[i]; around->use[i] && p < around->bounds[i + 1u]; p++, n++) {
            pylm__corpus_passed(around->corpus, p);
            if (p % SLICE == 0 && pylm__task_cancelled(task))
                return PYLM_ERR_CANCELLED;
            frequency[pylm__symbol(corpus, p)]++;
        }
    }
    for (i = 0; i < v->n_symbols; i++) {
        double gain = GAIN_FREQUENCY / (GAIN_FREQUENCY + (n ? (double)frequency[i] / (double)n : 0.0)),
               keep = KEEP_FACTOR * gain;
        if (around->distance)
            gain = keep = i == corpus->unknown ? 0 : 1;
        v->gain[i] = (float)gain;
        v->keep[i] = keep < MIN_KEEP ? 0.0f : keep < 1 ? (float)keep : 1.0f;
    }
    return PYLM_OK;
}

/* Adds up the rows of a side.
 *   divisors   out: by symbol, 1 / sqrt(sum + shrink)
 *   expected   out: by symbol; the product of two, one of each side, is the value by chance */
static int add_rows(const struct pylm__pair_counts *counts, uint32_t side, double shrink, float *divisors,
                    float *expected, const pylm_task *task)
{
    const struct pylm__pair_rows *rows = &counts->sides[side];
    double total = 0;
    uint32_t symbol, i;
    for (symbol = 0; symbol < counts->n_symbols; symbol++) {
        double sum = 0;
        if (pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        for (i = 0; i < rows->n_pairs[symbol]; i++)
            sum += (double)rows->rows[symbol][i].value;
        divisors[symbol] = (float)(1 / sqrt(sum + shrink));
        expected[symbol] = (float)(sum / sqrt(sum + shrink));
        total += sum;
    }
    for (symbol = 0; symbol < counts->n_symbols; symbol++)
        expected[symbol] = total > 0 ? (float)((double)expected[symbol] / sqrt(total)) : 0.0f;
    return PYLM_OK;
}

/* Divides pairs by the sums of row and column.
 *   divisors, expected   out: by side and symbol */
static int normalise(const struct pylm__pair_counts *counts, double shrink, float *divisors, float *expected,
                     const pylm_task *task)
{
    uint32_t side, symbol, i, n = counts->n_symbols;
    for (side = 0; side < counts->n_sides; side++)
        PYLM__TRY(add_rows(counts, side, shrink, divisors + (size_t)side * n, expected + (size_t)side * n, task));
    for (side = 0; side < counts->n_sides; side++) {
        const float *mine = divisors + (size_t)side * n, *others = divisors + (size_t)(counts->n_sides - 1u - side) * n;
        for (symbol = 0; symbol < n; symbol++) {
            struct pylm__topic_pair *pairs = counts->sides[side].rows[symbol];
            if (pylm__task_cancelled(task))
                return PYLM_ERR_CANCELLED;
            for (i = 0; i < counts->sides[side].n_pairs[symbol]; i++)
                pairs[i].value *= mine[symbol] * others[pairs[i].symbol];
        }
    }
    return PYLM_OK;
}

/* From eigenvectors to vectors of symbols. */
static void scale_vectors(struct pylm__word_vectors *v, const double *values, const float *eigenvectors,
                          const float *divisors)
{
    float scale[PYLM__TOPIC_DIMS];
    uint32_t symbol, k;
    for (k = 0; k < PYLM__TOPIC_DIMS; k++)
        scale[k] = values[k] > 0 ? (float)(1 / sqrt(values[k])) : 0.0f;
    for (symbol = 0; symbol < v->n_symbols; symbol++)
        for (k = 0; k < PYLM__TOPIC_DIMS; k++)
            v->vectors[(size_t)symbol * PYLM__TOPIC_DIMS + k] =
                eigenvectors[(size_t)symbol * PYLM__SUBSPACE + k] * scale[k] * (divisors[symbol] * v->keep[symbol]);
}

static int find_vectors(struct pylm__word_vectors *v, struct pylm__pair_counts *counts, double shrink,
                        uint32_t n_threads, const pylm_task *task)
{
    uint64_t n = (uint64_t)counts->n_sides * v->n_symbols;
    float *divisors = pylm__array_new(n, sizeof *divisors), *expected = pylm__array_new(n, sizeof *expected);
    float *eigenvectors = pylm__array_new((uint64_t)v->n_symbols * PYLM__SUBSPACE, sizeof *eigenvectors);
    double values[PYLM__SUBSPACE];
    int status = PYLM_ERR_MEMORY;
    if (divisors && expected && eigenvectors) {
        status = normalise(counts, shrink, divisors, expected, task);
        if (status == PYLM_OK)
            status = pylm__subspace_find(counts, expected, values, eigenvectors, n_threads, task);
        if (status == PYLM_OK)
            scale_vectors(v, values, eigenvectors, divisors + (n - v->n_symbols)); /* the last side: what comes next */
    }
    free(divisors);
    free(expected);
    free(eigenvectors);
    return status;
}

int pylm__word_vectors_find(struct pylm__word_vectors *out, const struct pylm__neighbourhood *around,
                            uint32_t n_threads, pylm_task *task)
{
    struct pylm__pair_counts counts;
    uint32_t n = around->corpus->n_symbols;
    uint64_t *frequency = pylm__array_new(n, sizeof *frequency);
    int status = PYLM_ERR_MEMORY;
    memset(&counts, 0, sizeof counts);
    out->n_symbols = n;
    out->vectors = pylm__array_new((uint64_t)n * PYLM__TOPIC_DIMS, sizeof *out->vectors);
    out->gain = pylm__array_new(n, sizeof *out->gain);
    out->keep = pylm__array_new(n, sizeof *out->keep);
    if (frequency && out->vectors && out->gain && out->keep)
        status = weigh_symbols(out, around, frequency, task);
    free(frequency);
    if (status == PYLM_OK)
        status = pylm__pair_counts_find(&counts, around, out->keep, n_threads, task);
    if (status == PYLM_OK)
        status = find_vectors(out, &counts, around->distance ? SHRINK_NEAR : SHRINK, n_threads, task);
    pylm__pair_counts_free(&counts);
    return status;
}

void pylm__word_vectors_free(struct pylm__word_vectors *v)
{
    free(v->vectors);
    free(v->gain);
    free(v->keep);
    memset(v, 0, sizeof *v);
}
