# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
#
# The library's files, module by module.

# Reading an image and predicting from it: all that every user needs.
set(core
    core/check.c
    core/context.c
    core/evidence_coded.c
    core/fixed.c
    core/image.c
    core/lookup.c
    core/narrow.c
    core/open.c
    core/score.c
    core/search.c
    core/stage1.c
    core/state.c
    core/status.c
    core/walk.c
    core/work.c
    core/simd/narrow_avx2.c
    core/simd/score_avx2.c)

# What a build may leave out: -DPYLM_MODULE_<NAME>=0.
set(module_text modules/text/constraint.c modules/text/sample.c modules/text/stop.c modules/text/vocabulary.c)
set(module_adapt
    modules/adapt/attach.c
    modules/adapt/extended.c
    modules/adapt/layer.c
    modules/adapt/overlay.c
    modules/adapt/plan.c)
set(module_explain modules/explain/counts.c modules/explain/describe.c modules/explain/explain.c)
set(module_kernel modules/kernel/kernel.c modules/kernel/nearest.c modules/kernel/patterns.c)
set(module_keyboard
    modules/keyboard/personal.c
    modules/keyboard/spell.c
    modules/keyboard/suggest.c
    modules/keyboard/typing.c
    modules/keyboard/wanted.c)

# Training and files, on computers with an operating system.
file(GLOB_RECURSE train RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}/csrc" CONFIGURE_DEPENDS csrc/train/*.c csrc/platform/*.c)

set(public_headers pylm.h pylm_text.h pylm_adapt.h pylm_explain.h pylm_kernel.h pylm_keyboard.h pylm_train.h)

foreach(list core module_text module_adapt module_explain module_kernel module_keyboard train public_headers)
  list(TRANSFORM ${list} PREPEND csrc/)
endforeach()
set(engine ${core} ${module_text} ${module_adapt} ${module_explain} ${module_kernel} ${module_keyboard})
set(sources ${engine} ${train})
set(headers ${public_headers})
