/* SPDX-License-Identifier: MIT
 * The model's image, as it is: MODEL is the file's name, in quotes. */
    .section .rodata.model, "a"
    .balign 4
    .global model_begin
model_begin:
    .incbin MODEL
    .global model_end
model_end:
