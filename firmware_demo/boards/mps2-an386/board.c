/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Arm MPS2 with a Cortex-M4 (AN386), 25 MHz: UART 0, an APB UART of the CMSDK.
 */
#include "../../board.h"

#define UART(offset) (*(volatile uint32_t *)(uintptr_t)(0x40004000u + (offset)))
enum { DATA = 0, STATE = 4, CONTROL = 8, DIVIDER = 16 };
enum { STATE_SEND_FULL = 1, STATE_RECEIVED = 2, CONTROL_BOTH_WAYS = 3 };

void board_open(void);
void board_open(void)
{
    UART(DIVIDER) = 25000000u / 115200u;
    UART(CONTROL) = CONTROL_BOTH_WAYS;
}

int board_get(void)
{
    while (!(UART(STATE) & STATE_RECEIVED))
        continue;
    return (int)(UART(DATA) & 0xffu);
}

void board_put(uint8_t byte)
{
    while (UART(STATE) & STATE_SEND_FULL)
        continue;
    UART(DATA) = byte;
}
