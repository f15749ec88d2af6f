// --tour: the real window driven through a short real run, with a picture of every page.
#pragma once

#include <QString>
#include <QTemporaryDir>

namespace mtlora::ui {

class Application;

// A home of its own (MTLORA_HOME), so that a tour never touches the person's runs and settings. Make it before anything
// asks for home_dir(); its files go with it. Throws Error where there is no room for it.
class TourHome {
 public:
  TourHome();

 private:
  QTemporaryDir folder_;
};

// Trains two short runs and writes into `folder`: PAGE-running-THEME.png in mid-run, PAGE-THEME.png after it
// (1440 × 900), and PAGE-small-THEME.png of the pages that have most to fit (1000 × 640). Prints the figures of the
// event loop. Returns the exit code: 0, or 1 with what is missing on standard error. Blocks, about a minute of two idle
// cores. Throws Error where a picture can't be written.
int runTour(Application& app, const QString& folder);

}  // namespace mtlora::ui
