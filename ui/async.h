// Work off the window's thread: `work` runs on a pool thread, its result comes back to the window's thread.
#pragma once

#include <QCoreApplication>
#include <QPointer>
#include <QThreadPool>
#include <exception>
#include <functional>
#include <memory>

#include "base/error.h"

namespace mtlora::ui {

struct Failure {
  QString message, hint, field;
};

// Calls `done(result)` or `failed(failure)` on the window's thread, unless `owner` is gone by then.
template <typename Work, typename Done>
void runAsync(QObject* owner, Work work, Done done, std::function<void(const Failure&)> failed) {
  QPointer<QObject> guard(owner);
  QThreadPool::globalInstance()->start(
      [guard, work = std::move(work), done = std::move(done), failed = std::move(failed)]() mutable {
        std::function<void()> deliver;
        try {
          auto result = std::make_shared<decltype(work())>(work());
          deliver = [done, result] { done(std::move(*result)); };
        } catch (const Error& error) {
          const Failure failure{QString::fromUtf8(error.what()), QString::fromStdString(error.hint()),
                                QString::fromStdString(error.field())};
          deliver = [failed, failure] { failed(failure); };
        } catch (const std::exception& error) {
          const Failure failure{QString::fromUtf8(error.what()), {}, {}};
          deliver = [failed, failure] { failed(failure); };
        }
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [guard, deliver] {
              if (guard) deliver();
            },
            Qt::QueuedConnection);
      });
}

}  // namespace mtlora::ui
