/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * suffix_array.c: a suffix array by induced sorting (SA-IS; Nong, Zhang and Chan, 2009).
 *
 * A suffix is of *S-type* if it is smaller than the one that begins a symbol later, else of *L-type*. An S-type suffix
 * behind an L-type one is an *LMS* suffix; at most every second suffix is one. Once the LMS suffixes are sorted, two
 * passes sort the others: from left to right the L-type suffixes, from right to left those of S-type. A suffix is put
 * into its place when the one behind it is met. The same two passes sort the *LMS substrings*, which reach from one LMS
 * position to the next. Their numbers make a text of at most half the length, and its sorted suffixes are the LMS
 * suffixes.
 */
#include "suffix_array.h"

#include <stdlib.h>
#include <string.h>

#include "core/bits.h"

#define NOTHING UINT32_MAX
#define LOOK 65536u /* symbols between two looks at the task */
#define AHEAD 24u   /* entries between what is read and what is fetched */

struct sorting {
    const uint32_t *text;
    uint32_t n, n_symbols;
    uint32_t *suffixes;
    uint8_t *s_types; /* a bit for each suffix */
    uint32_t *ends;   /* by symbol: where the suffixes that begin with it end */
    uint32_t *next;   /* where the next of them goes */
    const pylm_task *task;
};

static int is_s_type(const struct sorting *s, uint32_t i)
{
    return s->s_types[i >> 3] >> (i & 7u) & 1;
}

static int is_lms(const struct sorting *s, uint32_t i)
{
    return i && is_s_type(s, i) && !is_s_type(s, i - 1u);
}

static int cancelled(const struct sorting *s, uint32_t i)
{
    return i % LOOK == 0 && pylm__task_cancelled(s->task);
}

static int classify(struct sorting *s)
{
    uint32_t i, sum = 0, is_s = 0; /* the end of the text is smaller than all symbols */
    for (i = s->n; i-- > 0;) {
        uint32_t symbol = s->text[i];
        s->ends[symbol]++;
        if (i + 1u < s->n && symbol != s->text[i + 1u])
            is_s = symbol < s->text[i + 1u];
        s->s_types[i >> 3] = (uint8_t)(s->s_types[i >> 3] | is_s << (i & 7u));
        if (cancelled(s, i))
            return PYLM_ERR_CANCELLED;
    }
    for (i = 0; i < s->n_symbols; i++)
        s->ends[i] = sum += s->ends[i];
    return PYLM_OK;
}

static void start_at_begins(struct sorting *s)
{
    s->next[0] = 0;
    memcpy(s->next + 1, s->ends, (size_t)(s->n_symbols - 1u) * sizeof *s->ends);
}

static void start_at_ends(struct sorting *s)
{
    memcpy(s->next, s->ends, (size_t)s->n_symbols * sizeof *s->ends);
}

/* Prefetches what the entry some steps ahead will read. */
static void fetch(const struct sorting *s, uint32_t i)
{
    uint32_t suffix = s->suffixes[i];
    if (suffix != NOTHING && suffix)
        PYLM__PREFETCH(s->text + suffix - 1u);
}

/* Induces the order of all suffixes from that of the LMS suffixes, which stand at the ends of their symbols' parts. */
static int induce(struct sorting *s)
{
    uint32_t *suffixes = s->suffixes, n = s->n, i, before;
    start_at_begins(s);
    suffixes[s->next[s->text[n - 1u]]++] = n - 1u; /* L-type: the end of the text is smaller */
    for (i = 0; i < n; i++) {
        if (i + AHEAD < n)
            fetch(s, i + AHEAD);
        before = suffixes[i] == NOTHING || !suffixes[i] ? NOTHING : suffixes[i] - 1u;
        if (before != NOTHING && !is_s_type(s, before))
            suffixes[s->next[s->text[before]]++] = before;
        if (cancelled(s, i))
            return PYLM_ERR_CANCELLED;
    }
    start_at_ends(s);
    for (i = n; i-- > 0;) {
        if (i >= AHEAD)
            fetch(s, i - AHEAD);
        before = suffixes[i] == NOTHING || !suffixes[i] ? NOTHING : suffixes[i] - 1u;
        if (before != NOTHING && is_s_type(s, before))
            suffixes[--s->next[s->text[before]]] = before;
        if (cancelled(s, i))
            return PYLM_ERR_CANCELLED;
    }
    return PYLM_OK;
}

/* Sorts the LMS substrings; suffixes[0, *n_lms) becomes where they begin, the smallest first. */
static int sort_lms_substrings(struct sorting *s, uint32_t *n_lms)
{
    uint32_t i, m = 0;
    memset(s->suffixes, 0xff, (size_t)s->n * sizeof *s->suffixes);
    start_at_ends(s);
    for (i = s->n; i-- > 1u;)
        if (is_lms(s, i))
            s->suffixes[--s->next[s->text[i]]] = i;
    PYLM__TRY(induce(s));
    for (i = 0; i < s->n; i++)
        if (is_lms(s, s->suffixes[i]))
            s->suffixes[m++] = s->suffixes[i];
    *n_lms = m;
    return PYLM_OK;
}

/* Whether two LMS substrings, each up to and with the next LMS position, are the same. */
static int same_lms_substring(const struct sorting *s, uint32_t a, uint32_t b)
{
    uint32_t i;
    for (i = 0; a + i < s->n && b + i < s->n; i++) {
        int end = i && (is_lms(s, a + i) || is_lms(s, b + i));
        if (s->text[a + i] != s->text[b + i] || is_s_type(s, a + i) != is_s_type(s, b + i))
            return 0;
        if (end)
            return is_lms(s, a + i) && is_lms(s, b + i);
    }
    return 0; /* one of them reaches the end of the text, which there is once */
}

/* Numbers the m sorted LMS substrings in suffixes[0, m); equal ones get the same number. Writes the numbers, in the
 * order of the text, to suffixes[n - m, n). Returns how many numbers there are. */
static uint32_t number_lms_substrings(struct sorting *s, uint32_t m)
{
    uint32_t *numbers = s->suffixes + m, i, to, number = 0; /* LMS positions are two apart: n - m are enough */
    memset(numbers, 0xff, (size_t)(s->n - m) * sizeof *numbers);
    for (i = 0; i < m; i++) {
        if (i && !same_lms_substring(s, s->suffixes[i - 1u], s->suffixes[i]))
            number++;
        numbers[s->suffixes[i] / 2u] = number;
    }
    for (i = to = s->n - m; i-- > 0;)
        if (numbers[i] != NOTHING)
            numbers[--to] = numbers[i];
    return m ? number + 1u : 0u;
}

/* Sorts the m LMS suffixes by the numbers in suffixes[n - m, n). */
static int sort_lms_suffixes(struct sorting *s, uint32_t m, uint32_t n_numbers)
{
    uint32_t *numbers = s->suffixes + (s->n - m), i, to = m;
    if (n_numbers == m)
        for (i = 0; i < m; i++)
            s->suffixes[numbers[i]] = i;
    else
        PYLM__TRY(pylm__suffix_array(numbers, m, n_numbers, s->suffixes, s->task));
    for (i = s->n; i-- > 1u;) /* the LMS positions overwrite the numbers, which are not needed any more */
        if (is_lms(s, i))
            numbers[--to] = i;
    for (i = 0; i < m; i++)
        s->suffixes[i] = numbers[s->suffixes[i]];
    return PYLM_OK;
}

static int sort_all(struct sorting *s)
{
    uint32_t m, i, n_numbers;
    PYLM__TRY(classify(s));
    PYLM__TRY(sort_lms_substrings(s, &m));
    n_numbers = number_lms_substrings(s, m);
    PYLM__TRY(sort_lms_suffixes(s, m, n_numbers));
    memset(s->suffixes + m, 0xff, (size_t)(s->n - m) * sizeof *s->suffixes);
    start_at_ends(s);
    for (i = m; i-- > 0;) { /* none moves to the left */
        uint32_t lms = s->suffixes[i];
        s->suffixes[i] = NOTHING;
        s->suffixes[--s->next[s->text[lms]]] = lms;
    }
    return induce(s);
}

int pylm__suffix_array(const uint32_t *text, uint32_t n, uint32_t n_symbols, uint32_t *suffixes, const pylm_task *task)
{
    struct sorting s = {text, n, n_symbols, suffixes, NULL, NULL, NULL, task};
    int status = PYLM_ERR_MEMORY;
    if (!n)
        return PYLM_OK;
    s.s_types = pylm__array_new((uint64_t)n / 8u + 1u, 1);
    s.ends = pylm__array_new(n_symbols, sizeof *s.ends);
    s.next = pylm__array_new(n_symbols, sizeof *s.next);
    if (s.s_types && s.ends && s.next)
        status = sort_all(&s);
    free(s.s_types);
    free(s.ends);
    free(s.next);
    return status;
}
