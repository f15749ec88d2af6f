#include "config/option_rows.h"

namespace mtlora {

void add_model_and_data_options(std::vector<Option>& table) {
  OptionGroup model(table, "model", &RunConfig::model);
  model("name_or_path", "Model", &ModelOptions::name_or_path,
        "The language model to start from: a name that `mtlora models` lists, or a folder in Hugging Face form "
        "(config.json, model.safetensors, tokenizer.json). Its own weights stay as they are unless the method is full.")
      .suggestions({"minilm"});
  model("dtype", "Weights kept as", &ModelOptions::dtype,
        "Number format of the frozen weights in memory. auto keeps that of the file; bfloat16 and float16 take half "
        "the memory of float32 and are less exact.")
      .choice({"auto", "float32", "bfloat16", "float16"})
      .advanced();

  OptionGroup data(table, "data", &RunConfig::data);
  data("task", "Task", &DataOptions::task,
       "What the model learns: a task that `mtlora tasks` lists, or `own` for a file of yours. The task says which "
       "columns are read, what the labels are and which scores are reported.")
      .suggestions({"banking77", "own"});
  data("train_file", "Training file", &DataOptions::train_file,
       "The examples to learn from, as CSV, TSV or JSON lines. Leave it empty where the task brings its own data.")
      .file();
  data("validation_file", "Validation file", &DataOptions::validation_file,
       "Examples that are never trained on; the score on them tells which checkpoint is best. Without such a file a "
       "part of the training rows is held out (see the validation share).")
      .file();
  data("test_file", "Test file", &DataOptions::test_file,
       "Examples that are scored once, at the very end, so that no choice of yours or of the program depends on them.")
      .file();
  data("text_column", "Text column", &DataOptions::text_column,
       "Name of the column that holds the text. Empty: the one that the task names.");
  data("text_pair_column", "Second text column", &DataOptions::text_pair_column,
       "For tasks that compare two texts: the column of the second one. Empty: the one that the task names, if any.");
  data("label_column", "Label column", &DataOptions::label_column,
       "Name of the column that holds the right answer: a label, or a number for a regression. Empty: the task's.");
  data("max_seq_length", "Longest text", &DataOptions::max_seq_length,
       "Texts with more tokens are cut to this length; special tokens count. Shorter ones cost no more than their own "
       "length, so a generous value is free where few texts are long.")
      .unit("tokens")
      .at_least(2)
      .at_most(1 << 20);
  data("max_train_samples", "Training examples at most", &DataOptions::max_train_samples,
       "Use only the first so many training rows: for a quick trial. Unset: all.")
      .unit("examples")
      .at_least(1)
      .advanced();
  data("max_eval_samples", "Evaluation examples at most", &DataOptions::max_eval_samples,
       "Score only the first so many validation rows, which makes evaluations faster and less exact. Unset: all.")
      .unit("examples")
      .at_least(1)
      .advanced();
  data("validation_split", "Validation share", &DataOptions::validation_split,
       "Where there is no validation file, this share of the training rows is held out by the seed, each label in "
       "proportion: 0.1 is a tenth. 0 trains on every row and evaluates nothing on the way.")
      .at_least(0)
      .at_most(0.9);
  data("chat_template", "Chat template", &DataOptions::chat_template,
       "For tasks whose answer is a text: how questions and answers are written for the model. auto takes the task's "
       "own, else the one that the model was trained with; the preview shows the text that it makes.")
      .suggestions({"auto"})
      .advanced();
  data("packing", "Fill batches", &DataOptions::packing,
       "Put short examples together until each place of a batch holds as many tokens as the longest text may have. "
       "They do not see each other. Steps become fewer and more even in cost.")
      .advanced();
}

}  // namespace mtlora
