#include "token_view.h"

#include <QFontMetrics>
#include <QPainter>

#include "style/theme.h"

namespace mtlora::ui {
namespace {

constexpr int maxLines = 4, gap = 3, padding = 5;

bool isSpecial(const QString& token) {
  return (token.startsWith('[') && token.endsWith(']') && token.size() > 2) ||
         (token.startsWith('<') && token.endsWith('>') && token.size() > 2);
}

}  // namespace

TokenView::TokenView(QWidget* parent) : QWidget(parent) {
  QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Minimum);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
}

void TokenView::setTokens(const QStringList& tokens) {
  tokens_ = tokens;
  setAccessibleName(tr("Tokens: %1").arg(tokens.join(' ')));
  setToolTip("<p>" + tokens.join(' ').toHtmlEscaped() + "</p>");
  updateGeometry();
  update();
}

std::vector<TokenView::Chip> TokenView::chips(int width) const {
  const QFontMetrics metrics = fontMetrics();
  const int height = metrics.height() + 4;
  std::vector<Chip> result;
  int x = 0, line = 0;
  for (qsizetype i = 0; i < tokens_.size(); ++i) {
    const QString text = metrics.elidedText(tokens_[i], Qt::ElideRight, std::max(40, width - 2 * padding));
    const int w = metrics.horizontalAdvance(text) + 2 * padding;
    if (x > 0 && x + w > width) x = 0, ++line;
    if (line == maxLines) {
      // Make room at the end of the last line for the count.
      QString more;
      for (;; result.pop_back()) {
        more = tr("… %1 more").arg(static_cast<qsizetype>(tokens_.size()) - static_cast<qsizetype>(result.size()));
        x = result.back().box.right() + 1 + gap;
        if (x + metrics.horizontalAdvance(more) <= width || result.back().box.left() == 0) break;
      }
      result.push_back({QRect(x, result.back().box.top(), metrics.horizontalAdvance(more), height), more, true});
      return result;
    }
    result.push_back({QRect(x, line * (height + gap), w, height), text, isSpecial(tokens_[i])});
    x += w + gap;
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
  QColor fill = accent();
  fill.setAlpha(isDark() ? 60 : 32);
  for (const Chip& chip : chips(width())) {
    if (!chip.special) {
      painter.setPen(Qt::NoPen);
      painter.setBrush(fill);
      painter.drawRoundedRect(chip.box, 3, 3);
    }
    painter.setPen(palette().color(chip.special ? QPalette::PlaceholderText : QPalette::WindowText));
    painter.drawText(chip.box, Qt::AlignCenter, chip.text);
  }
}

}  // namespace mtlora::ui
