/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * context.c: see context.h.
 */
#include "context.h"

#include <stddef.h>
#include <string.h>

/* Compile-time check, as in image.c. */
typedef char state_fits[sizeof(struct pylm__state) <= sizeof(pylm_state) ? 1 : -1];
#if PYLM_MODULE_TOPIC
typedef char bytes_fit[PYLM__N_READ_BYTES <= PYLM__MAX_READING ? 1 : -1];
#endif

/* What belongs to a word in a byte model: ASCII letters, the apostrophe, and every byte of a character
 * outside ASCII. Upper case counts as lower case. 0 for what parts words. */
static uint32_t letter(uint32_t byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return byte + ('a' - 'A');
    return (byte >= 'a' && byte <= 'z') || byte >= 128u || byte == '\'' ? byte : 0u;
}

/* Whether a word begins at a byte, just read, though no space stands before it: where in Japanese a Chinese
 * character (U+4000 to U+9FFF) follows kana (U+3000 to U+3FFF), and where a word is too long to come again. */
static int begins_word(const struct pylm__state *state, uint32_t byte)
{
    return (byte >= 0xe4u && byte <= 0xe9u && pylm__state_recent(state, 4) == 0xe3u + 1u) ||
           state->n_letters == PYLM__MAX_LETTERS;
}

/* Bytes: puts a word in front of those before it. */
static void read_word(struct pylm__state *state, uint32_t word)
{
#if PYLM_MODULE_TOPIC
    uint32_t *last = state->read.words.last, i;
    for (i = PYLM__MAX_PLACES - 1u; i; i--)
        last[i] = last[i - 1u];
    last[0] = word;
    state->read.words.n++;
#else
    (void)state;
    (void)word;
#endif
}

static void end_word(struct pylm__state *state)
{
    uint32_t *word = state->word;
    if (word[0]) {
        read_word(state, word[0]);
        word[3] = word[2];
        word[2] = word[1];
        word[1] = word[0];
        word[0] = state->n_letters = 0;
    }
}

static void read_byte(struct pylm__state *state, uint32_t byte, const uint8_t *factor)
{
    uint32_t c = letter(byte);
    if (!c || begins_word(state, byte))
        end_word(state);
    if (c) {
        state->word[0] = (uint32_t)(pylm__hash_by(factor, state->word[0], c) >> 32) | 1u; /* never 0: no word */
        state->n_letters++;
    } else if (byte != ' ') {
        read_word(state, pylm__word_of_byte(byte + 1u));
    }
}

void pylm__state_read(struct pylm__state *state, uint32_t tokenizer, uint32_t symbol, const uint8_t *factor)
{
    state->recent[state->at & (PYLM__MAX_LAG - 1u)] = symbol + 1u;
    state->at++;
    if (PYLM_BYTES || tokenizer == PYLM_TOKENIZER_BYTES) {
        read_byte(state, symbol, factor);
#if PYLM_MODULE_LAYOUT
        pylm__layout_read(&state->read.bytes.layout, state->at - 1u, symbol, state->n_letters == 1u);
#endif
    }
}

/* Adds a symbol to what the text is about; PYLM_NONE: nothing. Of bytes, reading them does. */
static void read_topic(struct pylm__state *state, const struct pylm__model *model, uint32_t symbol)
{
#if PYLM_MODULE_TOPIC
    struct pylm__topics topics = pylm__topics_of(model);
    if (topics.n && symbol != PYLM_NONE && model->tokenizer != PYLM_TOKENIZER_BYTES)
        pylm__topic_read(&topics, state->read.topic, symbol);
#else
    (void)state;
    (void)model;
    (void)symbol;
#endif
}

void pylm__state_go_on(struct pylm__state *state, const struct pylm__model *model, uint32_t symbol)
{
    if (symbol == model->text_end) {
        memset(state, 0, offsetof(struct pylm__state, learns));
#if PYLM_MODULE_TOPIC || PYLM_MODULE_LAYOUT
        memset(&state->read, 0, sizeof state->read);
#endif
        symbol = model->line_end;
    }
    if (symbol != PYLM_NONE)
        pylm__state_read(state, model->tokenizer, symbol, pylm__factor(model));
    read_topic(state, model, symbol);
    if (PYLM_MODULE_TOPIC || PYLM_MODULE_LAYOUT)
        state->n_read = pylm__n_read(model);
}

/* Class or coarse class of the symbol `lag` back plus one, or 0 if the text is not that long. */
static uint32_t class_value(const struct pylm__tree *tree, const struct pylm__state *state, uint32_t lag, int coarse)
{
    unsigned width = (unsigned)tree->class_bits + tree->coarse_bits;
    uint32_t recent = pylm__state_recent(state, lag);
    pylm__bit bit;
    if (!recent || !pylm__has_classes(tree))
        return 0;
    bit = (pylm__bit)pylm__tree_leaf(tree, recent - 1u) * width;
    return 1u + (coarse ? pylm__bits(tree->parts[PYLM__P_CLASSES], bit + tree->class_bits, tree->coarse_bits)
                        : pylm__bits(tree->parts[PYLM__P_CLASSES], bit, tree->class_bits));
}

uint32_t pylm__context_previous(const struct pylm__tree *tree, const struct pylm__state *state)
{
    uint32_t previous = pylm__has_classes(tree) ? class_value(tree, state, 1, 0) : pylm__state_recent(state, 1);
    return PYLM__DAMAGED(previous >= tree->n_previous) ? 0u : previous;
}

uint32_t pylm__context_before(const struct pylm__tree *tree, const struct pylm__state *state)
{
    uint32_t before = pylm__has_classes(tree) ? class_value(tree, state, 2, 1) : pylm__state_recent(state, 2);
    return PYLM__DAMAGED(before >= tree->n_before) ? 0u : before;
}

/* The value that a template of this kind and lag adds to its base. */
static uint32_t context_value(const struct pylm__tree *tree, const struct pylm__state *state, uint32_t kind,
                              uint32_t lag)
{
    uint32_t value = 0, i;
    switch (kind) {
    case PYLM__KIND_SYMBOL:
        return pylm__state_recent(state, lag);
    case PYLM__KIND_CLASS:
        return class_value(tree, state, lag, 0);
    case PYLM__KIND_COARSE:
        for (i = 1; i <= lag; i++)
            value = pylm__coarse_extend(value, class_value(tree, state, i, 1));
        return value;
    case PYLM__KIND_WORD:
        return state->word[lag];
#if PYLM_MODULE_LAYOUT
    case PYLM__KIND_ABOVE:
        return pylm__layout_place(&state->read.bytes.layout, state->at);
    case PYLM__KIND_SHAPE:
        return pylm__layout_shape(&state->read.bytes.layout, lag);
    case PYLM__KIND_LINE:
        return pylm__layout_line(&state->read.bytes.layout);
#endif
    default:
        return 0;
    }
}

void pylm__context_hashes(const struct pylm__tree *tree, const struct pylm__state *state, const uint8_t *factor,
                          uint64_t *hashes)
{
    uint32_t k;
    for (k = 0; k < tree->n_templates; k++) {
        const uint8_t *head = pylm__template_head(tree, k);
        uint32_t base = head[PYLM__C_BASE];
        uint32_t value = context_value(tree, state, head[PYLM__C_KIND], head[PYLM__C_LAG]);
        hashes[k] = pylm__hash_by(factor, base == PYLM__NO_BASE ? PYLM__HASH_SEED : hashes[base], value);
    }
}
