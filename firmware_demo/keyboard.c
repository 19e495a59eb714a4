/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * keyboard.c: see keyboard.h.
 *
 * Suggestions are found by looking at the most probable beginning first: the bytes that may follow it are new,
 * less probable beginnings, and a word whose end is more probable than all beginnings is the next suggestion. A
 * beginning is kept as text only; its state is read again from that of the started word, which costs next to nothing.
 */
#include "keyboard.h"

#include <string.h>

static const pylm_sampling sentence_sampling = {32768, 8, 65536, 0, 65536, 0}; /* temperature 1/2, of 8 bytes */

int keyboard_is_letter(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '\'' || byte >= 128u;
}

int keyboard_is_end(uint8_t byte)
{
    return byte == '.' || byte == '!' || byte == '?' || byte == '\n';
}

int keyboard_begin(struct keyboard *keyboard, const pylm_model *model, void *work, void *overlay, size_t overlay_nbytes)
{
    pylm_info info;
    pylm_model_info(model, &info);
    if (info.tokenizer != PYLM_TOKENIZER_BYTES)
        return PYLM_ERR_ARGUMENT;
    memset(keyboard, 0, sizeof *keyboard);
    keyboard->model = model;
    keyboard->work = work;
    keyboard->sampler.settings = sentence_sampling;
    if (pylm_overlay_init(model, overlay, overlay_nbytes) != PYLM_OK ||
        pylm_state_attach(model, &keyboard->state, overlay, overlay_nbytes) != PYLM_OK)
        pylm_state_init(model, &keyboard->state);
    return PYLM_OK;
}

/* ---- typing ---- */

/* The started word, and a byte behind it if there is one, become a part of the text. */
static void learn_word(struct keyboard *keyboard, const uint8_t *behind)
{
    uint32_t symbols[KEYBOARD_WORD_NBYTES + 1u], i, n = keyboard->n_word;
    for (i = 0; i < n; i++)
        symbols[i] = keyboard->word[i];
    if (behind)
        symbols[n++] = *behind;
    (void)pylm_score(keyboard->model, &keyboard->state, symbols, n, keyboard->work, NULL, NULL);
    keyboard->n_word = 0;
}

void keyboard_type(struct keyboard *keyboard, uint8_t byte)
{
    if (!keyboard_is_letter(byte)) {
        learn_word(keyboard, &byte);
        return;
    }
    if (keyboard->n_word == KEYBOARD_WORD_NBYTES)
        learn_word(keyboard, NULL);
    keyboard->word[keyboard->n_word++] = byte;
}

uint32_t keyboard_erase(struct keyboard *keyboard)
{
    uint32_t n_before = keyboard->n_word;
    uint8_t byte = 0x80u;
    while (keyboard->n_word && (byte & 0xc0u) == 0x80u) /* back to the byte that begins the character */
        byte = keyboard->word[--keyboard->n_word];
    return n_before - keyboard->n_word;
}

/* ---- suggestions ---- */

static void read_bytes(const struct keyboard *keyboard, pylm_state *state, const uint8_t *text, uint32_t nbytes)
{
    uint32_t i;
    for (i = 0; i < nbytes; i++)
        (void)pylm_state_read(keyboard->model, state, text[i]);
}

/* Puts a guess where it belongs by cost, behind the suggestions; if there is no room, the costliest is lost. */
static void add_guess(struct keyboard *keyboard, uint32_t *n_guesses, const struct keyboard_guess *guess)
{
    struct keyboard_guess *guesses = keyboard->guesses;
    uint32_t i = *n_guesses;
    if (i == KEYBOARD_GUESSES) {
        if (guesses[--i].cost_q16 <= guess->cost_q16)
            return;
    } else {
        ++*n_guesses;
    }
    for (; i > keyboard->n_suggestions && guesses[i - 1u].cost_q16 > guess->cost_q16; i--)
        guesses[i] = guesses[i - 1u];
    guesses[i] = *guess;
}

/* Takes the best guess out, which is not a suggestion yet. */
static struct keyboard_guess take_guess(struct keyboard *keyboard, uint32_t *n_guesses)
{
    struct keyboard_guess best = keyboard->guesses[keyboard->n_suggestions];
    uint32_t i;
    --*n_guesses;
    for (i = keyboard->n_suggestions; i < *n_guesses; i++)
        keyboard->guesses[i] = keyboard->guesses[i + 1u];
    return best;
}

/* Replaces a guess by what may become of it: a byte longer, or the whole word. Of several bytes that may end it the
 * most probable one counts. */
static void extend_guess(struct keyboard *keyboard, struct keyboard_guess guess, uint32_t *n_guesses)
{
    struct keyboard_guess longer;
    pylm_candidate next[KEYBOARD_BRANCHES];
    pylm_state state = keyboard->state;
    uint32_t i, n;
    int has_end = guess.nbytes == 0; /* what was typed is not suggested */
    read_bytes(keyboard, &state, keyboard->word, keyboard->n_word);
    read_bytes(keyboard, &state, guess.text, guess.nbytes);
    pylm_top(keyboard->model, &state, KEYBOARD_BRANCHES, keyboard->work, next, &n);
    for (i = 0; i < n; i++) {
        int is_letter = keyboard_is_letter((uint8_t)next[i].symbol);
        if (is_letter ? guess.nbytes == KEYBOARD_WORD_NBYTES : has_end)
            continue;
        longer = guess;
        longer.cost_q16 += next[i].cost_q16;
        if (is_letter) {
            longer.text[longer.nbytes++] = (uint8_t)next[i].symbol;
        } else {
            longer.is_whole = 1;
            has_end = 1;
        }
        add_guess(keyboard, n_guesses, &longer);
    }
}

void keyboard_suggest(struct keyboard *keyboard)
{
    uint32_t n_guesses = 1, tries = 0;
    keyboard->n_suggestions = 0;
    memset(&keyboard->guesses[0], 0, sizeof keyboard->guesses[0]); /* the empty one */
    while (keyboard->n_suggestions < n_guesses && keyboard->n_suggestions < KEYBOARD_SUGGESTIONS) {
        if (keyboard->guesses[keyboard->n_suggestions].is_whole)
            keyboard->n_suggestions++;
        else if (tries++ < KEYBOARD_TRIES)
            extend_guess(keyboard, take_guess(keyboard, &n_guesses), &n_guesses);
        else
            break;
    }
}

/* ---- sentences ---- */

void keyboard_sentence(struct keyboard *keyboard)
{
    read_bytes(keyboard, &keyboard->state, keyboard->word, keyboard->n_word);
    keyboard->n_word = 0;
    keyboard->n_suggestions = 0;
}

uint8_t keyboard_go_on(struct keyboard *keyboard)
{
    pylm_candidate candidates[8];
    uint32_t symbol = '.';
    (void)pylm_sample(keyboard->model, &keyboard->state, &keyboard->sampler, keyboard->work, candidates, 8, &symbol);
    (void)pylm_state_read(keyboard->model, &keyboard->state, symbol);
    return (uint8_t)symbol;
}
