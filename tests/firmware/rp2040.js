// SPDX-License-Identifier: MIT
// Copyright (c) 2026 the pylm authors
//
// Emulates a Raspberry Pi Pico with rp2040js, of npm: standard input and output are its serial line.
//
//     NODE_PATH=FOLDER/node_modules node rp2040.js [--cycles FILE] FIRMWARE.elf
//
// The firmware is what FIRMWARE.uf2 holds, beside. It starts as on the chip, whose ROM this stands for: the UF2 file's
// blocks go to flash, its first 256 bytes to RAM if their checksum is right, and run there. Nothing is set up: what
// the serial line needs on a real chip must be there before the first byte. A breakpoint with semihosting's number ends
// it; FILE is then told how many cycles it took.

"use strict";

const fs = require("fs");
const { ConsoleLogger, LogLevel, RP2040 } = require("rp2040js");

const FLASH = 0x10000000;
const FLASH_NBYTES = 2 << 20;
const BOOT = 0x20041f00; // where the ROM puts the first bytes of flash
const BOOT_NBYTES = 256;
const FAMILY = 0xe48bff56;
const RESETS = { all: 0x1ffffff, flash: 1 << 6 | 1 << 9, needed: 1 << 5 | 1 << 8 | 1 << 22 }; // pins, pads, UART 0
const IS_UART = 2;

function fail(reason) {
    console.error(`rp2040: ${reason}`);
    process.exit(1);
}

function check(is_right, reason) {
    if (!is_right)
        fail(reason);
}

function load(uf2, flash) {
    const n_blocks = uf2.length / 512;
    check(Number.isInteger(n_blocks) && n_blocks > 0, "the UF2 file has no whole blocks");
    for (let i = 0; i < n_blocks; i++) {
        const [magic, second, flags, address, nbytes, number, n, family] =
            Array.from({ length: 8 }, (_, field) => uf2.readUInt32LE(512 * i + 4 * field));
        check(magic === 0x0a324655 && second === 0x9e5d5157 && uf2.readUInt32LE(512 * i + 508) === 0x0ab16f30 &&
              flags === 0x2000 && family === FAMILY && nbytes === 256 && number === i && n === n_blocks &&
              address === FLASH + 256 * i && address + nbytes <= FLASH + FLASH_NBYTES, `UF2 block ${i} is wrong`);
        flash.set(uf2.subarray(512 * i + 32, 512 * i + 32 + nbytes), address - FLASH);
    }
    check(n_blocks % 16 === 0, "the UF2 file does not fill the last sector of flash");
}

// CRC-32 as the ROM has it.
function checksum(bytes) {
    let crc = 0xffffffff;
    for (const byte of bytes) {
        crc ^= byte << 24;
        for (let i = 0; i < 8; i++)
            crc = crc << 1 ^ (crc < 0 ? 0x04c11db7 : 0);
    }
    return crc >>> 0;
}

function boot(mcu) {
    const first = mcu.flash.subarray(0, BOOT_NBYTES);
    const right = checksum(first.subarray(0, BOOT_NBYTES - 4));
    check(Buffer.from(first).readUInt32LE(BOOT_NBYTES - 4) === right,
          `the first 256 bytes must end with their checksum, 0x${right.toString(16)}`);
    mcu.sram.set(first, BOOT - 0x20000000);
    mcu.peripherals[0x4000c].reset = RESETS.all & ~RESETS.flash;
    mcu.core.LR = 0;
    mcu.core.PC = BOOT;
}

function check_line(mcu) {
    const uart = mcu.uart[0];
    check(!(mcu.peripherals[0x4000c].reset & RESETS.needed), "the serial line is held in reset");
    check(mcu.clocks.periFreq > 0 && mcu.clocks.sysFreq === 125e6 && mcu.peripherals[0x40024].stable,
          "the clocks are not set up");
    check(mcu.gpio[0].functionSelect === IS_UART && mcu.gpio[1].functionSelect === IS_UART,
          "the pins are not the line's");
    check(uart.enabled && uart.txEnabled && uart.rxEnabled && uart.wordLength === 8 &&
          Math.abs(uart.baudRate / 115200 - 1) < 0.005, "the line is not of 115,200 baud and 8 bits");
}

function main() {
    const [firmware, cycles, file] = process.argv.slice(2).reverse();
    check(firmware && (cycles === undefined || file === "--cycles"), "arguments: [--cycles FILE] FIRMWARE.elf");
    const mcu = new RP2040();
    const uart = mcu.uart[0];
    const input = fs.readFileSync(0);
    const sent = [];
    let n_read = 0, ended = false;

    mcu.logger = new ConsoleLogger(LogLevel.Error);
    load(fs.readFileSync(firmware.replace(/\.elf$/, ".uf2")), mcu.flash);
    boot(mcu);

    const read = uart.readUint32.bind(uart);
    uart.readUint32 = (offset) => { // the next byte comes when the one before has been taken
        if (uart.rxFIFO.empty && n_read < input.length)
            uart.feedByte(input[n_read++]);
        return read(offset);
    };
    uart.onByte = (byte) => {
        if (!sent.length)
            check_line(mcu);
        sent.push(byte);
    };
    mcu.onBreak = (number) => {
        check(number === 0xab, "a breakpoint");
        ended = true;
    };
    while (!ended)
        mcu.core.executeInstruction();
    fs.writeSync(1, Buffer.from(sent));
    if (cycles !== undefined)
        fs.writeFileSync(cycles, `${mcu.core.cycles}\n`);
}

main();
