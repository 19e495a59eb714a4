/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * memory.c: a shared library that is loaded before others (LD_PRELOAD) and lets allocations fail. For
 * tests/faults/allocations.py; Linux with glibc only. From pylm_fault_begin() on it counts those that libpylm makes, and
 * of all others those of at least `least` bytes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

extern void *__libc_malloc(size_t nbytes);
extern void *__libc_calloc(size_t n, size_t nbytes);
extern void *__libc_realloc(void *memory, size_t nbytes);

static atomic_long n_allocations;
static long failing = -1; /* -1: nothing is counted; 0: none fails */
static int is_sticky;
static size_t least;
static uintptr_t code_begin, code_end; /* of libpylm */

static int find_code(struct dl_phdr_info *info, size_t nbytes, void *unused)
{
    int i;
    (void)nbytes;
    (void)unused;
    if (!strstr(info->dlpi_name, "libpylm"))
        return 0;
    for (i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X) {
            code_begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            code_end = code_begin + info->dlpi_phdr[i].p_memsz;
        }
    return 1;
}

/* The n-th allocation fails, or if `sticky` all from there on. */
void pylm_fault_begin(long n, int sticky, size_t least_nbytes)
{
    dl_iterate_phdr(find_code, NULL);
    atomic_store(&n_allocations, 0);
    is_sticky = sticky;
    least = least_nbytes;
    failing = n;
}

/* Returns how many there were. */
long pylm_fault_end(void)
{
    failing = -1;
    return atomic_load(&n_allocations);
}

static int fails(size_t nbytes, void *caller)
{
    uintptr_t from = (uintptr_t)caller;
    long n;
    if (failing < 0 || (nbytes < least && (from < code_begin || from >= code_end)))
        return 0;
    n = atomic_fetch_add(&n_allocations, 1) + 1;
    if (!failing || (is_sticky ? n < failing : n != failing))
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t nbytes)
{
    return fails(nbytes, __builtin_return_address(0)) ? NULL : __libc_malloc(nbytes);
}

void *calloc(size_t n, size_t nbytes)
{
    return fails(n * nbytes, __builtin_return_address(0)) ? NULL : __libc_calloc(n, nbytes);
}

void *realloc(void *memory, size_t nbytes)
{
    return fails(nbytes, __builtin_return_address(0)) ? NULL : __libc_realloc(memory, nbytes);
}
