#include "matrix_picture.h"

#include <QFontMetricsF>
#include <algorithm>
#include <cmath>

#include "style/theme.h"

namespace mtlora::ui {

namespace {

double largest(const Matrix& matrix) {
  double size = 0;
  for (const double value : matrix.values) {
    if (std::isfinite(value)) size = std::max(size, std::abs(value));
  }
  return size > 0 ? size : 1;
}

struct Layout {
  QRectF cells, bar;
  double size = 1;  // of a cell, in px
  bool flat_bar = false;
  QRectF cell(size_t row, size_t column) const {
    const double left = std::round(cells.left() + static_cast<double>(column) * size);
    const double right = std::round(cells.left() + static_cast<double>(column + 1) * size);
    const double top = std::round(cells.top() + static_cast<double>(row) * size);
    const double bottom = std::round(cells.top() + static_cast<double>(row + 1) * size);
    return {left, top, right - left, bottom - top};
  }
};

std::vector<double> barTicks(const MatrixData& data) {
  if (data.scale == MatrixData::Scale::Share) return {0, 0.5, 1};
  const double most = largest(data.matrix);
  return {-most, 0, most};
}

Layout layoutOf(const QRectF& rect, const MatrixData& data, const Ink& ink) {
  const QFontMetricsF metrics(ink.small);
  double tick_width = 0;
  for (const double tick : barTicks(data)) tick_width = std::max(tick_width, metrics.horizontalAdvance(tickText(tick)));
  const double left = metrics.horizontalAdvance(QString::number(data.matrix.rows)) + 6, top = metrics.height() + 2;
  const double beside = 10 + 16 + tick_width, below = 8 + 14 + metrics.height();
  const double room_x = rect.width() - left - 2, room_y = rect.height() - top - 2;
  const double side_beside = std::min(room_x - beside, room_y), side_below = std::min(room_x, room_y - below);
  Layout layout;
  layout.flat_bar = side_below > 1.15 * side_beside;  // so that neighbours look alike
  const double side = std::max(8.0, layout.flat_bar ? side_below : side_beside);
  const double spare = std::max(0.0, room_x - side - (layout.flat_bar ? 0 : beside));
  layout.cells = QRectF(rect.left() + left + spare / 2, rect.top() + top, side, side);
  layout.size = side / static_cast<double>(std::max(data.matrix.rows, data.matrix.cols));
  layout.bar = layout.flat_bar ? QRectF(layout.cells.left(), layout.cells.bottom() + 8, side, below - 8)
                               : QRectF(layout.cells.right() + 10, layout.cells.top(), beside - 10, side);
  return layout;
}

// Whether every entry can be written into its cell: all or none.
bool showsValues(const Layout& layout, const MatrixData& data, const QFontMetricsF& metrics) {
  if (layout.size < metrics.height() || data.matrix.values.size() > 1024) return false;
  for (const double value : data.matrix.values) {
    if (metrics.horizontalAdvance(numberText(value, 2)) + 4 > layout.size) return false;
  }
  return true;
}

QColor colourOf(double value, const MatrixData& data, double most) {
  return data.scale == MatrixData::Scale::Share ? viridis(std::clamp(value, 0.0, 1.0))
                                                : diverging(std::clamp(value / most, -1.0, 1.0));
}

}  // namespace

MatrixPicture::MatrixPicture(const QString& name, QWidget* parent) : Picture(name, parent) {}

void MatrixPicture::setData(MatrixData data) {
  data_ = std::move(data);
  update();
}

QRectF MatrixPicture::cellRect(size_t row, size_t column) const {
  return layoutOf(rect(), data_, ink()).cell(row, column);
}

void MatrixPicture::paint(QPainter& painter, const QRectF& rect, const MatrixData& data, const Ink& ink) {
  const Matrix& matrix = data.matrix;
  if (matrix.empty()) return;
  const Layout layout = layoutOf(rect, data, ink);
  const QFontMetricsF metrics(ink.small);
  const double most = largest(matrix);
  const bool values = showsValues(layout, data, metrics);
  painter.save();
  painter.setFont(ink.small);
  painter.setRenderHint(QPainter::Antialiasing, false);
  for (size_t row = 0; row < matrix.rows; ++row) {
    for (size_t column = 0; column < matrix.cols; ++column) {
      const QRectF cell = layout.cell(row, column);
      const QColor colour = colourOf(matrix(row, column), data, most);
      painter.fillRect(cell, colour);
      if (!values) continue;
      painter.setPen(readableOn(colour));
      painter.drawText(cell, Qt::AlignCenter, numberText(matrix(row, column), 2));
    }
  }
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(ink.axis, 1));
  painter.drawRect(layout.cells.adjusted(-1, -1, 0, 0).toAlignedRect());
  painter.setPen(QPen(ink.text, 1, Qt::DotLine));
  for (const auto& [first, last] : data.groups) {
    if (last >= matrix.rows) continue;
    painter.drawRect((layout.cell(first, first) | layout.cell(last, last)).adjusted(0, 0, -1, -1));
  }
  // Index labels: all, or round ones.
  const double room = std::max(metrics.horizontalAdvance(QString::number(matrix.cols)) + 4, metrics.height());
  size_t every = 1;
  for (const size_t step : {1, 2, 4, 8, 16, 32, 64, 128}) {
    every = step;
    if (layout.size * static_cast<double>(step) >= room) break;
  }
  painter.setPen(ink.faint);
  for (size_t k = 0; k < matrix.rows; ++k) {
    const bool labelled =
        every == 1 || (k + 1) % every == 0 || (k == 0 && static_cast<double>(every) * layout.size > 1.8 * room);
    if (!labelled) continue;
    const QRectF across = layout.cell(0, k), down = layout.cell(k, 0);
    painter.drawText(QRectF(across.center().x() - 20, layout.cells.top() - metrics.height() - 1, 40, metrics.height()),
                     Qt::AlignCenter, QString::number(k + 1));
    painter.drawText(QRectF(layout.cells.left() - 44, down.center().y() - metrics.height() / 2, 40, metrics.height()),
                     Qt::AlignRight | Qt::AlignVCenter, QString::number(k + 1));
  }
  painter.setRenderHint(QPainter::Antialiasing);
  const bool share = data.scale == MatrixData::Scale::Share;
  paintColourBar(
      painter, layout.bar, layout.flat_bar ? Qt::Horizontal : Qt::Vertical, barTicks(data),
      [share, most](double value) { return share ? value : (value / most + 1) / 2; },
      [share](double t) { return share ? viridis(t) : diverging(2 * t - 1); }, ink);
  painter.restore();
}

void MatrixPicture::draw(QPainter& painter, const QRectF& rect) const {
  const Ink colours = ink();
  paint(painter, rect, data_, colours);
  if (const auto cell = cellAt(hover().value_or(QPointF(-1, -1)))) {
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(colours.text, 1));
    painter.drawRect(cellRect(cell->first, cell->second).adjusted(0, 0, -1, -1));
  }
}

std::optional<std::pair<size_t, size_t>> MatrixPicture::cellAt(const QPointF& point) const {
  if (data_.matrix.empty()) return std::nullopt;
  const Layout layout = layoutOf(rect(), data_, ink());
  if (!layout.cells.contains(point)) return std::nullopt;
  const auto row = static_cast<size_t>((point.y() - layout.cells.top()) / layout.size);
  const auto column = static_cast<size_t>((point.x() - layout.cells.left()) / layout.size);
  return std::pair{std::min(row, data_.matrix.rows - 1), std::min(column, data_.matrix.cols - 1)};
}

QString MatrixPicture::readout(const QPointF& point) const {
  const auto cell = cellAt(point);
  if (!cell) return {};
  const auto [row, column] = *cell;
  QString text = QStringLiteral("%1[%2, %3] = %4")
                     .arg(data_.symbol)
                     .arg(row + 1)
                     .arg(column + 1)
                     .arg(numberText(data_.matrix(row, column), 4));
  if (!data_.meaning.isEmpty())
    text += QLatin1Char('\n') + data_.meaning.arg(subscript(row + 1), subscript(column + 1));
  return text;
}

QString MatrixPicture::csv() const {
  QString text;
  for (size_t row = 0; row < data_.matrix.rows; ++row) {
    QStringList values;
    for (size_t column = 0; column < data_.matrix.cols; ++column) {
      values << QString::number(data_.matrix(row, column), 'g', 9);
    }
    text += values.join(QLatin1Char(',')) + QLatin1Char('\n');
  }
  return text;
}

}  // namespace mtlora::ui
