#include "method_cards.h"

#include <QAbstractButton>
#include <QButtonGroup>
#include <QGridLayout>
#include <QLabel>
#include <QPainter>
#include <QTextLayout>

#include "option_texts.h"
#include "style/theme.h"
#include "widgets/pieces.h"

namespace mtlora::ui {
namespace {

QString methodSentence(const QString& method) {
  const auto tr = [](const char* text) { return MethodCards::tr(text); };
  if (method == "lora") return tr("The plain adapter, nothing between A and B. The one to compare with.");
  if (method == "shim") return tr("One free matrix between A and B that turns and scales what passes.");
  if (method == "icfm") return tr("A symmetric T: it stretches along axes of its own and never turns.");
  if (method == "ctcm") return tr("A product of two: each scales the other’s step, so T can move fast.");
  if (method == "dtsm") return tr("A sum of two with one gradient: SHIM with twice the step on T.");
  if (method == "full") return tr("No adapter: every weight is trained. Slow, large; the paper’s baseline.");
  return {};
}

class Card : public QAbstractButton {
 public:
  explicit Card(const QString& method) : method_(method), sentence_(methodSentence(method)) {
    setCheckable(true);
    setCursor(Qt::PointingHandCursor);
    setAttribute(Qt::WA_Hover);
    setFocusPolicy(Qt::StrongFocus);
    setText(methodTitle(method));
    setAccessibleName(methodTitle(method) + ", " + methodFormula(method));
    setAccessibleDescription(sentence_);
    setObjectName(method);
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
  }
  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override { return top() + sentenceHeight(width - left - gridUnit) + gridUnit; }
  QSize sizeHint() const override { return {170, heightForWidth(170)}; }
  QSize minimumSizeHint() const override { return {120, heightForWidth(170)}; }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QPalette& colours = palette();
    const QColor own = methodColour(method_);
    const QRectF box = QRectF(rect()).adjusted(1, 1, -1, -1);
    QColor fill = colours.color(QPalette::Base);
    if (isChecked()) {
      const double part = isDark() ? 0.20 : 0.10;
      fill = QColor::fromRgbF(static_cast<float>(fill.redF() * (1 - part) + own.redF() * part),
                              static_cast<float>(fill.greenF() * (1 - part) + own.greenF() * part),
                              static_cast<float>(fill.blueF() * (1 - part) + own.blueF() * part));
    }
    const QColor edge = isChecked() ? own : underMouse() ? colours.color(QPalette::Dark) : colours.color(QPalette::Mid);
    painter.setPen(QPen(edge, isChecked() ? 2 : 1));
    painter.setBrush(fill);
    painter.drawRoundedRect(box, 4, 4);
    painter.setPen(Qt::NoPen);
    painter.setBrush(own);
    painter.drawRoundedRect(QRectF(gridUnit, gridUnit + 2, 4, QFontMetrics(bold()).height() - 4), 2, 2);

    const QRect line(left, gridUnit, width() - left - gridUnit, QFontMetrics(bold()).height());
    painter.setPen(colours.color(isEnabled() ? QPalette::Active : QPalette::Disabled, QPalette::WindowText));
    painter.setFont(bold());
    painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, text());
    painter.setFont(font());
    painter.drawText(line, Qt::AlignRight | Qt::AlignVCenter, methodFormula(method_));
    painter.setPen(quietColour());
    painter.drawText(QRect(left, top(), width() - left - gridUnit, height() - top()), Qt::TextWordWrap | Qt::AlignTop,
                     sentence_);
    if (hasFocus()) {
      painter.setPen(QPen(accent(), 1, Qt::DotLine));
      painter.setBrush(Qt::NoBrush);
      painter.drawRoundedRect(box.adjusted(3, 3, -3, -3), 3, 3);
    }
  }

 private:
  static constexpr int left = 2 * gridUnit;
  QFont bold() const {
    QFont font = this->font();
    font.setWeight(QFont::DemiBold);
    return font;
  }
  int top() const { return gridUnit + QFontMetrics(bold()).height() + gridUnit / 2; }
  int sentenceHeight(int width) const {
    return fontMetrics().boundingRect(QRect(0, 0, width, 1000), Qt::TextWordWrap, sentence_).height();
  }
  QString method_, sentence_;
};

}  // namespace

MethodCards::MethodCards(const Option& option, QWidget* parent) : OptionEditor(parent), group_(new QButtonGroup(this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(gridUnit);
  auto* grid = new QGridLayout;
  grid->setSpacing(gridUnit);
  int number = 0;
  for (const std::string& method : option.choices) {
    auto* card = new Card(QString::fromStdString(method));
    group_->addButton(card);
    grid->addWidget(card, number / 2, number % 2);
    ++number;
  }
  column->addLayout(grid);
  auto* note = new QLabel(
      tr("T folds into a plain LoRA without loss when you export: the methods differ in the way the training takes, "
         "not in what the result can be."));
  note->setWordWrap(true);
  column->addWidget(note);
  setAccessibleName(optionLabel(option));
  // An exclusive group: one stop of the tab key, the arrow keys choose.
  connect(group_, &QButtonGroup::buttonToggled, this, [this](QAbstractButton* button, bool checked) {
    if (checked) setFocusProxy(button);
  });
  connect(group_, &QButtonGroup::buttonClicked, this, &OptionEditor::edited);
}

nlohmann::json MethodCards::value() const {
  return group_->checkedButton() ? group_->checkedButton()->objectName().toStdString() : "";
}

void MethodCards::setValue(const nlohmann::json& value) {
  if (auto* button = card(QString::fromStdString(value.get<std::string>()))) button->setChecked(true);
}

QAbstractButton* MethodCards::card(const QString& method) const { return findChild<QAbstractButton*>(method); }

}  // namespace mtlora::ui
