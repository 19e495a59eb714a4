/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * string.h: all of a C library that the engine needs. The compiler may call these as well.
 */
#ifndef FIRMWARE_STRING_H
#define FIRMWARE_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t nbytes);
void *memmove(void *to, const void *from, size_t nbytes);
void *memset(void *at, int value, size_t nbytes);
int memcmp(const void *a, const void *b, size_t nbytes);

#endif
