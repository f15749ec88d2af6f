#include "render.h"

#include <QFile>
#include <QImage>
#include <QPainter>
#include <QSvgGenerator>
#include <cstdio>

#include "api/api.h"
#include "base/error.h"
#include "pages/geometry/render_geometry.h"
#include "pages/live/live_curves.h"
#include "style/plot.h"
#include "style/theme.h"
#include "widgets/loop_watch.h"

namespace mtlora::ui {

namespace {

constexpr QSize curveSize(960, 480), geometrySize(1440, 900);  // px; PNG has twice as many
constexpr int pictureScale = 2;

void checkWritten(bool written, const QString& path) {
  if (!written)
    throw file_error("'" + path.toStdString() + "' could not be written", "Check the folder and the room on it.");
  std::printf("%s\n", qPrintable(path));
}

QString pathOf(const Path& folder, const char* name, const char* ending) {
  return QString::fromStdString((folder / (std::string(name) + ending)).string());
}

void renderCurves(const RunData& run, const Path& folder) {
  LiveCurves curves;
  curves.setAttribute(Qt::WA_DontShowOnScreen);  // laid out and drawn as on the page
  curves.resize(curveSize * 2);
  curves.setRun(&run);
  curves.show();
  const std::pair<Plot*, const char*> plots[] = {{curves.loss, "loss"},
                                                 {curves.score, "score"},
                                                 {curves.rate, "learning-rate"},
                                                 {curves.gradient, "gradient-norm"}};
  for (const auto& [plot, name] : plots) {
    if (plot->pointCount() == 0) {
      std::fprintf(stderr, "no %s: the run has no points of it\n", name);
      continue;
    }
    plot->setMinimumSize(0, 0);
    plot->resize(curveSize);
    plot->showAll();
    for (const char* ending : {".png", ".svg"}) {
      const QString path = pathOf(folder, name, ending);
      checkWritten(plot->saveTo(path), path);
    }
  }
}

void renderGeometryOf(const RunData& run, const Path& folder) {
  if (run.geometry.empty()) {
    std::fprintf(stderr, "no geometry: none was recorded\n");
    return;
  }
  const GeometryScene scene =
      geometryScene(run.name, QString::fromStdString(run.config.adapter.method), run.geometry, run.geometry.size() - 1,
                    read_geometry(run.folder, run.geometry.back().step));
  const QPalette palette = QApplication::palette();
  const QFont font = QApplication::font();
  const QRectF all(QPoint(0, 0), geometrySize);

  QImage image(geometrySize * pictureScale, QImage::Format_RGB32);
  image.fill(palette.color(QPalette::Window));
  QPainter painter(&image);
  painter.scale(pictureScale, pictureScale);
  renderGeometry(painter, all, scene, palette, font);
  painter.end();
  const QString png = pathOf(folder, "geometry", ".png");
  checkWritten(image.save(png), png);

  const QString svg = pathOf(folder, "geometry", ".svg");
  QFile file(svg);
  bool written = file.open(QIODevice::WriteOnly);
  if (written) {
    QSvgGenerator generator;
    generator.setOutputDevice(&file);
    generator.setSize(geometrySize);
    generator.setViewBox(QRect(QPoint(), geometrySize));
    generator.setTitle(run.name);
    painter.begin(&generator);
    painter.fillRect(all, palette.color(QPalette::Window));
    renderGeometry(painter, all, scene, palette, font);
    written = painter.end() && file.flush() && file.error() == QFileDevice::NoError;
  }
  checkWritten(written, svg);
}

}  // namespace

int renderRun(Application& app, const Path& run_folder, const Path& folder) {
  make_folder(folder);
  applyTheme(app, ThemeMode::Light);
  const RunData run = run_data(open_run(run_folder));
  renderCurves(run, folder);
  renderGeometryOf(run, folder);
  return 0;
}

}  // namespace mtlora::ui
