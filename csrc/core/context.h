/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * context.h: the history of a text, and the hashes of its contexts.
 *
 * Templates are data: each takes the context of an earlier template (its base) and extends it by one
 * value of the history. So {1,2} is {1} extended by the symbol two back, and one hash step a template is
 * enough.
 */
#ifndef PYLM_CORE_CONTEXT_H
#define PYLM_CORE_CONTEXT_H

#include "hash.h"
#include "layout.h"
#include "topic.h"

#define PYLM__MAX_LETTERS 24u /* bytes of a word; a longer one is parted */

#define PYLM__N_READ_BYTES (1u + PYLM__MAX_PLACES + (uint32_t)(sizeof(struct pylm__layout) / sizeof(uint32_t)))

/* Lives in pylm_state. An overlay keeps what stands before `learns`. */
struct pylm__state {
    uint32_t at;                    /* symbols read, modulo 2^32 */
    uint32_t recent[PYLM__MAX_LAG]; /* a ring of symbol + 1; 0 before the start of the text */
    uint32_t word[PYLM__N_WORDS];   /* hash of the word so far and of the three before it; 0: none */
    uint32_t n_letters;             /* of the word so far, bytes */
    uint32_t learns;                /* what is read is counted in the overlay */
    uint32_t n_read;                /* numbers of `read` that belong to the history; see pylm__n_read() */
    uint8_t *overlay;               /* NULL: the state does not adapt */
    size_t overlay_nbytes;
#if PYLM_MODULE_TOPIC || PYLM_MODULE_LAYOUT
    union {
#if PYLM_MODULE_TOPIC
        int32_t topic[PYLM__MAX_READING]; /* sums of the vectors of what was read */
#endif
        struct {                             /* bytes, see words.h */
            uint32_t n;                      /* read, modulo 2^32 */
            uint32_t last[PYLM__MAX_PLACES]; /* hashes, from the last one on; 0: none */
        } words;
        struct { /* bytes, behind the words */
            uint32_t words[1u + PYLM__MAX_PLACES];
            struct pylm__layout layout;
        } bytes;
    } read;
#endif
};

/* How many of the numbers in `read` a model needs. */
static inline uint32_t pylm__n_read(const struct pylm__model *model)
{
    int has_topic = PYLM_MODULE_TOPIC && pylm__topics_of(model).n > 0u;
    if (PYLM_BYTES || model->tokenizer == PYLM_TOKENIZER_BYTES)
        return has_topic || pylm__has_layout(model) ? PYLM__N_READ_BYTES : 0u;
    return has_topic ? PYLM__MAX_READING : 0u;
}

static inline struct pylm__state *pylm__state_view(pylm_state *state)
{
    return (struct pylm__state *)(void *)state;
}

/* Whether what is read is learned. */
static inline int pylm__state_learns(const struct pylm__state *state)
{
    return PYLM_MODULE_ADAPT && state->learns;
}

static inline const struct pylm__state *pylm__state_const(const pylm_state *state)
{
    return (const struct pylm__state *)(const void *)state;
}

/* Bytes: the word that a byte is which belongs to no other: of a symbol plus one, as in pylm__state.recent. */
static inline uint32_t pylm__word_of_byte(uint32_t byte_plus_one)
{
    return (uint32_t)(pylm__hash_step(PYLM__HASH_SEED, byte_plus_one) >> 32) | 1u;
}

/* Reads one symbol, which the model must have; not the end of a text.
 *   factor   of the model's hashes */
void pylm__state_read(struct pylm__state *state, uint32_t tokenizer, uint32_t symbol, const uint8_t *factor);

/* Reads one symbol as a model does: behind the end of a text another one begins. What was learned stays. */
void pylm__state_go_on(struct pylm__state *state, const struct pylm__model *model, uint32_t symbol);

/* Takes a state that is all zeros to the start of a text: it reads a line end, if there is a symbol for that. */
static inline void pylm__state_begin(struct pylm__state *state, const struct pylm__model *model)
{
    pylm__state_go_on(state, model, model->line_end);
}

/* The symbol `lag` back plus one, or 0 if the text is not that long. */
static inline uint32_t pylm__state_recent(const struct pylm__state *state, uint32_t lag)
{
    return state->recent[(state->at - lag) & (PYLM__MAX_LAG - 1u)];
}

/* One value for several coarse classes: `value` so far, extended by the next, both 0 for none. */
static inline uint32_t pylm__coarse_extend(uint32_t value, uint32_t coarse_plus_one)
{
    return value * 67u + coarse_plus_one;
}

/* Weight sets that the text before chooses: by the class of the previous symbol plus one, and by the coarse class of
 * the symbol before that plus one (without classes, the symbols plus one); 0 at the start of a text. */
uint32_t pylm__context_previous(const struct pylm__tree *tree, const struct pylm__state *state);
uint32_t pylm__context_before(const struct pylm__tree *tree, const struct pylm__state *state);

/* The context hashes of all templates of a tree; the upper PYLM__HASH_BITS bits of each count. */
void pylm__context_hashes(const struct pylm__tree *tree, const struct pylm__state *state, const uint8_t *factor,
                          uint64_t *hashes);

#endif
