/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Scores the first N symbols of a text: score MODEL TEXT N. For counting instructions; see run.sh.
 */
#include <stdio.h>
#include <stdlib.h>

#include "pylm_text.h"

#define MOST 4000u

static void *read_file(const char *path, size_t *nbytes)
{
    FILE *file = fopen(path, "rb");
    void *data = malloc(1u << 22);
    *nbytes = file && data ? fread(data, 1, 1u << 22, file) : 0u;
    if (file)
        (void)fclose(file);
    return data;
}

int main(int argc, char **argv)
{
    static uint32_t symbols[MOST];
    size_t image_nbytes, text_nbytes;
    uint64_t n, position = 0, n_symbols, total;
    pylm_model model;
    pylm_state state;
    void *image, *text, *work;
    if (argc != 4)
        return 2;
    image = read_file(argv[1], &image_nbytes);
    text = read_file(argv[2], &text_nbytes);
    n = strtoull(argv[3], NULL, 10);
    if (pylm_model_open(&model, image, image_nbytes) != PYLM_OK)
        return 3;
    work = malloc((size_t)pylm_work_nbytes(&model));
    n_symbols = MOST;
    if (!work || pylm_encode(&model, text, text_nbytes, PYLM_TEXT_OPEN, &position, symbols, &n_symbols) != PYLM_OK)
        return 4;
    pylm_state_init(&model, &state);
    for (; n; n -= n < n_symbols ? n : n_symbols)
        if (pylm_score(&model, &state, symbols, n < n_symbols ? n : n_symbols, work, NULL, &total) != PYLM_OK)
            return 5;
    free(image);
    free(text);
    free(work);
    return 0;
}
