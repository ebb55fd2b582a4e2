// `generate` and `recreate` with real pixels and canvases, and `reconstruct`, as a user calls them.
#include <QDir>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QtTest>

#include "core/image/ImageFile.h"
#include "tests/support/forked_command.h"
#include "tests/support/pictures.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class TestCanvasCommands : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;

    QString at(const QString& name) const { return m_dir.filePath(name); }
    Outcome run(const QStringList& arguments) const { return runForked(arguments, m_dir.path()); }
    static QStringList quick(const QString& out, const QStringList& more = {}) {
        return QStringList{"generate", "--class", "lung_scc", "--seed", "11", "--steps", "3", "--device", "cpu", "--out", out} + more;
    }
    static void requireOneSentence(const Outcome& o) {
        QVERIFY2(o.err.startsWith("phloxine: ") && o.err.count('\n') == 1 && o.err.endsWith("\n"), o.err);
        QVERIFY2(o.out.isEmpty(), o.out);
    }
    void write(const char* name, const Image& image) const { writePng(at(name).toStdString(), image); }

private slots:
    void initTestCase() {
        QVERIFY2(QFile::exists(program()), "the program is not built");
        const QString slide = PHLOXINE_TEST_DATA "/../../resources/slides/CMU-1-Small-Region.svs";
        const auto o =
            run({"slide", "region", slide, "--x", "700", "--y", "1000", "--width-um", "156.8", "--mpp", "0.7", "--out", "r.png"});
        QVERIFY2(o.code == 0, o.err);
        Image mask(224, 224);
        write("black.png", mask);
        fill(mask, 40, 70, 100, 90, 255, 255, 255);
        write("mask.png", mask);
        write("odd.png", testPicture(230, 224));
        write("small.png", testPicture(96, 96));
        QFile text(at("text.png"));
        QVERIFY(text.open(QIODevice::WriteOnly) && text.write("no image") > 0);
    }

    void paintsAndRecreates() {
        const auto made = run(quick("made", {"--initial", "r.png", "--mask", "mask.png"}));
        QVERIFY2(made.code == 0, made.err);
        QVERIFY(QDir(m_dir.path()).mkpath("far"));
        QVERIFY(QFile::copy(at("made/lung_scc-11.png"), at("far/tile.png")));
        auto o = run({"recreate", "far/tile.png", "--check"});
        QCOMPARE(o.code, 1);
        requireOneSentence(o);
        QVERIFY2(o.err.contains("SHA-256") && o.err.contains("--initial"), o.err);
        o = run({"recreate", "far/tile.png", "--check", "--initial", "r.png"});
        QVERIFY2(o.code == 1 && o.err.contains("--mask"), o.err);
        o = run({"recreate", "far/tile.png", "--check", "--initial", "r.png", "--mask", "black.png"});
        QVERIFY2(o.code == 1 && o.err.contains("SHA-256"), o.err);
        requireOneSentence(o);
        QCOMPARE(run({"recreate", "far/tile.png", "--check", "--initial", "r.png", "--mask", "mask.png"}).code, 0);
        for (const auto* name : {"r.png", "mask.png"}) QVERIFY(QFile::copy(at(name), at(QString("far/own ") + name))); // of any name
        o = run({"recreate", "far/tile.png", "--check"});                                                              // beside the tile
        QVERIFY2(o.code == 0 && o.out.contains("identical"), o.out + o.err);
        QVERIFY(run({"metadata", "far/tile.png"}).out.contains("composite"));
        for (const auto* folder : {"project/tiles", "project/inputs"}) QVERIFY(QDir(m_dir.path()).mkpath(folder)); // as the window has them
        QVERIFY(QFile::copy(at("made/lung_scc-11.png"), at("project/tiles/tile.png")));
        for (const auto* name : {"r.png", "mask.png"})
            QVERIFY(QFile::rename(at(QString("far/own ") + name), at(QString("project/inputs/") + name)));
        QCOMPARE(run({"recreate", "project/tiles/tile.png", "--check"}).code, 0);
        QCOMPARE(run({"metadata", "far/tile.png", "--json"}).json()["composite"].toBool(), true);
    }

    void requestFileNamesImagesBesideItself() {
        QVERIFY(QDir(m_dir.path()).mkpath("asked"));
        QVERIFY(QFile::copy(at("r.png"), at("asked/r.png")));
        QFile file(at("asked/request.json"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(R"({"format":"phloxine-request/1","class":"lung_n","seed":4,"steps":2,"initial_image":"r.png","strength":0.5})");
        file.close();
        const auto o = run({"generate", "--request", "asked/request.json", "--out", "answered", "--json"});
        QVERIFY2(o.code == 0, o.err);
        QCOMPARE(o.json()["request"].toObject()["initial_sha256"].toString().size(), 64);
        QVERIFY2(!o.out.contains("r.png"), o.out);
        QCOMPARE(run({"generate", "--request", "asked/request.json", "--initial", "mask.png", "--out", "other"}).code, 0);
    }

    void canvas() {
        const auto o = run(quick("wide", {"--width-px", "336", "--height-px", "240", "--json"}));
        QVERIFY2(o.code == 0, o.err);
        QCOMPARE(o.json()["request"].toObject()["width_px"].toInt(), 336);
        const auto image = readPng(at("wide/lung_scc-11.png").toStdString()).image;
        QCOMPARE(image.width, 336);
        QCOMPARE(image.height, 240);
        const auto again = run({"recreate", "wide/lung_scc-11.png", "--check"});
        QVERIFY2(again.code == 0, again.out + again.err);
        QVERIFY(run({"metadata", "wide/lung_scc-11.png"}).out.contains("336 x 240"));
    }

    void refused_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        QTest::newRow("strength of zero") << quick("x", {"--initial", "r.png", "--strength", "0"}) << 2;
        QTest::newRow("strength without an image") << quick("x", {"--strength", "0.5"}) << 2;
        QTest::newRow("mask without an image") << quick("x", {"--mask", "mask.png"}) << 2;
        QTest::newRow("image is missing") << quick("x", {"--initial", "gone.png"}) << 1;
        QTest::newRow("image is a text") << quick("x", {"--initial", "text.png"}) << 1;
        QTest::newRow("image of another size") << quick("x", {"--initial", "odd.png"}) << 2;
        QTest::newRow("nothing to paint") << quick("x", {"--initial", "r.png", "--mask", "black.png"}) << 2;
        QTest::newRow("width is no multiple") << quick("x", {"--width-px", "300"}) << 2;
        QTest::newRow("width too large") << quick("x", {"--width-px", "8192"}) << 2;
        QTest::newRow("width is a word") << quick("x", {"--width-px", "wide"}) << 2;
        QTest::newRow("reconstruct nothing") << QStringList{"reconstruct", "--out", "x"} << 2;
        QTest::newRow("reconstruct without a place") << QStringList{"reconstruct", "r.png"} << 2;
        QTest::newRow("reconstruct what is not there") << QStringList{"reconstruct", "gone.png", "--out", "x"} << 1;
        QTest::newRow("reconstruct a text") << QStringList{"reconstruct", "r.png", "text.png", "--out", "x"} << 1;
        QTest::newRow("reconstruct an odd size") << QStringList{"reconstruct", "r.png", "odd.png", "--out", "x"} << 2;
        QTest::newRow("reconstruct less than a tile") << QStringList{"reconstruct", "small.png", "--out", "x"} << 2;
        QTest::newRow("reconstruct one twice") << QStringList{"reconstruct", "r.png", "r.png", "--out", "x"} << 2;
        QTest::newRow("reconstruct with no model") << QStringList{"reconstruct", "r.png", "--model", "none", "--out", "x"} << 1;
        QTest::newRow("recreate with what was not used")
            << QStringList{"recreate", "plain/lung_scc-11.png", "--check", "--mask", "r.png"} << 2;
    }
    void refused() {
        QFETCH(QStringList, arguments);
        QFETCH(int, code);
        if (arguments.contains("plain/lung_scc-11.png")) QCOMPARE(run(quick("plain")).code, 0);
        const auto o = run(arguments);
        QVERIFY2(o.code == code, QByteArray::number(o.code) + o.err);
        requireOneSentence(o);
        QVERIFY(!QFile::exists(at("x")));
    }

    void exportRefusesRealPixels() {
        QCOMPARE(run(quick("composite", {"--initial", "r.png"})).code, 0);
        for (const auto* item : {R"({"class":"a","file":"composite/lung_scc-11.png"})",
                                 R"({"class":"a","request":{"format":"phloxine-request/1","class":"lung_n","initial_image":"r.png"}})"}) {
            QFile plan(at("plan.json"));
            QVERIFY(plan.open(QIODevice::WriteOnly));
            plan.write(QByteArray(R"({"format":"phloxine-export/1","items":[)") + item + "]}");
            plan.close();
            const auto o = run({"export", "--plan", "plan.json", "--out", "set"});
            QVERIFY2(o.code == 2 && o.err.contains("real pixels"), o.err);
            requireOneSentence(o);
        }
    }

    void reconstructs() {
        const auto o = run({"reconstruct", "r.png", "mask.png", "--out", "back", "--json"});
        QVERIFY2(o.code == 0, o.err);
        const auto images = o.json()["images"].toArray();
        QCOMPARE(images.size(), 2);
        const auto region = images[0].toObject();
        QVERIFY(region["psnr"].toDouble() > 18 && region["psnr"].toDouble() < 60);
        QVERIFY(region["ssim"].toDouble() > 0.5 && region["ssim"].toDouble() < 1);
        QCOMPARE(region["identical"].toBool(), false);
        const auto picture = readPng(at("back/r-reconstructed.png").toStdString());
        QCOMPARE(picture.image.width, 224);
        QVERIFY(picture.image.scale.known());
        QVERIFY(picture.texts[0].text.find("image_sha256") != std::string::npos);
        const auto again = run({"reconstruct", "r.png", "--out", "back"});
        QCOMPARE(again.code, 1);
        requireOneSentence(again);
        const auto table = run({"reconstruct", "r.png", "mask.png", "--out", "table"});
        QVERIFY2(table.out.contains("PSNR") && table.out.contains("mean") && table.out.count('\n') == 4, table.out);
        QCOMPARE(run({"metadata", "back/r-reconstructed.png"}).code, 1); // it is no tile
    }
};

PHLOXINE_TEST(cli_canvas, TestCanvasCommands, QCoreApplication)
#include "test_canvas_commands.moc"
