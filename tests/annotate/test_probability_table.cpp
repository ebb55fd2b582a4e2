// Tables of probabilities, ours and WSInfer's.
#include <QtTest>

#include "core/annotate/probability_table.h"
#include "core/base/Files.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class ProbabilityTableTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::filesystem::path write(const QByteArray& text) {
        const auto path = std::filesystem::path(m_folder.path().toStdString()) / ("t" + std::to_string(m_next++) + ".csv");
        writeFileAtomically(path, std::string_view(text.constData(), std::size_t(text.size())));
        return path;
    }
    int m_next = 0;

private slots:
    void wsinfer() {
        const auto table =
            readProbabilityTable(write("minx,miny,width,height,prob_Other,prob_Tumor\r\n0,0,100,100,0.9,0.1\r\n100,0,100,100,0.2,0.8\r\n"));
        QVERIFY(table.hasPlaces && !table.hasFiles);
        QCOMPARE(table.classes, (std::vector<std::string>{"Other", "Tumor"}));
        QCOMPARE(table.rows[1].place, (Place{100, 0, 100, 100}));
        QCOMPARE(classColumn(table, ""), std::size_t(1));
        QCOMPARE(classColumn(table, "tumor"), std::size_t(1));
        QCOMPARE(classColumn(table, "prob_Other"), std::size_t(0));
        QCOMPARE(errorOf([&] { classColumn(table, "til"); }), "wrong-use");
    }

    void meansAreByArea() {
        const auto table = readProbabilityTable(
            write("x,y,width,height,prob_t\n0,0,100,100,0\n100,0,100,100,1\n0,100,100,100,0.4\n100,100,100,100,0.6\n"));
        const auto mean = [&](Place tile) { return meanOver(table, 0, tile); };
        QVERIFY(std::abs(*mean({50, 0, 100, 100}) - 0.5) < 1e-12);
        QVERIFY(std::abs(*mean({75, 0, 100, 100}) - 0.75) < 1e-12);
        QVERIFY(std::abs(*mean({0, 0, 200, 200}) - 0.5) < 1e-12);
        QVERIFY(std::abs(*mean({90, 90, 40, 40}) - (0.0 * 100 + 1 * 300 + 0.4 * 300 + 0.6 * 900) / 1600) < 1e-12);
        QVERIFY(std::abs(*mean({150, 0, 100, 100}) - 1) < 1e-12); // half of it
        QVERIFY(!mean({151, 0, 100, 100}));
        QVERIFY(!mean({1000, 1000, 10, 10}));
    }

    void roundTrip() {
        ProbabilityTable table{{"a,b", "t"}, true, false, {{"x/y.png", {}, {0.25, 0.75}}, {"with \"marks\", and commas.png", {}, {1, 0}}}};
        const auto again = readProbabilityTable(write(QByteArray::fromStdString(toCsv(table))));
        QCOMPARE(again.classes, table.classes);
        QCOMPARE(again.rows[1].file, table.rows[1].file);
        QCOMPARE(*valueOf(again, 1, "x/y.png"), 0.75);
        QVERIFY(!valueOf(again, 1, "y.png"));
        const ProbabilityTable places{{"t"}, false, true, {{"", {1, 2, 3.5, 4}, {1.0 / 3}}}};
        const auto read = readProbabilityTable(write(QByteArray::fromStdString(toCsv(places))));
        QCOMPARE(read.rows[0].place, places.rows[0].place);
        QVERIFY(std::abs(read.rows[0].probabilities[0] - 1.0 / 3) < 1e-9);
        QCOMPARE(readPlaces(write("x,y,width,height\n1,2,3,4\n")).size(), std::size_t(1));
    }

    void tablesThatAreRefused_data() {
        QTest::addColumn<QByteArray>("text");
        for (const char* text : {"",
                                 "\n",
                                 "a,b\n1,2\n",
                                 "file\na.png\n",
                                 "prob_t\n0.5\n",
                                 "x,y,width,prob_t\n1,2,3,0.5\n",
                                 "file,prob_t\na.png\n",
                                 "file,prob_t\na.png,0.5,1\n",
                                 "file,prob_t\na.png,\n",
                                 "file,prob_t\na.png,high\n",
                                 "file,prob_t\na.png,0.5x\n",
                                 "file,prob_t\na.png,1.5\n",
                                 "file,prob_t\na.png,-0.5\n",
                                 "file,prob_t\na.png,nan\n",
                                 "file,prob_t\na.png,inf\n",
                                 "file,prob_t,prob_T\na.png,0,1\n",
                                 "file,file,prob_t\na,b,0.5\n",
                                 "x,y,width,height,prob_t\n0,0,0,10,0.5\n",
                                 "x,y,width,height,prob_t\n0,0,-5,10,0.5\n",
                                 "file,prob_t\na.png,0.5\na.png,0.6\n",
                                 "file,prob_\na.png,0.5\n"})
            QTest::newRow(text) << QByteArray(text);
    }
    void tablesThatAreRefused() {
        QFETCH(QByteArray, text);
        std::string message;
        QCOMPARE(errorOf([&] { readProbabilityTable(write(text)); }, &message), "corrupt");
        QVERIFY(message.find('\n') == message.npos && message.find("line") != message.npos);
    }

    void otherFailures() {
        QCOMPARE(errorOf([] { readProbabilityTable("/nowhere/table.csv"); }), "not-found");
        QCOMPARE(errorOf([&] { readPlaces(write("file,prob_t\na.png,1\n")); }), "corrupt");
        const auto three = readProbabilityTable(write("file,prob_a,prob_b,prob_c\na.png,0,0,1\n"));
        QCOMPARE(errorOf([&] { classColumn(three, ""); }), "wrong-use");
    }
};

PHLOXINE_TEST(annotate_tables, ProbabilityTableTest, NoApplication)
#include "test_probability_table.moc"
