// The words for devices, what is said where there is no GPU, and the ways in which Torch says that memory was full.
#include <QtTest>

#include "core/tensor/devices.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class TestDevices : public QObject {
    Q_OBJECT

private slots:
    void wordsAreChecked_data() {
        QTest::addColumn<QString>("word");
        for (const auto* word : {"", "gpu", "CUDA", "cuda:", "cuda:x", "cuda:-1", "cuda:10", "cpu:1", "mps"}) QTest::newRow(word) << word;
    }
    void wordsAreChecked() {
        QFETCH(QString, word);
        std::string message;
        QCOMPARE(errorOf([&] { chooseDevice(word.toStdString()); }, &message), "wrong-use");
        QVERIFY(message.find("auto, cpu, cuda") != std::string::npos);
    }

    void theProcessorIsThereAlways() {
        QVERIFY(chooseDevice("cpu").is_cpu());
        QCOMPARE(deviceWord(at::kCPU), std::string("cpu"));
        QCOMPARE(deviceWord(at::Device(at::kCUDA, 0)), std::string("cuda"));
        QCOMPARE(deviceWord(at::Device(at::kCUDA, 1)), std::string("cuda:1"));
    }

    // Asked for the processor first, a later wish for a GPU is still looked into.
    void aGpuThatIsNotThereIsOneSentence() {
        initDevices("cpu");
        const bool gpu = chooseDevice("auto").is_cuda();
        std::string message;
        QCOMPARE(errorOf([&] { chooseDevice("cuda:9"); }, &message), "unsupported");
        QVERIFY2(message.starts_with(gpu ? "There is no cuda:9: this machine has " : "No GPU can be used on this machine: "),
                 message.c_str());
        QCOMPARE(errorOf([&] { chooseDevice("cuda"); }, &message), gpu ? "" : "unsupported");
        QVERIFY2(gpu || message.ends_with("Choose the CPU."), message.c_str());
    }

    void fp32IsComputedInFp32() {
        initDevices();
        QVERIFY(!at::globalContext().allowTF32CuDNN());
        QVERIFY(!at::globalContext().allowTF32CuBLAS());
        QVERIFY(at::globalContext().deterministicCuDNN());
    }

    void fullMemoryIsKnownByItsThreeNames() {
        QVERIFY(tellsOfFullMemory(std::bad_alloc()));
        QVERIFY(tellsOfFullMemory(c10::OutOfMemoryError({__func__, __FILE__, 0}, "CUDA out of memory")));
        bool told = false;
        try {
            at::empty({std::int64_t(1) << 50}, at::kByte); // more than an address space holds
        } catch (const std::exception& e) { told = tellsOfFullMemory(e); }
        QVERIFY(told);
        QVERIFY(!tellsOfFullMemory(std::runtime_error("DefaultCPUAllocator")));
        bool other = true;
        try {
            at::ones({2, 3}).mm(at::ones({2, 3}));
        } catch (const std::exception& e) { other = tellsOfFullMemory(e); }
        QVERIFY(!other);
    }
};

PHLOXINE_TEST(tensor_devices, TestDevices, NoApplication)
#include "test_devices.moc"
