/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * platform.h: what the engine knows of compilers and processors. Nothing here changes a result.
 */
#ifndef PYLM_CORE_PLATFORM_H
#define PYLM_CORE_PLATFORM_H

#include "config.h"

/* Fetches what will be read soon. Microcontrollers have no cache to wait for, and would only compute the address. */
#if defined(__GNUC__) && !(defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M') &&                                \
    !(defined(__riscv) && __riscv_xlen == 32)
#define PYLM__PREFETCH(address) __builtin_prefetch(address)
#else
#define PYLM__PREFETCH(address) ((void)(address))
#endif

#if defined(__GNUC__)
#define PYLM__INLINE __attribute__((always_inline)) static inline
#else
#define PYLM__INLINE static inline
#endif

/* Whether code is to be small (-Os) where it could be quick. */
#if defined(__OPTIMIZE_SIZE__)
#define PYLM__SMALL 1
#else
#define PYLM__SMALL 0
#endif

/* What is called from one or two places where time counts: inline, unless code is to be small. */
#if defined(__GNUC__) && !PYLM__SMALL
#define PYLM__QUICK __attribute__((always_inline)) static inline
#else
#define PYLM__QUICK static inline
#endif

/* What is called from many places: inline, or a function of its own where code is to be small. */
#if defined(__GNUC__) && PYLM__SMALL
#define PYLM__SHARED __attribute__((noinline, unused)) static
#else
#define PYLM__SHARED static inline
#endif

/* Where words may be read at any address, each pylm__load is a single instruction, though it does not look like it.
 * Compilers have to be told to store them so. */
#if defined(__ARM_FEATURE_UNALIGNED) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define PYLM__LOAD PYLM__INLINE
#define PYLM__STORES_WORDS 1
#else
#define PYLM__LOAD static inline
#define PYLM__STORES_WORDS 0
#endif

/* Where registers have 32 bits, no more are read and shifted at once. */
#if UINTPTR_MAX > 0xffffffffu
#define PYLM__WIDE_REGISTERS 1
#else
#define PYLM__WIDE_REGISTERS 0
#endif

/* Templates that are looked at together, where there may be instructions for it: arrays are as long as a multiple. */
#if defined(__x86_64__)
#define PYLM__LANES 8u
#else
#define PYLM__LANES 1u
#endif

/* How many symbols of a text are scored abreast, so that their cache misses overlap. */
#if PYLM__WIDE_REGISTERS
#ifndef PYLM__ABREAST
#define PYLM__ABREAST 8
#endif
#else
#define PYLM__ABREAST 1 /* where memory is short, and no cache to wait for */
#endif

/* AVX2 is compiled beside the portable code, and used where the processor has it. Not on Windows: gcc does not align
 * its stack for these registers there. */
#if defined(__x86_64__) && !defined(__ILP32__) && !defined(_WIN32) && defined(__GNUC__) && !defined(PYLM_PORTABLE)
#define PYLM__HAVE_AVX2 1
/* All functions between these two may use it. */
#if defined(__clang__)
#define PYLM__AVX2_BEGIN                                                                                               \
    _Pragma("clang attribute push(__attribute__((target(\"avx2,bmi,bmi2,popcnt\"))), apply_to = function)")
#define PYLM__AVX2_END _Pragma("clang attribute pop")
#else
#define PYLM__AVX2_BEGIN _Pragma("GCC push_options") _Pragma("GCC target(\"avx2,bmi,bmi2,popcnt\")")
#define PYLM__AVX2_END _Pragma("GCC pop_options")
#endif
#else
#define PYLM__HAVE_AVX2 0
#endif

/* Whether this processor has the faster instructions. */
static inline int pylm__have_avx2(void)
{
#if PYLM__HAVE_AVX2
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
#else
    return 0;
#endif
}

#endif
