/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * seal.c: see seal.h.
 */
#include "seal.h"

#include <string.h>

#include "core/hash.h"

#define KIND 0x01020304u /* reads as another number where bytes lie in another order */

static uint64_t checksum_of(const void *data, uint64_t nbytes)
{
    const size_t skipped = offsetof(struct pylm__seal, version);
    return pylm__checksum((const uint8_t *)data + skipped, nbytes - skipped);
}

void pylm__seal_begin(struct pylm__seal *seal, const char *magic, uint64_t head_nbytes)
{
    memcpy(seal->magic, magic, sizeof seal->magic);
    seal->version = PYLM_FORMAT_VERSION;
    seal->kind = KIND;
    seal->head_nbytes = (uint32_t)head_nbytes;
}

int pylm__seal_finish(void *head, struct pylm__file *file)
{
    struct pylm__seal *seal = head;
    const void *data;
    uint64_t nbytes;
    PYLM__TRY(pylm__file_map(file, &data, &nbytes));
    seal->checksum = checksum_of(data, nbytes);
    pylm_file_unmap(data, nbytes);
    return pylm__file_write_head(file, head, seal->head_nbytes);
}

int pylm__seal_check(const void *data, uint64_t nbytes, const char *magic, uint64_t head_nbytes)
{
    struct pylm__seal seal;
    if (nbytes < head_nbytes || memcmp(data, magic, sizeof seal.magic) != 0)
        return PYLM_ERR_FOREIGN;
    memcpy(&seal, data, sizeof seal);
    if (seal.version != PYLM_FORMAT_VERSION || seal.kind != KIND || seal.head_nbytes != head_nbytes)
        return PYLM_ERR_VERSION;
    return seal.checksum == checksum_of(data, nbytes) ? PYLM_OK : PYLM_ERR_DAMAGED;
}
