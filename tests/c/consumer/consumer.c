/* SPDX-License-Identifier: MIT
 * A program of somebody else: trains, predicts, prints. Built against an installed library. */
#include <pylm_train.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    static const char text[] = "to be or not to be, that is the question; to be or not to be\n";
    pylm_trainer *trainer;
    pylm_model model;
    pylm_state state;
    pylm_candidate best;
    const void *image;
    uint64_t nbytes;
    uint32_t n;
    void *work;
    int i;
    if (pylm_version_number() != PYLM_VERSION_NUMBER || pylm_trainer_new(&trainer, NULL) != PYLM_OK)
        return 1;
    if (pylm_trainer_add(trainer, text, sizeof text - 1, NULL) != PYLM_OK ||
        pylm_trainer_build(trainer, NULL, &image, &nbytes) != PYLM_OK ||
        pylm_model_open(&model, image, nbytes) != PYLM_OK)
        return 1;
    work = malloc((size_t)pylm_work_nbytes(&model));
    if (!work)
        return 1;
    pylm_state_init(&state);
    for (i = 0; i < 5; i++)
        (void)pylm_state_push(&model, &state, (uint32_t) "to be"[i]);
    pylm_top(&model, &state, 1, work, &best, &n);
    printf("after \"to be\": '%c'\n", (int)best.symbol);
    free(work);
    pylm_trainer_free(trainer);
    return n == 1 && best.symbol == ' ' ? 0 : 1;
}
