/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Layout: the column, the byte above, words and shapes of a state, against a plain computation from the whole text; and
 * images whose templates ask for what there is not.
 */
#include "core/context.h"
#include "pylm_adapt.h"
#include "pylm_explain.h"

#include "check.h"
#include "use_image.h"

enum { N_TEXT = 6000 };

static uint32_t kind_of(uint8_t byte)
{
    static const char *const sets[] = {"abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", " \t",
                                       "\n\r"};
    uint32_t i;
    for (i = 0; i < 5u; i++)
        if (byte && strchr(sets[i], byte))
            return i + 1u;
    return byte < 128u ? 6u : 7u;
}

/* Lines of all lengths around 255 and some that are much longer, of letters, marks, digits, CR and bytes of UTF-8. */
static void make_lines(uint8_t *text)
{
    static const uint32_t lengths[] = {0, 3, 40, 41, 2, 253, 254, 255, 256, 257, 250, 0, 0, 700, 30, 31, 1};
    static const uint8_t bytes[] = "aB3 \t.'c\r\303\244Zz09,  xy";
    uint32_t i, column = 0, line = 0, x = 7;
    for (i = 0; i < N_TEXT; i++) {
        x = x * 1664525u + 1013904223u;
        text[i] = bytes[(x >> 24) % (sizeof bytes - 1u)];
        if (column++ == lengths[line % (sizeof lengths / sizeof *lengths)]) {
            text[i] = '\n';
            column = 0;
            line++;
        }
    }
}

/* What is true at place n of a text, which begins behind a line end. */
static pylm_layout plain(const uint8_t *text, uint32_t n)
{
    pylm_layout found = {0, PYLM_NONE, 0, 0};
    uint32_t begin = n, above, i, n_runs, last = 0, letters = 0;
    while (begin && text[begin - 1u] != '\n')
        begin--;
    found.column = n - begin < 255u ? n - begin : 255u;
    for (above = begin ? begin - 1u : 0u; above && text[above - 1u] != '\n';)
        above--;
    if (begin && n - begin + 1u < begin - above && begin - above <= 255u)
        found.above = text[above + (n - begin)];
    for (i = begin; i < n; i++) {
        int is_letter = (kind_of(text[i]) <= 2u) || text[i] == '\'' || text[i] >= 128u;
        letters = is_letter ? letters % 24u + 1u : 0u;
        found.n_words += letters == 1u && found.n_words < 255u;
    }
    for (i = n, n_runs = 0; n_runs < 10u; i--) {
        uint32_t kind = i ? kind_of(text[i - 1u]) : 5u; /* the line end that a text begins behind */
        if (kind != last)
            found.runs |= kind << 3u * n_runs++;
        last = kind;
        if (!i)
            break;
    }
    return found;
}

static void check_state(const pylm_state *state, const uint8_t *text, uint32_t n)
{
    pylm_layout found, expected = plain(text, n);
    pylm_state_layout(state, &found);
    CHECK(found.column == expected.column && found.above == expected.above && found.runs == expected.runs &&
          found.n_words == expected.n_words);
}

/* Reads the text from one place to another. */
static void read_text(const pylm_model *model, pylm_state *state, const uint8_t *text, uint32_t from, uint32_t to)
{
    for (; from < to; from++) {
        check_state(state, text, from);
        CHECK(pylm_state_read(model, state, text[from]) == PYLM_OK);
    }
}

/* What an overlay keeps of a state comes back; whatever it holds does no harm. */
static void test_kept(const pylm_model *model, const uint8_t *text)
{
    uint8_t *overlay = allocate(16384);
    pylm_state state, again;
    uint32_t i;
    CHECK(pylm_overlay_init(model, overlay, 16384) == PYLM_OK);
    CHECK(pylm_state_attach(model, &state, overlay, 16384) == PYLM_OK);
    read_text(model, &state, text, 0, 1000);
    pylm_state_keep(&state);
    CHECK(pylm_state_attach(model, &again, overlay, 16384) == PYLM_OK);
    read_text(model, &again, text, 1000, 1600);
    pylm_state_restart(model, &again);
    read_text(model, &again, text, 0, 50);
    for (i = 24; i < 1024u; i++)
        overlay[i] = (uint8_t)(i % 3u ? 255u : 128u);
    CHECK(pylm_state_attach(model, &again, overlay, 16384) == PYLM_OK);
    for (i = 0; i < 600u; i++)
        CHECK(pylm_state_push(model, &again, text[i]) == PYLM_OK);
    free(overlay);
}

/* Whether an image is opened if a template is of this kind and lag. */
static int opens_with(struct image image, uint32_t kind, uint32_t lag)
{
    uint8_t *head = image.data + PYLM__H_NBYTES + PYLM__T_NBYTES + 5u * PYLM__C_NBYTES;
    uint8_t old_kind = head[PYLM__C_KIND], old_lag = head[PYLM__C_LAG];
    pylm_model model;
    int status;
    head[PYLM__C_KIND] = (uint8_t)kind;
    head[PYLM__C_LAG] = (uint8_t)lag;
    sign_head(image.data, image.nbytes);
    status = pylm_model_open(&model, image.data, image.nbytes);
    head[PYLM__C_KIND] = old_kind;
    head[PYLM__C_LAG] = old_lag;
    sign_head(image.data, image.nbytes);
    CHECK(status == PYLM_OK || status == PYLM_ERR_DAMAGED);
    return status == PYLM_OK;
}

static void test_hostile(struct image image, struct image words)
{
    CHECK(opens_with(image, PYLM__KIND_ABOVE, 0) && !opens_with(image, PYLM__KIND_ABOVE, 1));
    CHECK(opens_with(image, PYLM__KIND_LINE, 0) && !opens_with(image, PYLM__KIND_LINE, 1));
    CHECK(!opens_with(image, PYLM__KIND_SHAPE, 0) && !opens_with(image, PYLM__KIND_SHAPE, PYLM__MAX_RUNS + 1u));
    CHECK(opens_with(image, PYLM__KIND_SHAPE, 1) && opens_with(image, PYLM__KIND_SHAPE, PYLM__MAX_RUNS));
    CHECK(!opens_with(image, PYLM__N_KINDS, 0) && !opens_with(image, 255, 1));
    CHECK(!opens_with(words, PYLM__KIND_ABOVE, 0) && !opens_with(words, PYLM__KIND_SHAPE, 1));
    CHECK(!opens_with(words, PYLM__KIND_LINE, 0));
}

int main(void)
{
    struct image image = train_kind(KIND_BYTES, 400), words = train_kind(KIND_WORDS, 400);
    uint8_t *text = allocate(N_TEXT);
    pylm_model model;
    pylm_state state;
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    make_lines(text);
    pylm_state_init(&model, &state);
    read_text(&model, &state, text, 0, N_TEXT);
    test_kept(&model, text);
    test_hostile(image, words);
    free(text);
    free(image.data);
    free(words.data);
    return finish();
}
