#include "model_sheet.h"

#include <QDesktopServices>
#include <QGridLayout>
#include <QLabel>
#include <QLocale>
#include <QUrl>
#include <QVBoxLayout>

#include "option_texts.h"
#include "style/theme.h"
#include "widgets/pieces.h"

namespace mtlora::ui {
namespace {

QString partName(const std::string& what) {
  if (what == "weights") return ModelSheet::tr("Weights");
  if (what == "tokenizer") return ModelSheet::tr("Tokenizer");
  if (what == "architecture") return ModelSheet::tr("Architecture");
  if (what == "folder") return ModelSheet::tr("Folder");
  return QString::fromStdString(what);
}

QString millions(int64_t parameters) {
  const double count = static_cast<double>(parameters);
  return count >= 1e9 ? ModelSheet::tr("%1 billion parameters").arg(QLocale().toString(count / 1e9, 'f', 2))
                      : ModelSheet::tr("%1 million parameters").arg(QLocale().toString(count / 1e6, 'f', 1));
}

}  // namespace

ModelSheet::ModelSheet(QWidget* parent) : QFrame(parent), looking_(100, this) {
  title_ = new QLabel;
  title_->setWordWrap(true);
  facts_ = faintLabel();
  facts_->setWordWrap(true);
  licence_ = new QLabel;
  licence_->setWordWrap(true);
  licence_->setTextInteractionFlags(Qt::TextBrowserInteraction);
  connect(licence_, &QLabel::linkActivated, this, [](const QString& link) { QDesktopServices::openUrl(QUrl(link)); });
  parts_ = new QWidget;
  grid_ = new QGridLayout(parts_);
  grid_->setContentsMargins(0, 0, 0, 0);
  grid_->setHorizontalSpacing(gridUnit);
  grid_->setVerticalSpacing(gridUnit / 2);
  grid_->setColumnStretch(2, 1);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(gridUnit / 2);
  for (QWidget* widget :
       {static_cast<QWidget*>(title_), static_cast<QWidget*>(facts_), static_cast<QWidget*>(licence_), parts_}) {
    column->addWidget(widget);
  }
  clear();
}

void ModelSheet::clear() {
  while (QLayoutItem* item = grid_->takeAt(0)) {
    delete item->widget();
    delete item;
  }
  for (QWidget* widget :
       {static_cast<QWidget*>(title_), static_cast<QWidget*>(facts_), static_cast<QWidget*>(licence_), parts_}) {
    widget->hide();
  }
}

void ModelSheet::show(const ModelInfo& model) {
  looking_.drop();
  clear();
  const QLocale locale;
  facts_->setText(QStringList{QString::fromStdString(model.family), millions(model.parameters),
                              model.layers == 1 ? tr("1 layer") : tr("%1 layers").arg(model.layers),
                              tr("%1 wide").arg(locale.toString(qlonglong{model.hidden_size})),
                              tr("vocabulary of %1").arg(locale.toString(qlonglong{model.vocabulary_size})),
                              tr("up to %1 tokens").arg(locale.toString(qlonglong{model.max_positions})),
                              dtypeName(model.dtype)}
                      .join(QStringLiteral(" · ")));
  facts_->show();
  const QString name = QString::fromStdString(model.licence_name).toHtmlEscaped();
  const QString file = QString::fromStdString(model.licence.string());
  const QString link = QStringLiteral("<a href=\"%1\">%2</a>")
                           .arg(QUrl::fromLocalFile(file).toString(),
                                QString::fromStdString(model.licence.filename().string()).toHtmlEscaped());
  if (name.isEmpty() && file.isEmpty()) {
    licence_->setText(tr("The folder names no licence: look up on what terms the model may be used."));
  } else {
    QStringList known;
    if (!name.isEmpty()) known << name;
    if (!file.isEmpty()) known << link;
    licence_->setText(tr("Licence: %1").arg(known.join(QStringLiteral(", "))));
  }
  licence_->show();
}

void ModelSheet::addRow(const QString& mark, const QString& what, const QString& text, bool problem) {
  const int row = grid_->rowCount();
  auto* sign = new QLabel(mark);
  auto* name = new QLabel(what);
  auto* words = new QLabel(text);
  words->setWordWrap(true);
  words->setTextInteractionFlags(Qt::TextSelectableByMouse);
  QPalette palette = sign->palette();
  palette.setColor(QPalette::WindowText, problem ? problemColour() : palette.color(QPalette::PlaceholderText));
  sign->setPalette(palette);
  if (!problem) words->setPalette(palette);
  grid_->addWidget(sign, row, 0, Qt::AlignTop);
  grid_->addWidget(name, row, 1, Qt::AlignTop);
  grid_->addWidget(words, row, 2);
}

void ModelSheet::explain(const QString& nameOrPath) {
  looking_.ask(
      [name = nameOrPath.toStdString()] { return check_model(name); },
      [this](const ModelCheck& check) {
        clear();
        title_->setText(tr("This model does not open. What was looked for:"));
        title_->show();
        for (const ModelCheck::Part& part : check.parts) {
          const bool good = part.problem.empty();
          const QString found = QString::fromStdString(part.found);
          addRow(good ? QStringLiteral("✓") : QStringLiteral("✗"), partName(part.what),
                 good ? found : sentences(QString::fromStdString(part.problem), QString::fromStdString(part.hint)),
                 !good);
        }
        parts_->show();
      },
      [](const Failure&) {});
}

QString ModelSheet::text() const {
  QStringList words;
  for (const QLabel* label : findChildren<QLabel*>()) {
    if (!label->isHidden() && !label->parentWidget()->isHidden()) words << label->text();
  }
  return words.join(QLatin1Char('\n'));
}

}  // namespace mtlora::ui
