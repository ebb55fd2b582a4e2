// Every parity case on a device: all families of models, conditions, samplers and the operations of training, within the same limits as on
// the CPU, since the stand-in computes with its kernels.
#include <algorithm>
#include <filesystem>

#include <QtTest>

#include "core/verify/verify.h"
#include "tests/support/errors.h"
#include "tests/support/stand_in_gpu.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

class TestDeviceVerify : public QObject {
    Q_OBJECT

private slots:
    void passes_data() {
        QTest::addColumn<QString>("folder");
        std::vector<fs::path> folders;
        for (const auto* root : {PHLOXINE_TEST_REFERENCE, PHLOXINE_TEST_REFERENCE "/embedded"})
            for (const auto& item : fs::directory_iterator(root))
                if (isCase(item.path())) folders.push_back(item.path());
        std::sort(folders.begin(), folders.end());
        for (const auto& folder : folders) QTest::newRow(folder.filename().c_str()) << QString::fromStdString(folder.string());
    }

    void passes() {
        QFETCH(QString, folder);
        const auto result = runCase(folder.toStdString(), "cuda");
        QVERIFY2(result.status == CaseStatus::Pass, (toString(result.status) + ": " + result.message).c_str());
    }

    void theDeviceWasUsed() {
        const auto counts = stand_in::counts();
        QVERIFY(counts.operators > 10'000);
        QVERIFY(counts.graphs > 50); // of the networks of four families
    }

    void thereIsNoSecondDevice() {
        QCOMPARE(errorOf([] { (void)runCase(PHLOXINE_TEST_REFERENCE "/c-unet", "cuda:1"); }), "unsupported");
        QCOMPARE(errorOf([] { (void)runCase(PHLOXINE_TEST_REFERENCE "/c-unet", "gpu"); }), "wrong-use");
    }
};

PHLOXINE_TEST(device_verify, TestDeviceVerify, NoApplication)
#include "test_device_verify.moc"
