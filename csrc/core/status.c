/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * status.c: versions, and statuses in words.
 */
#include "pylm.h"

const char *pylm_version(void)
{
    return PYLM_VERSION;
}

uint32_t pylm_version_number(void)
{
    return PYLM_VERSION_NUMBER;
}

const char *pylm_status_text(int status)
{
    switch (status) {
    case PYLM_OK:
        return "no error";
    case PYLM_ERR_ARGUMENT:
        return "an argument is out of its range";
    case PYLM_ERR_FOREIGN:
        return "this is not a pylm model";
    case PYLM_ERR_VERSION:
        return "this model was written in another format version";
    case PYLM_ERR_TRUNCATED:
        return "the end of this model is missing";
    case PYLM_ERR_DAMAGED:
        return "this model is damaged";
    case PYLM_ERR_SPACE:
        return "the output buffer is too small";
    case PYLM_ERR_MEMORY:
        return "the system has no more memory";
    case PYLM_ERR_FILE:
        return "a file operation failed";
    case PYLM_ERR_CANCELLED:
        return "cancelled";
    case PYLM_ERR_EMPTY:
        return "there is no text to train on";
    case PYLM_ERR_BUDGET:
        return "no model of this text is that small";
    case PYLM_ERR_LARGE:
        return "this is more than a model can hold, or than this pylm was compiled for";
    case PYLM_ERR_LAYER:
        return "a layer is opened on the model that it was made for, and a model by itself";
    case PYLM_ERR_BASE:
        return "this layer was made for another model";
    default:
        return "unknown status";
    }
}
