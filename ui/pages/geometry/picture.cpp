#include "picture.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QMessageBox>
#include <QMouseEvent>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <QToolTip>
#include <cmath>

namespace mtlora::ui {

Picture::Picture(const QString& name, QWidget* parent) : QWidget(parent) {
  setAccessibleName(name);
  setMouseTracking(true);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void Picture::setMessage(const QString& sentence) {
  if (sentence == message_) return;
  message_ = sentence;
  update();
}

void Picture::setMethod(const QString& method) {
  method_ = method;
  update();
}

QString Picture::readout(const QPointF&) const { return {}; }
QString Picture::csv() const { return {}; }
Ink Picture::ink() const { return Ink::of(palette(), font(), method_); }

void Picture::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  if (message_.isEmpty()) {
    draw(painter, rect());
  } else {
    paintSentence(painter, rect(), message_, ink());
  }
}

void Picture::mouseMoveEvent(QMouseEvent* event) {
  hover_ = event->position();
  const QString text = message_.isEmpty() ? readout(event->position()) : QString();
  if (text.isEmpty()) {
    QToolTip::hideText();
  } else {
    QToolTip::showText(event->globalPosition().toPoint() + QPoint(12, 12), text, this);
  }
  update();
}

void Picture::leaveEvent(QEvent*) {
  hover_.reset();
  update();
}

void Picture::wheelEvent(QWheelEvent* event) {
  if (!zoomable_ || !message_.isEmpty()) return QWidget::wheelEvent(event);
  zoom_ = std::clamp(zoom_ * std::pow(1.2, event->angleDelta().y() / 120.0), 0.2, 40.0);
  event->accept();
  update();
}

void Picture::mouseDoubleClickEvent(QMouseEvent*) {
  zoom_ = 1;
  update();
}

void Picture::contextMenuEvent(QContextMenuEvent* event) {
  if (!message_.isEmpty()) return;
  QMenu menu(this);
  menu.addAction(tr("Copy picture"), this, &Picture::copy);
  if (!csv().isEmpty()) {
    menu.addAction(tr("Copy values"), this, [this] { QApplication::clipboard()->setText(csv()); });
  }
  menu.addAction(tr("Save as…"), this, &Picture::save);
  menu.exec(event->globalPos());
}

void Picture::copy() { QApplication::clipboard()->setPixmap(grab()); }

void Picture::save() {
  QString filter = tr("PNG picture (*.png);;SVG picture (*.svg);;PDF page (*.pdf)");
  if (!csv().isEmpty()) filter += tr(";;Values (*.csv)");
  const QString path = QFileDialog::getSaveFileName(this, tr("Save %1").arg(accessibleName()), {}, filter);
  if (!path.isEmpty() && !saveTo(path)) {
    QMessageBox::warning(this, tr("Not saved"), tr("“%1” could not be written. Choose another folder.").arg(path));
  }
}

bool Picture::saveTo(const QString& path) {
  const QString ending = QFileInfo(path).suffix().toLower();
  if (ending == QLatin1String("png")) {
    QPixmap pixmap(size() * 2);  // twice the pixels, so that it can be printed
    pixmap.setDevicePixelRatio(2);
    pixmap.fill(palette().color(QPalette::Base));
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    draw(painter, rect());
    painter.end();
    return pixmap.save(path);
  }
  if (ending == QLatin1String("svg")) {
    QSvgGenerator generator;
    generator.setFileName(path);
    generator.setSize(size());
    generator.setViewBox(rect());
    generator.setTitle(accessibleName());
    QPainter painter;
    if (!painter.begin(&generator)) return false;
    draw(painter, rect());
    return painter.end();
  }
  if (ending == QLatin1String("pdf")) {
    QPdfWriter writer(path);
    writer.setPageSize(QPageSize(QSizeF(width(), height()), QPageSize::Point));
    writer.setPageMargins({});
    writer.setResolution(72);  // a dot of the page is a px of the picture
    QPainter painter;
    if (!painter.begin(&writer)) return false;
    draw(painter, rect());
    return painter.end();
  }
  if (ending == QLatin1String("csv") && !csv().isEmpty()) {
    QSaveFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(csv().toUtf8()) >= 0 && file.commit();
  }
  return false;
}

}  // namespace mtlora::ui
