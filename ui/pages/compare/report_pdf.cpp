#include "report_pdf.h"

#include <QDateTime>
#include <QLocale>
#include <QPageSize>
#include <QPdfWriter>
#include <QTextDocument>
#include <QUrl>
#include <cmath>

#include "base/error.h"
#include "compare_plots.h"
#include "compare_style.h"
#include "pages/new_run/option_texts.h"
#include "plan_draft.h"
#include "style/theme.h"

namespace mtlora::ui {

namespace {

constexpr int pictureWidth = 470, pictureHeight = 280;  // points of the page's layout
constexpr double sharpness = 3;
constexpr QColor ink(0x1c, 0x20, 0x26);

QString tr(const char* text) { return QCoreApplication::translate("ComparisonPdf", text); }

QString html(const std::string& text) { return QString::fromStdString(text).toHtmlEscaped(); }

QPalette paper() {
  QPalette palette(ink, Qt::white, Qt::white, Qt::lightGray, Qt::gray, ink, Qt::white, Qt::white, Qt::white);
  return palette;
}

QImage picture(Plot& plot, int height) {
  plot.setPalette(paper());
  plot.resize(pictureWidth, height);
  plot.showAll();
  return plot.toPixmap(pictureWidth, height, sharpness).toImage();
}

QString cell(const QString& text, const char* style = "") {
  return QStringLiteral("<td style='padding:3px 6px; %1'>%2</td>").arg(QLatin1String(style), text);
}

QString table(const Plan& plan, const std::vector<ComparedVariant>& rows) {
  const char* const right = "text-align:right; white-space:nowrap";
  bool choices = false;
  QString score = tr("Score");
  for (const ComparedVariant& row : rows) {
    choices = choices || !row.choice.empty();
    if (row.score.count > 0) score = metricText(row);
  }
  QStringList titles = {tr("Variant"),     score,         tr("Minus %1").arg(QString::fromStdString(plan.reference)),
                        tr("Verdict"),     tr("Trained"), tr("Time"),
                        tr("Peak memory"), tr("T turns"), tr("T stretches")};
  if (choices) titles.insert(1, tr("Chosen"));
  QString text =
      QStringLiteral("<table width='100%' cellspacing='0' style='font-size:8pt'><tr style='background:#eef0f3'>");
  for (const QString& title : titles)
    text += QStringLiteral("<th align='%1' style='padding:4px 6px'>%2</th>")
                .arg(title == titles[0] || title == tr("Verdict") || title == tr("Chosen") ? QStringLiteral("left")
                                                                                           : QStringLiteral("right"),
                     title.toHtmlEscaped());
  text += QStringLiteral("</tr>");
  bool shade = false;
  for (const ComparedVariant& row : rows) {
    const bool any = row.score.count > 0;
    const QString dash = QStringLiteral("–");
    QString scored = spreadText(row.score);
    if (row.score.count < row.planned) scored += u' ' + tr("(%1 of %2)").arg(row.score.count).arg(row.planned);
    QString verdict = any ? verdictText(plan, row) : dash;
    if (row.to_reference && row.to_reference->is_clear()) verdict = QStringLiteral("<b>%1</b>").arg(verdict);
    text += shade ? QStringLiteral("<tr style='background:#f7f8f9'>") : QStringLiteral("<tr>");
    shade = !shade;
    text += cell(QStringLiteral("<span style='color:%1'>●</span> %2")
                     .arg(variantStyle(plan, row.variant, false).colour.name(), html(row.variant)));
    if (choices) text += cell(chosenText(row.choice).toHtmlEscaped());
    text += cell(scored, right) + cell(row.to_reference ? differenceText(*row.to_reference) : dash, right) +
            cell(verdict) + cell(any ? countText(row.trainable_parameters) : dash, right) +
            cell(any ? durationText(row.seconds) : dash, right) + cell(any ? memoryText(row.peak_mib) : dash, right) +
            cell(std::isfinite(row.rotation_degrees) ? decimals(row.rotation_degrees, 1) + u'°' : dash, right) +
            cell(stretchText(row.condition), right);
    text += QStringLiteral("</tr>");
  }
  return text + QStringLiteral("</table>");
}

QString wasRun(const Comparison& comparison) {
  const Plan& plan = comparison.plan;
  QStringList seeds, tasks;
  for (const int64_t seed : plan.seeds) seeds << QString::number(seed);
  for (const NamedSettings& task : plan.tasks) {
    QString text = html(task.name);
    for (const char* key : {"data.train_file", "data.validation_file", "data.test_file", "train.num_train_epochs"}) {
      const auto found = task.settings.find(key);
      if (found == task.settings.end() || found->second == "") continue;
      const Option& option = find_option(key);
      text += QStringLiteral(", %1 %2").arg(optionLabel(option).toLower(), html(option_text(option, found->second)));
    }
    tasks << text;
  }
  const RunConfig config = comparison.runs.empty() ? RunConfig() : comparison.runs.front().run.config;
  return QStringLiteral("<p><b>%1</b><br>%2<br>%3<br>%4<br>%5</p>")
      .arg(tr("What was run"), tr("Model: %1").arg(html(config.model.name_or_path)),
           tr("Seeds: %1").arg(seeds.join(QStringLiteral(", "))), tasks.join(QStringLiteral("<br>")),
           html(settings_text(config)));
}

}  // namespace

void writeComparisonPdf(const Comparison& comparison, const QString& path) {
  const Plan& plan = comparison.plan;
  QTextDocument document;
  document.setDocumentMargin(0);
  QFont font = QApplication::font();
  font.setPointSizeF(9);
  document.setDefaultFont(font);
  document.setDefaultStyleSheet(
      QStringLiteral("body { color:%1 } h1 { font-size:16pt } h2 { font-size:12pt }").arg(ink.name()));
  QString text =
      QStringLiteral("<body><h1>%1</h1><p style='color:#5F6B7A'>%2</p>")
          .arg(html(plan.name), tr("%1 of %2 runs completed%3, %4")
                                    .arg(comparison.completed)
                                    .arg(comparison.planned)
                                    .arg(comparison.failed > 0 ? tr(", %1 failed").arg(comparison.failed) : QString(),
                                         QLocale().toString(QDate::currentDate(), QLocale::LongFormat)));
  int number = 0;
  std::vector<std::string> tasks;
  for (const NamedSettings& task : plan.tasks) tasks.push_back(task.name);
  if (tasks.size() > 1) tasks.emplace_back();  // the average
  for (const std::string& task : tasks) {
    std::vector<ComparedVariant> rows;
    for (const ComparedVariant& row : comparison.rows)
      if (row.task == task) rows.push_back(row);
    if (task.empty() && std::ranges::none_of(rows, [](const ComparedVariant& row) { return row.score.count > 0; }))
      continue;
    text += QStringLiteral("<h2%1>%2</h2>")
                .arg(number > 0 ? QStringLiteral(" style='page-break-before:always'") : QString(),
                     task.empty() ? tr("Average of %1 tasks").arg(plan.tasks.size()) : html(task));
    text += table(plan, rows);
    DifferencePlot differences;
    differences.setRows(plan, rows, false);
    TurningPlot turning;
    turning.setRuns(comparison, task, TurningAxis::Rotation, false);
    QString pictures;
    for (Plot* plot : {static_cast<Plot*>(&differences), static_cast<Plot*>(&turning)}) {
      if (plot->pointCount() == 0) continue;
      const QUrl name(QStringLiteral("picture%1").arg(number++));
      document.addResource(QTextDocument::ImageResource, name, picture(*plot, pictureHeight));
      pictures += QStringLiteral("<td><img src='%1' width='%2' height='%3'></td>")
                      .arg(name.toString())
                      .arg(pictureWidth)
                      .arg(pictureHeight);
    }
    if (!pictures.isEmpty()) text += QStringLiteral("<br><table cellspacing='0'><tr>%1</tr></table>").arg(pictures);
    ++number;
  }
  text += QStringLiteral("<p style='color:#5F6B7A'>%1</p>").arg(explanation(plan).toHtmlEscaped());
  QString failed;
  for (const ComparedRun& run : comparison.runs)
    if (run.state == ComparedState::Failed)
      failed += QStringLiteral("<li>%1: %2</li>").arg(html(run.run.id), html(run.message));
  if (!failed.isEmpty()) text += QStringLiteral("<h2>%1</h2><ul>%2</ul>").arg(tr("Runs that failed"), failed);
  text += wasRun(comparison) + QStringLiteral("</body>");
  document.setHtml(text);

  QPdfWriter writer(path);
  writer.setPageSize(QPageSize(QPageSize::A4));
  writer.setPageOrientation(QPageLayout::Landscape);
  writer.setPageMargins(QMarginsF(14, 14, 14, 14), QPageLayout::Millimeter);
  writer.setResolution(300);
  writer.setTitle(QString::fromStdString(plan.name));
  QPainter painter(&writer);
  if (!painter.isActive())
    throw file_error("'" + path.toStdString() + "' could not be written", "Check the folder and the room on it.");
  // Laid out at 96 dots an inch, drawn larger.
  const double scale = writer.resolution() / 96.0;
  const QSizeF page(writer.width() / scale, writer.height() / scale);
  document.setPageSize(page);
  for (int i = 0; i < document.pageCount(); ++i) {
    if (i > 0) writer.newPage();
    painter.save();
    painter.scale(scale, scale);
    painter.translate(0, -i * page.height());
    document.drawContents(&painter, QRectF(0, i * page.height(), page.width(), page.height()));
    painter.restore();
  }
  if (!painter.end())
    throw file_error("'" + path.toStdString() + "' could not be written whole", "Check the room on the disk.");
}

}  // namespace mtlora::ui
