/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Raspberry Pi Pico: RP2040, Cortex-M0+, here at 125 MHz; UART 0 at its pins 1 (GPIO 0, sends) and 2 (GPIO 1, receives).
 */
#include "../../board.h"

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define CLOCKS(offset) REGISTER(0x40008000u + (offset))
#define RESETS(offset) REGISTER(0x4000c000u + (offset))
#define PINS(offset) REGISTER(0x40014000u + (offset))
#define CRYSTAL(offset) REGISTER(0x40024000u + (offset))
#define PLL(offset) REGISTER(0x40028000u + (offset))
#define UART(offset) REGISTER(0x40034000u + (offset))

enum { REF_CONTROL = 0x30, REF_SELECTED = 0x38, SYS_CONTROL = 0x3c, SYS_SELECTED = 0x44, PERI_CONTROL = 0x48 };
enum { RESET = 0, RESET_DONE = 8, RESET_PINS = 1 << 5, RESET_PADS = 1 << 8, RESET_PLL = 1 << 12, RESET_UART = 1 << 22 };
enum { PIN_0 = 0x04, PIN_1 = 0x0c, PIN_IS_UART = 2 };
enum { CRYSTAL_CONTROL = 0, CRYSTAL_STATE = 4, CRYSTAL_DELAY = 12 };
enum { PLL_STATE = 0, PLL_OFF = 4, PLL_TIMES = 8, PLL_DIVIDERS = 12 };
enum { DATA = 0, STATE = 0x18, RATE = 0x24, RATE_64THS = 0x28, LINE = 0x2c, CONTROL = 0x30 };
enum { STATE_NOTHING_RECEIVED = 16, STATE_SEND_FULL = 32, LINE_8_BITS_QUEUED = 0x70, CONTROL_BOTH_WAYS = 0x301 };

#define CLOCK 125000000u
#define RATE_IN_64THS ((CLOCK * 8u / 115200u + 1u) / 2u) /* 64 clock / (16 rate) */
#define STABLE 0x80000000u                               /* of the crystal and of the PLL */

static void wait_for(volatile uint32_t *at, uint32_t bits)
{
    while ((*at & bits) != bits)
        continue;
}

/* Resets a part of the chip and lets it go. */
static void restart(uint32_t parts)
{
    RESETS(RESET) |= parts;
    RESETS(RESET) &= ~parts;
    wait_for(&RESETS(RESET_DONE), parts);
}

/* The chip starts with an oscillator that may run at half or twice its rate: from there to the crystal of 12 MHz, times
 * 125 is 1,500 MHz, by 6 and by 2. Whatever the clocks were before. */
static void start_clocks(void)
{
    CRYSTAL(CRYSTAL_DELAY) = 47; /* times 256 of its periods: 1 ms */
    CRYSTAL(CRYSTAL_CONTROL) = 0xfabaa0u;
    wait_for(&CRYSTAL(CRYSTAL_STATE), STABLE);
    CLOCKS(SYS_CONTROL) &= ~1u; /* the core's is the reference's: the PLL is free */
    wait_for(&CLOCKS(SYS_SELECTED), 1u << 0);
    CLOCKS(REF_CONTROL) = 2; /* the crystal */
    wait_for(&CLOCKS(REF_SELECTED), 1u << 2);

    restart(RESET_PLL);
    PLL(PLL_STATE) = 1; /* the crystal's, not divided */
    PLL(PLL_TIMES) = 125;
    PLL(PLL_OFF) = 0x0c; /* its oscillator on; the dividers after it not yet */
    wait_for(&PLL(PLL_STATE), STABLE);
    PLL(PLL_DIVIDERS) = 6u << 16 | 2u << 12;
    PLL(PLL_OFF) = 0x04;

    CLOCKS(SYS_CONTROL) = 0; /* which PLL, before it is chosen */
    CLOCKS(SYS_CONTROL) = 1;
    wait_for(&CLOCKS(SYS_SELECTED), 1u << 1);
    CLOCKS(PERI_CONTROL) = 1u << 11; /* the UART's: on, the core's */
}

void board_open(void);
void board_open(void)
{
    start_clocks();
    restart(RESET_PINS | RESET_PADS | RESET_UART);
    PINS(PIN_0) = PIN_IS_UART;
    PINS(PIN_1) = PIN_IS_UART;
    UART(RATE) = RATE_IN_64THS / 64u;
    UART(RATE_64THS) = RATE_IN_64THS % 64u;
    UART(LINE) = LINE_8_BITS_QUEUED; /* after the rate, which it makes valid */
    UART(CONTROL) = CONTROL_BOTH_WAYS;
}

int board_get(void)
{
    while (UART(STATE) & STATE_NOTHING_RECEIVED)
        continue;
    return (int)(UART(DATA) & 0xffu);
}

void board_put(uint8_t byte)
{
    while (UART(STATE) & STATE_SEND_FULL)
        continue;
    UART(DATA) = byte;
}
