// The frame: side bar, page with its title and actions, banner, status bar, menus.
#pragma once

#include <QMainWindow>
#include <QMap>

#include "studio.h"
#include "style/theme.h"

class QLabel;
class QStackedWidget;

namespace mtlora::ui {

class Banner;
class ComparePage;
class Page;
class SideBar;

enum PageIndex { NewRunIndex, LiveIndex, GeometryIndex, RunsIndex, CompareIndex, TryIndex, ExportIndex };

class MainWindow : public QMainWindow {
  Q_OBJECT
 public:
  explicit MainWindow(Studio& studio, QWidget* parent = nullptr);

  void showPage(int index);
  Page* page(int index) const { return pages_.value(index); }
  int currentPage() const { return current_; }
  Banner& banner() const { return *banner_; }
  void setTheme(ThemeMode mode);  // kept

 protected:
  void closeEvent(QCloseEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void addPage(int index, Page* page, const QString& icon);
  void buildMenus();
  void updateActions();
  void updateStatus();
  void keepState() const;
  void restoreState();
  void endRunThenClose();
  bool comparisonLetsGo();

  Studio& studio_;
  SideBar* side_;
  Banner* banner_;
  ComparePage* compare_;
  QLabel *title_, *machine_, *message_;
  QStackedWidget *stack_, *actionStack_;
  QMap<int, Page*> pages_;
  QAction *start_, *pause_, *stop_, *evaluate_, *save_, *fullScreen_;
  int current_ = -1;
  bool closing_ = false;     // waits for the run to end
  bool letGoAsked_ = false;  // of the comparison: closing again does not wait for it
};

}  // namespace mtlora::ui
