/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * BBC micro:bit, the first version: nRF51822, Cortex-M0, 16 MHz; its UART goes to USB.
 */
#include "../../board.h"

#define UART(offset) (*(volatile uint32_t *)(uintptr_t)(0x40002000u + (offset)))
enum { START_RECEIVING = 0x000, START_SENDING = 0x008, RECEIVED = 0x108, SENT = 0x11c, ENABLE = 0x500 };
enum { PIN_SEND = 0x50c, PIN_RECEIVE = 0x514, RECEIVE = 0x518, SEND = 0x51c, RATE = 0x524 };

#define RATE_115200 0x01d7e000u

void board_open(void);
void board_open(void)
{
    UART(PIN_SEND) = 24;
    UART(PIN_RECEIVE) = 25;
    UART(RATE) = RATE_115200;
    UART(ENABLE) = 4;
    UART(START_SENDING) = 1;
    UART(START_RECEIVING) = 1;
}

int board_get(void)
{
    while (!UART(RECEIVED))
        continue;
    UART(RECEIVED) = 0;
    return (int)(UART(RECEIVE) & 0xffu);
}

void board_put(uint8_t byte)
{
    UART(SENT) = 0;
    UART(SEND) = byte;
    while (!UART(SENT))
        continue;
}
