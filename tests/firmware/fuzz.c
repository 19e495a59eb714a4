/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Random sessions of the demo, on a computer with sanitizers: fuzz SESSIONS MODEL.pylm. Whatever comes over the
 * line, nothing may be written but the memory given, which is cut as short as allowed, and what is sent holds no control
 * characters but those that draw the line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "board.h"
#include "pylm.h"

static uint64_t seed;
static uint32_t n_left; /* keys of the session */
static uint32_t n_sent;

static uint32_t random_below(uint32_t n)
{
    uint64_t x = seed += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((x ^ x >> 31) % n);
}

/* Letters mostly, or there would be no words; each special key now and then; and any byte. */
int board_get(void)
{
    static const uint8_t special[] = {'1', '2', '3', '\t', '\b', 127, '\r', ' ', 7, 16, 18, 27, '[', '.', 0xc3, 0xa9};
    if (!n_left--)
        return -1;
    switch (random_below(8)) {
    case 0:
        return (int)random_below(256);
    case 1:
    case 2:
        return special[random_below(sizeof special)];
    default:
        return (int)('a' + random_below(26));
    }
}

void board_put(uint8_t byte)
{
    n_sent++;
    if ((byte < ' ' && byte != '\r' && byte != '\n' && byte != 27) || byte == 127)
        abort();
}

void board_end(void)
{
}

static void *allocate(size_t nbytes)
{
    void *p = malloc(nbytes ? nbytes : 1u);
    if (!p)
        exit(2);
    return p;
}

static void run_session(const void *image, size_t nbytes, uint64_t work_nbytes)
{
    struct app_memory memory = {image, nbytes, NULL, 0, NULL, 0};
    memory.work_nbytes = (size_t)work_nbytes;
    memory.work = allocate(memory.work_nbytes);
    memory.overlay_nbytes = random_below(3) ? random_below(20000) : 32768u;
    memory.overlay = allocate(memory.overlay_nbytes);
    n_left = random_below(120);
    n_sent = 0;
    if (app_run(&memory) || n_sent < 20u)
        exit(1);
    free(memory.work);
    free(memory.overlay);
}

int main(int argc, char **argv)
{
    FILE *file = argc == 3 ? fopen(argv[2], "rb") : NULL;
    void *image = allocate(1u << 22);
    size_t nbytes = file ? fread(image, 1, 1u << 22, file) : 0u;
    pylm_model model;
    long i;
    if (!file || fclose(file) || pylm_model_open(&model, image, nbytes) != PYLM_OK) {
        (void)fprintf(stderr, "usage: %s SESSIONS MODEL.pylm\n", argv[0]);
        return 2;
    }
    for (i = 0; i < atol(argv[1]); i++) {
        seed = (uint64_t)i;
        run_session(image, nbytes, pylm_work_nbytes(&model));
    }
    free(image);
    (void)printf("%ld random sessions\n", i);
    return 0;
}
