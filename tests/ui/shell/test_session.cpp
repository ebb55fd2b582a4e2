// An afternoon in thirty-nine steps, twice: once to its end, once killed (SIGKILL) in the middle of a run and started again. Both must end
// with the same library: the same tiles to the pixel, with the same marks. Under an X server the events are real ones (see Hand); the
// window is a process of its own, this program with the argument `window`. packaging/test-tools/session runs it under Xvfb.
#include <csignal>
#include <cstdio>
#include <cstring>
#include <functional>
#include <stdexcept>

#include <QApplication>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QProcess>
#include <QPushButton>
#include <QScrollArea>
#include <QSlider>
#include <QSpinBox>
#include <QTableView>
#include <QTemporaryDir>
#include <QTimer>
#include <QToolButton>

#include "core/image/ImageFile.h"
#include "core/job/JobQueue.h"
#include "core/model/ModelStore.h"
#include "core/project/Project.h"
#include "tests/ui/shell/Hand.h"
#include "ui/bridge/JobBridge.h"
#include "ui/bridge/ProjectBridge.h"
#include "ui/compare/ComparePage.h"
#include "ui/generate/FoundTissue.h"
#include "ui/generate/GeneratePage.h"
#include "ui/generate/ImagePair.h"
#include "ui/generate/StainMatch.h"
#include "ui/library/LibraryModel.h"
#include "ui/library/LibraryPage.h"
#include "ui/library/TileGallery.h"
#include "ui/models/ModelsPage.h"
#include "ui/regions/RegionBench.h"
#include "ui/shell/MainWindow.h"
#include "ui/train/TrainPage.h"
#include "ui/viewer/LightPanel.h"
#include "ui/viewer/SlideView.h"
#include "ui/viewer/TileView.h"
#include "ui/widgets/Badge.h"
#include "ui/widgets/Theme.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {

enum class Part { Whole, UntilKilled, AfterKill };

constexpr int firstTiles = 2, tissueTiles = 1, textTiles = 1, longTiles = 4, lastTiles = 2;
constexpr int earlyTiles = firstTiles + tissueTiles + textTiles, allTiles = earlyTiles + longTiles + lastTiles;

class Session {
public:
    explicit Session(Part part) : m_part(part) {
        m_bridge.setQueue(&m_queue);
        m_window.resize(1440, 900);
        m_window.move(0, 0);
        m_window.show();
        if (!QTest::qWaitForWindowExposed(&m_window)) throw std::runtime_error("no window");
        activate();
        wait([&] { return m_window.project()->isOpen(); }, "a project is open");
    }

    void run() {
        struct Step {
            const char* name;
            void (Session::*act)();
        };
        static constexpr Step steps[] = {
            {"open the sample slide by the action finder", &Session::openSample},
            {"show it at 20x", &Session::magnify},
            {"zoom with the wheel", &Session::rollWheel},
            {"drag the slide", &Session::dragSlide},
            {"move by one tile with the keys", &Session::moveByTile},
            {"look at each stain alone", &Session::goThroughStains},
            {"draw the grid and take it away", &Session::toggleGrid},
            {"turn the view and turn it back", &Session::turnView},
            {"brighten the view", &Session::brighten},
            {"draw a region", &Session::drawRegion},
            {"undo and redo the region", &Session::undoRegion},
            {"choose a tissue class", &Session::chooseClass},
            {"write seed, steps and number of tiles", &Session::writeParameters},
            {"generate", &Session::generateFirst},
            {"wipe the tile over the slide", &Session::wipe},
            {"flicker, and stop it", &Session::flicker},
            {"look at the pictures beside the slide", &Session::lookAtPictures},
            {"see the tile in the stain of the slide", &Session::matchStain},
            {"send the tissue through the model and back", &Session::goRound},
            {"make a tile from the tissue", &Session::makeFromTissue},
            {"see what the model changed", &Session::seeDifference},
            {"find real tissue like the tile", &Session::findTissue},
            {"put the tiles side by side", &Session::putTogether},
            {"open the export and leave it", &Session::lookAtExport},
            {"star and tag a tile in the library", &Session::markTile},
            {"write a text and generate from it", &Session::generateFromText},
            {"reject the tile of the text", &Session::rejectTile},
            {"open the grid of two parameters and leave it", &Session::lookAtGrid},
            {"start a long run and queue another", &Session::startLongRun},
            {"see the run to its end", &Session::finishRuns}, // here the killed session begins again
            {"see all tiles in the library", &Session::openLibrary},
            {"find tiles by words", &Session::findByWords},
            {"move a tile to the trash and take it back", &Session::trashAndUndo},
            {"move it to the trash for good", &Session::trashAgain},
            {"compare two tiles", &Session::compareTwo},
            {"look at the models", &Session::lookAtModels},
            {"look at Compare and Train", &Session::lookAtOthers},
            {"change the theme in the settings", &Session::changeTheme},
            {"search the keys", &Session::searchKeys},
        };
        static_assert(std::size(steps) == 39);
        bool skip = m_part == Part::AfterKill;
        int number = 0;
        for (const Step& step : steps) {
            ++number;
            if (step.act == &Session::finishRuns) skip = false;
            if (skip) continue;
            std::printf("step %d: %s\n", number, step.name);
            std::fflush(stdout);
            m_step = step.name;
            activate();
            (this->*step.act)();
        }
        m_window.close();
    }

private:
    void activate() { // without a window manager nobody gives the window its focus back when another closes
        if (QApplication::activeWindow() == &m_window) return;
        m_window.activateWindow();
        wait([&] { return QApplication::activeWindow() == &m_window; }, "the window is active");
    }
    void wait(const std::function<bool()>& there, const char* what, int ms = 60'000) {
        if (QTest::qWaitFor(there, ms)) return;
        const QWidget* focus = QApplication::focusWidget();
        if (qEnvironmentVariableIsSet("PHLOXINE_SESSION_PICTURE")) m_window.grab().save(qEnvironmentVariable("PHLOXINE_SESSION_PICTURE"));
        throw std::runtime_error(
            std::string(m_step) + ": not so: " + what + "; the focus is on " +
            (focus ? focus->metaObject()->className() + std::string(" ") + focus->objectName().toStdString() : "nothing"));
    }
    template <class T>
    T* find(const char* name) {
        auto* found = m_window.findChild<T*>(QString::fromLatin1(name));
        if (!found) throw std::runtime_error(std::string(m_step) + ": there is no " + name);
        return found;
    }
    // What is done in the window that `open` brings up; `open` may not come back before that is closed.
    void inDialog(const std::function<void()>& open, const std::function<void(QWidget&)>& inside) {
        bool done = false;
        std::string problem;
        QTimer timer;
        QObject::connect(&timer, &QTimer::timeout, &m_window, [&] {
            QWidget* dialog = QApplication::activeModalWidget();
            if (done || !dialog || !dialog->isVisible()) return;
            done = true;
            timer.stop();
            dialog->activateWindow();
            QTest::qWait(100);
            try {
                inside(*dialog);
            } catch (const std::exception& e) { problem = e.what(); }
        });
        timer.start(50);
        open();
        wait([&] { return done && !QApplication::activeModalWidget(); }, "the dialog opens and closes");
        if (!problem.empty()) throw std::runtime_error(problem);
        activate();
    }
    void reveal(QWidget* widget) { // a column may be longer than the window
        for (QWidget* up = widget->parentWidget(); up; up = up->parentWidget())
            if (auto* area = qobject_cast<QScrollArea*>(up)) area->ensureWidgetVisible(widget);
        QTest::qWait(50);
    }
    void writeInto(QWidget* field, const QString& text) {
        reveal(field);
        m_hand.click(field, {12, field->height() / 2});
        m_hand.key("Ctrl+A");
        m_hand.type(text);
        m_hand.key("Tab");
    }
    void focusSlide() {
        slide().setFocus();
        wait([&] { return slide().hasFocus(); }, "the slide has the focus");
    }
    void pressOnSlide(const char* key) {
        focusSlide();
        m_hand.key(key);
    }
    bool idle() { return !page().busy(); }
    GeneratePage& page() { return *m_window.page(); }
    SlideView& slide() { return pair().slide(); }
    ImagePair& pair() { return *page().findChild<ImagePair*>(); }
    RegionDocument& regions() { return page().regions().document(); }
    LibraryPage& library() { return *m_window.library(); }
    TileGallery& gallery() { return *library().findChild<TileGallery*>(); }
    QPoint card(int index) { return gallery().cardRect(index).center(); }
    void showLibrary(int tiles) {
        m_hand.key("Alt+7");
        wait([&] { return library().isVisible() && library().model().count() == tiles && library().model().record(0); },
             "the library shows its tiles");
        QTest::qWait(200);
    }
    const phloxine::TileRecord& newest() { return *library().model().record(0); }

    void openSample() {
        inDialog([&] { m_hand.key("Ctrl+K"); }, [&](QWidget&) { m_hand.type(QStringLiteral("sample slide")), m_hand.key("Return"); });
        wait([&] { return slide().hasSlide() && slide().pendingTiles() == 0; }, "the slide is there");
    }
    void magnify() {
        pressOnSlide("4");
        wait([&] { return std::abs(slide().viewMicronsPerPixel() - 0.5) < 1e-9; }, "20x");
    }
    void rollWheel() {
        const double before = slide().viewMicronsPerPixel();
        m_hand.wheel(&slide(), slide().rect().center() + QPoint(40, 30), 2);
        wait([&] { return slide().viewMicronsPerPixel() < before * 0.95; }, "nearer");
    }
    void dragSlide() {
        const QPointF before = slide().centre();
        m_hand.drag(&slide(), slide().rect().center(), slide().rect().center() + QPoint(-120, -60));
        wait([&] { return slide().centre().x() > before.x() + 10; }, "the slide followed");
    }
    void moveByTile() {
        const double before = slide().centre().x();
        pressOnSlide("Shift+Left");
        wait([&] { return slide().centre().x() < before - 50; }, "moved");
    }
    void goThroughStains() {
        for (const auto stain : {ViewLight::Stain::Density, ViewLight::Stain::Haematoxylin, ViewLight::Stain::Eosin,
                                 ViewLight::Stain::Residual, ViewLight::Stain::All}) {
            pressOnSlide("H");
            wait([&] { return pair().light().settings().light.stain == stain; }, "the next stain");
        }
    }
    void toggleGrid() {
        for (const bool on : {true, false}) {
            pressOnSlide("G");
            wait([&] { return pair().light().settings().grid == on; }, "the grid");
        }
    }
    void turnView() {
        pressOnSlide("]");
        wait([&] { return slide().orientation().quarterTurns == 1; }, "turned");
        pressOnSlide("[");
        wait([&] { return slide().orientation().quarterTurns == 0; }, "turned back");
    }
    void brighten() {
        m_hand.click(find<QWidget>("lightButton"));
        wait([&] { return pair().light().isVisible(); }, "the panel of the light");
        auto* slider = pair().light().findChild<QSlider*>();
        slider->setFocus();
        m_hand.key("Right");
        wait([&] { return pair().light().settings().light.brightness != 0; }, "brighter");
        m_hand.key("Esc");
        if (pair().light().isVisible()) m_hand.click(find<QWidget>("lightButton"));
        wait([&] { return !pair().light().isVisible(); }, "the panel is closed");
    }
    void drawRegion() {
        pressOnSlide("R");
        m_hand.drag(&slide(), slide().rect().center() - QPoint(60, 60), slide().rect().center() + QPoint(80, 50));
        wait([&] { return regions().count() == 1; }, "a region");
        pressOnSlide("M");
    }
    void undoRegion() {
        pressOnSlide("Ctrl+Z");
        wait([&] { return regions().count() == 0; }, "undone");
        pressOnSlide("Ctrl+Shift+Z");
        wait([&] { return regions().count() == 1; }, "redone");
    }
    void clickClass(int row) {
        auto* list = find<QListWidget>("classList");
        reveal(list);
        m_hand.click(list->viewport(), list->visualItemRect(list->item(row)).center());
        wait([&] { return list->item(row)->isSelected(); }, "the class is chosen");
    }
    void chooseClass() { clickClass(1); }
    void write(int seed, int tiles, int steps = 8) {
        writeInto(find<QSpinBox>("tilesSpin"), QString::number(tiles));
        wait([&] { return find<QSpinBox>("tilesSpin")->value() == tiles; }, "the number of tiles");
        writeInto(find<QLineEdit>("seedEdit"), QString::number(seed));
        writeInto(find<QSpinBox>("stepsSpin"), QString::number(steps));
        wait([&] { return find<QSpinBox>("stepsSpin")->value() == steps; }, "the steps");
    }
    void writeParameters() { write(4101, firstTiles); }
    void generate(int tilesBefore, int tiles) {
        m_hand.key("Ctrl+Return");
        wait([&] { return idle() && page().galleryCount() == tilesBefore + tiles; }, "the tiles are made", 120'000);
    }
    void generateFirst() { generate(0, firstTiles); }
    void wipe() {
        pressOnSlide("W");
        wait([&] { return pair().mode() == PairMode::Wipe; }, "wipe");
        pressOnSlide(",");
        pressOnSlide("V");
        wait([&] { return pair().mode() == PairMode::SideBySide; }, "side by side");
    }
    void flicker() {
        pressOnSlide("F");
        wait([&] { return pair().mode() == PairMode::Flicker; }, "flicker");
        QTest::qWait(700);
        pressOnSlide("Esc");
        wait([&] { return pair().mode() == PairMode::SideBySide; }, "stopped");
    }
    // By its words in the action finder; `inside` is what is done in the dialog that it opens, if it opens one.
    void runAction(const char* words, const std::function<void()>& inside = {}) {
        inDialog([&] { m_hand.key("Ctrl+K"); },
                 [&](QWidget&) {
                     m_hand.type(QString::fromLatin1(words));
                     m_hand.key("Return");
                     if (inside) inside();
                 });
    }
    void lookAtPictures() {
        runAction("pictures beside", [&] {
            wait([&] { return m_window.findChild<QDialog*>(QStringLiteral("slidePictures")); }, "the pictures");
            auto* dialog = find<QDialog>("slidePictures");
            dialog->activateWindow();
            auto* names = find<QListWidget>("pictureNames");
            wait([&] { return names->count() == 3 && names->hasFocus(); }, "their names");
            auto* picture = find<QLabel>("slidePicture");
            if (!picture->pixmap(Qt::ReturnByValue).isNull()) throw std::runtime_error("a picture is shown that nobody asked for");
            m_hand.key("Down");
            m_hand.key("Return");
            wait([&] { return !picture->pixmap(Qt::ReturnByValue).isNull(); }, "the picture");
            m_hand.key("Esc");
        });
    }
    void matchStain() {
        pressOnSlide("Shift+H");
        wait([&] { return pair().stainMatch().isOn() && !pair().stainMatch().pending(); }, "the stain of the slide");
        pressOnSlide("Shift+H");
        wait([&] { return !pair().stainMatch().isOn(); }, "its own stain");
    }
    void leaveOnTile() { // on the slide Esc lets go of the region first
        pair().tile().setFocus();
        wait([&] { return pair().tile().hasFocus(); }, "the tile has the focus");
        m_hand.key("Esc");
    }
    void goRound() {
        auto* kind = find<Badge>("tileKind");
        runAction("round trip");
        wait([&] { return kind->text() == QLatin1String("Round trip"); }, "it is back");
        leaveOnTile();
        wait([&] { return kind->text() == QLatin1String("Synthetic"); }, "the tile again");
    }
    void makeFromTissue() {
        runAction("initial image");
        wait([&] { return find<QWidget>("startingPixels")->isVisible(); }, "the real pixels");
        write(555, tissueTiles);
        generate(firstTiles, tissueTiles);
        auto* remove = find<QWidget>("removeStartingPixels");
        reveal(remove);
        m_hand.click(remove);
        wait([&] { return !find<QWidget>("startingPixels")->isVisible(); }, "the next tiles start from noise");
    }
    void seeDifference() {
        pressOnSlide("D");
        wait([&] { return pair().mode() == PairMode::Difference; }, "the difference");
        pressOnSlide("V");
        wait([&] { return pair().mode() == PairMode::SideBySide; }, "side by side");
    }
    void findTissue() {
        m_hand.key("Ctrl+T");
        auto* strip = page().findChild<FoundTissueStrip*>();
        wait([&] { return !strip->searching() && strip->found() && !strip->found()->places.empty(); }, "places on the slide");
        auto* list = find<QListWidget>("foundTissue");
        const QPointF before = slide().centre();
        m_hand.click(list->viewport(), list->visualItemRect(list->item(1)).center());
        wait([&] { return slide().centre() != before; }, "the slide went there");
        m_hand.click(strip->findChild<QToolButton*>());
        wait([&] { return !strip->isVisible(); }, "the row is closed");
    }
    void putTogether() {
        auto* cards = find<QListView>("gallery");
        m_hand.click(cards->viewport(), cards->visualRect(cards->model()->index(0, 0)).center());
        m_hand.key("Ctrl+A");
        m_hand.key("Return");
        wait([&] { return pair().showsSeveral(); }, "several tiles");
        leaveOnTile();
        wait([&] { return !pair().showsSeveral(); }, "one tile");
    }
    void lookAtExport() {
        inDialog([&] { m_hand.key("Ctrl+E"); }, [&](QWidget&) { m_hand.key("Esc"); });
    }
    void markTile() {
        showLibrary(firstTiles + tissueTiles);
        m_hand.click(gallery().viewport(), card(0));
        m_hand.key("S");
        wait([&] { return library().model().record(0) && newest().star; }, "a star");
        m_hand.key("Shift+1");
        wait([&] { return library().model().record(0) && newest().tags == std::vector<std::string>{"blur"}; }, "a tag");
        m_hand.key("Alt+1");
        wait([&] { return page().isVisible(); }, "Generate");
    }
    void generateFromText() {
        reveal(find<QWidget>("conditionSegments"));
        auto segments = find<QWidget>("conditionSegments")->findChildren<QAbstractButton*>();
        m_hand.click(segments.at(1));
        auto* edit = find<QPlainTextEdit>("promptEdit");
        wait([&] { return edit->isVisible(); }, "the text");
        m_hand.click(edit->viewport());
        m_hand.key("Ctrl+A");
        m_hand.type(QStringLiteral("lung adenocarcinoma, many nuclei"));
        wait([&] { return edit->toPlainText() == QLatin1String("lung adenocarcinoma, many nuclei"); }, "the prompt");
        write(777, textTiles);
        generate(firstTiles + tissueTiles, textTiles);
    }
    void rejectTile() {
        showLibrary(earlyTiles);
        m_hand.click(gallery().viewport(), card(0));
        m_hand.key("X");
        wait([&] { return library().model().record(0) && newest().rejected; }, "rejected");
        m_hand.key("Alt+1");
        wait([&] { return page().isVisible(); }, "Generate");
    }
    void lookAtGrid() {
        m_hand.key("Ctrl+G");
        wait([&] { return m_window.findChild<QDialog*>(QStringLiteral("gridDialog")); }, "the grid");
        auto* dialog = find<QDialog>("gridDialog");
        dialog->activateWindow();
        QTest::qWait(100);
        dialog->setFocus();
        m_hand.key("Esc");
        wait([&] { return !m_window.findChild<QDialog*>(QStringLiteral("gridDialog")) || !dialog->isVisible(); }, "the grid is closed");
    }
    void startLongRun() {
        reveal(find<QWidget>("conditionSegments"));
        m_hand.click(find<QWidget>("conditionSegments")->findChildren<QAbstractButton*>().at(0));
        clickClass(4);
        write(9000, longTiles, 40); // long enough to queue another beside it
        int made = 0;
        bool queued = false;
        const auto counting = QObject::connect(&m_bridge, &JobBridge::tile, &m_window, [&] {
            if (++made >= 2 && queued && m_part == Part::UntilKilled) ::kill(::getpid(), SIGKILL);
        });
        m_hand.key("Ctrl+Return");
        wait([&] { return page().busy(); }, "the run has started");
        write(9500, lastTiles);
        m_hand.key("Ctrl+Return");
        wait(
            [&] {
                return std::any_of(page().jobs().rows().begin(), page().jobs().rows().end(),
                                   [](const JobRow& row) { return row.request.seed == 9500; });
            },
            "another run waits");
        queued = true;
        wait([&] { return made >= 2 && m_part != Part::UntilKilled; }, "two tiles are made");
        QObject::disconnect(counting);
    }
    void finishRuns() {
        if (m_part == Part::AfterKill) {
            wait([&] { return page().jobs().held() > 0; }, "the queue is offered");
            m_hand.click(find<QPushButton>("resumeHeld"));
        }
        wait([&] { return idle(); }, "all runs are done", 180'000);
    }
    void openLibrary() { showLibrary(allTiles); }
    void findByWords() {
        m_hand.key("Ctrl+F");
        auto* search = find<QLineEdit>("librarySearch");
        wait([&] { return search->hasFocus(); }, "the search");
        m_hand.type(QStringLiteral("many nuclei"));
        wait([&] { return library().model().count() == textTiles; }, "found");
        m_hand.key("Ctrl+A");
        m_hand.key("Del");
        wait([&] { return library().model().count() == allTiles; }, "all again");
    }
    void trashFirst() {
        m_hand.click(gallery().viewport(), card(0));
        inDialog([&] { m_hand.key("Del"); },
                 [&](QWidget& box) {
                     auto buttons = box.findChildren<QPushButton*>();
                     const auto accept = std::find_if(buttons.begin(), buttons.end(), [](auto* b) { return b->isDefault(); });
                     m_hand.click(accept == buttons.end() ? buttons.first() : *accept);
                 });
        wait([&] { return library().model().count() == allTiles - 1; }, "one tile less");
    }
    void trashAndUndo() {
        trashFirst();
        gallery().setFocus();
        m_hand.key("Ctrl+Z");
        wait([&] { return library().model().count() == allTiles; }, "it is back");
    }
    void trashAgain() { trashFirst(); }
    void compareTwo() {
        m_hand.click(gallery().viewport(), card(0));
        m_hand.click(gallery().viewport(), card(1), true);
        wait([&] { return library().model().selection().size() == 2; }, "two are selected");
        inDialog([&] { m_hand.key("Return"); },
                 [&](QWidget& dialog) {
                     wait([&] { return dialog.objectName() == QLatin1String("tilesDialog"); }, "the two tiles");
                     m_hand.key("Esc");
                 });
    }
    void lookAtModels() {
        m_hand.key("Alt+6");
        auto* table = find<QTableView>("modelTable");
        wait([&] { return m_window.models()->isVisible() && table->model()->rowCount() > 0; }, "the table of models");
    }
    void lookAtOthers() {
        m_hand.key("Alt+2");
        wait([&] { return m_window.compare()->isVisible(); }, "Compare");
        m_hand.key("Alt+5");
        wait([&] { return m_window.train()->isVisible(); }, "Train");
        m_hand.key("Alt+1");
        wait([&] { return page().isVisible(); }, "Generate");
    }
    void changeTheme() {
        inDialog([&] { m_hand.key("Ctrl+,"); },
                 [&](QWidget& dialog) {
                     auto* choice = dialog.findChild<QWidget*>(QStringLiteral("themeChoice"));
                     if (!choice) throw std::runtime_error("no choice of the theme");
                     choice->setFocus();
                     m_hand.key("Down");
                     m_hand.key("Down");
                     QTest::qWait(100);
                     m_hand.key("Esc");
                 });
    }
    void searchKeys() {
        inDialog([&] { m_hand.key("F1"); },
                 [&](QWidget& dialog) {
                     auto* search = dialog.findChild<QLineEdit*>(QStringLiteral("keySearch"));
                     if (!search) throw std::runtime_error("no search of the keys");
                     search->setFocus();
                     m_hand.type(QStringLiteral("wipe"));
                     wait([&] { return search->text() == QLatin1String("wipe"); }, "what is searched");
                     m_hand.key("Esc");
                 });
    }

    Part m_part;
    Hand m_hand;
    const char* m_step = "start";
    std::shared_ptr<ModelStore> m_store = std::make_shared<ModelStore>();
    JobBridge m_bridge;
    JobQueue m_queue{m_store, m_bridge, {.nice = 10}};
    MainWindow m_window{m_store, m_bridge};
};

int runWindow(const char* part) {
    try {
        Session session(std::strcmp(part, "whole") == 0   ? Part::Whole
                        : std::strcmp(part, "first") == 0 ? Part::UntilKilled
                                                          : Part::AfterKill);
        session.run();
        return 0;
    } catch (const std::exception& e) {
        std::printf("%s\n", e.what());
        return 1;
    }
}

struct EndTile { // what must be the same
    std::string classId, prompt;
    std::uint64_t seed;
    bool star, rejected, trashed;
    std::vector<std::string> tags;
    Image picture;
    auto marks() const { return std::tie(classId, prompt, seed, star, rejected, trashed, tags); }
};

std::vector<EndTile> libraryOf(const QString& folder) {
    const Project project(folder.toStdString());
    std::vector<EndTile> tiles;
    for (const bool trash : {false, true}) {
        TileFilter filter;
        filter.order = TileOrder::SeedUp, filter.trash = trash;
        for (const auto& t : project.records(project.find(filter)))
            tiles.push_back({t.classId, t.prompt, t.seed, t.star, t.rejected, t.trashed, t.tags, readImage(project.fileOf(t))});
    }
    return tiles;
}

} // namespace

class SessionTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aKilledSessionEndsWithTheSameLibrary() {
        QTemporaryDir folder;
        const QString whole = folder.filePath(QStringLiteral("whole")), killed = folder.filePath(QStringLiteral("killed"));
        QCOMPARE(window(whole, "whole"), QStringLiteral("0"));
        QCOMPARE(window(killed, "first"), QStringLiteral("killed"));
        const auto middle = libraryOf(killed + QStringLiteral("/p"));
        QVERIFY(int(middle.size()) >= earlyTiles + 1 && int(middle.size()) < allTiles);
        QCOMPARE(window(killed, "again"), QStringLiteral("0"));
        const auto a = libraryOf(whole + QStringLiteral("/p")), b = libraryOf(killed + QStringLiteral("/p"));
        QCOMPARE(int(a.size()), allTiles);
        QCOMPARE(a.size(), b.size());
        for (std::size_t i = 0; i < a.size(); ++i) {
            QVERIFY2(a[i].marks() == b[i].marks(), qPrintable(QStringLiteral("tile %1, seed %2").arg(i).arg(a[i].seed)));
            QVERIFY2(a[i].picture == b[i].picture, qPrintable(QStringLiteral("pixels of seed %1").arg(a[i].seed)));
        }
        QCOMPARE(std::count_if(a.begin(), a.end(), [](const EndTile& t) { return t.star; }), 1);
        QCOMPARE(std::count_if(a.begin(), a.end(), [](const EndTile& t) { return t.rejected; }), 1);
        QCOMPARE(std::count_if(a.begin(), a.end(), [](const EndTile& t) { return t.trashed; }), 1);
    }

private:
    static QString window(const QString& folder, const char* part) {
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("PHLOXINE_TILES"), folder + QStringLiteral("/p/tiles"));
        environment.insert(QStringLiteral("PHLOXINE_SETTINGS_DIR"), folder + QStringLiteral("/settings"));
        environment.insert(QStringLiteral("OMP_NUM_THREADS"), QStringLiteral("2"));
        QProcess process;
        process.setProcessEnvironment(environment);
        process.start(QCoreApplication::applicationFilePath(),
                      {QStringLiteral("ui_session"), QStringLiteral("window"), QString::fromLatin1(part)});
        if (!process.waitForFinished(400'000)) return QStringLiteral("does not end");
        const QByteArray said = process.readAllStandardOutput();
        std::printf("%s\n%s%s", part, said.constData(), process.readAllStandardError().right(600).constData());
        std::fflush(stdout);
        if (process.exitStatus() == QProcess::CrashExit)
            return said.contains("start a long run") ? QStringLiteral("killed") : QStringLiteral("crashed");
        return QString::number(process.exitCode());
    }
};

int test_ui_session(int argc, char** argv) {
    QApplication app(argc, argv);
    applyTheme(ThemeChoice::Light);
    if (argc > 2 && std::strcmp(argv[1], "window") == 0) return runWindow(argv[2]);
    SessionTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "test_session.moc"
