/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * suffixes.c: a suffix array by induced sorting (SA-IS; Nong, Zhang and Chan, 2009).
 *
 * A suffix is *rising* if it is smaller than the one that begins a symbol later, else it is *falling*. A rising one
 * behind a falling one is a *valley*; at most every second suffix is. Once the valleys are in order, all others
 * follow in two passes: falling suffixes from left to right, then rising ones from right to left, each put down when
 * the suffix behind it is met. The same two passes put the stretches from valley to valley into order. Numbers for
 * these make a text that is half as long, whose suffixes are the valleys.
 */
#include "suffixes.h"

#include <stdlib.h>
#include <string.h>

#include "core/bits.h"

#define NOTHING UINT32_MAX
#define LOOK 65536u  /* symbols between two looks at the task */
#define AHEAD 24u    /* entries between what is read and what is fetched */

struct sorting {
    const uint32_t *text;
    uint32_t n, n_symbols;
    uint32_t *suffixes;
    uint8_t *rising;    /* a bit a suffix */
    uint32_t *ends;     /* where the suffixes that begin with a symbol end in the array */
    uint32_t *places;   /* where the next of them comes */
    const pylm_task *task;
};

static int is_rising(const struct sorting *s, uint32_t i)
{
    return s->rising[i >> 3] >> (i & 7u) & 1;
}

static int is_valley(const struct sorting *s, uint32_t i)
{
    return i && is_rising(s, i) && !is_rising(s, i - 1u);
}

static int cancelled(const struct sorting *s, uint32_t i)
{
    return i % LOOK == 0 && pylm__task_cancelled(s->task);
}

static int classify(struct sorting *s)
{
    uint32_t i, sum = 0, rising = 0; /* the end of the text is smaller than all symbols */
    for (i = s->n; i-- > 0;) {
        uint32_t symbol = s->text[i];
        s->ends[symbol]++;
        if (i + 1u < s->n && symbol != s->text[i + 1u])
            rising = symbol < s->text[i + 1u];
        s->rising[i >> 3] = (uint8_t)(s->rising[i >> 3] | rising << (i & 7u));
        if (cancelled(s, i))
            return PYLM_ERR_CANCELLED;
    }
    for (i = 0; i < s->n_symbols; i++)
        s->ends[i] = sum += s->ends[i];
    return PYLM_OK;
}

static void place_at_begins(struct sorting *s)
{
    s->places[0] = 0;
    memcpy(s->places + 1, s->ends, (size_t)(s->n_symbols - 1u) * sizeof *s->ends);
}

static void place_at_ends(struct sorting *s)
{
    memcpy(s->places, s->ends, (size_t)s->n_symbols * sizeof *s->ends);
}

/* Fetches what the entry a few places further on will read. */
static void fetch(const struct sorting *s, uint32_t i)
{
    uint32_t next = s->suffixes[i];
    if (next != NOTHING && next)
        PYLM__PREFETCH(s->text + next - 1u);
}

/* The valleys stand at the ends of their symbols' parts; all other suffixes follow from them. */
static int induce(struct sorting *s)
{
    uint32_t *suffixes = s->suffixes, n = s->n, i, before;
    place_at_begins(s);
    suffixes[s->places[s->text[n - 1u]]++] = n - 1u; /* falls to the end of the text */
    for (i = 0; i < n; i++) {
        if (i + AHEAD < n)
            fetch(s, i + AHEAD);
        before = suffixes[i] == NOTHING || !suffixes[i] ? NOTHING : suffixes[i] - 1u;
        if (before != NOTHING && !is_rising(s, before))
            suffixes[s->places[s->text[before]]++] = before;
        if (cancelled(s, i))
            return PYLM_ERR_CANCELLED;
    }
    place_at_ends(s);
    for (i = n; i-- > 0;) {
        if (i >= AHEAD)
            fetch(s, i - AHEAD);
        before = suffixes[i] == NOTHING || !suffixes[i] ? NOTHING : suffixes[i] - 1u;
        if (before != NOTHING && is_rising(s, before))
            suffixes[--s->places[s->text[before]]] = before;
        if (cancelled(s, i))
            return PYLM_ERR_CANCELLED;
    }
    return PYLM_OK;
}

/* Sorts the stretches that begin at valleys; suffixes[0, *n_valleys) become these, least first. */
static int sort_stretches(struct sorting *s, uint32_t *n_valleys)
{
    uint32_t i, m = 0;
    memset(s->suffixes, 0xff, (size_t)s->n * sizeof *s->suffixes);
    place_at_ends(s);
    for (i = s->n; i-- > 1u;)
        if (is_valley(s, i))
            s->suffixes[--s->places[s->text[i]]] = i;
    PYLM__TRY(induce(s));
    for (i = 0; i < s->n; i++)
        if (is_valley(s, s->suffixes[i]))
            s->suffixes[m++] = s->suffixes[i];
    *n_valleys = m;
    return PYLM_OK;
}

/* Whether the stretches from two valleys to the next, which included, have the same symbols. */
static int same_stretch(const struct sorting *s, uint32_t a, uint32_t b)
{
    uint32_t i;
    for (i = 0; a + i < s->n && b + i < s->n; i++) {
        int end = i && (is_valley(s, a + i) || is_valley(s, b + i));
        if (s->text[a + i] != s->text[b + i] || is_rising(s, a + i) != is_rising(s, b + i))
            return 0;
        if (end)
            return is_valley(s, a + i) && is_valley(s, b + i);
    }
    return 0; /* the end of the text is there once */
}

/* Numbers the m stretches in suffixes[0, m), equal ones alike, and puts the numbers in the order of the text into
 * suffixes[n - m, n). Returns how many there are. */
static uint32_t number_stretches(struct sorting *s, uint32_t m)
{
    uint32_t *numbers = s->suffixes + m, i, to, number = 0; /* valleys are two apart: n - m are enough */
    memset(numbers, 0xff, (size_t)(s->n - m) * sizeof *numbers);
    for (i = 0; i < m; i++) {
        if (i && !same_stretch(s, s->suffixes[i - 1u], s->suffixes[i]))
            number++;
        numbers[s->suffixes[i] / 2u] = number;
    }
    for (i = to = s->n - m; i-- > 0;)
        if (numbers[i] != NOTHING)
            numbers[--to] = numbers[i];
    return m ? number + 1u : 0u;
}

/* Puts the m valleys, of which suffixes[n - m, n) are the numbers, into order. */
static int sort_valleys(struct sorting *s, uint32_t m, uint32_t n_numbers)
{
    uint32_t *numbers = s->suffixes + (s->n - m), i, to = m;
    if (n_numbers == m)
        for (i = 0; i < m; i++)
            s->suffixes[numbers[i]] = i;
    else
        PYLM__TRY(pylm__suffixes(numbers, m, n_numbers, s->suffixes, s->task));
    for (i = s->n; i-- > 1u;) /* the numbers are not needed any more: where the valleys are takes their place */
        if (is_valley(s, i))
            numbers[--to] = i;
    for (i = 0; i < m; i++)
        s->suffixes[i] = numbers[s->suffixes[i]];
    return PYLM_OK;
}

static int sort_all(struct sorting *s)
{
    uint32_t m, i, n_numbers;
    PYLM__TRY(classify(s));
    PYLM__TRY(sort_stretches(s, &m));
    n_numbers = number_stretches(s, m);
    PYLM__TRY(sort_valleys(s, m, n_numbers));
    memset(s->suffixes + m, 0xff, (size_t)(s->n - m) * sizeof *s->suffixes);
    place_at_ends(s);
    for (i = m; i-- > 0;) { /* none moves to a place before its own */
        uint32_t valley = s->suffixes[i];
        s->suffixes[i] = NOTHING;
        s->suffixes[--s->places[s->text[valley]]] = valley;
    }
    return induce(s);
}

int pylm__suffixes(const uint32_t *text, uint32_t n, uint32_t n_symbols, uint32_t *suffixes, const pylm_task *task)
{
    struct sorting s = {text, n, n_symbols, suffixes, NULL, NULL, NULL, task};
    int status = PYLM_ERR_MEMORY;
    if (!n)
        return PYLM_OK;
    s.rising = pylm__array_new((uint64_t)n / 8u + 1u, 1);
    s.ends = pylm__array_new(n_symbols, sizeof *s.ends);
    s.places = pylm__array_new(n_symbols, sizeof *s.places);
    if (s.rising && s.ends && s.places)
        status = sort_all(&s);
    free(s.rising);
    free(s.ends);
    free(s.places);
    return status;
}
