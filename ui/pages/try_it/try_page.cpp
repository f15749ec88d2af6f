#include "try_page.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QThreadPool>
#include <QVBoxLayout>

#include "answer_view.h"
#include "recent_texts.h"
#include "rows_panel.h"
#include "studio.h"
#include "style/theme.h"
#include "widgets/banner.h"
#include "widgets/empty_state.h"
#include "widgets/pieces.h"
#include "widgets/result_picker.h"
#include "write_controls.h"

namespace mtlora::ui {

namespace {

constexpr int busyDelay = 300;    // ms; what is quicker shows no bar
constexpr int lookInterval = 40;  // ms between looks at a text that is written

QPlainTextEdit* textEdit(const QString& placeholder) {
  auto* edit = new QPlainTextEdit;
  edit->setPlaceholderText(placeholder);
  edit->setTabChangesFocus(true);
  edit->setFixedHeight(edit->fontMetrics().lineSpacing() * 3 + gridUnit * 2);
  return edit;
}

}  // namespace

TryPage::TryPage(Studio& studio, QWidget* parent) : Page(studio, parent), asking_(0, this), looking_(0, this) {
  buildActions();
  controls_ = new WriteControls;
  controls_->hide();
  rows_ = new RowsPanel([this] { return controls_->options(); });
  recent_ = new RecentTexts;
  notice_ = new Banner;
  auto* upper = new QWidget;
  auto* upperColumn = new QVBoxLayout(upper);
  upperColumn->setContentsMargins(0, 0, 0, gridUnit);
  upperColumn->setSpacing(gridUnit);
  upperColumn->addWidget(notice_);
  upperColumn->addWidget(buildInput());
  upperColumn->addWidget(controls_);
  upperColumn->addWidget(buildAnswers(), 1);
  auto* lower = new QWidget;
  auto* lowerColumn = new QVBoxLayout(lower);
  lowerColumn->setContentsMargins(0, gridUnit / 2, 0, 0);
  lowerColumn->addWidget(rows_);
  auto* left = new QSplitter(Qt::Vertical);
  left->setObjectName(QStringLiteral("tryRows"));
  left->addWidget(upper);
  left->addWidget(lower);
  left->setStretchFactor(0, 1);
  left->setStretchFactor(1, 1);
  left->setSizes({400, 370});
  auto* split = new QSplitter(Qt::Horizontal);
  split->setObjectName(QStringLiteral("tryIt"));
  split->addWidget(left);
  split->addWidget(recent_);
  split->setStretchFactor(0, 1);
  split->setStretchFactor(1, 0);
  split->setSizes({900, 256});
  for (QSplitter* splitter : {left, split}) {
    splitter->setHandleWidth(gridUnit);
    splitter->setChildrenCollapsible(false);
  }

  empty_ = new EmptyState(QString());
  toNew_ = empty_->addButton(QStringLiteral("new-run"), tr("New run"));
  toRuns_ = empty_->addButton(QStringLiteral("runs"), tr("Runs"));
  save_ = empty_->addButton(QStringLiteral("save"), tr("Save a checkpoint now"));
  stack_ = new QStackedWidget;
  stack_->addWidget(empty_);
  stack_->addWidget(split);
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->addWidget(stack_);

  connect(toNew_, &QPushButton::clicked, this, [this] { Q_EMIT studio_.showPage(0); });
  connect(toRuns_, &QPushButton::clicked, this, [this] { Q_EMIT studio_.showPage(3); });
  connect(save_, &QPushButton::clicked, this, [this] { studio_.send({Command::Kind::Save}); });
  const auto put = [this](const Question& question) {
    tryText(QString::fromStdString(question.text), QString::fromStdString(question.text_pair));
  };
  connect(recent_, &RecentTexts::chosen, this, put);
  connect(rows_, &RowsPanel::chosen, this, put);
  connect(recent_, &RecentTexts::failed, this,
          [this](const QString& message, const QString& hint) { notice_->say(Banner::Kind::Error, message, hint); });
  connect(picker_, &ResultPicker::resultChanged, this, &TryPage::takeResult);
  connect(&studio_, &Studio::runChanged, this, &TryPage::takeRun);
  connect(&studio_, &Studio::stateChanged, this, &TryPage::showState);
  writing_.setInterval(lookInterval);
  connect(&writing_, &QTimer::timeout, this, &TryPage::showWriting);
  takeRun();
}

TryPage::~TryPage() { dropModels(); }

void TryPage::buildActions() {
  actions_ = new QWidget;
  picker_ = new ResultPicker(studio_);
  auto* label = new QLabel(tr("Tuned"));
  label->setBuddy(picker_);
  auto* row = new QHBoxLayout(actions_);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(gridUnit);
  row->addWidget(label);
  row->addWidget(picker_);
}

QWidget* TryPage::buildInput() {
  text_ = textEdit(tr("Type a text and press Return."));
  pair_ = textEdit(tr("The second text."));
  textName_ = faintLabel();
  pairName_ = faintLabel();
  textName_->setBuddy(text_);
  pairName_->setBuddy(pair_);
  text_->setAccessibleName(tr("Text"));
  pair_->setAccessibleName(tr("Second text"));
  text_->installEventFilter(this);
  pair_->installEventFilter(this);
  tokens_ = faintLabel();
  tokens_->setWordWrap(false);
  cut_ = new NoteLabel(NoteLabel::Warning);
  busy_ = new QProgressBar;
  busy_->setRange(0, 0);
  busy_->setTextVisible(false);
  busy_->setFixedSize(96, gridUnit);
  busy_->hide();
  compare_ = new QPushButton(lineIcon(QStringLiteral("try-it")), tr("Compare"));
  compare_->setMinimumHeight(gridUnit * 4);

  auto* texts = new QHBoxLayout;
  texts->setSpacing(gridUnit * 2);
  for (const auto& [name, edit] : {std::pair(textName_, text_), std::pair(pairName_, pair_)}) {
    auto* box = new QWidget;
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gridUnit / 2);
    column->addWidget(name);
    column->addWidget(edit);
    texts->addWidget(box, 1);  // hidden it takes no room
  }
  auto* line = new QHBoxLayout;
  line->setSpacing(gridUnit);
  line->addWidget(tokens_);
  line->addWidget(cut_, 1);
  line->addStretch();
  line->addWidget(busy_);
  line->addWidget(compare_);
  auto* input = new QWidget;
  auto* column = new QVBoxLayout(input);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(gridUnit);
  column->addLayout(texts);
  column->addLayout(line);

  auto* slow = new QTimer(this);
  slow->setSingleShot(true);
  slow->setInterval(busyDelay);
  connect(slow, &QTimer::timeout, this, [this] {
    busy_->show();
    if (models_ && !models_->loaded())
      tokens_->setText(facts_.writes ? tr("Loading the model …") : tr("Loading both models …"));
  });
  connect(&asking_, &Latest::busyChanged, this, [this, slow](bool busy) {
    if (busy) {
      slow->start();
    } else {
      slow->stop();
      busy_->hide();
    }
  });
  connect(compare_, &QPushButton::clicked, this, [this] {
    if (writing())
      stopWriting();
    else
      compare(true);
  });
  connect(text_, &QPlainTextEdit::textChanged, this, &TryPage::showState);
  return input;
}

QWidget* TryPage::buildAnswers() {
  base_ = new AnswerView(tr("Base"));
  tuned_ = new AnswerView(tr("Tuned"));
  auto* answers = new QWidget;
  auto* row = new QHBoxLayout(answers);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(gridUnit * 2);
  row->addWidget(base_, 1);
  row->addWidget(tuned_, 1);
  return answers;
}

// ---- which run and which result -------------------------------------------------------------------------------------

void TryPage::takeRun() {
  const RunData* run = studio_.run();
  if (run && run->folder == folder_) {  // opened again
    showState();
    return;
  }
  folder_ = run ? run->folder : Path();
  stopWriting();
  board_.reset();
  writing_.stop();
  asking_.drop();
  looking_.drop();
  waiting_.reset();
  controls_->hide();
  notice_->hide();
  asked_ = {};
  facts_ = {};
  tokens_->setText({});
  cut_->setNote({});
  for (AnswerView* view : {base_, tuned_}) view->setSentence(tr("The answer stands here."));
  base_->setNote(tr("The model before the training. Its head is new, so its answers are chance."));
  setColours();
  if (run) takeFacts();
  takeResult();
}

void TryPage::takeFacts() {
  const RunConfig config = studio_.run()->config;
  pair_->parentWidget()->setVisible(!config.data.text_pair_column.empty());
  textName_->hide();
  rows_->setRun(config);
  controls_->setOptions(config.generation);
  looking_.ask([config] { return taskFacts(config); },
               [this](const TaskFacts& facts) {
                 facts_ = facts;
                 textName_->setText(QString::fromStdString(facts.text_name));
                 pairName_->setText(QString::fromStdString(facts.pair_name));
                 textName_->setVisible(facts.pair);
                 pair_->parentWidget()->setVisible(facts.pair);
                 controls_->setVisible(facts.writes);
                 if (facts.writes) base_->setNote(tr("The model before the training."));
                 rows_->setFacts(facts);
                 showState();
                 if (const auto remember = std::exchange(waiting_, std::nullopt)) compare(*remember);
               },
               [this](const Failure& failure) {
                 notice_->say(Banner::Kind::Error, failure.message,
                              failure.hint + u' ' + tr("Texts of your own can still be tried."));
                 if (const auto remember = std::exchange(waiting_, std::nullopt)) compare(*remember);
               });
}

void TryPage::takeResult() {
  dropModels();
  const Path adapter = picker_->folder();
  if (!adapter.empty() && studio_.run()) {
    models_ = std::make_shared<ModelPair>(studio_.run()->config.model.name_or_path, adapter);
    tuned_->setNote(QStringLiteral("%1\n%2").arg(studio_.run()->name, picker_->currentText()));
  }
  rows_->setModels(models_);
  showState();
  if (models_ && asked_ != Question()) compare(false);
}

// Whoever works with them still goes on; the memory is given back off this thread.
void TryPage::dropModels() {
  stopWriting();
  if (!models_) return;
  QThreadPool::globalInstance()->start([models = std::move(models_)]() mutable { models.reset(); });
  models_.reset();
}

void TryPage::showState() {
  const RunData* run = studio_.run();
  QString sentence;
  if (!run) {
    sentence =
        tr("Type a text here and see what the base and the tuned model say of it, side by side, once there is a "
           "run: start one on New run, or open one of Runs.");
  } else if (!models_ && studio_.live()) {
    sentence =
        tr("Nothing is saved of this run yet. The first checkpoint can be tried: it is saved after the first "
           "evaluation, when you pause, or now.");
  } else if (!models_) {
    sentence = tr("Nothing was saved of this run, so there is nothing to try.");
  }
  if (!sentence.isEmpty()) empty_->setSentence(sentence);
  toNew_->setVisible(!run || !studio_.live());
  toRuns_->setVisible(!run || !studio_.live());
  save_->setVisible(run && studio_.live());
  stack_->setCurrentIndex(models_ ? 1 : 0);
  picker_->setVisible(run != nullptr);
  compare_->setText(writing() ? tr("Stop") : tr("Compare"));
  compare_->setIcon(lineIcon(writing() ? QStringLiteral("stop") : QStringLiteral("try-it")));
  compare_->setToolTip(writing() ? tr("Ends both texts where they are (Esc)")
                                 : tr("Both models answer (Return; Shift+Return begins a new line)"));
  compare_->setEnabled(writing() || (models_ && !text_->toPlainText().trimmed().isEmpty()));
}

void TryPage::setColours() {
  base_->setColour(palette().color(QPalette::PlaceholderText));
  tuned_->setColour(studio_.run() ? methodColour(QString::fromStdString(studio_.run()->config.adapter.method))
                                  : accent());
}

void TryPage::changeEvent(QEvent* event) {
  Page::changeEvent(event);
  if (event->type() == QEvent::PaletteChange && base_) setColours();
}

// ---- asking ---------------------------------------------------------------------------------------------------------

bool TryPage::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress) {
    const auto* key = static_cast<QKeyEvent*>(event);
    if ((key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) && key->modifiers() == Qt::NoModifier) {
      compare(true);
      return true;
    }
    if (key->key() == Qt::Key_Escape && writing()) {
      stopWriting();
      return true;
    }
  }
  return Page::eventFilter(watched, event);
}

void TryPage::tryText(const QString& text, const QString& pair) {
  text_->setPlainText(text);
  text_->moveCursor(QTextCursor::End);
  pair_->setPlainText(pair);
  compare(true);
}

void TryPage::tryRows() { rows_->tryTen(); }

void TryPage::compare(bool remember) {
  const QString text = text_->toPlainText().trimmed();
  if (text.isEmpty() || !models_) return;
  if (looking_.busy()) {
    waiting_ = remember;
    return;
  }
  const Question question{text.toStdString(),
                          facts_.pair ? pair_->toPlainText().trimmed().toStdString() : std::string()};
  if (remember) recent_->add(question);
  if (facts_.writes) return write(question);
  asking_.ask([models = models_, question] { return models->answer({question}).front(); },
              [this, question](const Answer& answer) {
                asked_ = question;
                notice_->hide();
                show(answer);
              },
              [this](const Failure& failure) {
                tokens_->setText({});
                notice_->say(Banner::Kind::Error, failure.message, failure.hint);
              });
}

void TryPage::show(const Answer& answer) {
  base_->setPrediction(answer.base, facts_.label_names);
  tuned_->setPrediction(answer.tuned, facts_.label_names);
  tokens_->setText(tr("%1 tokens").arg(countText(answer.tuned.tokens)));
  cut_->setNote(answer.tuned.tokens_cut > 0
                    ? tr("The text is too long: the model read its first %1 tokens, the last %2 were cut off.")
                          .arg(countText(answer.tuned.tokens), countText(answer.tuned.tokens_cut))
                    : QString());
}

QString TryPage::missingContent() const {
  if (!studio_.run()) return tr("no run is in front");
  if (!models_) return tr("there is no result to try");
  if (notice_->isVisible()) return notice_->text();
  if (!base_->hasAnswer() || !tuned_->hasAnswer()) return tr("no answer stands in the columns");
  if (asking_.busy() || rows_->busy()) return tr("the models are still being asked");
  if (rows_->rowCount() == 0) return tr("the table of rows is empty");
  return {};
}

}  // namespace mtlora::ui
