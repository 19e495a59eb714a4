/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * app.c: see app.h. Whatever bytes come in, nothing is written but the structures below and the memory given.
 */
#include "app.h"

#include <string.h>

#include "board.h"
#include "keyboard.h"
#include "pylm_pack.h"

#define TAIL_NBYTES 48u /* of the line, that are shown */
#define SHORTEST_TAIL 32u
#define PACKET_NBYTES (TAIL_NBYTES + 1u) /* of a message, which is the end of the line that is shown */

enum {
    KEY_END = 4,
    KEY_SENTENCE = 7,
    KEY_BACKSPACE = 8,
    KEY_TAB = 9,
    KEY_SEND = 16,
    KEY_RECEIVE = 18,
    KEY_ESCAPE = 27,
    KEY_DELETE = 127
};

struct app {
    struct keyboard keyboard;
    uint8_t tail[TAIL_NBYTES]; /* the end of the line */
    uint32_t n_tail;
};

static void put_text(const char *text)
{
    while (*text)
        board_put((uint8_t)*text++);
}

static void put_number(uint64_t number)
{
    char digits[21];
    uint32_t i = sizeof digits - 1u;
    digits[i] = 0;
    do
        digits[--i] = (char)('0' + number % 10u);
    while (number /= 10u);
    put_text(digits + i);
}

/* Control characters would move the cursor. */
static void put_visible(const uint8_t *text, uint32_t nbytes)
{
    uint32_t i;
    for (i = 0; i < nbytes; i++)
        board_put(text[i] < 32u || text[i] == KEY_DELETE ? '?' : text[i]);
}

/* ---- the line ---- */

static void add_to_line(struct app *app, uint8_t byte)
{
    uint32_t i, lost = TAIL_NBYTES - SHORTEST_TAIL;
    if (byte == '\n') {
        app->n_tail = 0;
        return;
    }
    if (app->n_tail == TAIL_NBYTES) {
        while (lost < TAIL_NBYTES && (app->tail[lost] & 0xc0u) == 0x80u) /* not within a character */
            lost++;
        app->n_tail -= lost;
        for (i = 0; i < app->n_tail; i++)
            app->tail[i] = app->tail[i + lost];
    }
    app->tail[app->n_tail++] = byte;
}

static void draw_line(const struct app *app)
{
    put_text("\r\033[K"); /* to the start of the line, and clears it */
    put_visible(app->tail, app->n_tail);
}

static void draw_suggestions(const struct app *app)
{
    const struct keyboard *keyboard = &app->keyboard;
    uint32_t i;
    put_text("|");
    for (i = 0; i < keyboard->n_suggestions; i++) {
        put_text(i ? "  " : "   ");
        put_number(i + 1u);
        put_text(" ");
        put_visible(keyboard->word, keyboard->n_word);
        put_visible(keyboard->guesses[i].text, keyboard->guesses[i].nbytes);
    }
}

/* ---- keys ---- */

static void type(struct app *app, uint8_t byte)
{
    keyboard_type(&app->keyboard, byte);
    add_to_line(app, byte);
}

static void accept(struct app *app, uint32_t number)
{
    struct keyboard_guess guess;
    uint32_t i;
    if (number >= app->keyboard.n_suggestions)
        return;
    guess = app->keyboard.guesses[number];
    for (i = 0; i < guess.nbytes; i++)
        type(app, guess.text[i]);
    type(app, ' ');
}

static void erase(struct app *app)
{
    uint32_t n = keyboard_erase(&app->keyboard);
    app->n_tail -= n < app->n_tail ? n : app->n_tail;
}

static void end_line(struct app *app)
{
    type(app, '\n');
    put_text("\r\n");
}

static void complete_sentence(struct app *app)
{
    uint32_t i;
    uint8_t byte = 0;
    keyboard_sentence(&app->keyboard);
    draw_line(app);
    for (i = 0; i < KEYBOARD_SENTENCE_NBYTES && !keyboard_is_end(byte); i++) {
        byte = keyboard_go_on(&app->keyboard);
        if (byte != '\n')
            put_visible(&byte, 1);
        add_to_line(app, byte);
    }
    put_text("\r\n");
}

/* ---- messages, as hexadecimal digits ---- */

static void send(struct app *app)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t packet[PACKET_NBYTES];
    uint64_t n = sizeof packet, i;
    pylm_state state;
    pylm_state_init(app->keyboard.model, &state);
    if (pylm_pack(app->keyboard.model, &state, app->tail, app->n_tail, app->keyboard.work, packet, &n) != PYLM_OK)
        return;
    put_text("\r\nsent ");
    put_number(app->n_tail);
    put_text(" bytes in ");
    put_number(n);
    put_text(": ");
    for (i = 0; i < n; i++) {
        board_put((uint8_t)digits[packet[i] >> 4]);
        board_put((uint8_t)digits[packet[i] & 15u]);
    }
    put_text("\r\n");
}

/* -1: this is no digit. */
static int value_of(int digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static void receive(struct app *app)
{
    uint8_t packet[PACKET_NBYTES], text[PACKET_NBYTES];
    uint64_t n = 0, n_text = sizeof text;
    pylm_state state;
    int high, low = 0;
    while (n < sizeof packet && (high = value_of(board_get())) >= 0 && (low = value_of(board_get())) >= 0)
        packet[n++] = (uint8_t)(high << 4 | low);
    pylm_state_init(app->keyboard.model, &state);
    put_text("\r\nreceived: ");
    if (low >= 0 && pylm_unpack(app->keyboard.model, &state, packet, n, app->keyboard.work, text, &n_text) == PYLM_OK)
        put_visible(text, (uint32_t)n_text);
    else
        put_text("no packet of this model");
    put_text("\r\n");
}

/* The rest of what an arrow or function key sends. */
static void skip_escape(void)
{
    int byte = board_get();
    while (byte == '[' || byte == ';' || (byte >= '0' && byte <= '9'))
        byte = board_get();
}

/* Returns 0 at the end of the session. */
static int handle_key(struct app *app, int key)
{
    if (key < 0 || key == KEY_END)
        return 0;
    if (key == KEY_TAB)
        accept(app, 0);
    else if (key >= '1' && key - '1' < (int)app->keyboard.n_suggestions)
        accept(app, (uint32_t)key - '1');
    else if (key == KEY_BACKSPACE || key == KEY_DELETE)
        erase(app);
    else if (key == '\r' || key == '\n')
        end_line(app);
    else if (key == KEY_SENTENCE)
        complete_sentence(app);
    else if (key == KEY_SEND)
        send(app);
    else if (key == KEY_RECEIVE)
        receive(app);
    else if (key == KEY_ESCAPE)
        skip_escape();
    else if (key >= ' ')
        type(app, (uint8_t)key);
    return 1;
}

/* ---- the session ---- */

static int refuse(const char *reason)
{
    put_text("model refused: ");
    put_text(reason);
    put_text("\r\n");
    return 1;
}

static int open_model(pylm_model *model, const struct app_memory *memory)
{
    int status = pylm_model_open(model, memory->image, memory->image_nbytes);
#ifndef PYLM_TRUSTS /* else opening has read all of it */
    if (status == PYLM_OK)
        status = pylm_model_verify(model);
#endif
    if (status != PYLM_OK)
        return refuse(pylm_status_text(status));
    if (pylm_work_nbytes(model) > memory->work_nbytes) {
        put_number(pylm_work_nbytes(model));
        put_text(" bytes of working memory are needed, BOARD_WORK_NBYTES is ");
        put_number(memory->work_nbytes);
        put_text("\r\n");
        return refuse("this board gives it too little memory");
    }
    return 0;
}

int app_run(const struct app_memory *memory)
{
    static struct app app;
    pylm_model model;
    if (open_model(&model, memory))
        return 1;
    memset(&app, 0, sizeof app);
    if (keyboard_begin(&app.keyboard, &model, memory->work, memory->overlay, memory->overlay_nbytes) != PYLM_OK)
        return refuse("it is not one of bytes");
    put_text("pylm " PYLM_VERSION ", a model of ");
    put_number(memory->image_nbytes);
    put_text(" bytes, learning in ");
    put_number(memory->overlay_nbytes);
    put_text("\r\n");
    do {
        keyboard_suggest(&app.keyboard);
        draw_line(&app);
        draw_suggestions(&app);
    } while (handle_key(&app, board_get()));
    put_text("\r\n");
    return 0;
}
