#include "written_panel.h"

#include <QApplication>
#include <QClipboard>
#include <QDesktopServices>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableWidget>
#include <QTimer>
#include <QUrl>
#include <QVBoxLayout>

#include "style/theme.h"
#include "widgets/empty_state.h"
#include "widgets/pieces.h"

namespace mtlora::ui {

namespace {

constexpr int copiedFor = 1500;  // ms that a button says "Copied"

// A button that copies `text` and says so for a moment.
QPushButton* copyButton(const QString& title, const std::function<QString()>& text) {
  auto* button = new QPushButton(lineIcon(QStringLiteral("copy")), title);
  // Wide enough for both, so that nothing jumps.
  button->setMinimumWidth(button->sizeHint().width() + gridUnit);
  QObject::connect(button, &QPushButton::clicked, button, [button, title, text] {
    QApplication::clipboard()->setText(text());
    button->setText(WrittenPanel::tr("Copied"));
    QTimer::singleShot(copiedFor, button, [button, title] { button->setText(title); });
  });
  return button;
}

}  // namespace

QString bytesText(int64_t bytes) { return QLocale().formattedDataSize(bytes, 1, QLocale::DataSizeSIFormat); }

WrittenPanel::WrittenPanel(QWidget* parent) : QWidget(parent) {
  auto* empty =
      new EmptyState(tr("The files, their sizes and the lines of Python that load them stand here once they "
                        "are written."));
  of_ = new QLabel;
  of_->setFont(sectionFont());
  of_->setWordWrap(true);
  of_->setTextFormat(Qt::PlainText);
  where_ = faintLabel();
  where_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  files_ = new QTableWidget(0, 2);
  files_->setAccessibleName(tr("Files written"));
  files_->setHorizontalHeaderLabels({tr("File"), tr("Size")});
  files_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  files_->setSelectionBehavior(QAbstractItemView::SelectRows);
  files_->setShowGrid(false);
  files_->setAlternatingRowColors(true);
  files_->setTabKeyNavigation(false);
  files_->setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
  files_->verticalHeader()->hide();
  files_->verticalHeader()->setDefaultSectionSize(files_->fontMetrics().height() + gridUnit);
  files_->horizontalHeader()->setHighlightSections(false);
  files_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  files_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
  files_->horizontalHeader()->resizeSection(1, gridUnit * 13);
  code_ = new QPlainTextEdit;
  code_->setReadOnly(true);
  code_->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
  code_->setLineWrapMode(QPlainTextEdit::NoWrap);
  code_->setAccessibleName(tr("Lines of Python that load it"));
  auto* load = new QLabel(tr("To load it in Python"));
  load->setFont(sectionFont());

  reveal_ = new QPushButton(lineIcon(QStringLiteral("folder")), tr("Show folder"));
  copyPath_ = copyButton(tr("Copy path"), [this] { return QString::fromStdString(folder_.string()); });
  copyCode_ = copyButton(tr("Copy"), [this] { return code_->toPlainText(); });
  copyCode_->setAccessibleName(tr("Copy the lines of Python"));
  connect(reveal_, &QPushButton::clicked, this, [this] {
    const QString folder = QString::fromStdString(folder_.string());
    if (!QDesktopServices::openUrl(QUrl::fromLocalFile(folder)))
      Q_EMIT failed(tr("No file manager answers."), tr("The folder is %1").arg(folder));
  });

  auto* buttons = new QHBoxLayout;
  buttons->setSpacing(gridUnit);
  buttons->addWidget(reveal_);
  buttons->addWidget(copyPath_);
  buttons->addStretch();
  auto* head = new QHBoxLayout;
  head->addWidget(load, 1);
  head->addWidget(copyCode_);
  auto* written = new QWidget;
  auto* column = new QVBoxLayout(written);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(gridUnit);
  column->addWidget(of_);
  column->addWidget(where_);
  column->addWidget(files_);
  column->addLayout(buttons);
  column->addSpacing(gridUnit);
  column->addLayout(head);
  column->addWidget(code_);
  column->addStretch();
  stack_ = new QStackedWidget;
  stack_->addWidget(empty);
  stack_->addWidget(written);
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(gridUnit, 0, 0, 0);
  all->addWidget(stack_);
  setMinimumWidth(gridUnit * 36);
}

void WrittenPanel::setResult(const ExportResult& result, const QString& of) {
  folder_ = result.folder;
  of_->setText(of);
  where_->setText(QString::fromStdString(folder_.string()));
  files_->setRowCount(static_cast<int>(result.files.size()));
  int row = 0;
  for (const ExportedFile& file : result.files) {
    files_->setItem(row, 0, new QTableWidgetItem(QString::fromStdString(file.path.filename().string())));
    auto* size = new QTableWidgetItem(bytesText(file.bytes));
    size->setFont(tabularFont());
    size->setToolTip(tr("%1 bytes").arg(countText(file.bytes)));
    files_->setItem(row++, 1, size);
  }
  const int rows = std::min(row, 8) * files_->verticalHeader()->defaultSectionSize();
  files_->setFixedHeight(rows + files_->horizontalHeader()->sizeHint().height() + 2 * files_->frameWidth());
  code_->setPlainText(QString::fromStdString(result.python).trimmed());
  const int lines = code_->document()->blockCount() + 2;  // one of them for the scroll bar
  code_->setFixedHeight(lines * code_->fontMetrics().lineSpacing() + gridUnit * 2);
  stack_->setCurrentIndex(1);
}

void WrittenPanel::clear() {
  folder_.clear();
  stack_->setCurrentIndex(0);
}

bool WrittenPanel::hasResult() const { return stack_->currentIndex() == 1; }
QString WrittenPanel::python() const { return code_->toPlainText(); }
int WrittenPanel::fileCount() const { return files_->rowCount(); }

}  // namespace mtlora::ui
