#include "config/option_rows.h"

namespace mtlora {

void add_adapter_options(std::vector<Option>& table) {
  OptionGroup adapter(table, "adapter", &RunConfig::adapter);
  adapter(
      "method", "Method", &AdapterOptions::method,
      "How the small trained update of a weight is built: s B T A with a matrix T that turns and scales. lora: T is "
      "the identity; shim: T = C; icfm: T = C Cᵀ; ctcm: T = C D; dtsm: T = C + D. full trains every weight of the "
      "model instead, and needs far more memory.")
      .choice({"lora", "shim", "icfm", "ctcm", "dtsm", "full"});
  adapter(
      "init", "Start of T", &AdapterOptions::init,
      "How the new matrices start. paper: A, C and D uniform at random, as in the MTLoRA paper; identity: T is the "
      "identity and A Gaussian with deviation 1/√r. That A is several times larger, so the same learning rate moves "
      "the model further: use a smaller one. In both B is zero: the model is unchanged at first.")
      .choice({"paper", "identity"});
  adapter("r", "Rank", &AdapterOptions::r,
          "Width of the update: how many directions it can have. More can learn more and costs more memory and time; "
          "4 to 64 is usual. It can't exceed the smaller side of an adapted layer.")
      .at_least(1)
      .at_most(1 << 16);
  adapter("lora_alpha", "Alpha", &AdapterOptions::lora_alpha,
          "Strength of the update, which is multiplied by alpha / rank. Often twice the rank; a larger value acts much "
          "like a larger learning rate.")
      .above(0);
  adapter("lora_dropout", "Dropout", &AdapterOptions::lora_dropout,
          "Share of the inputs of each adapter that is set to zero at random while training: a guard against learning "
          "a small data set by heart. 0 turns it off; 0.05 to 0.1 is usual.")
      .at_least(0)
      .at_most(0.99);
  adapter("target_modules", "Adapted layers", &AdapterOptions::target_modules,
          "Which linear layers carry an adapter: a list of names, each matching every layer whose name ends with it "
          "(query, value); one regular expression over the whole name; or all-linear. More layers learn more and cost "
          "more.");
  adapter("layers_to_transform", "Only in layers", &AdapterOptions::layers_to_transform,
          "Numbers of the model's layers, counted from 0, that may carry adapters, such as 0,1,5 or 3-5. Unset: all.")
      .at_least(0)
      .advanced();
  adapter("modules_to_save", "Also trained whole", &AdapterOptions::modules_to_save,
          "Names of parts that are trained and saved entirely, beside the adapters. The new task head always is; name "
          "a head part that the model already has (such as pooler) to train it as well.")
      .advanced();
  adapter("use_rslora", "Rank-stabilised scale", &AdapterOptions::use_rslora,
          "Multiply the update by alpha / √rank instead of alpha / rank, which keeps high ranks from learning slowly.")
      .advanced();
  adapter("split_fused", "Split fused layers", &AdapterOptions::split_fused,
          "Where a model computes query, key and value in one layer (GPT-2), give each its own A and B, with one T "
          "that mixes them. Off: the layer is adapted as a whole, as PEFT does.")
      .advanced();
  adapter("adapter_name_or_path", "Go on from adapter", &AdapterOptions::adapter_name_or_path,
          "Folder of an adapter whose values this run starts from, in the program's own form or PEFT's. Empty: a new "
          "one.")
      .folder()
      .advanced();
}

}  // namespace mtlora
