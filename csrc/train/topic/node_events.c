/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * node_events.c: see node_events.h. Sections of the text are counted side by side. From these counts it is known where
 * in the list of a node the events of a section begin, so sections are also listed side by side. Frequent symbols have
 * readings that no node on their paths lists: those get no rows, unless positions share rows.
 */
#include "node_events.h"

#include <stdlib.h>
#include <string.h>

#define MAX_EVENTS 16384u /* of a node, about; of more, a part is listed */
#define RECORDS_A_JOB 4096u
#define EVENTS_A_JOB 262144u
#define UNWANTED UINT32_MAX

/* A walk through the text. */
struct listing {
    struct pylm__node_events *events;
    const pylm_task *task;
    uint32_t first, end;                  /* records that are listed */
    uint32_t order[PYLM__TOPIC_SECTIONS]; /* of the sections, as lists have them: group by group */
};

typedef void visit(struct listing *l, uint32_t section, uint32_t record, int side, uint32_t row);

static void count(struct listing *l, uint32_t section, uint32_t record, int side, uint32_t row)
{
    struct pylm__event_section *p = &l->events->sections[section];
    (void)row;
    (side ? p->left : p->next)[record]++;
}

static void list(struct listing *l, uint32_t section, uint32_t record, int side, uint32_t row)
{
    struct pylm__node_events *e = l->events;
    struct pylm__event_section *p = &e->sections[section];
    if (record < l->first || record >= l->end || p->left[record]--)
        return;
    if (e->numbers)
        e->numbers[row] = 0;
    e->rows[e->starts[record] - e->starts[e->first] + p->next[record]++] = row | (side ? PYLM__EVENT_RIGHT : 0u);
    p->left[record] = e->every[record] - 1u;
}

/* Visits all events of a section, in the order of the text. */
static inline int visit_section(struct listing *l, uint32_t number, visit *see)
{
    const struct pylm__readings *readings = l->events->readings;
    const struct pylm__section *section = &readings->sections[number];
    const struct pylm__symbol_tree *tree = l->events->tree;
    uint64_t p = section->begin, at = section->first;
    if (pylm__task_cancelled(l->task))
        return PYLM_ERR_CANCELLED;
    for (; p < section->last; pylm__corpus_passed(l->events->corpus, p++), at++) {
        uint32_t leaf = tree->leaf_of[pylm__symbol(l->events->corpus, p)], node = 0, lo = 0, hi = tree->n_symbols;
        uint32_t row = readings->row_of ? readings->row_of[at] : (uint32_t)at;
        const uint8_t *prefix = pylm__readings_prefix(readings, at);
        while (hi - lo > 1u) {
            uint32_t mid = tree->mid[node];
            int side = leaf >= mid;
            see(l, number, pylm__readings_record(prefix, node), side, row);
            node += side ? mid - lo : 1u;
            *(side ? &lo : &hi) = mid;
        }
    }
    return PYLM_OK;
}

/* What is held out has rows where it has events. */
static void want_used(struct pylm__node_events *events, const struct pylm__section *block)
{
    const struct pylm__heldout *heldout = events->heldout;
    uint64_t first, i, n = block->last - block->begin;
    uint32_t b;
    for (b = 0; heldout->begins[b] != block->begin; b++)
        continue;
    first = pylm__heldout_first(heldout, b);
    for (i = 0; i < n; i++)
        if (pylm__is_used(heldout, first + i))
            events->numbers[block->first + i] = 0;
}

/* Jobs. They do not get the task, which would count them as steps of progress. */
static int count_section(void *user, uint32_t section, pylm_task *task)
{
    (void)task;
    return visit_section(user, section, count);
}

static int list_section(void *user, uint32_t number, pylm_task *task)
{
    struct listing *l = user;
    const struct pylm__readings *r = l->events->readings;
    const struct pylm__section *section = &r->sections[number];
    uint32_t *numbers = l->events->numbers;
    (void)task;
    if (numbers)
        memset(numbers + section->first, 0xff, (size_t)(section->last - section->begin) * sizeof *numbers);
    if (numbers && section->group != PYLM__TOPIC_COMMON && l->end == r->n_records)
        want_used(l->events, section);
    return visit_section(l, number, list);
}

/* A job: the rows of some lists become those that are wanted. */
static int renumber(void *user, uint32_t job, pylm_task *task)
{
    struct listing *l = user;
    struct pylm__node_events *e = l->events;
    uint64_t i = (uint64_t)job * EVENTS_A_JOB, n = e->starts[l->end] - e->starts[l->first],
             end = n - i < EVENTS_A_JOB ? n : i + EVENTS_A_JOB;
    (void)task;
    for (; i < end; i++)
        e->rows[i] = e->numbers[e->rows[i] & ~PYLM__EVENT_RIGHT] | (e->rows[i] & PYLM__EVENT_RIGHT);
    return PYLM_OK;
}

/* A job: adds up the counts of some records, and finds where each section begins in their lists. Of a record's events,
 * the first is listed, and then one of `every`. */
static int add_up(void *user, uint32_t job, pylm_task *task)
{
    struct listing *l = user;
    struct pylm__node_events *e = l->events;
    uint32_t record = job * RECORDS_A_JOB, end = record + RECORDS_A_JOB, n_records = e->readings->n_records, i;
    (void)task;
    for (end = end < n_records ? end : n_records; record < end; record++) {
        uint32_t n = 0, every;
        for (i = 0; i < e->readings->n_sections; i++)
            n += e->sections[i].next[record] + e->sections[i].left[record];
        every = e->every[record] = n / MAX_EVENTS + 1u;
        for (n = 0, i = 0; i < e->readings->n_sections; i++) {
            struct pylm__event_section *p = &e->sections[l->order[i]];
            uint32_t group = e->readings->sections[l->order[i]].group, here = p->next[record] + p->left[record];
            e->n[group][0][record] += p->next[record];
            e->n[group][1][record] += p->left[record];
            p->next[record] = (n + every - 1u) / every;
            p->left[record] = p->next[record] * every - n;
            n += here;
            e->ends[group][record] = (n + every - 1u) / every;
        }
    }
    return PYLM_OK;
}

static int allocate(struct pylm__node_events *e, uint32_t n_records)
{
    uint32_t group, side, i;
    e->starts = pylm__array_new((uint64_t)n_records + 1u, sizeof *e->starts);
    e->every = pylm__array_new(n_records, sizeof *e->every);
    for (group = 0; group < PYLM__TOPIC_GROUPS; group++) {
        e->ends[group] = pylm__array_new(n_records, sizeof *e->ends[group]);
        for (side = 0; side < 2u; side++) {
            e->n[group][side] = pylm__array_new(n_records, sizeof *e->n[group][side]);
            if (!e->n[group][side] || !e->ends[group])
                return PYLM_ERR_MEMORY;
        }
    }
    for (i = 0; i < e->readings->n_sections; i++) {
        e->sections[i].next = pylm__array_new(n_records, sizeof *e->sections[i].next);
        e->sections[i].left = pylm__array_new(n_records, sizeof *e->sections[i].left);
        if (!e->sections[i].next || !e->sections[i].left)
            return PYLM_ERR_MEMORY;
    }
    if (!e->readings->row_of) {
        e->numbers = pylm__array_new(e->readings->n_positions, sizeof *e->numbers);
        e->readings->wanted = pylm__array_new(e->readings->n_positions / 64u + 1u, sizeof *e->readings->wanted);
        if (!e->numbers || !e->readings->wanted)
            return PYLM_ERR_MEMORY;
    }
    return e->starts && e->every ? PYLM_OK : PYLM_ERR_MEMORY;
}

static void order_sections(struct listing *l)
{
    const struct pylm__readings *r = l->events->readings;
    uint32_t group, i, n = 0;
    for (group = 0; group < PYLM__TOPIC_GROUPS; group++)
        for (i = 0; i < r->n_sections; i++)
            if (r->sections[i].group == group)
                l->order[n++] = i;
}

/* Numbers the readings that are wanted. */
static void choose_rows(struct pylm__node_events *e)
{
    struct pylm__readings *r = e->readings;
    uint64_t row = 0, bit;
    uint32_t i;
    memset(r->wanted, 0, (size_t)(r->n_positions / 64u + 1u) * sizeof *r->wanted);
    for (i = 0; i < r->n_sections; i++) {
        struct pylm__section *section = &r->sections[i];
        uint64_t end = section->first + (section->last - section->begin);
        section->first_row = row;
        for (bit = section->first; bit < end; bit++) {
            if (e->numbers[bit] == UNWANTED)
                continue;
            r->wanted[bit / 64u] |= UINT64_C(1) << bit % 64u;
            e->numbers[bit] = (uint32_t)row++;
        }
    }
    r->n_rows = row;
}

static int count_all(struct listing *l, uint32_t n_threads)
{
    struct pylm__node_events *e = l->events;
    uint32_t record, group, n_records = e->readings->n_records;
    PYLM__TRY(allocate(e, n_records));
    order_sections(l);
    PYLM__TRY(pylm__run_jobs(count_section, l, e->readings->n_sections, n_threads, NULL));
    PYLM__TRY(pylm__run_jobs(add_up, l, (n_records + RECORDS_A_JOB - 1u) / RECORDS_A_JOB, n_threads, NULL));
    for (record = 0; record < n_records; record++) {
        for (group = 1; group < PYLM__TOPIC_GROUPS; group++) /* one may have no section */
            if (e->ends[group][record] < e->ends[group - 1u][record])
                e->ends[group][record] = e->ends[group - 1u][record];
        e->starts[record + 1u] = e->starts[record] + e->ends[PYLM__TOPIC_GROUPS - 1u][record];
    }
    return PYLM_OK;
}

int pylm__node_events_count(struct pylm__node_events *events, struct pylm__readings *readings,
                            const struct pylm__topic_text *text, uint32_t n_threads, const pylm_task *task)
{
    struct listing l = {events, task, 0, 0, {0}};
    memset(events, 0, sizeof *events);
    events->readings = readings;
    events->corpus = text->corpus;
    events->heldout = text->heldout;
    events->tree = text->tree;
    return count_all(&l, n_threads);
}

int pylm__node_events_list(struct pylm__node_events *events, uint32_t first, uint32_t end, uint32_t n_threads,
                           const pylm_task *task)
{
    struct listing l = {events, task, first, end, {0}};
    uint64_t n = events->starts[end] - events->starts[first];
    free(events->rows);
    events->first = first;
    events->rows = pylm__array_new(n, sizeof *events->rows);
    if (!events->rows)
        return PYLM_ERR_MEMORY;
    PYLM__TRY(pylm__run_jobs(list_section, &l, events->readings->n_sections, n_threads, NULL));
    if (!events->numbers) /* positions share rows, so all of these are wanted */
        return PYLM_OK;
    choose_rows(events);
    return pylm__run_jobs(renumber, &l, (uint32_t)((n + EVENTS_A_JOB - 1u) / EVENTS_A_JOB), n_threads, NULL);
}

void pylm__node_events_free(struct pylm__node_events *events)
{
    uint32_t group, i;
    for (group = 0; group < PYLM__TOPIC_GROUPS; group++) {
        free(events->ends[group]);
        free(events->n[group][0]);
        free(events->n[group][1]);
    }
    for (i = 0; i < PYLM__TOPIC_SECTIONS; i++) {
        free(events->sections[i].next);
        free(events->sections[i].left);
    }
    free(events->starts);
    free(events->rows);
    free(events->every);
    free(events->numbers);
}
