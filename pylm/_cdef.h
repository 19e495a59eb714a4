/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * _cdef.h: what Python uses of csrc/pylm.h and csrc/pylm_train.h, without a preprocessor. The meaning of
 * everything is written there. Nothing compares the two at run time but the version number; the test
 * tests/py/test_sources.py compiles this file against the headers.
 */

/* ---- pylm.h ---- */

#define PYLM_VERSION_NUMBER 100
#define PYLM_FORMAT_VERSION 3

const char *pylm_version(void);
uint32_t pylm_version_number(void);

enum pylm_status {
    PYLM_OK = 0,
    PYLM_ERR_ARGUMENT = -1,
    PYLM_ERR_FOREIGN = -2,
    PYLM_ERR_VERSION = -3,
    PYLM_ERR_TRUNCATED = -4,
    PYLM_ERR_DAMAGED = -5,
    PYLM_ERR_SPACE = -6,
    PYLM_ERR_MEMORY = -7,
    PYLM_ERR_FILE = -8,
    PYLM_ERR_CANCELLED = -9,
    PYLM_ERR_EMPTY = -10,
    PYLM_ERR_BUDGET = -12,
    PYLM_ERR_LARGE = -11
};

const char *pylm_status_text(int status);

typedef struct pylm_model {
    uint64_t opaque[8];
} pylm_model;

int pylm_model_open(pylm_model *model, const void *image, uint64_t image_nbytes);
int pylm_model_verify(const pylm_model *model);

enum pylm_tokenizer {
    PYLM_TOKENIZER_BYTES = 0,
    PYLM_TOKENIZER_WORDS = 1,
    PYLM_TOKENIZER_PIECES = 2,
    PYLM_TOKENIZER_EXTERNAL = 3
};

#define PYLM_NONE 0xffffffff

typedef struct pylm_info {
    uint32_t format_version;
    uint32_t tokenizer;
    uint32_t n_symbols;
    uint32_t unknown;
    uint32_t line_end;
    uint32_t n_trees;
    uint32_t n_templates;
    uint32_t depth;
    uint64_t n_contexts;
    uint64_t image_nbytes;
    uint64_t facts_offset;
    uint64_t facts_nbytes;
    uint64_t tokenizer_offset;
    uint64_t tokenizer_nbytes;
} pylm_info;

void pylm_model_info(const pylm_model *model, pylm_info *info);

enum pylm_text_end {
    PYLM_TEXT_OPEN = 0,
    PYLM_TEXT_CLOSED = 1
};

int pylm_encode(const pylm_model *model, const void *text, uint64_t text_nbytes, int end,
                uint64_t *position, uint32_t *symbols, uint64_t capacity, uint64_t *n_ret);
int pylm_symbol_text(const pylm_model *model, uint32_t symbol, const unsigned char **text,
                     uint32_t *text_nbytes);
uint32_t pylm_symbol_find(const pylm_model *model, const void *text, uint64_t text_nbytes);
int pylm_decode(const pylm_model *model, uint32_t previous, const uint32_t *symbols, uint64_t n,
                void *text, uint64_t capacity, uint64_t *nbytes_ret);

typedef struct pylm_state {
    uint64_t opaque[16];
} pylm_state;

void pylm_state_init(pylm_state *state);
int pylm_state_push(const pylm_model *model, pylm_state *state, uint32_t symbol);

int pylm_overlay_init(const pylm_model *model, void *overlay, uint64_t nbytes);
int pylm_state_adapt(const pylm_model *model, pylm_state *state, void *overlay, uint64_t nbytes);
void pylm_state_learn(pylm_state *state, int learns);
void pylm_state_restart(pylm_state *state);
void pylm_state_keep(const pylm_state *state);

uint64_t pylm_work_nbytes(const pylm_model *model);
int pylm_cost(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *work,
              uint32_t *cost_q16);
int pylm_score(const pylm_model *model, pylm_state *state, const uint32_t *symbols, uint64_t n,
               void *work, uint32_t *costs_q16, uint64_t *total_q16);
void pylm_distribution(const pylm_model *model, const pylm_state *state, void *work, uint64_t *q62);

typedef struct pylm_candidate {
    uint32_t symbol;
    uint32_t cost_q16;
} pylm_candidate;

void pylm_top(const pylm_model *model, const pylm_state *state, uint32_t k, void *work,
              pylm_candidate *best, uint32_t *n_ret);

typedef struct pylm_sampling {
    uint32_t temperature_q16;
    uint32_t top_k;
    uint32_t top_p_q16;
    uint32_t min_p_q16;
    uint32_t penalty_q16;
} pylm_sampling;

int pylm_sample(const pylm_model *model, const pylm_state *state, const pylm_sampling *sampling,
                const uint32_t *recent, uint32_t n_recent, uint64_t *random, void *work,
                pylm_candidate *candidates, uint32_t n_candidates, uint32_t *symbol);
uint64_t pylm_stop_search(const void *text, uint64_t text_nbytes, const void *stop, uint64_t stop_nbytes,
                          int *found_ret);

#define PYLM_WORD_NBYTES 48

typedef struct pylm_suggestion {
    uint32_t cost_q16;
    uint32_t nbytes;
    unsigned char text[48];
} pylm_suggestion;

int pylm_read(const pylm_model *model, pylm_state *state, const void *text, uint64_t nbytes);
uint64_t pylm_typed_word(const void *text, uint64_t nbytes);
uint64_t pylm_suggest_nbytes(const pylm_model *model, uint32_t k);
int pylm_suggest(const pylm_model *model, const pylm_state *state, const void *text, uint64_t nbytes, uint32_t k,
                 void *work, pylm_suggestion *suggestions, uint32_t *n_ret);

int pylm_personal_init(const pylm_model *model, void *personal, uint64_t nbytes);
int pylm_personal_open(const pylm_model *model, void *personal, uint64_t nbytes);
uint64_t pylm_personal_seal(void *personal, uint64_t nbytes);
int pylm_personal_add(const pylm_model *model, void *personal, uint64_t nbytes, const void *text,
                      uint64_t text_nbytes);
int pylm_personal_remove(const pylm_model *model, void *personal, uint64_t nbytes, const void *text,
                         uint64_t text_nbytes);
int pylm_personal_is_exact(const void *personal);
int pylm_personal_apply(const pylm_model *model, const void *personal, uint64_t nbytes, void *overlay,
                        uint64_t overlay_nbytes);

/* ---- pylm_train.h ---- */

int pylm_has_openmp(void);

typedef struct pylm_task {
    volatile int cancel;
    volatile int stage;
    volatile uint32_t done;
    volatile uint32_t total;
} pylm_task;

enum pylm_stage {
    PYLM_STAGE_READ = 0,
    PYLM_STAGE_PIECES = 5,
    PYLM_STAGE_CLUSTER = 1,
    PYLM_STAGE_COUNT = 2,
    PYLM_STAGE_CHOOSE = 6,
    PYLM_STAGE_FIT = 3,
    PYLM_STAGE_WRITE = 4,
    PYLM_STAGE_SCORE = 7
};

const char *pylm_stage_text(int stage);

#define PYLM_MAX_TREES 8
#define PYLM_TOKENIZER_AUTO 255

enum pylm_profile {
    PYLM_PROFILE_BEST = 0,
    PYLM_PROFILE_FAST = 1
};

typedef struct pylm_train_options {
    uint32_t options_nbytes;
    uint32_t tokenizer;
    uint32_t n_threads;
    uint32_t min_count;
    uint32_t n_trees;
    uint32_t n_classes[8];
    uint32_t max_order;
    uint32_t n_pieces;
    uint32_t profile;
    uint32_t memory_is_wish;
    uint64_t max_nbytes;
    uint64_t max_memory;
} pylm_train_options;

void pylm_train_options_init(pylm_train_options *options);

typedef struct pylm_trainer pylm_trainer;

int pylm_trainer_new(pylm_trainer **trainer, const pylm_train_options *options);
void pylm_trainer_free(pylm_trainer *trainer);
int pylm_trainer_add(pylm_trainer *trainer, const void *text, uint64_t text_nbytes, pylm_task *task);
int pylm_trainer_vocabulary(pylm_trainer *trainer, uint32_t n_symbols, const void *texts,
                            const uint64_t *text_ends, const void *file, uint64_t file_nbytes);
int pylm_trainer_add_ids(pylm_trainer *trainer, const uint32_t *ids, uint64_t n, uint64_t text_nbytes,
                         pylm_task *task);
int pylm_trainer_build(pylm_trainer *trainer, pylm_task *task, const void **image_ret,
                       uint64_t *image_nbytes_ret);
int pylm_trainer_save(pylm_trainer *trainer, const char *path, pylm_task *task, uint64_t *nbytes_ret);

int pylm_score_batch(const pylm_model *model, const pylm_state *context, const uint32_t *symbols,
                     const uint64_t *ends, uint64_t n_texts, uint32_t n_threads, uint32_t *costs_q16,
                     uint64_t *totals_q16, pylm_task *task);

int pylm_file_save(const char *path, const void *data, uint64_t nbytes);
