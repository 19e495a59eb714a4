/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * node_vectors.c: see node_vectors.h.
 *
 * Each node is a problem of its own: the readings before the symbols whose path goes through it, and the side that each
 * took. It is solved twice: without the held-out text, to see how well it does there, and with it, for the image.
 */
#include "node_vectors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "node_solver.h"

#define MAX_EVENTS 16384u /* of a node; of more, a part is used, evenly spread */
#define RIGHT (UINT32_C(1) << 31)
#define NODES_A_JOB 64u
#define N_NUMBERS PYLM__MAX_READING
#define RECORD_NBYTES (N_NUMBERS + PYLM__NODE_TOPIC_NUMBERS)

struct events {
    uint64_t *starts;  /* by node; one more at the end */
    uint32_t *n[2][2]; /* by whether held out, and by side: how many there are, by node */
    uint32_t *n_train; /* by node: how many are listed that are not held out; they come first */
    uint32_t *every;   /* by node: of how many events one is listed */
    uint32_t *rows;    /* listed: a row of the readings, and RIGHT */
};

struct solving {
    const struct pylm__readings *readings;
    const struct pylm__corpus *corpus;
    const struct pylm__heldout *heldout;
    const struct pylm__symbol_tree *tree;
    struct events events;
    uint8_t *records[2]; /* without the held-out text, and with it */
    int16_t *log_odds;
    struct pylm__node_solver *solvers; /* by thread */
    int n_threads;
};

/* ---- events ---- */

typedef void visit(struct events *e, uint32_t node, int heldout, int side, uint32_t row);

static void count(struct events *e, uint32_t node, int heldout, int side, uint32_t row)
{
    (void)row;
    e->n[heldout][side][node]++;
}

static void list(struct events *e, uint32_t node, int heldout, int side, uint32_t row)
{
    (void)heldout;
    if (e->every[node]-- == 1u) {
        e->rows[e->starts[node]++] = row | (side ? RIGHT : 0u);
        e->every[node] = (e->n[0][0][node] + e->n[0][1][node] + e->n[1][0][node] + e->n[1][1][node]) / MAX_EVENTS + 1u;
    }
}

/* Visits all events along the text: first those that are not held out. */
static void visit_events(struct solving *s, int heldout, visit *visit)
{
    const struct pylm__readings *readings = s->readings;
    const struct pylm__symbol_tree *tree = s->tree;
    uint32_t part;
    for (part = 0; part < PYLM__TOPIC_PARTS; part++) {
        uint64_t p = readings->begins[part], row = readings->first_row[part];
        if (readings->is_heldout[part] != heldout)
            continue;
        for (; p < readings->ends[part]; p++, row++) {
            uint32_t leaf = tree->leaf_of[pylm__symbol(s->corpus, p)], node = 0, lo = 0, hi = tree->n_symbols;
            while (hi - lo > 1u) {
                uint32_t mid = tree->mid[node];
                int side = leaf >= mid;
                visit(&s->events, node, heldout, side, (uint32_t)row);
                node += side ? mid - lo : 1u;
                *(side ? &lo : &hi) = mid;
            }
        }
    }
}

/* Lists the events of all nodes. */
static int list_events(struct solving *s)
{
    struct events *e = &s->events;
    uint32_t node, n_nodes = s->tree->n_symbols - 1u, i;
    uint64_t at = 0;
    for (i = 0; i < 4u; i++) {
        e->n[i / 2u][i % 2u] = pylm__array_new(n_nodes, sizeof *e->n[0][0]);
        if (!e->n[i / 2u][i % 2u])
            return PYLM_ERR_MEMORY;
    }
    e->starts = pylm__array_new((uint64_t)n_nodes + 1u, sizeof *e->starts);
    e->n_train = pylm__array_new(n_nodes, sizeof *e->n_train);
    e->every = pylm__array_new(n_nodes, sizeof *e->every);
    if (!e->starts || !e->n_train || !e->every)
        return PYLM_ERR_MEMORY;
    visit_events(s, 0, count);
    visit_events(s, 1, count);
    for (node = 0; node < n_nodes; node++) {
        uint32_t n = e->n[0][0][node] + e->n[0][1][node] + e->n[1][0][node] + e->n[1][1][node];
        e->starts[node] = at;
        e->every[node] = 1;
        at += (n + n / MAX_EVENTS) / (n / MAX_EVENTS + 1u);
    }
    e->rows = pylm__array_new(at, sizeof *e->rows);
    if (!e->rows)
        return PYLM_ERR_MEMORY;
    visit_events(s, 0, list);
    for (node = 0, at = 0; node < n_nodes; node++) { /* starts[node] has become where the list of the node ends */
        uint32_t n = e->n[0][0][node] + e->n[0][1][node] + e->n[1][0][node] + e->n[1][1][node];
        e->n_train[node] = (uint32_t)(e->starts[node] - at);
        at += (n + n / MAX_EVENTS) / (n / MAX_EVENTS + 1u);
    }
    visit_events(s, 1, list);
    for (node = n_nodes; node; node--)
        e->starts[node] = e->starts[node - 1u];
    e->starts[0] = 0;
    return PYLM_OK;
}

static void free_events(struct events *e)
{
    uint32_t i;
    for (i = 0; i < 4u; i++)
        free(e->n[i / 2u][i % 2u]);
    free(e->starts);
    free(e->n_train);
    free(e->every);
    free(e->rows);
}

/* ---- nodes ---- */

/* Writes a node's record. */
static void write_record(const struct pylm__node_solver *solver, uint8_t *record)
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
    pylm__store16(record + PYLM__NODE_TOPIC_OFFSET, (uint32_t)(int32_t)offset & 0xffffu);
    record[PYLM__NODE_TOPIC_SHIFT] = (uint8_t)shift;
    for (j = 0; j < N_NUMBERS; j++) {
        double x = floor(scaled[j] * (double)(1u << shift) + 0.5);
        record[PYLM__NODE_TOPIC_NUMBERS + j] = (uint8_t)(int8_t)(x > 127.0 ? 127.0 : x < -127.0 ? -127.0 : x);
    }
}

/* The log-odds of a node, whatever the text is about. */
static float offset_of(double left, double right)
{
    return (float)log((right + 0.5) / (left + 0.5));
}

static int solve_node(const struct solving *s, uint32_t node, struct pylm__node_solver *solver)
{
    const struct events *e = &s->events;
    const uint32_t *list = e->rows + e->starts[node];
    uint32_t n = (uint32_t)(e->starts[node + 1u] - e->starts[node]), i;
    double left = e->n[0][0][node], right = e->n[0][1][node];
    PYLM__TRY(pylm__node_solver_reserve(solver, n));
    solver->kernel = pylm__rows_kernel();
    solver->kernel->load(s->readings->rows, list, n, solver->rows);
    for (i = 0; i < n; i++)
        solver->side[i] = list[i] & RIGHT ? 1.0f : 0.0f;
    memset(solver->vector, 0, sizeof solver->vector);
    solver->n = e->n_train[node];
    solver->offset = offset_of(left, right);
    if (solver->n)
        pylm__node_solve(solver);
    write_record(solver, s->records[0] + (size_t)node * RECORD_NBYTES);
    solver->n = n;
    solver->offset = offset_of(left + e->n[1][0][node], right + e->n[1][1][node]);
    if (n > e->n_train[node])
        pylm__node_solve(solver);
    write_record(solver, s->records[1] + (size_t)node * RECORD_NBYTES);
    return PYLM_OK;
}

static int solve_nodes(void *user, uint32_t job, pylm_task *task)
{
    struct solving *s = user;
    uint32_t node = job * NODES_A_JOB, end = node + NODES_A_JOB, n_nodes = s->tree->n_symbols - 1u;
    for (end = end < n_nodes ? end : n_nodes; node < end; node++) {
        if (pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        PYLM__TRY(solve_node(s, node, &s->solvers[pylm__thread()]));
    }
    return PYLM_OK;
}

/* ---- held-out text ---- */

/* What the vectors that know nothing of a block say in it. */
static int read_block(void *user, uint32_t block, pylm_task *task)
{
    struct solving *s = user;
    const struct pylm__heldout *heldout = s->heldout;
    struct pylm__reading reading;
    uint64_t at = 0, p, event;
    uint32_t b, part, j;
    (void)task;
    for (b = 0; b < block; b++)
        at += heldout->ends[b] - heldout->begins[b];
    for (part = 0; s->readings->begins[part] != heldout->begins[block]; part++)
        ;
    reading.n = N_NUMBERS;
    for (p = heldout->begins[block]; p < heldout->ends[block]; p++, at++) {
        const int8_t *row =
            s->readings->rows + (size_t)(s->readings->first_row[part] + p - heldout->begins[block]) * N_NUMBERS;
        uint32_t leaf = s->tree->leaf_of[pylm__symbol(s->corpus, p)], node = 0, lo = 0, hi = s->tree->n_symbols;
        for (j = 0; j < N_NUMBERS; j++)
            reading.of[j] = row[j];
        for (event = heldout->first_event[at]; hi - lo > 1u; event++) {
            uint32_t mid = s->tree->mid[node];
            int side = leaf >= mid;
            s->log_odds[event] = (int16_t)pylm__topic_log_odds(s->records[0] + (size_t)node * RECORD_NBYTES, &reading);
            node += side ? mid - lo : 1u;
            *(side ? &lo : &hi) = mid;
        }
    }
    return PYLM_OK;
}

/* ---- all of it ---- */

static int find_all(struct solving *s, uint32_t n_threads, pylm_task *task)
{
    uint64_t n_nodes = s->tree->n_symbols - 1u;
    int i;
    for (i = 0; i < 2; i++) {
        s->records[i] = pylm__array_new(n_nodes, RECORD_NBYTES);
        if (!s->records[i])
            return PYLM_ERR_MEMORY;
    }
    s->log_odds = pylm__array_new(s->heldout->n_events, sizeof *s->log_odds);
    s->solvers = pylm__array_new((uint64_t)s->n_threads, sizeof *s->solvers);
    if (!s->log_odds || !s->solvers)
        return PYLM_ERR_MEMORY;
    PYLM__TRY(list_events(s));
    PYLM__TRY(pylm__run_jobs(solve_nodes, s, (uint32_t)((n_nodes + NODES_A_JOB - 1u) / NODES_A_JOB), n_threads, task));
    return pylm__run_jobs(read_block, s, s->heldout->n_blocks, n_threads, NULL);
}

int pylm__node_vectors_find(uint8_t **records, const struct pylm__readings *readings, const struct pylm__corpus *corpus,
                            struct pylm__heldout *heldout, const struct pylm__symbol_tree *tree, uint32_t n_threads,
                            pylm_task *task)
{
    struct solving s;
    int status, t;
    memset(&s, 0, sizeof s);
    s.readings = readings;
    s.corpus = corpus;
    s.heldout = heldout;
    s.tree = tree;
    s.n_threads = pylm__n_threads(n_threads, UINT32_MAX);
    status = find_all(&s, n_threads, task);
    for (t = 0; s.solvers && t < s.n_threads; t++)
        pylm__node_solver_free(&s.solvers[t]);
    free(s.solvers);
    free(s.records[0]);
    free_events(&s.events);
    if (status != PYLM_OK) {
        free(s.records[1]);
        free(s.log_odds);
        return status;
    }
    *records = s.records[1];
    heldout->topic_log_odds = s.log_odds;
    return PYLM_OK;
}
