// The tokenizer of CLIP against ids of the original, and against text that no one should write.
#include <fstream>

#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>
#include <zlib.h>

#include "core/base/Files.h"
#include "core/base/Json.h"
#include "core/condition/ClipTokenizer.h"
#include "core/model/ModelStore.h"
#include "tests/support/checkpoint_files.h"
#include "tests/support/refused.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class TestTokenizer : public QObject {
    Q_OBJECT

    static QByteArray gzip(const QByteArray& bytes) {
        QTemporaryDir folder;
        const auto path = folder.filePath("x.gz").toUtf8();
        gzFile file = gzopen(path, "wb1");
        gzwrite(file, bytes.data(), unsigned(bytes.size()));
        gzclose(file);
        const auto text = readFile(path.toStdString());
        return QByteArray(text.data(), qsizetype(text.size()));
    }

private slots:
    void goldenIds_data() {
        QTest::addColumn<QByteArray>("line");
        std::ifstream file(PHLOXINE_TEST_DATA "/clip-golden-ids.jsonl");
        int n = 0;
        for (std::string line; std::getline(file, line);) QTest::addRow("%d", ++n) << QByteArray::fromStdString(line);
        QVERIFY(n >= 10);
    }

    void goldenIds() {
        QFETCH(QByteArray, line);
        const auto json = parseJson(line.toStdString(), "the golden line");
        const auto prompt = json["prompt"].get<std::string>();
        const auto expected = json["ids"].get<std::vector<std::int64_t>>();
        const auto tokens = tokenIds(ClipTokenizer::shared(), prompt, 77);
        auto ids = tokens.ids;
        ids.resize(std::size_t(std::count(tokens.mask.begin(), tokens.mask.end(), 1)));
        QVERIFY2(ids == expected, prompt.c_str());
        QCOMPARE(tokens.count, json["untruncated_length"].get<int>());
        QCOMPARE(tokens.cut.empty(), tokens.count <= 77);
    }

    void emptyPromptIsStartAndEnd() {
        for (const auto* blank : {"", "   ", "\t\n\r ", "\xc2\xa0"}) {
            const auto tokens = tokenIds(ClipTokenizer::shared(), blank, 77);
            QCOMPARE(tokens.ids.size(), std::size_t(77));
            QCOMPARE(tokens.ids[0], ClipTokenizer::start);
            QCOMPARE(tokens.ids[1], ClipTokenizer::end);
            QCOMPARE(tokens.count, 2);
            QCOMPARE(tokens.mask[2], 0);
        }
    }

    void caseAndSpaceDoNotMatter() {
        const auto& t = ClipTokenizer::shared();
        QCOMPARE(t.encode("Lung  ADENOCARCINOMA\n"), t.encode("lung adenocarcinoma"));
        QVERIFY(t.encode("lung") != t.encode("lungs"));
    }

    void cutWordsAreNamed() {
        std::string prompt;
        for (int i = 0; i < 75; ++i) prompt += "lung ";
        QVERIFY(tokenIds(ClipTokenizer::shared(), prompt, 77).cut.empty());
        const auto tokens = tokenIds(ClipTokenizer::shared(), prompt + "keratin pearls", 77);
        QVERIFY2(tokens.cut.ends_with("pearls") && tokens.cut.find("keratin") == 0, tokens.cut.c_str());
        QCOMPARE(tokens.ids.size(), std::size_t(77));
        QCOMPARE(tokens.ids.back(), ClipTokenizer::end); // the end stays where the text is cut
        QVERIFY(tokens.count > 77);
    }

    void paddingAsAsked() {
        const auto tokens = tokenIds(ClipTokenizer::shared(), "lung", 10, 0);
        QCOMPARE(tokens.ids.back(), 0);
        QCOMPARE(std::count(tokens.mask.begin(), tokens.mask.end(), 1), 3);
    }

    void specialWordsOfThePrompt() {
        const auto ids = ClipTokenizer::shared().encode("a <|endoftext|> b");
        QVERIFY(std::count(ids.begin(), ids.end(), ClipTokenizer::end) <= 1);
    }

    // Text from strangers: any bytes give ids inside the vocabulary, and quickly.
    void anyBytesEndInTime_data() {
        QTest::addColumn<QByteArray>("text");
        QByteArray all;
        for (int i = 0; i < 256; ++i) all += char(i);
        QTest::newRow("all bytes") << all;
        QTest::newRow("lone continuation bytes") << QByteArray(5000, '\x80');
        QTest::newRow("cut sequences") << QByteArray("\xe2\x82 \xf0\x9f \xc3");
        QTest::newRow("overlong") << QByteArray("\xc0\xaf\xe0\x80\xaf");
        QTest::newRow("surrogates") << QByteArray("\xed\xa0\x80\xed\xbf\xbf");
        QTest::newRow("zeros") << QByteArray(1000, '\0');
        QTest::newRow("emoji") << QByteArray("\xf0\x9f\x94\xac\xf0\x9f\xa7\xac");
        QTest::newRow("one letter, 1 MB") << QByteArray(1 << 20, 'a');
        QTest::newRow("one mark, 1 MB") << QByteArray(1 << 20, '!');
        QTest::newRow("digits, 1 MB") << QByteArray(1 << 20, '7');
        QTest::newRow("apostrophes, 1 MB") << QByteArray(1 << 20, '\'');
        QTest::newRow("words, 1 MB") << QByteArray("lung squamous cell carcinoma ").repeated((1 << 20) / 29);
        QTest::newRow("alternating, 1 MB") << QByteArray("ab").repeated(1 << 19);
        QTest::newRow("random bytes") << [] {
            QByteArray bytes;
            quint32 x = 1;
            for (int i = 0; i < 200000; ++i) bytes += char((x = x * 1664525u + 1013904223u) >> 24);
            return bytes;
        }();
    }

    void anyBytesEndInTime() {
        QFETCH(QByteArray, text);
        QElapsedTimer clock;
        clock.start();
        const auto tokens = tokenIds(ClipTokenizer::shared(), text.toStdString(), 77);
        QVERIFY2(clock.elapsed() < 10000, "too slow");
        qInfo("%lld ms", clock.elapsed());
        QCOMPARE(tokens.ids.size(), std::size_t(77));
        for (const auto id : tokens.ids) QVERIFY(id >= 0 && id <= ClipTokenizer::end);
    }

    void brokenVocabulary_data() {
        QTest::addColumn<QByteArray>("bytes");
        const auto file = readFile(resourcesFolder() / "clip/bpe_simple_vocab_16e6.txt.gz");
        const QByteArray good(file.data(), qsizetype(file.size()));
        QByteArray line = "#version: 0.2\n";
        for (int i = 0; i < 48894; ++i) line += "a b" + QByteArray::number(i) + "\n";
        const auto row = [](const char* name, const QByteArray& bytes) { QTest::newRow(name) << bytes; };
        row("empty", {});
        row("a web page", "<html></html>\n");
        row("gzip without content", QByteArray("\x1f\x8b\x08\x00 broken", 12));
        row("cut", good.left(good.size() / 2));
        row("cut in its last bytes", good.chopped(6));
        row("a byte changed", QByteArray(good).replace(good.size() / 3, 1, "\xa5"));
        row("gzip bomb", gzip(QByteArray(200 << 20, 'a')));
        row("gzip bomb of lines", gzip(QByteArray(200 << 20, '\n')));
        row("not in gzip, a line without a blank", QByteArray(line).replace("a b777\n", "ab777\n"));
        row("line without a blank", gzip(QByteArray(line).replace("a b777\n", "ab777\n")));
        row("line of three parts", gzip(QByteArray(line).replace("a b777\n", "a b 777\n")));
        row("line without a first part", gzip(QByteArray(line).replace("a b777\n", " b777\n")));
        row("line without a second part", gzip(QByteArray(line).replace("a b777\n", "a \n")));
        row("empty line", gzip(QByteArray(line).replace("a b777\n", "\n")));
        row("line twice", gzip(QByteArray(line).replace("a b777\n", "a b778\n")));
        row("too few lines", gzip(line.left(line.lastIndexOf('a'))));
    }
    void brokenVocabulary() {
        QFETCH(QByteArray, bytes);
        QTemporaryDir folder;
        const auto file = files::write(std::filesystem::path(folder.path().toStdString()) / "merges.gz", bytes);
        const auto problem = refusalProblem([&] { ClipTokenizer t(file); }, "corrupt", "merges.gz");
        QVERIFY2(problem.isEmpty(), problem);
    }
    void missingVocabulary() {
        QTemporaryDir folder;
        const auto path = std::filesystem::path(folder.path().toStdString());
        QCOMPARE(errorOf([&] { ClipTokenizer t(path / "merges.gz"); }), "not-found");
        QCOMPARE(errorOf([&] { ClipTokenizer t(path); }), "not-found"); // a folder
    }
};

PHLOXINE_TEST(condition_tokenizer, TestTokenizer, NoApplication)
#include "test_tokenizer.moc"
