#include "answer_view.h"

#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "style/theme.h"
#include "widgets/pieces.h"

namespace mtlora::ui {

namespace {

constexpr int barHeight = 6;  // px

}  // namespace

QString shareText(double probability) {
  if (!std::isfinite(probability)) return QStringLiteral("–");
  if (probability > 0 && probability < 0.001) return AnswerView::tr("under %1 %").arg(QLocale().toString(0.1, 'f', 1));
  return AnswerView::tr("%1 %").arg(QLocale().toString(probability * 100, 'f', 1));
}

QString writingText(const Writing& writing) {
  if (writing.state == Writing::State::Waits) return AnswerView::tr("Waits for its turn");
  if (writing.tokens == 0)
    return writing.state == Writing::State::Stopped ? AnswerView::tr("Stopped") : AnswerView::tr("Reads the prompt …");
  QString text = AnswerView::tr("%1 tokens").arg(countText(writing.tokens));
  if (writing.seconds > 0)
    text += QStringLiteral("  ·  ") +
            AnswerView::tr("%1 a second")
                .arg(countText(std::llround(static_cast<double>(writing.tokens) / writing.seconds)));
  if (writing.state == Writing::State::Stopped) text += QStringLiteral("  ·  ") + AnswerView::tr("stopped");
  return text;
}

LabelBars::LabelBars(QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void LabelBars::setLabels(std::vector<std::pair<QString, double>> labels) {
  labels_ = std::move(labels);
  updateGeometry();
  update();
}

void LabelBars::setColour(const QColor& colour) {
  colour_ = colour;
  update();
}

int LabelBars::rowHeight() const { return fontMetrics().height() + barHeight + gridUnit + 4; }

QSize LabelBars::sizeHint() const { return {320, mostBars * rowHeight() + fontMetrics().height()}; }
QSize LabelBars::minimumSizeHint() const { return {160, 2 * rowHeight() + fontMetrics().height()}; }

void LabelBars::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const QFontMetrics metrics(font());
  const auto count = static_cast<int>(labels_.size());
  const int row = rowHeight();
  const int room = std::max(1, (height() - metrics.height()) / row);
  const int shown = std::min({count, mostBars, room});
  const QFont digits = tabularFont();
  QColor track = palette().color(QPalette::WindowText);
  track.setAlphaF(0.09f);
  double rest = 1;
  int y = 0;
  for (int i = 0; i < shown; ++i, y += row) {
    const auto& [label, probability] = labels_[static_cast<size_t>(i)];
    rest -= probability;
    const QString share = shareText(probability);
    const int shareWidth = QFontMetrics(digits).horizontalAdvance(share);
    QFont name = font();
    if (i == 0) name.setWeight(QFont::DemiBold);
    painter.setPen(palette().color(QPalette::WindowText));
    painter.setFont(name);
    const int nameWidth = width() - shareWidth - gridUnit;
    painter.drawText(QRect(0, y, nameWidth, metrics.height()), Qt::AlignLeft | Qt::AlignVCenter,
                     QFontMetrics(name).elidedText(label, Qt::ElideMiddle, nameWidth));
    painter.setFont(digits);
    painter.drawText(QRect(0, y, width(), metrics.height()), Qt::AlignRight | Qt::AlignVCenter, share);
    const QRectF bar(0, y + metrics.height() + 3, width(), barHeight);
    painter.setPen(Qt::NoPen);
    painter.setBrush(track);
    painter.drawRoundedRect(bar, barHeight / 2.0, barHeight / 2.0);
    const double length = std::clamp(probability, 0.0, 1.0) * bar.width();
    if (length >= 1) {
      QColor fill = colour_;
      fill.setAlphaF(i == 0 ? 1.0f : 0.55f);
      painter.setBrush(fill);
      const double radius = std::min(barHeight / 2.0, length / 2);
      painter.drawRoundedRect(QRectF(bar.left(), bar.top(), length, barHeight), radius, radius);
    }
  }
  if (count <= shown) return;
  painter.setFont(font());
  painter.setPen(palette().color(QPalette::PlaceholderText));
  const QString more =
      AnswerView::tr("and %n more, together %1", nullptr, count - shown).arg(shareText(std::max(rest, 0.0)));
  painter.drawText(QRect(0, y, width(), metrics.height()), Qt::AlignLeft | Qt::AlignVCenter,
                   metrics.elidedText(more, Qt::ElideRight, width()));
}

AnswerView::AnswerView(const QString& title, QWidget* parent) : QFrame(parent) {
  setObjectName(QStringLiteral("answer"));
  setStyleSheet(
      QStringLiteral("QFrame#answer { background: palette(base); border: 1px solid palette(mid); "
                     "border-radius: 4px; }"));
  setAccessibleName(title);
  auto* heading = new QLabel(title);
  heading->setFont(sectionFont());
  note_ = faintLabel();
  note_->setAlignment(Qt::AlignLeft | Qt::AlignTop);
  note_->setMinimumHeight(note_->fontMetrics().lineSpacing() * 2 + 2);  // so that both columns' bars stand level
  bars_ = new LabelBars;
  value_ = new QLabel;
  QFont large = tabularFont();
  if (large.pointSizeF() > 0) large.setPointSizeF(large.pointSizeF() * 3);
  value_->setFont(large);
  value_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  value_->setAlignment(Qt::AlignLeft | Qt::AlignTop);
  sentence_ = faintLabel();
  sentence_->setAlignment(Qt::AlignCenter);
  stack_ = new QStackedWidget;
  stack_->addWidget(sentence_);
  stack_->addWidget(bars_);
  stack_->addWidget(value_);
  writing_ = new QPlainTextEdit;
  writing_->setReadOnly(true);
  writing_->setFrameShape(QFrame::NoFrame);
  writing_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  writing_->setAccessibleName(title);
  writing_->document()->setDocumentMargin(0);
  stack_->addWidget(writing_);
  foot_ = faintLabel();
  foot_->setFont(tabularFont());
  foot_->setWordWrap(false);
  foot_->hide();
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(gridUnit * 2, gridUnit * 3 / 2, gridUnit * 2, gridUnit * 3 / 2);
  column->setSpacing(gridUnit / 2);
  column->addWidget(heading);
  column->addWidget(note_);
  column->addSpacing(gridUnit);
  column->addWidget(stack_, 1);
  column->addWidget(foot_);
}

void AnswerView::setNote(const QString& note) { note_->setText(note); }

void AnswerView::setColour(const QColor& colour) { bars_->setColour(colour); }

void AnswerView::setPrediction(const Prediction& prediction, const std::map<std::string, std::string>& labelNames) {
  foot_->hide();
  if (prediction.value) {
    text_ = QLocale().toString(*prediction.value, 'f', 3);
    value_->setText(text_);
    stack_->setCurrentWidget(value_);
  } else {
    std::vector<std::pair<QString, double>> labels;
    for (const auto& [label, probability] : prediction.labels) {
      const auto named = labelNames.find(label);
      labels.emplace_back(QString::fromStdString(named == labelNames.end() ? label : named->second), probability);
    }
    text_ = labels.empty() ? QString()
                           : QStringLiteral("%1 %2").arg(labels.front().first, shareText(labels.front().second));
    bars_->setLabels(std::move(labels));
    stack_->setCurrentWidget(bars_);
  }
  setAccessibleDescription(text_);
}

void AnswerView::setWriting(const Writing& writing) {
  using State = Writing::State;
  const QString text = QString::fromStdString(writing.text).trimmed();
  const QString old = writing_->toPlainText();
  if (text != old) {
    QScrollBar* bar = writing_->verticalScrollBar();
    const bool atEnd = bar->value() >= bar->maximum() - 1;
    if (!old.isEmpty() && text.startsWith(old)) {  // what a person has marked stays
      QTextCursor end(writing_->document());
      end.movePosition(QTextCursor::End);
      end.insertText(text.mid(old.size()));
    } else {
      writing_->setPlainText(text);
    }
    if (atEnd) bar->setValue(bar->maximum());
  }
  const bool ended = writing.state == State::Done || writing.state == State::Stopped;
  text_ = ended ? text : QString();
  if (ended && text.isEmpty())
    sentence_->setText(writing.state == State::Done ? tr("It wrote nothing: its first token ends the text.")
                                                    : tr("Stopped before its first token."));
  foot_->setText(writingText(writing));
  foot_->setVisible(true);
  if (ended && text.isEmpty()) {
    text_ = writing.state == State::Done ? sentence_->text() : QString();
    stack_->setCurrentWidget(sentence_);
  } else {
    stack_->setCurrentWidget(writing_);
  }
  setAccessibleDescription(text);
}

void AnswerView::setSentence(const QString& sentence) {
  foot_->hide();
  text_.clear();
  setAccessibleDescription(sentence);
  sentence_->setText(sentence);
  stack_->setCurrentWidget(sentence_);
}

bool AnswerView::hasAnswer() const { return !text_.isEmpty(); }

}  // namespace mtlora::ui
