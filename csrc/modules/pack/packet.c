/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * packet.c: texts to packets and back; see pylm_pack.h.
 *
 * Behind a text comes the symbol that ends it. As a text may have that symbol itself, a decision follows each of them,
 * whether the text ends there. It costs a tenth of a bit where the first one is the end. From the second on, the end
 * is as probable as if it came once, and the symbol had come as often as it has: in a file of n lines this costs some
 * 2 log2(n) bits in all.
 */
#include "pylm_pack.h"

#include <string.h>

#include "down.h"
#include "pylm_text.h"

#if PYLM_MODULE_PACK

#define PACKET_NAMED 0xfeu
#define PACKET_TEXT 0xffu
#define NAME_NBYTES 4u
#define AT_ONCE 16u
#define FIRST_ENDS_Q16 61440u /* 15/16 */

/* A text on its way through the coder. */
struct passage {
    const struct pylm__model *model;
    struct pylm__state *state;
    struct pylm__work *work;
    struct pylm__coder coder;
    uint32_t end;    /* the symbol that ends a text */
    uint32_t n_ends; /* how often it has come */
};

static int begin(struct passage *passage, const pylm_model *model, pylm_state *state, void *work)
{
    const struct pylm__model *view = pylm__model_view(model), *root = pylm__root_model(view);
    passage->model = view;
    passage->state = pylm__state_view(state);
    passage->work = work;
    passage->end = view->text_end == PYLM_NONE ? view->line_end : view->text_end;
    passage->n_ends = 0;
    if (pylm__is_kernel(view) || pylm__n_trees(view) > 1u || passage->end >= pylm__n_symbols(view))
        return PYLM_ERR_ARGUMENT;
    if (PYLM_BYTES || root->tokenizer == PYLM_TOKENIZER_BYTES)
        return PYLM_OK;
    return PYLM_MODULE_TEXT && root->tokenizer == PYLM_TOKENIZER_PIECES ? PYLM_OK : PYLM_ERR_ARGUMENT;
}

/* Writes a symbol, or reads one. */
static uint32_t pass(struct passage *passage, uint32_t symbol)
{
    symbol = pylm__code_symbol(passage->model, passage->state, symbol, passage->work, &passage->coder);
    passage->n_ends += symbol == passage->end;
    return symbol;
}

/* Behind the symbol that ends texts: writes whether this one ends, or reads it. */
static int pass_end(struct passage *passage, int ends)
{
    uint32_t right = passage->n_ends == 1u ? FIRST_ENDS_Q16 : 65536u / (passage->n_ends + 1u);
    return pylm__coder_decide(&passage->coder, right ? right : 1u, ends);
}

/* The next symbols of a text, AT_ONCE at most. Returns how many. */
static uint32_t next_symbols(const pylm_model *model, const uint8_t *text, uint64_t nbytes, uint64_t *position,
                             uint32_t *symbols)
{
    uint64_t n = 0;
#if PYLM_MODULE_TEXT && !PYLM_BYTES
    n = AT_ONCE;
    (void)pylm_encode(model, text, nbytes, PYLM_TEXT_OPEN, position, symbols, &n);
#else
    (void)model;
    for (; *position < nbytes && n < AT_ONCE; n++)
        symbols[n] = text[(*position)++];
    *position += *position == nbytes;
#endif
    return (uint32_t)n;
}

/* Adds a symbol's text. Returns 0 if there is no room, or no text, as a damaged image may have it: else it could go on
 * for ever. */
static int add_text(const pylm_model *model, uint32_t symbol, uint8_t *text, uint64_t room, uint64_t *nbytes)
{
#if PYLM_MODULE_TEXT && !PYLM_BYTES
    const unsigned char *its;
    uint32_t i, n;
    if (pylm_symbol_text(model, symbol, &its, &n) != PYLM_OK || !n || n > room - *nbytes)
        return 0;
    for (i = 0; i < n; i++)
        text[(*nbytes)++] = its[i];
    return 1;
#else
    (void)model;
    if (*nbytes >= room)
        return 0;
    text[(*nbytes)++] = (uint8_t)symbol;
    return 1;
#endif
}

int pylm_pack(const pylm_model *model, pylm_state *state, const void *text, uint64_t text_nbytes, void *work,
              void *packed, uint64_t *packed_nbytes)
{
    struct passage passage;
    uint32_t symbols[AT_ONCE], i, n;
    uint64_t position = 0, room = *packed_nbytes;
    if (begin(&passage, model, state, work) != PYLM_OK)
        return PYLM_ERR_ARGUMENT;
    *packed_nbytes = 0;
    if (!text_nbytes)
        return PYLM_OK;
    pylm__coder_write(&passage.coder, packed, room < text_nbytes ? room : text_nbytes);
    while (position <= text_nbytes) {
        n = next_symbols(model, text, text_nbytes, &position, symbols);
        for (i = 0; i < n; i++)
            if (pass(&passage, symbols[i]) == passage.end)
                (void)pass_end(&passage, 0);
    }
    (void)pass(&passage, passage.end);
    (void)pass_end(&passage, 1);
    pylm__coder_finish(&passage.coder);
    *packed_nbytes = passage.coder.at;
    if (passage.coder.at <= passage.coder.room)
        return PYLM_OK;
    *packed_nbytes = text_nbytes + 1u;
    if (room <= text_nbytes)
        return PYLM_ERR_SPACE;
    ((uint8_t *)packed)[0] = PACKET_TEXT;
    memcpy((uint8_t *)packed + 1, text, (size_t)text_nbytes);
    return PYLM_OK;
}

/* A packet that is the text. The state reads it as it did at the other end. */
static int take_text(struct passage *passage, const pylm_model *model, const uint8_t *from, uint64_t nbytes,
                     uint8_t *text, uint64_t *text_nbytes)
{
    uint32_t symbols[AT_ONCE], n;
    uint64_t position = 0;
    pylm_state *state = (pylm_state *)(void *)passage->state;
    if (!nbytes)
        return PYLM_ERR_DAMAGED; /* the empty text has an empty packet */
    if (nbytes > *text_nbytes)
        return PYLM_ERR_SPACE;
    memcpy(text, from, (size_t)nbytes);
    *text_nbytes = nbytes;
    while (position <= nbytes) {
        n = next_symbols(model, from, nbytes, &position, symbols);
        (void)pylm_score(model, state, symbols, n, passage->work, NULL, NULL);
    }
    return pylm_score(model, state, &passage->end, 1, passage->work, NULL, NULL);
}

static int read_text(struct passage *passage, const pylm_model *model, uint8_t *text, uint64_t *text_nbytes)
{
    uint64_t n = 0;
    uint32_t symbol;
    for (;;) {
        symbol = pass(passage, 0);
        if (symbol == passage->end && pass_end(passage, 0))
            break;
        if (pylm__coder_is_beyond(&passage->coder))
            return PYLM_ERR_DAMAGED;
        if (!add_text(model, symbol, text, *text_nbytes, &n))
            return PYLM_ERR_SPACE;
    }
    *text_nbytes = n;
    return n && pylm__coder_is_whole(&passage->coder) ? PYLM_OK : PYLM_ERR_DAMAGED;
}

int pylm_unpack(const pylm_model *model, pylm_state *state, const void *packed, uint64_t packed_nbytes, void *work,
                void *text, uint64_t *text_nbytes)
{
    struct passage passage;
    const uint8_t *at = packed;
    uint64_t n = packed_nbytes;
    if (begin(&passage, model, state, work) != PYLM_OK)
        return PYLM_ERR_ARGUMENT;
    if (n && *at == PACKET_NAMED) {
        if (n <= NAME_NBYTES)
            return PYLM_ERR_DAMAGED;
        if (pylm__load32(at + 1) != pylm_fingerprint(model))
            return PYLM_ERR_BASE;
        at += 1u + NAME_NBYTES;
        n -= 1u + NAME_NBYTES;
    }
    if (n && *at == PACKET_TEXT)
        return take_text(&passage, model, at + 1, n - 1u, text, text_nbytes);
    if (n && *at >= PYLM__PACK_FIRST)
        return PYLM_ERR_VERSION;
    if (!n) {
        *text_nbytes = 0;
        return PYLM_OK;
    }
    pylm__coder_read(&passage.coder, at, n);
    return read_text(&passage, model, text, text_nbytes);
}

uint32_t pylm_fingerprint(const pylm_model *model)
{
    return pylm__load32(pylm__model_view(model)->image + PYLM__H_IMAGE_CHECKSUM);
}

#endif
