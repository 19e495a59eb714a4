/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * runs.c: see runs.h.
 *
 * A number in a run begins with a byte: the lowest three bits say how many bytes follow (7 stands for 8), the next one
 * is a flag, the upper four are the lowest bits of the number. A key is the difference to the key before it; its flag
 * says that its number of occurrences less 2 follows. Else it occurs once.
 *
 * Runs are merged by a tournament: each inner node of a binary tree has the loser of the match between the winners of
 * its two sides. When the winner moves on, only the matches on its way up are played again.
 */
#include "runs.h"

#include <stdlib.h>
#include <string.h>

#include "core/bits.h"

#define MAX_NUMBER_NBYTES 9u
#define MAX_ENTRY_NBYTES (2u * MAX_NUMBER_NBYTES)
#define READ_MARGIN 8u /* bytes that may be read behind a number */
#define ENDED UINT64_MAX

void pylm__runs_init(struct pylm__runs *runs, struct pylm__spill *file)
{
    memset(runs, 0, sizeof *runs);
    runs->file = file;
}

void pylm__runs_free(struct pylm__runs *runs)
{
    uint32_t i;
    for (i = 0; i < runs->n; i++)
        pylm__buffer_free(&runs->runs[i]);
    free(runs->runs);
    memset(runs, 0, sizeof *runs);
}

/* Returns how many bytes it takes. More may be written. */
static unsigned put_number(uint8_t *to, uint64_t x, unsigned flag)
{
    uint64_t rest = x >> 4;
    unsigned n = (pylm__width64(rest) + 7u) / 8u;
    n = n == 7u ? 8u : n;
    to[0] = (uint8_t)((n == 8u ? 7u : n) | flag << 3 | (unsigned)(x & 15u) << 4);
    pylm__store64(to + 1, rest);
    return n + 1u;
}

/* Returns how many bytes it took; 8 bytes more can be read. */
static unsigned take_number(const uint8_t *from, uint64_t *x, unsigned *flag)
{
    unsigned first = from[0], n = first & 7u;
    uint64_t rest = pylm__load64(from + 1);
    n = n == 7u ? 8u : n;
    rest &= n == 8u ? UINT64_MAX : ((uint64_t)1 << 8u * n) - 1u;
    *flag = first >> 3 & 1u;
    *x = rest << 4 | first >> 4;
    return n + 1u;
}

static struct pylm__buffer *new_run(struct pylm__runs *runs)
{
    if (runs->n == runs->capacity) {
        uint32_t capacity = 2u * runs->capacity + 16u;
        struct pylm__buffer *grown = pylm__array_grow(runs->runs, capacity, sizeof *grown);
        if (!grown)
            return NULL;
        runs->runs = grown;
        runs->capacity = capacity;
    }
    memset(&runs->runs[runs->n], 0, sizeof *runs->runs);
    pylm__buffer_spill(&runs->runs[runs->n], runs->file);
    return &runs->runs[runs->n++];
}

int pylm__runs_add(struct pylm__runs *runs, const uint64_t *keys, uint64_t n, const pylm_task *task)
{
    uint8_t entries[4096];
    uint64_t i, j, last = 0, repeats;
    uint32_t used = 0;
    struct pylm__buffer *run;
    if (runs->n == PYLM__MAX_RUNS_MERGED)
        return PYLM_ERR_LARGE;
    run = new_run(runs);
    if (!run)
        return PYLM_ERR_MEMORY;
    for (i = 0; i < n; i = j) {
        for (j = i + 1u; j < n && keys[j] == keys[i]; j++)
            continue;
        repeats = j - i - 1u;
        used += put_number(entries + used, keys[i] - last, repeats > 0);
        if (repeats)
            used += put_number(entries + used, repeats - 1u, 0);
        last = keys[i];
        if (used + MAX_ENTRY_NBYTES > sizeof entries || j == n) {
            pylm__buffer_bytes(run, entries, used);
            used = 0;
            if (pylm__task_cancelled(task))
                return PYLM_ERR_CANCELLED;
        }
    }
    pylm__buffer_drain(run);
    pylm__buffer_trim(run);
    return run->status;
}

/* A run that is merged, and its key that comes next. */
struct source {
    struct pylm__reader reader;
    uint64_t count;
};

struct pylm__merge {
    uint32_t n; /* sources: a power of two; those behind the last run have ended */
    uint32_t n_runs;
    int status;
    struct source *sources;
    uint64_t *keys;   /* by source */
    uint32_t *losers; /* by inner node: the source that lost there; [0] is the winner of all */
};

/* Goes on to the next key of a source. */
static void advance(struct pylm__merge *m, uint32_t number)
{
    struct source *source = &m->sources[number];
    uint8_t last[MAX_ENTRY_NBYTES + READ_MARGIN];
    const uint8_t *at;
    uint64_t n = pylm__reader_need(&source->reader, sizeof last), difference, repeats;
    unsigned has_more, used, flag;
    if (!n) {
        m->keys[number] = ENDED;
        source->count = 0;
        if (source->reader.status != PYLM_OK)
            m->status = source->reader.status;
        return;
    }
    at = source->reader.data;
    if (n < sizeof last) { /* the end of the run: what lies behind must not be read */
        memset(last, 0, sizeof last);
        memcpy(last, at, (size_t)n);
        at = last;
    }
    used = take_number(at, &difference, &has_more);
    m->keys[number] += difference;
    source->count = 1;
    if (has_more) {
        used += take_number(at + used, &repeats, &flag);
        source->count = repeats + 2u;
    }
    pylm__reader_skip(&source->reader, used);
}

/* Whether source a comes before b. Those that have ended come last; no key is ENDED. */
static int is_before(const struct pylm__merge *m, uint32_t a, uint32_t b)
{
    return m->keys[a] <= m->keys[b];
}

/* Plays all matches below a node. Returns the winner. */
static uint32_t play(struct pylm__merge *m, uint32_t node)
{
    uint32_t left, right;
    if (node >= m->n)
        return node - m->n;
    left = play(m, 2u * node);
    right = play(m, 2u * node + 1u);
    m->losers[node] = is_before(m, left, right) ? right : left;
    return is_before(m, left, right) ? left : right;
}

struct pylm__merge *pylm__merge_new(const struct pylm__runs *runs)
{
    struct pylm__merge *m = pylm__array_new(1, sizeof *m);
    uint32_t i;
    if (!m)
        return NULL;
    for (m->n = 1; m->n < runs->n;)
        m->n *= 2u;
    m->sources = pylm__array_new(m->n, sizeof *m->sources);
    m->keys = pylm__array_new(m->n, sizeof *m->keys);
    m->losers = pylm__array_new(m->n, sizeof *m->losers);
    if (!m->sources || !m->keys || !m->losers) {
        pylm__merge_free(m);
        return NULL;
    }
    for (i = 0; i < m->n; i++) {
        if (i >= runs->n) {
            m->keys[i] = ENDED;
            continue;
        }
        m->n_runs = i + 1u;
        if (pylm__reader_begin(&m->sources[i].reader, &runs->runs[i], PYLM__RUN_BLOCK_NBYTES) != PYLM_OK) {
            pylm__merge_free(m);
            return NULL;
        }
        advance(m, i);
    }
    m->losers[0] = play(m, 1);
    return m;
}

void pylm__merge_free(struct pylm__merge *m)
{
    uint32_t i;
    if (!m)
        return;
    for (i = 0; i < m->n_runs; i++)
        (void)pylm__reader_end(&m->sources[i].reader, PYLM_OK);
    free(m->sources);
    free(m->keys);
    free(m->losers);
    free(m);
}

/* The winner moves on, and plays its matches again. */
static void replay(struct pylm__merge *m)
{
    uint32_t winner = m->losers[0], node;
    advance(m, winner);
    for (node = (winner + m->n) / 2u; node; node /= 2u) {
        uint32_t other = m->losers[node], wins = (uint32_t)is_before(m, winner, other);
        m->losers[node] = wins ? other : winner;
        winner = wins ? winner : other;
    }
    m->losers[0] = winner;
}

int pylm__merge_next(struct pylm__merge *m, uint64_t *key, uint64_t *count)
{
    *key = m->keys[m->losers[0]];
    if (m->status != PYLM_OK || *key == ENDED)
        return 0;
    for (*count = 0; m->keys[m->losers[0]] == *key; replay(m))
        *count += m->sources[m->losers[0]].count;
    return m->status == PYLM_OK;
}

int pylm__merge_status(const struct pylm__merge *m)
{
    return m->status;
}
