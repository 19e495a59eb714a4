/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pieces.c: a vocabulary by byte pair encoding (Gage 1994; Sennrich, Haddow and Birch 2016).
 *
 * The text is cut into chunks. Each different chunk is stored once, with its count. Then the most frequent pair of
 * neighbours within chunks becomes one piece, again and again. So no piece spans more than a chunk. A piece has whole
 * characters only, or is the beginning of one. Encoding knows no chunks: it takes the longest piece that fits. So it
 * cuts only the characters that are no pieces themselves.
 */
#include "pieces.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chunks.h"
#include "core/hash.h"
#include "core/platform.h"
#include "modules/text/vocabulary.h"
#include "scripts.h"

#define MIN_PAIR_COUNT 4u  /* a rarer pair is not worth a symbol */
#define NOWHERE UINT32_MAX /* no position; the end of a list */
#define OCCURRENCES 3u     /* a part of a list has */

/* ---- pairs ---- */

struct pair {
    uint32_t a, b;
    uint64_t count;
    uint32_t occurrences; /* the first of a list of positions where it was seen; it may be gone from some */
    uint8_t n_first;      /* how many are in the first */
    uint8_t touched;      /* its count has grown in the present merge */
};

/* Some positions where a pair was seen, the last ones last, and where those before are. */
struct occurrences {
    uint32_t at[OCCURRENCES], next;
};

struct candidate {
    uint64_t count; /* when it was put in */
    uint32_t pair;
};

/* A growing array. */
struct pool {
    void *data;
    uint64_t n, capacity;
};

/* A position in all chunks. What is looked at together is close together: most of the time is spent waiting for it. */
struct place {
    uint32_t symbol; /* the piece that begins here; NOWHERE: none does */
    uint32_t pair;   /* the number of the pair that begins here; NOWHERE: it cannot become a piece */
    uint32_t chunk;
    uint8_t to_next, to_previous; /* positions to the neighbours; 0: the chunk ends or begins here */
    uint8_t inside;               /* a character goes on here */
};

struct merging {
    struct place *places;
    const uint64_t *counts; /* by chunk */
    struct pool pairs, occurrences, candidates, touched;
    uint32_t *slots, n_slots; /* of pairs: number + 1 */
    struct pylm__overflow overflow;
    struct pylm__strings *pieces;
};

/* Room for one more element; NULL if there is no memory. */
static void *append(struct pool *pool, size_t element_nbytes)
{
    if (pool->n == pool->capacity) {
        uint64_t capacity = 2u * pool->capacity + 4096u;
        void *data = capacity < UINT32_MAX ? pylm__array_grow(pool->data, capacity, element_nbytes) : NULL;
        if (!data)
            return NULL;
        pool->data = data;
        pool->capacity = capacity;
    }
    return (uint8_t *)pool->data + (size_t)pool->n++ * element_nbytes;
}

static struct pair *pair_at(const struct merging *m, uint32_t number)
{
    return (struct pair *)m->pairs.data + number;
}

static int compare_pair(const void *table, const void *key, uint32_t number)
{
    const struct pair *p = key, *q = pair_at(table, number);
    return p->a != q->a ? (p->a < q->a ? -1 : 1) : p->b < q->b ? -1 : p->b > q->b;
}

/* The slot of a pair, or the empty one where it would be put; NULL: that is the overflow. */
static uint32_t *pair_slot(const struct merging *m, const struct pair *pair)
{
    uint32_t slot = (uint32_t)(pylm__hash_step(PYLM__HASH_SEED, (uint64_t)pair->a << 32 | pair->b) >> 32), tries;
    for (tries = 0; tries < PYLM__NEAR; tries++, slot++) {
        uint32_t *number = &m->slots[slot &= m->n_slots - 1u];
        if (!*number || compare_pair(m, pair, *number - 1u) == 0)
            return number;
    }
    return NULL;
}

/* Puts pair `number`, which is not there, where pair_slot() said. */
static int put_pair(struct merging *m, uint32_t *slot, uint32_t number)
{
    if (!slot)
        return pylm__overflow_add(&m->overflow, compare_pair, m, pair_at(m, number), number);
    *slot = number + 1u;
    return PYLM_OK;
}

static int grow_slots(struct merging *m)
{
    uint32_t i, n_slots = m->n_slots ? 2u * m->n_slots : 65536u, *slots;
    if (m->pairs.n < m->n_slots / 2u)
        return PYLM_OK;
    slots = pylm__array_new(n_slots, sizeof *slots);
    if (!slots)
        return PYLM_ERR_MEMORY;
    free(m->slots);
    m->slots = slots;
    m->n_slots = n_slots;
    pylm__overflow_clear(&m->overflow);
    for (i = 0; i < m->pairs.n; i++)
        PYLM__TRY(put_pair(m, pair_slot(m, pair_at(m, i)), i));
    return PYLM_OK;
}

/* The number of a pair, which is added if it is new. */
static int number_pair(struct merging *m, uint32_t a, uint32_t b, uint32_t *number)
{
    struct pair sought, *pair;
    uint32_t *slot;
    memset(&sought, 0, sizeof sought);
    sought.a = a;
    sought.b = b;
    sought.occurrences = NOWHERE;
    PYLM__TRY(grow_slots(m));
    slot = pair_slot(m, &sought);
    *number = slot ? *slot - 1u : pylm__overflow_find(&m->overflow, compare_pair, m, &sought);
    if (*number != NOWHERE) /* which is that of an empty slot, too, and of PYLM_NONE */
        return PYLM_OK;
    pair = append(&m->pairs, sizeof *pair);
    if (!pair)
        return PYLM_ERR_MEMORY;
    *pair = sought;
    *number = (uint32_t)m->pairs.n - 1u;
    return put_pair(m, slot, *number);
}

static int list_position(struct merging *m, struct pair *pair, uint32_t at)
{
    struct occurrences *first;
    if (pair->occurrences == NOWHERE || pair->n_first == OCCURRENCES) {
        first = append(&m->occurrences, sizeof *first);
        if (!first)
            return PYLM_ERR_MEMORY;
        first->next = pair->occurrences;
        pair->occurrences = (uint32_t)m->occurrences.n - 1u;
        pair->n_first = 0;
    }
    first = (struct occurrences *)m->occurrences.data + pair->occurrences;
    first->at[pair->n_first++] = at;
    return PYLM_OK;
}

/* Whether the pair that begins at a place may become one piece, which begins where a character does. It ends where one
 * does, too, or it is the beginning of a single one. */
static int joins(const struct place *place)
{
    const struct place *second = place + place->to_next;
    return !place->inside && (second->inside || !second->to_next || !second[second->to_next].inside);
}

/* Adds a position to the pair that begins there. */
static int add_occurrence(struct merging *m, uint32_t at)
{
    struct place *place = &m->places[at];
    uint32_t a = place->symbol, b = place[place->to_next].symbol, number, *touched;
    struct pair *pair;
    place->pair = NOWHERE;
    if (!joins(place))
        return PYLM_OK;
    PYLM__TRY(number_pair(m, a, b, &number));
    pair = pair_at(m, number);
    PYLM__TRY(list_position(m, pair, at));
    pair->count += m->counts[place->chunk];
    place->pair = number;
    if (!pair->touched) {
        touched = append(&m->touched, sizeof *touched);
        if (!touched)
            return PYLM_ERR_MEMORY;
        *touched = place->pair;
        pair->touched = 1;
    }
    return PYLM_OK;
}

/* The pair at a position is about to change. */
static void remove_occurrence(struct merging *m, const struct place *place)
{
    if (place->pair != NOWHERE)
        pair_at(m, place->pair)->count -= m->counts[place->chunk];
}

/* ---- the most frequent pair ---- */

/* By count; of equal ones the older pieces first. */
static int better(const struct merging *m, const struct candidate *x, const struct candidate *y)
{
    const struct pair *p = pair_at(m, x->pair), *q = pair_at(m, y->pair);
    return x->count != y->count ? x->count > y->count : p->a != q->a ? p->a < q->a : p->b < q->b;
}

static int push_candidate(struct merging *m, uint32_t pair)
{
    struct candidate *heap = append(&m->candidates, sizeof *heap), moving;
    uint64_t i = m->candidates.n - 1u;
    if (!heap)
        return PYLM_ERR_MEMORY;
    heap = m->candidates.data;
    moving.count = pair_at(m, pair)->count;
    moving.pair = pair;
    for (; i && better(m, &moving, &heap[(i - 1u) / 2u]); i = (i - 1u) / 2u)
        heap[i] = heap[(i - 1u) / 2u];
    heap[i] = moving;
    return PYLM_OK;
}

static struct candidate pop_candidate(struct merging *m)
{
    struct candidate *heap = m->candidates.data, best = heap[0], moving = heap[--m->candidates.n];
    uint64_t i = 0, child;
    for (; (child = 2u * i + 1u) < m->candidates.n; i = child) {
        if (child + 1u < m->candidates.n && better(m, &heap[child + 1u], &heap[child]))
            child++;
        if (!better(m, &heap[child], &moving))
            break;
        heap[i] = heap[child];
    }
    heap[i] = moving;
    return best;
}

/* Offers the pairs that have grown. */
static int push_touched(struct merging *m)
{
    uint64_t i;
    for (i = 0; i < m->touched.n; i++) {
        uint32_t number = ((uint32_t *)m->touched.data)[i];
        pair_at(m, number)->touched = 0;
        PYLM__TRY(push_candidate(m, number));
    }
    m->touched.n = 0;
    return PYLM_OK;
}

/* ---- merging ---- */

static int merge_at(struct merging *m, uint32_t at, uint32_t merged)
{
    struct place *place = &m->places[at], *gone = place + place->to_next;
    if (place->to_previous)
        remove_occurrence(m, place - place->to_previous);
    if (gone->to_next)
        remove_occurrence(m, gone);
    place->symbol = merged;
    gone->symbol = NOWHERE;
    if (gone->to_next) {
        place->to_next = (uint8_t)(place->to_next + gone->to_next);
        place[place->to_next].to_previous = place->to_next;
    } else {
        place->to_next = 0;
    }
    if (place->to_previous)
        PYLM__TRY(add_occurrence(m, at - place->to_previous));
    return place->to_next ? add_occurrence(m, at) : PYLM_OK;
}

/* Fetches the places of a part of a list, which is not the first, before they are needed. */
static void fetch_places(const struct merging *m, uint32_t part)
{
    const struct occurrences *all = m->occurrences.data;
    uint32_t i;
    for (i = 0; part != NOWHERE && i < OCCURRENCES; i++)
        PYLM__PREFETCH(&m->places[all[part].at[i]]);
}

/* Makes a pair one piece everywhere. */
static int merge_pair(struct merging *m, uint32_t number)
{
    struct pair pair = *pair_at(m, number);
    uint8_t text[PYLM__MAX_PIECE_NBYTES];
    uint64_t a_nbytes, b_nbytes;
    uint32_t merged, next, i;
    const uint8_t *a = pylm__string_text(m->pieces, pair.a, &a_nbytes);
    const uint8_t *b = pylm__string_text(m->pieces, pair.b, &b_nbytes);
    if (a_nbytes + b_nbytes > PYLM__MAX_PIECE_NBYTES)
        return PYLM_OK;
    memcpy(text, a, (size_t)a_nbytes);
    memcpy(text + a_nbytes, b, (size_t)b_nbytes);
    /* another pair may have made the same piece before */
    PYLM__TRY(pylm__strings_number(m->pieces, text, a_nbytes + b_nbytes, &merged));
    pair_at(m, number)->count = 0;
    pair_at(m, number)->occurrences = NOWHERE;
    for (next = pair.occurrences, i = pair.n_first; next != NOWHERE; i = OCCURRENCES) {
        struct occurrences these = ((struct occurrences *)m->occurrences.data)[next];
        fetch_places(m, these.next);
        while (i--) {
            const struct place *place = &m->places[these.at[i]];
            if (place->symbol == pair.a && place->to_next && place[place->to_next].symbol == pair.b)
                PYLM__TRY(merge_at(m, these.at[i], merged));
        }
        next = these.next;
    }
    return push_touched(m);
}

static int merge_until(struct merging *m, uint32_t n_pieces, pylm_task *task)
{
    while (m->pieces->n < n_pieces && m->candidates.n) {
        struct candidate best = pop_candidate(m);
        uint64_t count = pair_at(m, best.pair)->count;
        if (pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        if (best.count != count) { /* it has become rarer since */
            if (count >= MIN_PAIR_COUNT && count < best.count)
                PYLM__TRY(push_candidate(m, best.pair));
            continue;
        }
        if (count < MIN_PAIR_COUNT)
            break;
        PYLM__TRY(merge_pair(m, best.pair));
        if (task)
            task->done = m->pieces->n;
    }
    return PYLM_OK;
}

/* Each byte of a chunk is a piece at first. */
static void begin_chunk(struct place *places, uint32_t chunk, const uint8_t *text, uint64_t nbytes)
{
    uint32_t i, length, character_end = 0;
    for (i = 0; i < nbytes; i++) {
        struct place *place = &places[i];
        place->symbol = text[i];
        place->chunk = chunk;
        place->to_previous = i > 0;
        place->to_next = i + 1u < nbytes;
        place->inside = i < character_end;
        if (!place->inside) {
            (void)pylm__script_of(text + i, nbytes - i, &length);
            character_end = i + length;
        }
    }
}

static int begin_merging(struct merging *m, const struct pylm__chunks *chunks)
{
    uint32_t chunk, at = 0;
    uint64_t i, nbytes, n = chunks->strings.text_nbytes;
    if (n >= NOWHERE)
        return PYLM_ERR_LARGE;
    m->counts = chunks->counts;
    m->places = pylm__array_new(n, sizeof *m->places);
    if (!m->places)
        return PYLM_ERR_MEMORY;
    for (chunk = 0; chunk < chunks->strings.n; chunk++) {
        const uint8_t *text = pylm__string_text(&chunks->strings, chunk, &nbytes);
        begin_chunk(&m->places[at], chunk, text, nbytes);
        at += (uint32_t)nbytes;
    }
    for (i = 0; i < at; i++)
        if (m->places[i].to_next)
            PYLM__TRY(add_occurrence(m, (uint32_t)i));
    return push_touched(m);
}

static int merge_chunks(const struct pylm__chunks *chunks, struct pylm__strings *pieces, uint32_t n_pieces,
                        pylm_task *task)
{
    struct merging m;
    int status;
    memset(&m, 0, sizeof m);
    m.pieces = pieces;
    status = begin_merging(&m, chunks);
    if (status == PYLM_OK)
        status = merge_until(&m, n_pieces, task);
    free(m.places);
    free(m.slots);
    pylm__overflow_free(&m.overflow);
    free(m.pairs.data);
    free(m.occurrences.data);
    free(m.candidates.data);
    free(m.touched.data);
    return status;
}

int pylm__pieces_learn(struct pylm__strings *pieces, const struct pylm__corpus *corpus, uint32_t n_pieces,
                       uint32_t n_threads, pylm_task *task)
{
    struct pylm__chunks chunks;
    uint32_t i, number;
    int status;
    pylm__task_begin(task, PYLM_STAGE_PIECES, n_pieces);
    for (i = 0; i < 256u; i++) {
        uint8_t byte = (uint8_t)i;
        PYLM__TRY(pylm__strings_number(pieces, &byte, 1, &number));
    }
    status = pylm__chunks_count(&chunks, corpus, n_threads, task);
    if (status == PYLM_OK)
        status = merge_chunks(&chunks, pieces, n_pieces, task);
    pylm__chunks_free(&chunks);
    return status;
}

uint32_t pylm__pieces_default(const struct pylm__corpus *corpus)
{
    const uint8_t *text = corpus->symbols.data;
    uint64_t i, n_characters = 0;
    double n;
    for (i = 0; i < corpus->n; pylm__corpus_passed(corpus, i++))
        n_characters += !pylm__continues(text[i]);
    n = 7.0 * sqrt((double)n_characters); /* DESIGN.md, "From text to symbols" */
    return n < 512.0 ? 512u : n > 65536.0 ? 65536u : (uint32_t)n;
}
