#include "export_page.h"

#include <QButtonGroup>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QRadioButton>
#include <QScrollArea>
#include <QSplitter>
#include <QVBoxLayout>

#include "base/error.h"
#include "base/paths.h"
#include "form_card.h"
#include "studio.h"
#include "style/theme.h"
#include "widgets/elided_label.h"
#include "widgets/pieces.h"
#include "widgets/result_picker.h"
#include "written_panel.h"

namespace mtlora::ui {

namespace {

constexpr int lookDelay = 200;  // ms after the last key stroke
constexpr int busyDelay = 300;  // ms; what is quicker shows no bar

QLabel* stepTitle(int number, const QString& title) {
  auto* label = new QLabel(QStringLiteral("%1   %2").arg(number).arg(title));
  label->setFont(sectionFont());
  return label;
}

enum class TargetState { New, Empty, Adapter, Other };

TargetState stateOf(const Path& folder) {
  std::error_code error;
  if (!std::filesystem::exists(folder, error)) return TargetState::New;
  for (const char* written : {"adapter_config.json", "adapter.gguf", "config.json"}) {
    if (std::filesystem::exists(folder / written, error)) return TargetState::Adapter;
  }
  return std::filesystem::is_empty(folder, error) ? TargetState::Empty : TargetState::Other;
}

}  // namespace

ExportPage::ExportPage(Studio& studio, QWidget* parent)
    : Page(studio, parent), writing_(0, this), looking_(lookDelay, this), forms_of_(lookDelay, this) {
  written_ = new WrittenPanel;
  auto* split = new QSplitter(Qt::Horizontal);
  split->setObjectName(QStringLiteral("export"));
  split->setHandleWidth(gridUnit);
  split->setChildrenCollapsible(false);
  split->addWidget(buildSteps());
  split->addWidget(written_);
  split->setStretchFactor(0, 1);
  split->setStretchFactor(1, 1);
  split->setSizes({560, 600});
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->addWidget(split);

  connect(written_, &WrittenPanel::failed, &studio_, &Studio::failed);
  connect(picker_, &ResultPicker::resultChanged, this, &ExportPage::refresh);
  connect(&studio_, &Studio::runChanged, this, &ExportPage::takeRun);
  connect(&studio_, &Studio::stateChanged, this, &ExportPage::refresh);
  takeRun();
}

QWidget* ExportPage::buildSteps() {
  auto* steps = new QWidget;
  auto* column = new QVBoxLayout(steps);
  column->setContentsMargins(0, 0, gridUnit, 0);
  column->setSpacing(gridUnit);
  buildSource(column);
  column->addSpacing(gridUnit * 2);
  buildForms(column);
  column->addSpacing(gridUnit * 2);
  buildTarget(column);
  column->addStretch();
  auto* scroll = new QScrollArea;
  scroll->setWidget(steps);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setMinimumWidth(gridUnit * 42);
  return scroll;
}

void ExportPage::buildSource(QVBoxLayout* column) {
  picker_ = new ResultPicker(studio_);
  ofRun_ = new QRadioButton(tr("The run in front"));
  ofFolder_ = new QRadioButton(tr("Another adapter folder"));
  runName_ = new ElidedLabel;
  runName_->setForegroundRole(QPalette::PlaceholderText);
  folder_ = new QLineEdit;
  folder_->setPlaceholderText(tr("Folder of a run, a checkpoint or an adapter"));
  folder_->setAccessibleName(tr("Adapter folder"));
  folder_->setClearButtonEnabled(true);
  browseFolder_ = new QPushButton(lineIcon(QStringLiteral("folder")), tr("Browse …"));
  browseFolder_->setAccessibleName(tr("Browse for an adapter folder"));
  auto* group = new QButtonGroup(this);
  group->addButton(ofRun_);
  group->addButton(ofFolder_);
  ofRun_->setChecked(true);

  column->addWidget(stepTitle(1, tr("Which result")));
  auto* first = new QHBoxLayout;
  first->setSpacing(gridUnit);
  first->addWidget(ofRun_);
  first->addWidget(runName_, 1);
  column->addLayout(first);
  auto* second = new QHBoxLayout;
  second->setContentsMargins(gridUnit * 3, 0, 0, 0);
  second->addWidget(picker_, 1);
  column->addLayout(second);
  column->addWidget(ofFolder_);
  auto* third = new QHBoxLayout;
  third->setContentsMargins(gridUnit * 3, 0, 0, 0);
  third->setSpacing(gridUnit);
  third->addWidget(folder_, 1);
  third->addWidget(browseFolder_);
  column->addLayout(third);

  connect(ofRun_, &QRadioButton::toggled, this, &ExportPage::refresh);
  connect(picker_, &QComboBox::activated, this, [this] { ofRun_->setChecked(true); });
  connect(folder_, &QLineEdit::textChanged, this, [this](const QString& text) {
    if (!text.isEmpty()) ofFolder_->setChecked(true);
    refresh();
  });
  connect(browseFolder_, &QPushButton::clicked, this, [this] {
    const QString chosen = QFileDialog::getExistingDirectory(
        this, tr("Choose an adapter folder"),
        folder_->text().isEmpty() ? QString::fromStdString(runs_dir().string()) : folder_->text());
    if (!chosen.isEmpty()) setSourceFolder(chosen);
  });
}

void ExportPage::buildForms(QVBoxLayout* column) {
  const auto form = [this](const char* name, const QString& title, const QString& help) {
    forms_.push_back({QString::fromLatin1(name), help, new FormCard(title, help)});
  };
  form("peft", tr("PEFT LoRA"),
       tr("An ordinary LoRA that transformers and peft load: T is folded into B, with nothing lost."));
  form(
      "merged", tr("Merged model"),
      tr("The whole model with the adapter in its weights, for programs that know no adapters. As large as the base."));
  form("gguf", tr("GGUF LoRA"), tr("One file for llama.cpp and what is built on it, beside the base in GGUF form."));
  form("mtlora", tr("MTLoRA"),
       tr("A, B, C and D apart, as they were trained. MTLoRA Studio and the command line load it, try it and go on "
          "training from it."));
  auto* group = new QButtonGroup(this);
  forms_.front().card->button()->setChecked(true);
  column->addWidget(stepTitle(2, tr("Which form")));
  for (const Form& one : forms_) {
    group->addButton(one.card->button());
    column->addWidget(one.card);
    connect(one.card->button(), &QRadioButton::toggled, this, &ExportPage::refresh);
  }
}

void ExportPage::buildTarget(QVBoxLayout* column) {
  target_ = new QLineEdit;
  target_->setAccessibleName(tr("Folder to write"));
  browseTarget_ = new QPushButton(lineIcon(QStringLiteral("folder")), tr("Browse …"));
  browseTarget_->setAccessibleName(tr("Browse for a folder to write"));
  targetState_ = faintLabel();
  replaces_ = new NoteLabel(NoteLabel::Warning);
  problem_ = new NoteLabel(NoteLabel::Problem);
  reason_ = faintLabel();
  reason_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  busy_ = new QProgressBar;
  busy_->setRange(0, 0);
  busy_->setTextVisible(false);
  busy_->setFixedSize(96, gridUnit);
  busy_->hide();
  export_ = new QPushButton(tr("Export"));
  export_->setProperty("primary", true);
  export_->setMinimumSize(gridUnit * 20, gridUnit * 5);

  column->addWidget(stepTitle(3, tr("Where")));
  auto* line = new QHBoxLayout;
  line->setSpacing(gridUnit);
  line->addWidget(target_, 1);
  line->addWidget(browseTarget_);
  column->addLayout(line);
  column->addWidget(targetState_);
  column->addWidget(replaces_);
  column->addSpacing(gridUnit);
  auto* last = new QHBoxLayout;
  last->setSpacing(gridUnit * 2);
  last->addWidget(reason_, 1);
  last->addWidget(busy_);
  last->addWidget(export_);
  column->addLayout(last);
  column->addWidget(problem_);

  auto* slow = new QTimer(this);
  slow->setSingleShot(true);
  slow->setInterval(busyDelay);
  connect(slow, &QTimer::timeout, busy_, &QWidget::show);
  connect(&writing_, &Latest::busyChanged, this, [this, slow](bool busy) {
    if (busy) {
      slow->start();
    } else {
      slow->stop();
      busy_->hide();
    }
    refresh();
  });
  connect(target_, &QLineEdit::textEdited, this, [this](const QString& text) {
    targetChosen_ = !text.trimmed().isEmpty();
    refresh();
  });
  connect(browseTarget_, &QPushButton::clicked, this, [this] {
    const QString chosen = QFileDialog::getExistingDirectory(this, tr("Choose a folder to write"), target_->text());
    if (!chosen.isEmpty()) setTarget(chosen);
  });
  connect(export_, &QPushButton::clicked, this, &ExportPage::exportNow);
}

// ---- what is chosen -------------------------------------------------------------------------------------------------

Path ExportPage::source() const {
  return ofRun_->isChecked() ? picker_->folder() : expand_user(folder_->text().trimmed().toStdString());
}

QString ExportPage::form() const {
  for (const Form& one : forms_) {
    if (one.card->button()->isChecked()) return one.name;
  }
  return forms_.front().name;
}

QString ExportPage::target() const { return target_->text().trimmed(); }

bool ExportPage::isWritten() const { return last_ == Written{source(), expand_user(target().toStdString()), form()}; }

QString ExportPage::problem() const { return problem_->note(); }

Path ExportPage::defaultTarget() const {
  const std::string name = form().toStdString();
  if (ofRun_->isChecked()) return studio_.run() ? studio_.run()->folder / "exports" / name : Path();
  Path adapter = source();
  if (adapter.empty()) return {};
  if (!adapter.has_filename()) adapter = adapter.parent_path();  // "folder/"
  return adapter.parent_path() / (adapter.filename().string() + "-" + name);
}

void ExportPage::setSourceFolder(const QString& folder) {
  folder_->setText(folder);
  ofFolder_->setChecked(true);
}

void ExportPage::setForm(const QString& form) {
  for (const Form& one : forms_) {
    if (one.name == form) one.card->button()->setChecked(true);
  }
}

void ExportPage::setTarget(const QString& folder) {
  target_->setText(folder);
  targetChosen_ = true;
  refresh();
}

void ExportPage::takeRun() {
  const RunData* run = studio_.run();
  runName_->setText(run ? run->name : tr("none: start one, or open one of Runs"));
  ofRun_->setEnabled(run != nullptr);
  if (run && folder_->text().isEmpty()) ofRun_->setChecked(true);
  refresh();
}

QString ExportPage::reason() const {
  if (writing_.busy()) return tr("Writing …");
  if (ofRun_->isChecked()) {
    if (!studio_.run()) return tr("Open a run, or choose an adapter folder.");
    if (picker_->folder().empty())
      return studio_.live() ? tr("Nothing is saved of this run yet; its first checkpoint can be exported.")
                            : tr("Nothing was saved of this run.");
  } else if (folder_->text().trimmed().isEmpty()) {
    return tr("Choose an adapter folder.");
  }
  if (target().isEmpty()) return tr("Choose a folder to write.");
  return {};
}

void ExportPage::refresh() {
  const RunData* run = studio_.run();
  lookAtForms();
  if (!targetChosen_) target_->setText(QString::fromStdString(defaultTarget().string()));
  picker_->setVisible(run != nullptr);
  const QString why = reason();
  reason_->setText(why);
  export_->setEnabled(why.isEmpty());
  export_->setAccessibleDescription(why);
  lookAtTarget();
}

// A form that the chosen adapter can't have says why instead of what it is.
void ExportPage::lookAtForms() {
  const Path from = source();
  if (from == lookedAt_) return;
  lookedAt_ = from;
  using Obstacles = std::vector<std::string>;
  std::vector<std::string> names;
  for (const Form& one : forms_) names.push_back(one.name.toStdString());
  forms_of_.ask(
      [from, names] {
        Obstacles found;
        for (const std::string& name : names) {
          std::string obstacle;
          try {
            if (!from.empty()) obstacle = export_obstacle(from, name);
          } catch (const Error&) {
            // Nothing to export yet, or no adapter: the page says so elsewhere.
          }
          found.push_back(obstacle);
        }
        return found;
      },
      [this](const Obstacles& found) {
        for (size_t i = 0; i < forms_.size(); ++i) {
          const bool possible = found[i].empty();
          FormCard* card = forms_[i].card;
          card->setText(possible ? forms_[i].help : tr("Not here: %1").arg(QString::fromStdString(found[i])));
          card->button()->setEnabled(possible);
        }
        for (size_t i = 0; i < forms_.size(); ++i) {
          if (!found[i].empty() && forms_[i].card->button()->isChecked()) setForm(QStringLiteral("merged"));
        }
      },
      [](const Failure&) {});
}

// The button says what it will do to files that are there already.
void ExportPage::lookAtTarget() {
  const Path folder = expand_user(target().toStdString());
  if (folder.empty()) {
    looking_.drop();
    targetState_->clear();
    replaces_->setNote({});
    return;
  }
  const bool same = isWritten();
  looking_.ask([folder] { return stateOf(folder); },
               [this, same](TargetState state) {
                 if (same && state == TargetState::Adapter) {
                   targetState_->setText(tr("Written. The files are listed at the right."));
                   targetState_->show();
                   replaces_->setNote({});
                   export_->setText(tr("Export again"));
                   return;
                 }
                 targetState_->setVisible(state != TargetState::Adapter);
                 targetState_->setText(state == TargetState::New     ? tr("The folder will be made.")
                                       : state == TargetState::Empty ? tr("The folder is empty.")
                                                                     : tr("The folder holds other files; they stay."));
                 replaces_->setNote(state == TargetState::Adapter
                                        ? tr("The folder holds an earlier export. Its files will be replaced.")
                                        : QString());
                 export_->setText(state == TargetState::Adapter ? tr("Export and replace") : tr("Export"));
               },
               [this](const Failure& failure) { problem_->setNote(failure.message); });
}

void ExportPage::exportNow() {
  if (!reason().isEmpty()) return;
  problem_->setNote({});
  const Path from = source(), to = expand_user(target().toStdString());
  const QString name = ofRun_->isChecked() ? QStringLiteral("%1 · %2").arg(studio_.run()->name, picker_->currentText())
                                           : QString::fromStdString(from.string());
  writing_.ask([from, to, form = form().toStdString()] { return export_adapter(from, form, to); },
               [this, name, made = Written{from, to, form()}](const ExportResult& result) {
                 last_ = made;
                 written_->setResult(result, name);
                 Q_EMIT studio_.message(tr("Exported to %1").arg(QString::fromStdString(result.folder.string())));
                 refresh();
               },
               [this](const Failure& failure) { problem_->setNote(sentences(failure.message, failure.hint)); });
}

QString ExportPage::missingContent() const {
  if (!problem_->note().isEmpty()) return problem_->note();
  if (!written_->hasResult()) return tr("nothing is written yet");
  if (written_->fileCount() == 0 || written_->python().isEmpty()) return tr("the written files are not listed");
  return {};
}

}  // namespace mtlora::ui
