// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdint.h>

/// For a process that another one of this project starts to do a part of its work: it ends when the thread that
/// started it does, however that ends; it leaves no dump of its memory, which may hold who was examined; and it
/// takes at most some bytes of memory (0: no limit).
///
/// Ends the process where the parent is another one already.
void cprocess_confine(int32_t parent, uint64_t memory);
