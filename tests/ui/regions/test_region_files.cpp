// Regions are kept beside the project after each edit and come back; files of others are read as far as they can be; tiles are cut from
// regions in the background.
#include <atomic>
#include <fstream>
#include <thread>

#include <QAction>
#include <QApplication>
#include <QDir>
#include <QProcess>

#include "core/base/Files.h"
#include "core/image/ImageFile.h"
#include "core/region/region_files.h"
#include "core/region/region_store.h"
#include "tests/ui/regions/bench_fixture.h"

using namespace phloxine;
using namespace phloxine::ui;
namespace fs = std::filesystem;

class TestRegionFiles : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    QString at(const QString& name) const { return m_dir.filePath(name); }
    fs::path pathAt(const QString& name) const { return at(name).toStdString(); }

    static Region square(double left, double top, double side, const char* className = "") {
        Region region;
        region.className = className;
        region.polygons = {{{{left, top}, {left + side, top}, {left + side, top + side}, {left, top + side}}, {}}};
        return region;
    }
    static std::vector<std::string> lines(const fs::path& file) {
        std::ifstream in(file);
        std::vector<std::string> all;
        for (std::string line; std::getline(in, line);) all.push_back(line);
        return all;
    }
    static void import(BenchFixture& f, const QString& file) {
        f.bench->importFrom(file);
        QVERIFY(f.settle());
    }

private Q_SLOTS:
    void keptAndBackAfterReopening() {
        const QString other = QStringLiteral("synthetic:9000x9000");
        {
            BenchFixture f(at("project"));
            QVERIFY(f.ok);
            f.document().add(square(100, 100, 300, "lung_scc"));
            f.document().choose(-1); // else it would be relabelled
            f.bench->addLabel(QStringLiteral("necrosis"), QColor(QStringLiteral("#8A5F00")));
            f.document().add(square(500, 100, 300, "necrosis"));
            QVERIFY(f.open(other)); // at once: what waits to be written is not lost
            QCOMPARE(f.document().count(), 0);
            f.document().add(square(1, 1, 30));
        } // and at the end
        BenchFixture f(at("project"));
        QVERIFY(f.ok);
        QCOMPARE(f.document().count(), 2);
        QCOMPARE(f.document().at(0)->region.className, std::string("lung_scc"));
        QVERIFY(!f.document().canUndo());
        QVERIFY(f.open(other));
        QCOMPARE(f.document().count(), 1);
        for (const auto& entry : fs::recursive_directory_iterator(pathAt("project/regions"))) // no name of a slide
            QVERIFY(entry.path().filename().string().find("synthetic") == std::string::npos);
    }

    void anotherProjectHasRegionsOfItsOwn() {
        BenchFixture f(at("one"));
        f.document().add(square(100, 100, 300));
        QVERIFY(f.settle());
        QSignalSpy opened(&f.bridge, &ProjectBridge::opened);
        f.bridge.open(at("two"));
        QVERIFY(opened.wait(10000) && f.settle());
        QCOMPARE(f.document().count(), 0);
        f.bridge.open(at("one"));
        QVERIFY(opened.wait(10000) && f.settle());
        QCOMPARE(f.document().count(), 1);
    }

    // A kill finds the file before or after an edit, never between.
    void theFileIsWholeAtAnyMoment() {
        BenchFixture f(at("whole"));
        f.document().add(square(0, 0, 10));
        QVERIFY(f.settle());
        const auto folder = pathAt("whole/regions");
        std::atomic<bool> done = false;
        std::atomic<int> read = 0, broken = 0;
        std::thread reader([&] {
            while (!done)
                for (const auto& entry : fs::directory_iterator(folder))
                    if (entry.path().extension() == ".geojson" && !entry.path().filename().string().starts_with(temporaryPrefix)) try {
                            (void)readRegions(entry.path());
                            ++read;
                        } catch (const Error& e) {
                            if (e.code() != ErrorCode::NotFound) ++broken;
                        }
        });
        for (int i = 0; i < 60; ++i) {
            f.document().add(square(i, i, 100 + i));
            QTest::qWait(3);
        }
        const bool settled = f.settle();
        done = true;
        reader.join();
        QVERIFY(settled);
        QVERIFY(read > 0);
        QCOMPARE(broken.load(), 0);
        int kept = 0;
        for (const auto& entry : fs::directory_iterator(folder)) kept += int(readRegions(entry.path()).regions.size());
        QCOMPARE(kept, 61);
    }

    // What the program had written when it was killed is there again.
    void survivesAKill() {
        QProcess child;
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("PHLOXINE_REGIONS_CHILD"), at("killed"));
        child.setProcessEnvironment(environment);
        child.start(QCoreApplication::applicationFilePath(), {QStringLiteral("ui_region_files")});
        QVERIFY(child.waitForStarted());
        int kept = 0;
        while (kept < 12 && child.waitForReadyRead(20000))
            while (child.canReadLine()) kept = child.readLine().trimmed().toInt();
        child.kill(); // in the middle of the next one
        QVERIFY(child.waitForFinished());
        QVERIFY(kept >= 12);
        BenchFixture f(at("killed"));
        QVERIFY(f.ok);
        QVERIFY2(f.document().count() >= kept && f.document().count() <= kept + 50, qPrintable(QString::number(f.document().count())));
    }

    void aFolderThatCannotBeWrittenIsToldOnce() {
        QVERIFY(QDir().mkpath(at("closed")));
        writeFileAtomically(pathAt("closed/regions"), "a file in the way");
        BenchFixture f(at("closed"));
        f.document().add(square(0, 0, 100));
        QVERIFY(f.settle());
        const auto& panel = f.bench->panel();
        QVERIFY2(panel.warned().contains(QStringLiteral("stay in memory")), qPrintable(panel.warned()));
        f.bench->panel().warn({});
        f.document().add(square(200, 0, 100));
        QVERIFY(f.settle());
        QVERIFY2(panel.warned().isEmpty(), qPrintable(panel.warned()));
        QCOMPARE(f.document().count(), 2); // the work goes on
        f.key(Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(f.document().count(), 1);
    }

    void aReadOnlyProjectKeepsThemInMemory() {
        RegionKeeper keeper;
        QSignalSpy failed(&keeper, &RegionKeeper::failed), opened(&keeper, &RegionKeeper::opened);
        keeper.setProject(at("read-only"), true);
        keeper.open(synthetic, {20000, 16000});
        QVERIFY(opened.wait(10000));
        for (int i = 0; i < 3; ++i) keeper.keep({shownRegion(square(1, 1, 20), {20000, 16000})});
        QCOMPARE(failed.count(), 1);
        QVERIFY(failed[0][0].toString().contains(QStringLiteral("only be read")));
        QVERIFY(!QDir(at("read-only")).exists());
    }

    void importOfDamagedFiles_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("empty") << QByteArray("");
        QTest::newRow("cut off") << QByteArray("{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"geom");
        QTest::newRow("no regions") << QByteArray(R"({"answer":42})");
        QTest::newRow("a picture") << QByteArray("\x89PNG\r\n");
    }
    void importOfDamagedFiles() {
        QFETCH(QByteArray, text);
        writeFileAtomically(pathAt("bad.geojson"), text.toStdString(), IfExists::Replace);
        BenchFixture f;
        f.document().add(square(0, 0, 100));
        import(f, at("bad.geojson"));
        QCOMPARE(f.document().count(), 1);
        QVERIFY2(f.said().contains(QStringLiteral("bad.geojson")), qPrintable(f.said()));
        import(f, at("gone.geojson"));
        QVERIFY(!f.said().isEmpty());
    }

    void importOfAnotherSlide() {
        BenchFixture f;
        auto bow = square(0, 0, 0);
        bow.polygons = {{{{100, 100}, {300, 320}, {300, 100}, {100, 300}}, {}}};
        auto line = square(0, 0, 0);
        line.polygons = {{{{100, 100}, {200, 200}, {300, 300}}, {}}};
        writeRegions(pathAt("mixed.geojson"), {square(100, 100, 50, "Tumor"), square(90000, 100, 50, "Tumor"), bow, line},
                     RegionFormat::GeoJson, IfExists::Replace);
        import(f, at("mixed.geojson"));
        QCOMPARE(f.document().count(), 3); // told, and not lost
        QVERIFY(f.document().at(1)->outside && !f.document().at(0)->outside);
        for (const char* word : {"3 regions were imported", "1 lies off this slide", "1 crosses itself", "1 holds no area"})
            QVERIFY2(f.said().contains(QLatin1String(word)), qPrintable(f.said()));
        f.key(Qt::Key_Z, Qt::ControlModifier); // one step
        QCOMPARE(f.document().count(), 0);
    }

    void exportAndImportAgain() {
        BenchFixture f;
        f.document().add(square(100, 100, 50, "lung_scc"));
        f.document().add(square(300, 100, 70));
        const auto before = f.document().values();
        for (const QString& name : {QStringLiteral("out.geojson"), QStringLiteral("out.xml")}) {
            f.bench->exportTo(at(name));
            QVERIFY(f.settle());
            const auto read = readRegions(pathAt(name));
            QCOMPARE(read.format, name.endsWith(QLatin1String("xml")) ? RegionFormat::AsapXml : RegionFormat::GeoJson);
            QCOMPARE(read.regions.size(), before.size());
            for (std::size_t i = 0; i < before.size(); ++i) QVERIFY(read.regions[i].polygons == before[i].polygons);
        }
        f.bench->exportTo(at("no/such/folder.geojson"));
        QVERIFY(f.settle());
        QVERIFY(!f.said().contains(QStringLiteral("written to")));
    }

    void tissueBecomesARegion() {
        BenchFixture f({}, sampleSlide());
        QVERIFY(f.ok);
        QVERIFY(QTest::qWaitFor([&] { return !f.view.overview().isNull(); }, 20000));
        f.find<QAction>("tissueRegion")->trigger();
        QVERIFY(f.settle());
        QCOMPARE(f.document().count(), 1);
        const double share = f.document().at(0)->areaPx / (f.view.slideSize().width() * f.view.slideSize().height());
        QVERIFY2(share > 0.2 && share < 0.9, qPrintable(QString::number(share)));
    }

    void cutsTilesAtTheModelsScale() {
        BenchFixture f({}, sampleSlide());
        f.document().add(square(500, 800, 1200, "colon_n"));
        CutWish wish;
        wish.request.tilePx = f.card.tileSizePx, wish.request.micronsPerPixel = f.card.scale.micronsPerPixel;
        wish.folder = at("cut");
        QSignalSpy done(f.bench.get(), &RegionBench::cutDone);
        f.bench->cut(wish);
        QVERIFY(f.settle());
        QCOMPARE(done.count(), 1);
        const int tiles = done[0][1].toInt();
        QVERIFY(tiles > 0);
        QCOMPARE(int(lines(pathAt("cut/metadata.jsonl")).size()), tiles);
        QVERIFY(fs::is_directory(pathAt("cut/colon_n")));
        QVERIFY2(f.said().contains(QDir::toNativeSeparators(at("cut"))) && f.said().contains(QStringLiteral("not far enough inside")),
                 qPrintable(f.said()));
        for (const auto& entry : fs::directory_iterator(pathAt("cut/colon_n"))) {
            const Image tile = readImage(entry.path());
            QCOMPARE(tile.width, f.card.tileSizePx);
            break;
        }
        f.bench->cut(wish); // the same again goes on and finds all of it
        QVERIFY(f.settle());
        QCOMPARE(done.count(), 2);
        QCOMPARE(done[1][1].toInt(), tiles);
    }

    void aSlideWithoutScaleIsNotCut() {
        Image plain(1200, 900);
        fill(plain, 0, 0, 1200, 900, 200, 120, 170);
        writePng(pathAt("plain.png"), plain, {}, IfExists::Replace);
        BenchFixture f({}, at("plain.png"));
        QVERIFY(f.ok);
        QVERIFY(!f.view.slideScale().known());
        f.document().add(square(10, 10, 800, "colon_n"));
        CutWish wish;
        wish.request.tilePx = 224, wish.request.micronsPerPixel = 0.7, wish.folder = at("none");
        f.bench->cut(wish);
        f.find<QAction>("cutTiles")->trigger();
        QVERIFY2(f.said().contains(QString::fromUtf8("Set \u00b5m/px")), qPrintable(f.said()));
        QVERIFY(!QDir(at("none")).exists());
        f.view.setUserScale(0.5); // what the sentence asks for is enough
        f.bench->cut(wish);
        QVERIFY(f.settle());
        QVERIFY2(f.said().contains(QDir::toNativeSeparators(at("none"))), qPrintable(f.said()));
    }

    void aSlideThatGoesAway() {
        QVERIFY(QFile::copy(sampleSlide(), at("leaving.svs")));
        BenchFixture f({}, at("leaving.svs"));
        QVERIFY(f.ok);
        f.document().add(square(500, 800, 1200, "colon_n"));
        QVERIFY(QFile::remove(at("leaving.svs")));
        CutWish wish;
        wish.request.tilePx = 224, wish.request.micronsPerPixel = 0.7, wish.folder = at("left");
        f.bench->cut(wish);
        QVERIFY(f.settle());
        QVERIFY2(f.said().contains(QStringLiteral("leaving.svs")), qPrintable(f.said()));
        QCOMPARE(f.document().count(), 1);
        f.bench->useAsInitial();
        QVERIFY(f.settle());
        QVERIFY(!f.said().isEmpty());
    }

    void aSlideThatIsCutOffWhileItIsRead() {
        QVERIFY(QFile::copy(sampleSlide(), at("shrinking.svs")));
        QVERIFY(QFile::setPermissions(at("shrinking.svs"), QFile::ReadOwner | QFile::WriteOwner));
        BenchFixture f({}, at("shrinking.svs"));
        f.document().add(square(0, 0, 2200, "colon_n"));
        CutWish wish;
        wish.request.tilePx = 64, wish.request.micronsPerPixel = 0.7, wish.folder = at("shrunk");
        f.bench->cut(wish);
        QTest::qWait(200);
        QVERIFY(QFile::resize(at("shrinking.svs"), 20'000));
        QVERIFY(f.settle());
        QVERIFY(!f.said().isEmpty());
        QCOMPARE(f.document().count(), 1);
    }

    void stoppedWhileItCuts() {
        BenchFixture f({}, sampleSlide());
        f.document().add(square(0, 0, 2200, "colon_n"));
        CutWish wish;
        wish.request.tilePx = 64, wish.request.micronsPerPixel = 0.7, wish.folder = at("stopped");
        f.bench->cut(wish);
        QTest::qWait(150);
        Q_EMIT f.bench->panel().stopRequested();
        QVERIFY(f.settle());
        QVERIFY2(f.said().contains(QStringLiteral("Stopped")), qPrintable(f.said()));
        f.document().add(square(10, 10, 30)); // and nothing hangs
        QCOMPARE(f.document().count(), 2);
    }
};

// Draws without end, and says after each region that it is on the disk.
int drawUntilKilled(const QString& project) {
    BenchFixture f(project);
    for (int i = 1; f.ok && i < 100000; ++i) {
        Region region;
        region.polygons = {{{{double(i), 0}, {i + 50.0, 0}, {i + 50.0, 50}}, {}}};
        f.document().add(region);
        if (!f.settle()) return 1;
        std::printf("%d\n", i);
        std::fflush(stdout);
    }
    return 1;
}

int test_ui_region_files(int argc, char** argv) {
    QApplication app(argc, argv);
    if (const QString project = qEnvironmentVariable("PHLOXINE_REGIONS_CHILD"); !project.isEmpty()) return drawUntilKilled(project);
    TestRegionFiles test;
    return QTest::qExec(&test, argc, argv);
}

#include "test_region_files.moc"
