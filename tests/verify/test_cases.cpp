// Every case in tests/reference/ must pass, and the comparison itself must be able to fail.
#include <algorithm>
#include <filesystem>

#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Files.h"
#include "core/verify/verify.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

class TestCases : public QObject {
    Q_OBJECT

private slots:
    void passes_data() {
        QTest::addColumn<QString>("folder");
        std::vector<fs::path> folders;
        for (const auto* root : {PHLOXINE_TEST_REFERENCE, PHLOXINE_TEST_REFERENCE "/embedded"})
            for (const auto& item : fs::directory_iterator(root))
                if (isCase(item.path())) folders.push_back(item.path());
        std::sort(folders.begin(), folders.end());
        QVERIFY(folders.size() >= 70);
        for (const auto& folder : folders) QTest::newRow(folder.filename().c_str()) << QString::fromStdString(folder.string());
    }

    void passes() {
        QFETCH(QString, folder);
        const auto result = runCase(folder.toStdString());
        for (const auto& t : result.tensors) qInfo("%s max_abs %.3g rel_l2 %.3g", t.name.c_str(), t.maxAbs, t.relL2);
        QVERIFY2(result.status == CaseStatus::Pass, (toString(result.status) + ": " + result.message).c_str());
        QVERIFY(!result.tensors.empty() || result.operation == "load"); // which compares words and counts
        for (const auto& t : result.tensors) QVERIFY2(t.pass && (t.exact || t.maxAbsLimit >= 0 || t.relL2Limit >= 0), t.name.c_str());
    }

    void folderWithoutCaseIsNone() {
        QVERIFY(!isCase(PHLOXINE_TEST_REFERENCE));
        QVERIFY(!isCase("/nowhere"));
    }

    // Each change to a good case must be noticed, and no change may throw.
    void changedCaseDoesNotPass_data() {
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<QByteArray>("to");
        QTest::addColumn<int>("status");
        QTest::newRow("tolerance too narrow") << QByteArray("1e-06") << QByteArray("-1e-06") << int(CaseStatus::Fail);
        QTest::newRow("unknown operation") << QByteArray("\"schedule\"") << QByteArray("\"astrology\"") << int(CaseStatus::NotYet);
        QTest::newRow("expected file missing") << QByteArray("\"expected.safetensors\"") << QByteArray("\"gone.safetensors\"")
                                               << int(CaseStatus::Error);
        QTest::newRow("newer format") << QByteArray("phloxine-case/1") << QByteArray("phloxine-case/9") << int(CaseStatus::NotYet);
        QTest::newRow("not JSON") << QByteArray("{") << QByteArray("[") << int(CaseStatus::Error);
    }

    void changedCaseDoesNotPass() {
        QFETCH(QByteArray, from);
        QFETCH(QByteArray, to);
        QFETCH(int, status);
        QTemporaryDir temporary;
        const auto folder = fs::path(temporary.path().toStdString()) / "case";
        fs::copy(PHLOXINE_TEST_REFERENCE "/schedule-compvis-sd-linear", folder, fs::copy_options::recursive);
        QByteArray text = QByteArray::fromStdString(readFile(folder / "case.json"));
        QVERIFY2(text.contains(from), from);
        text.replace(from, to);
        writeFileAtomically(folder / "case.json", text.toStdString(), IfExists::Replace);
        const auto result = runCase(folder);
        QVERIFY2(int(result.status) == status, (toString(result.status) + ": " + result.message).c_str());
        QVERIFY(status == int(CaseStatus::Fail) || !result.message.empty());
    }
};

PHLOXINE_TEST(verify_cases, TestCases, NoApplication)
#include "test_cases.moc"
