// Names and numbers of scores for people: one place for the scale of each metric.
#pragma once

#include <QString>

namespace mtlora::ui {

bool lowerIsBetter(const QString& metric);  // of a loss, perplexity, edit rates

// "f1_macro" -> "F1 macro", "test_bleu_multi" -> "Test BLEU (multi-bleu)", "ter_pyter_unseen" -> "TER (pyter) unseen"
QString scoreTitle(const QString& metric);
// As its reference prints it (BLEU of 0 to 100 with two decimals, accuracy of 0 to 1 with four). Never a per cent.
QString scoreText(const QString& metric, double value);
// Metrics of one scale can share an axis: "0-1", "0-100", or the metric's own name ("perplexity").
QString scoreScale(const QString& metric);

}  // namespace mtlora::ui
