/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * The demo as a program of a computer: host MODEL.pylm [BYTES TO LEARN IN]. The serial line is standard input and
 * output; what is written is what a board with the same model and memory writes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../app.h"
#include "../../board.h"
#include "pylm.h"

int board_get(void)
{
    int byte = getchar();
    return byte == EOF ? -1 : byte;
}

void board_put(uint8_t byte)
{
    (void)putchar(byte);
    if (byte < ' ' || byte == '|')
        (void)fflush(stdout);
}

void board_end(void)
{
    exit(0);
}

static void *read_file(const char *path, size_t *nbytes)
{
    FILE *file = fopen(path, "rb");
    void *data = NULL;
    long end = -1;
    if (file && !fseek(file, 0, SEEK_END))
        end = ftell(file);
    if (end > 0)
        data = malloc((size_t)end);
    *nbytes = 0;
    if (data && !fseek(file, 0, SEEK_SET))
        *nbytes = fread(data, 1, (size_t)end, file);
    if (file)
        (void)fclose(file);
    return data;
}

int main(int argc, char **argv)
{
    struct app_memory memory = {0};
    size_t nbytes;
    int status;
    if (argc < 2 || argc > 3) {
        (void)fprintf(stderr, "usage: %s MODEL.pylm [BYTES TO LEARN IN]\n", argv[0]);
        return 2;
    }
    memory.image = read_file(argv[1], &nbytes);
    memory.image_nbytes = nbytes;
    memory.overlay_nbytes = argc == 3 ? (size_t)strtoul(argv[2], NULL, 10) : 32768u;
    memory.work_nbytes = 1u << 18;
    memory.work = malloc(memory.work_nbytes);
    memory.overlay = malloc(memory.overlay_nbytes + 1u);
    if (!memory.image || !memory.work || !memory.overlay) {
        (void)fprintf(stderr, "%s: cannot be read, or there is no memory\n", argv[1]);
        return 2;
    }
    status = app_run(&memory);
    (void)fflush(stdout);
    return status;
}
