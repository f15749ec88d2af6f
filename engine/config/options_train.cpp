#include "config/option_rows.h"

namespace mtlora {

void add_train_options(std::vector<Option>& table) {
  OptionGroup train(table, "train", &RunConfig::train);
  train("seed", "Seed", &TrainOptions::seed,
        "Start of all random numbers: the order of the examples, dropout, new weights and the held-out rows. The same "
        "seed gives the same run; a few different ones show how much of a score is luck.")
      .at_least(0)
      .at_most(9007199254740991.0);  // 2^53 − 1, which every JSON reader keeps exact
  train("per_device_train_batch_size", "Batch size", &TrainOptions::per_device_train_batch_size,
        "Examples that are computed at once. A larger batch gives a steadier step and needs more memory.")
      .unit("examples")
      .at_least(1)
      .at_most(1 << 20);
  train("gradient_accumulation_steps", "Batches per step", &TrainOptions::gradient_accumulation_steps,
        "So many batches are added up before the weights change: the effect of a larger batch with the memory of a "
        "small one.")
      .unit("batches")
      .at_least(1)
      .at_most(1 << 20)
      .advanced();
  train("learning_rate", "Learning rate", &TrainOptions::learning_rate,
        "How far each step moves the weights: the most important number to try out. Too large and the loss jumps or "
        "grows; too small and little is learnt. For adapters 1e-4 to 2e-3 is usual, for the method full 1e-5 to 5e-5.")
      .above(0);
  train("t_learning_rate_ratio", "Rate of T", &TrainOptions::t_learning_rate_ratio,
        "The matrices C and D of T learn with this multiple of the learning rate; 0 leaves T as it starts.")
      .at_least(0)
      .advanced();
  train("weight_decay", "Weight decay", &TrainOptions::weight_decay,
        "Pulls the trained weights towards zero in every step, against learning by heart. Biases and norms are spared. "
        "0 turns it off; 0.01 is usual.")
      .at_least(0);
  train("t_weight_decay", "Weight decay of T", &TrainOptions::t_weight_decay,
        "Weight decay of C and D alone. It pulls T to zero, not to the identity. Unset: as the weight decay.")
      .at_least(0)
      .advanced();
  train("adam_beta1", "Adam beta 1", &TrainOptions::adam_beta1,
        "How long the optimiser remembers the direction of earlier steps: 0.9 is about ten steps.")
      .at_least(0)
      .at_most(0.999999)
      .advanced();
  train("adam_beta2", "Adam beta 2", &TrainOptions::adam_beta2,
        "How long the optimiser remembers the size of earlier gradients: 0.999 is about a thousand steps.")
      .at_least(0)
      .at_most(0.999999)
      .advanced();
  train("adam_epsilon", "Adam epsilon", &TrainOptions::adam_epsilon,
        "A small number that keeps the optimiser from dividing by zero; rarely worth changing.")
      .above(0)
      .advanced();
  train("max_grad_norm", "Gradient clipping", &TrainOptions::max_grad_norm,
        "A gradient longer than this is shortened to it, so that one odd batch can't throw the model off. 0: no "
        "clipping.")
      .at_least(0)
      .advanced();
  train("num_train_epochs", "Epochs", &TrainOptions::num_train_epochs,
        "How often the training goes through all examples; 2.5 is possible. The learning rate is spread over the whole "
        "length, so a resumed run that is given another length follows another curve from there on.")
      .unit("epochs")
      .above(0)
      .at_most(1e6)
      .may_differ_on_resume();
  train("max_steps", "Steps at most", &TrainOptions::max_steps,
        "End after so many steps, whatever the number of epochs; -1 goes by epochs. The learning rate is spread over "
        "this length, so a resumed run that is given another length follows another curve from there on.")
      .unit("steps")
      .at_least(-1)
      .may_differ_on_resume();
  train("lr_scheduler_type", "Course of the rate", &TrainOptions::lr_scheduler_type,
        "How the learning rate changes on the way. linear falls in a straight line to zero, cosine in a soft curve; "
        "constant stays and ignores warm-up; constant_with_warmup rises first and then stays.")
      .choice({"linear", "cosine", "constant", "constant_with_warmup"});
  train("warmup_ratio", "Warm-up share", &TrainOptions::warmup_ratio,
        "Over this share of all steps the learning rate rises from zero, which calms the start: 0.06 is six in a "
        "hundred.")
      .at_least(0)
      .at_most(1);
  train("warmup_steps", "Warm-up steps", &TrainOptions::warmup_steps,
        "The warm-up as a number of steps, instead of the share. 0: by the share.")
      .unit("steps")
      .at_least(0)
      .advanced();
  train("label_smoothing_factor", "Label smoothing", &TrainOptions::label_smoothing_factor,
        "Spreads this part of the certainty over all labels, which makes a classifier less sure of itself. 0 turns it "
        "off; 0.1 is usual.")
      .at_least(0)
      .at_most(1)
      .advanced();
  train("logging_steps", "Record every", &TrainOptions::logging_steps,
        "Loss, learning rate and speed are recorded once in so many steps: a point of the curves.")
      .unit("steps")
      .at_least(1)
      .may_differ_on_resume();
  train("save_steps", "Checkpoint every", &TrainOptions::save_steps,
        "Once in so many steps everything is saved that is needed to go on after a crash.")
      .unit("steps")
      .at_least(1)
      .may_differ_on_resume();
  train("save_total_limit", "Checkpoints kept", &TrainOptions::save_total_limit,
        "Older checkpoints beyond this number are deleted. The best one is kept in any case and not counted.")
      .at_least(1)
      .advanced()
      .may_differ_on_resume();
  train("bf16", "Compute in bfloat16", &TrainOptions::bf16,
        "Compute in 16-bit numbers where the device can: faster on recent hardware and a little less exact. The "
        "trained matrices stay in 32 bits.")
      .advanced();
  train("gradient_checkpointing", "Recompute layers", &TrainOptions::gradient_checkpointing,
        "Keep only the border between layers in memory and compute their inside again when it is needed: much less "
        "memory for long texts, about a third more time. The result is the same.")
      .advanced()
      .may_differ_on_resume();
  train("device", "Device", &TrainOptions::device,
        "Where to compute: auto takes a graphics card where one can be used, else the processor (cpu).")
      .suggestions({"auto", "cpu"});
  train("geometry_steps", "Geometry every", &TrainOptions::geometry_steps,
        "The geometry of the adapters is recorded once in so many steps; 0: never. Unset: as often as the loss. Over a "
        "long run the interval doubles so that no more than 400 records are kept.")
      .unit("steps")
      .at_least(0)
      .advanced()
      .may_differ_on_resume();
}

void add_eval_and_output_options(std::vector<Option>& table) {
  OptionGroup eval(table, "eval", &RunConfig::eval);
  eval("eval_steps", "Evaluate every", &EvalOptions::eval_steps,
       "When the validation examples are scored: once in so many steps, or `epoch` for after each epoch. The best "
       "checkpoint is one of those scored.")
      .unit("steps")
      .steps_or_epoch();
  eval("per_device_eval_batch_size", "Evaluation batch size", &EvalOptions::per_device_eval_batch_size,
       "Examples that are scored at once. It changes speed and memory, not the scores.")
      .unit("examples")
      .at_least(1)
      .at_most(1 << 20)
      .advanced();
  eval("metric_for_best_model", "Best by", &EvalOptions::metric_for_best_model,
       "The score that tells which checkpoint is best. Empty: the first one that the task reports; eval_loss is "
       "possible, too.")
      .advanced();
  eval("early_stopping_patience", "Stop early after", &EvalOptions::early_stopping_patience,
       "End the run when so many evaluations in a row brought no better score. Unset: never end early.")
      .unit("evaluations")
      .at_least(1)
      .may_differ_on_resume();
  eval("predict_with_generate", "Write and score texts", &EvalOptions::predict_with_generate,
       "For tasks whose answer is a text: when the model writes one for each context, to be scored against the "
       "references. end: once, with the best weights, for the test file (else the validation rows); every: at each "
       "evaluation, too, which takes long.")
      .choice({"no", "end", "every"})
      .advanced();

  OptionGroup generation(table, "generation", &RunConfig::generation);
  generation("decoding", "Decoding", &GenerationOptions::decoding,
             "How the next token is chosen. transformers: as its generate does. release: the beam search of the LoRA "
             "and MTLoRA releases, which ends at the end-of-text token or a blank line; for comparison with the "
             "published figures.")
      .choice({"transformers", "release"})
      .advanced();
  generation("max_new_tokens", "Longest answer", &GenerationOptions::max_new_tokens,
             "A text that is written ends after so many tokens at the latest.")
      .unit("tokens")
      .at_least(1)
      .at_most(1 << 20);
  generation("num_beams", "Beams", &GenerationOptions::num_beams,
             "Follow so many beginnings at once and keep the likeliest text: often a little better and as many times "
             "the work. 1: only the likeliest next token.")
      .at_least(1)
      .at_most(1000);
  generation("length_penalty", "Length penalty", &GenerationOptions::length_penalty,
             "Of the beams: the sum of log probabilities is divided by the length to this power. Above 0 favours "
             "longer texts, below 0 shorter ones.")
      .advanced();
  generation("no_repeat_ngram_size", "No repeated n-grams", &GenerationOptions::no_repeat_ngram_size,
             "No sequence of so many tokens may come twice. 0: anything may repeat.")
      .unit("tokens")
      .at_least(0)
      .advanced();
  generation("do_sample", "Sample", &GenerationOptions::do_sample,
             "Draw each token by its probability instead of taking the likeliest: livelier, and different each time "
             "the seed is.");
  generation("temperature", "Temperature", &GenerationOptions::temperature,
             "Of sampling: below 1 keeps closer to the likeliest tokens, above 1 strays further.")
      .above(0);
  generation("top_k", "Top k", &GenerationOptions::top_k,
             "Of sampling: only the so many likeliest tokens can be drawn. 0: all.")
      .unit("tokens")
      .at_least(0)
      .advanced();
  generation("top_p", "Top p", &GenerationOptions::top_p,
             "Of sampling: only the likeliest tokens that together have this probability can be drawn. 1: all.")
      .above(0)
      .at_most(1)
      .advanced();
  generation("seed", "Seed of the texts", &GenerationOptions::seed, "Of sampling: the same seed draws the same texts.")
      .at_least(0)
      .at_most(9007199254740991.0)
      .advanced();

  OptionGroup output(table, "output", &RunConfig::output);
  output("output_dir", "Run folder", &OutputOptions::output_dir,
         "Folder for all that the run writes: record, checkpoints and result. Empty: a new folder among your runs.")
      .folder()
      .may_differ_on_resume();
}

}  // namespace mtlora
