#include "help.h"

#include <QDialogButtonBox>
#include <QTextBrowser>
#include <QVBoxLayout>

#include "style/theme.h"

namespace mtlora::ui {

HelpDialog::HelpDialog(QWidget* parent) : QDialog(parent) {
  setWindowTitle(tr("Help"));
  resize(720, 640);
  auto* text = new QTextBrowser;
  text->setAccessibleName(windowTitle());
  text->setFrameShape(QFrame::NoFrame);
  text->document()->setDocumentMargin(gridUnit * 2);
  const auto row = [](const QString& key, const QString& what) {
    return QStringLiteral("<tr><td style='padding-right:24px; white-space:nowrap'><b>%1</b></td><td>%2</td></tr>")
        .arg(key, what);
  };
  const auto heading = [](const QString& title) { return QStringLiteral("<h3>%1</h3>").arg(title); };
  QString html;
  html += heading(tr("Pages"));
  html += QStringLiteral("<table cellspacing='4'>");
  html += row(tr("New run"), tr("Choose a model, data and a method, see what will be trained, and start. The first "
                                "start is filled in: one click trains."));
  html += row(tr("Live"), tr("The curves and numbers of the run in front. Pause, stop, evaluate, save, and change the "
                             "learning rate while it trains."));
  html += row(tr("Geometry"), tr("How T turns and stretches the singular directions of the adapter, layer by layer and "
                                 "step by step."));
  html += row(tr("Runs"), tr("Every run on this machine. Select several to lay their curves over one another and see "
                             "in which settings they differ."));
  html += row(tr("Compare"), tr("Train several methods on the same tasks under the same seeds, and read what the "
                                "difference between them is and how sure it is."));
  html += row(tr("Try it"), tr("Type a text and compare the answers of the base and the tuned model."));
  html += row(tr("Export"), tr("Write the adapter to files that other programs load."));
  html += QStringLiteral("</table>");
  html += heading(tr("The method"));
  html += QStringLiteral("<p>%1</p>")
              .arg(tr("A frozen weight W0 gets an update ΔW = s · B · T · A with s = alpha / r. In LoRA T is the "
                      "identity. SHIM trains T = C, ICFM T = C · Cᵀ, CTCM T = C · D, DTSM T = C + D: small r × r "
                      "matrices that rotate and scale what A and B span. After training T folds into B without "
                      "loss, so any program that loads a LoRA loads the result."));
  html += heading(tr("Keys"));
  html += QStringLiteral("<table cellspacing='4'>");
  html += row(QStringLiteral("Ctrl+1 … Ctrl+7"), tr("the seven pages"));
  html += row(QStringLiteral("Ctrl+N"), tr("New run"));
  html += row(QStringLiteral("Ctrl+Shift+N"), tr("New comparison"));
  html += row(QStringLiteral("Ctrl+Return"), tr("start the run of New run"));
  html += row(tr("Space"), tr("pause or go on (on Live)"));
  html += row(QStringLiteral("Ctrl+."), tr("stop"));
  html += row(QStringLiteral("Ctrl+E"), tr("Export"));
  html += row(QStringLiteral("F11"), tr("full screen"));
  html += row(QStringLiteral("F1"), tr("this page"));
  html += QStringLiteral("</table>");
  html += heading(tr("Plots"));
  html += QStringLiteral("<p>%1</p>")
              .arg(tr("The wheel zooms, dragging moves, a double click shows all again. Moving over a plot reads the "
                      "values of all curves at that step. The right button copies a plot or saves it as PNG, SVG, PDF "
                      "or CSV. A cross at the axis marks a value that is not finite."));
  text->setHtml(html);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  auto* column = new QVBoxLayout(this);
  column->addWidget(text);
  column->addWidget(buttons);
}

}  // namespace mtlora::ui
