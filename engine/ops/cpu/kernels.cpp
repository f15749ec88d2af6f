// Compiled once for each instruction set, with MTLORA_ISA its name. No inline function of another header may be used
// here: the linker keeps one copy of such a function, and it could be one that this machine cannot execute.
#include "ops/cpu/kernels.h"

#include <cstddef>

namespace mtlora::cpu::MTLORA_ISA {
namespace {

#include "ops/cpu/vector.inl.h"

#include "ops/cpu/product.inl.h"

#include "ops/cpu/attention.inl.h"
#include "ops/cpu/cached_attention.inl.h"
#include "ops/cpu/elementwise.inl.h"

}  // namespace

#define MTLORA_NAME_OF(isa) #isa
#define MTLORA_NAME(isa) MTLORA_NAME_OF(isa)

extern const Kernels table;
const Kernels table = {
    MTLORA_NAME(MTLORA_ISA),
    panel_width,
    tile_rows,
    pack_panel,
    product,
    attention_workspace,
    attention_forward,
    attention_backward,
    cached_attention_workspace,
    cached_attention,
    norm_forward,
    norm_backward,
    gelu_forward,
    gelu_backward,
    dropout,
};

}  // namespace mtlora::cpu::MTLORA_ISA
