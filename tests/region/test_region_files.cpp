// GeoJSON of QuPath and the XML of ASAP: what comes back, and what a bad file gives.
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Files.h"
#include "core/region/region_files.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

const Ring triangle{{0, 0}, {10.25, 0}, {0, 20.125}};
const Ring hole{{1, 1}, {2, 1}, {1, 2}};

std::string feature(const std::string& geometry, const std::string& properties = "{}") {
    return R"({"type":"Feature","id":"a1","geometry":)" + geometry + R"(,"properties":)" + properties + "}";
}
std::string polygon(const std::string& rings = "[[[0,0],[10.25,0],[0,20.125],[0,0]]]") {
    return R"({"type":"Polygon","coordinates":)" + rings + "}";
}
std::string asap(const std::string& annotations, const std::string& groups = "") {
    return "<?xml version=\"1.0\"?>\n<ASAP_Annotations><Annotations>" + annotations + "</Annotations><AnnotationGroups>" + groups +
           "</AnnotationGroups></ASAP_Annotations>\n";
}
std::string annotation(const std::string& type, const std::string& places, const std::string& group = "None") {
    return "<Annotation Name=\"one\" Type=\"" + type + "\" PartOfGroup=\"" + group + "\" Color=\"#f4fa58\"><Coordinates>" + places +
           "</Coordinates></Annotation>";
}
std::string place(int order, const std::string& x, const std::string& y) {
    return "<Coordinate Order=\"" + std::to_string(order) + "\" X=\"" + x + "\" Y=\"" + y + "\"/>";
}
const std::string threePlaces = place(0, "0", "0") + place(1, "10.25", "0") + place(2, "0", "20.125");

} // namespace

class TestRegionFiles : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    int m_count = 0;

    std::filesystem::path file(const std::string& text) {
        const auto path =
            std::filesystem::path(m_dir.path().toStdString()) / ("regions" + std::to_string(++m_count) + ".txt"); // no ending helps
        writeFileAtomically(path, text);
        return path;
    }
    RegionFile read(const std::string& text) { return readRegions(file(text)); }

private slots:
    void quPathFeatures() {
        const auto properties = R"({"objectType":"annotation","name":"left","classification":{"name":"Tumor","color":[200,0,16]}})";
        const auto one = feature(polygon(), properties);
        for (const auto& text : {one, "[" + one + "]", "\xEF\xBB\xBF {\"type\":\"FeatureCollection\",\"features\":[" + one + "]}"}) {
            const auto found = read(text);
            QCOMPARE(found.regions.size(), std::size_t(1));
            QVERIFY(found.notices.empty() && found.format == RegionFormat::GeoJson);
            const auto& region = found.regions[0];
            QCOMPARE(region.id, std::string("a1"));
            QCOMPARE(region.name, std::string("left"));
            QCOMPARE(region.className, std::string("Tumor"));
            QCOMPARE(region.colour, std::string("#C80010"));
            QVERIFY(region.polygons == (std::vector<Polygon>{{triangle, {}}}));
        }
    }

    void olderAndDerivedClasses() {
        const auto packed = read(feature(polygon(), R"({"classification":{"name":"Stroma","colorRGB":-6895466}})")).regions[0];
        QCOMPARE(packed.colour, std::string("#96C896")); // 0xFF96C896
        QCOMPARE(packed.objectType, std::string("annotation"));
        const auto derived = read(feature(polygon(), R"({"classification":{"names":["Tumor","Positive"]},"color":[1,2,3]})")).regions[0];
        QCOMPARE(derived.className, std::string("Tumor: Positive"));
        QCOMPARE(derived.colour, std::string("#010203"));
        const auto bare = read(feature(polygon(), "null")).regions[0];
        QVERIFY(bare.className.empty() && bare.colour.empty() && bare.name.empty());
    }

    void holesAndMultiPolygons() {
        const auto found = read(feature(polygon("[[[0,0],[10.25,0],[0,20.125],[0,0]],[[1,1],[2,1],[1,2],[1,1]]]")));
        QVERIFY(found.regions[0].polygons == (std::vector<Polygon>{{triangle, {hole}}}));
        const auto many = read(feature(R"({"type":"MultiPolygon","coordinates":[[[[0,0],[10.25,0],[0,20.125]]],[[[1,1],[2,1],[1,2]]]]})"));
        QVERIFY(many.regions[0].polygons == (std::vector<Polygon>{{triangle, {}}, {hole, {}}}));
    }

    void otherGeometriesAreCounted() {
        const auto found =
            read("[" + feature(R"({"type":"Point","coordinates":[1,2]})") + "," + feature(R"({"type":"Point","coordinates":[3,4]})") + "," +
                 feature("null") + "," + feature(polygon()) + ",7]");
        QCOMPARE(found.regions.size(), std::size_t(1));
        QCOMPARE(found.notices.size(), std::size_t(3));
        QVERIFY(std::find(found.notices.begin(), found.notices.end(),
                          "2 features have Point geometry, which is no area, and were left out.") != found.notices.end());
    }

    void geoJsonRoundTrip() {
        std::vector<Region> regions;
        regions.push_back({"x",
                           "name \"quoted\" \xC3\xA9",
                           "Tumor",
                           "#C80010",
                           "annotation",
                           {{triangle, {hole}}, {{{1e5 + 0.1, 3}, {7, 8}, {9, -1}}, {}}}});
        regions.push_back({"2", "", "", "#0A0B0C", "tile", {{triangle, {}}}});
        const auto path = std::filesystem::path(m_dir.path().toStdString()) / "round.geojson";
        writeRegions(path, regions, RegionFormat::GeoJson);
        QVERIFY(readRegions(path).regions == regions);
        QCOMPARE(errorOf([&] { writeRegions(path, regions, RegionFormat::GeoJson); }), QByteArray("exists"));
        writeRegions(path, {}, RegionFormat::GeoJson, IfExists::Replace);
        QVERIFY(readRegions(path).regions.empty());
    }

    void asapTypes() {
        const auto rectangle = place(0, "1", "2") + place(1, "5", "6");
        const auto found =
            read(asap(annotation("Polygon", threePlaces, "Tumor") + annotation("Rectangle", rectangle) + annotation("Spline", threePlaces) +
                          annotation("Dot", place(0, "1", "1")) + annotation("PointSet", place(0, "1", "1")),
                      "<Group Name=\"Tumor\" PartOfGroup=\"None\" Color=\"#64fe2e\"><Attributes/></Group>"));
        QVERIFY(found.format == RegionFormat::AsapXml);
        QCOMPARE(found.regions.size(), std::size_t(3));
        QCOMPARE(found.regions[0].className, std::string("Tumor"));
        QCOMPARE(found.regions[0].colour, std::string("#64FE2E"));
        QVERIFY(found.regions[0].polygons == (std::vector<Polygon>{{triangle, {}}}));
        QVERIFY(found.regions[1].className.empty());
        QVERIFY(found.regions[1].polygons[0].outer == (Ring{{1, 2}, {5, 2}, {5, 6}, {1, 6}}));
        QCOMPARE(found.regions[1].id, std::string("2"));
        QCOMPARE(found.notices.size(), std::size_t(3)); // a spline as polygon, a dot, a point set
    }

    void asapOrderCommaAndUnknownGroup() {
        const auto found = read(asap(annotation("Polygon", place(2, "0", "20,125") + place(0, "0", "0") + place(1, "10,25", "0"), "Lost")));
        QVERIFY(found.regions[0].polygons[0].outer == triangle);
        QCOMPARE(found.regions[0].className, std::string("Lost"));
        QCOMPARE(found.notices,
                 std::vector<std::string>{"1 region names the group Lost, which the file does not list; it was taken as its class."});
    }

    void asapRoundTrip() { // holes and multipolygons come back as the same inside
        const std::vector<Region> regions{
            {"1", "a <b>", "Tumor & more", "#C80010", "annotation", {{triangle, {hole, {{3, 3}, {4, 3}, {3, 4}}}}}},
            {"2", "", "", "#010203", "annotation", {{triangle, {}}, {{{50, 50}, {60, 50}, {50, 60}}, {}}}}};
        const auto path = std::filesystem::path(m_dir.path().toStdString()) / "round.xml";
        writeRegions(path, regions, RegionFormat::AsapXml);
        const auto back = readRegions(path);
        QVERIFY(back.notices.empty());
        QCOMPARE(back.regions.size(), std::size_t(3));
        QCOMPARE(back.regions[0].name, std::string("a <b>"));
        QCOMPARE(back.regions[0].className, std::string("Tumor & more"));
        QCOMPARE(back.regions[0].colour, std::string("#C80010"));
        QVERIFY(rasterised(back.regions[0].polygons, 0, 0, 220, 420, 0.05).inside ==
                rasterised(regions[0].polygons, 0, 0, 220, 420, 0.05).inside);
        QVERIFY(back.regions[1].polygons[0].outer == triangle);
    }

    void badFiles_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("code");
        const auto add = [](const char* name, const std::string& text, const char* code) {
            QTest::newRow(name) << QByteArray::fromStdString(text) << QByteArray(code);
        };
        const auto good = "[" + feature(polygon()) + "]";
        add("empty", "", "truncated");
        add("blank", " \n\t", "truncated");
        add("cut JSON", good.substr(0, good.size() / 2), "corrupt");
        add("number too large", feature(polygon("[[[0,0],[1e999,0],[0,1]]]")), "corrupt");
        add("nested deeply", std::string(100000, '['), "corrupt");
        add("other JSON", R"({"a":1})", "unsupported");
        add("bare geometry", polygon(), "unsupported");
        add("text", "Tumor 1 2 3", "unsupported");
        add("bytes", std::string("\x89PNG\r\n\0\0", 8), "unsupported");
        const auto xml = asap(annotation("Polygon", threePlaces));
        for (const std::size_t cut : {xml.size() / 4, xml.size() / 2, xml.size() - 5}) add("cut XML", xml.substr(0, cut), "truncated");
        add("other XML", "<Annotations><Annotation/></Annotations>", "unsupported");
        add("SVG", "<svg/>", "unsupported");
    }
    void badFiles() {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, code);
        std::string message;
        QCOMPARE(errorOf([&] { read(text.toStdString()); }, &message), code);
        QVERIFY2(message.find("regions") == 0 && message.find("xport the regions") != message.npos, message.c_str());
    }

    void everyCutIsRefused() {
        const auto json = "{\"type\":\"FeatureCollection\",\"features\":[" + feature(polygon()) + "]}";
        for (std::size_t cut = 1; cut < json.size(); ++cut) QVERIFY(!errorOf([&] { read(json.substr(0, cut)); }).isEmpty());
        const auto xml = asap(annotation("Polygon", threePlaces));
        for (std::size_t cut = 1; cut + 2 < xml.size(); ++cut) QVERIFY(!errorOf([&] { read(xml.substr(0, cut)); }).isEmpty());
    }

    void badRingsAreCounted_data() {
        QTest::addColumn<QByteArray>("text");
        const auto json = [](const char* name, const char* rings) {
            QTest::newRow(name) << QByteArray::fromStdString(feature(polygon(rings)));
        };
        json("two places", "[[[0,0],[1,1],[0,0]]]");
        json("three times the same", "[[[1,1],[1,1],[1,1],[1,1]]]");
        json("NaN", "[[[0,0],[NaN,1],[0,1]]]");
        json("infinite", "[[[0,0],[Infinity,1],[0,1]]]");
        json("null", "[[[0,0],[null,1],[0,1]]]");
        json("words", "[[[0,0],[\"a\",1],[0,1]]]");
        json("beyond any slide", "[[[0,0],[1e300,1],[0,1]]]");
        json("one coordinate", "[[[0],[1],[2]]]");
        json("no rings", "[]");
        json("a number", "3");
        json("an object", "{\"a\":[[0,0],[1,0],[0,1]]}");
        for (const char* x : {"nan", "inf", "", "1e", "0x10", "-1e300"})
            QTest::newRow(x) << QByteArray::fromStdString(asap(annotation("Polygon", threePlaces + place(3, x, "1"))));
        QTest::newRow("no coordinates") << QByteArray::fromStdString(asap("<Annotation Name=\"a\" Type=\"Polygon\"/>"));
    }
    void badRingsAreCounted() {
        QFETCH(QByteArray, text);
        const auto found = read(text.toStdString());
        QVERIFY(found.regions.empty());
        QCOMPARE(found.notices.size(), std::size_t(1));
        QVERIFY2(found.notices[0].starts_with("1 ring has"), found.notices[0].c_str());
    }

    void regionsThatCannotBeWritten() {
        const auto path = std::filesystem::path(m_dir.path().toStdString()) / "never.geojson";
        const std::vector<Region> none{{"1", "", "", "", "annotation", {}}},
            line{{"1", "", "", "", "annotation", {{{{0, 0}, {1, 1}}, {}}}}},
            nan{{"1", "", "", "", "annotation", {{{{0, 0}, {1, 1}, {std::nan(""), 0}}, {}}}}};
        for (const auto& regions : {none, line, nan})
            QCOMPARE(errorOf([&] { writeRegions(path, regions, RegionFormat::GeoJson); }), QByteArray("wrong-use"));
        QVERIFY(!isThere(path));
        QCOMPARE(errorOf([&] { readRegions(path); }), QByteArray("not-found"));
    }

    void manyPlaces() {
        std::string ring;
        for (int i = 0; i < 100000; ++i)
            ring.append("[").append(std::to_string(i)).append(",").append(std::to_string((i * 7919) % 1000)).append(".5],");
        ring.pop_back();
        QCOMPARE(read(feature(polygon("[[" + ring + "]]"))).regions[0].polygons[0].outer.size(), std::size_t(100000));
    }
};

PHLOXINE_TEST(region_files, TestRegionFiles, NoApplication)
#include "test_region_files.moc"
