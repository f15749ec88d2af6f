// "Try on ten rows": a table of rows that the run did not train on, with both models' answers.
#pragma once

#include <QTimer>
#include <QWidget>
#include <functional>
#include <mutex>
#include <vector>

#include "latest.h"
#include "trial_rows.h"

class QLabel;
class QProgressBar;
class QPushButton;
class QTableWidget;

namespace mtlora::ui {

class ElidedLabel;
class LinesDelegate;

class RowsPanel : public QWidget {
  Q_OBJECT
 public:
  // `options`: how a language model is to write now.
  explicit RowsPanel(std::function<GenerationOptions()> options, QWidget* parent = nullptr);
  ~RowsPanel() override;

  void setRun(const RunConfig& config);  // another one: the rows that stand here go
  void setFacts(const TaskFacts& facts);
  // Of another result of the same run: the rows that stand here are answered anew.
  void setModels(std::shared_ptr<ModelPair> models);
  void tryTen();
  void stop();  // of texts, within a token
  bool busy() const { return asking_.busy(); }
  int rowCount() const { return static_cast<int>(rows_.rows.size()); }  // answered ones
  QString summary() const;                                              // "tuned 9 of 10 right, base 0"

 Q_SIGNALS:
  void chosen(const mtlora::ui::Question& question);

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  struct Trial {
    TrialRows rows;
    std::vector<Answer> answers;
  };
  // Where a worker writes the texts of the rows and the window looks.
  struct TextBoard {
    std::mutex mutex;
    TrialRows rows;
    std::vector<Writings> done;         // of the first rows
    std::vector<std::string> problems;  // why one could not be written, or ""
    std::shared_ptr<WritingBoard> current;
    bool stop = false;
    std::map<std::string, double> scores;  // of all, "base" and "tuned", once they are done
  };
  void ask(bool again);
  void askTexts(bool again);
  static void writeTexts(TextBoard& board, ModelPair& models, const GenerationOptions& options);
  void showTexts();
  void endTexts();
  void setColumns();
  void resizeColumns();
  QString textSummary() const;
  void show(const Trial& trial);
  QString labelText(const std::string& label) const;

  RunConfig config_;
  TaskFacts facts_;
  std::shared_ptr<ModelPair> models_;
  TrialRows rows_;
  std::function<GenerationOptions()> options_;
  std::shared_ptr<TextBoard> board_;  // while texts are written
  QTimer writing_;                    // looks at it
  int textsDone_ = 0;
  std::map<std::string, double> scores_;
  int64_t turn_ = 0;
  int baseRight_ = 0, tunedRight_ = 0;
  QLabel* title_;
  ElidedLabel* line_;
  LinesDelegate* lines_ = nullptr;
  QProgressBar* busy_;
  QPushButton* try_;
  QTableWidget* table_;
  Latest asking_;
};

}  // namespace mtlora::ui
