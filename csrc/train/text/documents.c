/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * documents.c: see documents.h. The order matters to a model: held-out blocks are positions in the text, and of equally
 * frequent symbols the first to appear comes first. The same documents must give the same model when they are added in
 * another order, or in parts that are merged later.
 *
 * Copies of a document are either draws, as a query that many people have typed, or an accident, as a file that was
 * given twice. Copies that are draws are scattered: then a held-out block takes out some of them, as often as a new
 * draw would be a copy. Copies by accident are left out, since whatever comes next is new.
 */
#include "documents.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

#define LONG_DOCUMENT 4096u /* symbols; shorter ones are drawn whole, however short the text is, */
#define LONG_SHARE 20u      /* and a longer one that takes such a part of the text fills a held-out block */
#define DRAWS_TOLERANCE 2u  /* see pairs_are_draws() */
#define MIN_LISTED 3u       /* copies of each document of a list, */
#define MAX_LISTED 256u     /* and documents: more are a text that was given again */
#define BLOCK 4096u         /* symbols compared at once */

struct document {
    uint64_t hash; /* of its content */
    uint64_t key;  /* documents come in the order of their keys */
    uint64_t begin, end;
};

/* Words are compared by their texts: their numbers depend on the order in which documents were added. */
static int compare_words(const struct pylm__strings *vocabulary, uint32_t a, uint32_t b)
{
    uint64_t a_nbytes, b_nbytes;
    const uint8_t *a_text = pylm__string_text(vocabulary, a, &a_nbytes);
    const uint8_t *b_text = pylm__string_text(vocabulary, b, &b_nbytes);
    int order = memcmp(a_text, b_text, (size_t)(a_nbytes < b_nbytes ? a_nbytes : b_nbytes));
    return order ? order : a_nbytes < b_nbytes ? -1 : a_nbytes > b_nbytes;
}

/* Whether symbols are words, numbered by their first appearance. */
static int numbers_appearance(const struct pylm__corpus *corpus)
{
    return corpus->tokenizer == PYLM_TOKENIZER_WORDS && !corpus->base;
}

/* How many symbols two documents begin with that are the same, of n. They are compared in blocks, as bytes. */
static uint64_t n_alike(const struct pylm__corpus *corpus, uint64_t x, uint64_t y, uint64_t n)
{
    const uint8_t *symbols = corpus->symbols.data;
    const uint64_t width = corpus->width;
    uint64_t i = 0;
    while (n - i >= BLOCK &&
           !memcmp(symbols + (size_t)((x + i) * width), symbols + (size_t)((y + i) * width), (size_t)(BLOCK * width)))
        i += BLOCK;
    while (i < n && pylm__symbol(corpus, x + i) == pylm__symbol(corpus, y + i))
        i++;
    return i;
}

static int compare_content(const struct pylm__corpus *corpus, const struct document *x, const struct document *y)
{
    uint64_t n = x->end - x->begin, m = y->end - y->begin, least = n < m ? n : m;
    uint64_t i = n_alike(corpus, x->begin, y->begin, least);
    if (i < least) {
        uint32_t a = pylm__symbol(corpus, x->begin + i), b = pylm__symbol(corpus, y->begin + i);
        return numbers_appearance(corpus) ? compare_words(&corpus->vocabulary, a, b) : a < b ? -1 : 1;
    }
    return n < m ? -1 : n > m;
}

/* Keys are by chance, unless somebody chose the documents: then contents decide, of as many as there are. */
static int comes_before(const struct pylm__corpus *corpus, const struct document *x, const struct document *y)
{
    return x->key != y->key ? x->key < y->key : compare_content(corpus, x, y) < 0;
}

/* Merges [begin, middle) and [middle, end) of `from` into `to`. */
static int merge(const struct pylm__corpus *corpus, const struct document *from, const uint64_t bounds[3],
                 struct document *to, const pylm_task *task)
{
    uint64_t i = bounds[0], j = bounds[1], k;
    for (k = bounds[0]; k < bounds[2]; k++) {
        int second = i == bounds[1] || (j < bounds[2] && comes_before(corpus, &from[j], &from[i]));
        to[k] = from[second ? j++ : i++];
        if (pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
    }
    return PYLM_OK;
}

/* Sorts by key and content. `scratch` has room for n documents. */
static int sort_by_key(const struct pylm__corpus *corpus, struct document *documents, struct document *scratch,
                       uint64_t n, const pylm_task *task)
{
    struct document *from = documents, *to = scratch, *other;
    uint64_t run, begin;
    for (run = 1; run < n; run *= 2u) {
        for (begin = 0; begin < n; begin += 2u * run) {
            uint64_t bounds[3] = {begin, n - begin < run ? n : begin + run,
                                  n - begin < 2u * run ? n : begin + 2u * run};
            PYLM__TRY(merge(corpus, from, bounds, to, task));
        }
        other = from;
        from = to;
        to = other;
    }
    if (from != documents && n)
        memcpy(documents, from, (size_t)n * sizeof *documents);
    return PYLM_OK;
}

static void list_documents(const struct pylm__corpus *corpus, struct document *documents)
{
    uint64_t i, begin = 0;
    for (i = 0; i < corpus->n_documents; i++) {
        documents[i].hash = documents[i].key = corpus->document_hashes[i];
        documents[i].begin = begin;
        documents[i].end = begin = corpus->document_ends[i];
    }
}

/* ---- copies ---- */

/* Where the copies of document i end, in sorted documents. */
static uint64_t copies_end(const struct pylm__corpus *corpus, const struct document *documents, uint64_t i)
{
    uint64_t j = i + 1u;
    while (j < corpus->n_documents && documents[j].hash == documents[i].hash &&
           !compare_content(corpus, &documents[i], &documents[j]))
        j++;
    return j;
}

/* Whether documents that are there twice look like draws from a list. If n1 documents came once, n2 twice and n3 three
 * times, draws have n1 n3 >= 2/3 n2 n2 on average, whatever the list and its probabilities are: the numbers come from a
 * mixture of Poisson distributions. Chance is allowed for. A text that was given twice has no n3. */
static int pairs_are_draws(const struct pylm__corpus *corpus, const struct document *documents, uint64_t given)
{
    double n[4] = {0, 0, 0, 0};
    uint64_t i, end;
    for (i = 0; i < corpus->n_documents; i = end) {
        end = copies_end(corpus, documents, i);
        if ((end - i) / given < 4u)
            n[(end - i) / given]++;
    }
    return (n[1] + 1.0) * n[3] >= n[2] * n[2] * (2.0 / 3.0) / DRAWS_TOLERANCE;
}

/* Whether a held-out block can lie within the document, so that a copy would tell all of it. */
static int is_long(const struct pylm__corpus *corpus, const struct document *document)
{
    uint64_t length = document->end - document->begin;
    return length > LONG_DOCUMENT && length > corpus->n / LONG_SHARE;
}

/* How many documents are different, how many copies there are of the least and the most frequent one, and what divides
 * all numbers of copies. */
struct spread {
    uint64_t n, least, most, divisor;
};

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static struct spread spread_of(const struct pylm__corpus *corpus, const struct document *documents)
{
    struct spread spread = {0, UINT64_MAX, 0, 0};
    uint64_t i, end, copies;
    for (i = 0; i < corpus->n_documents; i = end, spread.n++) {
        end = copies_end(corpus, documents, i);
        spread.divisor = common_divisor(end - i, spread.divisor);
        copies = is_long(corpus, &documents[i]) ? 1u : end - i;
        spread.least = copies < spread.least ? copies : spread.least;
        spread.most = copies > spread.most ? copies : spread.most;
    }
    return spread;
}

/* Whether few documents are there about equally often, and three times at least. Draws would differ more: so this is a
 * list, given several times. To take a copy out would teach that what was seen least comes next. */
static int is_list(const struct spread *spread)
{
    return spread->n <= MAX_LISTED && spread->least >= MIN_LISTED && spread->most <= 2u * spread->least;
}

/* How often a text was given. All numbers of copies of many documents have a divisor only if the whole text was given
 * several times. */
static uint64_t times_given(const struct spread *spread)
{
    return spread->n > MAX_LISTED ? spread->divisor : 1u;
}

/* Gives every copy a key of its own, and moves those that are left out behind the others. Returns how many stay. */
static uint64_t part_copies(const struct pylm__corpus *corpus, uint64_t given, struct document *documents,
                            struct document *left_out)
{
    int draws = pairs_are_draws(corpus, documents, given);
    uint64_t i, j, end, n = 0, n_left_out = 0;
    for (i = 0; i < corpus->n_documents; i = end) {
        uint64_t staying;
        end = copies_end(corpus, documents, i);
        staying = (end - i) / given;
        if ((staying == 2u && !draws) || is_long(corpus, &documents[i]))
            staying = 1;
        documents[n++] = documents[i]; /* what is overwritten has been read */
        for (j = i + 1u; j < end; j++) {
            documents[j].key = pylm__hash_step(documents[j].hash, (uint32_t)(j - i));
            if (j - i >= staying)
                left_out[n_left_out++] = documents[j];
            else
                documents[n++] = documents[j];
        }
    }
    if (n_left_out)
        memcpy(documents + n, left_out, (size_t)n_left_out * sizeof *documents);
    return n;
}

/* ---- their order ---- */

/* Moves the documents, in their order, to another array of symbols. */
static void move_documents(struct pylm__corpus *corpus, const struct document *documents, struct pylm__store to)
{
    uint64_t i, n = 0, passed = 0;
    for (i = 0; i < corpus->n_documents; i++) {
        uint64_t length = documents[i].end - documents[i].begin;
        passed += length;
        if (passed >= PYLM__PASSED) {
            pylm__store_rest(&corpus->symbols);
            pylm__store_rest(&to);
            passed = 0;
        }
        if (length)
            memcpy((uint8_t *)to.data + (size_t)n * corpus->width,
                   (const uint8_t *)corpus->symbols.data + (size_t)documents[i].begin * corpus->width,
                   (size_t)length * corpus->width);
        corpus->document_ends[i] = n += length;
        corpus->document_hashes[i] = documents[i].hash;
    }
    pylm__store_free(&corpus->symbols);
    corpus->symbols = to;
}

/* Numbers words by their first appearance. */
static int number_words(struct pylm__corpus *corpus)
{
    uint32_t n = corpus->vocabulary.n, next = N_FIRST, i, s;
    uint32_t *new_number = pylm__array_new(n, sizeof *new_number), *order = pylm__array_new(n, sizeof *order);
    int status = PYLM_ERR_MEMORY;
    uint64_t p;
    if (new_number && order) {
        for (i = 0; i < n; i++)
            new_number[i] = order[i] = i < N_FIRST ? i : PYLM_NONE;
        for (p = 0; p < corpus->n; pylm__corpus_passed(corpus, p++)) {
            s = pylm__symbol(corpus, p);
            if (new_number[s] == PYLM_NONE) {
                order[next] = s;
                new_number[s] = next++;
            }
            pylm__set_symbol(corpus, p, new_number[s]);
        }
        status = pylm__strings_select(&corpus->vocabulary, order, next);
    }
    free(new_number);
    free(order);
    return status;
}

static int is_in_place(const struct document *documents, uint64_t n)
{
    uint64_t i, at = 0;
    for (i = 0; i < n && documents[i].begin == at; i++)
        at = documents[i].end;
    return i == n;
}

static int put_in_order(struct pylm__corpus *corpus, const struct document *documents)
{
    struct pylm__store to = pylm__store_like(&corpus->symbols);
    if (is_in_place(documents, corpus->n_documents))
        return PYLM_OK;
    PYLM__TRY(pylm__store_grow(&to, corpus->n * corpus->width));
    move_documents(corpus, documents, to);
    return numbers_appearance(corpus) ? number_words(corpus) : PYLM_OK;
}

/* The symbols of what is left out stay behind the text. */
static void leave_out(struct pylm__corpus *corpus, uint64_t n_staying)
{
    uint64_t end = n_staying ? corpus->document_ends[n_staying - 1u] : 0u;
    corpus->n_copies = corpus->n_documents - n_staying;
    corpus->n_copied = corpus->n - end;
    corpus->n_documents = n_staying;
    corpus->n = end;
}

int pylm__corpus_sort_documents(struct pylm__corpus *corpus, const pylm_task *task)
{
    struct document *documents = pylm__array_new(corpus->n_documents, sizeof *documents);
    struct document *left_out = pylm__array_new(corpus->n_documents, sizeof *left_out);
    int status = documents && left_out ? PYLM_OK : PYLM_ERR_MEMORY;
    struct spread spread;
    uint64_t n = 0;
    if (status == PYLM_OK) {
        list_documents(corpus, documents);
        status = sort_by_key(corpus, documents, left_out, corpus->n_documents, task);
    }
    if (status == PYLM_OK) {
        spread = spread_of(corpus, documents);
        if (is_list(&spread))
            corpus->keeps_own = PYLM__ALL_KEEP_OWN;
        n = part_copies(corpus, times_given(&spread), documents, left_out);
        status = sort_by_key(corpus, documents, left_out, n, task);
    }
    free(left_out);
    if (status == PYLM_OK)
        status = put_in_order(corpus, documents);
    if (status == PYLM_OK)
        leave_out(corpus, n);
    free(documents);
    return status;
}
