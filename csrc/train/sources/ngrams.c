/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * ngrams.c: how often words stand in a row in the training text, and what follows them. Places are sorted by the text
 * that begins there. So those of an n-gram are next to each other, and among them those of each follower.
 */
#include "compare.h"

/* Words of a text. */
struct ngram {
    const uint8_t *text;
    const pylm_span *words;
    uint64_t n_words;
};

static int compare(const struct pylm__sources *s, uint64_t rank, const struct ngram *ngram)
{
    uint64_t unused;
    return pylm__compare_words(s, pylm__word_place(s, rank), ngram->text, ngram->words, ngram->n_words, &unused);
}

/* Finds a rank from *low to *high, exclusive, whose text begins with the n-gram; *high if there is none. Ranks outside
 * of the new *low and *high do not begin with it. */
static uint64_t find_any(const struct pylm__sources *s, const struct ngram *ngram, uint64_t *low, uint64_t *high)
{
    while (*low < *high) {
        uint64_t middle = *low + (*high - *low) / 2u;
        int order = compare(s, middle, ngram);
        if (order == 0)
            return middle;
        if (order < 0)
            *low = middle + 1u;
        else
            *high = middle;
    }
    return *high;
}

/* Finds all ranks whose text begins with the n-gram; returns how many there are. */
static uint64_t find_all(const struct pylm__sources *s, const struct ngram *ngram, uint64_t *rank)
{
    uint64_t low = 0, high = s->n_words, found = find_any(s, ngram, &low, &high), end = high, middle;
    for (high = found; low < high;) { /* the first one, found at most */
        middle = low + (high - low) / 2u;
        if (compare(s, middle, ngram) < 0)
            low = middle + 1u;
        else
            high = middle;
    }
    *rank = low;
    if (found == end)
        return 0;
    for (low = found + 1u; low < end;) { /* the first one behind all */
        middle = low + (end - low) / 2u;
        if (compare(s, middle, ngram) == 0)
            low = middle + 1u;
        else
            end = middle;
    }
    return low - *rank;
}

static int stands(const struct pylm__sources *s, const struct ngram *ngram, uint64_t min_places)
{
    uint64_t low = 0, high = s->n_words;
    if (min_places > 1u)
        return find_all(s, ngram, &low) >= min_places;
    return find_any(s, ngram, &low, &high) < high;
}

int pylm_sources_count(const pylm_sources *sources, const void *text, const pylm_span *words, uint64_t n_words,
                       pylm_passage *passage)
{
    struct ngram ngram = {text, words, n_words};
    memset(passage, 0, sizeof *passage);
    passage->n_words = n_words;
    passage->n_places = find_all(pylm__sources_view(sources), &ngram, &passage->rank);
    return PYLM_OK;
}

/* The last n words. */
static struct ngram suffix_of(const struct ngram *context, uint64_t n)
{
    struct ngram suffix = {context->text, n ? context->words + (context->n_words - n) : NULL, n};
    return suffix;
}

/* How many words the longest suffix has. If one stands somewhere, all shorter ones do. Most have less than 4. */
static uint64_t longest(const struct pylm__sources *s, const struct ngram *context, uint64_t min_places)
{
    uint64_t good = 0, bad = context->n_words + 1u;
    while (bad - good > 1u) {
        uint64_t n = good ? 2u * good : 4u;
        struct ngram suffix;
        if (bad <= context->n_words)
            n = good + (bad - good) / 2u;
        else if (n > context->n_words)
            n = context->n_words;
        suffix = suffix_of(context, n);
        if (stands(s, &suffix, min_places))
            good = n;
        else
            bad = n;
    }
    return good;
}

int pylm_sources_longest_suffix(const pylm_sources *sources, const void *text, const pylm_span *words, uint64_t n_words,
                                uint64_t min_places, pylm_passage *suffix)
{
    const struct pylm__sources *s = pylm__sources_view(sources);
    struct ngram context = {text, words, n_words}, found;
    if (!min_places)
        return PYLM_ERR_ARGUMENT;
    memset(suffix, 0, sizeof *suffix);
    found = suffix_of(&context, longest(s, &context, min_places));
    suffix->first_word = n_words - found.n_words;
    suffix->n_words = found.n_words;
    suffix->n_places = find_all(s, &found, &suffix->rank);
    return PYLM_OK;
}

/* ---- followers ---- */

/* Where the text goes on behind the passage at a rank. */
static uint64_t behind(const struct pylm__sources *s, const pylm_passage *passage, uint64_t rank)
{
    uint64_t at = pylm__word_place(s, rank), begin, i;
    at = at < s->text_nbytes ? at : s->text_nbytes;
    for (i = 0; i < passage->n_words; i++)
        if (!pylm__next_word(s->text, s->text_nbytes, &at, &begin)) /* in a damaged file only */
            break;
    return at;
}

/* The word that follows at a rank. */
static void read_follower(const struct pylm__sources *s, const pylm_passage *passage, uint64_t rank,
                          pylm_follower *follower)
{
    uint64_t at = behind(s, passage, rank), begin = pylm__skip_space(s->text, s->text_nbytes, at), end = begin;
    if (begin < s->text_nbytes && (s->text[begin] || pylm__document_end(s, pylm__document_at(s, begin)) != begin))
        end = pylm__word_end(s->text, s->text_nbytes, begin);
    follower->word = s->text + (size_t)begin;
    follower->nbytes = end - begin;
    follower->space_nbytes = begin - at;
    follower->n_places = 1;
    follower->rank = rank;
}

/* Whether that word follows at a rank, too. */
static int follows(const struct pylm__sources *s, const pylm_passage *passage, uint64_t rank,
                   const pylm_follower *follower)
{
    uint64_t at = behind(s, passage, rank);
    if (follower->nbytes)
        return pylm__compare_word(s, &at, follower->word, follower->nbytes) == 0;
    at = pylm__skip_space(s->text, s->text_nbytes, at);
    return at >= s->text_nbytes || (!s->text[at] && pylm__document_end(s, pylm__document_at(s, at)) == at);
}

/* How many ranks from `rank` on, up to `room` of them, in the direction +1 or -1, have that follower: rank itself has.
 * Steps grow, for most followers are rare. */
static uint64_t run(const struct pylm__sources *s, const pylm_passage *passage, uint64_t rank, uint64_t room,
                    int forward, const pylm_follower *follower)
{
    uint64_t good = 0, bad = room, step = 1;
    while (bad - good > 1u) {
        uint64_t n = bad - good > step ? good + step : good + (bad - good) / 2u;
        if (follows(s, passage, forward ? rank + n : rank - n, follower)) {
            good = n;
            step = bad == room ? step * 2u : (bad - good) / 2u;
        } else {
            bad = n;
            step = (bad - good) / 2u;
        }
    }
    return good + 1u;
}

/* Inserts a follower behind those that are as frequent. Returns the new number of them. */
static uint64_t insert(pylm_follower *followers, uint64_t n, uint64_t capacity, const pylm_follower *follower)
{
    uint64_t i;
    if (n == capacity) {
        if (followers[n - 1u].n_places >= follower->n_places)
            return n;
        n--;
    }
    for (i = n; i && followers[i - 1u].n_places < follower->n_places; i--)
        followers[i] = followers[i - 1u];
    followers[i] = *follower;
    return n + 1u;
}

/* Finds all followers with at least so many places, and some rarer ones; keeps the most frequent. Of the ranks behind
 * a follower, the next one to have so many places has the least-th. */
static uint64_t find_frequent(const struct pylm__sources *s, const pylm_passage *passage, uint64_t least,
                              pylm_follower *followers, uint64_t capacity)
{
    uint64_t end = passage->rank + passage->n_places, low = passage->rank, n = 0;
    while (end - low >= least) {
        uint64_t rank = low + least - 1u, before;
        pylm_follower follower;
        read_follower(s, passage, rank, &follower);
        before = run(s, passage, rank, least, 0, &follower) - 1u;
        follower.n_places = before + run(s, passage, rank, end - rank, 1, &follower);
        if (before) {
            uint64_t first = rank - before, all = follower.n_places;
            read_follower(s, passage, first, &follower);
            follower.n_places = all;
        }
        low = follower.rank + follower.n_places;
        n = insert(followers, n, capacity, &follower);
    }
    return n;
}

static int is_of(const struct pylm__sources *s, const pylm_passage *passage)
{
    return passage->rank <= s->n_words && passage->n_places <= s->n_words - passage->rank;
}

int pylm_sources_followers(const pylm_sources *sources, const pylm_passage *passage, pylm_follower *followers,
                           uint64_t capacity, uint64_t *n_ret)
{
    const struct pylm__sources *s = pylm__sources_view(sources);
    uint64_t least = capacity ? passage->n_places / capacity : 0u, n = 0;
    if (!is_of(s, passage))
        return PYLM_ERR_ARGUMENT;
    while (capacity) { /* until those that are found are more frequent than any other one can be */
        least = least > 4u ? least / 4u : 1u;
        n = find_frequent(s, passage, least, followers, capacity);
        if (least == 1u || (n == capacity && followers[n - 1u].n_places >= least))
            break;
    }
    *n_ret = n;
    return PYLM_OK;
}

int pylm_sources_follower_at(const pylm_sources *sources, const pylm_passage *passage, uint64_t number,
                             pylm_follower *follower)
{
    const struct pylm__sources *s = pylm__sources_view(sources);
    if (!is_of(s, passage) || number >= passage->n_places)
        return PYLM_ERR_ARGUMENT;
    read_follower(s, passage, passage->rank + number, follower);
    return PYLM_OK;
}
