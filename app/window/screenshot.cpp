#include "app/window/screenshot.h"

#include <cstdio>
#include <functional>

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenuBar>
#include <QPainter>
#include <QPushButton>
#include <QSpinBox>
#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Json.h"
#include "core/model/ModelStore.h"
#include "core/region/shapes.h"
#include "ui/bench/waiting.h"
#include "ui/bridge/JobBridge.h"
#include "ui/compare/CalibrationDialog.h"
#include "ui/compare/ComparePage.h"
#include "ui/generate/FoundTissue.h"
#include "ui/generate/GeneratePage.h"
#include "ui/generate/GridDialog.h"
#include "ui/generate/ImagePair.h"
#include "ui/generate/RunErrorBar.h"
#include "ui/generate/StainMatch.h"
#include "ui/library/LibraryModel.h"
#include "ui/library/LibraryPage.h"
#include "ui/library/TileGallery.h"
#include "ui/models/ModelsPage.h"
#include "ui/regions/RegionBench.h"
#include "ui/regions/RegionPanel.h"
#include "ui/shell/ActionFinder.h"
#include "ui/shell/KeysDialog.h"
#include "ui/shell/MainWindow.h"
#include "ui/shell/SettingsDialog.h"
#include "ui/train/MemoryBar.h"
#include "ui/train/SampleTimeline.h"
#include "ui/train/TrainPage.h"
#include "ui/viewer/LightPanel.h"
#include "ui/viewer/SlideView.h"
#include "ui/widgets/Badge.h"
#include "ui/widgets/SegmentedControl.h"
#include "ui/widgets/Theme.h"

namespace phloxine {
namespace {

constexpr int deadlineMs = 300'000, tilesInScene = 4, stepsInScene = 20;

bool waitFor(const std::function<bool()>& done) { return ui::waitFor(done, deadlineMs); }

class Scene {
public:
    Scene(ui::MainWindow& window, ui::JobBridge& bridge) : m_window(window), m_page(*window.page()), m_bridge(bridge) {}

    bool enter(const Screenshot& wanted) {
        const QString& name = wanted.scene;
        if (name == QLatin1String("models") || name == QLatin1String("add-model")) return showModels(name == QLatin1String("add-model"));
        if (name == QLatin1String("edit-card")) {
            if (!showModels(false)) return false;
            m_window.findChild<QPushButton*>(QStringLiteral("editCardButton"))->click();
            return settle(true);
        }
        if (name == QLatin1String("compare")) return showComparison(wanted.comparison);
        if (name == QLatin1String("train") || name == QLatin1String("training"))
            return showTraining(wanted.training, name == QLatin1String("training"));
        if (name.startsWith(QLatin1String("library"))) return showLibrary(name);
        if (name == QLatin1String("keys")) return showDialog(new ui::KeysDialog(&m_window));
        if (name == QLatin1String("settings")) return showDialog(new ui::SettingsDialog(&m_window));
        if (name == QLatin1String("find")) return showDialog(new ui::ActionFinder(m_window.menuBar(), &m_window));
        if (name == QLatin1String("grid")) return showGrid();
        if (name == QLatin1String("calibrate")) return showCalibration(wanted.comparison);
        if (name != QLatin1String("empty") && !openSlide(wanted.slideGiven)) return false;
        if (name == QLatin1String("generate") || name == QLatin1String("export")) {
            if (!generate()) return false;
        } else if (name == QLatin1String("running")) {
            if (!startAndCatch()) return false;
        } else if (name == QLatin1String("regions")) {
            if (!showRegions()) return false;
        } else if (name == QLatin1String("cut-tiles") || name == QLatin1String("draft-prompt")) {
            if (!showRegions()) return false;
            if (name == QLatin1String("cut-tiles")) m_page.findChild<QAction*>(QStringLiteral("cutTiles"))->trigger();
            else m_page.regions().draftPrompt();
            if (!waitFor([&] { return !m_page.regions().busy(); })) return false;
        } else if (name == QLatin1String("from-tissue")) {
            if (!makeFromTissue()) return false;
        } else if (name == QLatin1String("text")) {
            writeText();
        } else if (name == QLatin1String("error")) {
            showError();
        }
        if (name == QLatin1String("export")) m_page.exportTiles();
        if (name == QLatin1String("wipe") || name == QLatin1String("stain")) {
            if (!generate()) return false;
            auto* pair = m_page.findChild<ui::ImagePair*>();
            if (name == QLatin1String("wipe")) pair->setMode(ui::PairMode::Wipe);
            else pair->light().set({{ui::ViewLight::Stain::Haematoxylin}, {1, false}, true});
        }
        if (name == QLatin1String("found-tissue") && !findTissue()) return false;
        if (name == QLatin1String("together") && !showTogether()) return false;
        if (name == QLatin1String("round-trip") && !goRound()) return false;
        if (name == QLatin1String("slide-pictures") && !showSlidePictures()) return false;
        return settle(name != QLatin1String("running"));
    }

    QPixmap picture() const {
        QPixmap whole = m_window.grab();
        for (const QDialog* dialog : m_window.findChildren<QDialog*>()) {
            if (!dialog->isVisible()) continue;
            QPixmap front = const_cast<QDialog*>(dialog)->grab();
            QPainter painter(&whole);
            const QPoint at((m_window.width() - dialog->width()) / 2, (m_window.height() - dialog->height()) / 2);
            painter.drawPixmap(at, front);
            painter.setPen(ui::theme().edge); // what the frame of the window system would be
            painter.drawRect(QRect(at, dialog->size()).adjusted(-1, -1, 0, 0));
        }
        return whole;
    }

private:
    bool openSlide(bool given) {
        auto* slide = m_page.findChild<ui::SlideView*>();
        if (!given) m_page.openSampleSlide();
        return slide && waitFor([&] { return !slide->isOpening(); });
    }

    void chooseClass() {
        if (auto* list = m_page.findChild<QListWidget*>(QStringLiteral("classList")); list && list->count() > 0) list->setCurrentRow(0);
        if (auto* tiles = m_page.findChild<QSpinBox*>(QStringLiteral("tilesSpin"))) tiles->setValue(tilesInScene);
    }

    bool generate() {
        chooseClass();
        m_page.generateNow();
        return m_page.busy() && waitFor([&] { return !m_page.busy(); }) && m_page.galleryCount() == tilesInScene;
    }

    // Real tissue like the last tile, which is shown in the stain of the slide.
    bool findTissue() {
        if (!generate()) return false;
        m_page.findTissue();
        auto* strip = m_page.findChild<ui::FoundTissueStrip*>();
        if (!waitFor([&] { return !strip->searching(); }) || !strip->found()) return false;
        m_page.findChild<QListWidget*>(QStringLiteral("foundTissue"))->setCurrentRow(0);
        auto* pair = m_page.findChild<ui::ImagePair*>();
        auto view = pair->light().settings();
        view.matchStain = true;
        pair->light().set(view);
        const auto& match = pair->stainMatch();
        return waitFor([&] { return !match.pending(); });
    }

    bool goRound() {
        auto* kind = m_page.findChild<ui::Badge*>(QStringLiteral("tileKind"));
        const QString before = kind->text();
        m_page.findChild<QAction*>(QStringLiteral("roundTrip"))->trigger();
        return waitFor([&] { return kind->text() != before; });
    }

    bool showSlidePictures() {
        m_page.showSlidePictures();
        auto* names = m_page.findChild<QListWidget*>(QStringLiteral("pictureNames"));
        if (!names || !waitFor([&] { return names->count() > 0; })) return false;
        names->setCurrentRow(1);
        m_page.findChild<QPushButton*>(QStringLiteral("showPicture"))->click();
        auto* picture = m_page.findChild<QLabel*>(QStringLiteral("slidePicture"));
        return waitFor([&] { return !picture->pixmap(Qt::ReturnByValue).isNull(); });
    }

    bool showTogether() {
        if (!generate()) return false;
        m_page.findChild<QListView*>(QStringLiteral("gallery"))->selectAll();
        m_page.findChild<QPushButton*>(QStringLiteral("togetherButton"))->click();
        return m_page.findChild<ui::ImagePair*>()->showsSeveral();
    }

    bool startAndCatch() { // in the middle of the second tile
        chooseClass();
        bool caught = false;
        QObject::connect(&m_bridge, &ui::JobBridge::preview, &m_window,
                         [&caught](quint64, const QImage&, int tile, int step, int steps, double) {
                             caught = caught || (tile >= 1 && 2 * step >= steps);
                         });
        m_page.generateNow();
        const bool there = m_page.busy() && waitFor([&] { return caught || !m_page.busy(); }) && caught;
        QObject::disconnect(&m_bridge, &ui::JobBridge::preview, &m_window, nullptr);
        return there;
    }

    bool showDialog(QDialog* dialog) {
        dialog->show();
        return openSlide(false) && settle(true);
    }

    bool showGrid() { // five classes at three scales of guidance
        chooseClass();
        m_page.openGrid();
        auto* dialog = m_page.findChild<ui::GridDialog*>();
        const auto choose = [dialog](const char* axis, const char* parameter, const QString& values) {
            auto* combo = dialog->findChild<QComboBox*>(QLatin1String(axis) + QStringLiteral("Parameter"));
            combo->setCurrentIndex(combo->findData(QString::fromLatin1(parameter)));
            dialog->findChild<QLineEdit*>(QLatin1String(axis) + QStringLiteral("Values"))->setText(values);
        };
        choose("gridX", "class", QStringLiteral("colon_aca, colon_n, lung_aca, lung_n, lung_scc"));
        choose("gridY", "guidance", QStringLiteral("1, 2, 4"));
        dialog->findChild<QPushButton*>(QStringLiteral("gridStart"))->click();
        return m_page.busy() && waitFor([&] { return !m_page.busy(); }) && settle(true);
    }

    static Region drawn(std::initializer_list<SlidePoint> places, const TissueClass& as) {
        Region region;
        region.className = as.id, region.colour = as.colour;
        region.polygons = {{places, {}}};
        return region;
    }

    // On the sample slide: an outline, a rectangle, a stroke of the brush as a person draws them, the tissue.
    bool showRegions() {
        auto& bench = m_page.regions();
        auto* slide = m_page.findChild<ui::SlideView*>();
        const auto& classes = m_page.card().classes;
        if (!waitFor([&] { return !bench.busy() && !slide->overview().isNull(); }) || classes.size() < 3) return false;
        slide->setViewMicronsPerPixel(1.6);
        bench.takeTissue();
        if (!waitFor([&] { return !bench.busy(); })) return false;
        bench.document().add(drawn({{700, 900}, {1000, 820}, {1250, 1000}, {1180, 1300}, {900, 1380}, {720, 1200}}, classes[0]));
        bench.document().add(drawn({{800, 1700}, {1250, 1700}, {1250, 2050}, {800, 2050}}, classes[2]));
        const auto stroke = brushed({{1350, 1350}, {1420, 1500}, {1400, 1700}, {1480, 1850}}, 70);
        Region painted = drawn({}, classes[1]);
        painted.polygons = combined({}, stroke, Combine::Add, bench.document().slideBox(), 2);
        bench.document().add(painted);
        bench.document().choose(1);
        bench.panel().say(ui::Tone::Info, {});
        return true;
    }

    // A region is painted anew; the tile lies over the slide in its place.
    bool makeFromTissue() {
        if (!showRegions()) return false;
        auto& bench = m_page.regions();
        auto* slide = m_page.findChild<ui::SlideView*>();
        chooseClass();
        slide->setCentre({1100, 1500});
        bench.document().add(drawn({{1000, 1420}, {1180, 1400}, {1220, 1560}, {1080, 1620}, {990, 1540}}, m_page.card().classes[0]));
        bench.replaceInside();
        if (!waitFor([&] { return !bench.busy(); })) return false;
        if (auto* tiles = m_page.findChild<QSpinBox*>(QStringLiteral("tilesSpin"))) tiles->setValue(1);
        m_page.generateNow();
        if (!m_page.busy() || !waitFor([&] { return !m_page.busy(); })) return false;
        slide->setViewMicronsPerPixel(0.6);
        return bench.placedTiles().count() == 1;
    }

    void writeText() {
        if (auto* segments = m_page.findChild<ui::SegmentedControl*>(QStringLiteral("conditionSegments"))) segments->setCurrentIndex(1);
        for (const auto& [field, value] :
             {std::pair{"class", "lung squamous cell carcinoma"}, {"nuclear-density", "high"}, {"tone", "high"}})
            if (auto* combo = m_page.findChild<QComboBox*>(QStringLiteral("field-") + QLatin1String(field)))
                combo->setCurrentIndex(combo->findData(QString::fromLatin1(value)));
    }

    bool showModels(bool adding) {
        m_window.showWorkspace(m_window.models());
        const auto checked = [this](const QString& lines) { return m_window.findChild<QWidget*>(lines) != nullptr; };
        if (!waitFor([&] { return checked(QStringLiteral("reportLines")); })) return false;
        if (adding) { // the embedded model's weights as a file without a card
            m_window.models()->addFrom(QString::fromStdString((resourcesFolder() / "models/lc25000/weights.safetensors").string()));
            const auto asked = [this] {
                const auto* title = m_window.findChild<QWidget*>(QStringLiteral("modelTitle"));
                return title && title->isVisible();
            };
            if (!waitFor(asked)) return false;
        }
        return settle(true);
    }

    // A project that the environment names; where it is empty, a few tiles are made. Some tiles get marks, as a person would give them.
    bool showLibrary(const QString& name) {
        auto& model = m_window.library()->model();
        if (!waitFor([&] { return model.known(); })) return false;
        if (model.count() == 0 && name != QLatin1String("library-empty"))
            if (!generate() || !waitFor([&] { return model.count() >= tilesInScene; })) return false;
        m_window.showWorkspace(m_window.library());
        if (name == QLatin1String("library-empty")) return settle(true);
        auto* gallery = m_window.findChild<ui::TileGallery*>();
        const auto shown = [&] {
            const auto [first, behind] = gallery->shown();
            for (int i = first; i < behind; ++i) {
                bool exact = false;
                const auto* tile = model.record(i);
                if (!tile || (gallery->thumbnails().picture(tile->id, &exact), !exact)) return false;
            }
            return behind > first;
        };
        if (!waitFor(shown)) return false;
        const auto choose = [&](std::initializer_list<int> indices) {
            model.select([&](ui::Selection& s) {
                s.choose(-1, false, false);
                for (const int index : indices)
                    if (index < model.count()) s.choose(index, false, true);
            });
        };
        choose({1, 3}), model.toggle(&TileMarks::star, &ui::LibraryTile::star);
        choose({2}), model.toggleTag("stain");
        choose({3}), model.toggleTag("for the talk"), model.toggleTag("blur");
        choose({2}), model.toggle(&TileMarks::rejected, &ui::LibraryTile::rejected);
        if (name == QLatin1String("library-compare")) choose({0, 3});
        else choose({1});
        const bool ready = waitFor([&] { return model.facets().tags.size() == 3; }) && settle(true);
        if (name == QLatin1String("library-compare")) {
            m_window.findChild<QPushButton*>(QStringLiteral("compareTiles"))->click();
            return ready && waitFor([&] { return m_window.findChild<QDialog*>(QStringLiteral("tilesDialog")); }) && settle(true);
        }
        return ready;
    }

    bool setComparison(const QString& request) {
        m_window.showWorkspace(m_window.compare());
        try {
            m_window.compare()->setRequest(compareRequestFromJson(readJsonFile(request.toStdString()), request.toStdString()));
        } catch (const Error& e) {
            std::fprintf(stderr, "phloxine-window: %s\n", e.what());
            return false;
        }
        return waitFor([this] { return m_window.compare()->findChild<QPushButton*>(QStringLiteral("compareButton"))->isEnabled(); });
    }

    // Without a request the page as it is at first.
    bool showComparison(const QString& request) {
        m_window.showWorkspace(m_window.compare());
        if (request.isEmpty()) return settle(true);
        if (!setComparison(request)) return false;
        m_window.compare()->run();
        return waitFor([this] { return m_window.compare()->report() != nullptr; }) && settle(true);
    }

    // The request names the file of clicked nuclei; what is in it already is shown.
    bool showCalibration(const QString& request) {
        if (!setComparison(request) || m_window.compare()->request().calibration.empty()) return false;
        m_window.compare()->calibrate();
        const auto* dialog = m_window.findChild<ui::CalibrationDialog*>();
        return dialog && waitFor([&] { return dialog->ready(); }) && settle(true);
    }

    // Without a run the page as it is at first; with a folder of tiles what is said of them. `goOn`: caught while it trains on.
    bool showTraining(const QString& run, bool goOn) {
        auto* page = m_window.train();
        m_window.showWorkspace(page);
        auto* memory = page->findChild<ui::MemoryBar*>();
        const auto estimated = [memory] { return memory->findChild<QWidget*>(QStringLiteral("memoryVerdict"))->isVisible(); };
        if (run.isEmpty()) return waitFor(estimated) && settle(true);
        page->openPath(run);
        auto* start = page->findChild<QPushButton*>(QStringLiteral("startTrainingButton"));
        if (page->runFolder().isEmpty()) return waitFor([&] { return start->isEnabled() && estimated(); }) && settle(true);
        auto* samples = page->findChild<ui::SampleTimeline*>();
        if (!waitFor([&] { return !page->run().samples.empty() && samples->complete() && estimated(); })) return false;
        if (!goOn) return settle(true);
        const auto before = page->run().step;
        if (!waitFor([&] { return start->isEnabled(); })) return false;
        page->start();
        return waitFor([&] { return page->run().step > before + stepsInScene || !page->running(); }) && page->running();
    }

    void showError() {
        ui::Failure failure;
        failure.code = ErrorCode::DiskFull;
        failure.message = QStringLiteral("The disk has no room for another tile.");
        if (auto* bar = m_page.findChild<ui::RunErrorBar*>()) bar->showFailure(failure, 5, 8);
    }

    bool settle(bool idle) {
        const auto* slide = m_page.findChild<ui::SlideView*>();
        if (idle && !waitFor([&] {
                return m_page.pendingTiles() == 0 &&
                       (!slide || !slide->hasSlide() || (slide->pendingTiles() == 0 && !slide->overview().isNull()));
            }))
            return false;
        const QDeadlineTimer aMoment(300); // layouts
        while (idle && !aMoment.hasExpired()) QApplication::processEvents(QEventLoop::AllEvents, 20);
        return true;
    }

    ui::MainWindow& m_window;
    ui::GeneratePage& m_page;
    ui::JobBridge& m_bridge;
};

} // namespace

QStringList sceneNames() {
    return {
        QStringLiteral("generate"),   QStringLiteral("empty"),         QStringLiteral("running"),       QStringLiteral("text"),
        QStringLiteral("export"),     QStringLiteral("error"),         QStringLiteral("models"),        QStringLiteral("edit-card"),
        QStringLiteral("add-model"),  QStringLiteral("compare"),       QStringLiteral("calibrate"),     QStringLiteral("train"),
        QStringLiteral("training"),   QStringLiteral("library"),       QStringLiteral("library-empty"), QStringLiteral("library-compare"),
        QStringLiteral("regions"),    QStringLiteral("from-tissue"),   QStringLiteral("cut-tiles"),     QStringLiteral("draft-prompt"),
        QStringLiteral("keys"),       QStringLiteral("settings"),      QStringLiteral("find"),          QStringLiteral("grid"),
        QStringLiteral("wipe"),       QStringLiteral("stain"),         QStringLiteral("found-tissue"),  QStringLiteral("together"),
        QStringLiteral("round-trip"), QStringLiteral("slide-pictures")};
}

int takeScreenshot(ui::MainWindow& window, ui::JobBridge& bridge, const Screenshot& wanted) {
    Scene scene(window, bridge);
    const bool there = scene.enter(wanted);
    const bool written = scene.picture().save(wanted.file); // a late scene is saved too: it shows what was missing
    if (!there) std::fprintf(stderr, "phloxine-window: the scene %s was not there in time\n", qPrintable(wanted.scene));
    if (!written) std::fprintf(stderr, "phloxine-window: %s cannot be written\n", qPrintable(wanted.file));
    return there && written ? 0 : 1;
}

} // namespace phloxine
