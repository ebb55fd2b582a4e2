// Tiles from slides on disk: the small slide, made pictures, bad files; what a set reader finds in the folder.
#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include "core/base/Files.h"
#include "core/image/ImageFile.h"
#include "core/measure/TileSet.h"
#include "core/region/cut_tiles.h"
#include "core/region/region_files.h"
#include "tests/support/errors.h"
#include "tests/support/slides.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

namespace {

Region namedRegion(const std::string& className, double left, double top, double width, double height) {
    return {"1",       className + " one", className,
            "#102030", "annotation",       {{{{left, top}, {left + width, top}, {left + width, top + height}, {left, top + height}}, {}}}};
}

CutRequest smallRequest() {
    CutRequest r;
    r.tilePx = 64, r.micronsPerPixel = 2, r.tissueShare = 0.3;
    return r;
}

Image tissue(int side, Scale scale) { // of the synthetic slide
    auto image = syntheticSlide(side, side)->read(0, 0, 0, side, side);
    image.scale = scale;
    return image;
}

std::vector<Json> rowsOf(const fs::path& folder) {
    std::vector<Json> rows;
    std::istringstream lines(readFile(folder / "metadata.jsonl"));
    for (std::string line; std::getline(lines, line);) rows.push_back(parseJson(line, "row"));
    return rows;
}

std::map<std::string, std::string> filesOf(const fs::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && !entry.path().filename().string().starts_with('.'))
            files[entry.path().lexically_relative(folder)] = readFile(entry.path());
    return files;
}

} // namespace

class TestCutTiles : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;

    fs::path folder(const char* name) const {
        const auto path = fs::path(m_dir.path().toStdString()) / name;
        fs::create_directories(path);
        return path;
    }
    // The small slide with regions of two classes.
    fs::path slideWithRegions(const char* name) const {
        const auto path = folder(name);
        fs::copy_file(smallSlide(), path / "TCGA-AB-1234-01A.svs", fs::copy_options::skip_existing);
        if (!isThere(path / "TCGA-AB-1234-01A.geojson"))
            writeRegions(path / "TCGA-AB-1234-01A.geojson", {namedRegion("Tumor: a/b", 0, 0, 1100, 2900), namedRegion("Stroma", 1100, 0, 1100, 2900)},
                         RegionFormat::GeoJson);
        return path;
    }

private slots:
    void aSetThatReadersTake() {
        const auto slides = slideWithRegions("one"), out = slides / "set"; // below the slides, and not looked at again
        const auto result = cutTiles(findSlides({slides}, {}, out), smallRequest(), out);
        QCOMPARE(result.slides, 1);
        QCOMPARE(result.classes.size(), std::size_t(2));
        QVERIFY(result.written > 20 && result.kept == 0 && result.faults.empty());
        auto set = readTileSet(out);
        QCOMPARE(int(set.tiles.size()), result.written);
        QVERIFY(set.faults.empty() && set.groupsKnown);
        QCOMPARE(set.groupSource, std::string("metadata.jsonl: group"));
        for (const auto& tile : set.tiles) {
            QCOMPARE(tile.group, std::string("TCGA-AB-1234"));
            QVERIFY(tile.className == "Stroma" || tile.className == "Tumor__a_b");
            QVERIFY(tile.name.starts_with(tile.className + "/TCGA-AB-1234-01A_"));
            QCOMPARE(tile.scale.micronsPerPixel, 2.0);
            QVERIFY(tile.scale.source == ScaleSource::Property);
        }
        const auto row = rowsOf(out).front();
        QCOMPARE(row["slide"].get<std::string>(), std::string("TCGA-AB-1234-01A.svs"));
        QCOMPARE(row["region"].get<std::string>(), std::string("Stroma one"));
        QVERIFY(row["tissue_share"].get<double>() >= 0.3 && row["region_share"].get<double>() >= 0.75);
        QVERIFY(std::abs(row["width"].get<double>() - 64 * 2 / 0.499) < 1e-6);
        const auto slide = openSlide(slides / "TCGA-AB-1234-01A.svs");
        const auto image = readPng(out / row["file_name"].get<std::string>()).image;
        QVERIFY(image == readRegion(*slide, row["x"], row["y"], 64, 64, 2));
        QCOMPARE(image.scale.micronsPerPixel, 2.0);
    }

    void goesOnWhereItStopped() {
        const auto slides = slideWithRegions("two"), whole = folder("whole"), broken = folder("broken");
        const auto search = findSlides({slides}, {}, {});
        cutTiles(search, smallRequest(), whole);
        int steps = 0;
        QCOMPARE(errorOf([&] {
                     cutTiles(search, smallRequest(), broken, [&](const Progress&) {
                         if (++steps > 10) throw Cancelled();
                     });
                 }),
                 QByteArray("cancelled"));
        QCOMPARE(errorOf([&] { readTileSet(broken); }), QByteArray("not-found")); // a set without groups would be taken for one
        const auto files = filesOf(broken);
        const auto cutShort = std::find_if(files.begin(), files.end(), [](const auto& f) { return f.first.ends_with(".png"); });
        QVERIFY(cutShort != files.end());
        writeFileAtomically(broken / cutShort->first, cutShort->second.substr(0, 100), IfExists::Replace);
        const auto result = cutTiles(search, smallRequest(), broken);
        QVERIFY(result.kept > 5 && result.written > 15);
        QVERIFY(filesOf(broken) == filesOf(whole));
        QCOMPARE(cutTiles(search, smallRequest(), broken).written, 0);
    }

    void anotherPlanIsRefused() {
        const auto slides = slideWithRegions("three"), out = folder("plans");
        cutTiles(findSlides({slides}, {}, {}), smallRequest(), out);
        const auto before = filesOf(out);
        auto other = smallRequest();
        other.seed = 7;
        QCOMPARE(errorOf([&] { cutTiles(findSlides({slides}, {}, {}), other, out); }), QByteArray("exists"));
        writeRegions(slides / "TCGA-AB-1234-01A.geojson", {namedRegion("Stroma", 0, 0, 1100, 2900)}, RegionFormat::GeoJson, IfExists::Replace);
        QCOMPARE(errorOf([&] { cutTiles(findSlides({slides}, {}, {}), smallRequest(), out); }), QByteArray("exists"));
        QVERIFY(filesOf(out) == before);
        QCOMPARE(errorOf([&] { cutTiles(findSlides({slides}, {}, {}), smallRequest(), slides); }), QByteArray("exists")); // holds slides
        writeFileAtomically(out / "plan.json", "{", IfExists::Replace);
        QCOMPARE(errorOf([&] { cutTiles(findSlides({slides}, {}, {}), smallRequest(), out); }), QByteArray("corrupt"));
    }

    void unreadableParts() {
        const auto slides = folder("bad-tile");
        writeFileAtomically(slides / "bad.svs", slideWithBadTile(30));
        fs::copy_file(smallSlide(), slides / "good.svs");
        auto r = smallRequest();
        r.className = "tissue", r.tissueShare = 0, r.tilePx = 48, r.micronsPerPixel = 0.998; // several tiles touch one bad part
        const auto result = cutTiles(findSlides({slides, slides / "good.svs", slides / ".." / "bad-tile"}, {}, {}), r, folder("bad-out"));
        QCOMPARE(result.slides, 2);                      // however often they are named
        QCOMPARE(result.notices.size(), std::size_t(1)); // one slide is partly hatched in its overview
        const auto rows = rowsOf(folder("bad-out"));
        const auto of = [&](const char* slide) {
            return std::count_if(rows.begin(), rows.end(), [&](const Json& row) { return row["slide"] == slide; });
        };
        QVERIFY2(result.leftOut.unreadable >= 4, std::to_string(result.leftOut.unreadable).c_str());
        QCOMPARE(std::int64_t(of("good.svs") - of("bad.svs")), result.leftOut.unreadable);
        for (const auto& row : rows) { // no hatching in what was kept
            if (row["slide"] != "bad.svs") continue;
            const auto good = std::find_if(rows.begin(), rows.end(), [&](const Json& g) {
                return g["slide"] == "good.svs" && g["x"] == row["x"] && g["y"] == row["y"];
            });
            QVERIFY(good != rows.end());
            QVERIFY(readFile(folder("bad-out") / row["file_name"].get<std::string>()) ==
                    readFile(folder("bad-out") / (*good)["file_name"].get<std::string>()));
        }
    }

    void slidesThatGiveNothing() {
        const auto slides = folder("mixed"), out = folder("mixed-out");
        writePng(slides / "known.png", tissue(600, {0.5, ScaleSource::User}));
        writePng(slides / "unknown.png", tissue(600, {}));
        writePng(slides / "coarse.png", tissue(600, {8, ScaleSource::User}));
        writePng(slides / "double.png", tissue(600, {0.5, ScaleSource::User}));
        writeFileAtomically(slides / "double.xml", "<ASAP_Annotations/>");
        writeFileAtomically(slides / "double.geojson", "[]");
        writePng(slides / "empty.png", tissue(600, {0.5, ScaleSource::User}));
        writeFileAtomically(slides / "empty.geojson", "");
        writeFileAtomically(slides / "cut.svs", readFile(smallSlide()).substr(0, 1000));
        writeFileAtomically(slides / "notes.dat", "no slide");
        auto r = smallRequest();
        r.className = "tissue", r.tissueShare = 0, r.micronsPerPixel = 1;
        const auto search = findSlides({slides}, {}, {});
        QCOMPARE(search.otherFiles + int(search.faults.size()), 3); // notes.dat; cut.svs and double
        const auto result = cutTiles(search, r, out);
        QCOMPARE(result.slides, 1);
        QCOMPARE(rowsOf(out).size(), std::size_t(16));
        std::map<std::string, std::string> reasons;
        for (const auto& fault : result.faults) reasons[fault.slide] = fault.reason;
        QVERIFY(reasons["unknown.png"].find("--assume-mpp") != std::string::npos);
        QVERIFY(reasons["coarse.png"].find("enlarged") != std::string::npos);
        QVERIFY(reasons["double.png"].find("two region files") != std::string::npos);
        QVERIFY(reasons["empty.png"].find("is empty") != std::string::npos);
        r.assumedMicronsPerPixel = 0.5;
        const auto assumed = folder("assumed");
        QCOMPARE(cutTiles(search, r, assumed).slides, 2);
        for (const auto& row : rowsOf(assumed))
            QCOMPARE(row["mpp_source"].get<std::string>(), std::string(row["slide"] == "unknown.png" ? "assumed" : "user"));
        for (const auto& tile : readTileSet(assumed).tiles) QVERIFY(tile.scale.source == ScaleSource::Assumed); // all of it, for comparison
    }

    void refusalsLeaveNothingBehind() {
        const auto slides = folder("alone"), out = fs::path(m_dir.path().toStdString()) / "never";
        writePng(slides / "unknown.png", tissue(300, {}));
        auto r = smallRequest();
        r.className = "tissue", r.micronsPerPixel = 1;
        std::string message;
        QCOMPARE(errorOf([&] { cutTiles(findSlides({slides}, {}, {}), r, out); }, &message), QByteArray("wrong-use"));
        QCOMPARE(message, std::string("unknown.png does not state its scale; give its micrometres per pixel with --assume-mpp."));
        writeFileAtomically(folder("cut") / "cut.svs", readFile(smallSlide()).substr(0, 1000));
        QCOMPARE(errorOf([&] { cutTiles(findSlides({folder("cut")}, {}, {}), r, out); }), QByteArray("corrupt"));
        QCOMPARE(errorOf([&] { cutTiles(findSlides({folder("nothing")}, {}, {}), r, out); }), QByteArray("not-found"));
        QCOMPARE(errorOf([&] { findSlides({"/no/such/slide.svs"}, {}, {}); }), QByteArray("not-found"));
        QCOMPARE(errorOf([&] { findSlides({slides}, "/no/such/folder", {}); }), QByteArray("not-found"));
        QVERIFY(!isThere(out));
    }

    void namesThatClash() {
        const auto left = folder("left"), right = folder("right"), out = fs::path(m_dir.path().toStdString()) / "clash";
        for (const auto& where : {left, right}) writePng(where / "a.png", tissue(300, {0.5, ScaleSource::User}));
        auto r = smallRequest();
        r.className = "tissue", r.tissueShare = 0, r.micronsPerPixel = 1;
        QCOMPARE(errorOf([&] { cutTiles(findSlides({left, right}, {}, {}), r, out); }), QByteArray("wrong-use"));
        writeRegions(left / "a.geojson", {namedRegion("x y", 0, 0, 150, 300), namedRegion("x/y", 150, 0, 150, 300)}, RegionFormat::GeoJson);
        std::string message;
        QCOMPARE(errorOf([&] { cutTiles(findSlides({left}, {}, {}), r, out); }, &message), QByteArray("wrong-use"));
        QVERIFY(message.find("x_y") != message.npos);
        QVERIFY(!isThere(out));
    }

    void regionsInAFolderOfTheirOwn() {
        const auto slides = folder("slides"), regions = folder("regions");
        writePng(slides / "a.png", tissue(600, {0.5, ScaleSource::User}));
        writeRegions(regions / "a.png.xml", {namedRegion("x", 0, 0, 300, 600)}, RegionFormat::AsapXml);
        auto r = smallRequest();
        r.tissueShare = 0, r.micronsPerPixel = 1;
        const auto out = folder("own-regions");
        QCOMPARE(cutTiles(findSlides({slides / "a.png"}, regions, {}), r, out).classes.at("x"), 8);
        std::string message;
        QCOMPARE(errorOf([&] { cutTiles(findSlides({slides}, {}, {}), r, folder("none")); }, &message), QByteArray("wrong-use"));
        QVERIFY(message.find("--class") != message.npos);
    }

    void dicomFilesOfOneSlideCountOnce() {
        const auto slides = folder("dicom");
        fs::copy_file(dicomSlide(), slides / "one.dcm");
        fs::copy_file(dicomSlide(), slides / "two.dcm");
        QCOMPARE(findSlides({slides}, {}, {}).slides.size(), std::size_t(1));
    }
};

PHLOXINE_TEST(region_cut_tiles, TestCutTiles, NoApplication)
#include "test_cut_tiles.moc"
