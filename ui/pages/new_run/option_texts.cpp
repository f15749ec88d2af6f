#include "option_texts.h"

#include <QCoreApplication>
#include <QHash>

namespace mtlora::ui {
namespace {

QString translated(const std::string& text) { return QCoreApplication::translate("Options", text.c_str()); }

}  // namespace

QString optionLabel(const Option& option) { return translated(option.label); }
QString optionHelp(const Option& option) { return translated(option.help); }
QString optionUnit(const Option& option) { return option.unit.empty() ? QString() : translated(option.unit); }

QString unsetMeaning(const QString& key) {
  const auto tr = [](const char* text) { return QCoreApplication::translate("Options", text); };
  if (key == "data.train_file" || key == "data.validation_file" || key == "data.test_file") return tr("none");
  if (key == "data.text_column" || key == "data.label_column") return tr("as the task names it");
  if (key == "data.text_pair_column") return tr("none");
  if (key == "data.max_train_samples" || key == "data.max_eval_samples") return tr("all rows");
  if (key == "adapter.layers_to_transform") return tr("all layers");
  if (key == "adapter.modules_to_save") return tr("only what the model lacks");
  if (key == "adapter.adapter_name_or_path") return tr("none: a new adapter");
  if (key == "train.t_weight_decay") return tr("as weight decay");
  if (key == "train.geometry_steps") return tr("as logging steps");
  if (key == "eval.metric_for_best_model") return tr("the task’s first");
  if (key == "eval.early_stopping_patience") return tr("off");
  if (key == "output.output_dir") return tr("a new folder among your runs");
  return {};
}

QString choiceText(const QString& key, const QString& value) {
  static const QHash<QString, const char*> texts{
      {"train.lr_scheduler_type linear", QT_TRANSLATE_NOOP("Options", "linear: falls to 0")},
      {"train.lr_scheduler_type cosine", QT_TRANSLATE_NOOP("Options", "cosine: falls slowly, then fast")},
      {"train.lr_scheduler_type constant", QT_TRANSLATE_NOOP("Options", "constant: no warm-up")},
      {"train.lr_scheduler_type constant_with_warmup", QT_TRANSLATE_NOOP("Options", "constant after warm-up")},
      {"adapter.init paper", QT_TRANSLATE_NOOP("Options", "paper: A and T uniform, B zero")},
      {"adapter.init identity", QT_TRANSLATE_NOOP("Options", "identity: T = I, A Gaussian, B zero")},
      {"eval.predict_with_generate no", QT_TRANSLATE_NOOP("Options", "no")},
      {"eval.predict_with_generate end", QT_TRANSLATE_NOOP("Options", "once, at the end")},
      {"eval.predict_with_generate every", QT_TRANSLATE_NOOP("Options", "at each evaluation, too")},
      {"generation.decoding transformers", QT_TRANSLATE_NOOP("Options", "as transformers")},
      {"generation.decoding release", QT_TRANSLATE_NOOP("Options", "as the LoRA release")},
      {"eval.eval_steps epoch", QT_TRANSLATE_NOOP("Options", "epoch")},
      {"train.device auto", QT_TRANSLATE_NOOP("Options", "auto: the fastest here")},
      {"model.dtype auto", QT_TRANSLATE_NOOP("Options", "auto: as in the file")},
  };
  const auto found = texts.find(key + ' ' + value);
  return found == texts.end() ? value : QCoreApplication::translate("Options", *found);
}

QString dtypeName(const std::string& dtype) {
  if (dtype == "F32") return QStringLiteral("float32");
  if (dtype == "BF16") return QStringLiteral("bfloat16");
  if (dtype == "F16") return QStringLiteral("float16");
  return QString::fromStdString(dtype);
}

}  // namespace mtlora::ui
