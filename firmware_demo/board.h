/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * board.h: all that the demo needs of a board. To port it is to write these three functions, a start file and a
 * linker script; see README.md.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

/* Waits for the next byte of the serial line, 0 to 255; a negative number if there will be none (a file's end on a
 * computer; never on a board). */
int board_get(void);

/* Sends a byte, waiting as long as it takes. */
void board_put(uint8_t byte);

/* The session is over: starts the board again. In an emulator (BOARD_EMULATED) ends that. Does not return. */
void board_end(void);

#endif
