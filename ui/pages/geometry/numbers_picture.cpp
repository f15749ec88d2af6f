#include "numbers_picture.h"

#include <QFontMetricsF>
#include <algorithm>
#include <cmath>

#include "style/theme.h"

namespace mtlora::ui {

namespace {

double rowHeight(double height, size_t rows, const Ink& ink) {
  const double natural = QFontMetricsF(ink.font).height();
  return std::clamp(height / static_cast<double>(std::max<size_t>(1, rows)), natural, natural + 8);
}

}  // namespace

std::vector<NamedNumber> namedNumbers(const ModuleGeometry& g, bool has_t) {
  const auto tr = [](const char* text) { return NumbersPicture::tr(text); };
  const auto rank = QLocale().toString(static_cast<qulonglong>(g.sigma_bta.size()));
  std::vector<NamedNumber> list;
  const auto heading = [&](const QString& text, const QString& help) { list.push_back({text, {}, help, true}); };
  const auto add = [&](const QString& name, const QString& value, const QString& help) {
    list.push_back({name, value, help, false});
  };
  heading(tr("Result: ΔW"), tr("What the adapter adds to the frozen weight."));
  const auto rank_of = [&](double value) {
    return value > 0 ? tr("%1 of %2").arg(numberText(value), rank) : numberText(NAN);
  };
  add(tr("Effective rank"), rank_of(g.effective_rank),
      tr("How many directions ΔW really uses: exp of the entropy of its singular values."));
  if (has_t) {
    add(tr("… without T"), rank_of(g.effective_rank_ba), tr("The same for BA alone, as if T were the identity."));
  }
  add(tr("Share of first direction"), percentText(g.delta_fro > 0 ? g.first_share : NAN),
      tr("The largest singular value of ΔW as a part of the sum of all."));
  add(tr("Norm (Frobenius)"), numberText(g.delta_fro), tr("Root of the sum of squares of all entries of ΔW."));
  add(tr("Norm (spectral)"), numberText(g.delta_spectral), tr("The most that ΔW stretches any input."));
  add(tr("Relative to W₀"), percentText(g.delta_relative), tr("Frobenius norm of ΔW over that of the frozen weight."));
  if (has_t) {
    heading(tr("Way of the training: K"), tr("How T turns and stretches the adapter's own directions."));
    const bool has_r = g.has_k && !g.r.empty();
    const double none = NAN;
    add(tr("Mean rotation angle"),
        has_r && std::isfinite(g.mean_rotation_degrees) ? numberText(g.mean_rotation_degrees) + QStringLiteral("°")
                                                        : numberText(none),
        tr("Mean of the rotation angles of R, each between 0° and 180°."));
    add(tr("Reflection"), has_r ? (g.reflection ? tr("yes") : tr("no")) : numberText(none),
        tr("Whether R also mirrors one direction (its determinant is −1)."));
    add(tr("Stretches"),
        g.has_k && !g.stretches.empty()
            ? tr("%1 to %2").arg(numberText(g.stretches.back()), numberText(g.stretches.front()))
            : numberText(none),
        tr("Smallest and largest factor by which K changes lengths: eigenvalues of S."));
    add(tr("Condition number"), numberText(g.has_k ? g.condition : none),
        tr("Largest stretch over smallest: 1 stretches all directions alike."));
    add(tr("log |det K|"), numberText(g.has_k ? g.log_abs_det : none),
        tr("Natural logarithm of the factor by which K changes volumes: 0 keeps them."));
    add(tr("Shear"), numberText(g.has_k ? g.departure_from_normality : none),
        tr("Departure from normality, ‖K‖² − Σ|λ|²: 0 where turning and stretching do not mix."));
  }
  heading(tr("How far to trust K"), tr("Large condition numbers here make K sensitive to rounding."));
  add(tr("Condition of R_B"), numberText(g.condition_b), tr("Largest over smallest singular value of B."));
  add(tr("Condition of R_A"), numberText(g.condition_a), tr("Largest over smallest singular value of A."));
  return list;
}

NumbersPicture::NumbersPicture(QWidget* parent) : Picture(tr("Numbers"), parent) {}

void NumbersPicture::setData(std::vector<NamedNumber> numbers) {
  numbers_ = std::move(numbers);
  QStringList texts;
  for (const NamedNumber& number : numbers_) {
    if (!number.heading) texts << number.name + QStringLiteral(": ") + number.value;
  }
  setAccessibleDescription(texts.join(QStringLiteral("; ")));
  setMinimumHeight(static_cast<int>(QFontMetricsF(ink().font).height() * static_cast<double>(numbers_.size())) + 2);
  updateGeometry();
  update();
}

QSize NumbersPicture::sizeHint() const {
  return {240, static_cast<int>((QFontMetricsF(ink().font).height() + 4) * static_cast<double>(numbers_.size()))};
}

void NumbersPicture::paint(QPainter& painter, const QRectF& rect, const std::vector<NamedNumber>& numbers,
                           const Ink& ink) {
  const double height = rowHeight(rect.height(), numbers.size(), ink);
  const QFontMetricsF metrics(ink.font);
  painter.save();
  for (size_t k = 0; k < numbers.size(); ++k) {
    const NamedNumber& number = numbers[k];
    const QRectF row(rect.left(), rect.top() + height * static_cast<double>(k), rect.width(), height);
    if (number.heading) {
      painter.setFont(ink.small);
      painter.setPen(ink.faint);
      painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter, number.name);
      const double text = QFontMetricsF(ink.small).horizontalAdvance(number.name) + 8;
      painter.setPen(QPen(ink.grid, 1));
      painter.drawLine(QPointF(row.left() + text, row.center().y()), QPointF(row.right(), row.center().y()));
      continue;
    }
    painter.setFont(ink.font);
    const double value = metrics.horizontalAdvance(number.value);
    painter.setPen(ink.text);
    painter.drawText(row, Qt::AlignRight | Qt::AlignVCenter, number.value);
    painter.setPen(mixed(ink.text, ink.base, 0.2));
    painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(number.name, Qt::ElideRight, row.width() - value - 8));
  }
  painter.restore();
}

void NumbersPicture::draw(QPainter& painter, const QRectF& rect) const {
  paint(painter, rect.adjusted(0, 0, -4, 0), numbers_, ink());  // clear of a scroll bar
}

QString NumbersPicture::readout(const QPointF& point) const {
  const double height = rowHeight(rect().height(), numbers_.size(), ink());
  const auto k = static_cast<size_t>(std::max(0.0, point.y() / height));
  if (k >= numbers_.size()) return {};
  const NamedNumber& number = numbers_[k];
  return number.heading ? number.help : QStringLiteral("%1: %2\n%3").arg(number.name, number.value, number.help);
}

QString NumbersPicture::csv() const {
  QString text;
  for (const NamedNumber& number : numbers_) {
    if (!number.heading) text += QStringLiteral("\"%1\",\"%2\"\n").arg(number.name, number.value);
  }
  return text;
}

}  // namespace mtlora::ui
