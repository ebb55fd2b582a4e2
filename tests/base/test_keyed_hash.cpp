// Keyed hashes against RFC 4231, and the file that holds the key.
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Files.h"
#include "core/base/keyed_hash.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class TestKeyedHash : public QObject {
    Q_OBJECT
    std::filesystem::path at(const char* name) const { return std::filesystem::path(m_dir.path().toStdString()) / name; }
    QTemporaryDir m_dir;

private slots:
    void asTheStandardSays() {
        QCOMPARE(QByteArray::fromStdString(keyedHash("Jefe", "what do ya want for nothing?")),
                 QByteArray("5bdcc146bf60754e6a042426089575c7"));
        QCOMPARE(QByteArray::fromStdString(keyedHash(std::string(20, '\x0b'), "Hi There")), QByteArray("b0344c61d8db38535ca8afceaf0bf12b"));
    }

    void keyIsMadeOnceAndForItsOwnerAlone() {
        const auto file = at("folder/source.key");
        const auto key = ownKey(file);
        QCOMPARE(key.size(), std::size_t(64));
        QCOMPARE(QByteArray::fromStdString(ownKey(file)), QByteArray::fromStdString(key));
        using std::filesystem::perms;
        QVERIFY((std::filesystem::status(file).permissions() & (perms::group_all | perms::others_all)) == perms::none);
        QVERIFY(randomKey() != key);
        QVERIFY(keyedHash(key, "a") != keyedHash(randomKey(), "a"));
    }

    void fileWithoutKey() {
        for (const char* text : {"", "short", "no key but as long as one, which is 64 characters of hexadecima"}) {
            writeFileAtomically(at("bad.key"), text, IfExists::Replace);
            QCOMPARE(errorOf([&] { ownKey(at("bad.key")); }), "corrupt");
        }
    }
};

PHLOXINE_TEST(base_keyed_hash, TestKeyedHash, QCoreApplication)
#include "test_keyed_hash.moc"
