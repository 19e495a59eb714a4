/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * vectors.c: what a Cortex-M reads at reset, and how it starts again.
 */
#include <stdint.h>

#include "../../board.h"

extern uint32_t stack_top[];

void board_start(void);
void board_fault(void);
void board_reset(void);

void board_reset(void)
{
    board_start();
}

typedef void (*vector)(void);

/* Stack, reset, NMI, faults, what the core has besides. Interrupts are never switched on. */
__attribute__((section(".reset"), used)) static const vector vectors[16] = {(vector)(void *)stack_top,
                                                                            board_reset,
                                                                            board_fault,
                                                                            board_fault,
                                                                            board_fault,
                                                                            board_fault,
                                                                            board_fault,
                                                                            0,
                                                                            0,
                                                                            0,
                                                                            0,
                                                                            board_fault,
                                                                            board_fault,
                                                                            0,
                                                                            board_fault,
                                                                            board_fault};

void board_end(void)
{
#if defined(BOARD_EMULATED)
    /* Semihosting: SYS_EXIT, "application exit". A real core without a debugger would fault. */
    register uint32_t operation __asm__("r0") = 0x18u;
    register uint32_t reason __asm__("r1") = 0x20026u;
    __asm__ volatile("bkpt 0xab" : : "r"(operation), "r"(reason) : "memory");
#endif
    *(volatile uint32_t *)(uintptr_t)0xe000ed0cu = 0x05fa0004u; /* AIRCR: system reset */
    for (;;)
        continue;
}
