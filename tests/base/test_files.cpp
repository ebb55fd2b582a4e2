#include <filesystem>
#include <fstream>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Files.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

class TestFiles : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    fs::path at(const char* name) const { return fs::path(m_dir.path().toStdString()) / name; }
    int entries(const fs::path& folder) const { return int(std::distance(fs::directory_iterator(folder), fs::directory_iterator())); }

private slots:
    void roundTrip() {
        const std::string text = std::string("a\0b\n", 4);
        writeFileAtomically(at("plain"), text);
        writeFileAtomically(at("synced"), text, IfExists::Fail, Durability::Synced);
        QCOMPARE(readFile(at("plain")), text);
        QCOMPARE(readFile(at("synced")), text);
        writeFileAtomically(at("empty"), "");
        QCOMPARE(readFile(at("empty")), std::string());
    }

    void othersMayReadTheFile() {
        const mode_t old = ::umask(022);
        writeFileAtomically(at("mode"), "x");
        ::umask(old);
        QCOMPARE(int(fs::status(at("mode")).permissions()), 0644);
    }

    void nothingIsOverwritten() {
        writeFileAtomically(at("first"), "1");
        std::string message;
        QCOMPARE(errorOf([&] { writeFileAtomically(at("first"), "2"); }, &message), "exists");
        QVERIFY(message.find("first") != std::string::npos);
        QCOMPARE(readFile(at("first")), std::string("1"));
        writeFileAtomically(at("first"), "3", IfExists::Replace);
        QCOMPARE(readFile(at("first")), std::string("3"));
    }

    void aDanglingLinkIsNotReplaced() {
        fs::create_symlink(at("nowhere"), at("link"));
        QCOMPARE(errorOf([&] { writeFileAtomically(at("link"), "x"); }), "exists");
        QVERIFY(fs::is_symlink(at("link")));
    }

    void aFailedWriteLeavesNothing() {
        fs::create_directories(at("target/full"));
        QCOMPARE(errorOf([&] { writeFileAtomically(at("target/full"), "x", IfExists::Replace); }), "wrong-use");
        QCOMPARE(entries(at("target")), 1);
    }

    void missingFolder() {
        QCOMPARE(errorOf([&] { writeFileAtomically(at("no/such/file"), "x"); }), "not-found");
    }

    void aFileInPlaceOfAFolder() {
        writeFileAtomically(at("file"), "x");
        QCOMPARE(errorOf([&] { writeFileAtomically(at("file") / "below", "x"); }), "not-found");
        QCOMPARE(errorOf([&] { makeWritableFolder(at("file")); }), "exists");
        QVERIFY(!errorOf([&] { makeWritableFolder(at("file") / "below"); }).isEmpty());
    }

    void tooLongAName() {
        QCOMPARE(errorOf([&] { writeFileAtomically(at(std::string(300, 'n').c_str()), "x"); }), "wrong-use");
    }

    void readOnlyPlaces() {
        QCOMPARE(errorOf([] { makeWritableFolder("/proc/phloxine"); }), "not-found"); // the kernel's answer there
        fs::create_directories(at("locked"));
        fs::permissions(at(""), fs::perms(0755));
        fs::permissions(at("locked"), fs::perms(0555));
        const AsNobody nobody;
        QCOMPARE(errorOf([&] { makeWritableFolder(at("locked")); }), "read-only");
        QCOMPARE(errorOf([&] { makeWritableFolder(at("locked/below")); }), "read-only");
        QCOMPARE(errorOf([&] { writeFileAtomically(at("locked/file"), "x"); }), "read-only");
    }

    void sentences() {
        const auto word = [](int number) { return errorOf([&] { throwFileError(number, "write", "a.png"); }); };
        QCOMPARE(word(ENOSPC), "disk-full");
        QCOMPARE(word(EDQUOT), "disk-full");
        QCOMPARE(word(EROFS), "read-only");
        QCOMPARE(word(EACCES), "read-only");
        QCOMPARE(word(EIO), "internal");
        std::string message;
        errorOf([] { throwFileError(ENOSPC, "write", "a.png"); }, &message);
        QCOMPARE(message, std::string("Cannot write a.png: the disk is full. Free some space and try again."));
    }

    void readingWhatCannotBeRead() {
        QCOMPARE(errorOf([&] { readFile(at("missing")); }), "not-found");
        QCOMPARE(errorOf([&] { readFile(m_dir.path().toStdString()); }), "wrong-use");
        writeFileAtomically(at("large"), std::string(1000, 'x'));
        QCOMPARE(errorOf([&] { readFile(at("large"), 999); }), "corrupt");
        ::mkfifo(at("pipe").c_str(), 0600);
        QCOMPARE(errorOf([&] { readFile(at("pipe")); }), "corrupt");
    }

    void freeSpace() {
        requireFreeSpace(at("not/there/yet"), 1);
        QCOMPARE(errorOf([&] { requireFreeSpace(at("not/there/yet"), std::uint64_t(1) << 60); }), "disk-full");
    }

    void aFolderHasOneWriter() {
        fs::create_directories(at("shared"));
        {
            const FolderLock mine(at("shared"));
            std::string message;
            QCOMPARE(errorOf([&] { FolderLock second(at("shared")); }, &message), "busy");
            QVERIFY(message.starts_with("Another program is writing to "));
        }
        const FolderLock again(at("shared"));
        QCOMPARE(errorOf([&] { FolderLock lost(at("missing-folder")); }), "not-found");
    }

    void theLockEndsWithItsProcess() {
        fs::create_directories(at("killed"));
        const pid_t child = ::fork();
        if (child == 0) {
            new FolderLock(at("killed"));
            ::_exit(9);
        }
        ::waitpid(child, nullptr, 0);
        QCOMPARE(errorOf([&] { FolderLock free(at("killed")); }), "");
    }
};

PHLOXINE_TEST(base_files, TestFiles, QCoreApplication)
#include "test_files.moc"
