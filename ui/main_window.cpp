#include "main_window.h"

#include <QActionGroup>
#include <QApplication>
#include <QCloseEvent>
#include <QFileDialog>
#include <QLabel>
#include <QMenuBar>
#include <QMessageBox>
#include <QSettings>
#include <QSplitter>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTimer>
#include <QVBoxLayout>

#include "base/paths.h"
#include "pages/compare/compare_form.h"
#include "pages/compare/compare_page.h"
#include "pages/export/export_page.h"
#include "pages/geometry/geometry_page.h"
#include "pages/live/live_page.h"
#include "pages/new_run/new_run_page.h"
#include "pages/new_run/run_form.h"
#include "pages/runs/runs_page.h"
#include "pages/try_it/try_page.h"
#include "widgets/banner.h"
#include "widgets/elided_label.h"
#include "widgets/help.h"
#include "widgets/run_card.h"
#include "widgets/side_bar.h"

namespace mtlora::ui {

namespace {

constexpr int compactWidth = 900;      // px; below it the side bar shows icons alone
constexpr int machineInterval = 2000;  // ms

QSettings settings() {
  return QSettings(QString::fromStdString((home_dir() / "window.ini").string()), QSettings::IniFormat);
}

}  // namespace

MainWindow::MainWindow(Studio& studio, QWidget* parent) : QMainWindow(parent), studio_(studio) {
  setWindowTitle(QStringLiteral("MTLoRA Studio"));
  setMinimumSize(1000, 640);
  resize(1440, 900);

  auto* card = new RunCard(studio);
  side_ = new SideBar(card);
  title_ = new QLabel;
  title_->setFont(titleFont());
  stack_ = new QStackedWidget;
  actionStack_ = new QStackedWidget;
  actionStack_->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
  banner_ = new Banner;

  auto* head = new QHBoxLayout;
  head->addWidget(title_, 1);
  head->addWidget(actionStack_);
  auto* body = new QVBoxLayout;
  body->setContentsMargins(gridUnit * 3, gridUnit * 2, gridUnit * 3, gridUnit);
  body->setSpacing(gridUnit * 2);
  body->addLayout(head);
  body->addWidget(banner_);
  body->addWidget(stack_, 1);
  auto* centre = new QWidget;
  auto* row = new QHBoxLayout(centre);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);
  row->addWidget(side_);
  row->addLayout(body, 1);
  setCentralWidget(centre);

  auto* newRun = new NewRunPage(studio);
  compare_ = new ComparePage(studio);
  compare_->form()->setSettingsSource([newRun] { return newRun->form()->config(); });
  addPage(NewRunIndex, newRun, QStringLiteral("new-run"));
  addPage(LiveIndex, new LivePage(studio), QStringLiteral("live"));
  addPage(GeometryIndex, new GeometryPage(studio), QStringLiteral("geometry"));
  addPage(RunsIndex, new RunsPage(studio), QStringLiteral("runs"));
  addPage(CompareIndex, compare_, QStringLiteral("compare"));
  addPage(TryIndex, new TryPage(studio), QStringLiteral("try-it"));
  addPage(ExportIndex, new ExportPage(studio), QStringLiteral("export"));

  machine_ = new QLabel;
  machine_->setFont(tabularFont());
  message_ = new QLabel;
  message_->setTextFormat(Qt::PlainText);
  statusBar()->setSizeGripEnabled(false);
  statusBar()->setContentsMargins(gridUnit, 0, gridUnit, 0);
  statusBar()->addWidget(machine_);
  statusBar()->addWidget(message_, 1);

  buildMenus();
  connect(side_, &SideBar::chosen, this, &MainWindow::showPage);
  connect(card, &RunCard::activated, this, [this] {
    studio_.showLive();
    showPage(LiveIndex);
  });
  connect(&studio_, &Studio::showPage, this, &MainWindow::showPage);
  connect(&studio_, &Studio::useSettings, this, [this] { showPage(NewRunIndex); });
  connect(&studio_, &Studio::stateChanged, this, &MainWindow::updateActions);
  connect(&studio_, &Studio::runChanged, this, &MainWindow::updateActions);
  connect(&studio_, &Studio::message, this,
          [this](const QString& text) { message_->setText(QStringLiteral("·  ") + text); });
  connect(&studio_, &Studio::failed, this, [this](const QString& what, const QString& hint) {
    banner_->say(Banner::Kind::Error, what, hint);
    message_->setText(QStringLiteral("·  ") + what);
  });
  connect(&studio_, &Studio::jobEnded, this, [this] {
    if (closing_) close();
  });
  connect(compare_, &ComparePage::runnerEnded, this, [this] {
    if (letGoAsked_) close();
  });
  auto* clock = new QTimer(this);
  connect(clock, &QTimer::timeout, this, &MainWindow::updateStatus);
  clock->start(machineInterval);

  updateStatus();
  updateActions();
  restoreState();
}

void MainWindow::addPage(int index, Page* page, const QString& icon) {
  pages_.insert(index, page);
  stack_->addWidget(page);
  actionStack_->addWidget(page->actions() ? page->actions() : new QWidget);
  side_->addPage(index, icon, page->title(), tr("Ctrl+%1").arg(index + 1));
}

void MainWindow::showPage(int index) {
  Page* page = pages_.value(index);
  if (!page) return;
  current_ = index;
  side_->setCurrent(index);
  title_->setText(page->title());
  stack_->setCurrentWidget(page);
  actionStack_->setCurrentIndex(stack_->currentIndex());
}

void MainWindow::setTheme(ThemeMode mode) {
  applyTheme(*qApp, mode);
  settings().setValue(QStringLiteral("theme"), static_cast<int>(mode));
  title_->setFont(titleFont());
}

void MainWindow::buildMenus() {
  QMenu* file = menuBar()->addMenu(tr("&File"));
  file->addAction(tr("&New run"), QKeySequence(Qt::CTRL | Qt::Key_N), this, [this] { showPage(NewRunIndex); });
  file->addAction(tr("New &comparison"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_N), this, [this] {
    showPage(CompareIndex);
    compare_->newComparison();
  });
  file->addAction(tr("&Open a run folder …"), QKeySequence::Open, this, [this] {
    const QString folder =
        QFileDialog::getExistingDirectory(this, tr("Open a run folder"), QString::fromStdString(runs_dir().string()));
    if (folder.isEmpty()) return;
    studio_.open(folder.toStdString());
    showPage(LiveIndex);
  });
  file->addAction(tr("&Export …"), QKeySequence(Qt::CTRL | Qt::Key_E), this, [this] { showPage(ExportIndex); });
  file->addSeparator();
  file->addAction(tr("&Quit"), QKeySequence::Quit, this, &QWidget::close);

  QMenu* run = menuBar()->addMenu(tr("&Run"));
  // Keypad and main Return alike.
  start_ = run->addAction(lineIcon(QStringLiteral("play")), tr("&Start"));
  start_->setShortcuts({QKeySequence(Qt::CTRL | Qt::Key_Return), QKeySequence(Qt::CTRL | Qt::Key_Enter)});
  connect(start_, &QAction::triggered, this, [this] {
    showPage(NewRunIndex);
    QMetaObject::invokeMethod(page(NewRunIndex), "start");
  });
  run->addSeparator();
  const auto command = [&](const QString& icon, const QString& text, Command::Kind kind) {
    return run->addAction(lineIcon(icon), text, this, [this, kind] { studio_.send({kind}); });
  };
  // Space works on Live alone (elsewhere it presses buttons), so it is named here and read there.
  pause_ = run->addAction(lineIcon(QStringLiteral("pause")), tr("&Pause or go on\tSpace on Live"), this,
                          [this] { studio_.send({studio_.paused() ? Command::Kind::Resume : Command::Kind::Pause}); });
  stop_ = command(QStringLiteral("stop"), tr("S&top"), Command::Kind::Stop);
  stop_->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Period));
  evaluate_ = command(QStringLiteral("evaluate"), tr("&Evaluate now"), Command::Kind::Evaluate);
  save_ = command(QStringLiteral("save"), tr("Save a &checkpoint"), Command::Kind::Save);

  QMenu* view = menuBar()->addMenu(tr("&View"));
  for (auto page = pages_.cbegin(); page != pages_.cend(); ++page)
    view->addAction(page.value()->title(), QKeySequence(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_1 + page.key())), this,
                    [this, index = page.key()] { showPage(index); });
  view->addSeparator();
  QMenu* theme = view->addMenu(tr("&Colours"));
  auto* themes = new QActionGroup(this);
  const int chosen = settings().value(QStringLiteral("theme"), 0).toInt();
  const QStringList names = {tr("As the &system"), tr("&Light"), tr("&Dark")};
  for (int i = 0; i < names.size(); ++i) {
    QAction* action = theme->addAction(names[i], this, [this, i] { setTheme(static_cast<ThemeMode>(i)); });
    action->setCheckable(true);
    action->setChecked(i == chosen);
    themes->addAction(action);
  }
  fullScreen_ = view->addAction(tr("&Full screen"), QKeySequence(Qt::Key_F11), this,
                                [this](bool on) { on ? showFullScreen() : showNormal(); });
  fullScreen_->setCheckable(true);

  QMenu* help = menuBar()->addMenu(tr("&Help"));
  help->addAction(lineIcon(QStringLiteral("help")), tr("&Pages and keys"), QKeySequence(Qt::Key_F1), this, [this] {
    auto* dialog = new HelpDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->show();
  });
  help->addAction(tr("&About MTLoRA Studio"), this, [this] {
    QMessageBox::about(this, tr("About MTLoRA Studio"),
                       tr("<h3>MTLoRA Studio %1</h3><p>Fine-tunes language models with MTLoRA on your own "
                          "machine.</p><p>The method: Liang, Wang, Li and Zeng, “MTLoRA”, Neural Networks 199:108642 "
                          "(2026), arXiv 2403.07440.</p><p>GNU General Public License, version 3 or later. Curves are "
                          "drawn by QCustomPlot.</p>")
                           .arg(QString::fromStdString(version())));
  });
}

void MainWindow::updateActions() {
  const bool trains = studio_.liveRun() != nullptr;
  for (QAction* action : {pause_, stop_, evaluate_, save_}) action->setEnabled(trains && !closing_);
  start_->setEnabled(!studio_.busy());
  const RunData* run = studio_.run();
  setWindowTitle(run ? tr("%1 – MTLoRA Studio").arg(run->name) : QStringLiteral("MTLoRA Studio"));
}

void MainWindow::updateStatus() {
  const MachineState machine = machine_state();
  machine_->setText(tr("%1  ·  memory %2 of %3, %4 free")
                        .arg(QString::fromStdString(machine.device), memoryText(machine.memory_used_mib),
                             memoryText(machine.memory_total_mib), memoryText(machine.memory_free_mib)));
}

// ---- what is kept ---------------------------------------------------------------------------------------------------

void MainWindow::keepState() const {
  QSettings kept = settings();
  kept.setValue(QStringLiteral("geometry"), saveGeometry());
  for (const QSplitter* splitter : findChildren<QSplitter*>())
    if (!splitter->objectName().isEmpty())
      kept.setValue(QStringLiteral("splitter/") + splitter->objectName(), splitter->saveState());
}

void MainWindow::restoreState() {
  QSettings kept = settings();
  if (kept.contains(QStringLiteral("geometry"))) restoreGeometry(kept.value(QStringLiteral("geometry")).toByteArray());
  for (QSplitter* splitter : findChildren<QSplitter*>()) {
    const QString key = QStringLiteral("splitter/") + splitter->objectName();
    if (!splitter->objectName().isEmpty() && kept.contains(key)) splitter->restoreState(kept.value(key).toByteArray());
  }
  fullScreen_->setChecked(isFullScreen());
  showPage(pages_.firstKey());
}

void MainWindow::resizeEvent(QResizeEvent* event) {
  QMainWindow::resizeEvent(event);
  side_->setCompact(width() < compactWidth);
}

void MainWindow::closeEvent(QCloseEvent* event) {
  if (!studio_.liveRun()) {
    if (!comparisonLetsGo()) {
      event->ignore();
      return;
    }
    keepState();
    event->accept();
    return;
  }
  event->ignore();
  if (closing_) return;  // the banner says what it waits for
  QMessageBox question(
      QMessageBox::Question, tr("A run is training"),
      tr("%1 is training, at step %2.").arg(studio_.liveRun()->name, countText(studio_.liveRun()->step())),
      QMessageBox::Cancel, this);
  question.setInformativeText(
      tr("A checkpoint is saved before the window closes, so the run can go on later from there."));
  QPushButton* end = question.addButton(tr("Save and close"), QMessageBox::AcceptRole);
  question.button(QMessageBox::Cancel)->setText(tr("Keep training"));
  question.setDefaultButton(end);
  question.exec();
  if (question.clickedButton() == end) endRunThenClose();
}

// Without a question: nothing is lost. Whoever closes once more does not wait; the process stops by itself.
bool MainWindow::comparisonLetsGo() {
  if (letGoAsked_ || compare_->letGo()) return true;
  letGoAsked_ = true;
  banner_->say(Banner::Kind::Busy, tr("The comparison stops with a checkpoint …"),
               tr("The window closes then. “Go on” on the page Compare continues it later."));
  return false;
}

// The loop goes on: the run ends by itself once it has taken both commands, and then the window closes.
void MainWindow::endRunThenClose() {
  if (!studio_.liveRun()) {  // it ended while the question stood
    close();
    return;
  }
  closing_ = true;
  banner_->say(Banner::Kind::Busy, tr("Saving a checkpoint of %1 …").arg(studio_.liveRun()->name),
               tr("The window closes once the run has ended."));
  studio_.send({Command::Kind::Save});
  studio_.send({Command::Kind::Stop});
  updateActions();
}

}  // namespace mtlora::ui
