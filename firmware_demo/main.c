/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * main.c: the demo on a board: the model in flash (model.S), and memory whose sizes the board's board.sh gives.
 */
#include "app.h"

extern const uint8_t model_begin[], model_end[];

int main(void);

int main(void)
{
    static uint64_t work[BOARD_WORK_NBYTES / 8u];
    static uint8_t overlay[BOARD_OVERLAY_NBYTES];
    const struct app_memory memory = {model_begin,   (uint64_t)(model_end - model_begin), work, sizeof work, overlay,
                                      sizeof overlay};
    return app_run(&memory);
}
