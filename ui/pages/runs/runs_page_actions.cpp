// What can be done with a run of the table.
#include <QDesktopServices>
#include <QInputDialog>
#include <QMenu>
#include <QPushButton>
#include <QTableView>
#include <QUrl>

#include "base/files.h"
#include "pages/texts/texts_dialog.h"
#include "runs_page.h"
#include "studio.h"
#include "wastebasket.h"
#include "widgets/banner.h"

namespace mtlora::ui {

void RunsPage::openRun(const RunRow& run) {
  studio_.open(run.folder);
  Q_EMIT studio_.showPage(1);
}

void RunsPage::useSettings() {
  runAsync(
      this,
      [folder = selected().front().folder] {
        RunConfig config = open_run(folder).config;
        config.output.output_dir.clear();  // a new run has a folder of its own
        return config;
      },
      [this](const RunConfig& config) { Q_EMIT studio_.useSettings(config); },
      [this](const Failure& failure) { fail(failure); });
}

void RunsPage::editNote() {
  const RunRow run = selected().front();
  bool ok = false;
  const QString text = QInputDialog::getText(this, tr("Note"), tr("About %1:").arg(QString::fromStdString(run.name)),
                                             QLineEdit::Normal, QString::fromStdString(run.note), &ok);
  if (!ok) return;
  runAsync(
      this,
      [folder = run.folder, note = text.trimmed().toStdString()] {
        set_run_note(folder, note);
        return true;
      },
      [this](bool) { reload(); }, [this](const Failure& failure) { fail(failure); });
}

void RunsPage::reveal() {
  const QString folder = QString::fromStdString(selected().front().folder.string());
  if (!QDesktopServices::openUrl(QUrl::fromLocalFile(folder)))
    fail({tr("No file manager answers."), tr("The folder is %1").arg(folder), {}});
}

void RunsPage::showTexts() {
  const RunRow run = selected().front();
  auto* dialog = new TextsDialog(run.folder, QString::fromStdString(run.name), this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->show();
}

void RunsPage::remove() {
  std::vector<Path> folders;
  for (const RunRow& run : selected()) folders.push_back(run.folder);
  Q_EMIT studio_.message(folders.size() == 1 ? tr("Moving a run to the wastebasket …")
                                             : tr("Moving %1 runs to the wastebasket …").arg(folders.size()));
  runAsync(
      this,
      [folders] {
        std::vector<std::pair<Path, QString>> moved;
        for (const Path& folder : folders) {
          const QString place = moveToWastebasket(folder);
          forget_run(folder);
          moved.emplace_back(folder, place);
        }
        return moved;
      },
      [this](const std::vector<std::pair<Path, QString>>& moved) {
        for (const auto& [folder, place] : moved) curves_.erase(folder);
        notice_->say(Banner::Kind::Notice,
                     moved.size() == 1 ? tr("One run moved to the wastebasket.")
                                       : tr("%1 runs moved to the wastebasket.").arg(moved.size()),
                     QString(), tr("Undo"), [this, moved] { putBack(moved); });
        reload();
      },
      [this](const Failure& failure) {
        fail(failure);
        reload();
      });
}

void RunsPage::putBack(const std::vector<std::pair<Path, QString>>& moved) {
  runAsync(
      this,
      [moved] {
        for (const auto& [folder, place] : moved) {
          takeBack(folder, place);
          remember_run(folder);
        }
        return true;
      },
      [this](bool) { reload(); }, [this](const Failure& failure) { fail(failure); });
}

void RunsPage::contextMenu(const QPoint& position) {
  if (selected().empty()) return;
  QMenu menu(this);
  for (QPushButton* button : {open_, continue_, reuse_, rename_, note_, texts_, reveal_, delete_}) {
    if (button->isHidden()) continue;
    QAction* action = menu.addAction(button->icon(), button->text(), button, &QPushButton::click);
    action->setEnabled(button->isEnabled());
  }
  menu.exec(table_->viewport()->mapToGlobal(position));
}

}  // namespace mtlora::ui
