// Checkpoints of torch.save are programs of a stranger: what they may hold is read, and nothing of them runs. The fixtures are written
// byte by byte.
#include <filesystem>

#include <QTemporaryDir>
#include <QtTest>

#include "core/tensor/checkpoint.h"
#include "tests/support/checkpoint_files.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;
using namespace phloxine::files;
namespace fs = std::filesystem;

class TestCheckpoint : public QObject {
    Q_OBJECT
    QTemporaryDir m_temporary;

    fs::path write(const QByteArray& bytes, const QByteArray& name = "model.ckpt") {
        return files::write(fs::path(m_temporary.path().toStdString()) / name.toStdString(), bytes);
    }

private slots:
    void bareStateDict() {
        const auto weights =
            readCheckpoint(write(checkpoint(dictionary(text("a.weight") + tensor({2, 2}, {2, 1}) + text("step") + integer(7)))));
        QCOMPARE(weights.size(), std::size_t(1)); // plain numbers are not tensors
        QVERIFY(at::equal(weights.at("a.weight"), at::tensor({1.0f, 2.0f, 3.0f, 4.0f}).view({2, 2})));
    }

    void lightningCheckpoint() {
        const auto body = dictionary(text("epoch") + integer(3) + text("hyper") + global("omegaconf.dictconfig", "DictConfig") + ")\x81}b" +
                                     text("state_dict") + dictionary(text("w") + tensor({4}, {1})));
        QCOMPARE(readCheckpoint(write(checkpoint(body))).at("w").sum().item<float>(), 10.0f);
    }

    void sharedTransposedAndParameters() {
        const auto weights = readCheckpoint(
            write(checkpoint(dictionary(text("plain") + tensor({2, 2}, {2, 1}) + text("turned") + tensor({2, 2}, {1, 2}) + text("tail") +
                                        tensor({2}, {1}, 2) + text("parameter") + global("torch._utils", "_rebuild_parameter") + "(" +
                                        tensor({4}, {1}) + "\x89" + global("collections", "OrderedDict") + ")RtR"))));
        QVERIFY(at::equal(weights.at("turned"), weights.at("plain").t()));
        QCOMPARE(weights.at("tail")[0].item<float>(), 3.0f);
        QCOMPARE(weights.at("parameter").numel(), 4);
    }

    // A file as torch.save wrote it, with entries that no network needs.
    void realFileWithExtraKeys() {
        const auto weights = readCheckpoint(PHLOXINE_TEST_DATA "/bad-models/extra-keys.ckpt");
        QVERIFY(weights.count("something_new.weight"));
        QVERIFY(weights.count("model.diffusion_model.out.2.weight"));
    }

    void nothingOfTheFileRuns_data() {
        QTest::addColumn<QByteArray>("module");
        QTest::addColumn<QByteArray>("function");
        for (const auto& [module, function] : {std::pair{"os", "system"},
                                               {"posix", "system"},
                                               {"nt", "system"},
                                               {"subprocess", "Popen"},
                                               {"builtins", "eval"},
                                               {"builtins", "exec"},
                                               {"__builtin__", "eval"},
                                               {"builtins", "getattr"},
                                               {"builtins", "__import__"},
                                               {"importlib", "import_module"},
                                               {"runpy", "run_path"},
                                               {"os.path", "join"},
                                               {"shutil", "rmtree"},
                                               {"torch.hub", "load"}})
            QTest::newRow(QByteArray(module) + "." + function) << QByteArray(module) << QByteArray(function);
    }

    void nothingOfTheFileRuns() {
        QFETCH(QByteArray, module);
        QFETCH(QByteArray, function);
        const auto marker = m_temporary.filePath("marker");
        const auto call = global(module, function) + "(" + text("touch " + marker.toUtf8()) + "tR";
        const auto named = text(module) + text(function) + "\x93(" + text("touch " + marker.toUtf8()) + "tR"; // protocol 4 names
        const QList<QByteArray> bodies{call, named, dictionary(text("w") + tensor({4}, {1}) + text("x") + call),
                                       dictionary(text("state_dict") + dictionary(text("w") + tensor({4}, {1}) + text("x") + call)),
                                       dictionary(text("w") + tensor({4}, {1}) + text("x") + global(module, function))};
        for (const auto& body : bodies) {
            std::string message;
            QCOMPARE(errorOf([&] { readCheckpoint(write(checkpoint(body))); }, &message), "unsafe");
            QVERIFY2(message.find((module + "." + function).toStdString()) != std::string::npos, message.c_str());
            QVERIFY(!QFile::exists(marker));
        }
        QCOMPARE(errorOf([&] { readCheckpoint(write(pickle(call))); }), "unsafe"); // a pickle without an archive
        QVERIFY(!QFile::exists(marker));
    }

    void objectsOfUnknownClassesAreInert() {
        const auto body =
            dictionary(text("w") + tensor({4}, {1}) + text("x") + global("somebody.elses", "Thing") + "(" + text("touch x") + "tR");
        QCOMPARE(readCheckpoint(write(checkpoint(body))).size(), std::size_t(1));
    }

    void malformed_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("codes");
        const auto good = checkpoint(dictionary(text("w") + tensor({4}, {1})));
        const auto one = [](const QByteArray& value) { return checkpoint(dictionary(text("w") + value)); };
        QTest::newRow("empty file") << QByteArray() << QByteArray("truncated");
        QTest::newRow("web page") << QByteArray("<html><body>404 not found</body></html>") << QByteArray("not-a-model");
        QTest::newRow("archive without its end") << good.left(good.size() - 30) << QByteArray("truncated|corrupt");
        QTest::newRow("archive cut in the middle") << good.left(good.size() / 2) << QByteArray("truncated");
        QTest::newRow("archive of something else") << zip({{"word/document.xml", "<xml/>"}}) << QByteArray("not-a-model");
        QTest::newRow("empty archive") << zip({}) << QByteArray("not-a-model");
        QTest::newRow("name climbs out") << zip({{"archive/data.pkl", pickle("}")}, {"archive/../../x", "x"}}) << QByteArray("unsafe");
        QTest::newRow("absolute name") << zip({{"archive/data.pkl", pickle("}")}, {"/tmp/x", "x"}}) << QByteArray("unsafe");
        QTest::newRow("compressed member") << zip({{"archive/data.pkl", pickle("}"), 8}}) << QByteArray("unsupported");
        QTest::newRow("member twice") << zip({{"archive/data.pkl", pickle("}")}, {"archive/data.pkl", pickle("}")}})
                                      << QByteArray("corrupt");
        QTest::newRow("TorchScript") << checkpoint("}", {{"archive/constants.pkl", pickle(")")},
                                                         {"archive/version", "3"},
                                                         {"archive/code/__torch__.py", "pass"}})
                                     << QByteArray("unsupported|not-a-model");
        QTest::newRow("not a dictionary") << checkpoint(integer(5)) << QByteArray("not-a-model");
        QTest::newRow("no tensors") << checkpoint(dictionary(text("a") + integer(5))) << QByteArray("not-a-model");
        QTest::newRow("view beyond its storage") << one(tensor({255, 255}, {255, 1})) << QByteArray("corrupt");
        QTest::newRow("offset beyond its storage") << one(tensor({1}, {1}, 4)) << QByteArray("corrupt");
        QTest::newRow("negative offset") << one(tensor({1}, {1}, -1)) << QByteArray("corrupt");
        QTest::newRow("negative size") << one(tensor({-4}, {1})) << QByteArray("corrupt");
        QTest::newRow("negative stride") << one(tensor({4}, {-1}, 3)) << QByteArray("corrupt");
        QTest::newRow("stride of zero") << one(tensor({1 << 30, 1 << 30}, {0, 0})) << QByteArray("corrupt");
        QTest::newRow("sizes overflow") << one(tensor({INT_MAX, INT_MAX, INT_MAX, INT_MAX}, {INT_MAX, INT_MAX, INT_MAX, INT_MAX}))
                                        << QByteArray("corrupt");
        QTest::newRow("strides do not fit the shape") << one(tensor({2, 2}, {1})) << QByteArray("corrupt");
        QTest::newRow("storage missing") << one(tensor({4}, {1}, 0, "FloatStorage", "77")) << QByteArray("corrupt");
        QTest::newRow("unknown number type") << one(tensor({4}, {1}, 0, "ComplexFloatStorage")) << QByteArray("dtype");
        QTest::newRow("pickle ends early") << zip({{"archive/data.pkl", "\x80\x02}"}}) << QByteArray("truncated");
        QTest::newRow("text longer than the pickle") << zip({{"archive/data.pkl", "\x80\x02X\xff\xff\xff\x7f"}}) << QByteArray("truncated");
        QTest::newRow("unknown opcode") << checkpoint("\xfe") << QByteArray("corrupt");
        QTest::newRow("stack runs empty") << checkpoint("000") << QByteArray("corrupt");
        QTest::newRow("recalls what was never kept") << checkpoint("h\x09") << QByteArray("corrupt");
        QTest::newRow("key without a value") << checkpoint("}(" + text("a") + "u") << QByteArray("corrupt");
        QTest::newRow("INST") << checkpoint("(ios\nsystem\n") << QByteArray("unsafe");
        QTest::newRow("old format") << QByteArray("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15)
                                    << QByteArray("legacy-format");
    }

    void malformed() {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, codes);
        QElapsedTimer clock;
        clock.start();
        std::string message;
        const auto code = errorOf([&] { readCheckpoint(write(bytes)); }, &message);
        QVERIFY2(!code.isEmpty() && codes.split('|').contains(code), code + ": " + message.c_str());
        QVERIFY2(message.find("model.ckpt") != std::string::npos, message.c_str());
        QVERIFY2(clock.elapsed() < 2000, "too slow");
    }

    // Structures that are small in the file and endless once walked. Each ends in an error or in an empty model, quickly, without using up
    // memory or stack.
    void bombs_data() {
        QTest::addColumn<QByteArray>("body");
        QTest::newRow("marks") << QByteArray(1000000, '(');
        QTest::newRow("nothing, many times") << QByteArray(3000000, 'N');
        QTest::newRow("lists in lists") << QByteArray(300000, ']') + QByteArray(299999, 'a');
        QTest::newRow("tuples in tuples") << QByteArray("N") + QByteArray(300000, '\x85');
        QByteArray doubled = "]q";
        doubled += '\0';
        for (int i = 0; i < 150; ++i) doubled += "h" + raw(quint8(i)) + "h" + raw(quint8(i)) + "\x86q" + raw(quint8(i + 1));
        QTest::newRow("aliases of aliases") << doubled;
        // Filled from outside in: no container is deep at the moment when it is put into its parent.
        QByteArray chain = "]r" + raw(quint32(0));
        for (quint32 i = 1; i < 300000; ++i) chain += "j" + raw(i - 1) + "]r" + raw(i) + "a0";
        QTest::newRow("chain filled from outside in") << chain;
        QByteArray keys(300000, '}');
        keys += "NNs";
        for (int i = 1; i < 300000; ++i) keys += "Ns";
        QTest::newRow("dictionaries as keys") << keys;
        QTest::newRow("list that holds itself") << QByteArray("]r") + raw(0u) + "j" + raw(0u) + "a";
    }

    void bombs() {
        QFETCH(QByteArray, body);
        QElapsedTimer clock;
        clock.start();
        for (const auto& b : {body, dictionary(text("state_dict") + body), dictionary(text("w") + tensor({4}, {1}) + text("x") + body)}) {
            const auto code = errorOf([&] { readCheckpoint(write(checkpoint(b))); });
            QVERIFY2(QList<QByteArray>({"corrupt", "not-a-model", "truncated", ""}).contains(code), code);
        }
        QVERIFY2(clock.elapsed() < 5000, "too slow");
    }

    // Small files made by upstream tools, refused for the reason that their makers intended.
    void storedFiles_data() {
        QTest::addColumn<QByteArray>("codes");
        QTest::newRow("empty.ckpt") << QByteArray("truncated|not-a-model");
        QTest::newRow("html.ckpt") << QByteArray("not-a-model");
        QTest::newRow("out-of-storage.ckpt") << QByteArray("corrupt|shape");
        QTest::newRow("torchscript.ckpt") << QByteArray("not-a-model|unsupported");
        QTest::newRow("truncated.ckpt") << QByteArray("truncated");
        QTest::newRow("zipslip.ckpt") << QByteArray("corrupt|unsafe|truncated");
        QTest::newRow("st-8-bytes.safetensors") << QByteArray("truncated|corrupt");
        QTest::newRow("st-beyond.safetensors") << QByteArray("truncated|corrupt");
        QTest::newRow("st-dtype.safetensors") << QByteArray("dtype");
        QTest::newRow("st-dup.safetensors") << QByteArray("corrupt");
        QTest::newRow("st-header-too-long.safetensors") << QByteArray("truncated|corrupt");
        QTest::newRow("st-huge.safetensors") << QByteArray("corrupt|shape");
        QTest::newRow("st-json.safetensors") << QByteArray("corrupt");
        QTest::newRow("st-neg.safetensors") << QByteArray("corrupt|shape");
        QTest::newRow("st-overlap.safetensors") << QByteArray("corrupt");
        QTest::newRow("st-size.safetensors") << QByteArray("corrupt|shape");
    }

    void storedFiles() {
        QFETCH(QByteArray, codes);
        std::string message;
        const auto code = errorOf([] { readCheckpoint(fs::path(PHLOXINE_TEST_DATA "/bad-models") / QTest::currentDataTag()); }, &message);
        QVERIFY2(codes.split('|').contains(code), code + ": " + message.c_str());
        QVERIFY(!QFile::exists("/tmp/eosin-pwned")); // what the files would make if they could act
    }

    void everyCutIsRefused() {
        const auto whole = checkpoint(dictionary(text("w") + tensor({4}, {1})));
        for (qsizetype n = 0; n < whole.size(); ++n) {
            const auto code = errorOf([&] { readCheckpoint(write(whole.left(n))); });
            QVERIFY2(QList<QByteArray>({"truncated", "corrupt", "not-a-model"}).contains(code), QByteArray::number(n) + " bytes: " + code);
        }
    }

    // One changed byte gives weights or an error of ours, never anything else.
    void everyChangedByteIsSurvived() {
        const auto whole = checkpoint(dictionary(text("w") + tensor({4}, {1})));
        for (qsizetype n = 0; n < whole.size(); ++n)
            for (const char to : {'\0', '\xff', 'R'}) {
                auto changed = whole;
                changed[n] = to;
                const auto code = errorOf([&] { readCheckpoint(write(changed)); });
                QVERIFY2(!code.startsWith("foreign"), QByteArray::number(n) + ": " + code);
            }
    }
};

PHLOXINE_TEST(tensor_checkpoint, TestCheckpoint, NoApplication)
#include "test_checkpoint.moc"
