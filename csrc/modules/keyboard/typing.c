/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * typing.c: splits typed text, and reads it into a model's state. See typing.h.
 */
#include "typing.h"

#include <string.h>

#include "modules/text/vocabulary.h"

#if PYLM_MODULE_KEYBOARD

#define MAX_CASED_NBYTES 64u /* longer words are looked for in their own case only */

/* ---- letters and signs ---- */

static int is_alnum(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 128u;
}

static int is_typographic(const uint8_t *p, uint64_t n)
{
    return n > 2u && p[0] == 0xe2u && p[1] == 0x80u && p[2] == 0x99u;
}

uint32_t pylm__joint(const uint8_t *p, uint64_t n)
{
    return n && (p[0] == '\'' || p[0] == '-') ? 1u : is_typographic(p, n) ? 3u : 0u;
}

uint32_t pylm__other_apostrophes(const uint8_t *text, uint64_t nbytes, uint8_t *out, uint32_t capacity)
{
    uint64_t i;
    uint32_t n = 0;
    int found = 0, to_ascii = 0;
    for (i = 0; i < nbytes; i++)
        to_ascii |= is_typographic(text + i, nbytes - i);
    for (i = 0; i < nbytes && capacity - n >= 3u; i++) {
        if (to_ascii ? !is_typographic(text + i, nbytes - i) : text[i] != '\'') {
            out[n++] = text[i];
            continue;
        }
        found = 1;
        memcpy(out + n, to_ascii ? "'" : "\xe2\x80\x99", to_ascii ? 1u : 3u);
        n += to_ascii ? 1u : 3u;
        i += to_ascii ? 2u : 0u;
    }
    return found && i == nbytes ? n : 0u;
}

/* The length of the sign at the start of a text; 0 for a letter, a digit, an apostrophe or a hyphen. Signs beyond ASCII
 * are U+0080 to U+00BF, and U+2010 to U+2027 without the apostrophe U+2019: dashes, quotation marks, dots; and white
 * space. */
static uint32_t sign_nbytes(const uint8_t *p, uint64_t n)
{
    if (p[0] == 0xc2u && n > 1u)
        return 2;
    if (p[0] == 0xe2u && n > 2u && p[1] == 0x80u && p[2] >= 0x90u && p[2] <= 0xa7u && p[2] != 0x99u)
        return 3;
    if (p[0] >= 0xe1u && pylm__long_space(p, n))
        return 3;
    return is_alnum(p[0]) || pylm__joint(p, n) ? 0u : 1u;
}

static int starts_word(const uint8_t *p, uint64_t n)
{
    return n && is_alnum(p[0]) && !sign_nbytes(p, n) && !pylm__joint(p, n);
}

static uint64_t word_end(const uint8_t *text, uint64_t nbytes, uint64_t at)
{
    uint32_t joint;
    for (;;) {
        if (starts_word(text + at, nbytes - at)) {
            at++;
            continue;
        }
        joint = pylm__joint(text + at, nbytes - at);
        if (!joint || !starts_word(text + at + joint, nbytes - at - joint))
            return at;
        at += joint;
    }
}

enum pylm__unit pylm__next_unit(const uint8_t *text, uint64_t nbytes, uint64_t *position, uint64_t *begin)
{
    uint64_t at = *position;
    uint32_t sign;
    at = pylm__skip_spaces(text, nbytes, at);
    *begin = *position = at;
    if (at == nbytes)
        return PYLM__UNIT_END;
    if (text[at] == '\n') {
        *position = at + 1u;
        return PYLM__UNIT_LINE_END;
    }
    if (starts_word(text + at, nbytes - at)) {
        *position = word_end(text, nbytes, at);
        return PYLM__UNIT_WORD;
    }
    sign = sign_nbytes(text + at, nbytes - at);
    *position = at + (sign ? sign : pylm__joint(text + at, nbytes - at));
    return PYLM__UNIT_SIGN;
}

uint64_t pylm__started_word(const uint8_t *text, uint64_t nbytes)
{
    uint64_t at = nbytes, begin = 0;
    enum pylm__unit unit = PYLM__UNIT_END;
    while (at && !pylm__is_space(text[at - 1u]) && text[at - 1u] != '\n')
        at--;
    while (at < nbytes) {
        unit = pylm__next_unit(text, nbytes, &at, &begin);
        if (unit == PYLM__UNIT_WORD && at < nbytes && at + pylm__joint(text + at, nbytes - at) == nbytes)
            return begin; /* "don'" on the way to "don't" */
    }
    return unit == PYLM__UNIT_WORD ? begin : nbytes;
}

int pylm__is_wordlike(const uint8_t *text, uint64_t nbytes)
{
    uint64_t at;
    for (at = 0; at < nbytes; at++)
        if (sign_nbytes(text + at, nbytes - at))
            return 0;
    return 1;
}

/* Whether a byte is a quotation mark or a bracket, which may stand between two sentences. */
static int is_bracket(uint8_t c)
{
    return c == '"' || c == '\'' || c == '(' || c == ')' || c == '[' || c == ']' || c == '*' || c == '_';
}

int pylm__begins_sentence(const uint8_t *text, uint64_t nbytes)
{
    int spaced = 0;
    for (;; nbytes--) {
        if (nbytes > 2u && text[nbytes - 3u] == 0xe2u && text[nbytes - 2u] == 0x80u && text[nbytes - 1u] >= 0x98u &&
            text[nbytes - 1u] <= 0x9fu) {
            nbytes -= 2u; /* U+2018 to U+201F */
            continue;
        }
        if (!nbytes || text[nbytes - 1u] == '\n')
            return 1;
        if (pylm__is_space(text[nbytes - 1u]))
            spaced = 1;
        else if (!is_bracket(text[nbytes - 1u]))
            break;
    }
    return spaced && (text[nbytes - 1u] == '.' || text[nbytes - 1u] == '!' || text[nbytes - 1u] == '?');
}

/* ---- case ---- */

/* The difference between the last byte of a letter and that of its other case: 32 for upper case, -32 for lower case, 0
 * for letters without cases.
 *   before   the byte before it */
static int other_case(uint8_t before, uint8_t c)
{
    if ((c >= 'A' && c <= 'Z') || (before == 0xc3u && c >= 0x80u && c <= 0x9eu && c != 0x97u))
        return 32;
    if ((c >= 'a' && c <= 'z') || (before == 0xc3u && c >= 0xa0u && c <= 0xbeu && c != 0xb7u))
        return -32;
    return 0;
}

static int other_case_at(const uint8_t *text, uint64_t i)
{
    return other_case(i ? text[i - 1u] : 0u, text[i]);
}

enum pylm__case pylm__case_of(const uint8_t *text, uint64_t nbytes)
{
    uint64_t i, upper = 0, lower = 0;
    int first = 0, other;
    for (i = 0; i < nbytes; i++) {
        other = other_case_at(text, i);
        if (other && !(upper + lower))
            first = other;
        upper += other > 0;
        lower += other < 0;
    }
    if (!upper)
        return PYLM__CASE_LOWER;
    if (upper == 1u && first > 0)
        return PYLM__CASE_CAPITAL;
    return lower ? PYLM__CASE_MIXED : PYLM__CASE_UPPER;
}

void pylm__to_case(const uint8_t *text, uint64_t nbytes, enum pylm__case to, uint8_t *out)
{
    uint64_t i;
    int other;
    for (i = 0; i < nbytes; i++) {
        other = other_case_at(text, i);
        if (to == PYLM__CASE_LOWER ? other < 0 : other > 0)
            other = 0;
        out[i] = (uint8_t)(text[i] + other);
        if (to == PYLM__CASE_CAPITAL && other_case_at(text, i))
            break;
    }
    if (i < nbytes)
        memcpy(out + i + 1u, text + i + 1u, (size_t)(nbytes - i - 1u));
}

int pylm__same_letters(const uint8_t *a, const uint8_t *b, uint64_t n)
{
    uint64_t i;
    for (i = 0; i < n; i++)
        if (a[i] != b[i] && a[i] + other_case_at(a, i) != b[i])
            return 0;
    return 1;
}

/* ---- reading ---- */

/* The symbol of a word as it stands, in lower case, with a capital, or in upper case; or PYLM_NONE. */
static uint32_t find_in_any_case(const pylm_model *model, const uint8_t *word, uint64_t nbytes)
{
    uint8_t lower[MAX_CASED_NBYTES], other[MAX_CASED_NBYTES];
    uint32_t symbol = pylm_symbol_find(model, word, nbytes);
    int to;
    if (symbol != PYLM_NONE || nbytes > MAX_CASED_NBYTES)
        return symbol;
    pylm__to_case(word, nbytes, PYLM__CASE_LOWER, lower);
    for (to = PYLM__CASE_LOWER; to <= PYLM__CASE_UPPER && symbol == PYLM_NONE; to++) {
        pylm__to_case(lower, nbytes, (enum pylm__case)to, other);
        symbol = pylm_symbol_find(model, other, nbytes);
    }
    return symbol;
}

/* Finds the two parts of a contraction, as the vocabulary has them: "it" and "'s", or "do" and "n't". */
static int find_parts(const pylm_model *model, const uint8_t *word, uint64_t nbytes, uint32_t *parts)
{
    uint64_t i, at;
    for (i = nbytes; i > 1u && word[i - 1u] != '\'';)
        i--;
    for (at = i - 1u; i > 1u && at && at + 2u > i - 1u; at--) {
        parts[0] = find_in_any_case(model, word, at);
        parts[1] = find_in_any_case(model, word + at, nbytes - at);
        if (parts[0] != PYLM_NONE && parts[1] != PYLM_NONE)
            return 1;
    }
    return 0;
}

/* Where the symbols of a text go. */
struct sink {
    const pylm_model *model;
    pylm__read_symbol read;
    void *user;
};

static void put(const struct sink *sink, uint32_t symbol)
{
    if (symbol != PYLM_NONE)
        sink->read(sink->user, symbol, NULL, 0);
}

static void read_unit(const struct sink *sink, enum pylm__unit unit, const uint8_t *text, uint64_t nbytes)
{
    uint32_t symbol = find_in_any_case(sink->model, text, nbytes), parts[2], n = 0;
    uint8_t other[MAX_CASED_NBYTES];
    if (symbol == PYLM_NONE && (n = pylm__other_apostrophes(text, nbytes, other, sizeof other)) != 0)
        symbol = find_in_any_case(sink->model, other, n);
    if (n && n < nbytes) { /* contractions have ' */
        text = other;
        nbytes = n;
    }
    if (symbol == PYLM_NONE && unit == PYLM__UNIT_WORD) {
        if (find_parts(sink->model, text, nbytes, parts)) {
            put(sink, parts[0]);
            symbol = parts[1];
        } else {
            symbol = pylm__load32(pylm__model_view(sink->model)->image + PYLM__H_UNKNOWN);
            sink->read(sink->user, symbol, text, nbytes);
            return;
        }
    }
    put(sink, symbol); /* signs outside the vocabulary are left out */
}

/* Reads text into a word model. What stands between white space is one symbol if the vocabulary has it. Else its words
 * and signs are read one by one. */
static void read_words(const struct sink *sink, const uint8_t *text, uint64_t nbytes)
{
    uint64_t position = 0, inside, begin;
    struct pylm__span word = {0, 0, 0};
    enum pylm__token token;
    enum pylm__unit unit;
    uint32_t symbol;
    while ((token = pylm__next_token(text, nbytes, 0, &position, &word)) != PYLM__TOKEN_END) {
        symbol = token == PYLM__TOKEN_LINE_END ? pylm__model_view(sink->model)->line_end
                                               : pylm_symbol_find(sink->model, text + word.begin, word.nbytes);
        if (symbol != PYLM_NONE) {
            put(sink, symbol);
            continue;
        }
        inside = word.begin;
        while ((unit = pylm__next_unit(text, position, &inside, &begin)) != PYLM__UNIT_END)
            read_unit(sink, unit, text + begin, inside - begin);
    }
}

#define N_AT_ONCE 16u

int pylm__read_typed(const pylm_model *model, const void *text, uint64_t nbytes, pylm__read_symbol read, void *user)
{
    struct sink sink = {model, read, user};
    uint64_t position = 0, n, i;
    uint32_t symbols[N_AT_ONCE];
    if (pylm__model_view(model)->tokenizer == PYLM_TOKENIZER_WORDS) {
        read_words(&sink, text, nbytes);
        return PYLM_OK;
    }
    while (nbytes && position <= nbytes) {
        int status;
        n = N_AT_ONCE;
        status = pylm_encode(model, text, nbytes, PYLM_TEXT_OPEN, &position, symbols, &n);
        if (status != PYLM_OK)
            return status;
        for (i = 0; i < n; i++)
            put(&sink, symbols[i]);
    }
    return PYLM_OK;
}

struct reader {
    const pylm_model *model;
    pylm_state *state;
};

static void push(void *user, uint32_t symbol, const uint8_t *word, uint64_t nbytes)
{
    struct reader *reader = user;
    (void)word;
    (void)nbytes;
    (void)pylm_state_push(reader->model, reader->state, symbol);
}

int pylm_read_typed(const pylm_model *model, pylm_state *state, const void *text, uint64_t nbytes)
{
    struct reader reader;
    reader.model = model;
    reader.state = state;
    return pylm__read_typed(model, text, nbytes, push, &reader);
}

#endif
