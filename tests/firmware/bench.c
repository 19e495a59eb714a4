/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Instead of the demo, on a board: one kind of work, so often. Both are symbols that the linker is given:
 *
 *     bench_kind    1 scores the bytes of a text, 2 types them, which learns, 3 looks for suggestions before each, too
 *     bench_n       how many bytes, at least one
 *
 * count.sh takes differences of the instructions of such runs. A plus says that all went well.
 */
#include "board.h"
#include "keyboard.h"

extern const uint8_t model_begin[], model_end[], bench_n[], bench_kind[];

int main(void);

/* As many decisions a byte as Wikipedia has, with a tree of its: 4.9. */
static const char text[] =
    "The city lies on the river, 40 km south of the capital. In 1871 it had some 3,000 people; since "
    "then it has grown, and most of them work in the port or at the University.";

static struct keyboard keyboard;
static uint64_t work[BOARD_WORK_NBYTES / 8u];
static uint8_t overlay[BOARD_OVERLAY_NBYTES];

int main(void)
{
    uintptr_t i, kind = (uintptr_t)bench_kind;
    pylm_model model;
    if (pylm_model_open(&model, model_begin, (uint64_t)(model_end - model_begin)) != PYLM_OK ||
        pylm_work_nbytes(&model) > sizeof work ||
        keyboard_begin(&keyboard, &model, work, overlay, kind == 1u ? 0u : sizeof overlay) != PYLM_OK)
        return 1;
    for (i = 0; i < (uintptr_t)bench_n; i++) {
        uint32_t symbol = (uint8_t)text[i % (sizeof text - 1u)];
        if (kind == 3u)
            keyboard_suggest(&keyboard);
        if (kind == 1u)
            (void)pylm_score(&model, &keyboard.state, &symbol, 1, work, NULL, NULL);
        else
            keyboard_type(&keyboard, (uint8_t)symbol);
    }
    board_put('+');
    return 0;
}
