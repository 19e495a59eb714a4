/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * QEMU's machine "virt" with a 32-bit RISC-V core: a 16550 UART, and a device that ends the emulation.
 */
#include "../../board.h"

#define UART(offset) (*(volatile uint8_t *)(uintptr_t)(0x10000000u + (offset)))
#define END (*(volatile uint32_t *)(uintptr_t)0x00100000u)
enum { DATA = 0, STATE = 5, STATE_RECEIVED = 1, STATE_SEND_EMPTY = 32 };

void board_open(void);
void board_open(void)
{
}

int board_get(void)
{
    while (!(UART(STATE) & STATE_RECEIVED))
        continue;
    return UART(DATA);
}

void board_put(uint8_t byte)
{
    while (!(UART(STATE) & STATE_SEND_EMPTY))
        continue;
    UART(DATA) = byte;
}

void board_end(void)
{
#if defined(BOARD_EMULATED)
    END = 0x5555u; /* off */
#else
    END = 0x7777u; /* reset */
#endif
    for (;;)
        continue;
}
