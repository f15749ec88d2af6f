// A mapped file that is cut short: an error, not the end of the program.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <QTemporaryDir>
#include <QTest>
#include <csignal>
#include <thread>

#include "base/error.h"
#include "base/files.h"

using namespace mtlora;

namespace {

size_t sum_of(const MappedFile& file) {
  size_t sum = 0;
  for (const std::byte byte : file.bytes()) sum += std::to_integer<size_t>(byte);
  return sum;
}

bool says_cut_short(const MappedFile& file) {
  try {
    file.check();
  } catch (const Error& error) {
    return error.code() == ErrorCode::File && QString(error.what()).contains("cut short") &&
           QString(error.what()).contains(QString::fromStdString(file.path().string()));
  }
  return false;
}

}  // namespace

class TestMappingGuard : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  Path file_of(const char* name, size_t bytes) const {
    const Path path = Path(folder_.path().toStdString()) / name;
    write_file(path, std::string(bytes, '\1'));
    return path;
  }

 private slots:
  // First, while this program has no guard: a fault that is no mapped file's goes where it went before.
  void otherFaultsGoWhereTheyWent_data() {
    QTest::addColumn<bool>("sent");
    QTest::addColumn<bool>("handled");
    QTest::newRow("fault, no handler") << false << false;
    QTest::newRow("fault, a handler") << false << true;
    QTest::newRow("signal sent, no handler") << true << false;
    QTest::newRow("signal sent, a handler") << true << true;
  }
  void otherFaultsGoWhereTheyWent() {
    QFETCH(bool, sent);
    QFETCH(bool, handled);
    const Path path = file_of("guarded", 4096);
    const pid_t child = ::fork();
    if (child == 0) {
      std::signal(SIGBUS, handled ? [](int) { ::_exit(42); } : static_cast<void (*)(int)>(SIG_DFL));
      const MappedFile guarded(path);
      if (sent) ::raise(SIGBUS);
      FILE* file = std::tmpfile();  // empty and mapped by hand: no guard knows it
      volatile const char* data =
          static_cast<const char*>(::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, ::fileno(file), 0));
      const char value = *data;
      static_cast<void>(value);
      ::_exit(0);
    }
    int status = 0;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QVERIFY(handled ? WIFEXITED(status) && WEXITSTATUS(status) == 42
                    : WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
  }

  void aWholeFilePasses() {
    const MappedFile file(file_of("whole", 100'000));
    QCOMPARE(sum_of(file), size_t{100'000});
    file.check();
  }

  void pagesThatAreGoneReadAsZeros() {
    const Path path = file_of("cut", 100 * 4096);
    const MappedFile file(path), other(file_of("other", 8192));
    std::filesystem::resize_file(path, 10 * 4096);
    QCOMPARE(sum_of(file), size_t{10 * 4096});
    QVERIFY(says_cut_short(file));
    QCOMPARE(sum_of(other), size_t{8192});
    other.check();
  }

  // No signal comes for the rest of the last page that is left.
  void aCutInsideAPageIsFound() {
    const Path path = file_of("inside", 5000);
    const MappedFile file(path);
    std::filesystem::resize_file(path, 4900);
    QCOMPARE(sum_of(file), size_t{4900});
    QVERIFY(says_cut_short(file));
  }

  // Grown again, the size is right, but what was read was not.
  void aCutThatWasReadIsRemembered() {
    const Path path = file_of("grown", 3 * 4096);
    const MappedFile file(path);
    std::filesystem::resize_file(path, 0);
    QCOMPARE(sum_of(file), size_t{0});
    std::filesystem::resize_file(path, 3 * 4096);
    QVERIFY(says_cut_short(file));
  }

  void aFileReplacedByNameKeepsItsBytes() {
    const Path path = file_of("replaced", 9000);
    const MappedFile file(path);
    write_file(path, "new");
    QCOMPARE(sum_of(file), size_t{9000});
    file.check();
    std::filesystem::remove(path);
    file.check();
  }

  void manyThreadsFaultAtOnce() {
    const Path path = file_of("threads", 500 * 4096);
    const MappedFile file(path);
    std::filesystem::resize_file(path, 4096);
    std::vector<size_t> sums(8);
    std::vector<std::thread> threads;
    for (size_t& sum : sums) {
      threads.emplace_back([&sum, &file] { sum = sum_of(file); });
    }
    // Others come and go meanwhile.
    for (int i = 0; i < 200; ++i) QCOMPARE(sum_of(MappedFile(file_of("coming", 4096))), size_t{4096});
    for (std::thread& thread : threads) thread.join();
    for (const size_t sum : sums) QCOMPARE(sum, size_t{4096});
    QVERIFY(says_cut_short(file));
  }
};

QTEST_APPLESS_MAIN(TestMappingGuard)
#include "test_mapping_guard.moc"
