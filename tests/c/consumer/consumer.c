/* SPDX-License-Identifier: MIT
 * A program of somebody else: trains on a text, writes the model, and opens it. Built against an installed library.
 *
 *     consumer TEXTFILE MODEL
 */
#include <pylm_train.h>
#include <stdio.h>

static int train(const void *text, uint64_t text_nbytes, const char *path)
{
    pylm_trainer *trainer;
    uint64_t nbytes;
    int status = pylm_trainer_new(&trainer, NULL);
    if (status == PYLM_OK)
        status = pylm_trainer_add(trainer, text, text_nbytes, NULL);
    if (status == PYLM_OK)
        status = pylm_trainer_save(trainer, path, NULL, &nbytes);
    pylm_trainer_free(trainer);
    return status;
}

int main(int argc, char **argv)
{
    const void *text, *image;
    uint64_t text_nbytes, image_nbytes;
    pylm_model model;
    pylm_info info;
    if (argc != 3 || pylm_version_number() != PYLM_VERSION_NUMBER)
        return 1;
    if (pylm_file_map(argv[1], &text, &text_nbytes) != PYLM_OK || train(text, text_nbytes, argv[2]) != PYLM_OK)
        return 2;
    if (pylm_file_map(argv[2], &image, &image_nbytes) != PYLM_OK ||
        pylm_model_open(&model, image, image_nbytes) != PYLM_OK || pylm_model_verify(&model) != PYLM_OK)
        return 3;
    pylm_model_info(&model, &info);
    (void)printf("trained %llu contexts\n", (unsigned long long)info.n_contexts);
    pylm_file_unmap(image, image_nbytes);
    pylm_file_unmap(text, text_nbytes);
    return info.n_symbols == 256 ? 0 : 4;
}
