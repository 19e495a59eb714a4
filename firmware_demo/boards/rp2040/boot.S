/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * The first 256 bytes of flash: the RP2040's ROM copies them into RAM, and runs them there if the checksum is right.
 * They let the flash be read like memory, one bit at a time with its command 03h, which every serial flash knows, and
 * go on to the reset vector. Quicker ways differ from flash to flash.
 *
 * The checksum is a CRC-32: polynomial 0x04c11db7, first bit first, from 0xffffffff on, nothing inverted at the end.
 * Whoever changes something here is told the new one by tests/firmware/rp2040.js.
 */
    .syntax unified
    .cpu cortex-m0plus
    .thumb

    .equ SSI, 0x18000000 /* the controller of the flash; what follows are its registers */
    .equ CTRLR0, 0x00
    .equ CTRLR1, 0x04
    .equ SSIENR, 0x08
    .equ SER, 0x10
    .equ BAUDR, 0x14
    .equ SPI_CTRLR0, 0xf4
    .equ VTOR, 0xe000ed08

    .section .boot, "ax"
boot:
    ldr r0, =SSI
    movs r1, #0
    str r1, [r0, #SSIENR] /* off, or it takes no settings */
    str r1, [r0, #CTRLR1] /* one word at a time */
    movs r1, #4
    str r1, [r0, #BAUDR] /* a fourth of the core's clock: 31 MHz of 125 */
    ldr r1, =(31 << 16 | 3 << 8) /* words of 32 bits; a command and an address, then reading */
    str r1, [r0, #CTRLR0]
    movs r2, #SPI_CTRLR0
    ldr r1, =(0x03 << 24 | 2 << 8 | 6 << 2) /* command 03h of 8 bits, address of 6 times 4 bits, all on one wire */
    str r1, [r0, r2]
    movs r1, #1
    str r1, [r0, #SER]
    str r1, [r0, #SSIENR]

    ldr r0, =0x10000100 /* the vectors */
    ldr r1, =VTOR
    str r0, [r1]
    ldm r0!, {r1, r2}
    mov sp, r1
    bx r2
    .ltorg

    .org 252
    .long 0x3f890eb2
