// Random hands on both panes: real events in random order on good, damaged, lost and oddly named slides. Nothing may crash, hang, leave the
// slide or show a number that is none. PHLOXINE_RANDOM_ACTIONS and PHLOXINE_RANDOM_SEED choose how many and which; the sanitizers run
// thousands (packaging/test-tools/sanitize-viewer).
#include <cmath>
#include <cstdio>

#include <QScrollBar>
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Dice.h"
#include "core/base/Files.h"
#include "tests/support/slides.h"
#include "tests/support/test_main.h"
#include "tests/ui/viewer/viewer_support.h"
#include "ui/generate/ImagePair.h"
#include "ui/viewer/LightPanel.h"
#include "ui/viewer/OverviewNavigator.h"
#include "ui/viewer/TileView.h"
#include "ui/widgets/Theme.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {

namespace fs = std::filesystem;

class Hands {
public:
    Hands(std::uint64_t seed, const fs::path& folder)
        : m_dice(seed), m_folder(folder), m_whole(readFile(smallSlide())), m_navigator(&slide()) {
        setReducedMotion(false);
        m_pair.resize(900, 500);
        m_pair.show();
        m_navigator.resize(240, 160);
        m_navigator.show();
        ModelCard card;
        card.tileSizePx = 256;
        card.scale = {0.5, ScaleSource::Model};
        m_pair.setCard(card);
        slide().openSlide(synthetic);
    }

    void act() {
        struct Row {
            int weight;
            void (Hands::*action)();
        };
        static constexpr Row rows[] = {{30, &Hands::roll},       {25, &Hands::dragSomewhere}, {40, &Hands::press},
                                       {10, &Hands::jump},       {6, &Hands::resize},         {6, &Hands::changeLight},
                                       {4, &Hands::turn},        {6, &Hands::showTile},       {3, &Hands::chooseFrame},
                                       {3, &Hands::chooseScale}, {4, &Hands::chooseMode},     {5, &Hands::openSomething},
                                       {1, &Hands::closeSlide},  {2, &Hands::loseFile},       {2, &Hands::bringBack},
                                       {1, &Hands::changeTheme}, {8, &Hands::wait},           {2, &Hands::dropFile}};
        int all = 0;
        for (const Row& row : rows) all += row.weight;
        int at = int(m_dice.below(std::uint64_t(all)));
        for (const Row& row : rows)
            if ((at -= row.weight) < 0) return (this->*row.action)();
    }

    // What must hold whatever was done.
    QString wrong() {
        const double zoom = slide().viewMicronsPerPixel();
        if (!std::isfinite(zoom) || zoom <= 0) return QStringLiteral("zoom %1").arg(zoom);
        const QPointF centre = slide().centre();
        if (!std::isfinite(centre.x()) || !std::isfinite(centre.y())) return QStringLiteral("centre is no place");
        if (slide().hasSlide()) {
            const QSizeF size = slide().slideSize();
            if (centre.x() < -1 || centre.y() < -1 || centre.x() > size.width() + 1 || centre.y() > size.height() + 1)
                return QStringLiteral("centre %1, %2 beside the slide").arg(centre.x()).arg(centre.y());
        }
        if (slide().cachedBytes() > slide().cacheBudget()) return QStringLiteral("cache over its budget");
        if (slide().accessibleName().isEmpty()) return QStringLiteral("pane without a name");
        const double tileZoom = tile().viewMicronsPerPixel();
        if (m_pair.linked() && slide().hasSlide() && std::abs(tileZoom / zoom - 1) > 1e-6) return QStringLiteral("panes at two zooms");
        return {};
    }
    SlideView& slide() { return m_pair.slide(); }
    TileView& tile() { return m_pair.tile(); }

private:
    bool often() { return m_dice.below(4) != 0; }
    int number(int low, int high) { return low + int(m_dice.below(std::uint64_t(high - low + 1))); }
    QWidget& pane() { return often() || !tile().isVisible() ? static_cast<QWidget&>(slide()) : tile(); }
    QPoint place(const QWidget& widget) {
        return {number(0, std::max(1, widget.width() - 1)), number(0, std::max(1, widget.height() - 1))};
    }

    void roll() {
        auto& widget = pane();
        for (int i = number(1, 5); i > 0; --i) wheel(widget, place(widget), number(-3, 3) * 120 + number(-10, 10));
    }
    void dragSomewhere() {
        auto& widget = m_dice.below(5) ? pane() : m_navigator;
        drag(widget, place(widget), place(widget) + QPoint(number(-400, 400), number(-400, 400)));
    }
    void press() {
        static constexpr Qt::Key keys[] = {Qt::Key_Left, Qt::Key_Right, Qt::Key_Up,     Qt::Key_Down,  Qt::Key_Plus,   Qt::Key_Minus,
                                           Qt::Key_0,    Qt::Key_1,     Qt::Key_2,      Qt::Key_3,     Qt::Key_4,      Qt::Key_5,
                                           Qt::Key_L,    Qt::Key_V,     Qt::Key_W,      Qt::Key_F,     Qt::Key_D,      Qt::Key_G,
                                           Qt::Key_H,    Qt::Key_Space, Qt::Key_Escape, Qt::Key_Comma, Qt::Key_Period, Qt::Key_R,
                                           Qt::Key_M,    Qt::Key_Home,  Qt::Key_End};
        const auto key = keys[m_dice.below(std::size(keys))];
        QTest::keyClick(&pane(), key, m_dice.below(5) ? Qt::NoModifier : Qt::ShiftModifier);
    }
    void jump() {
        const QSizeF size = slide().slideSize();
        slide().setCentre({m_dice.uniform() * size.width() * 1.2 - 100, m_dice.uniform() * size.height() * 1.2 - 100});
        slide().setViewMicronsPerPixel(std::exp(m_dice.uniform() * 12 - 5));
    }
    void resize() { m_pair.resize(number(340, 1400), number(200, 900)); }
    void changeLight() {
        ViewSettings settings = m_pair.light().settings();
        settings.light.stain = ViewLight::Stain(number(0, 4));
        settings.light.brightness = number(-100, 100), settings.light.contrast = number(-100, 100);
        settings.light.gamma = std::exp(m_dice.uniform() * 3 - 1.5);
        settings.grid = m_dice.below(2);
        m_pair.light().set(often() ? settings : ViewSettings{});
    }
    void turn() {
        ViewSettings settings = m_pair.light().settings();
        settings.orientation = {number(0, 3), m_dice.below(2) == 1};
        m_pair.light().set(settings);
    }
    void showTile() {
        if (!often()) return tile().clear();
        QImage picture(number(1, 600), number(1, 600), QImage::Format_RGB32);
        picture.fill(qRgb(number(0, 255), 100, 150));
        tile().setTile(picture, m_dice.below(3) ? Scale{0.5, ScaleSource::Model} : Scale{}, m_dice.below(2));
        m_pair.setRealPixels(m_dice.below(2) ? std::optional(slide().centre()) : std::nullopt);
    }
    void chooseFrame() { slide().setTileFrame(number(0, 3) * 256, m_dice.below(5) ? std::exp(m_dice.uniform() * 4 - 3) : 0); }
    void chooseScale() {
        static constexpr double scales[] = {0, -1, NAN, INFINITY, 0.25, 0.5, 8, 1e-3};
        slide().setUserScale(scales[m_dice.below(std::size(scales))]);
        m_pair.refreshSlide();
    }
    void chooseMode() { m_pair.setMode(PairMode(number(0, 4))); }
    void changeTheme() { applyTheme(ThemeChoice(number(0, 3))); }
    void wait() { QTest::qWait(number(0, 60)); }
    void closeSlide() { slide().closeSlide(); }

    // A file of the sample slide with something wrong with it, or with its name.
    fs::path makeFile() {
        std::string bytes = m_whole;
        const auto replaceAll = [&](const std::string& what, const std::string& with) {
            for (std::size_t at = 0; (at = bytes.find(what, at)) != std::string::npos; at += with.size())
                bytes.replace(at, what.size(), with);
        };
        switch (number(0, 7)) {
        case 0:
            bytes.resize(m_dice.below(bytes.size()));
            break;
        case 1:
            replaceAll("MPP = 0.4990", "MPP = 0.0000");
            break;
        case 2:
            replaceAll("MPP = 0.4990", "MPP = nan   ");
            break;
        case 3:
            replaceAll("MPP = 0.4990", "XPP = 0.4990");
            break;
        case 4:
            for (int i = number(1, 40); i > 0; --i) bytes[m_dice.below(bytes.size())] = char(m_dice.below(256));
            break;
        case 5:
            bytes = slideWithBadTile(number(0, 100));
            break;
        default:
            break;
        }
        static const char* const names[] = {"a slide.svs", "\xf0\x9f\x94\xac.svs", "two\nlines.svs", "h\xc3\xa4matoxylin %1 &amp.svs",
                                            "plain.svs"};
        const fs::path file = m_folder / names[m_dice.below(std::size(names))];
        fs::remove(file);
        writeFileAtomically(file, bytes, IfExists::Replace);
        return file;
    }
    void openSomething() {
        switch (number(0, 6)) {
        case 0:
            return slide().openSlide(QStringLiteral("/nowhere/at all.svs"));
        case 1:
            return slide().openSlide(QStringLiteral("synthetic:%1x%2").arg(number(1, 90000)).arg(number(1, 90000)));
        case 2:
            return slide().openSlide(QString::fromStdString(dicomSlide().string()));
        case 3:
            return slide().openSlide(QString::fromStdString(m_folder.string())); // a folder
        default:
            return slide().openSlide(QString::fromStdString(makeFile().string()));
        }
    }
    void dropFile() {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(QString::fromStdString(makeFile().string()))});
        const QPoint at = place(slide());
        QDropEvent event(at, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(&slide(), &event);
    }
    void loseFile() {
        const fs::path open(slide().slidePath().toStdString());
        if (open.parent_path() != m_folder) return;
        fs::remove(m_lost);
        m_lost = m_folder / "lost";
        m_place = open;
        std::error_code ignored;
        fs::rename(open, m_lost, ignored);
    }
    void bringBack() {
        std::error_code ignored;
        if (!m_place.empty()) fs::rename(m_lost, m_place, ignored);
    }

    Dice m_dice;
    fs::path m_folder, m_lost, m_place;
    std::string m_whole;
    ImagePair m_pair;
    OverviewNavigator m_navigator;
};

} // namespace

class TestViewerRandom : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void anyOrderOfActionsIsSafe() {
        const int actions =
            qEnvironmentVariableIntValue("PHLOXINE_RANDOM_ACTIONS") > 0 ? qEnvironmentVariableIntValue("PHLOXINE_RANDOM_ACTIONS") : 400;
        const QTemporaryDir folder;
        Hands hands(std::uint64_t(qEnvironmentVariableIntValue("PHLOXINE_RANDOM_SEED")) + 1, folder.path().toStdString());
        for (int i = 0; i < actions; ++i) {
            hands.act();
            if (i % 3 == 0) QCoreApplication::processEvents();
            const QString wrong = hands.wrong();
            QVERIFY2(wrong.isEmpty(), qPrintable(QStringLiteral("after action %1: %2").arg(i).arg(wrong)));
            if (i % 1000 == 999) std::printf("%d actions\n", i + 1), std::fflush(stdout);
        }
        hands.slide().openSlide(sampleSlide()); // and the pane still works
        QTRY_COMPARE_WITH_TIMEOUT(hands.slide().slidePath(), sampleSlide(), 60'000);
        hands.slide().resize(400, 400);
        QVERIFY(QTest::qWaitFor([&] { return hands.slide().pendingTiles() == 0; }, 60'000));
    }
};

PHLOXINE_TEST(ui_viewer_random, TestViewerRandom, QApplication)
#include "test_viewer_random.moc"
