#include "token_view.h"

#include <QFontMetrics>
#include <QPainter>

#include "style/theme.h"
#include "widgets/pieces.h"

namespace mtlora::ui {
namespace {

constexpr int gap = 3, padding = 5;
// Tokens shown at both ends of a long stretch, and by how many more it is longer. Of a text that has several stretches
// fewer, so that each border is seen.
struct Ends {
  qsizetype head, tail, more = 4;
  bool shorten(qsizetype length) const { return length > head + tail + more; }
};
constexpr Ends ofMany{22, 8}, ofOne{60, 12};

// White space is a token like any other.
QString visible(QString token) {
  return token.replace('\n', QStringLiteral("⏎")).replace('\t', QStringLiteral("⇥")).replace('\r', QStringLiteral("␍"));
}

}  // namespace

TokenView::TokenView(QWidget* parent) : QWidget(parent) {
  QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Minimum);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
}

void TokenView::setTokens(const QStringList& tokens, const std::vector<uint8_t>& special,
                          const std::vector<uint8_t>& answer) {
  tokens_.clear();
  for (const QString& token : tokens) tokens_ << visible(token);
  special_ = special;
  answer_ = answer;
  describe();
  updateGeometry();
  update();
}

void TokenView::setWhole(bool whole) {
  whole_ = whole;
  updateGeometry();
  update();
}

// The colours in words.
void TokenView::describe() {
  QStringList parts;
  for (const auto& [begin, end] : stretches()) {
    const QString text = tokens_.mid(begin, end - begin).join(' ');
    parts << (answer_.empty()                        ? tr("Tokens: %1").arg(text)
              : isLearnt(static_cast<size_t>(begin)) ? tr("Learnt: %1").arg(text)
                                                     : tr("Read only: %1").arg(text));
  }
  setAccessibleName(parts.join(QStringLiteral(". ")));
}

std::vector<std::pair<qsizetype, qsizetype>> TokenView::stretches() const {
  std::vector<std::pair<qsizetype, qsizetype>> all;
  for (qsizetype i = 0; i < tokens_.size(); ++i) {
    if (i == 0 || isLearnt(static_cast<size_t>(i)) != isLearnt(static_cast<size_t>(i - 1))) all.emplace_back(i, i);
    all.back().second = i + 1;
  }
  return all;
}

bool TokenView::isShortened() const {
  for (const auto& [begin, end] : stretches())
    if (!whole_ && (answer_.empty() ? ofOne : ofMany).shorten(end - begin)) return true;
  return false;
}

std::vector<TokenView::Chip> TokenView::chips(int width) const {
  const QFontMetrics metrics = fontMetrics();
  const int height = metrics.height() + 5;
  std::vector<Chip> result;
  int x = 0, line = 0;
  const auto add = [&](const QString& whole, Kind kind, bool special) {
    const QString text = metrics.elidedText(whole, Qt::ElideRight, std::max(40, width - 2 * padding));
    const int w = metrics.horizontalAdvance(text) + 2 * padding;
    if (x > 0 && x + w > width) x = 0, ++line;
    result.push_back({QRect(x, line * (height + gap), w, height), text, kind, special});
    x += w + gap;
  };
  for (const auto& [begin, end] : stretches()) {
    const bool learnt = isLearnt(static_cast<size_t>(begin));
    const Kind kind = answer_.empty() ? Kind::Plain : learnt ? Kind::Learnt : Kind::ReadOnly;
    const Ends ends = answer_.empty() ? ofOne : ofMany;
    const bool shortened = !whole_ && ends.shorten(end - begin);
    for (qsizetype i = begin; i < end; ++i) {
      if (shortened && i == begin + ends.head) {
        const qsizetype left = end - begin - ends.head - ends.tail;
        add(tr("… %1 more …").arg(left), Kind::Left, false);
        i += left;
      }
      add(tokens_[i], kind, isSpecial(static_cast<size_t>(i)));
    }
  }
  return result;
}

int TokenView::heightForWidth(int width) const {
  const std::vector<Chip> all = chips(width);
  return all.empty() ? 0 : all.back().box.bottom() + 1;
}

QSize TokenView::sizeHint() const { return {400, heightForWidth(std::max(width(), 200))}; }
QSize TokenView::minimumSizeHint() const { return {100, fontMetrics().height()}; }

void TokenView::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  QColor learnt = accent(), plain = accent(), read = palette().color(QPalette::WindowText);
  learnt.setAlpha(isDark() ? 90 : 56);
  plain.setAlpha(isDark() ? 60 : 32);
  read.setAlpha(isDark() ? 26 : 16);
  for (const Chip& chip : chips(width())) {
    const QRectF box = QRectF(chip.box).adjusted(0.5, 0.5, -0.5, -0.5);
    const bool filled = chip.kind != Kind::Left && !(chip.kind == Kind::Plain && chip.special);
    painter.setPen(Qt::NoPen);
    if (filled) {
      painter.setBrush(chip.kind == Kind::Learnt ? learnt : chip.kind == Kind::Plain ? plain : read);
      painter.drawRoundedRect(box, 3, 3);
    }
    if (chip.kind == Kind::Learnt) {  // not by colour alone
      painter.setBrush(accent());
      painter.drawRect(QRectF(box.left() + 2, box.bottom() - 2, box.width() - 4, 2));
    }
    if (chip.special) {
      painter.setPen(QPen(quietColour(), 1, Qt::DashLine));
      painter.setBrush(Qt::NoBrush);
      painter.drawRoundedRect(box, 3, 3);
    }
    const bool quiet = chip.kind == Kind::Left || chip.kind == Kind::ReadOnly || (chip.special && !filled);
    painter.setPen(quiet ? quietColour() : palette().color(QPalette::WindowText));
    painter.drawText(chip.box.adjusted(0, 0, 0, -1), Qt::AlignCenter, chip.text);
  }
}

}  // namespace mtlora::ui
