#include "texts_dialog.h"

#include <QComboBox>
#include <QDesktopServices>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSplitter>
#include <QTableView>
#include <QTextEdit>
#include <QUrl>
#include <QVBoxLayout>

#include "style/theme.h"
#include "texts_model.h"
#include "widgets/lines_delegate.h"
#include "widgets/pieces.h"

namespace mtlora::ui {

namespace {

constexpr QSize firstSize(1080, 680);

QString fileTitle(const std::string& name) {
  if (name == "test") return TextsDialog::tr("Test file");
  if (name == "validation") return TextsDialog::tr("Validation data");
  return QString::fromStdString(name);
}

}  // namespace

TextsDialog::TextsDialog(const Path& run, const QString& name, QWidget* parent) : QDialog(parent), reading_(0, this) {
  setWindowTitle(tr("Texts of %1").arg(name));
  resize(parent ? firstSize.boundedTo(parent->window()->size() - QSize(gridUnit * 8, gridUnit * 8)) : firstSize);
  which_ = new QComboBox;
  which_->setAccessibleName(tr("Of which file"));
  which_->hide();
  words_ = new QLineEdit;
  words_->setPlaceholderText(tr("Filter by words of the prompt, the text or a reference …"));
  words_->setAccessibleName(tr("Filter the texts"));
  words_->setClearButtonEnabled(true);
  words_->addAction(lineIcon(QStringLiteral("search")), QLineEdit::LeadingPosition);
  count_ = faintLabel(tr("Reading the texts …"));
  count_->setWordWrap(false);
  model_ = new TextsModel(this);
  filter_ = new TextsFilter(this);
  filter_->setSourceModel(model_);
  table_ = new QTableView;
  table_->setAccessibleName(tr("Texts"));
  table_->setModel(filter_);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setShowGrid(false);
  table_->setAlternatingRowColors(true);
  table_->setItemDelegate(new LinesDelegate(table_));
  table_->setTabKeyNavigation(false);
  table_->verticalHeader()->hide();
  table_->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
  table_->horizontalHeader()->setHighlightSections(false);
  whole_ = new QTextEdit;
  whole_->setReadOnly(true);
  whole_->setAccessibleName(tr("The chosen row in full"));
  whole_->setPlaceholderText(tr("The chosen row stands here in full."));
  auto* split = new QSplitter(Qt::Vertical);
  split->setHandleWidth(gridUnit);
  split->setChildrenCollapsible(false);
  split->addWidget(table_);
  split->addWidget(whole_);
  split->setStretchFactor(0, 3);
  split->setStretchFactor(1, 1);
  auto* head = new QHBoxLayout;
  head->setSpacing(gridUnit);
  head->addWidget(which_);
  head->addWidget(words_, 1);
  head->addWidget(count_);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
  buttons->button(QDialogButtonBox::Close)->setText(tr("Close"));
  buttons->button(QDialogButtonBox::Close)->setDefault(true);
  auto* folder = buttons->addButton(tr("Folder"), QDialogButtonBox::ActionRole);
  folder->setAutoDefault(false);
  folder->setIcon(lineIcon(QStringLiteral("folder")));
  folder->setToolTip(tr("Shows the files (JSON lines) in the file manager"));
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(gridUnit * 2, gridUnit * 2, gridUnit * 2, gridUnit * 2);
  all->setSpacing(gridUnit);
  all->addLayout(head);
  all->addWidget(split, 1);
  all->addWidget(buttons);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  connect(folder, &QPushButton::clicked, this, [this, run] {
    const QString path = QString::fromStdString((run / "generated").string());
    if (!QDesktopServices::openUrl(QUrl::fromLocalFile(path))) count_->setText(tr("The folder is %1").arg(path));
  });
  connect(which_, &QComboBox::currentIndexChanged, this, &TextsDialog::showFile);
  connect(words_, &QLineEdit::textChanged, this, [this](const QString& words) {
    filter_->setWords(words);
    showCount();
  });
  connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &TextsDialog::showRow);
  reading_.ask([run] { return written_texts(run); },
               [this](std::vector<WrittenFile> files) {
                 files_ = std::move(files);
                 for (const WrittenFile& file : files_) which_->addItem(fileTitle(file.name));
                 which_->setVisible(files_.size() > 1);
                 if (files_.empty()) count_->setText(tr("This run wrote no texts."));
               },
               [this](const Failure& failure) {
                 count_->setText(failure.message);
                 count_->setToolTip(sentences(failure.message, failure.hint));
               });
}

void TextsDialog::showFile(int index) {
  if (index < 0) return;
  model_->setTexts(files_[static_cast<size_t>(index)].texts);
  // Short texts need no three lines.
  int lines = 1;
  const int room = std::max(1, table_->width() / TextsModel::ColumnCount - 2 * gridUnit);
  for (int row = 0; row < std::min(model_->rowCount(), 200) && lines < 3; ++row)
    for (int column = 0; column < TextsModel::ColumnCount; ++column) {
      const QString text = model_->index(row, column).data().toString();
      const auto wrapped = table_->fontMetrics().horizontalAdvance(text) / room + 1;
      lines = std::clamp(std::max(wrapped, static_cast<int>(text.count(u'\n')) + 1), lines, 3);
    }
  table_->verticalHeader()->setDefaultSectionSize(LinesDelegate::rowHeight(table_->fontMetrics(), lines));
  showCount();
  if (filter_->rowCount() > 0) table_->selectRow(0);
}

void TextsDialog::showRow() {
  const QModelIndex index = table_->currentIndex();
  if (!index.isValid()) {
    whole_->clear();
    return;
  }
  const WrittenText& row = model_->text(filter_->mapToSource(index).row());
  const auto part = [](const QString& title, const QString& text) {
    return QStringLiteral("<p><b>%1</b><br>%2</p>")
        .arg(title, text.toHtmlEscaped().replace(u'\n', QStringLiteral("<br>")));
  };
  QString html = part(tr("Prompt"), QString::fromStdString(row.prompt).trimmed()) +
                 part(tr("Text"), QString::fromStdString(row.text).trimmed());
  if (!row.references.empty())
    html += part(tr("References (%1)").arg(countText(std::ssize(row.references))), joined(row.references));
  if (!row.group.empty()) html += part(tr("Group"), QString::fromStdString(row.group));
  whole_->setHtml(html);
}

void TextsDialog::showCount() {
  const int all = model_->rowCount(), shown = filter_->rowCount();
  count_->setText(shown == all ? tr("%1 texts").arg(countText(all))
                               : tr("%1 of %2 texts").arg(countText(shown), countText(all)));
}

int TextsDialog::shownRows() const { return filter_->rowCount(); }

void TextsDialog::setFilter(const QString& words) { words_->setText(words); }

}  // namespace mtlora::ui
