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
#define SHRINK 300.0 /* of row sums: pairs of rare symbols say little */
#define SLICE 65536u /* positions between two looks at the task */

/* Sets gain and keep by the frequencies in the parts in use. */
static int weigh_symbols(struct pylm__word_vectors *v, const struct pylm__corpus *corpus, const uint8_t *use,
                         uint32_t *frequency, const pylm_task *task)
{
    uint64_t p, n = 0;
    uint32_t part, i;
    for (part = 0; part < PYLM__TOPIC_PARTS; part++) {
        uint64_t end = pylm__topic_part(corpus->n, part + 1u);
        for (p = pylm__topic_part(corpus->n, part); use[part] && p < end; p++, n++) {
            if (p % SLICE == 0 && pylm__task_cancelled(task))
                return PYLM_ERR_CANCELLED;
            frequency[pylm__symbol(corpus, p)]++;
        }
    }
    for (i = 0; i < v->n_symbols; i++) {
        double gain = GAIN_FREQUENCY / (GAIN_FREQUENCY + (n ? frequency[i] / (double)n : 0.0)),
               keep = KEEP_FACTOR * gain;
        v->gain[i] = (float)gain;
        v->keep[i] = keep < MIN_KEEP ? 0.0f : keep < 1 ? (float)keep : 1.0f;
    }
    return PYLM_OK;
}

/* Divides pairs by the sums of both rows.
 *   divisors   out: by symbol, 1 / sqrt(sum + SHRINK)
 *   expected   out: by symbol; the product of two is the value by chance */
static int normalise(const struct pylm__pair_counts *counts, float *divisors, float *expected, const pylm_task *task)
{
    double total = 0;
    uint32_t symbol, i;
    for (symbol = 0; symbol < counts->n_symbols; symbol++) {
        double sum = 0;
        if (pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        for (i = 0; i < counts->n_pairs[symbol]; i++)
            sum += (double)counts->rows[symbol][i].value;
        divisors[symbol] = (float)(1 / sqrt(sum + SHRINK));
        expected[symbol] = (float)(sum / sqrt(sum + SHRINK));
        total += sum;
    }
    for (symbol = 0; symbol < counts->n_symbols; symbol++) {
        if (pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        expected[symbol] = total > 0 ? (float)((double)expected[symbol] / sqrt(total)) : 0.0f;
        for (i = 0; i < counts->n_pairs[symbol]; i++)
            counts->rows[symbol][i].value *= divisors[symbol] * divisors[counts->rows[symbol][i].symbol];
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

static int find_vectors(struct pylm__word_vectors *v, struct pylm__pair_counts *counts, uint32_t n_threads,
                        const pylm_task *task)
{
    float *divisors = pylm__array_new(v->n_symbols, sizeof *divisors);
    float *expected = pylm__array_new(v->n_symbols, sizeof *expected);
    float *eigenvectors = pylm__array_new((uint64_t)v->n_symbols * PYLM__SUBSPACE, sizeof *eigenvectors);
    double values[PYLM__SUBSPACE];
    int status = PYLM_ERR_MEMORY;
    if (divisors && expected && eigenvectors) {
        status = normalise(counts, divisors, expected, task);
        if (status == PYLM_OK)
            status = pylm__subspace_find(counts, expected, values, eigenvectors, n_threads, task);
        if (status == PYLM_OK)
            scale_vectors(v, values, eigenvectors, divisors);
    }
    free(divisors);
    free(expected);
    free(eigenvectors);
    return status;
}

int pylm__word_vectors_find(struct pylm__word_vectors *out, const struct pylm__corpus *corpus, const uint8_t *use,
                            uint32_t n_threads, pylm_task *task)
{
    struct pylm__pair_counts counts;
    uint32_t n = corpus->n_symbols, *frequency = pylm__array_new(n, sizeof *frequency);
    int status = PYLM_ERR_MEMORY;
    memset(&counts, 0, sizeof counts);
    out->n_symbols = n;
    out->vectors = pylm__array_new((uint64_t)n * PYLM__TOPIC_DIMS, sizeof *out->vectors);
    out->gain = pylm__array_new(n, sizeof *out->gain);
    out->keep = pylm__array_new(n, sizeof *out->keep);
    if (frequency && out->vectors && out->gain && out->keep)
        status = weigh_symbols(out, corpus, use, frequency, task);
    free(frequency);
    if (status == PYLM_OK)
        status = pylm__pair_counts_find(&counts, corpus, use, out->keep, n_threads, task);
    if (status == PYLM_OK)
        status = find_vectors(out, &counts, n_threads, task);
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
