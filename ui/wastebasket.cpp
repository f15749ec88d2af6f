#include "wastebasket.h"

#include <QFile>

#include "base/error.h"

namespace mtlora::ui {

QString moveToWastebasket(const Path& folder) {
  QString place;
  if (!QFile::moveToTrash(QString::fromStdString(folder.string()), &place))
    throw file_error(folder.string() + " could not be moved to the wastebasket",
                     "Check that the folder may be written, or delete it in the file manager.");
  return place;
}

void takeBack(const Path& folder, const QString& place) {
  if (place.isEmpty() || !QFile::rename(place, QString::fromStdString(folder.string())))
    throw file_error(folder.string() + " could not be taken back from the wastebasket",
                     "It still lies there; the file manager can restore it.");
  // The wastebasket's own note about it.
  const Path lay = place.toStdString();
  const Path note = lay.parent_path().parent_path() / "info" / (lay.filename().string() + ".trashinfo");
  QFile::remove(QString::fromStdString(note.string()));
}

}  // namespace mtlora::ui
