#include "score_text.h"

#include <QCoreApplication>
#include <QLocale>
#include <cmath>

namespace mtlora::ui {

namespace {

struct Known {
  const char* name;
  const char* title;  // names of the field, the same in every language
  const char* scale;  // "": its own
  int decimals;
  bool lower;
};

constexpr Known known[] = {
    {"perplexity", QT_TRANSLATE_NOOP("score", "Perplexity"), "", 3, true},
    {"bleu", "BLEU", "0-100", 2, false},
    {"bleu_multi", "BLEU (multi-bleu)", "0-100", 2, false},
    {"bleu_multi_detok", "BLEU (multi-bleu-detok)", "0-100", 2, false},
    {"bleu_e2e", "BLEU (E2E)", "0-1", 4, false},
    {"nist", "NIST", "", 4, false},
    {"chrf", "chrF", "0-100", 2, false},
    {"rouge1", "ROUGE-1", "0-1", 4, false},
    {"rouge2", "ROUGE-2", "0-1", 4, false},
    {"rougeL", "ROUGE-L", "0-1", 4, false},
    {"rougeL_e2e", "ROUGE-L (E2E)", "0-1", 4, false},
    {"cider", "CIDEr", "", 4, false},
    {"cider_e2e", "CIDEr (E2E)", "", 4, false},
    {"meteor", "METEOR", "0-1", 4, false},
    {"meteor_e2e", "METEOR (E2E)", "0-1", 4, false},
    {"meteor_webnlg", "METEOR (WebNLG)", "0-1", 4, false},
    {"ter", "TER", "0-100", 2, true},
    {"ter_tercom", "TER (tercom)", "", 4, true},
    {"ter_pyter", "TER (pyter)", "", 4, true},
    {"ter_webnlg", "TER (WebNLG)", "", 4, true},
};

// A name taken apart: "test_" before it, the metric, a group or set ("seen", "mismatched") after it.
struct Parts {
  bool test = false;
  const Known* metric = nullptr;
  QString name, group;
};

Parts parts(const QString& metric) {
  Parts found;
  found.name = metric;
  if (found.name.startsWith(QLatin1String("test_"))) {
    found.test = true;
    found.name.remove(0, 5);
  }
  qsizetype longest = 0;
  for (const Known& one : known) {
    const QString name = QString::fromLatin1(one.name);
    if (name.size() <= longest || (found.name != name && !found.name.startsWith(name + u'_'))) continue;
    longest = name.size();
    found.metric = &one;
  }
  if (found.metric) found.group = found.name.mid(longest + 1).replace(u'_', u' ');
  return found;
}

}  // namespace

bool lowerIsBetter(const QString& metric) {
  const Parts found = parts(metric);
  return found.metric ? found.metric->lower : metric.endsWith(QLatin1String("loss"));
}

QString scoreTitle(const QString& metric) {
  const Parts found = parts(metric);
  QString title;
  if (found.metric) {
    title = QCoreApplication::translate("score", found.metric->title);
    if (!found.group.isEmpty()) title += u' ' + found.group;
  } else {
    title = QString(found.name).replace(u'_', u' ');
    title.replace(QStringLiteral("f1"), QStringLiteral("F1"));
  }
  if (found.test) return QCoreApplication::translate("score", "Test %1").arg(title);
  if (!title.isEmpty())
    title[0] = found.metric && title.startsWith(QLatin1String("chrF")) ? title[0] : title[0].toUpper();
  return title;
}

QString scoreText(const QString& metric, double value) {
  if (!std::isfinite(value)) return QString::number(value);
  const Parts found = parts(metric);
  return QLocale().toString(value, 'f', found.metric ? found.metric->decimals : 4);
}

QString scoreScale(const QString& metric) {
  const Parts found = parts(metric);
  if (!found.metric) return QStringLiteral("0-1");
  return found.metric->scale[0] ? QString::fromLatin1(found.metric->scale) : QString::fromLatin1(found.metric->name);
}

}  // namespace mtlora::ui
