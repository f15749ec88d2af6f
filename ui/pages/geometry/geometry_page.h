// The geometry of the run in front: which module (heat map), what T does to its directions (K in a plane, matrices),
// what comes of it (spectra), when (time bar).
#pragma once

#include <QTimer>
#include <memory>
#include <string>
#include <vector>

#include "geometry_cache.h"
#include "module_grid.h"
#include "pages/page.h"
#include "run_data.h"

class QComboBox;
class QLabel;
class QStackedWidget;

namespace mtlora::ui {

class EigenvaluePicture;
class HeatMap;
class MatrixPicture;
class NumbersPicture;
class PlanePicture;
class SpectraPicture;
class TimeBar;

class GeometryPage : public Page {
  Q_OBJECT
 public:
  explicit GeometryPage(Studio& studio, QWidget* parent = nullptr);

  QString title() const override { return tr("Geometry"); }
  QString missingContent() const override;

  // What Studio's signals call. `run` may be nullptr; nothing of it is kept but copies.
  void showRun(const RunData* run, bool live);

  void pickModule(const QString& module);
  void pickDirections(size_t i, size_t j);  // of the plane, from 0
  void setQuantity(Quantity quantity);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void takeRun();  // what is in front now, if the page can be seen
  void build();
  QWidget* buildLeft();
  QWidget* buildTop();
  QWidget* buildMatrices();
  void showRecords();  // heat map and time bar, after records or the chosen quantity changed
  void showStep();     // all for the step of the time bar
  void showGeometry(const GeometryCache::Geometry& geometry, int animation);
  void showPlane(int animation);
  void showMap();
  void showModuleName();
  void fillDirections();
  std::pair<size_t, size_t> directions() const;  // of the plane, at the step that is shown
  void prefetchAround();
  void setSentence(const QString& sentence);  // in place of the whole page; "" shows the page
  QString emptySentence(const RunData* run) const;

  // Of the run in front.
  Path folder_;
  QString method_;
  int64_t total_steps_ = 0;
  bool has_run_ = false, stale_ = false;
  std::vector<GeometryRecorded> records_;
  // What is chosen, and what is shown.
  Quantity quantity_ = Quantity::EffectiveRank;
  std::string module_;
  size_t track_i_ = 0, track_j_ = 1;  // of the plane's directions; their place changes where singular values cross
  GeometryCache::Geometry geometry_;
  QString read_problem_;
  GeometryCache cache_;
  QTimer busy_timer_;

  QStackedWidget *pages_ = nullptr, *lower_ = nullptr;
  QLabel *sentence_ = nullptr, *lower_sentence_ = nullptr, *module_name_ = nullptr, *formula_ = nullptr;
  QComboBox *quantity_box_ = nullptr, *box_i_ = nullptr, *box_j_ = nullptr, *side_box_ = nullptr;
  class Panel* heat_panel_ = nullptr;
  HeatMap* heat_map_ = nullptr;
  NumbersPicture* numbers_ = nullptr;
  PlanePicture* plane_ = nullptr;
  SpectraPicture* spectra_ = nullptr;
  EigenvaluePicture* eigenvalues_ = nullptr;
  MatrixPicture *matrix_k_ = nullptr, *matrix_r_ = nullptr, *matrix_s_ = nullptr, *map_ = nullptr;
  TimeBar* time_bar_ = nullptr;
};

}  // namespace mtlora::ui
