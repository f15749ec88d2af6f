#include "rows_panel.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QStyledItemDelegate>
#include <QTableWidget>
#include <QVBoxLayout>
#include <array>

#include "answer_view.h"
#include "style/theme.h"
#include "widgets/elided_label.h"
#include "widgets/lines_delegate.h"

namespace mtlora::ui {

namespace {

constexpr int busyDelay = 300;  // ms; what is quicker shows no bar

QString number(double value) { return QLocale().toString(value, 'f', 3); }

}  // namespace

RowsPanel::RowsPanel(std::function<GenerationOptions()> options, QWidget* parent)
    : QWidget(parent), options_(std::move(options)), asking_(0, this) {
  title_ = new QLabel(tr("Rows that the run did not train on"));
  title_->setFont(sectionFont());
  line_ = new ElidedLabel(Qt::ElideRight);
  line_->setForegroundRole(QPalette::PlaceholderText);
  busy_ = new QProgressBar;
  busy_->setRange(0, 0);
  busy_->setTextVisible(false);
  busy_->setFixedSize(96, gridUnit);
  busy_->hide();
  try_ = new QPushButton(lineIcon(QStringLiteral("play")), tr("Try ten rows"));
  table_ = new QTableWidget(0, 4);
  table_->setAccessibleName(title_->text());
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setAlternatingRowColors(true);
  table_->setShowGrid(false);
  table_->setWordWrap(false);
  table_->setTextElideMode(Qt::ElideRight);
  table_->setTabKeyNavigation(false);
  table_->verticalHeader()->hide();
  QHeaderView* header = table_->horizontalHeader();
  header->setHighlightSections(false);
  header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  header->setStretchLastSection(true);
  table_->setMinimumHeight(table_->fontMetrics().height() * 5);

  auto* head = new QHBoxLayout;
  head->setContentsMargins(0, 0, 0, 0);
  head->setSpacing(gridUnit);
  head->addWidget(title_);
  head->addSpacing(gridUnit);
  head->addWidget(line_, 1);
  head->addWidget(busy_);
  head->addWidget(try_);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(gridUnit);
  column->addLayout(head);
  column->addWidget(table_, 1);

  auto* slow = new QTimer(this);
  slow->setSingleShot(true);
  slow->setInterval(busyDelay);
  connect(slow, &QTimer::timeout, busy_, &QWidget::show);
  connect(&asking_, &Latest::busyChanged, this, [this, slow](bool busy) {
    if (busy) {
      slow->start();
    } else {
      slow->stop();
      busy_->hide();
    }
  });
  connect(try_, &QPushButton::clicked, this, [this] {
    if (board_)
      stop();
    else
      tryTen();
  });
  connect(&writing_, &QTimer::timeout, this, &RowsPanel::showTexts);
  setColumns();
  connect(table_, &QTableWidget::cellClicked, this, [this](int row, int) {
    if (row >= 0 && row < rowCount()) Q_EMIT chosen(Question(rows_.rows[static_cast<size_t>(row)].question));
  });
}

RowsPanel::~RowsPanel() { stop(); }

void RowsPanel::setFacts(const TaskFacts& facts) {
  facts_ = facts;
  setColumns();
}

// The texts of a language model stand in up to three lines each; what an answer is in a word takes one.
void RowsPanel::setColumns() {
  table_->setHorizontalHeaderLabels(facts_.writes ? QStringList{tr("Context"), tr("Reference"), tr("Base"), tr("Tuned")}
                                                  : QStringList{tr("Text"), tr("Expected"), tr("Base"), tr("Tuned")});
  if (facts_.writes) {
    if (!lines_) lines_ = new LinesDelegate(table_);
    table_->setItemDelegate(lines_);
  } else if (lines_) {
    table_->setItemDelegate(new QStyledItemDelegate(table_));
    delete std::exchange(lines_, nullptr);
  }
  const QFontMetrics metrics(table_->font());
  table_->verticalHeader()->setDefaultSectionSize(facts_.writes ? LinesDelegate::rowHeight(metrics, 3)
                                                                : metrics.height() + gridUnit);
  try_->setToolTip(facts_.writes ? tr("Both models write to ten contexts of the validation data")
                                 : tr("Both models answer ten rows of the validation data"));
  if (rows_.rows.empty())
    line_->setText(facts_.writes ? tr("Ten contexts, a reference of each and what both models write stand here.")
                                 : tr("Ten rows, their expected answers and what both models say stand here."));
  resizeColumns();
}

// The text has most to say; of texts to be written all have as much.
void RowsPanel::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  resizeColumns();
}

void RowsPanel::resizeColumns() {
  const int room = width() - 2 * table_->frameWidth();
  const std::array<int, 3> parts =  // per cent; the last column takes the rest
      facts_.writes ? std::array{24, 25, 25} : std::array{36, 20, 21};
  for (int column = 0; column < 3; ++column)
    table_->setColumnWidth(column, room * parts[static_cast<size_t>(column)] / 100);
}

void RowsPanel::setRun(const RunConfig& config) {
  stop();
  board_.reset();
  writing_.stop();
  asking_.drop();
  config_ = config;
  facts_ = {};
  rows_ = {};
  turn_ = 0;
  table_->setRowCount(0);
  try_->setText(tr("Try ten rows"));
  setColumns();
}

void RowsPanel::setModels(std::shared_ptr<ModelPair> models) {
  models_ = std::move(models);
  try_->setEnabled(models_ != nullptr);
  if (models_ && !rows_.rows.empty()) ask(true);
}

void RowsPanel::tryTen() {
  if (models_) ask(false);
}

void RowsPanel::ask(bool again) {
  if (!again && !rows_.rows.empty()) ++turn_;
  if (facts_.writes) return askTexts(again);
  asking_.ask(
      [config = config_, models = models_, turn = turn_, known = again ? rows_ : TrialRows()] {
        Trial trial{known.rows.empty() ? trialRows(config, turn) : known, {}};
        std::vector<Question> questions;
        for (const TrialRow& row : trial.rows.rows) questions.push_back(row.question);
        trial.answers = models->answer(questions);
        return trial;
      },
      [this](const Trial& trial) { show(trial); },
      [this](const Failure& failure) {
        line_->setText(QStringLiteral("%1 %2").arg(failure.message, failure.hint).trimmed());
      });
}

QString RowsPanel::labelText(const std::string& label) const {
  const auto named = facts_.label_names.find(label);
  return QString::fromStdString(named == facts_.label_names.end() ? label : named->second);
}

void RowsPanel::show(const Trial& trial) {
  rows_ = trial.rows;
  baseRight_ = tunedRight_ = 0;
  title_->setText(rows_.test ? tr("Rows of the test file") : tr("Rows of the validation data"));
  if (rows_.rows.empty()) {
    line_->setText(tr("This run has neither validation nor test rows."));
    return;
  }
  try_->setText(tr("Another ten"));
  table_->setRowCount(rowCount());
  const auto put = [this](int row, int column, const QString& text, bool faint) {
    auto* item = new QTableWidgetItem(text.simplified());
    item->setToolTip(QStringLiteral("<p>%1</p>").arg(text.left(2000).toHtmlEscaped()));
    if (faint) item->setForeground(palette().brush(QPalette::PlaceholderText));
    table_->setItem(row, column, item);
  };
  const auto answer = [&](int row, int column, const Prediction& prediction, const TrialRow& asked, int& right) {
    if (prediction.value) return put(row, column, number(*prediction.value), false);
    if (prediction.labels.empty()) return put(row, column, QStringLiteral("–"), true);
    const auto& [label, probability] = prediction.labels.front();
    const bool correct = label == asked.label;
    if (correct) ++right;
    put(row, column,
        QStringLiteral("%1 %2   %3").arg(QChar(correct ? u'✓' : u'✗')).arg(shareText(probability), labelText(label)),
        !correct);
  };
  for (int i = 0; i < rowCount(); ++i) {
    const TrialRow& row = rows_.rows[static_cast<size_t>(i)];
    QString text = QString::fromStdString(row.question.text);
    if (!row.question.text_pair.empty())
      text += QStringLiteral("  |  ") + QString::fromStdString(row.question.text_pair);
    put(i, 0, text, false);
    put(i, 1, facts_.regression ? number(row.value) : labelText(row.label), false);
    answer(i, 2, trial.answers[static_cast<size_t>(i)].base, row, baseRight_);
    answer(i, 3, trial.answers[static_cast<size_t>(i)].tuned, row, tunedRight_);
  }
  line_->setText(summary());
}

QString RowsPanel::summary() const {
  if (rows_.rows.empty()) return {};
  if (facts_.writes) return textSummary();
  const QString of = tr("ten of %1").arg(countText(rows_.available));
  if (facts_.regression) return of;
  return tr("%1: tuned %2 of %3 right, base %4").arg(of).arg(tunedRight_).arg(rowCount()).arg(baseRight_);
}

}  // namespace mtlora::ui
