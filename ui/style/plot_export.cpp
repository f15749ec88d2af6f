#include "plot_export.h"

#include <QFileInfo>
#include <QSaveFile>
#include <QSvgGenerator>
#include <map>

#include "plot.h"
#include "plot_curve.h"

namespace mtlora::ui {

QString plotAsCsv(Plot& plot, QChar separator) {
  const QList<const Curve*> curves = shownCurves(plot);
  const auto quoted = [&](QString text) {
    if (!text.contains(separator) && !text.contains(u'"')) return text;
    return u'"' + text.replace(u'"', QStringLiteral("\"\"")) + u'"';
  };
  std::map<double, std::vector<QString>> rows;
  QString csv = quoted(plot.xAxis->label());
  for (qsizetype i = 0; i < curves.size(); ++i) {
    csv += separator + quoted(curves[i]->name().isEmpty() ? plot.yAxis->label() : curves[i]->name());
    for (const QCPGraphData& point : *curves[i]->data()) {
      std::vector<QString>& row = rows[point.key];
      row.resize(static_cast<size_t>(curves.size()));
      row[static_cast<size_t>(i)] = QString::number(point.value, 'g', 17);
    }
  }
  csv += u'\n';
  for (const auto& [key, row] : rows) {
    csv += QString::number(key, 'g', 17);
    for (const QString& cell : row) csv += separator + cell;
    csv += u'\n';
  }
  return csv;
}

QPixmap plotAsPicture(Plot& plot) {
  return plot.toPixmap(std::max(plot.width(), 320), std::max(plot.height(), 200), 2.0);
}

bool savePlot(Plot& plot, const QString& path) {
  const QString ending = QFileInfo(path).suffix().toLower();
  const int width = std::max(plot.width(), 320), height = std::max(plot.height(), 200);
  if (ending == QLatin1String("png")) return plotAsPicture(plot).save(path);
  if (ending == QLatin1String("pdf")) return plot.savePdf(path, width, height, QCP::epNoCosmetic);
  if (ending == QLatin1String("csv")) {
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly | QIODevice::Text)) return false;
    file.write(plotAsCsv(plot).toUtf8());
    return file.commit();
  }
  if (ending == QLatin1String("svg")) {
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly)) return false;
    QSvgGenerator generator;
    generator.setOutputDevice(&file);
    generator.setSize({width, height});
    generator.setViewBox(QRect(0, 0, width, height));
    generator.setTitle(plot.yAxis->label());
    QCPPainter painter;
    if (!painter.begin(&generator)) return false;
    painter.setMode(QCPPainter::pmVectorized);
    painter.setMode(QCPPainter::pmNoCaching);
    plot.toPainter(&painter, width, height);
    painter.end();
    return file.error() == QFileDevice::NoError;
  }
  return false;
}

}  // namespace mtlora::ui
