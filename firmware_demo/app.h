/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * app.h: the keyboard on a serial terminal: one line is drawn anew after each key.
 *
 *     the meani|   1 meaning  2 meanings  3 mean
 *
 *   1 2 3      take a suggestion, and type a space; as long as there is one of that number
 *   Tab        takes the first
 *   Backspace  takes back a letter of the started word
 *   Enter      ends the line
 *   Ctrl-G     goes on to the end of the sentence
 *   Ctrl-P     packs the line, as far as it is shown, for who has the same model (pylm_pack.h), and says the packet
 *   Ctrl-R     and a packet: unpacks it. Its digits end with Enter
 *   Ctrl-D     ends the session
 */
#ifndef APP_H
#define APP_H

#include <stddef.h>
#include <stdint.h>

struct app_memory {
    const void *image; /* the model */
    uint64_t image_nbytes;
    void *work; /* at an address divisible by 8 */
    size_t work_nbytes;
    void *overlay; /* to learn in */
    size_t overlay_nbytes;
};

/* Runs a session on board_get() and board_put(), to its end. Returns 0; 1 if the model was refused, which has been
 * said with its reason. */
int app_run(const struct app_memory *memory);

#endif
