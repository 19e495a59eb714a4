/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * node_vectors.c: see node_vectors.h.
 *
 * Each node is a problem of its own: the readings before the symbols whose path goes through it, and the side that each
 * took. It is solved without the held-out text, to see how well it does there, and with it, for the image. Of a short
 * text nearly all is held out: then it is solved without one half of that, and without the other.
 */
#include "node_vectors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "node_solver.h"
#include "topic_numbers.h"

/* What a node's vector is made from: all but a group that is held out, or all. */
enum { WITHOUT_FIRST, WITHOUT_SECOND, OF_ALL, N_SOLUTIONS };

#define N_NUMBERS PYLM__MAX_READING
#define RECORD_NBYTES (N_NUMBERS + PYLM__NODE_TOPIC_NUMBERS)

struct solving {
    const struct pylm__readings *readings;
    const struct pylm__corpus *corpus;
    const struct pylm__heldout *heldout;
    const struct pylm__symbol_tree *tree;
    const struct pylm__node_events *events;
    uint8_t *records[N_SOLUTIONS];
    int16_t *log_odds[PYLM__TOPIC_LEVELS]; /* by event, of each level; NULL: not wanted */
    struct pylm__node_solver *solvers;     /* by thread */
    int n_threads;
};

/* ---- nodes ---- */

/* Writes a node's record. */
static void write_record(const struct pylm__node_solver *solver, int is_short, uint8_t *record)
{
    double scaled[N_NUMBERS], most = 1e-9, offset = floor((double)solver->offset * 1024.0 + 0.5);
    unsigned shift = 0;
    uint32_t j;
    for (j = 0; j < N_NUMBERS; j++) {
        scaled[j] = (double)solver->vector[j] * (double)PYLM__ROW_UNIT * 1024.0;
        most = fabs(scaled[j]) > most ? fabs(scaled[j]) : most;
    }
    while (shift < 15u && most * (double)(2u << shift) <= 127.0)
        shift++;
    if (is_short && shift < 15u &&
        pylm__short_error(scaled, N_NUMBERS, (double)(2u << shift)) <
            pylm__short_error(scaled, N_NUMBERS, (double)(1u << shift)))
        shift++;
    pylm__store16(record + PYLM__NODE_TOPIC_OFFSET, (uint32_t)(int32_t)offset & 0xffffu);
    record[PYLM__NODE_TOPIC_SHIFT] = (uint8_t)shift;
    for (j = 0; j < N_NUMBERS; j++)
        record[PYLM__NODE_TOPIC_NUMBERS + j] = (uint8_t)pylm__topic_number(scaled[j] * (double)(1u << shift), is_short);
}

/* The log-odds of a node, whatever the text is about. */
static float offset_of(double left, double right)
{
    return (float)log((right + 0.5) / (left + 0.5));
}

/* Solves a record for the events of some groups, which stand together in its list.
 *   from, to   the first group and the last */
static void solve_groups(const struct solving *s, uint32_t record, uint32_t from, uint32_t to,
                         struct pylm__node_solver *solver)
{
    const struct pylm__node_events *e = s->events;
    uint32_t begin = from ? e->ends[from - 1u][record] : 0u, group;
    struct pylm__node_solver part = *solver;
    double left = 0, right = 0;
    for (group = from; group <= to; group++) {
        left += e->n[group][0][record];
        right += e->n[group][1][record];
    }
    part.n = e->ends[to][record] - begin;
    part.rows += (size_t)begin * N_NUMBERS;
    part.side += begin;
    part.offset = offset_of(left, right);
    if (part.n)
        pylm__node_solve(&part);
    memcpy(solver->vector, part.vector, sizeof solver->vector);
    solver->offset = part.offset;
}

static int solve_record(const struct solving *s, uint32_t record, struct pylm__node_solver *solver)
{
    const struct pylm__node_events *e = s->events;
    const uint32_t *list = e->rows + e->starts[record];
    uint32_t n = (uint32_t)(e->starts[record + 1u] - e->starts[record]), solution;
    PYLM__TRY(pylm__node_solver_load(solver, s->readings->rows, list, n));
    for (solution = 0; solution < N_SOLUTIONS; solution++) {
        if (!s->records[solution])
            continue;
        if (solution != OF_ALL) /* else what was found without the held-out text is a good begin */
            memset(solver->vector, 0, sizeof solver->vector);
        solve_groups(s, record, solution == WITHOUT_SECOND ? PYLM__TOPIC_COMMON : 0u,
                     solution == WITHOUT_FIRST ? PYLM__TOPIC_COMMON : PYLM__TOPIC_GROUPS - 1u, solver);
        write_record(solver, s->readings->is_short, s->records[solution] + (size_t)record * RECORD_NBYTES);
    }
    return PYLM_OK;
}

static int solve_records(void *user, uint32_t job, pylm_task *task)
{
    struct solving *s = user;
    uint64_t n = s->readings->n_records;
    uint32_t record = (uint32_t)(n * job / PYLM__NODE_VECTORS_STEPS),
             end = (uint32_t)(n * (job + 1u) / PYLM__NODE_VECTORS_STEPS);
    for (; record < end; record++) {
        if (pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        PYLM__TRY(solve_record(s, record, &s->solvers[pylm__thread()]));
    }
    return PYLM_OK;
}

/* ---- held-out text ---- */

/* The log-odds of an event at all levels that are wanted. */
static void read_event(const struct solving *s, uint64_t event, const uint8_t *record,
                       const struct pylm__reading *reading)
{
    const uint8_t *numbers = record + PYLM__NODE_TOPIC_NUMBERS;
    const uint32_t step = PYLM__TOPIC_STEP, n_each = reading->n / PYLM__N_FADES;
    uint32_t level, i, sum = 0;
    for (level = 0; s->readings->is_short && level < PYLM__TOPIC_LEVELS; level++) {
        for (i = 0; i < PYLM__N_FADES; i++)
            sum += pylm__dot_bytes(numbers + i * n_each + level * step, reading->of + i * n_each + level * step, step);
        s->log_odds[level][event] = (int16_t)pylm__topic_log_odds_of(record, sum);
    }
    if (!s->readings->is_short)
        s->log_odds[PYLM__TOPIC_LEVELS - 1u][event] = (int16_t)pylm__topic_log_odds(record, reading);
}

/* What the vectors that know nothing of a block say in it. */
static int read_block(void *user, uint32_t block, pylm_task *task)
{
    struct solving *s = user;
    const struct pylm__heldout *heldout = s->heldout;
    const uint8_t *records;
    struct pylm__reading reading;
    uint64_t at = 0, p, event, position;
    uint32_t b, part, j;
    (void)task;
    for (b = 0; b < block; b++)
        at += heldout->ends[b] - heldout->begins[b];
    for (part = 0; s->readings->begins[part] != heldout->begins[block]; part++)
        ;
    records = s->records[s->readings->group[part] == PYLM__TOPIC_FIRST ? WITHOUT_FIRST : WITHOUT_SECOND];
    reading.n = N_NUMBERS;
    reading.is_short = 0;
    position = s->readings->first[part];
    for (p = heldout->begins[block]; p < heldout->ends[block]; p++, at++) {
        const int8_t *row = s->readings->rows + pylm__readings_row(s->readings, part, p) * N_NUMBERS;
        const uint8_t *prefix = pylm__readings_prefix(s->readings, position++);
        uint32_t leaf = s->tree->leaf_of[pylm__symbol(s->corpus, p)], node = 0, lo = 0, hi = s->tree->n_symbols;
        for (j = 0; j < N_NUMBERS; j++)
            reading.of[j] = row[j];
        for (event = heldout->first_event[at]; hi - lo > 1u; event++) {
            uint32_t mid = s->tree->mid[node];
            int side = leaf >= mid;
            read_event(s, event, records + (size_t)pylm__readings_record(prefix, node) * RECORD_NBYTES, &reading);
            node += side ? mid - lo : 1u;
            *(side ? &lo : &hi) = mid;
        }
    }
    return PYLM_OK;
}

/* ---- all of it ---- */

static int find_all(struct solving *s, uint32_t n_threads, pylm_task *task)
{
    uint32_t i;
    for (i = 0; i < N_SOLUTIONS; i++) {
        if (i == WITHOUT_SECOND && !s->readings->has_second)
            continue;
        s->records[i] = pylm__array_new(s->readings->n_records, RECORD_NBYTES);
        if (!s->records[i])
            return PYLM_ERR_MEMORY;
    }
    for (i = s->readings->is_short ? 0u : PYLM__TOPIC_LEVELS - 1u; i < PYLM__TOPIC_LEVELS; i++) {
        s->log_odds[i] = pylm__array_new(s->heldout->n_events, sizeof *s->log_odds[i]);
        if (!s->log_odds[i])
            return PYLM_ERR_MEMORY;
    }
    s->solvers = pylm__array_new((uint64_t)s->n_threads, sizeof *s->solvers);
    if (!s->solvers)
        return PYLM_ERR_MEMORY;
    PYLM__TRY(pylm__run_jobs(solve_records, s, PYLM__NODE_VECTORS_STEPS, n_threads, task));
    return pylm__run_jobs(read_block, s, s->heldout->n_blocks, n_threads, NULL);
}

/* Makes the part of an image. */
static int write_part(const struct solving *s, struct pylm__node_vectors *out)
{
    uint64_t before = s->readings->prefixes_nbytes, records = (uint64_t)s->readings->n_records * RECORD_NBYTES;
    pylm__node_vectors_free(out);
    out->part = pylm__array_new(before + records, 1);
    if (!out->part)
        return PYLM_ERR_MEMORY;
    out->nbytes = before + records;
    if (before)
        memcpy(out->part, s->readings->prefixes, (size_t)before);
    memcpy(out->part + before, s->records[OF_ALL], (size_t)records);
    return PYLM_OK;
}

int pylm__node_vectors_find(struct pylm__node_vectors *out, const struct pylm__node_events *events,
                            struct pylm__heldout *heldout, uint32_t n_threads, pylm_task *task)
{
    struct solving s;
    int status, t;
    memset(&s, 0, sizeof s);
    s.events = events;
    s.readings = events->readings;
    s.corpus = events->corpus;
    s.heldout = heldout;
    s.tree = events->tree;
    s.n_threads = pylm__n_threads(n_threads, UINT32_MAX);
    status = find_all(&s, n_threads, task);
    if (status == PYLM_OK)
        status = write_part(&s, out);
    for (t = 0; s.solvers && t < s.n_threads; t++)
        pylm__node_solver_free(&s.solvers[t]);
    free(s.solvers);
    for (t = 0; t < N_SOLUTIONS; t++)
        free(s.records[t]);
    memcpy(heldout->topic_levels, s.log_odds, sizeof s.log_odds); /* it frees them, also after a failure */
    if (status == PYLM_OK)
        heldout->topic_log_odds = s.log_odds[PYLM__TOPIC_LEVELS - 1u];
    return status;
}

void pylm__node_vectors_free(struct pylm__node_vectors *vectors)
{
    free(vectors->part);
    memset(vectors, 0, sizeof *vectors);
}

void pylm__node_vectors_cut(struct pylm__node_vectors *vectors, uint32_t n_nodes, uint32_t n)
{
    uint8_t *records = vectors->part, *out = records;
    uint32_t node, i;
    for (node = 0; node < n_nodes; node++, records += RECORD_NBYTES) {
        const uint8_t *numbers = records + PYLM__NODE_TOPIC_NUMBERS;
        memmove(out, records, PYLM__NODE_TOPIC_NUMBERS);
        out += PYLM__NODE_TOPIC_NUMBERS;
        for (i = 0; i < n; i++)
            *out++ = pylm__topic_pair(numbers[i], numbers[N_NUMBERS / 2u + i]);
    }
    vectors->nbytes = (uint64_t)(out - vectors->part);
}
