// All that the window and the command line call. Plain values only; no tensor and no LibTorch header passes through
// here.
//
// Every function may be called from any thread. Those marked "blocks" read files or compute and belong on a worker
// thread of the window; the others return at once. All throw mtlora::Error.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compare/plan.h"
#include "compare/report.h"
#include "compare/results.h"
#include "config/option_table.h"
#include "config/run_config.h"
#include "config/run_file.h"
#include "data/dataset.h"
#include "data/generation_data.h"
#include "data/task.h"
#include "eval/text_metrics.h"
#include "geometry/geometry.h"
#include "io/model_folder.h"
#include "model/linear_info.h"
#include "record/command.h"
#include "record/event.h"
#include "store/run_index.h"
#include "text/chat_template.h"

namespace mtlora {

std::string version();

// Fills the option table's open choices (tasks, methods, devices). Call once at start; cheap.
void initialise();

// ---- models -------------------------------------------------------------------------------------------------------

struct ModelEntry {
  std::string name;  // "minilm", or a folder's name
  Path folder;
  std::string family;  // model_type
  std::string dtype;   // of most weights, as safetensors names it ("BF16")
  int64_t bytes = 0;   // of the weight files
  bool bundled = false;
  bool writes_text = false;  // a decoder
  double memory_mib = 0;     // that its weights take at least in a run, beside the program's own
  std::string problem;       // why it can't be opened, or ""
};
// The bundled ones, the folders in models_dir() and the Hugging Face cache. Blocks (folder listing).
std::vector<ModelEntry> list_models();

struct ModelInfo {
  std::string name, family;
  Path folder;
  int64_t parameters = 0;  // of the encoder or decoder, without a new head
  int64_t layers = 0, hidden_size = 0, vocabulary_size = 0, max_positions = 0;
  bool writes_text = false;  // a decoder
  std::string dtype;
  int64_t bytes = 0;                // of the weight files
  Path licence;                     // the folder's licence file, or empty
  std::string licence_name;         // as its README.md names it ("apache-2.0"), or empty
  std::vector<LinearInfo> linears;  // those that can carry an adapter, in the model's order
};
// Reads config.json and the header of the weights. Blocks shortly (nothing is read but headers).
ModelInfo inspect_model(const std::string& name_or_path);

// What a folder that should hold a model lacks: for a person whose model does not open.
struct ModelCheck {
  struct Part {
    std::string what;           // "config.json", "weights", "tokenizer"
    std::string found;          // the files that are there, or ""
    std::string problem, hint;  // "" where the part is good
  };
  Path folder;
  std::vector<Part> parts;
};
// Looks at each part by itself. Never throws. Blocks shortly.
ModelCheck check_model(const std::string& name_or_path);

// ---- before a run -------------------------------------------------------------------------------------------------

struct SampleExample {
  std::vector<std::string> tokens;
  std::string label;             // as people name it
  std::vector<uint8_t> special;  // 1 for each token that the tokenizer calls special
  int64_t tokens_cut = 0;
  std::vector<uint8_t> answer;  // of a text to be written: 1 for each token that the model learns to write
};
struct LongRow {
  int64_t row = 0;  // in the training file, from 1
  int64_t tokens = 0;
  bool left_out = false;  // the limit leaves nothing of its answer: it is not trained on
};
struct RunPlan {
  int64_t trainable_parameters = 0, adapter_parameters = 0, head_parameters = 0, model_parameters = 0;
  std::vector<std::string> adapted_modules;
  int64_t train_examples = 0, validation_examples = 0, test_examples = 0;
  int64_t total_steps = 0, steps_per_epoch = 0;
  int64_t tokens_per_epoch = 0;  // real tokens
  int64_t longest_example = 0;   // tokens
  int64_t truncated_examples = 0;
  int64_t skipped_rows = 0;
  double memory_needed_mib = 0;  // peak of the process on the longest batch that the data can give
  double memory_free_mib = 0;
  std::vector<int32_t> token_lengths;  // of each training example before it is cut, of those left out too
  std::vector<LongRow> long_rows;      // the first hundred that are cut or left out
  int64_t unscored_examples = 0;       // left out, because the limit leaves nothing of their answer
  std::string chat_template;           // of a task whose answer is a text: that its rows are written with
  std::vector<std::string> labels;
  std::vector<SampleExample> samples;  // three
  std::vector<std::string> warnings;
};
// Everything that can be known before a run starts: the data are read and tokenized. Blocks (seconds on a large file).
// Throws the Error, with its field, that starting the run would give.
RunPlan plan_run(const RunConfig& config);

// Trainable parameters without reading any data; labels: how many outputs the head has (0: it is a language model).
// Blocks shortly.
struct ParameterCount {
  int64_t adapter = 0, head = 0, model = 0;
  std::vector<std::string> adapted_modules;
};
ParameterCount count_parameters(const RunConfig& config, int64_t labels);

// ---- a running job ------------------------------------------------------------------------------------------------

// A run in progress. Its events are on disk before `take_events` returns them.
class Job {
 public:
  virtual ~Job() = default;                       // asks it to stop, and waits
  virtual void send(const Command& command) = 0;  // returns at once
  virtual std::vector<Event> take_events() = 0;   // those since the last call; returns at once
  virtual std::string stage() const = 0;          // "Reading the data", "Training", "Evaluating", ... ; returns at once
  virtual bool paused() const = 0;
  virtual bool finished() const = 0;  // true once run_finished has been handed out by take_events
  virtual void wait() = 0;            // blocks until the run has ended
  virtual Path folder() const = 0;
};

struct StartOptions {
  bool resume = false;           // the folder holds a run: go on from its newest whole checkpoint
  bool yield_to_window = false;  // train at a lower priority than the window's own work
  double started = 0;            // Unix seconds when the person asked for it; 0: now
  bool listed = true;            // among the person's runs
};
// Starts a thread that trains. Returns at once; whatever is wrong arrives as run_finished with status "failed".
// (A folder that already holds a run is refused here, with an Error, unless `resume`.)
std::unique_ptr<Job> start_job(const RunConfig& config, const StartOptions& options = {});

// The same as a child process, whose faults end nothing else. It stops, with a checkpoint, when this process ends.
std::unique_ptr<Job> start_child_job(const RunConfig& config, const StartOptions& options = {});

// A new folder name under runs_dir() for this configuration: "banking77-ctcm-2026-11-24-1".
Path new_run_folder(const RunConfig& config);

// ---- runs on disk -------------------------------------------------------------------------------------------------

// RunRow, RunStatus: store/run_index.h

// From the index, brought up to date with the folders. Blocks (reads what changed).
std::vector<RunRow> list_runs();
void remember_run(const Path& folder);  // adds a folder outside runs_dir() to the index
void rename_run(const Path& folder, const std::string& name);
void set_run_note(const Path& folder, const std::string& note);
void forget_run(const Path& folder);  // from the index alone; the folder is the caller's

struct RunRecord {
  RunRow row;
  RunConfig config;
  std::vector<Event> events;
  std::vector<int64_t> geometry_steps;
  nlohmann::json summary;  // null while there is none
  std::vector<std::string> labels;
  struct Checkpoint {
    int64_t step;
    Path folder;
    bool best;
  };
  std::vector<Checkpoint> checkpoints;  // those still on disk
};
RunRecord open_run(const Path& folder);  // blocks

// The scores with which a run ended, as summary.json has them: of its best checkpoint, of its texts, and of the test
// file under "test_<metric>". Empty while there are none. Blocks shortly.
std::map<std::string, double> end_scores(const Path& run_folder);

// The texts that a run wrote for the contexts of its validation or test file.
struct WrittenText {
  std::string prompt, text, group;  // group: "" where the task has none
  std::vector<std::string> references;
};
struct WrittenFile {
  std::string name;  // "validation", "test"
  Path path;
  std::vector<WrittenText> texts;
};
// Of generated/*.jsonl, the test's first. Blocks. Throws Error(File) for a file that can't be read, Error(BadInput) for
// a line that is none of ours, naming it.
std::vector<WrittenFile> written_texts(const Path& run_folder);
bool has_written_texts(const Path& run_folder);  // blocks shortly (a folder listing)

// Snapshot of a run at a recorded step. Blocks shortly.
std::vector<ModuleSnapshot> read_geometry(const Path& run_folder, int64_t step);

struct GeometryOfAdapter {
  int64_t step = 0;  // 0 where an adapter folder does not say
  std::vector<ModuleSnapshot> modules;
};
// Of a run: the recorded step (below 0: the last). Of any other adapter folder: computed from its tensors. Blocks.
GeometryOfAdapter geometry_of(const Path& source, int64_t step);

// ---- a trained result ---------------------------------------------------------------------------------------------

struct Prediction {
  std::vector<std::pair<std::string, double>> labels;  // probability of each, highest first; empty for a regression
  std::optional<double> value;                         // of a regression
  int64_t tokens = 0, tokens_cut = 0;
};
// A model in memory that answers. Not thread-safe: one caller at a time.
class Predictor {
 public:
  virtual ~Predictor() = default;
  virtual Prediction predict(const std::string& text, const std::string& text_pair = {}) = 0;  // blocks
};
// `adapter`: a run folder (its result, else its newest checkpoint), a checkpoint, a native or PEFT adapter folder.
// `tuned` false gives the base: the same model and labels with the head as it was before training (of the run's seed).
// Blocks.
std::unique_ptr<Predictor> load_predictor(const std::string& model, const Path& adapter, bool tuned);

// What a model says of texts, for files: `adapter` empty means the model alone, with the head of its checkpoint.
struct TextLogits {
  std::vector<int32_t> ids;
  std::vector<double> logits;  // of a classification head; else, of a language model:
  bool language_model = false;
  std::vector<double> logprobs;  // natural logarithms, of each token after the first
};
// Each line of `file` (two tab-separated fields are a pair) is given to `each` in order. Blocks.
void logits_of_file(const std::string& model, const std::string& adapter, const Path& file,
                    const std::function<void(const TextLogits&)>& each);
// Token ids of each line. Needs only the tokenizer files of the model. Blocks.
void tokenize_file(const std::string& model, const Path& file,
                   const std::function<void(const std::vector<int32_t>&)>& each);

struct GeneratedText {
  std::string prompt, text;  // the text without the prompt
  std::vector<int32_t> ids;  // of the text
};
struct WriteHooks {
  std::function<void(const std::string& text)> on_text;  // the text so far, as it grows (of beams once, at the end)
  std::function<bool()> go_on;                           // false ends the text where it is
};
// A language model in memory that writes. Not thread-safe: one caller at a time.
class Writer {
 public:
  virtual ~Writer() = default;
  virtual std::string chat_template() const = 0;  // that prompts are put into as a user's message, or ""
  // false: writes as the base does from now on, true: with the adapter again. Copies nothing. Without an adapter both
  // are the model itself.
  virtual void set_tuned(bool tuned) = 0;
  // The answer to the last of `messages` (at least one); without a chat template that message's text is gone on from
  // as it is. Ended by what ends a text of this model. Blocks. Throws Error(BadInput) for a prompt that leaves no room.
  virtual GeneratedText write(const std::vector<Message>& messages, const GenerationOptions& options,
                              const WriteHooks& hooks = {}) = 0;
  GeneratedText write(const std::string& prompt, const GenerationOptions& options, const WriteHooks& hooks = {}) {
    return write(std::vector<Message>{{"user", prompt}}, options, hooks);
  }
};
// `chat_template`: a built-in one; "auto": the one that the adapter was trained with, else the model's; "none"; "": the
// adapter's where it has one. `adapter` as for load_predictor, or "". Blocks. Throws Error(BadInput) for a classifier.
std::unique_ptr<Writer> load_writer(const std::string& model, const std::string& adapter,
                                    const std::string& chat_template = {});

struct FileScores {
  std::map<std::string, double> scores;  // the task's metrics and eval_loss
  int64_t examples = 0;
};
// Scores a file of a task. The columns and metrics are the task's. Blocks.
FileScores evaluate_file(const std::string& model, const std::string& adapter, const std::string& task,
                         const Path& file, int64_t max_seq_length, int64_t batch_size);

// Files of texts, one a line; a line ends at a line feed and nothing else, the last one perhaps at the end of the file.
struct TextFiles {
  Path hypotheses;                    // an empty line is an empty text
  std::vector<Path> references = {};  // each holds one reference of every text (an empty line: an empty one), or
  Path reference_blocks = {};         // this one file holds each text's references as a block, blank lines between them
  bool lowercase = false;
  bool tokenize = false;      // set words and marks apart first, as the LoRA release does
  size_t max_references = 0;  // of each text the first ones; 0: all
};
// Scores of `hypotheses` by metrics of texts (text_metric_names()). Blocks (seconds for thousands of texts). Throws
// Error(BadInput) for an unknown metric and for files whose counts do not match, naming them, Error(File) for one that
// can't be read.
std::vector<TextScore> score_files(const std::vector<std::string>& metrics, const TextFiles& files);

struct ExportedFile {
  Path path;
  int64_t bytes = 0;
};
struct ExportResult {
  Path folder;
  std::vector<ExportedFile> files;
  std::string python;  // lines that load it
};
struct ExportOptions {
  std::string model;           // folder or name of the base, for merged and gguf; empty: the one the adapter names
  std::string dtype = "auto";  // of the weights: auto (merged: the base's; gguf: float32), float32, bfloat16, float16
};
// `source`: as for load_predictor. `format`: peft, merged (a whole model), gguf (a LoRA for llama.cpp), mtlora. Blocks.
ExportResult export_adapter(const Path& source, const std::string& format, const Path& out,
                            const ExportOptions& options = {});
// Why an adapter can't be exported in that form, as one sentence; "" where it can. Reads its configuration. Blocks
// shortly.
std::string export_obstacle(const Path& source, const std::string& format);

// ---- comparisons --------------------------------------------------------------------------------------------------

// A comparison is a folder: plan.json, queue.json (what the person wants of the queue), runs/ID (a run folder each).
// Its state is what the folders say, so it survives whatever happens to the process that runs it.

// What a person asks of the queue. Written by the window or by hand; the process that runs it reads it again and again.
struct Queue {
  std::vector<std::string> order;    // run ids that go first; the others follow in the plan's order
  std::vector<std::string> skipped;  // ids that are not to be run
  bool paused = false;               // the present run pauses, and none is begun
};
struct Comparison {
  Path folder;
  Plan plan;
  Queue queue;
  std::vector<ComparedRun> runs;  // in the order of the queue; while values are being chosen, only the choosing ones
  std::vector<ComparedVariant> rows;               // of what is reported, as far as it is there
  int64_t planned = 0, completed = 0, failed = 0;  // runs, of both kinds
  bool runs_now = false;                           // some process works through it
  bool done() const;                               // nothing is left to run
  int64_t left() const;                            // runs that going on would train
};
Path comparisons_dir();  // home_dir()/comparisons
// Folders in it that hold a plan, newest first. Blocks shortly.
std::vector<Path> list_comparisons();
// Makes the folder of a new comparison (empty: under comparisons_dir(), by its name and the date). A folder that holds
// the same plan is taken as it is; one with another plan is refused. Blocks shortly.
Path create_comparison(const Plan& plan, const Path& folder = {});
Comparison read_comparison(const Path& folder);  // blocks (reads what its runs wrote)
void set_queue(const Path& folder, const Queue& queue);
// A failed run whose process was ended from outside (out of memory, killed) waits again, and goes on from its newest
// checkpoint: true. One that failed by itself would fail again: false; it begins anew once its folder is gone.
bool try_again(const Path& run_folder);
// Asks the process that works through it, whichever that is, to stop with a checkpoint; false where none does.
bool stop_comparison(const Path& folder);

struct ComparisonHooks {
  std::function<bool()> stop_asked;                             // the present run stops with a checkpoint
  std::function<void(const ComparedRun&run)> on_begin, on_end;  // of each run
  std::function<void(const Event& event)> on_event;             // of the present run
};
// Works through what is left, one run after another, each a child process: those that were stopped or killed go on from
// their checkpoints, a failed one is marked and passed over. Keeps the machine awake and tells the desktop at the end.
// Writes results.csv, results.md and results.html in the folder after each run. Blocks, perhaps for days. Throws
// Error(BadInput) where another process runs it.
void run_comparison(const Path& folder, const ComparisonHooks& hooks = {});

enum class ReportFormat { Csv, Markdown, Html };
std::string comparison_report(const Comparison& comparison, ReportFormat format);

// ---- the machine --------------------------------------------------------------------------------------------------

struct MachineState {
  std::string device;          // "CPU, 2 threads"
  double memory_used_mib = 0;  // of this process
  double memory_total_mib = 0, memory_free_mib = 0;
};
MachineState machine_state();  // cheap

}  // namespace mtlora
