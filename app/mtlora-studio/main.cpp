// mtlora-studio [RUN] | --tour DIR | --render RUN DIR
#include <CLI/CLI.hpp>
#include <QSettings>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "api/api.h"
#include "base/error.h"
#include "base/paths.h"
#include "main_window.h"
#include "render.h"
#include "style/theme.h"
#include "tour.h"
#include "widgets/loop_watch.h"

namespace {

using namespace mtlora;

int report(const std::string& message, const std::string& hint, int code) {
  std::fprintf(stderr, "error: %s%s%s\n", message.c_str(), hint.empty() ? "" : ". ", hint.c_str());
  return code;
}

// Pictures need no display.
void doWithoutDisplay() {
  for (const char* name : {"QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"})
    if (!qEnvironmentVariableIsEmpty(name)) return;
  qputenv("QT_QPA_PLATFORM", "offscreen");
}

int openWindow(ui::Application& app, const std::string& run) {
  const QSettings kept(QString::fromStdString((home_dir() / "window.ini").string()), QSettings::IniFormat);
  ui::applyTheme(app, static_cast<ui::ThemeMode>(kept.value(QStringLiteral("theme"), 0).toInt()));
  ui::Studio studio;
  ui::MainWindow window(studio);
  if (!run.empty()) {
    studio.open(std::filesystem::absolute(run).lexically_normal());
    window.showPage(ui::LiveIndex);
  }
  window.show();
  app.loopWatch().reset();
  const int code = QApplication::exec();
  if (qEnvironmentVariableIntValue("MTLORA_LOOP_WATCH") == 1)
    std::fprintf(stderr, "%s\n", qPrintable(app.loopWatch().text()));
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App line("MTLoRA Studio: the window. With an option: pictures, and no display is needed.", "mtlora-studio");
  std::string run, tour;
  std::vector<std::string> render;
  line.set_version_flag("--version", version());
  line.add_option("run", run, "A run folder to open");
  CLI::Option* toured = line.add_option("--tour", tour, "Train a short run and write a picture of each page");
  toured->type_name("DIR");
  CLI::Option* rendered = line.add_option("--render", render, "Write a run's curves and geometry as PNG and SVG");
  rendered->expected(2)->type_name("RUN DIR")->excludes(toured);
  line.allow_extras();  // Qt's own: -platform, -style, ...
  try {
    line.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return line.exit(error);  // --help, --version
    return report(error.what(), "'mtlora-studio --help' shows how it is used.", static_cast<int>(ErrorCode::BadInput));
  }

  try {
    std::unique_ptr<ui::TourHome> home;
    if (*toured) home = std::make_unique<ui::TourHome>();
    if (*toured || *rendered) doWithoutDisplay();
    ui::Application app(argc, argv);
    QApplication::setApplicationName(QStringLiteral("mtlora-studio"));
    QApplication::setApplicationDisplayName(QStringLiteral("MTLoRA Studio"));
    QApplication::setApplicationVersion(QString::fromStdString(version()));
    initialise();
    if (*toured) return ui::runTour(app, QString::fromStdString(tour));
    if (*rendered) return ui::renderRun(app, render[0], render[1]);
    return openWindow(app, run);
  } catch (const Error& error) {
    return report(error.what(), error.hint(), static_cast<int>(error.code()));
  } catch (const std::exception& error) {
    return report(std::string("a defect of the program: ") + error.what(), "Please report it.",
                  static_cast<int>(ErrorCode::Internal));
  }
}
