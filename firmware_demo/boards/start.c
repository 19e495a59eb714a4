/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * start.c: from reset to main(), the same on all boards: variables get their values. The names are the linker's.
 */
#include <stdint.h>

#include "../board.h"

extern uint32_t data_begin[], data_end[], data_in_flash[], bss_begin[], bss_end[];

int main(void);
void board_start(void);
void board_open(void); /* the board's own: its clock and serial line */
void board_fault(void);

void board_start(void)
{
    const uint32_t *from = data_in_flash;
    uint32_t *to;
    for (to = data_begin; to < data_end; to++)
        *to = *from++;
    for (to = bss_begin; to < bss_end; to++)
        *to = 0;
    board_open();
    (void)main();
    board_end();
}

/* Something impossible happened: says so, and ends like a session. */
void board_fault(void)
{
    const char *text = "\r\nfault\r\n";
    while (*text)
        board_put((uint8_t)*text++);
    board_end();
}
