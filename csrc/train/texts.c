/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * texts.c: encoding and scoring many texts on many threads.
 *
 * Short texts are done in groups, each by one thread from bytes to costs. A long text is done block by block: one
 * thread encodes a block, and pushes its symbols through a state, to know the states within it; meanwhile the others
 * score the block before, in chunks, each from its state on. What a model predicts without learning depends on nothing
 * else.
 */
#include <stdlib.h>
#include <string.h>

#include "pylm_adapt.h"
#include "pylm_text.h"
#include "train/base/common.h"

#define GROUP 131072u       /* bytes of a group: the larger, the longer the pieces are in the processor's cache */
#define SMALL_GROUP 4096u   /* so small, if there would be few: a millisecond */
#define GROUPS_A_THREAD 16u /* that are wanted, so that threads end at the same time */
#define WORTH_THREAD 1024u  /* bytes */
#define PLACE 64u           /* what a text counts for besides: an empty one takes time, too */
#define LONG 65536u         /* bytes of a text that threads do not share */
#define CHUNK 2048u         /* symbols */
#define N_CHUNKS 64u        /* of a block */
#define UNIT 10u            /* of progress: log2 of bytes */
#define N_WORDS 64u         /* unknown ones that are found at once */

/* Symbols in a row, and the text that they stand for. */
struct chunk {
    pylm_state state; /* before them */
    const uint8_t *text;
    uint64_t nbytes;
    uint32_t *symbols;
    uint64_t n;
    pylm_text_score score;
};

struct block {
    struct chunk chunks[N_CHUNKS];
    uint32_t symbols[N_CHUNKS * CHUNK];
    uint32_t n;
};

/* What a thread works in. */
struct desk {
    void *work, *spelling_work;
    uint32_t symbols[GROUP + LONG + GROUP / PLACE + 1u], costs[LONG + 1u]; /* a text has one symbol more than bytes */
    uint32_t n[GROUP / PLACE + 1u];                                        /* symbols of each text of a group */
};

/* Texts from one on, up to before another one: short ones, or a long one. */
struct group {
    uint64_t begin, end;
};

struct reading {
    const pylm_encoder *encoder;
    const pylm_model *model;
    const pylm_strings *texts;
    pylm_state start;
    pylm_model spelling;                 /* of unknown words, if they are spelled */
    uint32_t saves, unknown, empty_line; /* symbols or PYLM_NONE */
    int spells;
    pylm_text_score *scores;
    pylm_task *task;
    uint32_t n_threads, n_desks;
    struct desk **desks; /* of the threads */
    struct group *groups;
    uint64_t n_groups;
    struct block *blocks; /* the one that is scored, and the next one */
    /* of the long text */
    const uint8_t *text;
    uint64_t nbytes, position;
    pylm_state state; /* there */
    uint32_t now;     /* which block is scored */
};

/* How many bytes stand before a text. */
static uint64_t begin_of(const pylm_strings *texts, uint64_t i)
{
    return i ? texts->ends[i - 1u] : 0u;
}

static const uint8_t *text_of(const pylm_strings *texts, uint64_t i, uint64_t *nbytes)
{
    *nbytes = texts->ends[i] - begin_of(texts, i);
    return (const uint8_t *)texts->bytes + begin_of(texts, i);
}

static int encode(const struct reading *r, const uint8_t *text, uint64_t nbytes, uint64_t *position, uint32_t *symbols,
                  uint64_t *n)
{
    if (r->encoder)
        return pylm_encoder_encode(r->encoder, text, nbytes, r->texts->end, position, symbols, n);
    return pylm_encode(r->model, text, nbytes, r->texts->end, position, symbols, n);
}

/* Some bytes of all texts are done. */
static void pass(const struct reading *r, uint64_t begin, uint64_t end)
{
    pylm__task_add(r->task, (uint32_t)((end >> UNIT) - (begin >> UNIT)));
}

/* ------------------------------------------------------------------ one chunk */

/* What the letters of the unknown words in a part of a text cost. */
static int spell(const struct reading *r, struct desk *desk, const uint8_t *text, uint64_t nbytes, uint64_t *total)
{
    pylm_span words[N_WORDS];
    uint64_t position = 0, n, i, cost;
    while (position <= nbytes) {
        n = N_WORDS;
        PYLM__TRY(pylm_unknown_words(r->model, text, nbytes, &position, words, &n));
        for (i = 0; i < n; i++) {
            pylm_spelling_cost(&r->spelling, r->saves, text + words[i].begin, words[i].end - words[i].begin,
                               desk->spelling_work, &cost);
            *total += cost;
        }
    }
    return PYLM_OK;
}

static int score_chunk(const struct reading *r, struct desk *desk, struct chunk *chunk)
{
    pylm_text_score *score = &chunk->score;
    int looks = r->unknown != PYLM_NONE;
    uint64_t i;
    memset(score, 0, sizeof *score);
    score->n_symbols = chunk->n;
    PYLM__TRY(pylm_score(r->model, &chunk->state, chunk->symbols, chunk->n, desk->work, looks ? desk->costs : NULL,
                         &score->cost_q16));
    for (i = 0; looks && i < chunk->n; i++)
        if (chunk->symbols[i] == r->unknown) {
            score->n_unknown++;
            score->unknown_q16 += desk->costs[i];
        }
    return score->n_unknown && r->spells ? spell(r, desk, chunk->text, chunk->nbytes, &score->letters_q16) : PYLM_OK;
}

static void add(pylm_text_score *sum, const pylm_text_score *score)
{
    sum->n_symbols += score->n_symbols;
    sum->n_unknown += score->n_unknown;
    sum->cost_q16 += score->cost_q16;
    sum->unknown_q16 += score->unknown_q16;
    sum->letters_q16 += score->letters_q16;
}

/* What this thread works in, made when it is first asked for. NULL if there is no memory. */
static struct desk *desk_of_thread(const struct reading *r)
{
    struct desk **desk = &r->desks[pylm__thread()];
    if (!*desk) {
        *desk = pylm__array_new(1, sizeof **desk);
        if (*desk) {
            (*desk)->work = malloc((size_t)pylm_work_nbytes(r->model));
            (*desk)->spelling_work = malloc(r->spells ? (size_t)pylm_work_nbytes(&r->spelling) : 1u);
        }
    }
    return *desk && (*desk)->work && (*desk)->spelling_work ? *desk : NULL;
}

/* ------------------------------------------------------------------ short texts */

/* Encodes a text of a group. */
static int encode_text(const struct reading *r, uint64_t number, uint32_t *symbols, uint32_t *n_ret)
{
    uint64_t position = 0, nbytes, n;
    const uint8_t *text = text_of(r->texts, number, &nbytes);
    n = nbytes + 1u;
    if (nbytes) {
        PYLM__TRY(encode(r, text, nbytes, &position, symbols, &n));
    } else {
        symbols[0] = r->empty_line;
        n = r->empty_line != PYLM_NONE;
    }
    *n_ret = (uint32_t)n;
    return PYLM_OK;
}

/* First all texts are encoded, while the pieces are in the processor's cache; then all are scored. */
static int score_short(const struct reading *r, struct desk *desk, const struct group *group)
{
    struct chunk chunk;
    uint32_t *symbols = desk->symbols, *n = desk->n;
    uint64_t i;
    for (i = group->begin; i < group->end; i++) {
        PYLM__TRY(encode_text(r, i, symbols, n));
        symbols += *n++;
    }
    chunk.symbols = desk->symbols;
    for (i = group->begin, n = desk->n; i < group->end; i++) {
        chunk.text = text_of(r->texts, i, &chunk.nbytes);
        chunk.n = *n++;
        chunk.state = r->start;
        PYLM__TRY(score_chunk(r, desk, &chunk));
        r->scores[i] = chunk.score;
        chunk.symbols += chunk.n;
    }
    return PYLM_OK;
}

static int is_long(const pylm_strings *texts, uint64_t i)
{
    return texts->ends[i] - begin_of(texts, i) > LONG;
}

static int score_group(void *user, uint32_t number, pylm_task *task)
{
    const struct reading *r = user;
    const struct group *group = &r->groups[number];
    struct desk *desk;
    (void)task; /* which would count groups */
    if (is_long(r->texts, group->begin))
        return PYLM_OK;
    if (pylm__task_cancelled(r->task))
        return PYLM_ERR_CANCELLED;
    desk = desk_of_thread(r);
    if (!desk)
        return PYLM_ERR_MEMORY;
    PYLM__TRY(score_short(r, desk, group));
    pass(r, begin_of(r->texts, group->begin), r->texts->ends[group->end - 1u]);
    return PYLM_OK;
}

/* How many groups of so many bytes there are. `groups`: where to put them, or NULL. */
static uint64_t find_groups(const pylm_strings *texts, uint64_t nbytes, struct group *groups)
{
    uint64_t i, n = 0, room = 0;
    for (i = 0; i < texts->n_texts; i++) {
        uint64_t size = texts->ends[i] - begin_of(texts, i) + PLACE;
        if (!room || size > LONG) {
            room = nbytes;
            n++;
            if (groups)
                groups[n - 1u].begin = i;
        }
        room = size < room ? room - size : 0u;
        if (groups)
            groups[n - 1u].end = i + 1u;
    }
    return n;
}

/* ------------------------------------------------------------------ long texts */

/* Encodes the next block, and finds the states in it. */
static int fill(struct reading *r, struct block *block)
{
    uint64_t i, begin;
    block->n = 0;
    while (block->n < N_CHUNKS && r->position <= r->nbytes) {
        struct chunk *chunk = &block->chunks[block->n];
        begin = r->position;
        chunk->symbols = block->symbols + block->n * CHUNK;
        chunk->n = CHUNK;
        PYLM__TRY(encode(r, r->text, r->nbytes, &r->position, chunk->symbols, &chunk->n));
        chunk->text = r->text + begin;
        chunk->nbytes = (r->position < r->nbytes ? r->position : r->nbytes) - begin;
        chunk->state = r->state;
        for (i = 0; i < chunk->n; i++)
            PYLM__TRY(pylm_state_push(r->model, &r->state, chunk->symbols[i]));
        block->n += chunk->n > 0u;
    }
    return PYLM_OK;
}

/* Job 0 fills the next block, the others score the chunks of this one. */
static int score_block(void *user, uint32_t number, pylm_task *task)
{
    struct reading *r = user;
    struct desk *desk;
    (void)task;
    if (pylm__task_cancelled(r->task))
        return PYLM_ERR_CANCELLED;
    if (!number)
        return fill(r, &r->blocks[!r->now]);
    desk = desk_of_thread(r);
    return desk ? score_chunk(r, desk, &r->blocks[r->now].chunks[number - 1u]) : PYLM_ERR_MEMORY;
}

static int score_long(struct reading *r, uint64_t number, uint32_t n_threads)
{
    uint64_t before = begin_of(r->texts, number), reached = 0;
    uint32_t i;
    if (!r->blocks)
        r->blocks = pylm__array_new(2, sizeof *r->blocks);
    if (!r->blocks)
        return PYLM_ERR_MEMORY;
    r->text = text_of(r->texts, number, &r->nbytes);
    r->position = 0;
    r->state = r->start;
    memset(&r->scores[number], 0, sizeof *r->scores);
    PYLM__TRY(fill(r, &r->blocks[r->now]));
    while (r->blocks[r->now].n) {
        struct block *block = &r->blocks[r->now];
        const struct chunk *last = &block->chunks[block->n - 1u];
        uint64_t end = (uint64_t)(last->text - r->text) + last->nbytes;
        PYLM__TRY(pylm__run_jobs(score_block, r, block->n + 1u, n_threads, NULL));
        for (i = 0; i < block->n; i++)
            add(&r->scores[number], &block->chunks[i].score);
        pass(r, before + reached, before + end);
        reached = end;
        r->now = !r->now;
    }
    return PYLM_OK;
}

/* ------------------------------------------------------------------ all of them */

static int begin(struct reading *r, const pylm_state *context)
{
    const pylm_strings *texts = r->texts;
    pylm_info info;
    uint64_t i, nbytes, of_group;
    int status;
    for (i = 1; i < texts->n_texts; i++)
        if (texts->ends[i] < texts->ends[i - 1u])
            return PYLM_ERR_ARGUMENT;
    pylm_model_info(r->model, &info);
    r->unknown = info.unknown;
    r->empty_line = PYLM_NONE;
    if (texts->end == PYLM_TEXT_CLOSED && (info.tokenizer == PYLM_TOKENIZER_WORDS || info.text_end == info.line_end))
        r->empty_line = info.line_end;
    status = pylm_spelling(r->model, &r->spelling, &r->saves);
    r->spells = status == PYLM_OK;
    if (!r->spells && status != PYLM_ERR_ARGUMENT)
        return status;
    if (context)
        r->start = *context;
    else
        pylm_state_init(r->model, &r->start);
    pylm_state_set_learning(&r->start, 0);
    nbytes = texts->n_texts ? texts->ends[texts->n_texts - 1u] : 0u;
    r->n_desks = r->n_threads = (uint32_t)pylm__n_threads(r->n_threads, nbytes / WORTH_THREAD + 1u);
    of_group = nbytes / r->n_desks / GROUPS_A_THREAD;
    of_group = of_group < SMALL_GROUP ? SMALL_GROUP : of_group < GROUP ? of_group : GROUP;
    r->n_groups = find_groups(texts, of_group, NULL);
    if (r->n_groups > UINT32_MAX >> 1)
        return PYLM_ERR_LARGE;
    r->desks = pylm__array_new(r->n_desks, sizeof *r->desks);
    r->groups = pylm__array_new(r->n_groups, sizeof *r->groups);
    if (!r->desks || !r->groups)
        return PYLM_ERR_MEMORY;
    (void)find_groups(texts, of_group, r->groups);
    pylm__task_begin(r->task, PYLM_STAGE_SCORE, nbytes >> UNIT);
    return PYLM_OK;
}

static int score_all(struct reading *r)
{
    uint64_t i;
    PYLM__TRY(pylm__run_jobs(score_group, r, (uint32_t)r->n_groups, r->n_threads, NULL));
    for (i = 0; i < r->n_groups; i++)
        if (is_long(r->texts, r->groups[i].begin))
            PYLM__TRY(score_long(r, r->groups[i].begin, r->n_threads));
    return PYLM_OK;
}

static void end(struct reading *r)
{
    uint32_t i;
    for (i = 0; r->desks && i < r->n_desks; i++)
        if (r->desks[i]) {
            free(r->desks[i]->work);
            free(r->desks[i]->spelling_work);
            free(r->desks[i]);
        }
    free(r->desks);
    free(r->groups);
    free(r->blocks);
}

int pylm_score_texts(const pylm_encoder *encoder, const pylm_model *model, const pylm_state *context,
                     const pylm_strings *texts, uint32_t n_threads, pylm_text_score *scores, pylm_task *task)
{
    struct reading *r = pylm__array_new(1, sizeof *r);
    int status;
    if (!r)
        return PYLM_ERR_MEMORY;
    r->encoder = encoder;
    r->model = model;
    r->texts = texts;
    r->n_threads = n_threads;
    r->scores = scores;
    r->task = task;
    status = begin(r, context);
    if (status == PYLM_OK)
        status = score_all(r);
    end(r);
    free(r);
    return status;
}
