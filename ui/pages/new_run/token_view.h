// One example as the model sees it: its tokens as chips, in lines.
#pragma once

#include <QStringList>
#include <QWidget>

namespace mtlora::ui {

class TokenView : public QWidget {
  Q_OBJECT
 public:
  explicit TokenView(QWidget* parent = nullptr);
  void setTokens(const QStringList& tokens);

  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent*) override;

 private:
  struct Chip {
    QRect box;
    QString text;
    bool special;  // [CLS], <s>: added by the tokenizer
  };
  // At most `maxLines` lines; what does not fit is counted in a last chip.
  std::vector<Chip> chips(int width) const;
  QStringList tokens_;
};

}  // namespace mtlora::ui
