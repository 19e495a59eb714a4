/* SPDX-License-Identifier: MIT
 * The golden models and their text, for golden.c; assembled in firmware_demo. */
    .section .rodata.golden, "a"
    .macro file name path
    .balign 4
    .global golden_\name
golden_\name:
    .incbin "\path"
    .global golden_\name\()_end
golden_\name\()_end:
    .endm

    file bytes, "../tests/golden/bytes.pylm"
    file words, "../tests/golden/words.pylm"
    file pieces, "../tests/golden/pieces.pylm"
    file trees, "../tests/golden/trees.pylm"
    file sized, "../tests/golden/sized.pylm"
    file external, "../tests/golden/external.pylm"
    file kernel, "../tests/golden/kernel.pylm"
    file topics, "../tests/golden/topics.pylm"
    file short, "../tests/golden/short.pylm"
    file lastwords, "../tests/golden/lastwords.pylm"
    file text, "../tests/golden/text.txt"
