/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Where the emulated board begins: stack, global pointer, where faults go. */
    .section .reset, "ax"
    .global board_reset
board_reset:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    la sp, stack_top
    la t0, fault
    csrw mtvec, t0
    j board_start
    .balign 4
fault:
    j board_fault
