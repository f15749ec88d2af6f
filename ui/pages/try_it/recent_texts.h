// The texts that a person tried last, kept over sessions.
#pragma once

#include <QWidget>
#include <vector>

#include "latest.h"
#include "model_pair.h"

class QListWidget;
class QToolButton;

namespace mtlora::ui {

class RecentTexts : public QWidget {
  Q_OBJECT
 public:
  explicit RecentTexts(QWidget* parent = nullptr);  // reads home_dir()/recent_texts.json on a worker thread
  void add(const Question& question);               // to the top; the same text again moves there
  const std::vector<Question>& texts() const { return texts_; }  // newest first

 Q_SIGNALS:
  void chosen(const mtlora::ui::Question& question);
  void failed(const QString& message, const QString& hint);

 private:
  void show();
  void keep();
  std::vector<Question> texts_;
  QListWidget* list_;
  QToolButton* clear_;
  Latest reading_, writing_;
};

}  // namespace mtlora::ui
