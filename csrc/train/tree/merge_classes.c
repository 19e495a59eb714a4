/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * merge_classes.c: see merge_classes.h.
 */
#include "merge_classes.h"

#include <math.h>
#include <stdlib.h>

#include "cluster.h"
#include "train/threads.h"

struct merging {
    uint32_t n; /* classes */
    int n_threads;
    uint64_t *pairs, *row_total, *column_total;
    double *gain;   /* gain[i * n + j], i < j: change of F if i and j became one; -inf: gone */
    uint32_t *size; /* how many classes each consists of by now */
};

/* Change of F = sum N(a,b) log N(a,b) - sum of rows - sum of columns, if classes i and j became one. */
static double merge_gain(const struct merging *m, uint32_t i, uint32_t j)
{
    const uint64_t *a = m->pairs + (uint64_t)i * m->n, *b = m->pairs + (uint64_t)j * m->n;
    uint64_t rows[2], columns[2];
    double sum = 0;
    uint32_t k;
    for (k = 0; k < m->n; k++) {
        uint64_t c = m->pairs[(uint64_t)k * m->n + i], d = m->pairs[(uint64_t)k * m->n + j];
        if (k == i || k == j)
            continue;
        if (a[k] && b[k])
            sum += pylm__xlogx(a[k] + b[k]) - pylm__xlogx(a[k]) - pylm__xlogx(b[k]);
        if (c && d)
            sum += pylm__xlogx(c + d) - pylm__xlogx(c) - pylm__xlogx(d);
    }
    sum += pylm__xlogx(a[i] + a[j] + b[i] + b[j]) - pylm__xlogx(a[i]) - pylm__xlogx(a[j]) - pylm__xlogx(b[i]) -
           pylm__xlogx(b[j]);
    rows[0] = m->row_total[i];
    rows[1] = m->row_total[j];
    columns[0] = m->column_total[i];
    columns[1] = m->column_total[j];
    sum -= pylm__xlogx(rows[0] + rows[1]) - pylm__xlogx(rows[0]) - pylm__xlogx(rows[1]);
    sum -= pylm__xlogx(columns[0] + columns[1]) - pylm__xlogx(columns[0]) - pylm__xlogx(columns[1]);
    return sum;
}

/* Class j becomes part of class i. */
static void merge(struct merging *m, uint32_t i, uint32_t j)
{
    uint32_t k, n = m->n;
    for (k = 0; k < n; k++) {
        m->pairs[(uint64_t)i * n + k] += m->pairs[(uint64_t)j * n + k];
        m->pairs[(uint64_t)j * n + k] = 0;
    }
    for (k = 0; k < n; k++) {
        m->pairs[(uint64_t)k * n + i] += m->pairs[(uint64_t)k * n + j];
        m->pairs[(uint64_t)k * n + j] = 0;
        m->gain[(uint64_t)j * n + k] = m->gain[(uint64_t)k * n + j] = -HUGE_VAL;
    }
    m->row_total[i] += m->row_total[j];
    m->column_total[i] += m->column_total[j];
    m->size[i] += m->size[j];
}

/* Of merges that lose as much, such as those of classes that never occur, the smaller comes first. So they make no
 * chain. */
static int is_better_merge(const struct merging *m, uint32_t i, uint32_t j, double best, uint32_t best_size)
{
    double gain = m->gain[(uint64_t)i * m->n + j];
    return gain > best || (gain >= best && m->size[i] + m->size[j] < best_size);
}

/* Computes the gains of a class, if it joins any that is not gone. */
static void find_gains(struct merging *m, uint32_t class, const uint8_t *gone)
{
    int k, n = (int)m->n;
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 8) num_threads(m->n_threads)
#endif
    for (k = 0; k < n; k++) {
        uint32_t j = (uint32_t)k, first = j < class ? j : class, second = j < class ? class : j;
        if (j != class && !gone[j])
            m->gain[(size_t)first * m->n + second] = merge_gain(m, first, second);
    }
}

/* Computes the gains of all pairs. */
static void find_all_gains(struct merging *m)
{
    int k, n = (int)m->n;
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 1) num_threads(m->n_threads)
#endif
    for (k = 0; k < n; k++) {
        uint32_t i = (uint32_t)k, j;
        for (j = 0; j < m->n; j++)
            m->gain[(size_t)i * m->n + j] = i < j ? merge_gain(m, i, j) : -HUGE_VAL;
    }
}

/* Merges until one class is left. A merge changes the gains of all pairs a little. Only those of the merged class are
 * computed again: in practice that is enough, and the time stays cubic in the number of classes. */
static int merge_all(struct pylm__links *links, struct merging *m, uint32_t *node_of, uint8_t *gone,
                     const pylm_task *task)
{
    uint32_t n = m->n, i, j, left, best_i, best_j, best_size = 0;
    find_all_gains(m);
    for (left = n; left > 1u; left--) {
        double best = -HUGE_VAL;
        if (pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        best_i = best_j = n;
        for (i = 0; i < n; i++)
            for (j = i + 1u; j < n && !gone[i]; j++)
                if (!gone[j] && (best_i == n || is_better_merge(m, i, j, best, best_size))) {
                    best = m->gain[(uint64_t)i * n + j];
                    best_size = m->size[i] + m->size[j];
                    best_i = i;
                    best_j = j;
                }
        node_of[best_i] = pylm__links_join(links, node_of[best_i], node_of[best_j]);
        merge(m, best_i, best_j);
        gone[best_j] = 1;
        find_gains(m, best_i, gone);
    }
    return PYLM_OK;
}

int pylm__merge_classes(struct pylm__links *links, uint64_t *pairs, uint32_t n, uint32_t n_threads, uint32_t *node_of,
                        const pylm_task *task)
{
    struct merging m;
    uint32_t i, k;
    uint8_t *gone = pylm__array_new(n, 1);
    int status = PYLM_ERR_MEMORY;
    m.n = n;
    m.n_threads = (int)pylm__startable(n_threads, n);
    m.pairs = pairs;
    m.row_total = pylm__array_new(n, sizeof *m.row_total);
    m.column_total = pylm__array_new(n, sizeof *m.column_total);
    m.gain = pylm__array_new((uint64_t)n * n, sizeof *m.gain);
    m.size = pylm__array_new(n, sizeof *m.size);
    if (gone && m.row_total && m.column_total && m.gain && m.size) {
        for (i = 0; i < n; i++)
            m.size[i] = 1;
        for (i = 0; i < n; i++)
            for (k = 0; k < n; k++) {
                m.row_total[i] += pairs[(uint64_t)i * n + k];
                m.column_total[i] += pairs[(uint64_t)k * n + i];
            }
        status = merge_all(links, &m, node_of, gone, task);
    }
    free(gone);
    free(m.row_total);
    free(m.column_total);
    free(m.gain);
    free(m.size);
    return status;
}
