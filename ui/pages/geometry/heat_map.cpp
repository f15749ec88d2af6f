#include "heat_map.h"

#include <QFontMetricsF>
#include <QKeyEvent>
#include <QMouseEvent>
#include <algorithm>
#include <cmath>
#include <limits>

#include "style/theme.h"

namespace mtlora::ui {

namespace {

struct Layout {
  QRectF cells, bar;             // `bar` with its ticks
  double width = 0, height = 0;  // of a cell
  bool slanted = false;
  double label_room = 0;  // px that the column labels may use along their direction
  QRectF cell(size_t row, size_t column) const {
    const double left = std::round(cells.left() + static_cast<double>(column) * width);
    const double right = std::round(cells.left() + static_cast<double>(column + 1) * width);
    const double top = std::round(cells.top() + static_cast<double>(row) * height);
    const double bottom = std::round(cells.top() + static_cast<double>(row + 1) * height);
    const double gap = width > 8 && height > 8 ? 2 : 1;
    return {left, top, right - left - gap, bottom - top - gap};
  }
};

constexpr double slant = 50 * M_PI / 180;

double widest(const QStringList& texts, const QFontMetricsF& metrics) {
  double width = 0;
  for (const QString& text : texts) width = std::max(width, metrics.horizontalAdvance(text));
  return width;
}

Layout layoutOf(const QRectF& rect, const HeatMapData& data, const Ink& ink) {
  const QFontMetricsF metrics(ink.small);
  Layout layout;
  const auto rows = static_cast<double>(data.grid.rows.size());
  const auto columns = static_cast<double>(data.grid.columns.size());
  const double row_labels =
      std::max(widest(data.grid.rows, metrics), metrics.horizontalAdvance(HeatMap::tr("layer"))) + 8;
  const double bar_height = 2 * metrics.height() + 26;
  const double label_width = widest(data.grid.columns, metrics);
  double top = metrics.height() + 6, right = 0;
  layout.width = (rect.width() - row_labels) / std::max(1.0, columns);
  layout.slanted = label_width + 6 > layout.width;
  if (layout.slanted) {
    layout.label_room = std::min(label_width, rect.height() * 0.28 / std::sin(slant));
    top = layout.label_room * std::sin(slant) + metrics.height();
    // Labels lean to the right; the last one needs room beside the cells.
    right = std::max(
        0.0, layout.label_room * std::cos(slant) + 4 - (rect.width() - row_labels) / std::max(1.0, columns) / 2);
    right = std::min(right, rect.width() * 0.3);
  } else {
    layout.label_room = layout.width - 4;
  }
  const double room = rect.height() - top - bar_height;
  layout.width = (rect.width() - row_labels - right) / std::max(1.0, columns);
  layout.height = std::min(room / std::max(1.0, rows), 56.0);
  layout.cells = QRectF(rect.left() + row_labels, rect.top() + top, layout.width * columns, layout.height * rows);
  layout.bar =
      QRectF(layout.cells.left(), layout.cells.bottom() + 10, rect.right() - layout.cells.left() - 2, bar_height - 10);
  return layout;
}

// With how many significant digits every value fits into its cell; 0 where they do not.
int digitsThatFit(const Layout& layout, const HeatMapData& data, const QFontMetricsF& metrics) {
  if (layout.height < metrics.height()) return 0;
  for (const int digits : {3, 2}) {
    const bool fits = std::all_of(data.values.values.begin(), data.values.values.end(), [&](double value) {
      return metrics.horizontalAdvance(numberText(value, digits)) + 6 <= layout.width;
    });
    if (fits) return digits;
  }
  return 0;
}

}  // namespace

double HeatMapData::position(double value) const {
  if (std::isnan(value)) return 0;
  const auto scaled = [this](double v) { return isLogarithmic(quantity) ? std::log(std::max(v, 1e-300)) : v; };
  return std::clamp((scaled(value) - scaled(low)) / (scaled(high) - scaled(low)), 0.0, 1.0);
}

HeatMapData heatMapData(const std::vector<GeometryRecorded>& records, size_t index, Quantity quantity) {
  HeatMapData data;
  data.quantity = quantity;
  if (index >= records.size()) return data;
  const GeometryRecorded& record = records[index];
  data.grid = gridOf(modulesOf(record));
  data.values = Matrix(static_cast<size_t>(data.grid.rows.size()), static_cast<size_t>(data.grid.columns.size()));
  for (size_t k = 0; k < data.values.values.size(); ++k) {
    const auto at = record.modules.find(data.grid.modules[k]);
    data.values.values[k] =
        at == record.modules.end() ? std::numeric_limits<double>::quiet_NaN() : valueOf(at->second, quantity);
  }
  std::tie(data.low, data.high) = rangeOf(records, quantity);
  return data;
}

HeatMap::HeatMap(QWidget* parent) : Picture(tr("Heat map of layers and modules"), parent) {
  setFocusPolicy(Qt::StrongFocus);
}

void HeatMap::setData(HeatMapData data) {
  data.selected = data_.selected;
  data_ = std::move(data);
  update();
}

void HeatMap::select(const std::string& module) {
  if (data_.selected == module) return;
  data_.selected = module;
  if (const auto cell = data_.grid.find(module)) {
    setAccessibleDescription(tr("%1: %2 %3")
                                 .arg(data_.grid.shortName(module), quantityTitle(data_.quantity),
                                      valueText(data_.values(cell->first, cell->second), data_.quantity)));
  }
  update();
}

QRectF HeatMap::cellRect(size_t row, size_t column) const { return layoutOf(rect(), data_, ink()).cell(row, column); }

void HeatMap::paint(QPainter& painter, const QRectF& rect, const HeatMapData& data, const Ink& ink) {
  if (data.values.empty()) return;
  const Layout layout = layoutOf(rect, data, ink);
  const QFontMetricsF metrics(ink.small);
  painter.save();
  painter.setFont(ink.small);
  painter.setPen(ink.faint);
  painter.drawText(QRectF(rect.left(), layout.cells.top() - metrics.height() - 3, layout.cells.left() - rect.left() - 6,
                          metrics.height()),
                   Qt::AlignRight | Qt::AlignVCenter, tr("layer"));
  // Column labels: straight where they fit, else leaning.
  for (qsizetype column = 0; column < data.grid.columns.size(); ++column) {
    const QRectF cell = layout.cell(0, static_cast<size_t>(column));
    const QString text =
        metrics.elidedText(data.grid.columns[column], Qt::ElideMiddle, std::max(12.0, layout.label_room + 1));
    if (layout.slanted) {
      painter.save();
      painter.translate(cell.center().x() - metrics.ascent() / 3, cell.top() - 5);
      painter.rotate(-slant * 180 / M_PI);
      painter.drawText(QPointF(0, metrics.ascent() / 2), text);
      painter.restore();
    } else {
      painter.drawText(QRectF(cell.left(), cell.top() - metrics.height() - 3, cell.width(), metrics.height()),
                       Qt::AlignCenter, text);
    }
  }
  // Every row's label where there is room, else every second, fifth, ...
  qsizetype every = 1;
  for (const qsizetype step : {1, 2, 5, 10, 20, 50}) {
    every = step;
    if (layout.height * static_cast<double>(step) >= metrics.height() * 0.95) break;
  }
  const int digits = digitsThatFit(layout, data, metrics);
  for (size_t row = 0; row < data.values.rows; ++row) {
    const QRectF first = layout.cell(row, 0);
    if (static_cast<qsizetype>(row) % every == 0) {
      painter.setPen(ink.faint);
      painter.drawText(QRectF(rect.left(), first.center().y() - metrics.height() / 2,
                              layout.cells.left() - rect.left() - 6, metrics.height()),
                       Qt::AlignRight | Qt::AlignVCenter, data.grid.rows[static_cast<qsizetype>(row)]);
    }
    for (size_t column = 0; column < data.values.cols; ++column) {
      if (data.grid.module(row, column).empty()) continue;
      const QRectF cell = layout.cell(row, column);
      const double value = data.values(row, column);
      painter.setRenderHint(QPainter::Antialiasing, false);
      if (std::isnan(value)) {
        painter.fillRect(cell, ink.grid);
        painter.setPen(ink.axis);
        if (cell.width() > 8 && cell.height() > 8) {
          painter.setRenderHint(QPainter::Antialiasing);
          painter.drawLine(cell.bottomLeft() + QPointF(3, -3), cell.topRight() + QPointF(-3, 3));
        }
        continue;
      }
      const QColor colour = viridis(data.position(value));
      painter.fillRect(cell, colour);
      if (digits == 0) continue;
      painter.setRenderHint(QPainter::Antialiasing);
      painter.setPen(readableOn(colour));
      painter.drawText(cell, Qt::AlignCenter, numberText(value, digits));
    }
  }
  if (const auto cell = data.grid.find(data.selected)) {
    painter.setRenderHint(QPainter::Antialiasing, false);
    const QRectF frame = layout.cell(cell->first, cell->second);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(ink.base, 1));
    painter.drawRect(frame.adjusted(1, 1, -2, -2));
    painter.setPen(QPen(ink.text, 2));
    painter.drawRect(frame.adjusted(-1, -1, 0, 0));
  }
  painter.setRenderHint(QPainter::Antialiasing);
  // The colour bar, with what it measures under it.
  const QRectF bar(layout.bar.left(), layout.bar.top(), layout.bar.width(), 13 + metrics.height());
  const int most = std::max(2, static_cast<int>(bar.width() / 60));
  std::vector<double> ticks =
      isLogarithmic(data.quantity) ? logTicks(data.low, data.high, most) : roundTicks(data.low, data.high, most);
  ticks.insert(ticks.begin(), data.low);
  ticks.push_back(data.high);
  paintColourBar(
      painter, bar, Qt::Horizontal, ticks, [&data](double value) { return data.position(value); },
      [](double t) { return viridis(t); }, ink);
  painter.setPen(ink.faint);
  painter.drawText(QRectF(rect.left(), bar.bottom(), rect.width(), metrics.height() + 2), Qt::AlignRight | Qt::AlignTop,
                   metrics.elidedText(quantityUnit(data.quantity), Qt::ElideRight, rect.width()));
  painter.restore();
}

void HeatMap::draw(QPainter& painter, const QRectF& rect) const {
  const Ink colours = ink();
  paint(painter, rect, data_, colours);
  const auto cell = cellAt(hover().value_or(QPointF(-1, -1)));
  painter.setBrush(Qt::NoBrush);
  painter.setRenderHint(QPainter::Antialiasing, false);
  if (cell && !data_.grid.module(cell->first, cell->second).empty()) {
    painter.setPen(QPen(colours.text, 1));
    painter.drawRect(cellRect(cell->first, cell->second).adjusted(0, 0, -1, -1));
  }
  if (const auto selected = data_.grid.find(data_.selected); hasFocus() && selected) {
    painter.setPen(QPen(accent(), 1, Qt::DotLine));
    painter.drawRect(cellRect(selected->first, selected->second).adjusted(-3, -3, 2, 2));
  }
}

std::optional<std::pair<size_t, size_t>> HeatMap::cellAt(const QPointF& point) const {
  if (data_.values.empty()) return std::nullopt;
  const Layout layout = layoutOf(rect(), data_, ink());
  if (!layout.cells.contains(point)) return std::nullopt;
  const auto row = static_cast<size_t>((point.y() - layout.cells.top()) / layout.height);
  const auto column = static_cast<size_t>((point.x() - layout.cells.left()) / layout.width);
  return std::pair{std::min(row, data_.values.rows - 1), std::min(column, data_.values.cols - 1)};
}

QString HeatMap::readout(const QPointF& point) const {
  const auto cell = cellAt(point);
  if (!cell || data_.grid.module(cell->first, cell->second).empty()) return {};
  return tr("%1\n%2: %3")
      .arg(QString::fromStdString(data_.grid.module(cell->first, cell->second)), quantityTitle(data_.quantity),
           valueText(data_.values(cell->first, cell->second), data_.quantity));
}

QString HeatMap::csv() const {
  QString text = QStringLiteral("module,%1\n").arg(quantityTitle(data_.quantity));
  for (size_t k = 0; k < data_.values.values.size(); ++k) {
    if (data_.grid.modules[k].empty()) continue;
    text += QString::fromStdString(data_.grid.modules[k]) + QLatin1Char(',') +
            QString::number(data_.values.values[k], 'g', 9) + QLatin1Char('\n');
  }
  return data_.values.empty() ? QString() : text;
}

void HeatMap::pick(size_t row, size_t column) {
  const std::string& module = data_.grid.module(row, column);
  if (module.empty()) return;
  select(module);
  Q_EMIT modulePicked(QString::fromStdString(module));
}

void HeatMap::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return Picture::mousePressEvent(event);
  if (const auto cell = cellAt(event->position())) pick(cell->first, cell->second);
}

void HeatMap::keyPressEvent(QKeyEvent* event) {
  int down = 0, right = 0;
  switch (event->key()) {
    case Qt::Key_Up: down = -1; break;
    case Qt::Key_Down: down = 1; break;
    case Qt::Key_Left: right = -1; break;
    case Qt::Key_Right: right = 1; break;
    default: return Picture::keyPressEvent(event);
  }
  const auto selected = data_.grid.find(data_.selected);
  if (!selected) return;
  // The next cell in that direction that holds a module.
  auto row = static_cast<int>(selected->first) + down, column = static_cast<int>(selected->second) + right;
  while (row >= 0 && column >= 0 && row < static_cast<int>(data_.values.rows) &&
         column < static_cast<int>(data_.values.cols)) {
    if (!data_.grid.module(static_cast<size_t>(row), static_cast<size_t>(column)).empty()) {
      return pick(static_cast<size_t>(row), static_cast<size_t>(column));
    }
    row += down;
    column += right;
  }
}

}  // namespace mtlora::ui
