// The library without its paint: where cards lie, what keys and clicks choose, which pictures are read and kept, what differs between two
// requests, which records are asked for.
#include <fstream>

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "tests/project/made_tiles.h"
#include "tests/support/test_main.h"
#include "ui/bridge/ProjectBridge.h"
#include "ui/library/CardGrid.h"
#include "ui/library/LibraryModel.h"
#include "ui/library/Selection.h"
#include "ui/library/ThumbnailStore.h"
#include "ui/library/TilesDialog.h"
#include "ui/library/card_painting.h"
#include "ui/library/request_differences.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace fs = std::filesystem;

using Move = CardGrid::Move;

class LibraryLogicTest : public QObject {
    Q_OBJECT
    std::unique_ptr<QTemporaryDir> m_folder;
    fs::path root() const { return m_folder->path().toStdString(); }

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void cardsLieInRows() {
        const CardGrid grid{23, 800};
        QCOMPARE(grid.columns(), 5);
        QCOMPARE(grid.rows(), 5);
        for (int i = 0; i < grid.count; ++i) QCOMPARE(grid.at(grid.card(i).center()), i);
        QCOMPARE(grid.at({2, 2}), -1);
        QCOMPARE(grid.at(grid.card(0).bottomRight() + QPoint(3, 0)), -1); // between two
        QCOMPARE(grid.at(grid.card(22).center() + QPoint(152, 0)), -1);   // behind the last
        QVERIFY(grid.card(22).bottom() < grid.height());
        const auto [first, behind] = grid.shown(grid.card(10).top(), 10);
        QVERIFY(first <= 10 && behind > 10 && behind < 23);
        QCOMPARE((CardGrid{0, 800}.height()), 0);
        QCOMPARE((CardGrid{5, 10}.columns()), 1); // however narrow
    }

    void everyCardThatIsSeenIsShown() {
        const CardGrid grid{100'000, 1000};
        for (const int top : {0, 100, 777, 12345, grid.height() - 600}) {
            const auto [first, behind] = grid.shown(top, 600);
            for (int i = std::max(0, first - 12); i < std::min(grid.count, behind + 12); ++i)
                if (grid.card(i).intersects(QRect(0, top, 1000, 600))) QVERIFY(i >= first && i < behind);
            QVERIFY(behind - first < 60);
        }
    }

    void keysMove() {
        const CardGrid grid{23, 800}; // rows of 5, the last of 3
        QCOMPARE(grid.moved(-1, Move::Right, 600), 0);
        QCOMPARE(grid.moved(4, Move::Right, 600), 5);
        QCOMPARE(grid.moved(0, Move::Left, 600), 0);
        QCOMPARE(grid.moved(22, Move::Right, 600), 22);
        QCOMPARE(grid.moved(7, Move::Up, 600), 2);
        QCOMPARE(grid.moved(2, Move::Up, 600), 2);
        QCOMPARE(grid.moved(19, Move::Down, 600), 22); // the last row is shorter
        QCOMPARE(grid.moved(22, Move::Down, 600), 22);
        QCOMPARE(grid.moved(1, Move::PageDown, 600), 16);
        QCOMPARE(grid.moved(16, Move::PageDown, 600), 21);
        QCOMPARE(grid.moved(18, Move::PageDown, 600), 18 + 0); // nothing below in its column
        QCOMPARE(grid.moved(16, Move::PageUp, 600), 1);
        QCOMPARE(grid.moved(8, Move::PageUp, 600), 3);
        QCOMPARE(grid.moved(8, Move::First, 600), 0);
        QCOMPARE(grid.moved(8, Move::Last, 600), 22);
        QCOMPARE((CardGrid{0, 800}.moved(-1, Move::Down, 600)), -1);
        QCOMPARE(grid.topToShow(0, 300, 600), grid.card(0).top() - 8);
        QCOMPARE(grid.topToShow(8, 100, 600), 100); // seen already
        QVERIFY(grid.topToShow(22, 0, 600) + 600 >= grid.card(22).bottom());
    }

    void clicksChoose() {
        Selection s;
        s.reset(10);
        s.choose(3, false, false);
        s.choose(6, true, false);
        QCOMPARE(s.indices(), (std::vector{3, 4, 5, 6}));
        s.choose(1, true, false); // from where it began
        QCOMPARE(s.indices(), (std::vector{1, 2, 3}));
        s.choose(8, false, true);
        s.choose(2, false, true);
        QCOMPARE(s.indices(), (std::vector{1, 3, 8}));
        QCOMPARE(s.current(), 2);
        QCOMPARE(s.size(), 3);
        s.moveTo(5, false, true); // with Ctrl only the current one goes
        QCOMPARE(s.size(), 3);
        s.toggleCurrent();
        QVERIFY(s.contains(5));
        s.choose(-1, false, false); // beside the cards
        QCOMPARE(s.size(), 0);
        s.selectAll();
        QCOMPARE(s.size(), 10);
        s.moveTo(4, false, false);
        QCOMPARE(s.indices(), std::vector{4});
        s.reset(0);
        s.selectAll();
        QCOMPARE(s.current(), -1);
        QCOMPARE(s.firstSelected(), -1);
    }

    void picturesStayWithinTheirBytes() {
        std::vector<ThumbnailStore::Wanted> all;
        for (int i = 0; i < 30; ++i) {
            const auto file = root() / (std::to_string(i) + ".png");
            Image image(64, 64);
            fill(image, 0, 0, 64, 64, std::uint8_t(i), 90, 120);
            writePng(file, image);
            all.push_back({i, file});
        }
        const int one = 32 * 32 * 4;
        ThumbnailStore store(10 * one);
        store.setSide(32);
        store.want(all);
        QTRY_COMPARE(store.reads(), 30);
        QTRY_COMPARE(store.waiting(), 0);
        QVERIFY(store.bytes() <= 10 * one);
        bool exact = false;
        QCOMPARE(store.picture(29, &exact).size(), QSize(32, 32));
        QVERIFY(exact);
        const QImage coarse = store.picture(0, &exact); // dropped, but not forgotten
        QVERIFY(!exact && coarse.size() == QSize(8, 8));
        QCOMPARE(qRed(coarse.pixel(3, 3)), 0);
        store.want({all[0]});
        QTRY_VERIFY((store.picture(0, &exact), exact));
        store.setSide(16); // another screen
        QVERIFY((store.picture(29, &exact), !exact));
        store.clear();
        QVERIFY(store.picture(0).isNull());
        QCOMPARE(store.bytes(), 0);
    }

    void whatIsNoLongerSeenIsNotRead() {
        std::vector<ThumbnailStore::Wanted> many;
        const auto file = root() / "a.png";
        writePng(file, Image(256, 256));
        for (int i = 0; i < 3000; ++i) many.push_back({i, file});
        ThumbnailStore store(64 << 20);
        store.want(many);
        store.want({{5000, file}, {5001, root() / "gone.png"}});
        QSignalSpy ready(&store, &ThumbnailStore::ready);
        bool exact = false;
        QTRY_VERIFY((store.picture(5000, &exact), exact));
        QTRY_VERIFY(store.failed(5001));
        QVERIFY2(store.reads() < 50, qPrintable(QString::number(store.reads())));
        QVERIFY(!ready.isEmpty());
    }

    void differencesAreNamed() {
        auto a = madeRequest(1), b = madeRequest(2);
        b.guidance = 3, b.guidanceRescale = 0.5;
        const auto rows = differences(a, b);
        QCOMPARE(int(rows.size()), 3);
        QCOMPARE(rows[0].what, QStringLiteral("Seed"));
        QCOMPARE(rows[0].right, QStringLiteral("2"));
        QCOMPARE(rows[1].what, QStringLiteral("Guidance"));
        QVERIFY(differences(a, a).empty());
        b = madeRequest(1, {}, "a text");
        QCOMPARE(int(differences(a, b).size()), 2); // no class, a prompt
    }

    void twoTilesHaveOneScale() {
        ui::TileRecord a, b;
        a.image = QImage(256, 256, QImage::Format_RGB32), b.image = QImage(256, 256, QImage::Format_RGB32);
        a.scale = {0.5, ScaleSource::User}, b.scale = {1.0, ScaleSource::User};
        QCOMPARE(equalScale(a, b, 400), std::pair(QSize(200, 200), QSize(400, 400)));
        b.scale = {};
        b.image = QImage(128, 64, QImage::Format_RGB32);
        QCOMPARE(equalScale(a, b, 400), std::pair(QSize(400, 400), QSize(200, 100)));
    }

    void aCardIsSpoken() {
        LibraryTile tile;
        tile.classId = "lung_scc", tile.seed = 412907733, tile.star = true, tile.nearest = 0.41, tile.tags = {"blur"};
        ModelCards cards;
        QCOMPARE(spokenCard(tile, cards, 0.15),
                 QStringLiteral("Synthetic tile, lung_scc, seed 412907733, starred, Blur, nearest 0.41, not a copy"));
        tile.nearest = 0.08, tile.star = false, tile.tags.clear();
        QVERIFY(spokenCard(tile, cards, 0.15).endsWith(QStringLiteral("nearest 0.08, near copy")));
        QVERIFY(!spokenCard(tile, cards, {}).contains(QStringLiteral("copy"))); // no limit, no verdict
    }

    void theModelFollowsTheProject() {
        for (int i = 0; i < 40; ++i) writeMadeTile(root() / "p/tiles", madeRequest(std::uint64_t(i)));
        ProjectBridge bridge;
        LibraryModel model(bridge);
        QSignalSpy records(&model, &LibraryModel::recordsChanged);
        bridge.open(QString::fromStdString((root() / "p").string()));
        QTRY_COMPARE(model.count(), 40);
        TileFilter filter;
        filter.order = TileOrder::SeedUp;
        model.setFilter(filter);
        QTRY_VERIFY(model.count() == 40 && model.filter().order == TileOrder::SeedUp);
        QTest::qWait(50);
        model.look(0, 10);
        QTRY_VERIFY(model.record(9));
        QVERIFY(model.record(19) && !model.record(35)); // the next screen too, and no more
        QCOMPARE(model.record(3)->seed, std::uint64_t(3));
        model.select([](Selection& s) { s.choose(3, false, false), s.choose(5, true, false); });
        model.toggle(&TileMarks::star, &LibraryTile::star);
        QTRY_VERIFY(model.record(4)->star);
        QVERIFY(model.allSelected(&LibraryTile::star) && !model.record(6)->star);
        model.toggleTag("blur");
        QTRY_VERIFY(model.allSelectedHave("blur"));
        QTRY_COMPARE(model.facets().tags.size(), std::size_t(1));
        model.toggleTag("blur");
        QTRY_VERIFY(!model.allSelectedHave("blur"));
        model.trashSelected();
        QTRY_COMPARE(model.count(), 37);
        QCOMPARE(model.selection().current(), 5); // what has taken its place
        QTRY_COMPARE(model.trashCount(), 3);
        model.undoTrash();
        QTRY_COMPARE(model.count(), 40);
        QVERIFY(!model.canUndo());
        model.select([](Selection& s) { s.choose(8, false, false); });
        filter.star = true;
        model.setFilter(filter);
        QTRY_COMPARE(model.count(), 3);
        QCOMPARE(model.selection().size(), 0); // what was chosen is not among them
        const auto before = model.id(1);
        writeMadeTile(root() / "p/tiles", madeRequest(99));
        bridge.addTile(QString::fromStdString((root() / "p/tiles/lung_scc-99.png").string()));
        filter.star.reset();
        model.setFilter(filter);
        QTRY_COMPARE(model.count(), 41);
        QCOMPARE(model.id(4), before);
        bridge.setNearest(QString::fromStdString((root() / "p/tiles/lung_scc-99.png").string()), 0.08);
        filter.nearestBelow = 0.1;
        model.setFilter(filter);
        QTRY_COMPARE(model.count(), 1);
        QVERIFY(!records.isEmpty());
    }
};

PHLOXINE_TEST(ui_library_logic, LibraryLogicTest, QApplication)
#include "test_library_logic.moc"
