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

#define N_NUMBERS PYLM__MAX_READING
#define RECORD_NBYTES (N_NUMBERS + PYLM__NODE_TOPIC_NUMBERS)

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
static void solve_groups(const struct pylm__node_solving *s, uint32_t record, uint32_t from, uint32_t to,
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

static int solve_record(const struct pylm__node_solving *s, uint32_t record, struct pylm__node_solver *solver)
{
    const struct pylm__node_events *e = s->events;
    const uint32_t *list = pylm__node_events_of(e, record);
    uint32_t n = (uint32_t)(e->starts[record + 1u] - e->starts[record]), solution;
    PYLM__TRY(pylm__node_solver_load(solver, s->events->readings->rows, list, n));
    for (solution = 0; solution < PYLM__N_SOLUTIONS; solution++) {
        if (!s->records[solution])
            continue;
        if (solution != PYLM__OF_ALL) /* else what was found without the held-out text is a good begin */
            memset(solver->vector, 0, sizeof solver->vector);
        solve_groups(s, record, solution == PYLM__WITHOUT_SECOND ? PYLM__TOPIC_COMMON : 0u,
                     solution == PYLM__WITHOUT_FIRST ? PYLM__TOPIC_COMMON : PYLM__TOPIC_GROUPS - 1u, solver);
        write_record(solver, s->events->readings->is_short, s->records[solution] + (size_t)record * RECORD_NBYTES);
    }
    return PYLM_OK;
}

uint32_t pylm__node_solving_record(const struct pylm__node_solving *s, uint32_t job)
{
    return (uint32_t)((uint64_t)s->events->readings->n_records * job / PYLM__NODE_VECTORS_STEPS);
}

static int solve_records(void *user, uint32_t job, pylm_task *task)
{
    struct pylm__node_solving *s = user;
    uint32_t record = pylm__node_solving_record(s, s->first_job + job),
             end = pylm__node_solving_record(s, s->first_job + job + 1u);
    for (; record < end; record++) {
        if (pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        PYLM__TRY(solve_record(s, record, &s->solvers[pylm__thread()]));
    }
    return PYLM_OK;
}

int pylm__node_solving_jobs(struct pylm__node_solving *s, uint32_t first, uint32_t end, pylm_task *task)
{
    s->first_job = first;
    return pylm__run_jobs(solve_records, s, end - first, (uint32_t)s->n_threads, task);
}

/* ---- held-out text ---- */

/* The log-odds of an event at all levels that are wanted. */
static void read_event(const struct pylm__node_solving *s, uint64_t event, const uint8_t *record,
                       const struct pylm__reading *reading)
{
    const uint8_t *numbers = record + PYLM__NODE_TOPIC_NUMBERS;
    const uint32_t step = PYLM__TOPIC_STEP, n_each = reading->n / PYLM__N_FADES;
    uint32_t level, i, sum = 0;
    for (level = 0; s->events->readings->is_short && level < PYLM__TOPIC_LEVELS; level++) {
        for (i = 0; i < PYLM__N_FADES; i++)
            sum += pylm__dot_bytes(numbers + i * n_each + level * step, reading->of + i * n_each + level * step, step);
        s->log_odds[level][event] = (int16_t)pylm__topic_log_odds_of(record, sum);
    }
    if (!s->events->readings->is_short)
        s->log_odds[PYLM__TOPIC_LEVELS - 1u][event] = (int16_t)pylm__topic_log_odds(record, reading);
}

/* What the vectors that know nothing of a block say in it. */
static int read_block(void *user, uint32_t block, pylm_task *task)
{
    struct pylm__node_solving *s = user;
    const struct pylm__heldout *heldout = s->heldout;
    const struct pylm__readings *readings = s->events->readings;
    const struct pylm__section *section = readings->sections;
    const uint8_t *records;
    struct pylm__reading reading;
    uint64_t at = pylm__heldout_first(heldout, block), p, event, number;
    uint32_t j;
    (void)task;
    while (section->begin != heldout->begins[block])
        section++;
    records = s->records[section->group == PYLM__TOPIC_FIRST ? PYLM__WITHOUT_FIRST : PYLM__WITHOUT_SECOND];
    reading.n = N_NUMBERS;
    reading.is_short = 0;
    for (p = section->begin, number = section->first; p < section->end; p++, number++, at++) {
        uint32_t leaf = s->events->tree->leaf_of[pylm__symbol(s->events->corpus, p)], node = 0, lo = 0;
        const uint8_t *prefix = pylm__readings_prefix(readings, number);
        const int8_t *row;
        if (!pylm__is_used(heldout, at))
            continue;
        row = readings->rows + pylm__node_events_row(s->events, number) * N_NUMBERS;
        for (j = 0; j < N_NUMBERS; j++)
            reading.of[j] = row[j];
        for (event = heldout->first_event[at]; event < heldout->first_event[at + 1u]; event++) {
            uint32_t mid = s->events->tree->mid[node];
            int side = leaf >= mid;
            read_event(s, event, records + (size_t)pylm__readings_record(prefix, node) * RECORD_NBYTES, &reading);
            node += side ? mid - lo : 1u;
            lo = side ? mid : lo;
        }
    }
    return PYLM_OK;
}

/* ---- all of it ---- */

int pylm__node_solving_begin(struct pylm__node_solving *s, const struct pylm__node_events *events,
                             struct pylm__heldout *heldout, uint32_t n_threads)
{
    uint32_t i;
    memset(s, 0, sizeof *s);
    s->events = events;
    s->heldout = heldout;
    s->n_threads = pylm__n_threads(n_threads, UINT32_MAX);
    for (i = 0; i < PYLM__N_SOLUTIONS; i++) {
        if (i == PYLM__WITHOUT_SECOND && !events->readings->has_second)
            continue;
        s->records[i] = pylm__array_new(events->readings->n_records, RECORD_NBYTES);
        if (!s->records[i])
            return PYLM_ERR_MEMORY;
    }
    for (i = events->readings->is_short ? 0u : PYLM__TOPIC_LEVELS - 1u; i < PYLM__TOPIC_LEVELS; i++) {
        s->log_odds[i] = pylm__array_new(heldout->n_events, sizeof *s->log_odds[i]);
        if (!s->log_odds[i])
            return PYLM_ERR_MEMORY;
    }
    s->solvers = pylm__array_new((uint64_t)s->n_threads, sizeof *s->solvers);
    return s->solvers ? PYLM_OK : PYLM_ERR_MEMORY;
}

int pylm__node_solving_end(struct pylm__node_solving *s, struct pylm__node_vectors *out)
{
    const struct pylm__readings *readings = s->events->readings;
    uint64_t before = readings->prefixes_nbytes, records = (uint64_t)readings->n_records * RECORD_NBYTES;
    PYLM__TRY(pylm__run_jobs(read_block, s, s->heldout->n_blocks, (uint32_t)s->n_threads, NULL));
    pylm__node_vectors_free(out);
    out->part = pylm__array_new(before + records, 1);
    if (!out->part)
        return PYLM_ERR_MEMORY;
    out->nbytes = before + records;
    if (before)
        memcpy(out->part, readings->prefixes, (size_t)before);
    memcpy(out->part + before, s->records[PYLM__OF_ALL], (size_t)records);
    memcpy(s->heldout->topic_levels, s->log_odds, sizeof s->log_odds);
    memset(s->log_odds, 0, sizeof s->log_odds);
    s->heldout->topic_log_odds = s->heldout->topic_levels[PYLM__TOPIC_LEVELS - 1u];
    return PYLM_OK;
}

void pylm__node_solving_free(struct pylm__node_solving *s)
{
    int t;
    uint32_t i;
    for (t = 0; s->solvers && t < s->n_threads; t++)
        pylm__node_solver_free(&s->solvers[t]);
    free(s->solvers);
    for (i = 0; i < PYLM__N_SOLUTIONS; i++)
        free(s->records[i]);
    for (i = 0; i < PYLM__TOPIC_LEVELS; i++)
        free(s->log_odds[i]);
}

void pylm__node_vectors_free(struct pylm__node_vectors *vectors)
{
    free(vectors->part);
    memset(vectors, 0, sizeof *vectors);
}

void pylm__node_vectors_cut(struct pylm__node_vectors *vectors, uint32_t n_nodes, uint32_t n, int is_short)
{
    uint8_t *records = vectors->part, *out = records;
    uint32_t node, i, fade;
    for (node = 0; node < n_nodes; node++, records += RECORD_NBYTES) {
        const uint8_t *numbers = records + PYLM__NODE_TOPIC_NUMBERS;
        memmove(out, records, PYLM__NODE_TOPIC_NUMBERS);
        out += PYLM__NODE_TOPIC_NUMBERS;
        for (i = 0; is_short && i < n; i++)
            *out++ = pylm__topic_pair(numbers[i], numbers[N_NUMBERS / 2u + i]);
        for (fade = 0; !is_short && fade < PYLM__N_FADES; fade++, out += n)
            memmove(out, numbers + fade * PYLM__MAX_TOPIC, n);
    }
    vectors->nbytes = (uint64_t)(out - vectors->part);
}
