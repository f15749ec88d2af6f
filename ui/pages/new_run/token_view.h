// One example as the model sees it: its tokens as chips, in lines.
#pragma once

#include <QStringList>
#include <QWidget>
#include <cstdint>
#include <vector>

namespace mtlora::ui {

class TokenView : public QWidget {
  Q_OBJECT
 public:
  explicit TokenView(QWidget* parent = nullptr);
  // `special` and `answer` have a value for each token, or none at all. With `answer` the learnt tokens are filled and
  // underlined and the others read only; without it no token is learnt.
  void setTokens(const QStringList& tokens, const std::vector<uint8_t>& special,
                 const std::vector<uint8_t>& answer = {});
  void setWhole(bool whole);  // else long stretches between changes of colour are shortened
  bool isShortened() const;

  enum class Kind { Plain, ReadOnly, Learnt, Left };  // Left: so many tokens are not shown
  struct Chip {
    QRect box;
    QString text;
    Kind kind;
    bool special;  // [CLS], </s>: marked by a broken border
  };
  std::vector<Chip> chips(int width) const;

  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent*) override;

 private:
  void describe();
  bool isSpecial(size_t i) const { return i < special_.size() && special_[i]; }
  bool isLearnt(size_t i) const { return i < answer_.size() && answer_[i]; }
  std::vector<std::pair<qsizetype, qsizetype>> stretches() const;  // [begin, end) of one colour

  QStringList tokens_;
  std::vector<uint8_t> special_, answer_;
  bool whole_ = false;
};

}  // namespace mtlora::ui
