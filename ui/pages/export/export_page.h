// "Export": which result, which form, where; then what was written and how to load it.
#pragma once

#include "base/files.h"
#include "latest.h"
#include "pages/page.h"

class QButtonGroup;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QRadioButton;
class QVBoxLayout;

namespace mtlora::ui {

class ElidedLabel;
class FormCard;
class NoteLabel;
class ResultPicker;
class WrittenPanel;

class ExportPage : public Page {
  Q_OBJECT
 public:
  explicit ExportPage(Studio& studio, QWidget* parent = nullptr);

  QString title() const override { return tr("Export"); }
  QString missingContent() const override;

  void setSourceFolder(const QString& folder);  // an adapter that is not of the run in front
  void setForm(const QString& form);            // "peft", "merged", "gguf", "mtlora"
  void setTarget(const QString& folder);
  QString target() const;
  QString reason() const;  // why nothing can be written now; "" where it can
  void exportNow();
  bool isWritten() const;  // what is chosen now was exported last, and went well
  bool busy() const { return writing_.busy(); }
  QString problem() const;  // of the last export; "" if it went well
  const WrittenPanel& written() const { return *written_; }

 private:
  QWidget* buildSteps();
  void buildSource(QVBoxLayout* column);
  void buildForms(QVBoxLayout* column);
  void buildTarget(QVBoxLayout* column);
  Path source() const;
  QString form() const;
  Path defaultTarget() const;
  void takeRun();
  void refresh();
  void lookAtForms();
  void lookAtTarget();

  ResultPicker* picker_;
  QRadioButton *ofRun_, *ofFolder_;
  ElidedLabel* runName_;
  QLineEdit *folder_, *target_;
  QPushButton *browseFolder_, *browseTarget_, *export_;
  struct Form {
    QString name;  // as export_adapter calls it
    QString help;
    FormCard* card;
  };
  std::vector<Form> forms_;
  QLabel *targetState_, *reason_;
  NoteLabel *replaces_, *problem_;
  QProgressBar* busy_;
  WrittenPanel* written_;
  bool targetChosen_ = false;  // by the person; else it follows what is exported
  struct Written {
    Path from, to;
    QString form;
    bool operator==(const Written&) const = default;
  } last_;         // export that went well
  Path lookedAt_;  // the source whose forms are known
  Latest writing_, looking_, forms_of_;
};

}  // namespace mtlora::ui
