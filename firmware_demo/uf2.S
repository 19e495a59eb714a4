/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * A UF2 file, which boards take like a file on a USB stick: blocks of 512 bytes, each with 256 of the firmware.
 * BINARY is its name, in quotes; N_BLOCKS of 256 bytes are in it, all in flash from UF2_START on. */
    .set block, 0
    .rept N_BLOCKS
    .long 0x0a324655, 0x9e5d5157, 0x2000, UF2_START + 256 * block, 256, block, N_BLOCKS, UF2_FAMILY
    .incbin BINARY, 256 * block, 256
    .zero 220
    .long 0x0ab16f30
    .set block, block + 1
    .endr
