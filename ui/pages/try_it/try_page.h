// "Try it": a text in, the answers of the base and the tuned model out, side by side. A language model writes them.
#pragma once

#include "latest.h"
#include "model_pair.h"
#include "pages/page.h"
#include "trial_rows.h"

class QLabel;
class QPlainTextEdit;
class QProgressBar;
class QPushButton;
class QStackedWidget;

namespace mtlora::ui {

class AnswerView;
class Banner;
class EmptyState;
class NoteLabel;
class RecentTexts;
class ResultPicker;
class RowsPanel;
class WriteControls;

class TryPage : public Page {
  Q_OBJECT
 public:
  explicit TryPage(Studio& studio, QWidget* parent = nullptr);
  ~TryPage() override;

  QString title() const override { return tr("Try it"); }
  QWidget* actions() override { return actions_; }
  QString missingContent() const override;

  void tryText(const QString& text, const QString& pair = {});  // as if typed and sent
  void tryRows();                                               // as the button "Try ten rows"
  const AnswerView& base() const { return *base_; }
  const AnswerView& tuned() const { return *tuned_; }
  const RowsPanel& rows() const { return *rows_; }
  WriteControls& controls() const { return *controls_; }
  bool writing() const { return board_ != nullptr; }
  void stopWriting();  // of both models, within a token

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void buildActions();
  QWidget* buildInput();
  QWidget* buildAnswers();
  void takeRun();     // another run is in front
  void takeFacts();   // of its task
  void takeResult();  // another result of it is chosen
  void showState();   // what can be done, or why not yet
  void compare(bool remember);
  void show(const Answer& answer);
  void write(const Question& question);
  void showWriting();
  void endWriting();
  void dropModels();
  void setColours();

  Path folder_;  // of the run in front
  TaskFacts facts_;
  std::shared_ptr<ModelPair> models_;
  Question asked_;                       // whose answer stands in the columns; empty: none
  std::optional<bool> waiting_;          // compare(this) once the task is known
  std::shared_ptr<WritingBoard> board_;  // while texts are written
  QTimer writing_;                       // looks at it

  QWidget* actions_;
  ResultPicker* picker_;
  QStackedWidget* stack_;
  EmptyState* empty_;
  QPushButton *toNew_, *toRuns_, *save_, *compare_;
  Banner* notice_;
  QPlainTextEdit *text_, *pair_;
  QLabel *textName_, *pairName_, *tokens_;
  NoteLabel* cut_;
  QProgressBar* busy_;
  AnswerView *base_, *tuned_;
  RowsPanel* rows_;
  WriteControls* controls_;
  RecentTexts* recent_;
  Latest asking_, looking_;
};

}  // namespace mtlora::ui
