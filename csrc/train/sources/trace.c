/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * trace.c: the passages of a text that stand in the training text.
 *
 * The places of all words are sorted by the text that begins there, so words of the query are found by binary search. A
 * passage that begins later ends later, or at the same word. So the next passage begins with the first word from which
 * one reaches further than the last. That word, too, is found by binary search.
 */
#include "compare.h"
#include "train/base/common.h"

#define LOOK 256u /* words between two looks at the task: some milliseconds */

uint64_t pylm_split_words(const void *text, uint64_t text_nbytes, pylm_span *words, uint64_t capacity)
{
    uint64_t n = 0, position = 0, begin;
    for (; pylm__next_word(text, text_nbytes, &position, &begin); n++)
        if (n < capacity) {
            words[n].begin = begin;
            words[n].end = position;
        }
    return n;
}

/* Finds the first rank from `low` on whose text is not smaller than the words [from, to); with `behind`, the first rank
 * behind all texts that begin with them. *longest becomes how many of the words, from the first on, stand somewhere in
 * the training text: the search always ends next to a place where they do. */
static uint64_t search(const struct pylm__sources *s, const pylm_query *q, uint64_t from, uint64_t to, uint64_t low,
                       int behind, uint64_t *longest)
{
    uint64_t high = s->n_words, n;
    *longest = 0;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2u;
        int order = pylm__compare_words(s, pylm__word_place(s, middle), q->text, q->words + from, to - from, &n);
        *longest = n > *longest ? n : *longest;
        if (order < 0 || (order == 0 && behind))
            low = middle + 1u;
        else
            high = middle;
    }
    return low;
}

/* How many of the words [from, to), from the first on, stand somewhere in the training text. */
static uint64_t longest_match(const struct pylm__sources *s, const pylm_query *q, uint64_t from, uint64_t to)
{
    uint64_t longest;
    (void)search(s, q, from, to, 0, 0, &longest);
    return longest;
}

static int stands(const struct pylm__sources *s, const pylm_query *q, uint64_t from, uint64_t to)
{
    return longest_match(s, q, from, to) == to - from;
}

static void find_places(const struct pylm__sources *s, const pylm_query *q, pylm_passage *passage)
{
    uint64_t from = passage->first_word, to = from + passage->n_words, unused;
    passage->rank = search(s, q, from, to, 0, 0, &unused);
    passage->n_places = search(s, q, from, to, passage->rank, 1, &unused) - passage->rank;
}

/* Finds the first word from which a passage reaches beyond the one from `first` to `end`. If no passage of min_words
 * words does, returns a word before which none begins. There must be a word at `end`. */
static uint64_t next_start(const struct pylm__sources *s, const pylm_query *q, uint64_t first, uint64_t end)
{
    uint64_t bad = first, good = end + 1u - q->min_words, step = 1;
    if (!stands(s, q, good, end + 1u))
        return good + 1u;
    while (good - bad > step) { /* steps grow: passages overlap by little */
        if (!stands(s, q, good - step, end + 1u)) {
            bad = good - step;
            break;
        }
        good -= step;
        step *= 2u;
    }
    while (good - bad > 1u) {
        uint64_t middle = bad + (good - bad) / 2u;
        if (stands(s, q, middle, end + 1u))
            good = middle;
        else
            bad = middle;
    }
    return good;
}

/* Whether the second half of the shortest passage from `first` on stands somewhere. If not, no passage that contains it
 * does: so most words of a new text are never looked up. */
static int may_stand(const struct pylm__sources *s, const pylm_query *q, uint64_t first, uint64_t *half)
{
    *half = first + q->min_words / 2u;
    return *half == first || stands(s, q, *half, first + q->min_words);
}

/* Makes a step. Returns 1 if it found a passage. */
static int step(const struct pylm__sources *s, pylm_query *q, pylm_passage *passage)
{
    uint64_t first = q->next, half, n;
    if (!may_stand(s, q, first, &half)) {
        q->next = half + 1u;
        return 0;
    }
    n = longest_match(s, q, first, q->n_words);
    if (n < q->min_words || first + n <= q->reached) {
        q->next = first + 1u;
        return 0;
    }
    passage->first_word = first;
    passage->n_words = n;
    find_places(s, q, passage);
    q->reached = first + n;
    q->next = q->reached < q->n_words ? next_start(s, q, first, q->reached) : q->n_words;
    return 1;
}

int pylm_sources_trace(const pylm_sources *sources, pylm_query *query, pylm_passage *passages, uint64_t capacity,
                       uint64_t *n_ret, pylm_task *task)
{
    const struct pylm__sources *s = pylm__sources_view(sources);
    uint64_t n = 0, looked = 0;
    if (!query->min_words || !capacity || query->next > query->n_words)
        return PYLM_ERR_ARGUMENT;
    pylm__task_begin(task, PYLM_STAGE_TRACE, query->n_words / LOOK);
    while (n < capacity && query->n_words - query->next >= query->min_words) {
        if (looked++ % LOOK == 0 && pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        n += (uint64_t)step(s, query, &passages[n]);
        if (query->next > query->n_words)
            query->next = query->n_words;
        if (task)
            task->done = (uint32_t)(query->next / LOOK);
    }
    if (query->n_words - query->next < query->min_words)
        query->next = query->n_words;
    *n_ret = n;
    return PYLM_OK;
}
