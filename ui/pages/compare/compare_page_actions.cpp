// What can be done with a comparison.
#include <QApplication>
#include <QClipboard>
#include <QDesktopServices>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QStackedWidget>
#include <QUrl>

#include "base/files.h"
#include "compare_form.h"
#include "compare_page.h"
#include "report_pdf.h"
#include "studio.h"
#include "style/theme.h"
#include "wastebasket.h"
#include "widgets/banner.h"

namespace mtlora::ui {

void ComparePage::buildActions() {
  actions_ = new QWidget;
  export_ = new QPushButton(lineIcon(QStringLiteral("export")), tr("Export"));
  export_->setToolTip(tr("The result as a file, to read or to send"));
  auto* menu = new QMenu(export_);
  menu->addAction(lineIcon(QStringLiteral("copy")), tr("Copy as Markdown"), this, &ComparePage::copyMarkdown);
  menu->addSeparator();
  menu->addAction(tr("Page to send (PDF) …"), this,
                  [this] { chooseExport(tr("Document (*.pdf)"), QStringLiteral("pdf")); });
  menu->addAction(tr("Page to send (HTML) …"), this,
                  [this] { chooseExport(tr("Page (*.html)"), QStringLiteral("html")); });
  menu->addAction(tr("Markdown …"), this, [this] { chooseExport(tr("Markdown (*.md)"), QStringLiteral("md")); });
  menu->addAction(tr("Table (CSV) …"), this, [this] { chooseExport(tr("Table (*.csv)"), QStringLiteral("csv")); });
  export_->setMenu(menu);
  new_ = new QPushButton(lineIcon(QStringLiteral("add")), tr("New comparison"));
  connect(new_, &QPushButton::clicked, this, &ComparePage::newComparison);
  auto* row = new QHBoxLayout(actions_);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(gridUnit);
  row->addWidget(export_);
  row->addWidget(new_);
}

QMenu* ComparePage::buildMore() {
  auto* menu = new QMenu(this);
  QAction* another = menu->addAction(lineIcon(QStringLiteral("reuse")), tr("New comparison like this one"), this,
                                     &ComparePage::anotherLikeThis);
  menu->addAction(lineIcon(QStringLiteral("folder")), tr("Show its folder"), this, [this] {
    const QString folder = QString::fromStdString(current_.string());
    if (!QDesktopServices::openUrl(QUrl::fromLocalFile(folder)))
      fail({tr("No file manager answers."), tr("The folder is %1").arg(folder), {}});
  });
  menu->addSeparator();
  QAction* remove = menu->addAction(lineIcon(QStringLiteral("delete")), tr("Delete"), this, &ComparePage::remove);
  menu->setToolTipsVisible(true);
  connect(menu, &QMenu::aboutToShow, this, [this, another, remove] {
    const auto now = comparison();
    const bool runs = (now && now->runs_now) || (runner_.busy() && runner_.folder() == current_);
    another->setEnabled(now != nullptr);
    remove->setEnabled(!runs);
    remove->setToolTip(runs ? tr("It is running; stop it first.")
                            : tr("Moves the comparison with all its runs to the wastebasket"));
  });
  return menu;
}

void ComparePage::newComparison() {
  form_->begin();
  showForm();
}

void ComparePage::anotherLikeThis() {
  const auto now = comparison();
  if (!now) return;
  form_->begin();
  PlanDraft draft = draft_of(now->plan);
  draft.name = tr("%1, again").arg(QString::fromStdString(draft.name)).toStdString();
  form_->useSettings(draft.settings, tr("the comparison %1").arg(QString::fromStdString(now->plan.name)));
  form_->setDraft(draft);
  showForm();
  if (!form_holds(now->plan))
    notice_->say(Banner::Kind::Notice, tr("The form holds less than this plan, which was written by hand."),
                 tr("What it can hold is filled in; look at the list of variants before you start."));
}

void ComparePage::showForm() {
  notice_->hide();
  stack_->setCurrentWidget(form_);
  export_->setEnabled(false);
  new_->setEnabled(false);
}

void ComparePage::remove() {
  const QString name = QString::fromStdString(comparison() ? comparison()->plan.name : current_.filename().string());
  runAsync(
      this, [folder = current_] { return std::pair(folder, moveToWastebasket(folder)); },
      [this, name](const std::pair<Path, QString>& moved) {
        std::erase_if(entries_, [&](const Entry& each) { return each.folder == moved.first; });
        shownTabs_.clear();
        setEntries(std::move(entries_));
        notice_->say(Banner::Kind::Notice, tr("%1 moved to the wastebasket.").arg(name), QString(), tr("Undo"),
                     [this, moved] { putBack(moved.first, moved.second); });
      },
      [this](const Failure& failure) { fail(failure); });
}

void ComparePage::putBack(const Path& folder, const QString& place) {
  runAsync(
      this,
      [folder, place] {
        takeBack(folder, place);
        return true;
      },
      [this, folder](bool) {
        current_ = folder;
        reload();
      },
      [this](const Failure& failure) { fail(failure); });
}

// Makes its folder, and starts it where nothing else runs.
void ComparePage::begin(const Plan& plan) {
  runAsync(
      this, [plan] { return read(create_comparison(plan)); },
      [this](Entry made) {
        current_ = made.folder;
        entries_.insert(entries_.begin(), std::move(made));
        fillList();
        showCurrent();
        const auto runs = [](const Entry& each) { return each.comparison && each.comparison->runs_now; };
        if (runner_.busy() || std::ranges::any_of(entries_, runs))
          notice_->say(Banner::Kind::Notice, tr("Another comparison is running."),
                       tr("This one is kept; start it when the other has ended."));
        else
          start();
      },
      [this](const Failure& failure) { fail(failure); });
}

// ---- the queue ------------------------------------------------------------------------------------------------------

// Shown at once; a reading that began before is dropped, the next one follows the writing.
void ComparePage::setQueue(const Queue& queue) {
  Entry* const known = entry(current_);
  if (!known || !known->comparison) return;
  auto changed = std::make_shared<Comparison>(*known->comparison);
  changed->queue = queue;
  std::ranges::stable_sort(changed->runs, {}, [&](const ComparedRun& run) {
    return std::ranges::find(queue.order, run.run.id) - queue.order.begin();
  });
  known->comparison = changed;
  reading_.drop();
  showCurrent();
  writing_.ask(
      [folder = current_, queue] {
        set_queue(folder, queue);
        return true;
      },
      [this](bool) {
        if (std::exchange(startAfterWriting_, false)) start();
        // The answer is heard before the worker counts as free.
        QTimer::singleShot(0, this, &ComparePage::pollSoon);
      },
      [this](const Failure& failure) {
        startAfterWriting_ = false;
        fail(failure);
      });
}

void ComparePage::goOn() {
  const auto now = comparison();
  if (!now) return;
  notice_->hide();
  const bool runs = now->runs_now || (runner_.busy() && runner_.folder() == current_);
  if (!now->queue.paused) {
    if (!runs) start();
    return;
  }
  Queue queue = now->queue;
  queue.paused = false;
  startAfterWriting_ = !runs;
  setQueue(queue);
}

void ComparePage::pause() {
  const auto now = comparison();
  if (!now) return;
  Queue queue = now->queue;
  queue.paused = true;
  setQueue(queue);
}

void ComparePage::stop() {
  if (runner_.busy() && runner_.folder() == current_) {
    runner_.stop();
  } else {
    runAsync(
        this, [folder = current_] { return stop_comparison(folder); },
        [this](bool) { Q_EMIT studio_.message(tr("The comparison stops with a checkpoint.")); },
        [this](const Failure& failure) { fail(failure); });
  }
  showHead();
}

void ComparePage::start() {
  if (runner_.busy()) return;
  try {
    runner_.start(current_);
    Q_EMIT studio_.message(tr("Comparing …"));
  } catch (const Error& error) {
    fail({QString::fromUtf8(error.what()), QString::fromStdString(error.hint()), {}});
  }
  showHead();
}

void ComparePage::ended(const QString& problem) {
  if (!problem.isEmpty()) {
    const Path folder = runner_.folder();
    notice_->say(Banner::Kind::Error, tr("The comparison stopped: %1").arg(problem),
                 tr("Nothing that was trained is lost; it can go on from there."), tr("Go on"), [this, folder] {
                   select(folder);
                   goOn();
                 });
  }
  pollSoon();
  Q_EMIT runnerEnded();
}

bool ComparePage::letGo() {
  if (!runner_.busy()) return true;
  if (goesOn_->isChecked()) {
    runner_.detach();
    return true;
  }
  runner_.stop();
  showHead();
  return false;
}

void ComparePage::tryAgain(const std::vector<Path>& folders) {
  runAsync(
      this,
      [folders] {
        for (const Path& folder : folders) {
          if (std::filesystem::exists(folder) && !try_again(folder)) moveToWastebasket(folder);
        }
        return true;
      },
      [this](bool) {
        pollSoon();
        const auto now = comparison();
        if (now && !now->runs_now && !runner_.busy())
          notice_->say(Banner::Kind::Notice, tr("The failed runs wait to be trained anew."), QString(), tr("Go on"),
                       [this] { goOn(); });
      },
      [this](const Failure& failure) {
        fail(failure);
        pollSoon();
      });
}

void ComparePage::openRun(const Path& folder) {
  studio_.open(folder);
  Q_EMIT studio_.showPage(1);
}

// ---- export ---------------------------------------------------------------------------------------------------------

void ComparePage::chooseExport(const QString& filter, const QString& ending) {
  const auto now = comparison();
  if (!now) return;
  QString name = QString::fromStdString(now->plan.name);
  name.replace(u'/', u'-');
  const QString path = QFileDialog::getSaveFileName(this, tr("Export the comparison"), name + u'.' + ending, filter);
  if (!path.isEmpty()) exportTo(path.endsWith(u'.' + ending, Qt::CaseInsensitive) ? path : path + u'.' + ending);
}

void ComparePage::exportTo(const QString& path) {
  const auto now = comparison();
  if (!now) return;
  const auto written = [this, path] { Q_EMIT studio_.message(tr("%1 written").arg(path)); };
  if (path.endsWith(QLatin1String(".pdf"), Qt::CaseInsensitive)) {
    try {
      writeComparisonPdf(*now, path);  // drawn by widgets, so it is made here
      written();
    } catch (const Error& error) {
      fail({QString::fromUtf8(error.what()), QString::fromStdString(error.hint()), {}});
    }
    return;
  }
  const ReportFormat format = path.endsWith(QLatin1String(".csv"), Qt::CaseInsensitive)    ? ReportFormat::Csv
                              : path.endsWith(QLatin1String(".html"), Qt::CaseInsensitive) ? ReportFormat::Html
                                                                                           : ReportFormat::Markdown;
  runAsync(
      this,
      [now, path, format] {
        write_file(path.toStdString(), comparison_report(*now, format));
        return true;
      },
      [written](bool) { written(); }, [this](const Failure& failure) { fail(failure); });
}

void ComparePage::copyMarkdown() {
  const auto now = comparison();
  if (!now) return;
  QApplication::clipboard()->setText(QString::fromStdString(comparison_report(*now, ReportFormat::Markdown)));
  Q_EMIT studio_.message(tr("The table is on the clipboard"));
}

void ComparePage::fail(const Failure& failure) { Q_EMIT studio_.failed(failure.message, failure.hint); }

}  // namespace mtlora::ui
