// The window.
#include <QIcon>
#include <QSettings>
#include <cstdio>
#include <exception>

#include "api/api.h"
#include "base/error.h"
#include "base/paths.h"
#include "main_window.h"
#include "style/theme.h"
#include "widgets/loop_watch.h"

using namespace mtlora;

int main(int argc, char** argv) {
  ui::Application app(argc, argv);
  QApplication::setApplicationName(QStringLiteral("mtlora-studio"));
  QApplication::setApplicationDisplayName(QStringLiteral("MTLoRA Studio"));
  QApplication::setApplicationVersion(QString::fromStdString(version()));
  try {
    initialise();
    const QSettings kept(QString::fromStdString((home_dir() / "window.ini").string()), QSettings::IniFormat);
    ui::applyTheme(app, static_cast<ui::ThemeMode>(kept.value(QStringLiteral("theme"), 0).toInt()));
    ui::Studio studio;
    ui::MainWindow window(studio);
    window.show();
    app.loopWatch().reset();
    const int code = QApplication::exec();
    if (qEnvironmentVariableIntValue("MTLORA_LOOP_WATCH") == 1)
      std::fprintf(stderr, "%s\n", qPrintable(app.loopWatch().text()));
    return code;
  } catch (const Error& error) {
    std::fprintf(stderr, "error: %s%s%s\n", error.what(), error.hint().empty() ? "" : " ", error.hint().c_str());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
