// Ten contexts of a language model's task: what both models write to them, row by row as they are written.
#include <QLabel>
#include <QPushButton>
#include <QTableWidget>

#include "answer_view.h"
#include "base/error.h"
#include "eval/text_metrics.h"
#include "rows_panel.h"
#include "score_text.h"
#include "style/theme.h"
#include "widgets/elided_label.h"

namespace mtlora::ui {

namespace {

constexpr int lookInterval = 80;  // ms between looks at the texts

QString shown(const std::string& text) { return QString::fromStdString(text).trimmed(); }

// ROUGE-L of one side against the references of the rows that have some.
std::optional<double> rougeL(const TrialRows& rows, const std::vector<Writings>& done, Writing Writings::*side) {
  ScoredTexts texts;
  for (size_t i = 0; i < done.size(); ++i) {
    if (rows.rows[i].references.empty()) continue;
    texts.hypotheses.push_back(shown((done[i].*side).text).toStdString());
    texts.references.push_back(rows.rows[i].references);
  }
  if (texts.hypotheses.empty()) return std::nullopt;
  return score_texts({"rougeL"}, texts).front().value;
}

}  // namespace

void RowsPanel::askTexts(bool again) {
  stop();
  board_ = std::make_shared<TextBoard>();
  if (again) board_->rows = rows_;
  textsDone_ = 0;
  scores_.clear();
  table_->setRowCount(0);
  rows_ = {};
  line_->setText(tr("Reading the rows …"));
  try_->setText(tr("Stop"));
  try_->setIcon(lineIcon(QStringLiteral("stop")));
  writing_.start(lookInterval);
  asking_.ask(
      [config = config_, models = models_, turn = turn_, options = options_(), board = board_] {
        if (board->rows.rows.empty()) {
          TrialRows rows = trialRows(config, turn);
          const std::lock_guard lock(board->mutex);
          board->rows = std::move(rows);
        }
        writeTexts(*board, *models, options);
        return true;
      },
      [this](bool) { endTexts(); },
      [this](const Failure& failure) {
        endTexts();
        line_->setText(QStringLiteral("%1 %2").arg(failure.message, failure.hint).trimmed());
      });
}

// On a worker thread. A context that can't be written to says so in its row; the others go on.
void RowsPanel::writeTexts(TextBoard& board, ModelPair& models, const GenerationOptions& options) {
  for (const TrialRow& row : board.rows.rows) {
    const auto one = std::make_shared<WritingBoard>();
    {
      const std::lock_guard lock(board.mutex);
      if (board.stop) return;
      board.current = one;
    }
    std::string problem;
    try {
      models.write(row.messages, options, *one);
    } catch (const Error& error) {
      problem = error.what();
    }
    const std::lock_guard lock(board.mutex);
    board.done.push_back(one->now());
    board.problems.push_back(problem);
    board.current.reset();
  }
  const auto base = rougeL(board.rows, board.done, &Writings::base);
  const auto tuned = rougeL(board.rows, board.done, &Writings::tuned);
  const std::lock_guard lock(board.mutex);
  if (!board.stop && base && tuned) board.scores = {{"base", *base}, {"tuned", *tuned}};
}

void RowsPanel::showTexts() {
  if (!board_) return;
  const std::lock_guard lock(board_->mutex);  // held by the worker for moments only
  const auto put = [this](int row, int column, const QString& text, bool faint) {
    QTableWidgetItem* item = table_->item(row, column);
    if (!item) table_->setItem(row, column, item = new QTableWidgetItem);
    if (item->text() == text) return;
    item->setText(text);
    item->setToolTip(QStringLiteral("<p>%1</p>").arg(text.left(2000).toHtmlEscaped()));
    item->setData(Qt::ForegroundRole, faint ? QVariant(palette().brush(QPalette::PlaceholderText)) : QVariant());
  };
  if (rows_.rows.empty() && !board_->rows.rows.empty()) {
    rows_ = board_->rows;
    title_->setText(rows_.test ? tr("Test contexts") : tr("Validation contexts"));
    table_->setRowCount(rowCount());
    for (int i = 0; i < rowCount(); ++i) {
      const TrialRow& row = rows_.rows[static_cast<size_t>(i)];
      put(i, 0, shown(row.question.text), false);
      QStringList references;
      for (const std::string& reference : row.references) references << shown(reference);
      put(i, 1, references.isEmpty() ? QStringLiteral("–") : references.join(u'\n'), references.isEmpty());
    }
  }
  const auto side = [&](int row, int column, const Writing& writing) {
    const bool ended = writing.state == Writing::State::Done || writing.state == Writing::State::Stopped;
    const QString text = shown(writing.text);
    put(row, column, !text.isEmpty() ? text : ended ? QStringLiteral("–") : writingText(writing), text.isEmpty());
  };
  const int done = static_cast<int>(board_->done.size());
  for (; textsDone_ < done; ++textsDone_) {
    const auto i = static_cast<size_t>(textsDone_);
    side(textsDone_, 2, board_->done[i].base);
    side(textsDone_, 3, board_->done[i].tuned);
    if (!board_->problems[i].empty()) put(textsDone_, 3, QString::fromStdString(board_->problems[i]), true);
  }
  if (board_->current && done < rowCount()) {
    const Writings now = board_->current->now();
    side(done, 2, now.base);
    side(done, 3, now.tuned);
  }
  scores_ = board_->scores;
  if (!rows_.rows.empty()) line_->setText(textSummary());
}

void RowsPanel::endTexts() {
  showTexts();
  writing_.stop();
  board_.reset();
  try_->setIcon(lineIcon(QStringLiteral("play")));
  try_->setText(rows_.rows.empty() ? tr("Try ten rows") : tr("Another ten"));
  if (rows_.rows.empty()) line_->setText(tr("This run has neither validation nor test rows."));
}

void RowsPanel::stop() {
  if (!board_) return;
  const std::lock_guard lock(board_->mutex);
  board_->stop = true;
  if (board_->current) board_->current->stop();
}

QString RowsPanel::textSummary() const {
  const QString of = tr("%1 of %2").arg(rowCount()).arg(countText(rows_.available));
  if (textsDone_ < rowCount()) return tr("%1: %2 written").arg(of).arg(textsDone_);
  if (scores_.empty()) return of;
  const QString metric = QStringLiteral("rougeL");
  return tr("%1: %2 tuned %3, base %4")
      .arg(of, scoreTitle(metric), scoreText(metric, scores_.at("tuned")), scoreText(metric, scores_.at("base")));
}

}  // namespace mtlora::ui
